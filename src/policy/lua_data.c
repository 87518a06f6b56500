/* Read-only tables: data files, settings. */
#include "bindings.h"

static const char *const READONLY = "spendwarden.readonly";

/* The real table is the userdata's environment. */
struct view {
    const char *what;            /* to say of an unknown key; NULL: it is nil */
    const struct schema *schema; /* whose names are known; NULL: none */
};

void readonly_push_of(lua_State *L, const char *what, const struct schema *schema)
{
    struct view *view = lua_newuserdata(L, sizeof *view);

    *view = (struct view){what, schema};
    luaL_getmetatable(L, READONLY);
    lua_setmetatable(L, -2);
    lua_insert(L, -2);
    lua_setfenv(L, -2);
}

void readonly_push(lua_State *L, const char *what)
{
    readonly_push_of(L, what, NULL);
}

static bool is_readonly(lua_State *L, int index)
{
    if (lua_type(L, index) != LUA_TUSERDATA || !lua_getmetatable(L, index))
        return false;
    luaL_getmetatable(L, READONLY);
    bool same = lua_rawequal(L, -1, -2);
    lua_pop(L, 2);
    return same;
}

bool readonly_open(lua_State *L, int index)
{
    if (!is_readonly(L, index))
        return false;
    lua_getfenv(L, index);
    return true;
}

const char *type_name(lua_State *L, int index)
{
    return is_readonly(L, index) ? "table" : luaL_typename(L, index);
}

static int unknown_key(lua_State *L, const struct view *view)
{
    struct str name = lua_push_text(L, 2);

    if (!view->schema)
        return luaL_error(L, "%s '%s'", view->what, name.at);
    if (field_find(view->schema, name).kind != FIELD_NONE) {
        lua_pushnil(L);
        return 1;
    }
    struct str near = field_suggest(view->schema, name);
    if (!near.size)
        return luaL_error(L, "%s '%s'", view->what, name.at);
    lua_pushlstring(L, near.at, near.size);
    return luaL_error(L, "%s '%s'; did you mean '%s'?", view->what, name.at,
                      lua_tostring(L, -1));
}

static int readonly_index(lua_State *L)
{
    const struct view *view = lua_touserdata(L, 1);

    lua_getfenv(L, 1);
    lua_pushvalue(L, 2);
    lua_rawget(L, -2);
    if (view->what && lua_isnil(L, -1))
        return unknown_key(L, view);
    return 1;
}

static int readonly_newindex(lua_State *L)
{
    return luaL_error(L, "data and settings are read-only");
}

static int readonly_length(lua_State *L)
{
    lua_getfenv(L, 1);
    lua_pushinteger(L, (lua_Integer)lua_objlen(L, -1));
    return 1;
}

void metatable_new(lua_State *L, const char *name, const luaL_Reg *methods)
{
    luaL_newmetatable(L, name);
    luaL_register(L, NULL, methods);
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 1);
}

void lua_data_open(lua_State *L)
{
    static const luaL_Reg methods[] = {{"__index", readonly_index},
                                       {"__newindex", readonly_newindex},
                                       {"__len", readonly_length},
                                       {NULL, NULL}};

    metatable_new(L, READONLY, methods);
}
