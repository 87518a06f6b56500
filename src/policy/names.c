/* The names that policies see, as one state has them. */
#include "spendwarden/policy_names.h"

#include "vm.h"

struct listing {
    struct policy_vm *vm;
    struct buf *out; /* the caller's: an error of Lua loses nothing */
};

static void add(struct buf *out, const char *prefix, struct str name)
{
    buf_format(out, "%s%.*s\n", prefix, STR_ARG(name));
}

/* The keys, which are all texts, of the table on top; popped. */
static void add_keys(lua_State *L, struct buf *out, const char *prefix)
{
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1))
        add(out, prefix, str_of(lua_tostring(L, -2)));
    lua_pop(L, 1);
}

static int list_names(lua_State *L)
{
    const struct listing *l = lua_touserdata(L, 1);

    lua_getfield(L, LUA_REGISTRYINDEX, "spendwarden.frame");
    lua_getfield(L, -1, "names");
    lua_call(L, 0, 1);
    add_keys(L, l->out, "");
    lua_window_methods(L);
    add_keys(L, l->out, "Window:");
    lua_group_members(L);
    add_keys(L, l->out, "Group.");
    for (size_t i = 0; i < l->vm->name_count; i++)
        add(l->out, "Event.", l->vm->names[i].text);
    return 0;
}

static bool list(struct policy_vm *vm, struct buf *out, struct err *err)
{
    struct listing listing = {vm, out};

    vm->box.trusted = true;
    if (lua_cpcall(vm->box.L, list_names, &listing) != 0 || out->failed)
        return err_set(err, ERR_MEMORY, "no memory for the names of policies");
    return true;
}

bool policy_names(struct buf *out, const struct schema *schema, struct err *err)
{
    struct policy_options options = {.schema = schema};
    struct policy_set *set = NULL;
    struct policy_vm *vm = NULL;
    struct diags diags = {0};
    struct buf names = {0};

    policy_limits_default(&options.limits);
    bool ok = policy_load(&set, &options, &diags) && policy_vm_open(&vm, set, err) &&
              list(vm, &names, err);
    if (ok)
        buf_sorted_lines(out, buf_str(&names));
    else
        err_set(err, ERR_POLICY, "the names of policies cannot be listed");
    buf_release(&names);
    diags_release(&diags);
    policy_vm_close(vm);
    policy_set_free(set);
    return ok;
}
