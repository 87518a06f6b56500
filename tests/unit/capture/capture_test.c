/* What is compared with what, and when. */
#include "support.h"

TEST(a_service_that_shows_a_tenth_has_the_ratio_of_a_tenth)
{
    struct capture *c = opened();

    for (int i = 0; i < 10; i++)
        call(c, "shop", 100, 5 * i);
    assert_int_equal(services_at(c, 59), 0);
    count(c, "shop", 10000, 60);
    ASSERT_RATIO(c, 60, 0.1);
    ASSERT_RATIO(c, 300, 0.1);
    capture_free(c);
}

TEST(a_service_without_metrics_or_with_few_tokens_has_no_ratio)
{
    struct capture *c = opened();

    call(c, "shop", 5000, 1);
    assert_int_equal(services_at(c, 60), 0);
    count(c, "shop", CAPTURE_TOKENS_LEAST - 1, 60);
    assert_int_equal(services_at(c, 60), 0);
    count(c, "shop", CAPTURE_TOKENS_LEAST + 100, 61);
    assert_int_equal(services_at(c, 61), 1);
    capture_free(c);
}

TEST(a_service_without_any_span_shows_nothing)
{
    struct capture *c = opened();

    count(c, "shop", 10000, 60);
    ASSERT_RATIO(c, 60, 0);
    capture_free(c);
}

TEST(of_a_cumulative_series_only_what_it_grew_by_counts)
{
    struct capture *c = opened();

    call(c, "shop", 6000, 1);
    count(c, "shop", 4000, 60);
    count(c, "shop", 6000, 60.1);
    count(c, "shop", 6000, 60.2);
    ASSERT_RATIO(c, 61, 1);
    capture_free(c);
}

TEST(deltas_add_up)
{
    struct capture *c = opened();

    call(c, "shop", 3000, 1);
    for (unsigned i = 0; i < 3; i++) {
        struct token_point p = point_of("shop", 2000, 60 + i * 0.1);
        p.cumulative = false;
        p.start_ns = at(i ? 59.9 + i * 0.1 : 0);
        p.series = 1 + i; /* its start is part of it */
        assert_int_equal(take(c, p), CAPTURE_ACCEPTED);
    }
    ASSERT_RATIO(c, 61, 0.5);
    capture_free(c);
}

TEST(a_sum_that_fell_begins_anew)
{
    struct capture *c = opened();

    call(c, "shop", 3000, 1);
    count(c, "shop", 5000, 60);
    count(c, "shop", 1000, 60.1);
    ASSERT_RATIO(c, 61, 0.5);
    capture_free(c);
}

TEST(what_is_sent_again_changes_nothing)
{
    struct capture *c = opened();
    const struct token_point first = point_of("shop", 4000, 60),
                             second = point_of("shop", 8000, 120);

    call(c, "shop", 800, 1);
    assert_int_equal(take(c, first), CAPTURE_ACCEPTED);
    assert_int_equal(take(c, second), CAPTURE_ACCEPTED);
    double before = ratio_of(c, "shop", 130);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(capture_point(c, &first, at(130)), CAPTURE_DUPLICATE);
        assert_int_equal(capture_point(c, &second, at(130)), CAPTURE_DUPLICATE);
    }
    ASSERT_RATIO(c, 130, before);
    assert_int_equal(capture_count(c, CAPTURE_ACCEPTED), 2);
    assert_int_equal(capture_count(c, CAPTURE_DUPLICATE), 6);
    capture_free(c);
}

/* A process that is older than the engine has counted calls that nobody saw. */
TEST(a_first_point_that_counts_from_before_is_only_a_beginning)
{
    struct capture *c = opened();
    struct token_point p = point_of("shop", 1e9, 60);

    p.start_ns = at(-1);
    call(c, "shop", 100, 10);
    assert_int_equal(take(c, p), CAPTURE_ACCEPTED);
    assert_int_equal(services_at(c, 60), 0);
    call(c, "shop", 500, 70);
    p.time_ns = at(120);
    p.tokens += 5000;
    assert_int_equal(take(c, p), CAPTURE_ACCEPTED);
    ASSERT_RATIO(c, 120, 0.1);
    capture_free(c);
}

TEST(a_long_gap_is_a_beginning_too)
{
    struct capture *c = opened();
    const double hours = 7200;

    count(c, "shop", 2000, 60);
    count(c, "shop", 1e9, hours);
    assert_int_equal(services_at(c, hours), 0);
    call(c, "shop", 2000, hours + 10);
    count(c, "shop", 1e9 + 2000, hours + 60);
    assert_near(ratio_of(c, "shop", hours + 60), 1, 0.01);
    capture_free(c);
}

TEST(calls_wait_until_a_data_point_covers_their_time)
{
    struct capture *c = opened();

    call(c, "shop", 2000, 10);
    call(c, "shop", 9000, 70);
    count(c, "shop", 2000, 60);
    ASSERT_RATIO(c, 75, 1);
    count(c, "shop", 11000, 120);
    ASSERT_RATIO(c, 120, 1);
    capture_free(c);
}

TEST(spans_may_come_behind_the_metrics_of_their_time)
{
    struct capture *c = opened();

    count(c, "shop", 2000, 60);
    ASSERT_RATIO(c, 60, 0);
    capture_call(c, STR("shop"), 2000, at(59), at(65));
    assert_near(ratio_of(c, "shop", 65), 1, 0.01);
    capture_free(c);
}

TEST(of_one_provider_the_larger_of_two_counters_counts)
{
    struct capture *c = opened();
    struct token_point p = point_of("shop", 4000, 60);

    call(c, "shop", 4000, 1);
    take(c, p);
    p.series = 2;
    p.counter = 2;
    p.tokens = 3000;
    take(c, p);
    ASSERT_RATIO(c, 60, 1);
    p.series = 3;
    p.provider = 2;
    p.tokens = 4000;
    take(c, p);
    ASSERT_RATIO(c, 60, 0.5);
    capture_free(c);
}

TEST(services_are_told_apart)
{
    struct capture *c = opened();

    for (unsigned i = 0; i < 2; i++) {
        const char *service = i ? "bot" : "";
        struct token_point p = point_of(service, 2000, 60);
        p.series = i + 1;
        call(c, service, i ? 500 : 1000, 1);
        take(c, p);
    }
    assert_near(ratio_of(c, "bot", 60), 0.25, 1e-9);
    assert_near(ratio_of(c, "", 60), 0.5, 1e-9);
    assert_int_equal(services_at(c, 60), 2);
    capture_free(c);
}

TEST(a_change_is_seen_within_minutes)
{
    struct capture *c = opened();
    double total = 0;
    int minute = 1;

    for (; minute <= 60; minute++) { /* all is shown, then a tenth */
        call(c, "shop", minute <= 30 ? 10000 : 1000, minute * 60 - 20);
        count(c, "shop", total += 10000, minute * 60);
        if (minute == 30)
            ASSERT_RATIO(c, minute * 60, 1);
        if (minute == 33)
            assert_true(ratio_of(c, "shop", minute * 60) < 0.9);
    }
    assert_near(ratio_of(c, "shop", 60 * 60), 0.1, 0.15);
    capture_free(c);
}

/* A call in each ten minutes, metrics each minute: wherever it lies between two of them,
 * both sides have it at the same weight. */
TEST(rare_bursts_do_not_make_it_flap)
{
    for (unsigned offset = 0; offset < 60; offset += 7) {
        struct capture *c = opened();
        double total = 0;
        for (int second = 1; second < 7200; second++) {
            if (second % 600 == (int)offset + 1) {
                call(c, "shop", 5000, second);
                total += 5000;
            }
            if (second % 60 == 0)
                count(c, "shop", total, second);
            double ratio = second % 15 ? -1 : ratio_of(c, "shop", second);
            if (ratio >= 0)
                assert_near(ratio, 1, 0.02);
        }
        assert_true(ratio_of(c, "shop", 7200) > 0);
        capture_free(c);
    }
}

/* Ten processes that export each minute, at times of their own. */
TEST(many_processes_of_one_service_are_one_ratio)
{
    struct capture *c = opened();
    double totals[10] = {0}, least = 2, most = 0;

    for (int second = 1; second < 3600; second++)
        for (unsigned i = 0; i < 10; i++) {
            call(c, "shop", 100, second);
            totals[i] += 100;
            if (second % 60 != (int)(i * 6))
                continue;
            struct token_point p = point_of("shop", totals[i], second);
            p.series = i + 1;
            take(c, p);
            double ratio = ratio_of(c, "shop", second);
            least = second > 300 && ratio < least ? ratio : least;
            most = second > 300 && ratio > most ? ratio : most;
        }
    assert_in_range((int)(least * 1000), 980, 1100);
    assert_in_range((int)(most * 1000), 980, 1150);
    capture_free(c);
}

TEST(it_is_young_until_every_service_could_have_a_ratio_again)
{
    struct capture *c = opened();

    assert_true(capture_is_young(c, at(1)));
    assert_false(capture_is_young(c, at(901)));
    capture_free(c);
    capture_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_service_that_shows_a_tenth_has_the_ratio_of_a_tenth),
        cmocka_unit_test(a_service_without_metrics_or_with_few_tokens_has_no_ratio),
        cmocka_unit_test(a_service_without_any_span_shows_nothing),
        cmocka_unit_test(of_a_cumulative_series_only_what_it_grew_by_counts),
        cmocka_unit_test(deltas_add_up),
        cmocka_unit_test(a_sum_that_fell_begins_anew),
        cmocka_unit_test(what_is_sent_again_changes_nothing),
        cmocka_unit_test(a_first_point_that_counts_from_before_is_only_a_beginning),
        cmocka_unit_test(a_long_gap_is_a_beginning_too),
        cmocka_unit_test(calls_wait_until_a_data_point_covers_their_time),
        cmocka_unit_test(spans_may_come_behind_the_metrics_of_their_time),
        cmocka_unit_test(of_one_provider_the_larger_of_two_counters_counts),
        cmocka_unit_test(services_are_told_apart),
        cmocka_unit_test(a_change_is_seen_within_minutes),
        cmocka_unit_test(rare_bursts_do_not_make_it_flap),
        cmocka_unit_test(many_processes_of_one_service_are_one_ratio),
        cmocka_unit_test(it_is_young_until_every_service_could_have_a_ratio_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
