/* Counters that were shown never fall, whatever becomes of the ledger. */
#include "support.h"

static void copy_file(const char *from, const char *to)
{
    char block[4096];
    size_t size;
    FILE *in = fopen(from, "re"), *out = fopen(to, "we");

    assert_non_null(in);
    assert_non_null(out);
    while ((size = fread(block, 1, sizeof block, in)) > 0)
        assert_int_equal(fwrite(block, 1, size, out), size);
    fclose(in);
    assert_int_equal(fclose(out), 0);
}

/* Of the series of one team in llm_spend_usd_total, in nano-USD. */
static int64_t shown_spend(struct fixture *f, const char *team)
{
    struct buf text = exposition(f), line = {0};
    struct money value;

    buf_byte(&text, '\0');
    buf_format(&line, "\nllm_spend_usd_total{team=\"%s\",requested_model=\"gpt-4o\"} ",
               team);
    buf_byte(&line, '\0');
    const char *at = strstr(text.at, line.at);
    assert_non_null(at);
    at += line.size - 1;
    assert_true(money_parse(&value, (struct str){at, strcspn(at, "\n")}));
    buf_release(&text);
    buf_release(&line);
    return value.nanousd;
}

TEST(an_older_ledger_shows_only_what_is_spent_from_then_on)
{
    char backup[128];
    struct fixture f;

    fixture_make(&f);
    snprintf(backup, sizeof backup, "%s/backup", f.directory);
    fixture_open(&f, 1);
    commit(&f, 1, 100);
    fixture_close(&f);
    copy_file(f.path, backup);

    fixture_open(&f, 1);
    commit(&f, 101, 200);
    assert_true(shown_spend(&f, "payments") > 100 * 1000 / 3);
    fixture_close(&f);
    copy_file(backup, f.path);

    fixture_open(&f, 1);
    assert_int_equal(shown_spend(&f, "payments"), 0);
    assert_int_equal(commit(&f, 300, 300), 1);
    assert_int_equal(shown_spend(&f, "payments"), 1300);
    assert_int_equal(window_total(&f, 0), 100 * 1000 + 5050 + 1300);
    fixture_close(&f);

    fixture_open(&f, 1); /* and it goes on from there */
    assert_int_equal(shown_spend(&f, "payments"), 1300);
    unlink(backup);
    fixture_remove(&f);
}

TEST(another_ledger_in_its_place_begins_at_zero)
{
    struct fixture f, other;

    fixture_make(&other);
    fixture_open(&other, 1);
    commit(&other, 1, 200);
    fixture_close(&other);

    fixture_make(&f);
    fixture_open(&f, 1);
    commit(&f, 1, 100);
    shown_spend(&f, "payments");
    fixture_close(&f);
    copy_file(other.path, f.path);
    fixture_open(&f, 1);
    assert_int_equal(shown_spend(&f, "payments"), 0);
    fixture_remove(&f);
    fixture_remove(&other);
}

TEST(counters_that_are_counted_again_under_other_labels_begin_at_zero)
{
    struct fixture f;

    fixture_make(&f);
    fixture_open(&f, 1);
    commit(&f, 1, 100);
    fixture_close(&f);
    f.options.metrics.coverage_count = 0;
    fixture_open(&f, 1);
    assert_int_equal(shown_spend(&f, "payments"), 0);
    commit(&f, 300, 300);
    fixture_close(&f);
    fixture_open(&f, 1);
    assert_int_equal(shown_spend(&f, "payments"), 1300);
    fixture_remove(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_older_ledger_shows_only_what_is_spent_from_then_on),
        cmocka_unit_test(another_ledger_in_its_place_begins_at_zero),
        cmocka_unit_test(
            counters_that_are_counted_again_under_other_labels_begin_at_zero),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
