/* `core` of tests: what lua/test/ asks of the simulation. */
#include <math.h>

#include "test_file.h"

static const int64_t ADVANCE_MAX_NS = 3660 * NS_PER_DAY;

struct policy_test *test_of(lua_State *L)
{
    return sandbox_of(L)->owner;
}

int test_error(lua_State *L, const char *text)
{
    lua_pushfstring(L, "%s:%d: %s", test_of(L)->short_name, lua_here(L), text);
    return lua_error(L);
}

static int raise(lua_State *L, const struct err *err)
{
    return test_error(L, err->text);
}

/* --- declarations of the file --- */

static int test_declare(lua_State *L)
{
    struct policy_test *t = test_of(L);
    struct str name;

    name.at = luaL_checklstring(L, 1, &name.size);
    if (t->case_count == TEST_CASES_MAX)
        return test_error(L, "more than 1000 tests in a file");
    t->cases[t->case_count++] =
        (struct test_case){arena_copy(&t->arena, name), lua_here(L), lua_toboolean(L, 2)};
    return 0;
}

static int test_use(lua_State *L)
{
    struct policy_test *t = test_of(L);
    struct str path;

    path.at = luaL_checklstring(L, 1, &path.size);
    if (t->use_count == TEST_USES_MAX)
        return test_error(L, "more than 64 paths to use");
    t->uses[t->use_count++] = arena_copy(&t->arena, path);
    return 0;
}

/* --- the outcome --- */

/* The first failure stays, whatever a pcall of the test swallows. */
static int test_fail(lua_State *L)
{
    struct policy_test *t = test_of(L);
    struct str message;

    message.at = luaL_checklstring(L, 1, &message.size);
    if (!t->failed) {
        t->failed = true;
        t->line = lua_here(L);
        buf_reset(&t->message);
        buf_add(&t->message, message);
    }
    return luaL_error(L, "the test has failed");
}

/* An error of the test at the line that is being run. */
static int test_misuse(lua_State *L)
{
    return test_error(L, luaL_checkstring(L, 1));
}

/* --- before the first event --- */

static int test_at(lua_State *L)
{
    struct policy_test *t = test_of(L);

    lua_pushboolean(L, test_time(t, str_of(luaL_checkstring(L, 1)), &t->setup.start_ns));
    return 1;
}

static int test_zone(lua_State *L)
{
    struct policy_test *t = test_of(L);
    struct err err = {0};

    zone_free(t->zone);
    t->zone = NULL;
    if (!zone_load(&t->zone, luaL_checkstring(L, 1), &err))
        return raise(L, &err);
    t->setup.zone = t->zone;
    return 0;
}

static struct str keep(lua_State *L, int index)
{
    struct str text;

    text.at = luaL_checklstring(L, index, &text.size);
    return (struct str){arena_cstr(&test_of(L)->run_arena, text), text.size};
}

static int test_data(lua_State *L)
{
    struct policy_test *t = test_of(L);

    if (t->setup.data_count == TEST_DATA_MAX)
        return test_error(L, "more than 64 tables of data");
    buf_reset(&t->json);
    lua_json_write(L, 2, &t->json);
    struct policy_data *data = &t->data[t->setup.data_count];
    data->name = keep(L, 1);
    data->path = data->name.at;
    data->text = arena_copy(&t->run_arena, buf_str(&t->json));
    t->setup.data_count++;
    return 0;
}

static int test_setting(lua_State *L)
{
    struct policy_test *t = test_of(L);

    if (t->setup.setting_count == TEST_SETTINGS_MAX)
        return test_error(L, "more than 256 settings");
    t->settings[t->setup.setting_count++] = (struct policy_setting){
        .policy = keep(L, 1), .key = keep(L, 2), .value = keep(L, 3)};
    return 0;
}

static int test_begin(lua_State *L)
{
    struct policy_test *t = test_of(L);
    struct err err = {0};

    if (!t->options.host.begin(t->options.host.ctx, &t->setup, &err))
        return raise(L, &err);
    return 0;
}

/* --- the clock --- */

static int64_t now_ns(const struct policy_test *t)
{
    return t->options.host.now(t->options.host.ctx);
}

static void push_seconds(lua_State *L, int64_t ns)
{
    lua_pushnumber(L, (double)ns / 1e9);
}

static int test_here(lua_State *L)
{
    lua_pushinteger(L, lua_here(L));
    return 1;
}

static int test_now(lua_State *L)
{
    push_seconds(L, now_ns(test_of(L)));
    return 1;
}

static int test_start(lua_State *L)
{
    push_seconds(L, test_of(L)->setup.start_ns);
    return 1;
}

static int64_t check_seconds(lua_State *L, int index)
{
    double seconds = luaL_checknumber(L, index);

    if (!(seconds >= 0 && seconds <= (double)(ADVANCE_MAX_NS / NS_PER_SECOND)))
        test_error(L, "the clock goes on by 10 years at most");
    return (int64_t)nearbyint(seconds * 1e9);
}

/* True: a tick ran. The clock never goes back, whatever a callback did to it. */
static bool advance(lua_State *L, int64_t to_ns)
{
    const struct test_host *host = &test_of(L)->options.host;
    struct err err = {0};

    if (to_ns < host->now(host->ctx))
        return false;
    bool ticks = host->next_tick(host->ctx) <= to_ns;

    if (!host->advance(host->ctx, to_ns, &err))
        raise(L, &err);
    return ticks;
}

static int test_advance(lua_State *L)
{
    lua_pushboolean(L, advance(L, now_ns(test_of(L)) + check_seconds(L, 1)));
    return 1;
}

static int test_mark(lua_State *L)
{
    test_of(L)->mark_ns = now_ns(test_of(L));
    return 0;
}

/* To so many seconds after the mark: sums of steps would round. */
static int test_advance_from_mark(lua_State *L)
{
    lua_pushboolean(L, advance(L, test_of(L)->mark_ns + check_seconds(L, 1)));
    return 1;
}

static int test_tick(lua_State *L)
{
    const struct test_host *host = &test_of(L)->options.host;

    advance(L, host->next_tick(host->ctx));
    return 0;
}

/* To a moment; nil: it is no time; false: it has passed. */
static int test_until(lua_State *L)
{
    struct policy_test *t = test_of(L);
    int64_t to_ns;

    if (!test_time(t, str_of(luaL_checkstring(L, 1)), &to_ns))
        return 0;
    bool ahead = to_ns >= now_ns(t);
    if (ahead && to_ns - now_ns(t) > ADVANCE_MAX_NS)
        return test_error(L, "the clock goes on by 10 years at most");
    if (ahead)
        advance(L, to_ns);
    lua_pushboolean(L, ahead);
    return 1;
}

/* To the millisecond: a double of today's seconds knows little more. */
static int64_t ns_of(double seconds)
{
    return fabs(seconds) < 9e9 ? llrint(seconds * 1e3) * NS_PER_MS : 0;
}

static int test_time_text(lua_State *L)
{
    char text[TIMESTAMP_TEXT_SIZE];

    timestamp_format(text, ns_of(luaL_checknumber(L, 1)));
    lua_pushstring(L, text);
    return 1;
}

static int test_duration_text(lua_State *L)
{
    char text[TIMESTAMP_TEXT_SIZE];

    duration_format(text, ns_of(luaL_checknumber(L, 1)));
    lua_pushstring(L, text);
    return 1;
}

/* --- events --- */

/* The body at `index`, a table or JSON text, into t->json. */
static struct str body_at(lua_State *L, int index)
{
    struct policy_test *t = test_of(L);
    struct str text;

    if (lua_type(L, index) == LUA_TSTRING) {
        text.at = lua_tolstring(L, index, &text.size);
        return text;
    }
    buf_reset(&t->json);
    lua_json_write(L, index, &t->json);
    return buf_str(&t->json);
}

static void post(lua_State *L, struct str source, struct str body)
{
    const struct test_host *host = &test_of(L)->options.host;
    struct err err = {0};

    if (!host->post(host->ctx, source, body, &err))
        raise(L, &err);
}

static void push_sent(lua_State *L, const struct test_sent *sent)
{
    if (sent->record) {
        lua_record_push(L, sent->record, test_of(L)->options.schema);
        return;
    }
    lua_newtable(L);
    lua_pushstring(L, sent->refused ? sent->refused : sent->skipped);
    lua_setfield(L, -2, sent->refused ? "rejected" : "skipped");
    readonly_push(L, NULL);
}

/* (source, body): a list of what became of its events. */
static int test_send(lua_State *L)
{
    const struct test_host *host = &test_of(L)->options.host;
    struct str source = str_of(luaL_checkstring(L, 1));
    struct test_sent sent;

    post(L, source, body_at(L, 2));
    lua_newtable(L);
    for (int i = 1; host->next(host->ctx, &sent); i++) {
        push_sent(L, &sent);
        lua_rawseti(L, -2, i);
    }
    return 1;
}

/* (source, body): why one of its events was refused, or nil. */
static int test_feed(lua_State *L)
{
    const struct test_host *host = &test_of(L)->options.host;
    struct test_sent sent;
    const char *refused = NULL;

    post(L, str_of(luaL_checkstring(L, 1)), body_at(L, 2));
    while (host->next(host->ctx, &sent))
        if (sent.refused)
            refused = sent.refused;
    lua_pushstring(L, refused);
    return 1;
}

/* (source, body, step, count): as test_feed, again and again from the mark on. */
static int test_every(lua_State *L)
{
    struct policy_test *t = test_of(L);
    const struct test_host *host = &t->options.host;
    struct str source = str_of(luaL_checkstring(L, 1)), body = body_at(L, 2);
    int64_t step_ns = check_seconds(L, 3);
    lua_Integer count = luaL_checkinteger(L, 4);
    struct test_sent sent;

    if (step_ns > 0 && count > ADVANCE_MAX_NS / step_ns + 1)
        return test_error(L, "the clock goes on by 10 years at most");
    for (lua_Integer i = 0; i < count; i++) {
        advance(L, t->mark_ns + i * step_ns);
        post(L, source, body);
        while (host->next(host->ctx, &sent))
            if (sent.refused) {
                lua_pushstring(L, sent.refused);
                return 1;
            }
    }
    return 0;
}

void lua_test_push(lua_State *L)
{
    static const luaL_Reg functions[] = {{"declare", test_declare},
                                         {"use", test_use},
                                         {"fail", test_fail},
                                         {"misuse", test_misuse},
                                         {"here", test_here},
                                         {"at", test_at},
                                         {"zone", test_zone},
                                         {"data", test_data},
                                         {"setting", test_setting},
                                         {"begin", test_begin},
                                         {"now", test_now},
                                         {"start", test_start},
                                         {"advance", test_advance},
                                         {"mark", test_mark},
                                         {"advance_from_mark", test_advance_from_mark},
                                         {"tick", test_tick},
                                         {"until", test_until},
                                         {"time_text", test_time_text},
                                         {"duration_text", test_duration_text},
                                         {"send", test_send},
                                         {"feed", test_feed},
                                         {"every", test_every},
                                         {NULL, NULL}};

    lua_newtable(L);
    lua_core_basics(L);
    lua_test_views(L);
    luaL_register(L, NULL, functions);
}
