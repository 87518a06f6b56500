/* The names that policies and their tests see, as the states have them. */
#include "spendwarden/policy_names.h"

#include "vm.h"

/* `out` is the caller's, so that an error of Lua loses nothing. */
struct listing {
    struct buf *out;
    const struct policy_vm *vm; /* list_policy_names */
    bool tests;                 /* list_library_names: and their frame */
};

/* The keys, which are all texts, of the table on top; popped. */
static void add_keys(lua_State *L, struct buf *out, const char *prefix)
{
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1))
        buf_format(out, "%s%s\n", prefix, lua_tostring(L, -2));
    lua_pop(L, 1);
}

/* Of the frame on top, popped. */
static void add_names(lua_State *L, struct buf *out)
{
    lua_getfield(L, -1, "names");
    lua_call(L, 0, 1);
    add_keys(L, out, "");
    lua_pop(L, 1);
}

static int list_policy_names(lua_State *L)
{
    const struct listing *l = lua_touserdata(L, 1);

    lua_getfield(L, LUA_REGISTRYINDEX, "spendwarden.frame");
    add_names(L, l->out);
    lua_window_methods(L);
    add_keys(L, l->out, "Window:");
    lua_group_members(L);
    add_keys(L, l->out, "Group.");
    for (size_t i = 0; i < l->vm->name_count; i++)
        buf_format(l->out, "Event.%.*s\n", STR_ARG(l->vm->names[i].text));
    return 0;
}

static bool add_vm_names(struct policy_vm *vm, struct buf *out)
{
    vm->box.trusted = true;
    return lua_cpcall(vm->box.L, list_policy_names,
                      &(struct listing){.out = out, .vm = vm}) == 0;
}

static bool add_policy_names(struct buf *out, const struct schema *schema,
                             struct err *err)
{
    struct policy_options options = {.schema = schema};
    struct policy_set *set = NULL;
    struct policy_vm *vm = NULL;
    struct diags diags = {0};

    policy_limits_default(&options.limits);
    bool ok = policy_load(&set, &options, &diags) && policy_vm_open(&vm, set, err) &&
              add_vm_names(vm, out);
    diags_release(&diags);
    policy_vm_close(vm);
    policy_set_free(set);
    return ok;
}

static void add_libraries(lua_State *L, struct buf *out)
{
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
        const char *name = lua_tostring(L, -2);
        char prefix[40];
        if (!lua_istable(L, -1)) {
            buf_format(out, "%s\n", name);
            continue;
        }
        snprintf(prefix, sizeof prefix, "%s.", name);
        lua_pushvalue(L, -1);
        add_keys(L, out, prefix);
    }
}

static int list_library_names(lua_State *L)
{
    const struct listing *l = lua_touserdata(L, 1);

    lua_newtable(L);
    sandbox_libraries(L);
    add_libraries(L, l->out);
    if (!l->tests)
        return 0;
    int libraries = lua_gettop(L);
    lua_newtable(L); /* its core, which is for running tests only */
    lua_test_frame_push(L, libraries, lua_gettop(L));
    add_names(L, l->out);
    return 0;
}

static bool add_library_names(struct buf *out, bool tests, struct err *err)
{
    struct listing listing = {.out = out, .tests = tests};
    struct policy_limits limits;
    struct sandbox box;

    policy_limits_default(&limits);
    if (!sandbox_open(&box, &limits, NULL, err))
        return false;
    bool ok = lua_cpcall(box.L, list_library_names, &listing) == 0;
    sandbox_close(&box);
    return ok;
}

static bool finish(struct buf *out, struct buf *names, bool ok, struct err *err)
{
    if (ok && !names->failed)
        buf_sorted_lines(out, buf_str(names));
    else
        err_set(err, ERR_POLICY, "the names of policies cannot be listed");
    ok = ok && !names->failed;
    buf_release(names);
    return ok;
}

bool vm_names(struct policy_vm *vm, struct buf *out, struct err *err)
{
    struct buf names = {0};
    bool ok = add_library_names(&names, false, err) && add_vm_names(vm, &names);

    return finish(out, &names, ok, err);
}

bool policy_names(struct buf *out, const struct schema *schema, struct err *err)
{
    struct buf names = {0};
    bool ok =
        add_library_names(&names, false, err) && add_policy_names(&names, schema, err);

    return finish(out, &names, ok, err);
}

bool policy_test_names(struct buf *out, struct err *err)
{
    struct buf names = {0};

    return finish(out, &names, add_library_names(&names, true, err), err);
}
