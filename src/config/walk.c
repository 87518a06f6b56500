/* Keys of the file against the table, with help for those that are not in it. */
#include "reader.h"

#include <stdio.h>

const char *setting_below(const char *path, struct str prefix)
{
    if (prefix.size == 0)
        return path;
    if (!str_starts(str_of(path), prefix) || path[prefix.size] != '.')
        return NULL;
    return path + prefix.size + 1;
}

const struct setting *setting_find(struct str path)
{
    for (size_t i = 0; i < setting_count; i++)
        if (str_eq(str_of(settings[i].path), path))
            return &settings[i];
    return NULL;
}

bool setting_is_section(struct str path)
{
    for (size_t i = 0; i < setting_count; i++)
        if (setting_below(settings[i].path, path))
            return true;
    return false;
}

/* Keys one level below `prefix`, each once; returns how many. */
static size_t children_of(struct reader *r, struct str prefix, const char **out)
{
    size_t count = 0;

    for (size_t i = 0; i < setting_count; i++) {
        const char *below = setting_below(settings[i].path, prefix);
        if (!below)
            continue;
        struct str name = {below, strcspn(below, ".[")};
        if (count && str_eq(str_of(out[count - 1]), name))
            continue;
        out[count] = arena_cstr(r->arena, name);
        if (out[count])
            count++;
    }
    return count;
}

/* A key of that name elsewhere: a line in the wrong section. */
static const char *elsewhere(struct str name)
{
    for (size_t i = 0; i < setting_count; i++) {
        const char *dot = strrchr(settings[i].path, '.');
        if (dot && !strchr(settings[i].path, '[') && str_eq(str_of(dot + 1), name))
            return settings[i].path;
    }
    return NULL;
}

static void complain_unknown(struct reader *r, struct str prefix,
                             const struct yaml_node *key)
{
    const char *known[SETTINGS_MAX];
    size_t count = children_of(r, prefix, known);
    const char *near = str_nearest(key->text, known, count);
    struct buf names = {0};

    buf_format(&names, "unknown key \"%.*s\"", STR_ARG(key->text));
    if (prefix.size)
        buf_format(&names, " in %.*s", STR_ARG(prefix));
    if (near || (near = elsewhere(key->text))) {
        buf_format(&names, ": did you mean \"%s\"?", near);
    } else {
        for (size_t i = 0; i < count; i++)
            buf_format(&names, "%s%s", i ? ", " : "; there are ", known[i]);
    }
    complain(r, key, "%.*s", STR_ARG(buf_str(&names)));
    buf_release(&names);
}

/* "prefix.key", or empty if that cannot be a path of the table. */
static struct str join(char out[KEY_PATH_MAX], struct str prefix, struct str key)
{
    bool odd = key.size == 0;

    for (size_t i = 0; i < key.size; i++)
        odd |= key.at[i] == '.' || key.at[i] == '[';
    if (odd || prefix.size + key.size + 2 > KEY_PATH_MAX)
        return STR("");
    int size = snprintf(out, KEY_PATH_MAX, "%.*s%s%.*s", STR_ARG(prefix),
                        prefix.size ? "." : "", STR_ARG(key));
    return (struct str){out, (size_t)size};
}

static void collect_one(struct reader *r, struct given *given, struct str prefix,
                        const struct yaml_node *key, const struct yaml_node *value)
{
    char joined[KEY_PATH_MAX];
    struct str path = join(joined, prefix, key->text);
    const struct setting *s = setting_find(path);

    if (s)
        given[s - settings] = (struct given){value, r->origin};
    else if (path.size == 0 || !setting_is_section(path))
        complain_unknown(r, prefix, key);
    else if (value->kind == YAML_MAP)
        collect(r, given, path, value);
    else if (!yaml_is_null(value))
        complain(r, value, "%.*s: must be a map", STR_ARG(path));
}

/* As deep as the table's paths are, whatever the file. */
void collect(struct reader *r, struct given *given, struct str prefix,
             const struct yaml_node *n)
{
    for (size_t i = 0; i < n->count; i++)
        collect_one(r, given, prefix, &n->keys[i], &n->values[i]);
}

/* The value or the default; NULL: neither. */
static const struct yaml_node *value_of(struct reader *r, const struct setting *s,
                                        const struct given *given)
{
    struct yaml_node *n = NULL;

    if (given->node) {
        r->origin = given->origin;
        return given->node;
    }
    r->origin = r->file;
    r->origin.placed = false;
    if (s->value)
        yaml_parse(&n, str_of(s->value), s->path, r->arena, r->diags);
    return n;
}

static void apply_one(struct reader *r, const struct setting *s,
                      const struct given *given, const struct yaml_node *parent,
                      char *base)
{
    struct origin outer = r->origin;
    const struct yaml_node *n = value_of(r, s, given);

    if (n)
        s->read(r, s, n, base);
    r->origin = outer;
    if (!n && s->required)
        complain(r, parent, "%s: is missing", s->path);
}

static void apply_some(struct reader *r, const struct given *given, struct str prefix,
                       const struct yaml_node *parent, char *base, bool early)
{
    for (size_t i = 0; i < setting_count; i++) {
        const char *below = setting_below(settings[i].path, prefix);
        if (below && !strchr(below, '[') && settings[i].early == early)
            apply_one(r, &settings[i], &given[i], parent, base);
    }
}

void apply(struct reader *r, const struct given *given, struct str prefix,
           const struct yaml_node *parent, char *base)
{
    apply_some(r, given, prefix, parent, base, true);
    apply_some(r, given, prefix, parent, base, false);
}
