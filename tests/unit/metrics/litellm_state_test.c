/* LiteLLM's own names in checkpoints, and with the option off. */
#include "litellm_support.h"

static struct buf digest_of(const struct metrics *m)
{
    struct buf digest = {0};

    metrics_digest(m, true, &digest);
    assert_false(digest.failed);
    return digest;
}

static void assert_same_digest(const struct metrics *a, const struct metrics *b)
{
    struct buf one = digest_of(a), other = digest_of(b);

    assert_true(str_eq(buf_str(&one), buf_str(&other)));
    assert_non_null(memmem(one.at, one.size, "litellm_spend", 13));
    buf_release(&one);
    buf_release(&other);
}

TEST(a_checkpoint_brings_them_back)
{
    struct metrics *m = litellm(100, false), *loaded = litellm(100, false);
    struct gateway g, of_failure;
    struct record r = full(&g), f = failed(&of_failure, 429);
    struct buf saved = {0};
    struct err err = {0};

    metrics_apply(m, &r);
    metrics_apply(m, &f);
    metrics_save(m, &saved);
    assert_true(metrics_load(loaded, buf_str(&saved), &err));
    assert_same_digest(m, loaded);
    metrics_apply(m, &r);
    metrics_apply(loaded, &r);
    assert_same_digest(m, loaded);
    buf_release(&saved);
    metrics_close(m);
    metrics_close(loaded);
}

static struct metrics *without(void)
{
    struct metrics_options options = {
        .label_count = 1, .labels = {field("team")}, .max_series = 100};
    struct err err = {0};
    struct metrics *m;

    assert_true(metrics_open(&m, &options, &err));
    return m;
}

TEST(without_the_option_there_are_none)
{
    struct metrics *m = without();
    struct gateway g;
    struct record r = full(&g);

    metrics_apply(m, &r);
    expect_absent(m, "litellm");
    metrics_close(m);
}

/* Saved with the option and loaded without it, and the other way round. */
TEST(an_opening_keeps_our_counters_when_the_option_changes)
{
    struct metrics *off = without(), *on = litellm(100, false);
    struct metrics *to_off = without(), *to_on = litellm(100, false);
    struct buf of_on = {0}, of_off = {0};
    struct gateway g;
    struct record r = full(&g);

    metrics_apply(off, &r);
    metrics_apply(on, &r);
    metrics_save(on, &of_on);
    metrics_save(off, &of_off);
    struct err off_why = {0}, on_why = {0};
    assert_false(metrics_load(to_off, buf_str(&of_on), &off_why));
    assert_false(metrics_load(to_on, buf_str(&of_off), &on_why));
    assert_string_equal(off_why.text, on_why.text);
    assert_string_equal(
        on_why.text, "since they were saved, these have changed: metrics.litellm_names");
    assert_true(metrics_load_opening(to_off, buf_str(&of_on), NULL));
    assert_true(metrics_load_opening(to_on, buf_str(&of_off), NULL));
    assert_int_equal(sum_of(to_off, "llm_spend_usd_total"), 12000000);
    assert_int_equal(sum_of(to_on, "llm_spend_usd_total"), 12000000);
    assert_int_equal(sum_of(to_on, "litellm_spend_metric_total"), 0);
    buf_release(&of_on);
    buf_release(&of_off);
    metrics_close(off);
    metrics_close(on);
    metrics_close(to_off);
    metrics_close(to_on);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_checkpoint_brings_them_back),
        cmocka_unit_test(without_the_option_there_are_none),
        cmocka_unit_test(an_opening_keeps_our_counters_when_the_option_changes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
