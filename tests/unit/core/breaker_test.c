/* The circuit breaker of a running engine: what counts is the order of commits. */
#include "../unit.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../../src/engine/breaker.h"
#include "spendwarden/engine.h"
#include "spendwarden/pipeline.h"
#include "spendwarden/policy_errors.h"

enum { EVENTS_MAX = 64, PADDING = 64 };

/* Fails for one region, answers for another, is not asked without any. */
static const char policies[] =
    "policy { name = 'bad' }\n"
    "derive('workflow_id', { needs = { 'region' } }, function(ev)\n"
    "  if ev.region == 'broken' then error('no') end return 'worked'\n"
    "end)\n";
static const char other[] = "policy { name = 'good' }\n"
                            "derive('team', {}, function(ev) return 'someone' end)\n";

struct fixture {
    char directory[64], config[96], bad[96], good[96], ledger[96];
    struct generation_options options;
    struct engine *engine;
};

/* Bodies that one thread has decided and not yet committed. */
struct decider {
    struct pipeline *pipeline;
    struct arena arena;
    char body[EVENTS_MAX * 100 + PADDING];
    struct record *records[EVENTS_MAX];
    enum commit_verdict verdicts[EVENTS_MAX];
    size_t count, committed;
};

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct diags diags = {0};

    assert_non_null(f);
    snprintf(f->directory, sizeof f->directory, "/tmp/spendwarden-core-XXXXXX");
    assert_non_null(mkdtemp(f->directory));
    snprintf(f->config, sizeof f->config, "%s/config.yaml", f->directory);
    snprintf(f->bad, sizeof f->bad, "%s/bad.lua", f->directory);
    snprintf(f->good, sizeof f->good, "%s/good.lua", f->directory);
    snprintf(f->ledger, sizeof f->ledger, "%s/ledger.db", f->directory);
    f->options.config_path = f->config;
    write_file(f->config,
               "ledger: { path: ledger.db }\n"
               "policies: { paths: [bad.lua, good.lua], breaker: { events: 5 } }\n");
    write_file(f->bad, policies);
    write_file(f->good, other);
    if (!engine_open(&f->engine, &f->options, false, &diags))
        fail_msg("%s", diags.items[0].text);
    assert_true(engine_reload(f->engine, "test", NULL, NULL, &diags)); /* numbers it */
    diags_release(&diags);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", "-lock", "-shown"};
    struct fixture *f = *state;
    char path[128];

    engine_close(f->engine);
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        snprintf(path, sizeof path, "%s%s", f->ledger, suffixes[i]);
        unlink(path);
    }
    unlink(f->config);
    unlink(f->bad);
    unlink(f->good);
    rmdir(f->directory);
    free(f);
    return 0;
}

static struct decider *decider_new(struct fixture *f)
{
    struct decider *d = calloc(1, sizeof *d);
    struct generation *g = engine_generation(f->engine);
    struct err err = {0};

    assert_non_null(d);
    arena_init(&d->arena, 0);
    if (!pipeline_open(&d->pipeline, g, &err))
        fail_msg("%s", err.text);
    generation_release(g);
    return d;
}

static void decider_free(struct decider *d)
{
    pipeline_close(d->pipeline);
    arena_release(&d->arena);
    free(d);
}

/* One event a letter: "b" broken, "o" works, "." is not asked. */
static void decide(struct decider *d, const char *name, const char *regions)
{
    const struct generation *g = pipeline_generation(d->pipeline);
    struct verdict_reason why;
    int size = 0;

    arena_reset(&d->arena);
    memset(d->body, 0, sizeof d->body);
    for (size_t i = 0; regions[i]; i++)
        size += snprintf(d->body + size, sizeof d->body - (size_t)size,
                         "{\"id\":\"%s-%zu\",\"requested_model\":\"m\"%s}\n", name, i,
                         regions[i] == 'b'   ? ",\"region\":\"broken\""
                         : regions[i] == 'o' ? ",\"region\":\"fine\""
                                             : "");
    pipeline_begin(d->pipeline, generation_source(g, STR("generic")),
                   (struct str){d->body, (size_t)size}, NULL, &d->arena, timestamp_now());
    d->count = d->committed = 0;
    while (pipeline_next(d->pipeline, &d->records[d->count], &why) == VERDICT_EVENT)
        d->count++;
    assert_int_equal(d->count, strlen(regions));
}

/* The next ones of those that were decided. */
static void commit(struct fixture *f, struct decider *d, size_t count)
{
    struct batch batch = {
        .records = d->records + d->committed, .verdicts = d->verdicts, .count = count};
    struct err err = {0};

    assert_true(d->committed + count <= d->count);
    if (!books_commit(engine_books(f->engine), &batch, &err))
        fail_msg("%s", err.text);
    d->committed += count;
}

static bool disabled(struct fixture *f)
{
    struct generation *g = engine_generation(f->engine);
    const struct ruling *r = generation_ruling(g);
    bool bad = policy_mask_has(&r->disabled, 0);

    assert_false(policy_mask_has(&r->disabled, 1));
    generation_release(g);
    return bad;
}

static void sql_is(const struct fixture *f, const char *sql, const char *wanted)
{
    sqlite3 *db;
    sqlite3_stmt *statement;

    assert_int_equal(sqlite3_open(f->ledger, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    assert_string_equal((const char *)sqlite3_column_text(statement, 0), wanted);
    sqlite3_finalize(statement);
    sqlite3_close(db);
}

TEST(a_policy_that_fails_so_many_events_in_a_row_is_not_asked_any_more)
{
    struct fixture *f = *state;
    struct decider *d = decider_new(f);

    decide(d, "a", "bbbb");
    commit(f, d, 4);
    assert_false(disabled(f));
    decide(d, "b", "b.");
    commit(f, d, 2);
    assert_true(disabled(f));
    decide(d, "c", "oo");
    commit(f, d, 2);
    sql_is(f, "SELECT group_concat(coalesce(workflow_id, '-')) FROM requests",
           "-,-,-,-,-,-,-,-");
    sql_is(f, "SELECT count(*) FROM requests WHERE team = 'someone'", "8");
    sql_is(f, "SELECT group_concat(generation) FROM entries", "1,1,1,1,1,1,2,2");
    sql_is(f,
           "SELECT number || ' ' || last_seq || ' ' || disabled FROM generations"
           " WHERE disabled IS NOT NULL",
           "2 6 [\"bad\"]");
    decider_free(d);
}

TEST(one_that_works_in_between_is_left_alone)
{
    struct fixture *f = *state;
    struct decider *d = decider_new(f);

    decide(d, "a", "bbbb.b.bbbobbbb.......obbbb");
    commit(f, d, 5);
    assert_false(disabled(f));
    decide(d, "b", "obbbb..obbbb");
    commit(f, d, 12);
    assert_false(disabled(f));
    decider_free(d);
}

TEST(events_that_do_not_ask_it_do_not_break_the_row)
{
    struct fixture *f = *state;
    struct decider *d = decider_new(f);

    decide(d, "a", "b..b.b...b.b");
    commit(f, d, 11);
    assert_false(disabled(f));
    commit(f, d, 1);
    assert_true(disabled(f));
    decider_free(d);
}

TEST(the_order_of_commits_counts_not_that_of_decisions)
{
    struct fixture *f = *state;
    struct decider *one = decider_new(f), *two = decider_new(f);

    /* Seven failures before the first success, as they were decided. */
    decide(one, "a", "bbbbbbb");
    decide(two, "b", "oo");
    commit(f, one, 4);
    commit(f, two, 1);
    commit(f, one, 3);
    assert_false(disabled(f));
    commit(f, two, 1);
    decide(two, "c", "bbbb");
    commit(f, two, 4);
    assert_false(disabled(f));
    decide(one, "d", "b");
    commit(f, one, 1);
    assert_true(disabled(f));
    decider_free(one);
    decider_free(two);
}

TEST(what_was_decided_before_keeps_the_generation_that_decided)
{
    struct fixture *f = *state;
    struct decider *one = decider_new(f), *two = decider_new(f);

    decide(one, "a", "bbbbb");
    decide(two, "b", "o");
    commit(f, one, 5);
    assert_true(disabled(f));
    commit(f, two, 1);
    sql_is(f, "SELECT generation || workflow_id FROM requests WHERE id = 'b-0'",
           "1worked");
    decider_free(one);
    decider_free(two);
}

TEST(a_repeated_report_does_not_count)
{
    struct fixture *f = *state;
    struct decider *d = decider_new(f);

    for (int i = 0; i < 3; i++) {
        decide(d, "same", "bb");
        commit(f, d, 2);
    }
    assert_false(disabled(f));
    decider_free(d);
}

TEST(the_next_load_tries_it_again)
{
    struct fixture *f = *state;
    struct decider *d = decider_new(f);
    struct diags diags = {0};

    decide(d, "a", "bbbbb");
    commit(f, d, 5);
    assert_true(disabled(f));
    decide(d, "late", "b");
    assert_true(engine_reload(f->engine, "test", NULL, NULL, &diags));
    assert_false(disabled(f));
    commit(f, d, 1); /* the old generation's: no failure of the new one */
    decider_free(d);
    d = decider_new(f);
    decide(d, "b", "bbbb");
    commit(f, d, 4);
    assert_false(disabled(f));
    decide(d, "c", "b");
    commit(f, d, 1);
    assert_true(disabled(f));
    sql_is(f, "SELECT group_concat(number || coalesce(disabled, '')) FROM generations",
           "1,2[\"bad\"],3,4[\"bad\"]");
    diags_release(&diags);
    decider_free(d);
}

TEST(that_it_was_disabled_counts_once)
{
    struct fixture *f = *state;
    struct decider *d = decider_new(f);
    struct generation *g = engine_generation(f->engine);
    struct policy_error_count errors[4];

    decide(d, "a", "bbbbbbb");
    commit(f, d, 7);
    assert_int_equal(policy_errors(g->policies, errors, 4), 2);
    assert_int_equal(errors[0].count, 7);
    assert_string_equal(errors[1].reason, "disabled");
    assert_int_equal(errors[1].count, 1);
    generation_release(g);
    decider_free(d);
}

/* As books and the tick do, whose locks do not exclude each other here. */
TEST(what_a_tick_takes_out_while_a_row_is_written_gets_a_row_too)
{
    struct fixture *f = *state;
    struct generation *g = engine_generation(f->engine);
    const struct policy_marks good_fails = {.failed = {{2}}};
    struct record r = {.generation = generation_ruling(g)->number,
                       .marks = {.failed = {{1}}}};
    struct generation_row row;
    struct breaker *b;
    struct err err = {0};

    assert_true(breaker_open(&b, &err));
    breaker_follow(b, g);
    const struct books_watcher w = breaker_watcher(b);
    for (int i = 0; i < 5; i++)
        w.committed(w.ctx, &r);
    assert_true(w.changes(w.ctx, &row));
    assert_memory_equal(row.disabled.at, "[\"bad\"]", row.disabled.size);
    for (int64_t i = 0; i < g->config->policies.limits.breaker_ticks; i++)
        breaker_tick(b, g, &good_fails);
    w.changed(w.ctx, 7);
    assert_int_equal(generation_ruling(g)->disabled.bits[0], 1);
    assert_true(w.changes(w.ctx, &row));
    assert_memory_equal(row.disabled.at, "[\"bad\",\"good\"]", row.disabled.size);
    w.changed(w.ctx, 8);
    assert_int_equal(generation_ruling(g)->disabled.bits[0], 3);
    assert_false(w.changes(w.ctx, &row));
    breaker_close(b);
    generation_release(g);
}

#define BREAKER_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BREAKER_TEST(a_policy_that_fails_so_many_events_in_a_row_is_not_asked_any_more),
        BREAKER_TEST(one_that_works_in_between_is_left_alone),
        BREAKER_TEST(events_that_do_not_ask_it_do_not_break_the_row),
        BREAKER_TEST(the_order_of_commits_counts_not_that_of_decisions),
        BREAKER_TEST(what_was_decided_before_keeps_the_generation_that_decided),
        BREAKER_TEST(a_repeated_report_does_not_count),
        BREAKER_TEST(the_next_load_tries_it_again),
        BREAKER_TEST(that_it_was_disabled_counts_once),
        BREAKER_TEST(what_a_tick_takes_out_while_a_row_is_written_gets_a_row_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
