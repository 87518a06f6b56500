/* w:top: the largest groups of a window, for whoever says what is behind a number. */
#include "vm.h"

enum {
    TOP_MAX = 100,
    GROUP_COST = 2, /* instructions of looking at a group, of making a row of the list */
    ROW_COST = 20
};

/* Which groups are wanted: those whose labels are the ones that were given. */
struct wanted {
    size_t count;
    struct {
        size_t by; /* index */
        struct str value;
    } labels[WINDOW_BY_MAX];
};

static bool is_wanted(const struct wanted *w, const struct window_group *group)
{
    for (size_t i = 0; i < w->count; i++)
        if (!str_eq(group->by[w->labels[i].by], w->labels[i].value))
            return false;
    return true;
}

/* Behind those that are as large: groups come in order of their labels. */
static size_t insert(const struct window_group **best, size_t count, size_t most,
                     const struct window_group *group)
{
    size_t at = count < most ? count : most - 1;

    if (count == most && best[at]->value >= group->value)
        return count;
    for (; at > 0 && best[at - 1]->value < group->value; at--)
        best[at] = best[at - 1];
    best[at] = group;
    return count < most ? count + 1 : count;
}

static void push_row(lua_State *L, const struct window_decl *decl,
                     const struct window_group *group)
{
    const struct schema *schema = vm_of(L)->set->options.schema;

    lua_createtable(L, 0, (int)decl->by_count + 2);
    for (size_t i = 0; i < decl->by_count; i++) {
        struct str name = field_name(schema, decl->by[i]), value = group->by[i];
        if (value.size == 0)
            continue;
        lua_pushlstring(L, name.at, name.size);
        lua_pushlstring(L, value.at, value.size);
        lua_rawset(L, -3);
    }
    lua_pushnumber(L, group->value);
    lua_setfield(L, -2, "value");
    lua_pushnumber(L, (double)group->count);
    lua_setfield(L, -2, "count");
}

static void want(struct wanted *w, size_t by, struct str value)
{
    w->labels[w->count].by = by;
    w->labels[w->count++].value = value;
}

/* Those that both are by. */
static void want_group(struct wanted *w, const struct policy_vm *vm,
                       const struct window_decl *decl)
{
    const struct window_decl *given = vm->group_window;

    for (size_t i = 0; i < decl->by_count; i++)
        for (size_t k = 0; k < given->by_count; k++)
            if (given->by[k].kind == decl->by[i].kind &&
                given->by[k].index == decl->by[i].index)
                want(w, i, vm->group->by ? vm->group->by[k] : (struct str){NULL, 0});
}

/* The texts stay on the stack. */
static void want_table(lua_State *L, int index, struct wanted *w,
                       const struct window_decl *decl)
{
    const struct schema *schema = vm_of(L)->set->options.schema;

    luaL_checkstack(L, WINDOW_BY_MAX, "window");
    for (size_t i = 0; i < decl->by_count; i++) {
        struct str name = field_name(schema, decl->by[i]), value;
        lua_pushlstring(L, name.at, name.size);
        lua_rawget(L, index);
        if (lua_isnil(L, -1))
            continue;
        value.at = luaL_checklstring(L, -1, &value.size);
        want(w, i, value);
    }
}

static struct wanted wanted_at(lua_State *L, int index, const struct window_decl *decl)
{
    const struct policy_vm *vm = lua_group_given(L, index);
    struct wanted wanted = {0};

    if (vm)
        want_group(&wanted, vm, decl);
    else if (lua_istable(L, index))
        want_table(L, index, &wanted, decl);
    else if (!lua_isnoneornil(L, index))
        luaL_error(L, "a group or a table of labels is expected, not a %s",
                   type_name(L, index));
    return wanted;
}

int lua_window_top(lua_State *L)
{
    const struct window_group *best[TOP_MAX];
    const struct window_decl *decl;
    const struct window_sums *sums = lua_window_read(L, &decl);
    double most = luaL_checknumber(L, 2);
    size_t count = 0;

    if (!(most >= 1 && most <= TOP_MAX))
        return luaL_error(L, "top: how many groups must be a number from 1 to %d",
                          TOP_MAX);
    struct wanted wanted = wanted_at(L, 3, decl);
    sandbox_charge(L, GROUP_COST * (int64_t)sums->group_count);
    for (size_t i = 0; i < sums->group_count; i++)
        if (is_wanted(&wanted, &sums->groups[i]))
            count = insert(best, count, (size_t)most, &sums->groups[i]);
    sandbox_charge(L, ROW_COST * (int64_t)count);
    lua_createtable(L, (int)count, 0);
    for (size_t i = 0; i < count; i++) {
        push_row(L, decl, best[i]);
        lua_rawseti(L, -2, (int)i + 1);
    }
    return 1;
}
