#include "look.h"

TEST(a_record_comes_back_as_it_was_written)
{
    struct fixture f;
    struct sample *s = malloc(sizeof *s);
    struct err err = {0};

    fixture_open(&f);
    fixture_write(&f, 1, 300, 5000);
    if (!ledger_scan(fixture_reader(&f), 0, UINT64_MAX, compare, s, &err))
        fail_msg("%s", err.text);
    fixture_close(&f);
    free(s);
}

static bool compare_empty(void *ctx, const struct record *r, struct err *err)
{
    (void)err;
    assert_record_equal(r, ctx);
    return true;
}

TEST(what_is_absent_stays_absent)
{
    struct fixture f;
    struct record r;
    struct err err = {0};

    fixture_open(&f);
    record_init(&r);
    assert_true(ledger_begin(f.ledger, &err));
    assert_true(ledger_append(f.ledger, &r, &err));
    assert_true(ledger_commit(f.ledger, 1, &err));
    assert_int_equal(r.seq, 1);
    assert_true(ledger_scan(fixture_reader(&f), 0, 1, compare_empty, &r, &err));
    fixture_close(&f);
}

TEST(a_scan_gives_the_rows_between_two_in_commit_order)
{
    struct fixture f;

    fixture_open(&f);
    fixture_write(&f, 1, 10, 100);
    fixture_write(&f, 11, 20, 200);
    struct seen seen = scan(&f, 5, 15);
    assert_int_equal(seen.count, 10);
    assert_int_equal(seen.first_seq, 6);
    assert_int_equal(seen.last_seq, 15);
    assert_int_equal(seen.committed_ns, 200);
    assert_int_equal(scan(&f, 0, 3).committed_ns, 100);
    assert_int_equal(scan(&f, 20, UINT64_MAX).count, 0);
    assert_int_equal(ledger_reader_last_seq(f.reader), 20);
    fixture_close(&f);
}

TEST(a_scan_sees_one_state_while_the_writer_goes_on)
{
    struct fixture f;
    struct err err = {0};

    fixture_open(&f);
    fixture_write(&f, 1, 5, 10);
    struct seen seen = {.write_into = &f};
    assert_true(ledger_scan(fixture_reader(&f), 0, UINT64_MAX, note, &seen, &err));
    assert_int_equal(seen.count, 5);
    assert_int_equal(scan(&f, 0, UINT64_MAX).count, 6);
    fixture_close(&f);
}

static bool refuse(void *ctx, const struct record *r, struct err *err)
{
    (void)ctx;
    return err_set(err, ERR_LIMIT, "enough at %d", (int)r->seq);
}

TEST(a_visitor_stops_a_scan_with_its_own_error)
{
    struct fixture f;
    struct err err = {0};

    fixture_open(&f);
    fixture_write(&f, 1, 5, 10);
    assert_false(ledger_scan(fixture_reader(&f), 1, 5, refuse, NULL, &err));
    assert_string_equal(err.text, "enough at 2");
    assert_int_equal(scan(&f, 0, UINT64_MAX).count, 5);
    fixture_close(&f);
}

static struct seen find(struct fixture *f, const char *id, size_t limit)
{
    struct seen seen = {0};
    struct err err = {0};

    if (!ledger_find(fixture_reader(f), str_of(id), limit, note, &seen, &err))
        fail_msg("%s", err.text);
    return seen;
}

/* `count` rows, each with four ids of its own. */
static void write_ids(struct fixture *f, unsigned count)
{
    static const unsigned texts[] = {TEXT_ID, TEXT_CALL_ID, TEXT_TRACE_ID,
                                     TEXT_RESPONSE_ID};
    struct record r;
    struct err err = {0};
    char ids[4][32];

    assert_true(ledger_begin(f->ledger, &err));
    for (unsigned i = 1; i <= count; i++) {
        record_init(&r);
        for (unsigned j = 0; j < 4; j++)
            r.ev.text[texts[j]] = (struct str){
                ids[j], (size_t)snprintf(ids[j], sizeof ids[j], "%u-%u", j, i)};
        assert_true(ledger_append(f->ledger, &r, &err));
    }
    assert_true(ledger_commit(f->ledger, 1, &err));
}

TEST(a_request_is_found_by_any_of_its_ids_wherever_it_stands)
{
    struct fixture f;
    char id[32];

    fixture_open(&f);
    write_ids(&f, 2100); /* two filters and a rest */
    for (unsigned i = 1; i <= 2100; i += 130)
        for (unsigned j = 0; j < 4; j++) {
            snprintf(id, sizeof id, "%u-%u", j, i);
            struct seen seen = find(&f, id, 10);
            assert_int_equal(seen.count, 1);
            assert_int_equal(seen.first_seq, i);
        }
    assert_int_equal(find(&f, "nobody", 10).count, 0);
    fixture_close(&f);
}

TEST(the_newest_are_found_first_and_no_more_than_asked_for)
{
    struct fixture f;
    struct err err = {0};

    fixture_open(&f);
    write_ids(&f, 1500);
    ledger_close(f.ledger); /* the running filter is made again from the rows */
    assert_true(fixture_open_ledger(&f, &err));
    write_ids(&f, 1500);
    struct seen seen = find(&f, "2-7", 10);
    assert_int_equal(seen.count, 2);
    assert_int_equal(seen.first_seq, 1507);
    assert_int_equal(seen.last_seq, 7);
    assert_int_equal(find(&f, "2-7", 1).last_seq, 1507);
    seen = find(&f, "", 3);
    assert_int_equal(seen.count, 3);
    assert_int_equal(seen.first_seq, 3000);
    assert_int_equal(seen.last_seq, 2998);
    fixture_close(&f);
}

static void write_booked(struct fixture *f, int64_t a, int64_t b, int64_t committed_ns)
{
    const int64_t booked[] = {a, b};
    struct record r;
    struct err err = {0};

    assert_true(ledger_begin(f->ledger, &err));
    for (int i = 0; i < 2; i++) {
        record_init(&r);
        r.booked_ns = booked[i];
        assert_true(ledger_append(f->ledger, &r, &err));
    }
    assert_true(ledger_commit(f->ledger, committed_ns, &err));
}

TEST(a_fill_from_history_starts_before_every_record_of_its_time)
{
    static const struct {
        int64_t booked_ns;
        uint64_t seq;
    } cases[] = {{0, 0}, {100, 0}, {151, 2}, {200, 2}, {301, 4}, {401, 8}};
    struct fixture f;
    struct err err = {0};
    uint64_t seq;

    fixture_open(&f);
    write_booked(&f, 100, 150, 1);
    write_booked(&f, 300, 90, 2);
    write_booked(&f, 200, 400, 3); /* late ones after a later one */
    write_booked(&f, 10, 20, 4);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_true(
            ledger_seq_before(fixture_reader(&f), cases[i].booked_ns, &seq, &err));
        assert_int_equal(seq, cases[i].seq);
    }
    fixture_close(&f);
}

struct keys {
    struct dedupe_key keys[10];
    int64_t committed_ns[10];
    size_t count;
};

static bool note_key(void *ctx, const struct dedupe_key *key, int64_t committed_ns)
{
    struct keys *k = ctx;

    k->keys[k->count] = *key;
    k->committed_ns[k->count++] = committed_ns;
    return true;
}

static struct dedupe_key full_key(uint64_t number)
{
    return (struct dedupe_key){.report = {number, 2},
                               .response = {3, 4},
                               .emitter = 5,
                               .start_ms = -6,
                               .end_ms = 7,
                               .call = 8,
                               .usage = UINT32_MAX,
                               .cost = DEDUPE_COST_MASK,
                               .bare = true,
                               .unpriced = true};
}

TEST(keys_come_back_from_a_commit_on_oldest_first)
{
    struct fixture f;
    struct keys seen = {.count = 0};
    struct err err = {0};
    struct record r;

    fixture_open(&f);
    for (uint64_t i = 1; i <= 5; i++) {
        const struct dedupe_key keys[2] = {full_key(i), {.report = {i, 9}, .emitter = 1}};
        assert_true(ledger_begin(f.ledger, &err));
        record_init(&r);
        assert_true(ledger_append(f.ledger, &r, &err));
        assert_true(ledger_append(f.ledger, &r, &err));
        assert_true(ledger_put_keys(f.ledger, keys, 2, &err));
        assert_true(ledger_commit(f.ledger, (int64_t)i * 100, &err));
    }
    assert_true(ledger_scan_keys(fixture_reader(&f), 399, note_key, &seen, &err));
    assert_int_equal(seen.count, 4);
    assert_int_equal(seen.committed_ns[0], 400);
    const struct dedupe_key expected = full_key(4), *k = &seen.keys[0];
    assert_memory_equal(k, &expected, offsetof(struct dedupe_key, unpriced));
    assert_true(k->unpriced && k->bare);
    assert_false(k->paid);
    assert_int_equal(seen.keys[3].report[0], 5);
    assert_int_equal(seen.keys[3].report[1], 9);
    assert_false(seen.keys[3].unpriced);
    fixture_close(&f);
}

TEST(keys_of_an_older_file_are_shorter_and_known_all_the_same)
{
    struct fixture f;
    struct keys seen = {.count = 0};
    struct err err = {0};
    struct record r;

    fixture_open(&f);
    assert_true(ledger_begin(f.ledger, &err));
    record_init(&r);
    assert_true(ledger_append(f.ledger, &r, &err));
    assert_true(ledger_commit(f.ledger, 100, &err));
    run_sql(f.path, "UPDATE commits SET keys = x'"
                    "0100000000000000"
                    "0200000000000000"
                    "0000000000000000"
                    "0000000000000000"
                    "0500000000000000"
                    "0600000000000000"
                    "0700000000000000"
                    "0800000000000000"
                    "0900000000000000"
                    "0000000000000000"
                    "0000000000000000"
                    "0500000000000000"
                    "0600000000000000"
                    "0700000000000000'");
    assert_true(ledger_scan_keys(fixture_reader(&f), 0, note_key, &seen, &err));
    assert_int_equal(seen.count, 2);
    assert_int_equal(seen.keys[0].report[1], 2);
    assert_int_equal(seen.keys[0].end_ms, 7);
    assert_int_equal(seen.keys[1].report[0], 8);
    assert_int_equal(seen.keys[1].usage | seen.keys[1].call | seen.keys[1].cost, 0);
    fixture_close(&f);
}

TEST(commit_times_never_go_back)
{
    struct fixture f;

    fixture_open(&f);
    fixture_write(&f, 1, 1, 500);
    fixture_write(&f, 2, 2, 400);
    assert_int_equal(scan(&f, 1, 2).committed_ns, 500);
    fixture_close(&f);
}

TEST(a_ledger_that_nobody_writes_can_be_read)
{
    struct fixture f;

    fixture_open(&f);
    fixture_write(&f, 1, 5, 5);
    ledger_close(f.ledger);
    f.ledger = NULL;
    assert_int_equal(scan(&f, 0, UINT64_MAX).count, 5);
    fixture_close(&f);
}

TEST(a_damaged_row_is_named)
{
    static const char *const damage[] = {
        "UPDATE entries SET detail = '{\"tags\":[' WHERE seq = 2",
        "UPDATE entries SET detail = '{\"components\":[[\"a\",1,2]]}' WHERE seq = 2",
        "UPDATE entries SET detail = '\\' WHERE seq = 2",
        "UPDATE entries SET detail = NULL, price_status = 99 WHERE seq = 2",
    };
    struct fixture f;
    struct seen seen = {0};

    fixture_open(&f);
    fixture_write(&f, 1, 3, 5);
    for (size_t i = 0; i < sizeof damage / sizeof *damage; i++) {
        struct err err = {0};
        run_sql(f.path, damage[i]);
        assert_false(ledger_scan(fixture_reader(&f), 0, 3, note, &seen, &err));
        assert_string_equal(err.text, "ledger: row 2 is damaged");
    }
    fixture_close(&f);
}

TEST(a_missing_file_is_an_error_for_a_reader)
{
    struct ledger_reader *reader;
    struct err err = {0};

    assert_false(ledger_reader_open(&reader, "/nonexistent/x.db", &test_schema, &err));
    assert_int_equal(err.kind, ERR_IO);
    assert_non_null(strstr(err.text, "/nonexistent/x.db"));
    ledger_reader_close(reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_comes_back_as_it_was_written),
        cmocka_unit_test(what_is_absent_stays_absent),
        cmocka_unit_test(a_scan_gives_the_rows_between_two_in_commit_order),
        cmocka_unit_test(a_scan_sees_one_state_while_the_writer_goes_on),
        cmocka_unit_test(a_visitor_stops_a_scan_with_its_own_error),
        cmocka_unit_test(a_request_is_found_by_any_of_its_ids_wherever_it_stands),
        cmocka_unit_test(the_newest_are_found_first_and_no_more_than_asked_for),
        cmocka_unit_test(a_fill_from_history_starts_before_every_record_of_its_time),
        cmocka_unit_test(keys_come_back_from_a_commit_on_oldest_first),
        cmocka_unit_test(keys_of_an_older_file_are_shorter_and_known_all_the_same),
        cmocka_unit_test(commit_times_never_go_back),
        cmocka_unit_test(a_ledger_that_nobody_writes_can_be_read),
        cmocka_unit_test(a_damaged_row_is_named),
        cmocka_unit_test(a_missing_file_is_an_error_for_a_reader),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
