#include "look.h"

#include <sys/stat.h>

TEST(a_second_writer_is_refused_and_told_who_holds_it)
{
    struct fixture f;
    struct ledger *other;
    struct ledger_options options;
    struct err err = {0};
    char pid[32];

    fixture_open(&f);
    options = (struct ledger_options){f.path, &test_schema, 1 << 20};
    assert_false(ledger_open(&other, &options, &err));
    assert_int_equal(err.kind, ERR_BUSY);
    snprintf(pid, sizeof pid, "process %d ", (int)getpid());
    assert_non_null(strstr(err.text, pid));
    assert_null(other);
    fixture_close(&f);
}

/* By its hashes always the same. */
static void put_generation(struct fixture *f, struct str disabled, uint32_t wanted)
{
    const struct generation_row row = {STR("a"), STR("b"), STR("c"),
                                       STR("d"), disabled, 7};
    struct err err = {0};
    uint32_t number;

    assert_true(ledger_begin(f->ledger, &err));
    if (!ledger_put_generation(f->ledger, &row, &number, &err) ||
        !ledger_commit(f->ledger, 2000, &err))
        fail_msg("%s", err.text);
    assert_int_equal(number, wanted);
}

TEST(what_the_breaker_took_out_makes_a_generation_of_its_own)
{
    struct fixture f;

    fixture_open(&f);
    put_generation(&f, STR(""), 1);
    put_generation(&f, STR("[\"p\"]"), 2);
    put_generation(&f, STR("[\"p\"]"), 2);
    put_generation(&f, STR("[\"p\",\"q\"]"), 3);
    put_generation(&f, STR(""), 4);
    fixture_close(&f);
}

TEST(a_newer_schema_is_refused_with_advice)
{
    struct fixture f;
    struct err err = {0};
    struct ledger_reader *reader;

    fixture_open(&f);
    ledger_close(f.ledger);
    run_sql(f.path, "UPDATE meta SET value = 6 WHERE key = 'schema_version'");
    assert_false(fixture_open_ledger(&f, &err));
    assert_int_equal(err.kind, ERR_INPUT);
    assert_non_null(strstr(err.text, "run the newer spendwarden"));
    err.kind = ERR_NONE;
    assert_false(ledger_reader_open(&reader, f.path, &test_schema, &err));
    assert_int_equal(err.kind, ERR_INPUT);
    fixture_close(&f);
}

static void put_alert(struct fixture *f)
{
    const struct alert_row a = {.tick_ns = 7,
                                .generation = 3,
                                .policy = STR("finops"),
                                .policy_version = STR("2.1"),
                                .rule = STR("Spike"),
                                .from_state = STR("pending"),
                                .to_state = STR("firing"),
                                .labels_json = STR("{\"team\":\"a\"}"),
                                .annotations_json = STR("{}"),
                                .value = 3.5};
    struct err err = {0};

    assert_true(ledger_begin(f->ledger, &err));
    assert_true(ledger_put_alert(f->ledger, &a, &err));
    assert_true(ledger_commit(f->ledger, 9, &err));
    assert_sql(f->path,
               "SELECT rule || labels || to_state || value || generation ||"
               " policy_version FROM alerts",
               "Spike{\"team\":\"a\"}firing3.532.1");
}

TEST(an_older_schema_is_brought_up_to_date)
{
    struct fixture f;
    struct err err = {0};
    struct ledger_reader *reader;

    fixture_open(&f);
    fixture_write(&f, 1, 5, 1000);
    ledger_close(f.ledger);
    run_sql(f.path, "UPDATE entries SET kind = 0, charge_nanousd = 0, price_status = 3,"
                    " computed_nanousd = NULL, flags = 1, status = seq % 2,"
                    " input_tokens = iif(seq < 3, 5, NULL), output_tokens = NULL;"
                    "DROP VIEW spend; DROP TABLE rollups; DROP TABLE rollup_batches;"
                    "DROP TABLE provider_batches;"
                    "ALTER TABLE generations DROP COLUMN disabled;"
                    "ALTER TABLE alerts DROP COLUMN policy_version;"
                    "ALTER TABLE alerts DROP COLUMN generation;"
                    "INSERT INTO generations VALUES(1, 0, 0, 'a', 'b', 'c', 'd');"
                    "UPDATE meta SET value = 1 WHERE key = 'schema_version'");
    /* Who only reads takes it as it is. */
    assert_true(ledger_reader_open(&reader, f.path, &test_schema, &err));
    assert_int_equal(ledger_reader_last_seq(reader), 5);
    ledger_reader_close(reader);
    assert_sql(f.path, "SELECT value FROM meta WHERE key = 'schema_version'", "1");
    assert_true(fixture_open_ledger(&f, &err));
    assert_int_equal(ledger_last_seq(f.ledger), 5);
    put_generation(&f, STR(""), 1);
    put_generation(&f, STR("[\"p\"]"), 2);
    assert_sql(f.path, "SELECT value FROM meta WHERE key = 'schema_version'", "5");
    put_alert(&f);
    assert_sql(f.path,
               "SELECT group_concat(number || coalesce(disabled, '')) FROM generations",
               "1,2[\"p\"]");
    /* A failure without usage lacks no price. */
    assert_sql(f.path, "SELECT group_concat(flags) FROM entries", "65,65,1,65,1");
    fixture_close(&f);
}

TEST(another_programs_database_is_refused_and_left_alone)
{
    struct fixture f;
    struct err err = {0};

    fixture_open(&f);
    ledger_close(f.ledger);
    unlink(f.path);
    run_sql(f.path, "CREATE TABLE precious(x)");
    assert_false(fixture_open_ledger(&f, &err));
    assert_int_equal(err.kind, ERR_INPUT);
    assert_sql(f.path, "SELECT group_concat(name) FROM sqlite_schema", "precious");
    fixture_close(&f);
}

TEST(a_reopened_ledger_goes_on_where_it_was)
{
    struct fixture f;
    struct err err = {0};

    fixture_open(&f);
    fixture_write(&f, 1, 3, 10);
    uint64_t seed = ledger_seed(f.ledger);
    ledger_close(f.ledger);
    assert_true(fixture_open_ledger(&f, &err));
    assert_int_equal(ledger_seed(f.ledger), seed);
    assert_int_equal(ledger_last_seq(f.ledger), 3);
    fixture_write(&f, 4, 5, 20);
    assert_int_equal(scan(&f, 0, UINT64_MAX).last_seq, 5);
    fixture_close(&f);
}

TEST(a_reopened_ledger_reuses_the_ids_of_texts)
{
    struct fixture f;
    struct err err = {0};
    struct record r;

    fixture_open(&f);
    for (int i = 0; i < 3; i++) {
        record_init(&r);
        r.ev.text[TEXT_TEAM] = STR("payments");
        assert_true(ledger_begin(f.ledger, &err));
        assert_true(ledger_append(f.ledger, &r, &err));
        assert_true(ledger_commit(f.ledger, 1, &err));
        ledger_close(f.ledger);
        assert_true(fixture_open_ledger(&f, &err));
    }
    assert_sql(f.path, "SELECT count(*) FROM dict", "1");
    assert_sql(f.path, "SELECT group_concat(team) FROM requests",
               "payments,payments,payments");
    fixture_close(&f);
}

TEST(a_rollback_leaves_neither_rows_nor_texts_nor_states)
{
    struct fixture f;
    struct sample *s = malloc(sizeof *s);
    struct buf blob = {0};
    struct err err = {0};
    uint64_t seq;

    fixture_open(&f);
    fixture_write(&f, 1, 2, 5000);
    assert_true(ledger_begin(f.ledger, &err));
    for (unsigned i = 100; i < 100 + 1500; i++) { /* fills a filter as well */
        sample_make(s, i);
        assert_true(ledger_append(f.ledger, &s->record, &err));
    }
    assert_true(ledger_put_state(f.ledger, STR("books"), STR("x"), &err));
    assert_true(ledger_put_tick(f.ledger, 77, &err));
    ledger_rollback(f.ledger);
    assert_int_equal(ledger_last_seq(f.ledger), 2);
    fixture_write(&f, 3, 300, 5000); /* texts of the lost rows come again, with new ids */
    assert_true(ledger_scan(fixture_reader(&f), 0, UINT64_MAX, compare, s, &err));
    assert_true(ledger_read_state(f.reader, STR("books"), &blob, &seq, &err));
    assert_int_equal(blob.size, 0);
    assert_int_equal(seq, 0);
    int64_t tick_ns;
    assert_true(ledger_last_tick(f.reader, &tick_ns, &err));
    assert_int_equal(tick_ns, 0);
    fixture_close(&f);
    free(s);
}

TEST(the_newest_state_of_a_name_is_kept_with_its_last_record)
{
    struct fixture f;
    struct buf blob = {0};
    struct err err = {0};
    struct record r;
    uint64_t seq;

    fixture_open(&f);
    for (int i = 0; i < 2; i++) {
        record_init(&r);
        assert_true(ledger_begin(f.ledger, &err));
        assert_true(ledger_append(f.ledger, &r, &err));
        assert_true(
            ledger_put_state(f.ledger, STR("books"), i ? STR("b") : STR("aa"), &err));
        assert_true(ledger_put_state(f.ledger, STR("alerts"), STR("z"), &err));
        assert_true(ledger_commit(f.ledger, 1, &err));
    }
    fixture_write(&f, 1, 1, 2);
    assert_true(ledger_read_state(fixture_reader(&f), STR("books"), &blob, &seq, &err));
    assert_str_equal(buf_str(&blob), STR("b"));
    assert_int_equal(seq, 2);
    assert_true(ledger_read_state(f.reader, STR("none"), &blob, &seq, &err));
    assert_int_equal(blob.size, 0);
    buf_release(&blob);
    fixture_close(&f);
}

TEST(a_generation_has_a_number_until_it_changes)
{
    struct fixture f;
    struct generation_row g = {STR("c"), STR("p"), STR("d"), STR("r"), {0}, 5};
    struct err err = {0};
    uint32_t first, same, next, back;

    fixture_open(&f);
    assert_true(ledger_begin(f.ledger, &err));
    assert_true(ledger_put_generation(f.ledger, &g, &first, &err));
    assert_true(ledger_put_generation(f.ledger, &g, &same, &err));
    g.policy_hash = STR("other");
    assert_true(ledger_put_generation(f.ledger, &g, &next, &err));
    g.policy_hash = STR("p");
    assert_true(ledger_put_generation(f.ledger, &g, &back, &err));
    assert_true(ledger_commit(f.ledger, 1, &err));
    assert_int_equal(first, 1);
    assert_int_equal(same, 1);
    assert_int_equal(next, 2);
    assert_int_equal(back, 3);
    fixture_close(&f);
}

TEST(ticks_and_alerts_are_rows_of_the_history)
{
    struct fixture f;
    struct err err = {0};
    int64_t tick_ns;

    fixture_open(&f);
    fixture_write(&f, 1, 2, 1);
    assert_true(ledger_begin(f.ledger, &err));
    assert_true(ledger_put_tick(f.ledger, 7, &err));
    assert_true(ledger_commit(f.ledger, 8, &err));
    put_alert(&f);
    assert_true(ledger_last_tick(fixture_reader(&f), &tick_ns, &err));
    assert_int_equal(tick_ns, 7);
    assert_sql(f.path, "SELECT tick_ns || ':' || last_seq FROM ticks", "7:2");
    fixture_close(&f);
}

TEST(the_view_shows_text_and_dollars)
{
    struct fixture f;
    struct err err = {0};
    struct record r;

    fixture_open(&f);
    record_init(&r);
    r.ev.text[TEXT_SOURCE] = STR("litellm");
    r.ev.text[TEXT_TEAM] = STR("payments");
    r.ev.text[TEXT_DECLARED_FIRST] = STR("cc-7");
    r.booked_ns = 1795481240037000000;
    r.charge.charge.nanousd = r.charge.billed.nanousd = 1250000000;
    r.ev.outcome = OUTCOME_FAILURE;
    assert_true(ledger_begin(f.ledger, &err));
    assert_true(ledger_append(f.ledger, &r, &err));
    assert_true(ledger_commit(f.ledger, 1795481241000000000, &err));
    assert_sql(f.path,
               "SELECT source || ' ' || team || ' ' || charge_usd || ' ' || billed_usd ||"
               " ' ' || status || ' ' || price_status || ' ' || booked || ' ' ||"
               " json_extract(detail, '$.labels.cost_center') FROM requests",
               "litellm payments 1.25 1.25 failure unpriced 2026-11-24T00:47:20.037Z "
               "cc-7");
    assert_sql(f.path, "SELECT committed FROM requests", "2026-11-24T00:47:21.000Z");
    fixture_close(&f);
}

TEST(tidying_moves_the_journal_into_the_database)
{
    struct fixture f;
    struct ledger_stats stats;
    struct err err = {0};

    fixture_open(&f);
    for (unsigned i = 0; i < 3; i++) {
        fixture_write(&f, 1, 1000, i);
        ledger_stats(f.ledger, &stats);
        assert_true(stats.journal_bytes > 1 << 20);
        assert_true(ledger_tidy(f.ledger, &err));
        ledger_stats(f.ledger, &stats);
        assert_int_equal(stats.journal_bytes, 0);
    }
    assert_true(stats.bytes > 1 << 20);
    assert_int_equal(stats.commits, 3);
    assert_int_equal(scan(&f, 0, UINT64_MAX).count, 3000);
    fixture_close(&f);
}

TEST(others_cannot_read_the_files)
{
    struct fixture f;
    struct stat status;
    char path[128];

    fixture_open(&f);
    fixture_write(&f, 1, 1, 1);
    snprintf(path, sizeof path, "%s-wal", f.path);
    assert_int_equal(stat(f.path, &status), 0);
    assert_int_equal(status.st_mode & 07, 0);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07, 0);
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_second_writer_is_refused_and_told_who_holds_it),
        cmocka_unit_test(a_newer_schema_is_refused_with_advice),
        cmocka_unit_test(what_the_breaker_took_out_makes_a_generation_of_its_own),
        cmocka_unit_test(an_older_schema_is_brought_up_to_date),
        cmocka_unit_test(another_programs_database_is_refused_and_left_alone),
        cmocka_unit_test(a_reopened_ledger_goes_on_where_it_was),
        cmocka_unit_test(a_reopened_ledger_reuses_the_ids_of_texts),
        cmocka_unit_test(a_rollback_leaves_neither_rows_nor_texts_nor_states),
        cmocka_unit_test(the_newest_state_of_a_name_is_kept_with_its_last_record),
        cmocka_unit_test(a_generation_has_a_number_until_it_changes),
        cmocka_unit_test(ticks_and_alerts_are_rows_of_the_history),
        cmocka_unit_test(the_view_shows_text_and_dollars),
        cmocka_unit_test(tidying_moves_the_journal_into_the_database),
        cmocka_unit_test(others_cannot_read_the_files),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
