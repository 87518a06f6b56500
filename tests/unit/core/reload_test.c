/* Reloads of a running engine, and above all those that fail. */
#include "../unit.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "spendwarden/engine.h"
#include "spendwarden/server.h"

struct fixture {
    char directory[64], config[96], policy[96], tokens[96], ledger[96];
    struct generation_options options;
    struct engine *engine;
};

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void write_config(const struct fixture *f, const char *more)
{
    char text[1024];

    snprintf(text, sizeof text,
             "ledger: { path: ledger.db }\npolicies: { paths: [policy.lua] }\n%s", more);
    write_file(f->config, text);
}

static const char by_team[] =
    "policy { name = 'p', version = '1' }\n"
    "local day = window { sum = 'charge_usd', by = { 'team' }, over = '24h' }\n"
    "rule('High', { over = day, above = 1000, severity = 'info' }, function(group)\n"
    "  return group.value\n"
    "end)\n";

static const char by_tenant[] =
    "policy { name = 'p', version = '2' }\n"
    "local day = window { sum = 'charge_usd', by = { 'tenant' }, over = '24h' }\n"
    "rule('High', { over = day, above = 1000, severity = 'info' }, function(group)\n"
    "  return group.value\n"
    "end)\n";

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    assert_non_null(f);
    snprintf(f->directory, sizeof f->directory, "/tmp/spendwarden-core-XXXXXX");
    assert_non_null(mkdtemp(f->directory));
    snprintf(f->config, sizeof f->config, "%s/config.yaml", f->directory);
    snprintf(f->policy, sizeof f->policy, "%s/policy.lua", f->directory);
    snprintf(f->tokens, sizeof f->tokens, "%s/tokens", f->directory);
    snprintf(f->ledger, sizeof f->ledger, "%s/ledger.db", f->directory);
    f->options.config_path = f->config;
    write_config(f, "");
    write_file(f->policy, by_team);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    static const char *const suffixes[] = {"",      "-wal",  "-shm",
                                           ".lock", "-lock", "-shown"};
    struct fixture *f = *state;
    char path[128];

    engine_close(f->engine);
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        snprintf(path, sizeof path, "%s%s", f->ledger, suffixes[i]);
        unlink(path);
    }
    unlink(f->config);
    unlink(f->policy);
    unlink(f->tokens);
    rmdir(f->directory);
    free(f);
    return 0;
}

/* As if the disk were full for what a reload writes, and then no more. */
static void ledger_refuses_generations(const struct fixture *f, bool refuses)
{
    static const char *const sql[] = {
        "DROP TRIGGER refuse",
        "CREATE TRIGGER refuse BEFORE INSERT ON generations "
        "BEGIN SELECT RAISE(FAIL, 'no room'); END",
    };
    sqlite3 *db = NULL;

    assert_int_equal(sqlite3_open(f->ledger, &db), SQLITE_OK);
    sqlite3_busy_timeout(db, 1000);
    assert_int_equal(sqlite3_exec(db, sql[refuses], NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void open_engine(struct fixture *f)
{
    struct diags diags = {0};

    if (!engine_open(&f->engine, &f->options, false, &diags))
        fail_msg("%s", diags.items[0].text);
    diags_release(&diags);
}

/* Whether it worked; if not, that some complaint has `words` in it. */
static bool reload(struct fixture *f, const char *words)
{
    struct diags diags = {0};
    struct buf text = {0};

    bool ok = engine_reload(f->engine, "test", NULL, NULL, &diags);
    diags_print(&diags, &text);
    buf_byte(&text, '\0');
    if (words && !strstr(text.at, words))
        fail_msg("no \"%s\" in: %s", words, text.at);
    buf_release(&text);
    diags_release(&diags);
    return ok;
}

static void spend(struct fixture *f, const char *team, const char *id, int64_t nanousd)
{
    struct record record, *list[] = {&record};
    enum commit_verdict verdict;
    struct batch batch = {.records = list, .count = 1, .verdicts = &verdict};

    record_init(&record);
    record.ev.text[TEXT_TEAM] = str_of(team);
    record.ev.text[TEXT_TENANT] = STR("shop");
    record.ev.identity[0] = str_of(id);
    record.ev.identity_count = 1;
    record.ev.received_ns = timestamp_now();
    record.charge.charge.nanousd = nanousd;
    record_book(&record);
    assert_true(books_commit(engine_books(f->engine), &batch, NULL));
    assert_int_equal(verdict, COMMIT_ACCEPTED);
}

/* What the first window of the current generation has for a group. */
static int64_t sum_of(struct fixture *f, const char *value)
{
    struct generation *g = engine_generation(f->engine);
    struct window_sums sums;
    struct arena arena;
    struct str by = str_of(value);
    int64_t tick_ns;

    arena_init(&arena, 0);
    assert_true(books_tick(engine_books(f->engine), g->window_ids, 1, &arena, &sums,
                           &tick_ns, NULL));
    const struct window_group *group = window_sums_find(&sums, &by);
    int64_t sum = group ? group->sum : 0;
    arena_release(&arena);
    generation_release(g);
    return sum;
}

TEST(a_reload_that_fails_late_leaves_the_windows_as_they_were)
{
    struct fixture *f = *state;

    open_engine(f);
    spend(f, "ml", "1", 5);
    write_file(f->policy, by_tenant);
    ledger_refuses_generations(f, true);
    assert_false(reload(f, "no room"));
    spend(f, "ml", "2", 7);
    assert_int_equal(sum_of(f, "ml"), 12);
}

TEST(a_window_of_a_failed_reload_is_filled_when_it_comes_back)
{
    struct fixture *f = *state;

    open_engine(f);
    spend(f, "ml", "1", 5);
    write_file(f->policy, by_tenant);
    ledger_refuses_generations(f, true);
    assert_false(reload(f, "no room"));
    spend(f, "ml", "2", 7);
    ledger_refuses_generations(f, false);
    assert_true(reload(f, NULL));
    assert_int_equal(sum_of(f, "shop"), 12);
}

TEST(a_change_that_needs_a_restart_is_refused_by_name)
{
    struct fixture *f = *state;

    open_engine(f);
    write_config(f, "alerts: { webhooks: [{ name: a, url: http://127.0.0.1:1/ }] }\n");
    assert_false(reload(f, "alerts, server.external_url"));
    write_config(f, "server: { limits: { body: 1MiB } }\n");
    assert_false(reload(f, "server.limits"));
    write_config(f, "metrics: { max_series: 77 }\n");
    assert_false(reload(f, "metrics.max_series"));
    write_config(f, "rules: { tick: 30s, max_alerts: 50 }\n");
    assert_true(reload(f, NULL));
}

TEST(a_bad_token_file_stops_a_reload_before_anything_changes)
{
    struct fixture *f = *state;
    struct server *server = NULL;
    struct diags diags = {0};
    struct reload_state after;
    static const char tokens[] = "server: { listen: 127.0.0.1:0, "
                                 "tokens: [{ file: tokens, scope: admin }] }\n";

    write_config(f, tokens);
    write_file(f->tokens, "0123456789abcdef\n");
    open_engine(f);
    assert_true(server_open(&server, f->engine, &diags));
    struct generation *before = engine_generation(f->engine);
    write_file(f->tokens, "short\n");
    assert_false(server_reload(server, "test", &diags));
    assert_int_equal(diags.count, 1);
    assert_true(engine_is_current(f->engine, before));
    engine_reload_state(f->engine, &after);
    assert_false(after.successful);
    write_file(f->tokens, "0123456789abcdef\nfedcba9876543210\n");
    assert_true(server_reload(server, "test", &diags));
    assert_false(engine_is_current(f->engine, before));
    generation_release(before);
    diags_release(&diags);
    server_close(server);
}

TEST(a_token_file_that_is_too_large_is_refused)
{
    struct fixture *f = *state;
    struct server *server = NULL;
    struct diags diags = {0};
    char large[17 * 1024];

    memset(large, 'a', sizeof large - 1);
    large[sizeof large - 1] = '\0';
    write_config(f, "server: { listen: 127.0.0.1:0, "
                    "tokens: [{ file: tokens, scope: admin }] }\n");
    write_file(f->tokens, large);
    open_engine(f);
    assert_false(server_open(&server, f->engine, &diags));
    assert_non_null(strstr(diags.items[0].text, "larger"));
    diags_release(&diags);
}

#define WITH_ENGINE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_ENGINE(a_reload_that_fails_late_leaves_the_windows_as_they_were),
        WITH_ENGINE(a_window_of_a_failed_reload_is_filled_when_it_comes_back),
        WITH_ENGINE(a_change_that_needs_a_restart_is_refused_by_name),
        WITH_ENGINE(a_bad_token_file_stops_a_reload_before_anything_changes),
        WITH_ENGINE(a_token_file_that_is_too_large_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
