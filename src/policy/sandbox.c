#include "sandbox.h"

#include <lauxlib.h>
#include <luajit.h>
#include <lualib.h>
#include <stdio.h>
#include <stdlib.h>

#include "lines.h"
#include "memory.h"
#include "spendwarden/timestamp.h"

enum {
    HOOK_EVERY = 1000,
    BYTES_PER_INSTRUCTION = 16,
    STACK_SLOTS = 64,
    VARARGS_FREE = 512,
    VARARGS_MAX = 64 * 1024,
    VARARG_COST = 125, /* of 8 bytes a value and call, about 250 calls between hooks */
};

struct sandbox *sandbox_of(lua_State *L)
{
    void *user;

    lua_getallocf(L, &user);
    return user;
}

int64_t sandbox_spent(const struct sandbox *s)
{
    /* Whole thousands, so that counting exactly decides nothing else. */
    return s->stepped / HOOK_EVERY * HOOK_EVERY + s->charged;
}

/* The clock starts with the first hook: short calls, which are most, never ask for it. */
static bool out_of_time(struct sandbox *s)
{
    int64_t now = timestamp_monotonic();

    if (!s->deadline_ns)
        s->deadline_ns = now + s->budget->wall_ms * NS_PER_MS;
    return now > s->deadline_ns;
}

/* A size as the configuration has it. */
static int format_size(char *out, size_t room, size_t bytes)
{
    if (bytes % (1024 * 1024) == 0)
        return snprintf(out, room, "%zuMiB", bytes / (1024 * 1024));
    if (bytes % 1024 == 0)
        return snprintf(out, room, "%zuKiB", bytes / 1024);
    return snprintf(out, room, "%zu bytes", bytes);
}

/* Which limit, its value, and how to raise it. */
static void describe_size(const struct sandbox *s, char *out, size_t room)
{
    const struct policy_limits *limits = s->limits;
    const struct {
        const char *reason, *what, *key;
        size_t bytes;
    } sizes[] = {
        {"memory", "a state needs more memory", "memory", limits->memory_bytes},
        {"string", "a text gets longer", "string", limits->string_bytes},
        {"table", "a table gets larger", "table", limits->table_bytes},
    };
    char size[32];

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        if (strcmp(sizes[i].reason, s->dead) != 0)
            continue;
        format_size(size, sizeof size, sizes[i].bytes);
        snprintf(out, room, "stopped: %s than %s (policies.limits.%s)", sizes[i].what,
                 size, sizes[i].key);
        return;
    }
    snprintf(out, room, "stopped: %s", s->dead);
}

static void describe(const struct sandbox *s, char *out, size_t room)
{
    const struct budget *b = s->budget;

    char key[64] = "";

    if (strcmp(s->dead, "instructions") == 0) {
        if (b->limit_key)
            snprintf(key, sizeof key, " (%s)", b->limit_key);
        snprintf(out, room, "stopped: %s takes more than %lld instructions%s", b->whose,
                 (long long)b->limit, key);
    } else if (strcmp(s->dead, "wall") == 0) {
        if (b->wall_key)
            snprintf(key, sizeof key, " (%s)", b->wall_key);
        snprintf(out, room, "stopped: %s takes longer than %lldms%s", b->timed,
                 (long long)b->wall_ms, key);
    } else {
        describe_size(s, out, room);
    }
}

/* Raises with the place where it happened, which sandbox_call puts before the text. */
static int stop(lua_State *L, int level, const char *reason)
{
    struct sandbox *s = sandbox_of(L);

    if (!s->dead)
        s->dead = reason;
    luaL_where(L, level);
    return lua_error(L);
}

/* Each call of a function copies all that `...` holds in one instruction: f(1, ...) that
 * calls itself has thousands of values soon. */
static void charge_varargs(lua_State *L, const lua_Debug *ar)
{
    int64_t count = 0;

    for (int n = VARARGS_FREE; n <= VARARGS_MAX && lua_getlocal(L, ar, -n); n *= 2) {
        lua_pop(L, 1);
        count = n;
    }
    sandbox_of(L)->charged += count * VARARG_COST;
}

static void hook(lua_State *L, lua_Debug *ar)
{
    struct sandbox *s = sandbox_of(L);

    if (s->trusted)
        return;
    if (ar->event == LUA_HOOKLINE) {
        lines_note(s->lines, L, ar);
        return;
    }
    s->stepped += s->hook_every;
    if (s->stepped % HOOK_EVERY == 0)
        charge_varargs(L, ar);
    if (!s->dead && sandbox_spent(s) >= s->budget->instructions)
        s->dead = "instructions";
    else if (!s->dead && out_of_time(s))
        s->dead = "wall";
    if (!s->dead)
        return;
    lua_sethook(L, hook, LUA_MASKCOUNT, 1);
    stop(L, 0, s->dead);
}

void sandbox_charge(lua_State *L, int64_t instructions)
{
    struct sandbox *s = sandbox_of(L);

    s->charged += instructions;
    if (!s->trusted && sandbox_spent(s) >= s->budget->instructions)
        stop(L, 1, "instructions");
}

void sandbox_charge_bytes(lua_State *L, size_t bytes)
{
    sandbox_charge(L, 1 + (int64_t)(bytes / BYTES_PER_INSTRUCTION));
}

void sandbox_check_text(lua_State *L, double bytes)
{
    const struct sandbox *s = sandbox_of(L);

    if (!s->trusted && !(bytes <= (double)s->limits->string_bytes))
        stop(L, 1, "string");
}

void sandbox_pass_stop(lua_State *L, int status)
{
    struct sandbox *s = sandbox_of(L);

    if (status == LUA_ERRMEM)
        stop(L, 1, s->refused ? s->refused : "memory");
    if (s->dead)
        lua_error(L);
}

struct budget budget_of_load(const struct policy_limits *limits)
{
    return (struct budget){
        .instructions = limits->load_instructions,
        .limit = limits->load_instructions,
        .wall_ms = limits->load_ms,
        .whose = "loading one file",
        .timed = "loading one file",
        .limit_key = "policies.limits.load_instructions",
        .wall_key = "policies.limits.load_time",
    };
}

/* Panics cannot happen: every call that may raise is protected. */
static int open_libraries(lua_State *L)
{
    static const lua_CFunction libraries[] = {luaopen_base, luaopen_string, luaopen_table,
                                              luaopen_math};

    luaJIT_setmode(L, 0, LUAJIT_MODE_ENGINE | LUAJIT_MODE_OFF);
    memory_find_own(L);
    for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++) {
        lua_pushcfunction(L, libraries[i]);
        lua_call(L, 0, 0);
    }
    return 0;
}

bool sandbox_open(struct sandbox *s, const struct policy_limits *limits, void *owner,
                  struct err *err)
{
    *s = (struct sandbox){.owner = owner,
                          .limits = limits,
                          .memory_limit = limits->memory_bytes,
                          .trusted = true,
                          .hook_every = HOOK_EVERY};
    s->L = lua_newstate(memory_allocate, s);
    if (!s->L)
        return err_set(err, ERR_MEMORY, "no memory for a Lua state");
    if (lua_cpcall(s->L, open_libraries, NULL) != 0 ||
        !lua_checkstack(s->L, STACK_SLOTS)) {
        sandbox_close(s);
        return err_set(err, ERR_MEMORY, "no memory for the Lua libraries");
    }
    lua_gc(s->L, LUA_GCSETPAUSE, 150);
    lua_sethook(s->L, hook, LUA_MASKCOUNT, HOOK_EVERY);
    return true;
}

void sandbox_close(struct sandbox *s)
{
    if (s->L)
        lua_close(s->L);
    s->L = NULL;
}

void sandbox_distrust(struct sandbox *s)
{
    s->trusted = false;
}

void sandbox_count_exactly(struct sandbox *s, bool exactly)
{
    s->hook_every = exactly ? 1 : HOOK_EVERY;
}

/* Of the error on the stack, popped. Of a stop it is the place, if there was memory for
 * one; LuaJIT names none where memory ends. */
static void keep_message(struct sandbox *s, int status)
{
    lua_State *L = s->L;
    size_t used = 0;

    s->message[0] = '\0';
    if (lua_type(L, -1) == LUA_TSTRING && !(s->dead && status == LUA_ERRMEM))
        used = (size_t)snprintf(s->message, sizeof s->message, "%s", lua_tostring(L, -1));
    else if (!s->dead)
        snprintf(s->message, sizeof s->message, "error with a %s instead of a text",
                 luaL_typename(L, -1));
    if (used >= sizeof s->message)
        used = 0;
    if (s->dead)
        describe(s, s->message + used, sizeof s->message - used);
    lua_pop(L, 1);
}

const char *sandbox_call(struct sandbox *s, int args, int results,
                         const struct budget *budget)
{
    s->stepped = s->charged = 0;
    s->budget = budget;
    s->deadline_ns = 0;
    s->dead = s->refused = NULL;
    s->pcall_depth = 0;
    s->sorting = false;
    if (budget->instructions <= 0) { /* others used them up */
        lua_pop(s->L, args + 1);
        s->dead = "instructions";
        describe(s, s->message, sizeof s->message);
        return s->dead;
    }
    lua_sethook(s->L, hook, s->lines ? LUA_MASKCOUNT | LUA_MASKLINE : LUA_MASKCOUNT,
                (int)s->hook_every);

    int status = lua_pcall(s->L, args, results, 0);
    if (status == 0)
        return NULL;
    if (status == LUA_ERRMEM && !s->dead)
        s->dead = s->refused ? s->refused : "memory";
    keep_message(s, status);
    /* LuaJIT has no emergency collection: what filled the memory is still there. */
    if (s->dead)
        memory_collect(s);
    return s->dead ? s->dead : "runtime";
}
