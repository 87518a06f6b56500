/* Readers of labels: which there are, where they come from, where they show. */
#include "reader.h"

/* Names that metrics, alerts or policies already use beside the fields. */
static const char *const reserved[] = {
    "le",     "quantile", "job",     "instance",   "alertname", "severity", "step",
    "type",   "label",    "window",  "of",         "policy",    "rule",     "reason",
    "budget", "state",    "outcome", "value",      "tags",      "metadata", "gateway",
    "limits", "price",    "from",    "provenance",
};

static bool is_reserved(struct str name)
{
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
        if (str_eq(name, str_of(reserved[i])))
            return true;
    return false;
}

static bool is_lower_case(struct str name)
{
    for (size_t i = 0; i < name.size; i++)
        if (name.at[i] >= 'A' && name.at[i] <= 'Z')
            return false;
    return true;
}

static void declare(struct reader *r, const struct setting *s, const struct yaml_node *n,
                    struct schema *schema)
{
    struct str name = str_of(text_of(r, s, n));

    if (!name.at)
        return;
    if (!is_label_name(name) || !is_lower_case(name) || name.size > 64)
        complain(r, n,
                 "%s: \"%.*s\" is not a label name: write lower-case letters, "
                 "digits and _, at most 64",
                 s->path, STR_ARG(name));
    else if (field_find(schema, name).kind != FIELD_NONE)
        complain(r, n, "%s: \"%.*s\" exists already", s->path, STR_ARG(name));
    else if (is_reserved(name))
        complain(r, n, "%s: \"%.*s\" is reserved", s->path, STR_ARG(name));
    else
        schema->declared[schema->declared_count++] = name;
}

void read_declared(struct reader *r, const struct setting *s, const struct yaml_node *n,
                   char *base)
{
    const struct yaml_node *items;
    size_t count;

    if (!items_of(r, s, n, &items, &count))
        return;
    for (size_t i = 0; i < count; i++)
        declare(r, s, &items[i], (struct schema *)(base + s->offset));
}

/* FIELD_NONE after complaining, with the nearest name that there is. */
static struct field field_of(struct reader *r, const struct setting *s,
                             const struct yaml_node *n)
{
    const struct schema *schema = &r->config->schema;
    struct str name = str_of(text_of(r, s, n));
    struct field field = field_find(schema, name);

    if (!name.at || field.kind != FIELD_NONE)
        return field;
    struct str near = field_suggest(schema, name);
    if (near.size)
        complain(r, n, "%s: there is no field \"%.*s\": did you mean \"%.*s\"?", s->path,
                 STR_ARG(name), STR_ARG(near));
    else
        complain(r, n,
                 "%s: there is no field \"%.*s\"; labels of your own go into "
                 "labels.declared",
                 s->path, STR_ARG(name));
    return field;
}

static bool is_label(struct field field)
{
    return field.kind == FIELD_TEXT && text_is_label(field.index);
}

/* FIELD_NONE after complaining. */
static struct field label_of(struct reader *r, const struct setting *s,
                             const struct yaml_node *n)
{
    struct field field = field_of(r, s, n);

    if (field.kind == FIELD_NONE || is_label(field))
        return field;
    complain(r, n, "%s: \"%.*s\" is a field, but not a label", s->path, STR_ARG(n->text));
    return (struct field){FIELD_NONE, 0, STAGE_DECODE};
}

void read_hashed(struct reader *r, const struct setting *s, const struct yaml_node *n,
                 char *base)
{
    bool *hashed = (bool *)(base + s->offset);
    const struct yaml_node *items;
    size_t count;

    if (!items_of(r, s, n, &items, &count))
        return;
    for (size_t i = 0; i < count; i++) {
        struct field label = label_of(r, s, &items[i]);
        if (label.kind != FIELD_NONE)
            hashed[label.index - TEXT_LABEL_FIRST] = true;
    }
}

typedef bool field_check(struct reader *r, const struct setting *s,
                         const struct yaml_node *n, struct field field);

static void read_fields(struct reader *r, const struct setting *s,
                        const struct yaml_node *n, char *base, field_check *fits)
{
    struct field *fields = (struct field *)(base + s->offset);
    size_t *filled = (size_t *)(base + s->count_offset);
    const struct yaml_node *items;
    size_t count;

    if (!items_of(r, s, n, &items, &count))
        return;
    for (size_t i = 0; i < count; i++) {
        struct field field = field_of(r, s, &items[i]);
        bool twice = false;
        for (size_t j = 0; j < *filled; j++)
            twice |= fields[j].kind == field.kind && fields[j].index == field.index;
        if (twice)
            complain(r, &items[i], "%s: \"%.*s\" is named twice", s->path,
                     STR_ARG(items[i].text));
        else if (field.kind != FIELD_NONE && fits(r, s, &items[i], field))
            fields[(*filled)++] = field;
    }
}

/* Text with few values that no family brings along itself. */
static bool fits_metrics(struct reader *r, const struct setting *s,
                         const struct yaml_node *n, struct field field)
{
    bool text = field.kind == FIELD_TEXT;
    bool derived = field.kind == FIELD_DERIVED;
    bool unique =
        text && (field.index == TEXT_ID || field.index == TEXT_CALL_ID ||
                 field.index == TEXT_TRACE_ID || field.index == TEXT_SPAN_ID ||
                 field.index == TEXT_RESPONSE_ID || field.index == TEXT_REPORTED_OTHER);
    bool flag =
        derived && (field.index == DERIVED_CLASS || field.index == DERIVED_PRICE_STATUS ||
                    field.index == DERIVED_CACHE_HIT || field.index == DERIVED_STREAM);

    if (unique)
        complain(r, n, "%s: \"%.*s\" is different for each event", s->path,
                 STR_ARG(n->text));
    else if (derived && field.index == DERIVED_STATUS)
        complain(r, n, "%s: \"status\" is a label of llm_requests_total anyway", s->path);
    else if (!text && !flag)
        complain(r, n, "%s: \"%.*s\" is a number, not a text", s->path, STR_ARG(n->text));
    return (text && !unique) || flag;
}

void read_metric_labels(struct reader *r, const struct setting *s,
                        const struct yaml_node *n, char *base)
{
    read_fields(r, s, n, base, fits_metrics);
}

static bool fits_coverage(struct reader *r, const struct setting *s,
                          const struct yaml_node *n, struct field field)
{
    if (!is_label(field))
        complain(r, n, "%s: \"%.*s\" is a field, but not a label", s->path,
                 STR_ARG(n->text));
    return is_label(field);
}

void read_coverage(struct reader *r, const struct setting *s, const struct yaml_node *n,
                   char *base)
{
    read_fields(r, s, n, base, fits_coverage);
}

void read_event_labels(struct reader *r, const struct setting *s,
                       const struct yaml_node *n, char *base)
{
    read_pairs(r, s, n, base);
    for (size_t i = 0; n->kind == YAML_MAP && i < n->count; i++) {
        if (is_label_name(n->keys[i].text))
            label_of(r, s, &n->keys[i]);
        if (n->values[i].text.size > TEXT_VALUE_MAX)
            complain(r, &n->values[i], "%s: is longer than %d bytes", s->path,
                     TEXT_VALUE_MAX);
    }
}

/* `retry_depth` and `session_id` may be mapped although they are no labels. */
static bool is_mapped(struct field field)
{
    return is_label(field) ||
           (field.kind == FIELD_TEXT && field.index == TEXT_SESSION_ID) ||
           (field.kind == FIELD_COUNT && field.index == COUNT_RETRY_DEPTH);
}

static void read_rule(struct reader *r, const struct setting *s,
                      const struct yaml_node *key, const struct yaml_node *n,
                      struct label_rule *rule)
{
    struct field field = field_of(r, s, key);
    size_t count = n->kind == YAML_LIST ? n->count : 1;

    if (field.kind != FIELD_NONE && !is_mapped(field))
        complain(r, key, "%s: \"%.*s\" is a field, but not a label", s->path,
                 STR_ARG(key->text));
    if (count == 0 || count > LABEL_PATHS_MAX) {
        complain(r, n, "%s: \"%.*s\" must have 1 to %d paths", s->path,
                 STR_ARG(key->text), LABEL_PATHS_MAX);
        return;
    }
    rule->label = keep_text(r, key->text);
    rule->path_count = count;
    for (size_t i = 0; i < count; i++)
        rule->paths[i] = str_of(text_of(r, s, n->kind == YAML_LIST ? &n->values[i] : n));
    rule->file = r->origin.name;
    rule->line = r->origin.placed ? key->line : 0;
    rule->column = r->origin.placed ? key->column : 0;
}

static void read_source(struct reader *r, const struct setting *s,
                        const struct yaml_node *key, const struct yaml_node *n,
                        struct source_config *source)
{
    is_source(r, s, key);
    if (n->kind != YAML_MAP) {
        complain(r, n, "%s: \"%.*s\" must be a map of label: path or paths", s->path,
                 STR_ARG(key->text));
        return;
    }
    /* A repeated key was refused before: no more rules than fields. */
    struct label_rule *rules = keep_memory(r, n->count * sizeof *rules);
    if (!rules)
        return;
    for (size_t i = 0; i < n->count; i++)
        read_rule(r, s, &n->keys[i], &n->values[i], &rules[i]);
    source->name = keep_text(r, key->text);
    source->rules = rules;
    source->rule_count = n->count;
}

void read_sources(struct reader *r, const struct setting *s, const struct yaml_node *n,
                  char *base)
{
    size_t count;

    if (!map_of(r, s, n, &count))
        return;
    struct source_config *list = keep_memory(r, count * sizeof *list);
    if (!list)
        return;
    for (size_t i = 0; i < count; i++)
        read_source(r, s, &n->keys[i], &n->values[i], &list[i]);
    *(const struct source_config **)(base + s->offset) = list;
    *(size_t *)(base + s->count_offset) = count;
}
