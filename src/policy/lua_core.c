/* `core`: what the frame (lua/frame.lua) works with. */
#include "codes.h"
#include "register.h"
#include "spec.h"

/* The line of the policy file that is being run; 0: none. */
int lua_here(lua_State *L)
{
    lua_Debug ar;

    for (int level = 1; lua_getstack(L, level, &ar); level++)
        if (lua_getinfo(L, "Sl", &ar) && *ar.source == '@')
            return ar.currentline;
    return 0;
}

/* (code, text) */
static int core_problem(lua_State *L)
{
    const struct policy_code *code = policy_code_find(luaL_checkstring(L, 1));

    if (!code)
        return luaL_error(L, "there is no code %s", lua_tostring(L, 1));
    return register_problem(L, code->code, "%s", luaL_checkstring(L, 2));
}

static int core_nearest(lua_State *L)
{
    const char *known[256];
    size_t count = lua_objlen(L, 2);

    if (lua_type(L, 1) != LUA_TSTRING)
        return 0;
    if (count > sizeof known / sizeof *known)
        count = sizeof known / sizeof *known;
    luaL_checkstack(L, (int)count + 1, "nearest");
    for (size_t i = 0; i < count; i++) {
        lua_rawgeti(L, 2, (int)i + 1);
        known[i] = luaL_checkstring(L, -1);
    }
    lua_pushstring(L, str_nearest(str_of(lua_tostring(L, 1)), known, count));
    return 1;
}

static int core_duration(lua_State *L)
{
    int64_t ns;

    if (!duration_parse(&ns, str_of(luaL_checkstring(L, 1))))
        return 0;
    lua_pushnumber(L, (double)ns / 1e9);
    return 1;
}

static const char *kind_of(struct field field)
{
    if (field.kind == FIELD_TEXT)
        return text_is_label(field.index) ? "label" : "text";
    if (field.kind == FIELD_MONEY)
        return "money";
    if (field.kind != FIELD_DERIVED)
        return "number";
    switch (field.index) {
    case DERIVED_STATUS:
    case DERIVED_CLASS:
    case DERIVED_PRICE_STATUS:
        return "text";
    case DERIVED_CACHE_HIT:
    case DERIVED_STREAM:
        return "flag";
    default:
        return "number";
    }
}

static int core_field(lua_State *L)
{
    const struct schema *schema = vm_of(L)->set->options.schema;
    struct str name = str_of(luaL_checkstring(L, 1));
    struct field field = field_find(schema, name);

    if (field.kind != FIELD_NONE) {
        lua_pushstring(L, kind_of(field));
        lua_pushinteger(L, field.known_from);
        return 2;
    }
    struct str near = field_suggest(schema, name);
    lua_pushnil(L);
    if (near.size)
        lua_pushlstring(L, near.at, near.size);
    else
        lua_pushnil(L);
    return 2;
}

/* --- data and settings --- */

static void push_yaml(lua_State *L, const struct yaml_node *n);

static void push_scalar(lua_State *L, const struct yaml_node *n)
{
    bool flag;
    double number;

    if (!n->quoted && yaml_is_null(n))
        lua_pushnil(L);
    else if (!n->quoted && yaml_bool(n, &flag))
        lua_pushboolean(L, flag);
    else if (!n->quoted && yaml_double(n, &number))
        lua_pushnumber(L, number);
    else
        lua_pushlstring(L, n->text.at, n->text.size);
}

static void push_yaml(lua_State *L, const struct yaml_node *n)
{
    if (n->kind == YAML_SCALAR) {
        push_scalar(L, n);
        return;
    }
    luaL_checkstack(L, 8, "data is nested too deep");
    bool map = n->kind == YAML_MAP;
    lua_createtable(L, map ? 0 : (int)n->count, map ? (int)n->count : 0);
    for (size_t i = 0; i < n->count; i++) {
        if (map)
            lua_pushlstring(L, n->keys[i].text.at, n->keys[i].text.size);
        else
            lua_pushinteger(L, (lua_Integer)i + 1);
        push_yaml(L, &n->values[i]);
        lua_rawset(L, -3);
    }
    readonly_push(L, NULL);
}

/* Our own data may need more than a policy: it is charged to nobody. */
static int core_data(lua_State *L)
{
    struct policy_vm *vm = vm_of(L);
    struct str name = str_of(luaL_checkstring(L, 1));
    struct sandbox *s = sandbox_of(L);

    register_data(vm, name);
    for (size_t i = 0; i < vm->set->options.data_count; i++) {
        const struct data_file *file = &vm->set->data[i];
        if (!str_eq(file->name, name) || !file->root)
            continue;
        bool trusted = s->trusted;
        s->trusted = true;
        push_yaml(L, file->root);
        s->trusted = trusted;
        return 1;
    }
    lua_newtable(L);
    readonly_push(L, NULL);
    return 1;
}

static bool setting_as(lua_State *L, int default_type, struct str value)
{
    struct yaml_node node = {.kind = YAML_SCALAR, .text = value};
    double number;
    bool flag;

    lua_pushlstring(L, value.at, value.size);
    node.text.at = lua_tostring(L, -1); /* terminated, as nodes want it */
    if (default_type == LUA_TSTRING)
        return true;
    if (default_type == LUA_TNUMBER && yaml_double(&node, &number) &&
        number - number == 0) {
        lua_pushnumber(L, number);
        return true;
    }
    if (default_type == LUA_TBOOLEAN && yaml_bool(&node, &flag)) {
        lua_pushboolean(L, flag);
        return true;
    }
    lua_pop(L, 1);
    return false;
}

/* (policy, key, default): what the configuration says instead, as the default's type. */
static int core_setting(lua_State *L)
{
    struct policy_vm *vm = vm_of(L);
    struct str policy = str_of(luaL_checkstring(L, 1)),
               key = str_of(luaL_checkstring(L, 2));
    const struct policy_options *options = &vm->set->options;

    lua_settop(L, 3);
    for (size_t i = 0; i < options->setting_count; i++) {
        const struct policy_setting *setting = &options->settings[i];
        if (!str_eq(setting->policy, policy) || !str_eq(setting->key, key))
            continue;
        if (setting_as(L, lua_type(L, 3), setting->value))
            return 1;
        register_problem(
            L, "E111",
            "policy: the setting '%.*s' is a %s; the configuration says '%.*s'",
            STR_ARG(key), luaL_typename(L, 3), STR_ARG(setting->value));
    }
    return 1;
}

static bool has_key(lua_State *L, int table, struct str key)
{
    lua_pushlstring(L, key.at, key.size);
    lua_rawget(L, table);
    bool has = !lua_isnil(L, -1);
    lua_pop(L, 1);
    return has;
}

/* (name, settings, version, owner): the file is this policy. */
static int core_policy(lua_State *L)
{
    struct policy_vm *vm = vm_of(L);
    const struct policy_options *options = &vm->set->options;
    struct str name = str_of(luaL_checkstring(L, 1)), version = {NULL, 0},
               owner = {NULL, 0};

    if (!lua_isnoneornil(L, 3))
        version = take_text(L, 3);
    if (!lua_isnoneornil(L, 4))
        owner = take_text(L, 4);
    if (!register_policy(vm, name, version, owner))
        return register_problem(
            L, "E103", "policy: another file has the name '%.*s' already", STR_ARG(name));
    for (size_t i = 0; i < required_settings(options); i++)
        if (str_eq(options->settings[i].policy, name) &&
            !has_key(L, 2, options->settings[i].key))
            register_problem(
                L, "E110",
                "policy '%.*s' has no setting '%.*s', which the configuration sets",
                STR_ARG(name), STR_ARG(options->settings[i].key));
    return 0;
}

static int core_readonly(lua_State *L)
{
    /* Texts of the frame, which outlive the view: it is an upvalue of its chunk. */
    const char *what = lua_tostring(L, 2);

    lua_settop(L, 1);
    readonly_push(L, what);
    return 1;
}

/* --- small things --- */

static int core_text(lua_State *L)
{
    lua_push_text(L, 1);
    return 1;
}

/* The keys of a library's table, which are all texts. */
static int core_keys(lua_State *L)
{
    int count = 0;

    lua_newtable(L);
    for (lua_pushnil(L); lua_next(L, 1);) {
        lua_pop(L, 1);
        lua_pushvalue(L, -1);
        lua_rawseti(L, -3, ++count);
    }
    return 1;
}

static int core_window(lua_State *L)
{
    lua_window_push(L, lua_isnumber(L, 1) ? (int)lua_tointeger(L, 1) : -1);
    return 1;
}

static int core_window_of(lua_State *L)
{
    lua_pushinteger(L, lua_window_at(L, 1));
    return 1;
}

static void push_stages(lua_State *L)
{
    static const struct {
        const char *name;
        enum stage stage;
    } stages[] = {{"derive", STAGE_DERIVE},
                  {"price", STAGE_PRICE},
                  {"classify", STAGE_CLASSIFY},
                  {"count", STAGE_COUNT}};

    lua_newtable(L);
    for (size_t i = 0; i < sizeof stages / sizeof *stages; i++) {
        lua_pushinteger(L, stages[i].stage);
        lua_setfield(L, -2, stages[i].name);
    }
}

void lua_core_basics(lua_State *L)
{
    static const luaL_Reg functions[] = {{"nearest", core_nearest},
                                         {"duration", core_duration},
                                         {"text", core_text},
                                         {"keys", core_keys},
                                         {NULL, NULL}};

    luaL_register(L, NULL, functions);
}

void lua_core_push(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"problem", core_problem},   {"field", core_field},
        {"data", core_data},         {"setting", core_setting},
        {"policy", core_policy},     {"readonly", core_readonly},
        {"window", core_window},     {"window_of", core_window_of},
        {"register", core_register}, {NULL, NULL}};

    lua_newtable(L);
    lua_core_basics(L);
    luaL_register(L, NULL, functions);
    push_stages(L);
    lua_setfield(L, -2, "stages");
}
