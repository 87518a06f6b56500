/* Table functions whose work is bounded and charged. */
#include "bindings.h"

static int table_insert(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    int length = (int)lua_objlen(L, 1), arguments = lua_gettop(L);
    double position = length + 1;

    if (arguments == 3)
        position = luaL_checknumber(L, 2);
    else if (arguments != 2)
        return luaL_error(L, "table.insert: two or three arguments are expected");
    if (!(position >= 1 && position <= length + 1))
        return luaL_error(L, "table.insert: position out of bounds");
    int at = (int)position;
    sandbox_charge(L, 1 + (length - at) / 4);
    for (int i = length; i >= at; i--) {
        lua_rawgeti(L, 1, i);
        lua_rawseti(L, 1, i + 1);
    }
    lua_pushvalue(L, arguments);
    lua_rawseti(L, 1, at);
    return 0;
}

/* What sorting takes in C, in instructions. */
static int64_t sort_cost(size_t length)
{
    int64_t cost = 1;

    for (size_t half = length; half > 0; half /= 2)
        cost += (int64_t)length;
    return cost;
}

/* LuaJIT's own sort, which nothing stops: paid before, and never inside another sort. */
static int table_sort(lua_State *L)
{
    struct sandbox *s = sandbox_of(L);

    luaL_checktype(L, 1, LUA_TTABLE);
    if (s->sorting)
        return luaL_error(L, "table.sort: not inside a comparison");
    sandbox_charge(L, sort_cost(lua_objlen(L, 1)));
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    s->sorting = true;
    int status = lua_pcall(L, lua_gettop(L) - 1, 0, 0);
    s->sorting = false;
    if (status == 0)
        return 0;
    sandbox_pass_stop(L, status);
    return lua_error(L);
}

static int table_concat(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    struct str separator = {NULL, 0};
    separator.at = luaL_optlstring(L, 2, "", &separator.size);
    double first = luaL_optnumber(L, 3, 1);
    double last = luaL_optnumber(L, 4, (double)lua_objlen(L, 1));
    luaL_Buffer buffer;
    size_t size = 0;

    if (!(first >= -1e9 && first <= 1e9 && last >= -1e9 && last <= 1e9))
        return luaL_error(L, "table.concat: position out of bounds");
    luaL_buffinit(L, &buffer);
    for (int i = (int)first; i <= (int)last; i++) {
        lua_rawgeti(L, 1, i);
        if (lua_type(L, -1) != LUA_TSTRING && lua_type(L, -1) != LUA_TNUMBER)
            return luaL_error(L, "table.concat: element %d is a %s", i, type_name(L, -1));
        struct str text = lua_push_text(L, -1);
        lua_remove(L, -2);
        size += text.size + separator.size;
        sandbox_charge_bytes(L, text.size + separator.size);
        sandbox_check_text(L, (double)size);
        luaL_addvalue(&buffer);
        if (i < (int)last)
            luaL_addlstring(&buffer, separator.at, separator.size);
    }
    luaL_pushresult(&buffer);
    return 1;
}

/* LuaJIT's own remove moves elements in C. */
static int table_remove(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    int length = (int)lua_objlen(L, 1);
    double position = luaL_optnumber(L, 2, length);

    if (length == 0)
        return 0;
    if (!(position >= 1 && position <= length))
        return luaL_error(L, "table.remove: position out of bounds");
    int at = (int)position;
    sandbox_charge(L, 1 + (length - at) / 4);
    lua_rawgeti(L, 1, at);
    for (int i = at; i < length; i++) {
        lua_rawgeti(L, 1, i + 1);
        lua_rawseti(L, 1, i);
    }
    lua_pushnil(L);
    lua_rawseti(L, 1, length);
    return 1;
}

void lua_table_open(lua_State *L)
{
    static const luaL_Reg own[] = {{"insert", table_insert},
                                   {"concat", table_concat},
                                   {"remove", table_remove},
                                   {NULL, NULL}};

    lua_newtable(L);
    luaL_register(L, NULL, own);
    lua_getglobal(L, "table");
    lua_getfield(L, -1, "sort");
    lua_pushcclosure(L, table_sort, 1);
    lua_setfield(L, -3, "sort");
    lua_pop(L, 1);
}
