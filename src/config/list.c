/* Readers of lists and maps. */
#include "reader.h"

#include <stdio.h>

/* Of a list setting, how many items it may have. */
static size_t most_items(const struct setting *s)
{
    int64_t most = 0;

    str_to_int64(str_of(s->most), &most);
    return (size_t)most;
}

static bool few_enough(struct reader *r, const struct setting *s,
                       const struct yaml_node *n, size_t count)
{
    if (count > most_items(s))
        complain(r, n, "%s: has %zu entries, at most %s are possible", s->path, count,
                 s->most);
    return count <= most_items(s);
}

bool items_of(struct reader *r, const struct setting *s, const struct yaml_node *n,
              const struct yaml_node **items, size_t *count)
{
    if (n->kind == YAML_MAP) {
        complain(r, n, "%s: is a map, must be a list", s->path);
        return false;
    }
    bool one = n->kind == YAML_SCALAR;
    *items = one ? n : n->values;
    *count = one ? !yaml_is_null(n) : n->count;
    return few_enough(r, s, n, *count);
}

bool map_of(struct reader *r, const struct setting *s, const struct yaml_node *n,
            size_t *count)
{
    *count = n->kind == YAML_MAP ? n->count : 0;
    if (n->kind == YAML_MAP || yaml_is_null(n))
        return few_enough(r, s, n, *count);
    complain(r, n, "%s: must be a %s", s->path, s->type);
    return false;
}

static void put_list(const struct setting *s, char *base, const void *list, size_t count)
{
    *(const void **)(base + s->offset) = list;
    *(size_t *)(base + s->count_offset) = count;
}

void read_texts(struct reader *r, const struct setting *s, const struct yaml_node *n,
                char *base)
{
    const struct yaml_node *items;
    size_t count;

    if (!items_of(r, s, n, &items, &count))
        return;
    struct str *list = keep_memory(r, count * sizeof *list);
    if (!list)
        return;
    for (size_t i = 0; i < count; i++)
        list[i] = str_of(text_of(r, s, &items[i]));
    put_list(s, base, list, count);
}

void read_paths(struct reader *r, const struct setting *s, const struct yaml_node *n,
                char *base)
{
    const struct yaml_node *items;
    size_t count;

    if (!items_of(r, s, n, &items, &count))
        return;
    const char **list = keep_memory(r, count * sizeof *list);
    if (!list)
        return;
    for (size_t i = 0; i < count; i++)
        list[i] = path_of(r, s, &items[i]);
    put_list(s, base, list, count);
}

void read_pairs(struct reader *r, const struct setting *s, const struct yaml_node *n,
                char *base)
{
    size_t count;

    if (!map_of(r, s, n, &count))
        return;
    struct pair *list = keep_memory(r, count * sizeof *list);
    if (!list)
        return;
    for (size_t i = 0; i < count; i++) {
        struct str name = n->keys[i].text;
        if (!is_label_name(name))
            complain(r, &n->keys[i], "%s: \"%.*s\" is not a label name", s->path,
                     STR_ARG(name));
        list[i].name = keep_text(r, name);
        list[i].value = str_of(text_of(r, s, &n->values[i]));
    }
    put_list(s, base, list, count);
}

/* One pair for each value. */
void read_match(struct reader *r, const struct setting *s, const struct yaml_node *n,
                char *base)
{
    const struct yaml_node *values;
    size_t labels, given, count = 0;

    if (!map_of(r, s, n, &labels))
        return;
    struct pair *list = keep_memory(r, labels * most_items(s) * sizeof *list);
    for (size_t i = 0; list && i < labels; i++) {
        struct str name = n->keys[i].text;
        if (!is_label_name(name))
            complain(r, &n->keys[i], "%s: \"%.*s\" is not a label name", s->path,
                     STR_ARG(name));
        if (!items_of(r, s, &n->values[i], &values, &given))
            continue;
        if (given == 0)
            complain(r, &n->values[i], "%s: \"%.*s\" has no value", s->path,
                     STR_ARG(name));
        for (size_t k = 0; k < given; k++)
            list[count++] =
                (struct pair){keep_text(r, name), str_of(text_of(r, s, &values[k]))};
    }
    if (list)
        put_list(s, base, list, count);
}

static void read_item(struct reader *r, struct str prefix, const struct yaml_node *item,
                      char *base)
{
    struct given given[SETTINGS_MAX] = {0};

    if (item->kind != YAML_MAP) {
        complain(r, item, "%.*s: must be a map", STR_ARG(prefix));
        return;
    }
    collect(r, given, prefix, item);
    apply(r, given, prefix, item, base);
}

void read_items(struct reader *r, const struct setting *s, const struct yaml_node *n,
                char *base)
{
    const struct yaml_node *items;
    char prefix[KEY_PATH_MAX];
    size_t count;

    if (!items_of(r, s, n, &items, &count))
        return;
    char *list = keep_memory(r, count * s->size);
    if (!list)
        return;
    snprintf(prefix, sizeof prefix, "%s[]", s->path);
    for (size_t i = 0; i < count; i++)
        read_item(r, str_of(prefix), &items[i], list + i * s->size);
    put_list(s, base, list, count);
}
