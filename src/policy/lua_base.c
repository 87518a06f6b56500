/* The basic functions that policies get, and which of LuaJIT's stay. */
#include <lauxlib.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "bindings.h"

enum { PCALL_DEPTH_MAX = 100, UNPACK_MAX = 250, KEY_COST = 4 };

static int format_number(char *out, size_t size, double number)
{
    if (number == floor(number) && fabs(number) < 9007199254740992.0)
        return snprintf(out, size, "%.0f", number);
    int length = snprintf(out, size, "%.15g", number);
    if (strtod(out, NULL) != number && number == number)
        length = snprintf(out, size, "%.17g", number);
    return length;
}

struct str lua_push_text(lua_State *L, int index)
{
    char number[40];
    struct str text;

    switch (lua_type(L, index)) {
    case LUA_TSTRING:
        lua_pushvalue(L, index);
        break;
    case LUA_TNUMBER:
        format_number(number, sizeof number, lua_tonumber(L, index));
        lua_pushstring(L, number);
        break;
    case LUA_TBOOLEAN:
        lua_pushstring(L, lua_toboolean(L, index) ? "true" : "false");
        break;
    default:
        lua_pushstring(L, type_name(L, index));
    }
    text.at = lua_tolstring(L, -1, &text.size);
    return text;
}

static int base_tostring(lua_State *L)
{
    luaL_checkany(L, 1);
    lua_push_text(L, 1);
    return 1;
}

static int base_type(lua_State *L)
{
    luaL_checkany(L, 1);
    lua_pushstring(L, type_name(L, 1));
    return 1;
}

/* Swallows no stop: a condemned call ends whatever it is protected by. */
static int base_pcall(lua_State *L)
{
    struct sandbox *s = sandbox_of(L);

    luaL_checkany(L, 1);
    if (s->pcall_depth >= PCALL_DEPTH_MAX)
        return luaL_error(L, "pcall: nested too deep");
    s->pcall_depth++;
    int status = lua_pcall(L, lua_gettop(L) - 1, LUA_MULTRET, 0);
    s->pcall_depth--;
    sandbox_pass_stop(L, status);
    lua_pushboolean(L, status == 0);
    lua_insert(L, 1);
    return lua_gettop(L);
}

static int base_unpack(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    double first = luaL_optnumber(L, 2, 1);
    double last = luaL_optnumber(L, 3, (double)lua_objlen(L, 1));

    if (!(last - first < UNPACK_MAX) || fabs(first) > 1e9)
        return luaL_error(L, "unpack: at most %d values", UNPACK_MAX);
    int count = 0;
    luaL_checkstack(L, UNPACK_MAX + 1, "unpack");
    for (int i = (int)first; i <= (int)last; i++, count++)
        lua_rawgeti(L, 1, i);
    return count;
}

static int ipairs_next(lua_State *L)
{
    lua_Integer next = lua_tointeger(L, 2) + 1;

    lua_pushinteger(L, next);
    lua_pushinteger(L, next);
    lua_gettable(L, 1);
    return lua_isnil(L, -1) ? 0 : 2;
}

/* Upvalue: ipairs_next. */
static int base_ipairs(lua_State *L)
{
    if (!lua_istable(L, 1) && !lua_isuserdata(L, 1))
        return luaL_error(L, "ipairs: a table is expected, not a %s", type_name(L, 1));
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_pushvalue(L, 1);
    lua_pushinteger(L, 0);
    return 3;
}

/* --- pairs, in an order that does not depend on the state's hash seed --- */

struct key {
    bool is_number;
    double number;
    struct str text; /* borrowed from the table, which cannot change while we sort */
};

static int compare_keys(const void *left, const void *right)
{
    const struct key *a = left, *b = right;

    if (a->is_number != b->is_number)
        return a->is_number ? -1 : 1;
    if (a->is_number)
        return (a->number > b->number) - (a->number < b->number);
    return str_compare(a->text, b->text);
}

static struct key key_at(lua_State *L, int index)
{
    struct key key = {.is_number = lua_type(L, index) == LUA_TNUMBER};

    if (key.is_number)
        key.number = lua_tonumber(L, index);
    else if (lua_type(L, index) == LUA_TSTRING)
        key.text.at = lua_tolstring(L, index, &key.text.size);
    else
        luaL_error(L, "pairs: keys must be numbers or texts");
    return key;
}

/* As many as a table may have: charged when they are known, not one by one. */
static size_t count_keys(lua_State *L, int table)
{
    size_t count = 0;

    for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1))
        count++;
    sandbox_charge(L, 1 + KEY_COST * (int64_t)count);
    return count;
}

void lua_sorted_keys(lua_State *L, int table)
{
    size_t count = count_keys(L, table), used = 0;

    struct key *keys = lua_newuserdata(L, (count + 1) * sizeof *keys);
    for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1))
        keys[used++] = key_at(L, -2);
    qsort(keys, used, sizeof *keys, compare_keys);
    lua_createtable(L, (int)used, 0);
    for (size_t i = 0; i < used; i++) {
        if (keys[i].is_number)
            lua_pushnumber(L, keys[i].number);
        else
            lua_pushlstring(L, keys[i].text.at, keys[i].text.size);
        lua_rawseti(L, -2, (int)i + 1);
    }
    lua_remove(L, -2);
}

/* Upvalues: the real table, its keys, the position. */
static int pairs_next(lua_State *L)
{
    int position = (int)lua_tointeger(L, lua_upvalueindex(3));

    for (;;) {
        lua_settop(L, 0);
        lua_rawgeti(L, lua_upvalueindex(2), ++position);
        if (lua_isnil(L, 1))
            return 0;
        lua_pushvalue(L, 1);
        lua_rawget(L, lua_upvalueindex(1));
        if (!lua_isnil(L, 2))
            break;
    }
    lua_pushinteger(L, position);
    lua_replace(L, lua_upvalueindex(3));
    return 2;
}

static int base_pairs(lua_State *L)
{
    lua_settop(L, 1);
    if (!readonly_open(L, 1) && !lua_istable(L, 1))
        return luaL_error(L, "pairs: a table is expected, not a %s", type_name(L, 1));
    if (lua_gettop(L) == 1)
        lua_pushvalue(L, 1);
    lua_sorted_keys(L, 2);
    lua_pushinteger(L, 0);
    lua_pushcclosure(L, pairs_next, 3);
    return 1;
}

void lua_base_open(lua_State *L)
{
    static const luaL_Reg own[] = {{"tostring", base_tostring}, {"type", base_type},
                                   {"pcall", base_pcall},       {"unpack", base_unpack},
                                   {"pairs", base_pairs},       {NULL, NULL}};
    static const char *const kept[] = {"assert", "error", "select", "tonumber"};

    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        lua_getglobal(L, kept[i]);
        lua_setfield(L, -2, kept[i]);
    }
    luaL_register(L, NULL, own);
    lua_pushcfunction(L, ipairs_next);
    lua_pushcclosure(L, base_ipairs, 1);
    lua_setfield(L, -2, "ipairs");
}
