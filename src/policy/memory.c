#include "memory.h"

#include <lauxlib.h>
#include <stdlib.h>

enum {
    NODE_SIZE = 24, /* of LuaJIT's tables, a key; and an entry of a list */
    ENTRY_SIZE = 8,
    CHARGED_MIN = 16 * 1024,
    BYTES_PER_INSTRUCTION = 16,
    PROBE_SIZE = 128 * 1024,
    PROBE_SLOTS = 1000,
    OBJECT_HEAD = 64, /* more than any object has before its bytes */
    REST_EVERY = 16 * 1024,
};

static bool is_power_of_2(size_t n)
{
    return n && (n & (n - 1)) == 0;
}

static size_t power_of_2_above(size_t n)
{
    size_t power = 1;

    while (power < n)
        power *= 2;
    return power;
}

/* Keys of a table; LuaJIT's strings and functions have other sizes. */
static bool is_nodes(size_t size)
{
    return size % NODE_SIZE == 0 && is_power_of_2(size / NODE_SIZE);
}

/* The index of all strings is not the policy's doing alone: the cap bounds it. */
static bool is_string_index(size_t old_size, size_t new_size)
{
    return old_size == 0 && is_power_of_2(new_size) && new_size > ENTRY_SIZE;
}

static enum block kind_of(const struct sandbox *s, const void *block)
{
    if (!block)
        return BLOCK_OTHER;
    return block == s->text_block    ? BLOCK_TEXT
           : block == s->stack_block ? BLOCK_STACK
                                     : BLOCK_OTHER;
}

/* NULL: it may be so large. Else which limit says no. */
static const char *refusal(const struct sandbox *s, enum block kind, size_t old_size,
                           size_t new_size)
{
    const struct policy_limits *limits = s->limits;
    size_t most = limits->table_bytes;

    if (new_size <= old_size)
        return NULL;
    if (s->memory_used - old_size + new_size > s->memory_limit)
        return "memory";
    if (s->trusted || kind == BLOCK_STACK || is_string_index(old_size, new_size))
        return NULL;
    /* Every text that is made passes through it, and LuaJIT doubles it. */
    if (kind == BLOCK_TEXT)
        return new_size > power_of_2_above(limits->string_bytes) ? "string" : NULL;
    if (old_size == 0 && !is_nodes(new_size) && most < limits->string_bytes)
        most = limits->string_bytes;
    return new_size > most + OBJECT_HEAD ? "table" : NULL;
}

/* A table that grows copies all its entries in one instruction, and may be made to again
 * and again. Texts are not charged: whether one has to be made depends on what the state
 * still knows, and the verdict must not. */
static void charge(struct sandbox *s, enum block kind, size_t old_size, size_t new_size)
{
    if (s->trusted || kind != BLOCK_OTHER || new_size < CHARGED_MIN)
        return;
    if (old_size > 0 || is_nodes(new_size))
        s->charged += (int64_t)(new_size / BYTES_PER_INSTRUCTION);
}

static void note_own(struct sandbox *s, enum block kind, void *grown, size_t old_size,
                     size_t new_size)
{
    if (kind == BLOCK_TEXT || (s->probing == BLOCK_TEXT && new_size == PROBE_SIZE))
        s->text_block = grown;
    if (kind == BLOCK_STACK || (s->probing == BLOCK_STACK && old_size > 0))
        s->stack_block = grown;
}

void *memory_allocate(void *user, void *block, size_t old_size, size_t new_size)
{
    struct sandbox *s = user;
    enum block kind = kind_of(s, block);

    if (!block)
        old_size = 0;
    if (new_size == 0) {
        free(block);
        s->memory_used -= old_size;
        return NULL;
    }
    const char *refused = refusal(s, kind, old_size, new_size);
    if (refused) {
        s->refused = refused;
        return NULL;
    }
    void *grown = realloc(block, new_size);
    if (!grown) {
        s->refused = "memory";
        return NULL;
    }
    s->memory_used += new_size - old_size;
    charge(s, kind, old_size, new_size);
    note_own(s, kind, grown, old_size, new_size);
    return grown;
}

/* By making each of them grow once. */
void memory_find_own(lua_State *L)
{
    static const char half[PROBE_SIZE / 2 - OBJECT_HEAD];
    struct sandbox *s = sandbox_of(L);

    s->probing = BLOCK_TEXT;
    lua_pushlstring(L, half, sizeof half);
    lua_pushliteral(L, "x");
    lua_concat(L, 2);
    lua_pushlstring(L, half, sizeof half);
    lua_concat(L, 2);
    lua_pop(L, 1);
    s->probing = BLOCK_STACK;
    luaL_checkstack(L, PROBE_SLOTS, "policies");
    s->probing = BLOCK_OTHER;
}

/* --- garbage --- */

/* LuaJIT may make its index of strings smaller, which takes a new block. */
static bool step(struct sandbox *s, int what, int data)
{
    size_t limit = s->memory_limit;

    s->memory_limit = SIZE_MAX;
    int ended = lua_gc(s->L, what, data);
    if (s->resting)
        lua_gc(s->L, LUA_GCSTOP, 0);
    s->memory_limit = limit;
    return ended == 1;
}

/* The next cycle begins when as much again is used, and while there is room. */
static void pause(struct sandbox *s)
{
    size_t used = s->memory_used;
    size_t room = used < s->memory_limit ? (s->memory_limit - used) / 2 : 0;

    s->collect_at = used + (used < room ? used : room) + REST_EVERY;
}

void memory_collect(struct sandbox *s)
{
    step(s, LUA_GCCOLLECT, 0);
    pause(s);
}

void sandbox_rest_only(struct sandbox *s)
{
    s->resting = true;
    memory_collect(s);
}

void sandbox_rest(struct sandbox *s)
{
    if (s->memory_used < s->collect_at)
        return;
    size_t allocated = s->memory_used - s->collect_at + REST_EVERY;
    if (step(s, LUA_GCSTEP, (int)(allocated / 1024)))
        pause(s);
    else
        s->collect_at = s->memory_used + REST_EVERY;
}
