/* Loading a file of tests and running them one by one. */
#include "test_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const FRAME = "spendwarden.test";

/* A Monday that begins a month: days, weeks and months are whole. */
static const int64_t START_NS = INT64_C(1780272000) * NS_PER_SECOND;

/* --- times --- */

static bool has_offset(struct str text)
{
    struct str clock = str_from(text, STR("2026-06-01T").size);

    return clock.size &&
           (memchr(clock.at, 'Z', clock.size) || memchr(clock.at, 'z', clock.size) ||
            memchr(clock.at, '+', clock.size) || memchr(clock.at, '-', clock.size));
}

bool test_time(const struct policy_test *t, struct str text, int64_t *out_ns)
{
    const struct zone *zone = t->zone ? t->zone : t->options.zone;
    const char *rest = text.size == STR("2026-06-01").size         ? "T00:00:00"
                       : text.size == STR("2026-06-01T09:00").size ? ":00"
                                                                   : "";
    char full[TIMESTAMP_TEXT_SIZE];
    int64_t ns;

    int size = snprintf(full, sizeof full, "%.*s%s", STR_ARG(text), rest);
    if (size >= (int)sizeof full || !timestamp_parse(&ns, str_of(full)))
        return false;
    if (!has_offset(text)) {
        int64_t near = ns - zone_offset(zone, ns) * NS_PER_SECOND;
        ns -= zone_offset(zone, near) * NS_PER_SECOND;
    }
    *out_ns = ns;
    return true;
}

/* --- loading --- */

static int prepare(lua_State *L)
{
    lua_data_open(L);
    lua_newtable(L);
    sandbox_libraries(L);
    int libraries = lua_gettop(L);
    lua_test_push(L);
    lua_test_frame_push(L, libraries, lua_gettop(L));
    lua_setfield(L, LUA_REGISTRYINDEX, FRAME);
    lua_settop(L, 0);
    lua_forget_libraries(L);
    return 0;
}

static int load_file(lua_State *L)
{
    struct policy_test *t = test_of(L);
    const char *chunk_name = lua_pushfstring(L, "@%s", t->options.path);
    lua_Debug ar;

    if (luaL_loadbufferx(L, "", 0, chunk_name, "t") != 0)
        return lua_error(L);
    lua_getinfo(L, ">S", &ar);
    snprintf(t->short_name, sizeof t->short_name, "%s", ar.short_src);
    if (luaL_loadbufferx(L, t->text.at, t->text.size, chunk_name, "t") != 0)
        return lua_error(L);
    t->compiled = true;
    lua_getfield(L, LUA_REGISTRYINDEX, FRAME);
    lua_getfield(L, -1, "environment");
    lua_setfenv(L, -3);
    lua_pop(L, 1);
    lua_call(L, 0, 0);
    lua_getfield(L, LUA_REGISTRYINDEX, FRAME);
    lua_getfield(L, -1, "loaded");
    lua_call(L, 0, 0);
    return 0;
}

/* Lua's "NAME:LINE: text" taken apart. */
static const char *message_of(const struct policy_test *t, int *line)
{
    const char *text = t->box.message;
    size_t prefix = strlen(t->short_name);
    char *rest;

    *line = 0;
    if (!prefix || strncmp(text, t->short_name, prefix) != 0 || text[prefix] != ':')
        return text;
    *line = (int)strtol(text + prefix + 1, &rest, 10);
    return *rest == ':' && rest[1] == ' ' ? rest + 2 : text;
}

static bool run_file(struct policy_test *t, struct diags *diags)
{
    const struct policy_limits *limits = t->options.limits;
    int line;

    lua_settop(t->box.L, 0);
    lua_pushcfunction(t->box.L, load_file);
    const struct budget budget = budget_of_load(limits);
    if (!sandbox_call(&t->box, 0, 0, &budget))
        return true;
    const char *text = message_of(t, &line);
    diags_add(diags, t->options.path, line, 0, "%s", text);
    return false;
}

static bool open_state(struct policy_test *t, struct diags *diags)
{
    const struct policy_limits *limits = t->options.limits;
    struct err err = {0};

    if (!file_read(&t->arena, t->options.path, limits->file_bytes, &t->text)) {
        diags_add(diags, t->options.path, 0, 0, "cannot be read: %s",
                  errno == EFBIG ? "it is too large for a policy" : strerror(errno));
        return false;
    }
    if (!sandbox_open(&t->box, limits, t, &err) ||
        lua_cpcall(t->box.L, prepare, NULL) != 0) {
        diags_add(diags, t->options.path, 0, 0, "no memory for a Lua state");
        return false;
    }
    sandbox_distrust(&t->box);
    return true;
}

bool policy_test_open(struct policy_test **out, const struct policy_test_options *options,
                      struct diags *diags)
{
    struct policy_test *t = calloc(1, sizeof *t);

    *out = NULL;
    if (!t) {
        diags_add(diags, options->path, 0, 0, "no memory");
        return false;
    }
    t->options = *options;
    arena_init(&t->arena, 0);
    arena_init(&t->run_arena, 0);
    if (!open_state(t, diags) || !run_file(t, diags)) {
        policy_test_close(t);
        return false;
    }
    *out = t;
    return true;
}

void policy_test_close(struct policy_test *t)
{
    if (!t)
        return;
    sandbox_close(&t->box);
    zone_free(t->zone);
    buf_release(&t->message);
    buf_release(&t->json);
    buf_release(&t->metrics);
    arena_release(&t->arena);
    arena_release(&t->run_arena);
    free(t);
}

size_t policy_test_uses(const struct policy_test *t, const struct str **out)
{
    *out = t->uses;
    return t->use_count;
}

size_t policy_test_cases(const struct policy_test *t, const struct test_case **out)
{
    *out = t->cases;
    return t->case_count;
}

/* --- running --- */

/* (index) */
static int run_case(lua_State *L)
{
    lua_getfield(L, LUA_REGISTRYINDEX, FRAME);
    lua_getfield(L, -1, "run");
    lua_pushvalue(L, 1);
    lua_call(L, 1, 0);
    return 0;
}

static void begin_case(struct policy_test *t)
{
    arena_reset(&t->run_arena);
    zone_free(t->zone);
    t->zone = NULL;
    t->setup = (struct test_setup){
        .start_ns = START_NS, .data = t->data, .settings = t->settings};
    t->failed = false;
    t->line = 0;
    buf_reset(&t->message);
}

/* The test did not end as it should, and no assertion said so. */
static void note_broken(struct policy_test *t)
{
    const char *text = message_of(t, &t->line);

    buf_reset(&t->message);
    buf_add(&t->message, str_of(text));
}

void policy_test_run(struct policy_test *t, size_t i, struct test_outcome *out)
{
    lua_State *L = t->box.L;

    *out = (struct test_outcome){.status = TEST_SKIPPED};
    if (t->cases[i].todo)
        return;
    begin_case(t);
    lua_settop(L, 0);
    /* Nothing here can raise: a new state has room for a call. */
    lua_pushcfunction(L, run_case);
    lua_pushinteger(L, (lua_Integer)i + 1);
    const struct budget budget = {
        .instructions = t->options.test_instructions,
        .limit = t->options.test_instructions,
        .wall_ms = t->options.test_ms,
        .whose = "a test",
        .timed = "a test",
        .wall_key = "--timeout",
    };
    const char *reason = sandbox_call(&t->box, 1, 0, &budget);
    out->status = t->failed ? TEST_FAILED : reason ? TEST_BROKEN : TEST_PASSED;
    if (out->status == TEST_BROKEN)
        note_broken(t);
    out->line = t->line;
    out->message = buf_str(&t->message);
}
