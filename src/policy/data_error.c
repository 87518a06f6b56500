/* What a policy raises about its data while it is loaded, at the place in the data's
 * file. */
#include "set.h"

static bool take(struct str *text, struct str prefix)
{
    if (!str_starts(*text, prefix))
        return false;
    *text = str_from(*text, prefix.size);
    return true;
}

/* Of the key in "['KEY']:"; NULL: the file has none of that name. */
static const struct yaml_node *key_in(const struct yaml_node *map, struct str text)
{
    for (size_t i = 0; map && map->kind == YAML_MAP && i < map->count; i++) {
        struct str rest = text;
        if (take(&rest, STR("['")) && take(&rest, map->keys[i].text) &&
            str_starts(rest, STR("']:")))
            return &map->keys[i];
    }
    return NULL;
}

bool set_data_refused(const struct policy_set *s, const char *message,
                      struct diags *diags)
{
    struct str text = str_of(message);

    if (!take(&text, STR("data.")))
        return false;
    for (size_t i = 0; i < s->options.data_count; i++) {
        const struct data_file *file = &s->data[i];
        struct str rest = text;
        if (!take(&rest, file->name) ||
            !(str_starts(rest, STR(":")) || str_starts(rest, STR("['"))))
            continue;
        const struct yaml_node *key = key_in(file->root, rest);
        diags_add_code(diags, "E112", file->path, key ? key->line : 0,
                       key ? key->column : 0, "%s", message);
        return true;
    }
    return false;
}
