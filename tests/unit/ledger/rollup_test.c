/* What is kept of ranges of rows, and its proof. */
#include "rolled.h"

TEST(sql_sees_the_same_sums_in_the_view)
{
    struct fixture f;
    char expected[64];

    open_rows(&f);
    assert_true(roll_up(&f, 250));
    snprintf(expected, sizeof expected, "%lld", (long long)total(&f, NULL, 0));
    assert_sql(f.path, "SELECT sum(charge_nanousd) FROM spend", expected);
    assert_sql(f.path,
               "SELECT count(*) FROM (SELECT * FROM (SELECT team, slot,"
               " sum(billed_nanousd), sum(reported_nanousd), sum(computed_nanousd),"
               " sum(retry_nanousd), sum(requests), sum(failures), sum(unpriced),"
               " sum(input_tokens), sum(reasoning_tokens) FROM spend GROUP BY 1, 2)"
               " GROUP BY team, slot HAVING count(*) > 1)",
               "0");
    /* All at once in rollups, against all at once in rows. */
    run_sql(f.path,
            "CREATE TABLE before AS SELECT team, slot, sum(unpriced) u, sum(requests)"
            " r, sum(reported_nanousd) p, sum(retry_nanousd) t FROM spend"
            " GROUP BY 1, 2");
    while (roll_up(&f, 1000))
        ;
    assert_sql(f.path,
               "SELECT count(*) FROM (SELECT * FROM before EXCEPT SELECT team, slot,"
               " sum(unpriced), sum(requests), sum(reported_nanousd), sum(retry_nanousd)"
               " FROM spend GROUP BY 1, 2)",
               "0");
    fixture_close(&f);
}

TEST(an_audit_finds_what_was_altered)
{
    struct fixture f;

    open_rows(&f);
    while (roll_up(&f, 200))
        ;
    struct rollup_audit report = audit(&f);
    assert_int_equal(found, 0);
    assert_int_equal(report.batches, 3);
    assert_int_equal(report.checked, 3);
    assert_int_equal(report.charged.nanousd, total(&f, NULL, 0));
    run_sql(f.path, "UPDATE rollups SET charge_nanousd = charge_nanousd + 1"
                    " WHERE batch = 400 AND number = 3");
    audit(&f);
    assert_int_equal(found, 1);
    run_sql(f.path, "DELETE FROM rollups WHERE batch = 600 AND number = 0");
    audit(&f);
    assert_int_equal(found, 2);
    fixture_close(&f);
}

static struct rollup *next_range(struct fixture *f, size_t rows_max)
{
    struct rollup *u = NULL;
    struct err err = {0};

    if (!ledger_roll_up(fixture_reader(f), rows_max, &u, &err) || !u)
        fail_msg("%s", err.text);
    return u;
}

TEST(a_range_that_does_not_follow_the_last_one_is_refused)
{
    struct fixture f;
    struct err err = {0};
    bool more;

    open_rows(&f);
    struct rollup *u = next_range(&f, 100), *same = next_range(&f, 100);
    assert_true(ledger_begin(f.ledger, &err) &&
                ledger_put_rollup(f.ledger, u, &more, &err) &&
                ledger_commit(f.ledger, 9000, &err));
    assert_true(ledger_begin(f.ledger, &err));
    assert_false(ledger_put_rollup(f.ledger, same, &more, &err));
    assert_false(ledger_commit(f.ledger, 9000, &err));
    rollup_free(u);
    rollup_free(same);
    audit(&f);
    assert_int_equal(found, 0);
    fixture_close(&f);
}

TEST(a_range_that_was_never_finished_counts_nowhere_and_is_begun_anew)
{
    struct fixture f;
    struct err err = {0};
    bool more = false;

    open_rows(&f);
    int64_t all = total(&f, NULL, 0);
    struct rollup *u = next_range(&f, ROWS);
    assert_true(ledger_begin(f.ledger, &err) &&
                ledger_put_rollup(f.ledger, u, &more, &err) &&
                ledger_commit(f.ledger, 9000, &err));
    assert_true(more);
    rollup_free(u);
    assert_sql(f.path, "SELECT count(*) > 0 FROM rollups", "1");
    assert_sql(f.path, "SELECT sum(requests) FROM spend", "480");
    assert_int_equal(total(&f, NULL, 0), all);
    assert_int_equal(audit(&f).batches, 0);
    while (roll_up(&f, 350))
        ;
    assert_sql(f.path,
               "SELECT count(*) FROM rollups WHERE batch NOT IN"
               " (SELECT last_seq FROM rollup_batches)",
               "0");
    assert_sql(f.path, "SELECT sum(requests) FROM spend", "480");
    assert_int_equal(total(&f, NULL, 0), all);
    assert_int_equal(audit(&f).checked, 2);
    assert_int_equal(found, 0);
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sql_sees_the_same_sums_in_the_view),
        cmocka_unit_test(an_audit_finds_what_was_altered),
        cmocka_unit_test(a_range_that_does_not_follow_the_last_one_is_refused),
        cmocka_unit_test(
            a_range_that_was_never_finished_counts_nowhere_and_is_begun_anew),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
