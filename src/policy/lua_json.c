/* Tables of a test as the JSON that gateways send. */
#include <math.h>

#include "test_file.h"

enum { JSON_DEPTH_MAX = 16 };

static void write_value(lua_State *L, int index, struct buf *out, int depth);

static void write_text(lua_State *L, int index, struct buf *out)
{
    struct str text;

    text.at = lua_tolstring(L, index, &text.size);
    buf_json(out, text);
}

static void write_number(lua_State *L, int index, struct buf *out)
{
    double number = lua_tonumber(L, index);

    if (!isfinite(number))
        test_error(L, "an event cannot hold a number that is not finite");
    buf_add(out, lua_push_text(L, index));
    lua_pop(L, 1);
}

static void write_list(lua_State *L, int table, struct buf *out, int depth)
{
    size_t count = lua_objlen(L, table);

    buf_byte(out, '[');
    for (size_t i = 1; i <= count; i++) {
        if (i > 1)
            buf_byte(out, ',');
        lua_rawgeti(L, table, (int)i);
        write_value(L, lua_gettop(L), out, depth + 1);
        lua_pop(L, 1);
    }
    buf_byte(out, ']');
}

static bool is_empty_table(lua_State *L, int index)
{
    bool view = readonly_open(L, index);
    bool empty = false;

    if (view || lua_istable(L, index)) {
        if (!view)
            lua_pushvalue(L, index);
        lua_pushnil(L);
        empty = !lua_next(L, -2);
        lua_pop(L, empty ? 1 : 3);
    }
    return empty;
}

/* In the order of the keys, so that equal tables are equal bodies. */
static void write_map(lua_State *L, int table, struct buf *out, int depth)
{
    bool first = true;

    lua_sorted_keys(L, table);
    int keys = lua_gettop(L);
    size_t count = lua_objlen(L, keys);
    buf_byte(out, '{');
    for (size_t i = 1; i <= count; i++) {
        lua_rawgeti(L, keys, (int)i);
        lua_pushvalue(L, -1);
        lua_rawget(L, table);
        int value = lua_gettop(L);
        if (!is_empty_table(L, value)) {
            if (!first)
                buf_byte(out, ',');
            first = false;
            lua_push_text(L, value - 1);
            write_text(L, -1, out);
            buf_byte(out, ':');
            write_value(L, value, out, depth + 1);
        }
        lua_settop(L, keys);
    }
    buf_byte(out, '}');
    lua_pop(L, 1);
}

static void write_table(lua_State *L, int index, struct buf *out, int depth)
{
    if (depth > JSON_DEPTH_MAX)
        test_error(L, "an event is nested too deep");
    luaL_checkstack(L, 8, "event");
    if (!readonly_open(L, index))
        lua_pushvalue(L, index);
    int table = lua_gettop(L);
    if (lua_objlen(L, table) > 0)
        write_list(L, table, out, depth);
    else
        write_map(L, table, out, depth);
    lua_pop(L, 1);
}

static void write_value(lua_State *L, int index, struct buf *out, int depth)
{
    if (readonly_open(L, index)) {
        lua_pop(L, 1);
        write_table(L, index, out, depth);
        return;
    }
    switch (lua_type(L, index)) {
    case LUA_TTABLE:
        write_table(L, index, out, depth);
        break;
    case LUA_TSTRING:
        write_text(L, index, out);
        break;
    case LUA_TNUMBER:
        write_number(L, index, out);
        break;
    case LUA_TBOOLEAN:
        buf_add(out, str_of(lua_toboolean(L, index) ? "true" : "false"));
        break;
    default:
        test_error(L, "an event holds texts, numbers, true, false, and tables of them");
    }
}

void lua_json_write(lua_State *L, int index, struct buf *out)
{
    write_value(L, index, out, 0);
    if (out->failed)
        luaL_error(L, "no memory");
}
