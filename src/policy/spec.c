#include "spec.h"

#include <math.h>

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

bool spec_has(lua_State *L, const char *key)
{
    lua_getfield(L, SPEC, key);
    bool has = !lua_isnil(L, -1);
    lua_pop(L, 1);
    return has;
}

int spec_index(lua_State *L, const char *key)
{
    double index;

    return spec_number(L, key, &index) ? (int)index : -1;
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

size_t spec_bounds(lua_State *L, int64_t *out)
{
    lua_getfield(L, SPEC, "buckets");
    size_t count = lua_istable(L, -1) ? lua_objlen(L, -1) : 0;
    for (size_t i = 0; i < count; i++) {
        lua_rawgeti(L, -1, (int)i + 1);
        out[i] = llrint(lua_tonumber(L, -1) * 1e9);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    return count;
}

size_t spec_burns(lua_State *L, struct burn *out)
{
    lua_pushvalue(L, SPEC);
    lua_getfield(L, SPEC, "burn");
    int list = lua_gettop(L);
    size_t count = lua_objlen(L, list);
    for (size_t i = 0; i < count; i++) {
        lua_rawgeti(L, list, (int)i + 1);
        lua_replace(L, SPEC);
        out[i] = (struct burn){.long_window = spec_index(L, "long_window"),
                               .short_window = spec_index(L, "short_window"),
                               .long_ns = spec_ns(L, "long"),
                               .short_ns = spec_ns(L, "short"),
                               .severity = spec_text(L, "severity")};
        spec_number(L, "factor", &out[i].factor);
    }
    lua_pop(L, 1);
    lua_replace(L, SPEC);
    return count;
}
