/* What the files of the test harness share. */
#pragma once
#include "bindings.h"
#include "spendwarden/policy_test.h"

enum {
    TEST_CASES_MAX = 1000,
    TEST_USES_MAX = 64,
    TEST_DATA_MAX = 64,
    TEST_SETTINGS_MAX = 256,
};

struct policy_test {
    struct sandbox box;
    struct policy_test_options options;
    struct arena arena; /* what the file declares */
    struct str text;
    char short_name[LUA_IDSIZE]; /* what Lua's messages call the file */
    bool compiled;
    size_t case_count, use_count;
    struct test_case cases[TEST_CASES_MAX];
    struct str uses[TEST_USES_MAX];

    /* of the test at hand */
    struct arena run_arena;
    struct zone *zone; /* owned; NULL: the options' */
    struct test_setup setup;
    struct policy_data data[TEST_DATA_MAX];
    struct policy_setting settings[TEST_SETTINGS_MAX];
    int64_t mark_ns; /* of the simulation's */
    bool failed;
    int line;
    struct buf message, json, metrics;
};

struct policy_test *test_of(lua_State *L);

/* RFC 3339; without an offset it is a clock of the test's time zone. */
bool test_time(const struct policy_test *t, struct str text, int64_t *out_ns);

/* Raises it as an error of the test, at the line that is being run. */
int test_error(lua_State *L, const char *text);

/* --- lua_test.c: the table `core` that lua/test/ works with, pushed --- */

void lua_test_push(lua_State *L);

/* --- lua_test_views.c: its part that only looks, into the table on top --- */

void lua_test_views(lua_State *L);

/* --- lua_metrics.c --- */

/* Prometheus text as two tables, pushed: {family = type}, and a list of samples {name,
 * labels, value}. */
void lua_metrics_push(lua_State *L, struct str text);

/* --- lua_record.c --- */

/* Everything that was decided, as a read-only table. */
void lua_record_push(lua_State *L, const struct record *r, const struct schema *schema);

/* {name = value}, pushed. */
void lua_pairs_push(lua_State *L, const struct pair *pairs, size_t count);

/* --- lua_json.c --- */

/* The value at `index` as JSON; a table with a [1] is a list; members that are empty
 * tables are left out. Raises if something has no place in JSON. */
void lua_json_write(lua_State *L, int index, struct buf *out);
