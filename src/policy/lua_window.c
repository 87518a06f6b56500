/* Windows and groups as rule and budget functions see them. */
#include "vm.h"

static const char *const WINDOW = "spendwarden.window";
static const char *const GROUP = "spendwarden.group";

struct group_handle {
    uint64_t number;
};

/* Upvalue: the metatable. */
static int group_make(lua_State *L)
{
    struct group_handle *handle = lua_newuserdata(L, sizeof *handle);

    handle->number = vm_of(L)->handle;
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_setmetatable(L, -2);
    return 1;
}

void lua_group_maker(lua_State *L)
{
    luaL_getmetatable(L, GROUP);
    lua_pushcclosure(L, group_make, 1);
}

void lua_window_push(lua_State *L, int window)
{
    int *handle = lua_newuserdata(L, sizeof *handle);

    *handle = window;
    luaL_getmetatable(L, WINDOW);
    lua_setmetatable(L, -2);
}

static bool has_metatable(lua_State *L, int index, const char *name)
{
    if (lua_type(L, index) != LUA_TUSERDATA || !lua_getmetatable(L, index))
        return false;
    luaL_getmetatable(L, name);
    bool same = lua_rawequal(L, -1, -2);
    lua_pop(L, 2);
    return same;
}

int lua_window_at(lua_State *L, int index)
{
    return has_metatable(L, index, WINDOW) ? *(int *)lua_touserdata(L, index) : -2;
}

/* --- groups --- */

static const struct policy_vm *check_group(lua_State *L, int index)
{
    const struct policy_vm *vm = vm_of(L);
    const struct group_handle *handle = lua_touserdata(L, index);

    if (!vm->group || handle->number != vm->handle)
        luaL_error(L, "a group can be read only while its function runs");
    return vm;
}

/* The answer of the function that runs is good until then, if the sums stay. */
static void stands_until(struct policy_vm *vm, int64_t ns)
{
    if (ns < vm->stands_ns)
        vm->stands_ns = ns;
}

static void push_age(lua_State *L, const struct window_group *group, int64_t at_ns)
{
    if (!group || !group->first_ns) {
        lua_pushnil(L);
        return;
    }
    lua_pushnumber(L, (double)(at_ns - group->first_ns) / 1e9);
    stands_until(vm_of(L), at_ns + 1);
}

/* The label `name` of the running group; false: it has no such label. */
static bool group_label(const struct policy_vm *vm, struct str name, struct str *out)
{
    const struct window_decl *window = vm->group_window;

    for (size_t i = 0; i < window->by_count; i++) {
        if (!str_eq(field_name(vm->set->options.schema, window->by[i]), name))
            continue;
        *out = vm->group->by ? vm->group->by[i] : (struct str){NULL, 0};
        return true;
    }
    return false;
}

static void push_value(lua_State *L, const struct policy_vm *vm)
{
    lua_pushnumber(L, vm->group->value);
}

static void push_count(lua_State *L, const struct policy_vm *vm)
{
    lua_pushnumber(L, (double)vm->group->count);
}

static void push_group_age(lua_State *L, const struct policy_vm *vm)
{
    push_age(L, vm->group, vm->at_ns);
}

static const struct member {
    const char *name;
    void (*push)(lua_State *L, const struct policy_vm *vm);
} members[] = {{"value", push_value}, {"count", push_count}, {"age", push_group_age}};

enum { MEMBER_COUNT = sizeof members / sizeof *members };

static const struct member *find_member(struct str name)
{
    for (size_t i = 0; i < MEMBER_COUNT; i++)
        if (str_eq(name, str_of(members[i].name)))
            return &members[i];
    return NULL;
}

void lua_group_members(lua_State *L)
{
    lua_newtable(L);
    for (size_t i = 0; i < MEMBER_COUNT; i++) {
        lua_pushboolean(L, true);
        lua_setfield(L, -2, members[i].name);
    }
}

/* As text; nothing is pushed for one. */
static struct str key_at(lua_State *L, int index)
{
    struct str key;

    if (lua_type(L, index) != LUA_TSTRING)
        return lua_push_text(L, index);
    key.at = lua_tolstring(L, index, &key.size);
    return key;
}

static int group_index(lua_State *L)
{
    const struct policy_vm *vm = check_group(L, 1);
    struct str name = key_at(L, 2), label;
    const struct member *member = find_member(name);

    if (member)
        member->push(L, vm);
    else if (!group_label(vm, name, &label))
        return luaL_error(L, "this group has no '%s': its window's 'by' does not name it",
                          name.at);
    else if (label.size)
        lua_pushlstring(L, label.at, label.size);
    else
        lua_pushnil(L);
    return 1;
}

static int no_write(lua_State *L)
{
    return luaL_error(L, "windows and groups are read-only");
}

/* --- windows --- */

struct reading {
    const struct window_sums *sums;
    const struct window_group *group; /* NULL: it is empty */
};

/* Groups are in bytewise order of their values. */
static int compare_by(const struct str *a, const struct str *b, size_t count)
{
    int order = 0;

    for (size_t i = 0; order == 0 && i < count; i++)
        order = str_compare(a[i], b[i]);
    return order;
}

static const struct window_group *find_group(const struct window_sums *sums,
                                             const struct str *by, size_t by_count)
{
    size_t low = 0, high = sums->group_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare_by(sums->groups[middle].by, by, by_count);
        if (order == 0)
            return &sums->groups[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static int no_label(lua_State *L, struct str name)
{
    lua_pushlstring(L, name.at, name.size);
    return luaL_error(L, "the group has no '%s', which this window is by",
                      lua_tostring(L, -1));
}

/* Of each method: metatables, which are found without their names. */
enum { UPVALUE_WINDOW = 1, UPVALUE_GROUP, UPVALUE_COUNT = UPVALUE_GROUP };

static bool is_a(lua_State *L, int index, int upvalue)
{
    if (lua_type(L, index) != LUA_TUSERDATA || !lua_getmetatable(L, index))
        return false;
    bool same = lua_rawequal(L, -1, lua_upvalueindex(upvalue));
    lua_pop(L, 1);
    return same;
}

static void labels_of_group(lua_State *L, const struct policy_vm *vm,
                            const struct window_decl *decl, struct str *out)
{
    const struct window_decl *given = vm->group_window;

    for (size_t i = 0; i < decl->by_count; i++) {
        size_t k = 0;
        while (k < given->by_count && (given->by[k].kind != decl->by[i].kind ||
                                       given->by[k].index != decl->by[i].index))
            k++;
        if (k == given->by_count)
            no_label(L, field_name(vm->set->options.schema, decl->by[i]));
        out[i] = vm->group->by ? vm->group->by[k] : (struct str){NULL, 0};
    }
}

/* The texts stay on the stack until the reading is done. */
static void labels_of_table(lua_State *L, int index, const struct policy_vm *vm,
                            const struct window_decl *decl, struct str *out)
{
    luaL_checkstack(L, WINDOW_BY_MAX + 1, "window");
    for (size_t i = 0; i < decl->by_count; i++) {
        struct str name = field_name(vm->set->options.schema, decl->by[i]);
        lua_pushlstring(L, name.at, name.size);
        lua_rawget(L, index);
        out[i] = (struct str){NULL, 0};
        if (!lua_isnil(L, -1))
            out[i].at = luaL_checklstring(L, -1, &out[i].size);
    }
}

/* From what the policy gave at `index`: a group, or a table of labels. */
static void given_labels(lua_State *L, int index, const struct policy_vm *vm,
                         const struct window_decl *decl, struct str *out)
{
    if (decl->by_count == 0)
        return;
    if (is_a(L, index, UPVALUE_GROUP))
        labels_of_group(L, check_group(L, index), decl, out);
    else if (lua_istable(L, index))
        labels_of_table(L, index, vm, decl, out);
    else
        luaL_error(L, "a group or a table of labels is expected, not a %s",
                   type_name(L, index));
}

const struct policy_vm *lua_group_given(lua_State *L, int index)
{
    return is_a(L, index, UPVALUE_GROUP) ? check_group(L, index) : NULL;
}

static double value_of(const struct window_group *group)
{
    return group ? group->value : 0;
}

const struct window_sums *lua_window_read(lua_State *L, const struct window_decl **decl)
{
    struct policy_vm *vm = vm_of(L);

    if (!is_a(L, 1, UPVALUE_WINDOW))
        luaL_checkudata(L, 1, WINDOW);
    int window = *(int *)lua_touserdata(L, 1);
    if (!vm->sums || window < 0)
        luaL_error(L, "windows can be read only in rule and budget functions");
    *decl = &vm->set->decls.windows[window];
    vm->read_filling |= vm->sums[window].filling;
    return &vm->sums[window];
}

static struct reading read_window(lua_State *L, int group)
{
    const struct policy_vm *vm = vm_of(L);
    struct str by[WINDOW_BY_MAX];
    const struct window_decl *decl;
    struct reading out = {.sums = lua_window_read(L, &decl)};

    given_labels(L, group, vm, decl, by);
    out.group = find_group(out.sums, by, decl->by_count);
    return out;
}

static int window_get(lua_State *L)
{
    struct reading r = read_window(L, 2);

    lua_pushnumber(L, value_of(r.group));
    return 1;
}

static int window_count(lua_State *L)
{
    struct reading r = read_window(L, 2);

    lua_pushnumber(L, r.group ? (double)r.group->count : 0);
    return 1;
}

static int window_age(lua_State *L)
{
    struct reading r = read_window(L, 2);

    push_age(L, r.group, r.sums->at_ns);
    return 1;
}

/* Mean per `unit` of the part of the window that was observed; nil before half of it. */
static int window_per(lua_State *L)
{
    int64_t unit;

    if (!duration_parse(&unit, str_of(luaL_checkstring(L, 2))) || unit <= 0)
        return luaL_error(L, "'%s' is not a duration such as \"1h\"", lua_tostring(L, 2));
    struct reading r = read_window(L, 3);
    const struct window_sums *sums = r.sums;
    int64_t start = sums->start_ns > sums->since_ns ? sums->start_ns : sums->since_ns;
    int64_t end = sums->end_ns < sums->at_ns ? sums->end_ns : sums->at_ns;
    int64_t observed = end - start, half = (sums->end_ns - sums->start_ns) / 2;
    if (sums->since_ns == 0)
        return 0;
    stands_until(vm_of(L), sums->moves_ns);
    if (observed <= 0 || observed < half)
        return 0;
    lua_pushnumber(L, value_of(r.group) * (double)unit / (double)observed);
    return 1;
}

/* Names that a policy may ask a window for; anything else is a mistake. */
static int window_index(lua_State *L)
{
    static const char *const names[] = {"get", "count", "age", "per", "top"};

    lua_pushvalue(L, 2);
    lua_rawget(L, lua_upvalueindex(1));
    if (!lua_isnil(L, -1))
        return 1;
    struct str name = lua_push_text(L, 2);
    const char *near = str_nearest(name, names, sizeof names / sizeof *names);
    return near ? luaL_error(L, "a window has no '%s'; did you mean '%s'?", name.at, near)
                : luaL_error(L, "a window has no '%s'", name.at);
}

void lua_window_methods(lua_State *L)
{
    static const luaL_Reg methods[] = {{"get", window_get},     {"count", window_count},
                                       {"age", window_age},     {"per", window_per},
                                       {"top", lua_window_top}, {NULL, NULL}};

    lua_newtable(L);
    for (const luaL_Reg *method = methods; method->name; method++) {
        luaL_getmetatable(L, WINDOW);
        luaL_getmetatable(L, GROUP);
        lua_pushcclosure(L, method->func, UPVALUE_COUNT);
        lua_setfield(L, -2, method->name);
    }
}

void lua_window_open(lua_State *L)
{
    static const luaL_Reg group[] = {
        {"__index", group_index}, {"__newindex", no_write}, {NULL, NULL}};
    static const luaL_Reg window[] = {{"__newindex", no_write}, {NULL, NULL}};

    metatable_new(L, GROUP, group);
    metatable_new(L, WINDOW, window);
    luaL_getmetatable(L, WINDOW);
    lua_window_methods(L);
    lua_pushcclosure(L, window_index, 1);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);
}
