#include "parts.h"

#include <stdio.h>

#include <jansson.h>

static bool copy(struct yaml_node *out, const json_t *value, struct arena *arena);

static bool copy_text(struct yaml_node *out, const char *text, bool quoted,
                      struct arena *arena)
{
    out->kind = YAML_SCALAR;
    out->quoted = quoted;
    out->text = arena_copy(arena, str_of(text));
    return out->text.at || !*text;
}

static bool copy_number(struct yaml_node *out, const json_t *value, struct arena *arena)
{
    char text[40];

    if (json_is_integer(value))
        snprintf(text, sizeof text, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    else
        snprintf(text, sizeof text, "%.15g", json_real_value(value));
    return copy_text(out, text, false, arena);
}

static bool copy_list(struct yaml_node *out, const json_t *list, struct arena *arena)
{
    out->kind = YAML_LIST;
    out->count = json_array_size(list);
    out->values = arena_zalloc(arena, out->count * sizeof *out->values);
    if (!out->values)
        return false;
    for (size_t i = 0; i < out->count; i++)
        if (!copy(&out->values[i], json_array_get(list, i), arena))
            return false;
    return true;
}

static bool copy_map(struct yaml_node *out, json_t *map, struct arena *arena)
{
    const char *key;
    json_t *value;

    out->kind = YAML_MAP;
    out->keys = arena_zalloc(arena, json_object_size(map) * sizeof *out->keys);
    out->values = arena_zalloc(arena, json_object_size(map) * sizeof *out->values);
    if (!out->keys || !out->values)
        return false;
    json_object_foreach(map, key, value)
    {
        if (!copy_text(&out->keys[out->count], key, true, arena) ||
            !copy(&out->values[out->count], value, arena))
            return false;
        out->count++;
    }
    return true;
}

static bool copy(struct yaml_node *out, const json_t *value, struct arena *arena)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return copy_map(out, (json_t *)(uintptr_t)value, arena);
    case JSON_ARRAY:
        return copy_list(out, value, arena);
    case JSON_STRING:
        return copy_text(out, json_string_value(value), true, arena);
    case JSON_INTEGER:
    case JSON_REAL:
        return copy_number(out, value, arena);
    case JSON_TRUE:
        return copy_text(out, "true", false, arena);
    case JSON_FALSE:
        return copy_text(out, "false", false, arena);
    default:
        return copy_text(out, "null", false, arena);
    }
}

bool price_tree_of_json(struct yaml_node **out, struct str text, struct arena *arena,
                        struct err *err)
{
    json_error_t why;
    json_t *root = json_loadb(text.at, text.size, JSON_REJECT_DUPLICATES, &why);

    if (!root)
        return err_set(err, ERR_CONFIG, "line %d: %s", why.line, why.text);
    *out = arena_zalloc(arena, sizeof **out);
    bool ok = *out && copy(*out, root, arena);
    json_decref(root);
    return ok || err_set(err, ERR_MEMORY, "no memory for the price book");
}
