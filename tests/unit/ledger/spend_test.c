/* Sums against the rows that they are of, by both ways of asking. */
#include "rolled.h"

/* Sums of the cells of a step with these texts; the second NULL: with any. */
static void pick(const struct spend *s, int64_t step, const char *first,
                 const char *second, int64_t sums[SPEND_SUM_COUNT])
{
    memset(sums, 0, SPEND_SUM_COUNT * sizeof *sums);
    for (size_t i = 0; i < s->cell_count; i++) {
        const int64_t *cell = spend_cell(s, i);
        if (cell[0] != step || !str_eq(s->texts[cell[1]], str_of(first)) ||
            (second && !str_eq(s->texts[cell[2]], str_of(second))))
            continue;
        for (size_t k = 0; k < SPEND_SUM_COUNT; k++)
            sums[k] += cell[1 + s->by_count + k];
    }
}

struct wanted {
    int64_t step;
    const char *team, *model;
    int64_t sums[SPEND_SUM_COUNT];
};

/* From the records, field by field. */
static bool count(void *ctx, const struct record *r, struct err *err)
{
    struct wanted *w = ctx;
    const int64_t *tokens = r->ev.count;

    (void)err;
    if (r->kind != RECORD_CHARGE || r->booked_ns < days[w->step] ||
        r->booked_ns >= days[w->step + 1] ||
        !str_eq(r->ev.text[TEXT_TEAM], str_of(w->team)) ||
        (w->model && !str_eq(r->ev.text[TEXT_REQUESTED_MODEL], str_of(w->model))))
        return true;
    w->sums[SPEND_CHARGE] += r->charge.charge.nanousd;
    w->sums[SPEND_BILLED] += r->charge.billed.nanousd;
    if (r->ev.reported == REPORTED_COST)
        w->sums[SPEND_REPORTED] += r->ev.reported_usd.nanousd;
    w->sums[SPEND_COMPUTED] += r->charge.computed.nanousd;
    if (tokens[COUNT_RETRY_DEPTH] > 0)
        w->sums[SPEND_RETRY] += r->charge.charge.nanousd;
    w->sums[SPEND_UNPRICED] += record_lacks_price(r);
    if (r->completes == COMPLETES_NOTHING) {
        w->sums[SPEND_REQUESTS]++;
        w->sums[SPEND_FAILURES] += r->ev.outcome == OUTCOME_FAILURE;
    }
    if (r->completes == COMPLETES_CHARGE)
        return true;
    if (tokens[COUNT_INPUT_TOKENS] > 0)
        w->sums[SPEND_INPUT_TOKENS] += tokens[COUNT_INPUT_TOKENS];
    if (tokens[COUNT_REASONING_TOKENS] > 0)
        w->sums[SPEND_REASONING_TOKENS] += tokens[COUNT_REASONING_TOKENS];
    return true;
}

static void assert_as_counted(struct fixture *f, const struct spend *s, int64_t step,
                              const char *team, const char *model)
{
    static const enum spend_sum compared[] = {
        SPEND_CHARGE,       SPEND_BILLED,          SPEND_REPORTED, SPEND_COMPUTED,
        SPEND_RETRY,        SPEND_REQUESTS,        SPEND_FAILURES, SPEND_UNPRICED,
        SPEND_INPUT_TOKENS, SPEND_REASONING_TOKENS};
    struct wanted w = {step, team, model, {0}};
    int64_t got[SPEND_SUM_COUNT];
    struct err err = {0};

    assert_true(ledger_scan(fixture_reader(f), 0, UINT64_MAX, count, &w, &err));
    pick(s, step, team, model, got);
    for (size_t i = 0; i < sizeof compared / sizeof *compared; i++)
        assert_int_equal(got[compared[i]], w.sums[compared[i]]);
}

static void assert_all_as_counted(struct fixture *f)
{
    struct spend_query q = query_by("team", "requested_model");
    struct spend spend = ask(f, &q);

    for (int64_t step = 0; step < 4; step++) {
        assert_as_counted(f, &spend, step, "payments", "gpt-4o");
        assert_as_counted(f, &spend, step, "payments", NULL);
        assert_as_counted(f, &spend, step, "", "x");
    }
    assert_int_equal(spend.missing_rows, 0);
    spend_release(&spend);
}

TEST(sums_are_those_of_the_rows_however_many_are_rolled_up)
{
    struct fixture f;

    open_rows(&f);
    assert_all_as_counted(&f);
    assert_true(roll_up(&f, 250));
    assert_all_as_counted(&f);
    assert_true(roll_up(&f, 1));
    assert_true(roll_up(&f, 10000));
    assert_all_as_counted(&f);
    assert_false(roll_up(&f, 10000));
    write_rows(&f, ROWS + 1, ROWS + 50);
    assert_all_as_counted(&f);
    assert_sql(f.path, "SELECT count(*) FROM rollup_batches", "3");
    fixture_close(&f);
}

static void assert_same_sums(const struct spend *a, const struct spend *b,
                             const char *team)
{
    int64_t by_rollups[SPEND_SUM_COUNT], by_rows[SPEND_SUM_COUNT];

    for (int64_t step = 0; step < 4; step++) {
        pick(a, step, team, NULL, by_rollups);
        pick(b, step, team, NULL, by_rows);
        assert_memory_equal(by_rollups, by_rows, sizeof by_rows);
    }
}

TEST(a_field_that_no_rollup_has_is_summed_from_the_rows)
{
    struct fixture f;
    struct spend_query rolled = query_by("team", NULL),
                       rows = query_by("team", "end_user");

    open_rows(&f);
    while (roll_up(&f, 170))
        ;
    struct spend a = ask(&f, &rolled), b = ask(&f, &rows);
    assert_same_sums(&a, &b, "payments");
    assert_same_sums(&a, &b, "search");
    assert_same_sums(&a, &b, "");
    spend_release(&a);
    spend_release(&b);
    fixture_close(&f);
}

TEST(ids_of_one_text_are_one_group)
{
    struct fixture f;
    struct spend_query q = query_by("team", NULL);

    open_rows(&f);
    run_sql(f.path, "INSERT INTO dict SELECT max(id) + 1, 'payments' FROM dict;"
                    "UPDATE entries SET team = (SELECT max(id) FROM dict) WHERE seq > 200"
                    " AND team = (SELECT min(id) FROM dict WHERE text = 'payments')");
    assert_true(roll_up(&f, 400));
    assert_all_as_counted(&f);
    struct spend s = ask(&f, &q);
    assert_int_equal(s.cell_count, 3 * DAYS);
    spend_release(&s);
    fixture_close(&f);
}

TEST(filters_are_or_within_a_label_and_and_between_labels)
{
    struct fixture f;
    struct str both[] = {STR("payments"), STR("")}, search[] = {STR("search")},
               users[] = {STR("ann"), STR("bob")}, nobody[] = {STR("nobody")};
    struct record_filter not_search = {field("team"), 2, both},
                         is_search = {field("team"), 1, search},
                         any_user = {field("end_user"), 2, users},
                         no_model = {field("requested_model"), 1, nobody};

    open_rows(&f);
    assert_true(roll_up(&f, 300));
    int64_t all = total(&f, NULL, 0);
    assert_int_equal(total(&f, &not_search, 1) + total(&f, &is_search, 1), all);
    assert_int_equal(total(&f, (struct record_filter[]){is_search, any_user}, 2),
                     total(&f, &is_search, 1));
    assert_int_equal(total(&f, (struct record_filter[]){is_search, no_model}, 2), 0);
    fixture_close(&f);
}

TEST(what_no_rollup_has_cannot_be_asked_of_pruned_rows)
{
    struct fixture f;
    struct spend_query q = query_by("end_user", NULL);
    struct spend s;
    struct err err = {0};
    bool more;

    open_rows(&f);
    int64_t before = total(&f, NULL, 0);
    while (roll_up(&f, 250))
        ;
    assert_true(ledger_begin(f.ledger, &err) &&
                ledger_put_opening(f.ledger, 300, STR("sums"), &err) &&
                ledger_prune(f.ledger, 1000, &more, &err) &&
                ledger_commit(f.ledger, 20000, &err));
    assert_int_equal(total(&f, NULL, 0), before);
    assert_false(ledger_spend(fixture_reader(&f), &q, &s, &err));
    assert_int_equal(err.kind, ERR_LIMIT);
    assert_non_null(strstr(err.text, "\"end_user\""));
    assert_non_null(strstr(err.text, "start=2026-11-22T00:00:00.000Z"));
    assert_int_equal(audit(&f).checked, 1);
    assert_int_equal(found, 0);
    fixture_close(&f);
}

TEST(a_query_ends_when_its_time_is_over)
{
    struct fixture f;
    struct spend_query q = query_by("team", "end_user");
    struct spend s;
    struct err err = {0};

    open_rows(&f);
    q.limit_ns = 1;
    assert_false(ledger_spend(fixture_reader(&f), &q, &s, &err));
    assert_int_equal(err.kind, ERR_BUSY);
    assert_non_null(strstr(err.text, "\"end_user\""));
    q.limit_ns = NS_PER_MINUTE;
    err.kind = ERR_NONE;
    assert_true(ledger_spend(fixture_reader(&f), &q, &s, &err));
    spend_release(&s);
    fixture_close(&f);
}

TEST(a_ledger_without_rollups_is_read_as_well)
{
    struct fixture f;
    struct spend_query q = query_by("team", NULL);

    open_rows(&f);
    ledger_close(f.ledger);
    f.ledger = NULL;
    run_sql(f.path, "DROP VIEW spend; DROP TABLE rollups; DROP TABLE rollup_batches;"
                    "DROP TABLE provider_batches;"
                    "UPDATE meta SET value = 2 WHERE key = 'schema_version'");
    assert_int_equal(audit(&f).batches, 0);
    struct spend s = ask(&f, &q);
    assert_as_counted(&f, &s, 1, "search", NULL);
    spend_release(&s);
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_are_those_of_the_rows_however_many_are_rolled_up),
        cmocka_unit_test(a_field_that_no_rollup_has_is_summed_from_the_rows),
        cmocka_unit_test(ids_of_one_text_are_one_group),
        cmocka_unit_test(filters_are_or_within_a_label_and_and_between_labels),
        cmocka_unit_test(what_no_rollup_has_cannot_be_asked_of_pruned_rows),
        cmocka_unit_test(a_query_ends_when_its_time_is_over),
        cmocka_unit_test(a_ledger_without_rollups_is_read_as_well),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
