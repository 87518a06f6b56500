/* An event as policies see it: fields by name, read-only, for one call. */
#include "vm.h"

enum { PRICE_LOOKUP_COST = 20 };

static const char *const EVENT = "spendwarden.event";
static const char *const TAGS = "spendwarden.tags";
static const char *const METADATA = "spendwarden.metadata";

struct handle {
    struct policy_vm *vm;
    uint64_t number;
};

struct policy_vm *vm_of(lua_State *L)
{
    return sandbox_of(L)->owner;
}

/* `metatable`: an upvalue, which is found without its name. */
static void push_handle(lua_State *L, int metatable)
{
    struct handle *handle = lua_newuserdata(L, sizeof *handle);

    handle->vm = vm_of(L);
    handle->number = handle->vm->handle;
    lua_pushvalue(L, lua_upvalueindex(metatable));
    lua_setmetatable(L, -2);
}

static int event_make(lua_State *L)
{
    push_handle(L, 1);
    return 1;
}

void lua_event_maker(lua_State *L)
{
    luaL_getmetatable(L, EVENT);
    lua_pushcclosure(L, event_make, 1);
}

/* The record behind argument 1, which is a handle. */
static const struct record *record_at(lua_State *L)
{
    const struct handle *handle = lua_touserdata(L, 1);

    if (!handle->vm->record || handle->number != handle->vm->handle)
        luaL_error(L, "an event can be read only while its function runs");
    return handle->vm->record;
}

static void push_str(lua_State *L, struct str text)
{
    if (text.size)
        lua_pushlstring(L, text.at, text.size);
    else
        lua_pushnil(L);
}

static void push_derived(lua_State *L, const struct record *r, struct field field)
{
    int64_t number;

    switch (field.index) {
    case DERIVED_CACHE_HIT:
        lua_pushboolean(L, r->ev.cache_hit);
        break;
    case DERIVED_STREAM:
        lua_pushboolean(L, r->ev.stream);
        break;
    case DERIVED_STATUS:
    case DERIVED_CLASS:
    case DERIVED_PRICE_STATUS:
        push_str(L, record_text(r, field));
        break;
    default:
        if (!record_number(r, field, &number))
            lua_pushnil(L);
        else if (field.index == DERIVED_TOTAL_TOKENS)
            lua_pushnumber(L, (double)number);
        else
            lua_pushnumber(L, (double)number / 1e9);
    }
}

void lua_field_push(lua_State *L, const struct record *r, struct field field)
{
    int64_t number;

    if (field.kind == FIELD_TEXT)
        push_str(L, r->ev.text[field.index]);
    else if (field.kind == FIELD_DERIVED)
        push_derived(L, r, field);
    else if (record_number(r, field, &number))
        lua_pushnumber(L,
                       field.kind == FIELD_COUNT ? (double)number : (double)number / 1e9);
    else if (field.kind == FIELD_COUNT && field.index == COUNT_RETRY_DEPTH)
        lua_pushnumber(L, 0);
    else
        lua_pushnil(L);
}

static void push_requested_usd(lua_State *L, const struct policy_vm *vm)
{
    const struct record *r = vm->record;
    struct str model = r->ev.text[TEXT_REQUESTED_MODEL];
    struct money cost;

    sandbox_charge(L, PRICE_LOOKUP_COST);
    if (model.size && vm->prices &&
        price_at_model(vm->set->options.prices, vm->prices, r, model, &cost))
        lua_pushnumber(L, money_to_double(cost));
    else
        lua_pushnil(L);
}

static int unknown_field(lua_State *L, const struct policy_vm *vm)
{
    static const char *const others[] = {"tags", "metadata", "has_tag",
                                         "requested_model_usd"};
    struct str name = lua_push_text(L, 2);
    struct str near = field_suggest(vm->set->options.schema, name);

    if (!near.size)
        near = str_of(str_nearest(name, others, sizeof others / sizeof *others));
    if (!near.size)
        return luaL_error(L, "an event has no field '%s'", name.at);
    lua_pushlstring(L, near.at, near.size);
    return luaL_error(L, "an event has no field '%s'; did you mean '%s'?", name.at,
                      lua_tostring(L, -1));
}

/* Of event_index. */
enum {
    UPVALUE_HAS_TAG = 1,
    UPVALUE_TAGS, /* metatables */
    UPVALUE_METADATA,
    UPVALUE_TAGS_MADE, /* the last handles */
    UPVALUE_METADATA_MADE,
    UPVALUE_NAMES, /* keeps the texts of names where they are */
    UPVALUE_COUNT = UPVALUE_NAMES,
};

/* The functions of an event share its tags and its metadata. */
static void push_shared(lua_State *L, int metatable, int made, uint64_t *number,
                        uint64_t current)
{
    if (*number != current) {
        push_handle(L, metatable);
        lua_replace(L, lua_upvalueindex(made));
        *number = current;
    }
    lua_pushvalue(L, lua_upvalueindex(made));
}

static size_t slot_of(const char *interned)
{
    return ((uintptr_t)interned >> 4) % NAME_SLOTS;
}

/* Equal texts are one in Lua: addresses tell names apart. NULL: no such name. */
static const struct name *find_name(const struct policy_vm *vm, const char *interned)
{
    size_t slot = slot_of(interned);

    while (vm->name_slots[slot]) {
        const struct name *name = &vm->names[vm->name_slots[slot] - 1];
        if (name->interned == interned)
            return name;
        slot = (slot + 1) % NAME_SLOTS;
    }
    return NULL;
}

static int event_index(lua_State *L)
{
    struct policy_vm *vm = ((struct handle *)lua_touserdata(L, 1))->vm;
    const struct record *r = record_at(L);

    const struct name *name = NULL;

    if (lua_type(L, 2) == LUA_TSTRING)
        name = find_name(vm, lua_tostring(L, 2));
    if (!name)
        return unknown_field(L, vm);
    if (name->field.known_from > vm->stage)
        return luaL_error(L, "'%s' is not known at this stage", lua_tostring(L, 2));
    switch (name->kind) {
    case NAME_FIELD:
        lua_field_push(L, r, name->field);
        break;
    case NAME_TAGS:
        push_shared(L, UPVALUE_TAGS, UPVALUE_TAGS_MADE, &vm->tags_handle, vm->handle);
        break;
    case NAME_METADATA:
        push_shared(L, UPVALUE_METADATA, UPVALUE_METADATA_MADE, &vm->metadata_handle,
                    vm->handle);
        break;
    case NAME_HAS_TAG:
        lua_pushvalue(L, lua_upvalueindex(UPVALUE_HAS_TAG));
        break;
    case NAME_REQUESTED_USD:
        push_requested_usd(L, vm);
        break;
    }
    return 1;
}

/* Upvalue: the metatable of events. Unlike __index this may be called with anything. */
static int event_has_tag(lua_State *L)
{
    if (!lua_getmetatable(L, 1) || !lua_rawequal(L, -1, lua_upvalueindex(1)))
        luaL_checkudata(L, 1, EVENT);
    const struct record *r = record_at(L);
    struct str wanted;
    bool found = false;

    wanted.at = luaL_checklstring(L, 2, &wanted.size);
    for (size_t i = 0; i < r->ev.tag_count; i++)
        found |= str_eq(r->ev.tags[i], wanted);
    lua_pushboolean(L, found);
    return 1;
}

static int tags_index(lua_State *L)
{
    const struct record *r = record_at(L);
    double at = lua_type(L, 2) == LUA_TNUMBER ? lua_tonumber(L, 2) : 0;

    if (!(at >= 1 && at <= r->ev.tag_count))
        return 0;
    push_str(L, r->ev.tags[(size_t)at - 1]);
    return 1;
}

static int tags_length(lua_State *L)
{
    lua_pushinteger(L, record_at(L)->ev.tag_count);
    return 1;
}

static int metadata_index(lua_State *L)
{
    const struct record *r = record_at(L);
    struct str name;

    if (r->ev.metadata_count == 0)
        return 0;
    name = lua_push_text(L, 2);
    for (size_t i = 0; i < r->ev.metadata_count; i++) {
        if (!str_eq(r->ev.metadata[i].name, name))
            continue;
        push_str(L, r->ev.metadata[i].value);
        return 1;
    }
    return 0;
}

static int no_write(lua_State *L)
{
    return luaL_error(L, "an event is read-only: return the answer instead");
}

static void add_name(struct policy_vm *vm, struct str text, enum name_kind kind,
                     struct field field)
{
    vm->names[vm->name_count++] =
        (struct name){.text = text, .kind = kind, .field = field};
}

static void collect_names(struct policy_vm *vm)
{
    const struct schema *schema = vm->set->options.schema;
    struct field field, decoded = {FIELD_NONE, 0, STAGE_DECODE};

    vm->name_count = 0;
    for (size_t i = 0; vm->name_count < NAMES_MAX - 4 && field_at(schema, i, &field); i++)
        add_name(vm, field_name(schema, field), NAME_FIELD, field);
    add_name(vm, STR("tags"), NAME_TAGS, decoded);
    add_name(vm, STR("metadata"), NAME_METADATA, decoded);
    add_name(vm, STR("has_tag"), NAME_HAS_TAG, decoded);
    add_name(vm, STR("requested_model_usd"), NAME_REQUESTED_USD,
             (struct field){FIELD_NONE, 0, STAGE_PRICE});
}

/* A list of them, which keeps them. */
static void push_names(lua_State *L, struct policy_vm *vm)
{
    lua_newtable(L);
    for (size_t i = 0; i < vm->name_count; i++) {
        struct name *name = &vm->names[i];
        lua_pushlstring(L, name->text.at, name->text.size);
        name->interned = lua_tostring(L, -1);
        lua_rawseti(L, -2, (int)i + 1);
        size_t slot = slot_of(name->interned);
        while (vm->name_slots[slot])
            slot = (slot + 1) % NAME_SLOTS;
        vm->name_slots[slot] = (uint8_t)(i + 1);
    }
}

void lua_event_open(lua_State *L)
{
    static const luaL_Reg event[] = {{"__newindex", no_write}, {NULL, NULL}};
    static const luaL_Reg tags[] = {{"__index", tags_index},
                                    {"__len", tags_length},
                                    {"__newindex", no_write},
                                    {NULL, NULL}};
    static const luaL_Reg metadata[] = {
        {"__index", metadata_index}, {"__newindex", no_write}, {NULL, NULL}};
    struct policy_vm *vm = vm_of(L);

    metatable_new(L, EVENT, event);
    metatable_new(L, TAGS, tags);
    metatable_new(L, METADATA, metadata);
    collect_names(vm);
    luaL_getmetatable(L, EVENT);
    lua_pushvalue(L, -1);
    lua_pushcclosure(L, event_has_tag, 1);
    luaL_getmetatable(L, TAGS);
    luaL_getmetatable(L, METADATA);
    lua_pushnil(L);
    lua_pushnil(L);
    push_names(L, vm);
    lua_pushcclosure(L, event_index, UPVALUE_COUNT);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);
}
