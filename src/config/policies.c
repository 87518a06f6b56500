/* Readers of the policies' section, and of the few keys that are like no other. */
#include "reader.h"
#include "spendwarden/log.h"

void read_data(struct reader *r, const struct setting *s, const struct yaml_node *n,
               char *base)
{
    size_t count;

    if (!map_of(r, s, n, &count))
        return;
    struct policy_data *list = keep_memory(r, count * sizeof *list);
    if (!list)
        return;
    for (size_t i = 0; i < count; i++) {
        const struct yaml_node *key = &n->keys[i];
        if (!is_label_name(key->text))
            complain(r, key, "%s: \"%.*s\" is not a name that Lua can use", s->path,
                     STR_ARG(key->text));
        list[i].name = keep_text(r, key->text);
        list[i].path = path_of(r, s, &n->values[i]);
    }
    *(const struct policy_data **)(base + s->offset) = list;
    *(size_t *)(base + s->count_offset) = count;
}

/* All keys of all policies; the count is checked against the bound here. */
static bool count_settings(struct reader *r, const struct setting *s,
                           const struct yaml_node *n, size_t *total)
{
    size_t policies, before = complaints(r);
    int64_t most = 0;

    *total = 0;
    if (!map_of(r, s, n, &policies))
        return false;
    for (size_t i = 0; i < policies; i++) {
        const struct yaml_node *of = &n->values[i];
        if (of->kind != YAML_MAP && !yaml_is_null(of))
            complain(r, of, "%s: \"%.*s\" must be a map of key: value", s->path,
                     STR_ARG(n->keys[i].text));
        *total += of->kind == YAML_MAP ? of->count : 0;
    }
    str_to_int64(str_of(s->most), &most);
    if (*total > (size_t)most)
        complain(r, n, "%s: has %zu entries, at most %s are possible", s->path, *total,
                 s->most);
    return complaints(r) == before;
}

/* `like` has what all settings of the policy share. */
static void read_setting(struct reader *r, const struct setting *s,
                         struct policy_setting like, const struct yaml_node *key,
                         const struct yaml_node *n, struct policy_setting *out)
{
    *out = like;
    out->key = keep_text(r, key->text);
    out->value = str_of(text_of(r, s, n));
}

void read_settings(struct reader *r, const struct setting *s, const struct yaml_node *n,
                   char *base)
{
    size_t total, filled = 0;

    if (!count_settings(r, s, n, &total))
        return;
    struct policy_setting *list = keep_memory(r, total * sizeof *list);
    if (!list)
        return;
    for (size_t i = 0; n->kind == YAML_MAP && i < n->count; i++) {
        const struct yaml_node *of = &n->values[i];
        struct policy_setting like = {.policy = keep_text(r, n->keys[i].text),
                                      .file = r->origin.name};
        if (r->origin.placed) {
            like.line = n->keys[i].line;
            like.column = n->keys[i].column;
        }
        for (size_t j = 0; of->kind == YAML_MAP && j < of->count; j++)
            read_setting(r, s, like, &of->keys[j], &of->values[j], &list[filled++]);
    }
    *(const struct policy_setting **)(base + s->offset) = list;
    *(size_t *)(base + s->count_offset) = total;
}

void read_zone(struct reader *r, const struct setting *s, const struct yaml_node *n,
               char *base)
{
    const char *name = text_of(r, s, n);
    struct err err = {0};

    if (!name)
        return;
    *(const char **)(base + s->offset) = name;
    if (!zone_load(&r->config->zone, name, &err))
        complain(r, n, "%s", err.text);
}

void read_zero_first(struct reader *r, const struct setting *s, const struct yaml_node *n,
                     char *base)
{
    int64_t *out = (int64_t *)(base + s->offset), ns;
    bool scalar = n->kind == YAML_SCALAR;

    if (scalar && str_eq(n->text, STR("auto")))
        *out = ZERO_FIRST_AUTO;
    else if (scalar && str_eq(n->text, STR("off")))
        *out = 0;
    else if (scalar && duration_parse(&ns, n->text))
        read_duration(r, s, n, base);
    else
        complain_type(r, s, n, "auto, off or a duration such as 60s");
}
