/* Histograms that policies declare. */
#include "support.h"

static const struct metric_decl sizes = {.kind = METRIC_HISTOGRAM,
                                         .name = STR("acme_call_usd"),
                                         .help = STR("Cost of a call."),
                                         .label_count = 1,
                                         .labels = {STR("team")},
                                         .bound_count = 2,
                                         .bounds_nano = {500000000, 2000000000}};

static void apply_size(struct metrics *m, int64_t nano)
{
    struct effect effect = {.name = sizes.name,
                            .nano = nano,
                            .label_count = 1,
                            .labels = {{STR("team"), STR("a")}}};
    struct record r = charge("a", "gpt-4o", 1);

    r.effects = &effect;
    r.effect_count = 1;
    metrics_apply(m, &r);
}

TEST(histograms_of_policies_have_their_own_buckets)
{
    struct metrics *m = opened("team", "requested_model", 100);

    assert_true(metrics_declare(m, &sizes, NULL));
    apply_size(m, 500000000);
    apply_size(m, 500000001);
    apply_size(m, 3000000000);
    expect_line(m, "# TYPE acme_call_usd histogram");
    expect_line(m, "acme_call_usd_bucket{team=\"a\",le=\"0.5\"} 1");
    expect_line(m, "acme_call_usd_bucket{team=\"a\",le=\"2\"} 2");
    expect_line(m, "acme_call_usd_bucket{team=\"a\",le=\"+Inf\"} 3");
    expect_line(m, "acme_call_usd_sum{team=\"a\"} 4.000000001");
    expect_line(m, "acme_call_usd_count{team=\"a\"} 3");
    metrics_close(m);
}

TEST(a_histogram_outlives_a_restart_but_not_a_change_of_its_buckets)
{
    struct metrics *m = opened("team", "requested_model", 100);
    struct metrics *same = opened("team", "requested_model", 100);
    struct metrics *other = opened("team", "requested_model", 100);
    struct metrics *bare = opened("team", "requested_model", 100);
    struct metric_decl changed = sizes;
    struct buf saved = {0};

    assert_true(metrics_declare(m, &sizes, NULL));
    apply_size(m, 700000000);
    metrics_save(m, &saved);
    assert_true(metrics_declare(same, &sizes, NULL));
    assert_true(metrics_load(same, buf_str(&saved), NULL));
    expect_line(same, "acme_call_usd_bucket{team=\"a\",le=\"2\"} 1");
    assert_true(metrics_load(bare, buf_str(&saved), NULL));
    expect_line(bare, "acme_call_usd_sum{team=\"a\"} 0.7");
    changed.bounds_nano[1] = 3000000000;
    assert_true(metrics_declare(other, &changed, NULL));
    assert_true(metrics_load(other, buf_str(&saved), NULL));
    expect_absent(other, "acme_call_usd_sum{");
    assert_true(metrics_declare(same, &changed, NULL));
    expect_absent(same, "acme_call_usd_sum{");
    buf_release(&saved);
    metrics_close(m);
    metrics_close(same);
    metrics_close(other);
    metrics_close(bare);
}

TEST(histograms_with_bad_names_or_buckets_are_refused)
{
    struct metrics *m = opened("team", "requested_model", 100);
    struct metric_decl bad = sizes;

    bad.name = STR("acme_call_total");
    assert_false(metrics_declare(m, &bad, NULL));
    bad.name = STR("acme_call_sum");
    assert_false(metrics_declare(m, &bad, NULL));
    bad = sizes;
    bad.bounds_nano[1] = bad.bounds_nano[0];
    assert_false(metrics_declare(m, &bad, NULL));
    bad = sizes;
    bad.bound_count = 0;
    assert_false(metrics_declare(m, &bad, NULL));
    metrics_close(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(histograms_of_policies_have_their_own_buckets),
        cmocka_unit_test(a_histogram_outlives_a_restart_but_not_a_change_of_its_buckets),
        cmocka_unit_test(histograms_with_bad_names_or_buckets_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
