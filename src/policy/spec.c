#include "spec.h"

/* Memory of the build; without it registration ends. */
void *take(lua_State *L, size_t size)
{
    void *memory = arena_zalloc(&vm_of(L)->build->arena, size + 1);

    if (!memory)
        luaL_error(L, "not enough memory for declarations");
    return memory;
}

struct str take_text(lua_State *L, int index)
{
    struct str text;

    text.at = luaL_checklstring(L, index, &text.size);
    char *copy = take(L, text.size);
    memcpy(copy, text.at, text.size);
    return (struct str){copy, text.size};
}

struct str spec_text(lua_State *L, const char *key)
{
    struct str text = {NULL, 0};

    lua_getfield(L, SPEC, key);
    if (!lua_isnil(L, -1))
        text = take_text(L, -1);
    lua_pop(L, 1);
    return text;
}

bool spec_number(lua_State *L, const char *key, double *out)
{
    lua_getfield(L, SPEC, key);
    bool present = lua_isnumber(L, -1);
    *out = lua_tonumber(L, -1);
    lua_pop(L, 1);
    return present;
}

int64_t spec_ns(lua_State *L, const char *key)
{
    double seconds;

    spec_number(L, key, &seconds);
    return (int64_t)(seconds * 1e9 + 0.5);
}

bool spec_flag(lua_State *L, const char *key)
{
    lua_getfield(L, SPEC, key);
    bool flag = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return flag;
}

const struct str *spec_texts(lua_State *L, const char *key, size_t *count)
{
    lua_getfield(L, SPEC, key);
    *count = lua_istable(L, -1) ? lua_objlen(L, -1) : 0;
    struct str *texts = take(L, *count * sizeof *texts);
    for (size_t i = 0; i < *count; i++) {
        lua_rawgeti(L, -1, (int)i + 1);
        texts[i] = take_text(L, -1);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    return texts;
}

size_t spec_fields(lua_State *L, const char *key, struct field *out)
{
    const struct schema *schema = vm_of(L)->set->options.schema;
    size_t count;
    const struct str *names = spec_texts(L, key, &count);

    for (size_t i = 0; i < count; i++)
        out[i] = field_find(schema, names[i]);
    return count;
}

size_t spec_pairs(lua_State *L, const char *key, struct pair *out)
{
    lua_getfield(L, SPEC, key);
    size_t count = lua_objlen(L, -1);
    for (size_t i = 0; i < count; i++) {
        lua_rawgeti(L, -1, (int)i + 1);
        lua_rawgeti(L, -1, 1);
        lua_rawgeti(L, -2, 2);
        out[i] = (struct pair){take_text(L, -2), take_text(L, -1)};
        lua_pop(L, 3);
    }
    lua_pop(L, 1);
    return count;
}

size_t spec_steps(lua_State *L, struct step *out)
{
    lua_getfield(L, SPEC, "steps");
    size_t count = lua_objlen(L, -1);
    for (size_t i = 0; i < count; i++) {
        lua_rawgeti(L, -1, (int)i + 1);
        lua_rawgeti(L, -1, 1);
        lua_rawgeti(L, -2, 2);
        out[i] = (struct step){lua_tonumber(L, -2), take_text(L, -1)};
        lua_pop(L, 3);
    }
    lua_pop(L, 1);
    return count;
}

size_t spec_where(lua_State *L, struct where_clause *out)
{
    const struct schema *schema = vm_of(L)->set->options.schema;

    lua_getfield(L, SPEC, "where");
    int list = lua_gettop(L);
    size_t count = lua_objlen(L, list);
    for (size_t i = 0; i < count; i++) {
        lua_rawgeti(L, list, (int)i + 1);
        lua_replace(L, SPEC);
        struct str name = spec_text(L, "field"), op = spec_text(L, "op");
        out[i].field = field_find(schema, name);
        out[i].op = str_eq(op, STR("in"))        ? WHERE_IN
                    : str_eq(op, STR("present")) ? WHERE_PRESENT
                                                 : WHERE_MISSING;
        out[i].values = spec_texts(L, "values", &out[i].value_count);
    }
    lua_pop(L, 1);
    return count;
}
