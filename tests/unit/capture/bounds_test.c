/* What clients choose costs ratios, at most. */
#include "support.h"

TEST(late_calls_are_not_compared)
{
    struct capture *c = opened();

    call(c, "shop", 2000, 3600);
    capture_call(c, STR("shop"), 9000, at(1), at(3601));
    struct token_point p = point_of("shop", 2000, 3660);
    p.start_ns = at(3590);
    take(c, p);
    ASSERT_RATIO(c, 3660, 1);
    capture_free(c);
}

TEST(a_clock_that_is_ahead_holds_nothing_up)
{
    struct capture *c = opened();
    struct token_point p = point_of("shop", 2000, 60);

    p.time_ns = INT64_MAX;
    capture_call(c, STR("shop"), 500, at(300), at(1));
    call(c, "shop", 500, 10);
    assert_int_equal(capture_point(c, &p, at(60)), CAPTURE_ACCEPTED);
    p = point_of("shop", 2000, 70);
    p.series = 2;
    assert_int_equal(take(c, p), CAPTURE_ACCEPTED);
    assert_near(ratio_of(c, "shop", 71), 0.5, 0.01);
    capture_free(c);
}

TEST(more_services_than_there_is_room_for_are_one)
{
    struct capture *c = opened();
    char name[20];

    for (unsigned i = 0; i < CAPTURE_SERVICES_MAX + 100; i++) {
        snprintf(name, sizeof name, "s%u", i);
        show_half(c, name, i + 1, 1);
    }
    assert_int_equal(services_at(c, 60), CAPTURE_SERVICES_MAX + 1);
    assert_near(ratio_of(c, "__other__", 60), 0.5, 1e-9);
    assert_near(ratio_of(c, "s0", 60), 0.5, 1e-9);
    /* Those that fell silent make room. */
    show_half(c, "new", 1, 3600);
    assert_near(ratio_of(c, "new", 3602), 0.5, 1e-9);
    assert_int_equal(services_at(c, 3602), 1);
    capture_free(c);
}

TEST(a_service_that_calls_itself_other_is_one_of_them)
{
    struct capture *c = opened();

    show_half(c, "__other__", 1, 1);
    assert_int_equal(services_at(c, 60), 1);
    capture_free(c);
}

/* False: the table had no room for one of them. */
static bool fill(struct capture *c, const char *service, uint64_t first, unsigned series)
{
    bool all = true;

    for (unsigned i = 0; i < series; i++) {
        struct token_point p = point_of(service, 1, 2);
        p.series = (first + i) * UINT64_C(0x9E3779B97F4A7C15);
        all &= take(c, p) == CAPTURE_ACCEPTED;
    }
    return all;
}

TEST(a_service_with_too_many_series_has_no_ratio_and_others_keep_theirs)
{
    struct capture *c = opened();

    show_half(c, "shop", 1, 1);
    show_half(c, "bot", 2, 1);
    assert_true(fill(c, "shop", 10, 4000));
    ASSERT_RATIO(c, 60, 0.25);
    assert_false(fill(c, "shop", 10000, 8000));
    assert_true(capture_count(c, CAPTURE_OVERFLOW) > 0);
    assert_near(ratio_of(c, "shop", 60), -1, 0);
    assert_near(ratio_of(c, "bot", 60), 0.5, 1e-9);
    /* Series that are not sent any more make room. */
    show_half(c, "shop", 3, 3600);
    assert_near(ratio_of(c, "shop", 3602), 0.5, 0.05);
    capture_free(c);
}

TEST(so_many_series_that_all_is_full_cost_no_more_than_ratios)
{
    struct capture *c = opened();
    char name[20];
    bool all = true;

    for (unsigned i = 0; i < 20; i++) {
        snprintf(name, sizeof name, "s%u", i);
        all &= fill(c, name, 1 + i * 8000, 8000);
    }
    assert_false(all);
    assert_in_range(capture_count(c, CAPTURE_ACCEPTED), 30000, 65536);
    assert_int_equal(
        capture_count(c, CAPTURE_ACCEPTED) + capture_count(c, CAPTURE_OVERFLOW), 160000);
    capture_free(c);
}

TEST(so_many_counters_of_one_service_cost_its_ratio)
{
    struct capture *c = opened();
    enum capture_outcome last = CAPTURE_ACCEPTED;

    show_half(c, "shop", 1, 1);
    for (unsigned i = 0; i < 17; i++) {
        struct token_point p = point_of("shop", 1, 2);
        p.series = i + 10;
        p.counter = i + 10;
        last = take(c, p);
    }
    assert_int_equal(last, CAPTURE_OVERFLOW);
    assert_near(ratio_of(c, "shop", 60), -1, 0);
    /* Those that were forgotten make room. */
    ratio_of(c, "shop", 7200);
    show_half(c, "shop", 2, 7200);
    struct token_point p = point_of("shop", 4000, 7202);
    p.start_ns = at(7200);
    p.series = 3;
    p.provider = 99;
    take(c, p);
    assert_near(ratio_of(c, "shop", 7203), 0.25, 0.01);
    capture_free(c);
}

TEST(a_ratio_ends_when_the_metrics_do)
{
    struct capture *c = opened();

    show_half(c, "shop", 1, 1);
    ASSERT_RATIO(c, 900, 0.5);
    ASSERT_RATIO(c, 905, -1);
    show_half(c, "shop", 2, 906);
    ASSERT_RATIO(c, 907, 0.5);
    capture_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(late_calls_are_not_compared),
        cmocka_unit_test(a_clock_that_is_ahead_holds_nothing_up),
        cmocka_unit_test(more_services_than_there_is_room_for_are_one),
        cmocka_unit_test(a_service_that_calls_itself_other_is_one_of_them),
        cmocka_unit_test(
            a_service_with_too_many_series_has_no_ratio_and_others_keep_theirs),
        cmocka_unit_test(so_many_series_that_all_is_full_cost_no_more_than_ratios),
        cmocka_unit_test(so_many_counters_of_one_service_cost_its_ratio),
        cmocka_unit_test(a_ratio_ends_when_the_metrics_do),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
