#include "sandbox.h"

#include <lauxlib.h>
#include <luajit.h>
#include <lualib.h>
#include <stdio.h>
#include <stdlib.h>

#include "spendwarden/timestamp.h"

enum {
    HOOK_EVERY = 1000,
    BLOCK_MAX = 2 * 1024 * 1024,
    BLOCK_CHARGED = 16 * 1024,
    BYTES_PER_INSTRUCTION = 16,
    STACK_SLOTS = 64,
};

/* One string or table must stay small: between two hooks the interpreter may copy it
 * hundreds of times. Lua's own tables may double what they needed for our data. */
static bool refused(const struct sandbox *s, size_t old_size, size_t new_size)
{
    size_t grown = s->memory_used - old_size + new_size;

    if (new_size <= old_size)
        return false;
    if (grown > s->memory_limit)
        return true;
    return !s->trusted && new_size > s->block_max + 2 * s->block_largest;
}

static void *allocate(void *user, void *block, size_t old_size, size_t new_size)
{
    struct sandbox *s = user;

    if (!block)
        old_size = 0;
    if (new_size == 0) {
        free(block);
        s->memory_used -= old_size;
        return NULL;
    }
    if (refused(s, old_size, new_size))
        return NULL;
    void *grown = realloc(block, new_size);
    if (!grown)
        return NULL;
    s->memory_used += new_size - old_size;
    if (s->trusted && new_size > s->block_largest)
        s->block_largest = new_size;
    /* `..` copies in one instruction: what it makes of large texts is charged here. */
    if (!s->trusted && new_size >= BLOCK_CHARGED)
        s->charged += (int64_t)(new_size / BYTES_PER_INSTRUCTION);
    return grown;
}

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
        s->deadline_ns = now + s->wall_ns;
    return now > s->deadline_ns;
}

static void hook(lua_State *L, lua_Debug *ar)
{
    struct sandbox *s = sandbox_of(L);

    (void)ar;
    if (s->trusted)
        return;
    s->stepped += s->hook_every;
    if (!s->dead && sandbox_spent(s) >= s->budget)
        s->dead = "instructions";
    else if (!s->dead && out_of_time(s))
        s->dead = "wall";
    if (!s->dead)
        return;
    lua_sethook(L, hook, LUA_MASKCOUNT, 1);
    luaL_where(L, 0);
    lua_pushliteral(L, "stopped: too much work in one call");
    lua_concat(L, 2);
    lua_error(L);
}

void sandbox_charge(lua_State *L, int64_t instructions)
{
    struct sandbox *s = sandbox_of(L);

    s->charged += instructions;
    if (s->trusted || sandbox_spent(s) < s->budget)
        return;
    if (!s->dead)
        s->dead = "instructions";
    luaL_error(L, "stopped: too much work in one call");
}

void sandbox_charge_bytes(lua_State *L, size_t bytes)
{
    sandbox_charge(L, 1 + (int64_t)(bytes / BYTES_PER_INSTRUCTION));
}

/* Panics cannot happen: every call that may raise is protected. */
static int open_libraries(lua_State *L)
{
    static const lua_CFunction libraries[] = {luaopen_base, luaopen_string, luaopen_table,
                                              luaopen_math};

    luaJIT_setmode(L, 0, LUAJIT_MODE_ENGINE | LUAJIT_MODE_OFF);
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
                          .memory_limit = limits->memory_bytes,
                          .block_max = BLOCK_MAX,
                          .trusted = true,
                          .hook_every = HOOK_EVERY};
    s->L = lua_newstate(allocate, s);
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

static void keep_message(struct sandbox *s)
{
    lua_State *L = s->L;

    if (lua_type(L, -1) == LUA_TSTRING)
        snprintf(s->message, sizeof s->message, "%s", lua_tostring(L, -1));
    else
        snprintf(s->message, sizeof s->message, "error with a %s instead of a text",
                 luaL_typename(L, -1));
    lua_pop(L, 1);
}

const char *sandbox_call(struct sandbox *s, int args, int results, int64_t budget,
                         int64_t wall_ms)
{
    s->stepped = s->charged = 0;
    s->budget = budget;
    s->wall_ns = wall_ms * NS_PER_MS;
    s->deadline_ns = 0;
    s->dead = NULL;
    s->pcall_depth = 0;
    s->sorting = false;
    lua_sethook(s->L, hook, LUA_MASKCOUNT, (int)s->hook_every);

    int status = lua_pcall(s->L, args, results, 0);
    if (status == 0)
        return NULL;
    if (status == LUA_ERRMEM && !s->dead)
        s->dead = "memory";
    keep_message(s);
    /* LuaJIT has no emergency collection: what filled the memory is still there. */
    if (s->dead)
        lua_gc(s->L, LUA_GCCOLLECT, 0);
    return s->dead ? s->dead : "runtime";
}
