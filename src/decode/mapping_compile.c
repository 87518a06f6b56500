/* YAML to a mapping, with every error at its place. */
#include <stdarg.h>
#include <stdio.h>

#include "mapping_reading.h"

void mapping_complain(struct reading *r, const struct yaml_node *n, const char *format,
                      ...)
{
    char text[300];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    r->ok = false;
    diags_add(r->diags, r->file, n->line, n->column, "%s", text);
}

void *mapping_take(struct reading *r, const struct yaml_node *n, size_t size)
{
    void *memory = arena_zalloc(&r->s->arena, size ? size : 1);

    if (!memory)
        mapping_complain(r, n, "no memory");
    return memory;
}

struct str mapping_copy(struct reading *r, struct str text)
{
    return arena_copy(&r->s->arena, text);
}

/* A scalar or a list of them, as a list. */
const struct yaml_node *mapping_items(const struct yaml_node *n, size_t *count)
{
    *count = n->kind == YAML_LIST ? n->count : 1;
    return n->kind == YAML_LIST ? n->values : n;
}

bool mapping_is_text(struct reading *r, const struct yaml_node *n)
{
    if (n->kind == YAML_SCALAR && n->text.size)
        return true;
    mapping_complain(r, n, "text is needed here");
    return false;
}

bool mapping_want(struct reading *r, const struct yaml_node *n, unsigned *slot)
{
    struct err err = {0};

    if (n->kind != YAML_SCALAR || !n->text.size) {
        mapping_complain(r, n, "a path is text, keys joined by dots");
        return false;
    }
    if (source_want(r->s, n->text, slot, &err))
        return true;
    mapping_complain(r, n, "%s", err.text);
    return false;
}

bool mapping_open(struct reading *r, const struct yaml_node *n, bool for_key)
{
    if (!path_is_closed(n->text, r->m->flat || r->s->attributes, for_key))
        return true;
    mapping_complain(
        r, n,
        "\"%.*s\" may hold a prompt, a completion or a key: no text comes from there",
        STR_ARG(n->text));
    return false;
}

static void read_labels(struct reading *r, const struct yaml_node *n)
{
    struct label_rule *rules = mapping_take(r, n, n->count * sizeof *rules);

    if (n->kind != YAML_MAP || !rules) {
        mapping_complain(r, n, "labels are a map of labels to paths");
        return;
    }
    for (size_t i = 0; i < n->count; i++) {
        size_t count;
        const struct yaml_node *items = mapping_items(&n->values[i], &count);
        rules[i] = (struct label_rule){.label = mapping_copy(r, n->keys[i].text),
                                       .file = r->file,
                                       .line = n->keys[i].line,
                                       .column = n->keys[i].column};
        if (count > LABEL_PATHS_MAX) {
            mapping_complain(r, &n->values[i], "label \"%.*s\": more paths than 20",
                             STR_ARG(n->keys[i].text));
            continue;
        }
        for (size_t k = 0; k < count; k++)
            rules[i].paths[rules[i].path_count++] = mapping_copy(r, items[k].text);
    }
    r->format->rules = rules;
    r->format->rule_count = n->count;
}

static void read_any(struct reading *r, const struct yaml_node *n, struct map_any *any)
{
    size_t count;
    const struct yaml_node *items = mapping_items(n, &count);

    if (count > MAP_ANY_MAX) {
        mapping_complain(r, n, "more than 4 paths to choose from");
        return;
    }
    for (size_t i = 0; i < count; i++)
        if (mapping_want(r, &items[i], &any->slots[any->count]))
            any->count++;
}

static void read_identity(struct reading *r, const struct yaml_node *n)
{
    size_t count;
    const struct yaml_node *items = mapping_items(n, &count);

    if (count > IDENTITY_MAX) {
        mapping_complain(r, n, "more than 8 paths");
        return;
    }
    for (size_t i = 0; i < count; i++)
        read_any(r, &items[i], &r->m->identity[r->m->identity_count++]);
}

static void read_tags(struct reading *r, const struct yaml_node *n)
{
    size_t count;
    const struct yaml_node *items = mapping_items(n, &count);
    struct err err = {0};

    for (size_t i = 0; i < count; i++)
        if (mapping_is_text(r, &items[i]) && mapping_open(r, &items[i], false) &&
            !source_want_tags(r->s, mapping_copy(r, items[i].text), &err))
            mapping_complain(r, &items[i], "%s", err.text);
}

static void read_caller(struct reading *r, const struct yaml_node *n)
{
    size_t count;
    const struct yaml_node *items = mapping_items(n, &count);

    struct str *callers = mapping_take(r, n, count * sizeof *callers);
    for (size_t i = 0; callers && i < count; i++)
        if (mapping_is_text(r, &items[i]))
            callers[r->s->caller_count++] = mapping_copy(r, items[i].text);
    r->s->callers = callers;
}

static void read_signature(struct reading *r, const struct yaml_node *n)
{
    const struct yaml_node *header = yaml_get(n, STR("header"));

    if (n->kind != YAML_MAP || n->count != 1 || !header || !header->text.size) {
        mapping_complain(r, n, "a signature is {header: NAME}");
        return;
    }
    r->s->signature_header = arena_cstr(&r->s->arena, header->text);
}

static void read_metadata(struct reading *r, const struct yaml_node *n)
{
    size_t count;
    const struct yaml_node *items = mapping_items(n, &count);

    if (count > METADATA_ROOTS_MAX) {
        mapping_complain(r, n, "more than 3 paths");
        return;
    }
    for (size_t i = 0; i < count; i++)
        if (mapping_is_text(r, &items[i]) && mapping_open(r, &items[i], false))
            r->format->metadata_roots[i] = arena_cstr(&r->s->arena, items[i].text);
}

static void read_events(struct reading *r, const struct yaml_node *n)
{
    mapping_read_cases(r, n, true, &r->m->events);
}

static void read_failure(struct reading *r, const struct yaml_node *n)
{
    mapping_read_cases(r, n, false, &r->m->failure);
}

static void read_cancelled(struct reading *r, const struct yaml_node *n)
{
    mapping_read_cases(r, n, false, &r->m->cancelled);
}

static void read_cache_hit(struct reading *r, const struct yaml_node *n)
{
    mapping_read_cases(r, n, false, &r->m->cache_hit);
}

/* "true", "if_larger", or when it is. */
static void read_cache_beside(struct reading *r, const struct yaml_node *n)
{
    if (str_eq(n->text, STR("true")))
        r->m->cache = CACHE_BESIDE;
    else if (str_eq(n->text, STR("if_larger")))
        r->m->cache = CACHE_BESIDE_IF_LARGER;
    else if (n->kind == YAML_SCALAR)
        mapping_complain(r, n, "\"%.*s\" is none of true, if_larger and conditions",
                         STR_ARG(n->text));
    else
        mapping_read_cases(r, n, false, &r->m->cache_beside_input);
}

static void read_reasoning_beside(struct reading *r, const struct yaml_node *n)
{
    mapping_read_cases(r, n, false, &r->m->reasoning_beside_output);
}

/* Before any path is wanted. */
static void read_keys(struct reading *r, const struct yaml_node *n)
{
    r->m->flat = str_eq(n->text, STR("flat"));
    if (!r->m->flat && !str_eq(n->text, STR("nested")))
        mapping_complain(r, n, "keys: \"%.*s\" is none of flat, nested",
                         STR_ARG(n->text));
    if (r->m->flat)
        json_shape_flat(r->s->shape);
}

/* Attributes instead of JSON. */
static void read_signal(struct reading *r, const struct yaml_node *n)
{
    r->m->signal = str_eq(n->text, STR("logs"))     ? OTLP_LOGS
                   : str_eq(n->text, STR("traces")) ? OTLP_TRACES
                                                    : OTLP_NONE;
    if (r->m->signal == OTLP_NONE)
        mapping_complain(r, n, "signal: \"%.*s\" is none of traces, logs",
                         STR_ARG(n->text));
    r->s->attributes = mapping_take(r, n, sizeof *r->s->attributes);
}

static void read_inside(struct reading *r, const struct yaml_node *n)
{
    r->format->enveloped = str_eq(n->text, STR("data"));
    if (r->m->flat)
        mapping_complain(r, n, "inside does not go with flat keys");
    if (!r->format->enveloped)
        mapping_complain(r, n, "inside: \"%.*s\" is not data", STR_ARG(n->text));
    if (!source_want(r->s, STR("data"), &r->m->data_slot, &(struct err){0}))
        mapping_complain(r, n, "too many paths");
}

static void read_events_in(struct reading *r, const struct yaml_node *n)
{
    if (mapping_is_text(r, n))
        r->format->events_in = arena_cstr(&r->s->arena, n->text);
}

static void read_name(struct reading *r, const struct yaml_node *n)
{
    r->m->source = mapping_copy(r, n->text);
    r->format->name = r->m->source;
    if (!str_is_name(n->text))
        mapping_complain(r, n, "name: \"%.*s\" has other bytes than a-z, 0-9 and _",
                         STR_ARG(n->text));
}

/* In the order in which they take effect. */
static const struct {
    const char *name;
    bool needed;
    void (*read)(struct reading *r, const struct yaml_node *n);
} keys[] = {
    {"name", true, read_name},
    {"signal", false, read_signal},
    {"keys", false, read_keys},
    {"inside", false, read_inside},
    {"events_in", false, read_events_in},
    {"events", false, read_events},
    {"identity", false, read_identity},
    {"fields", true, mapping_read_fields},
    {"cache_beside_input", false, read_cache_beside},
    {"reasoning_beside_output", false, read_reasoning_beside},
    {"failure", false, read_failure},
    {"cancelled", false, read_cancelled},
    {"cache_hit", false, read_cache_hit},
    {"labels", false, read_labels},
    {"caller", false, read_caller},
    {"tags", false, read_tags},
    {"metadata", false, read_metadata},
    {"signature", false, read_signature},
};

enum { KEY_COUNT = sizeof keys / sizeof *keys };

static void check_keys(struct reading *r, const struct yaml_node *root)
{
    const char *names[KEY_COUNT];

    for (size_t i = 0; i < KEY_COUNT; i++)
        names[i] = keys[i].name;
    for (size_t i = 0; i < root->count; i++) {
        struct str key = root->keys[i].text;
        const char *near = str_nearest(key, names, KEY_COUNT);
        if (near && str_eq(key, str_of(near)))
            continue;
        mapping_complain(r, &root->keys[i], "unknown key \"%.*s\"%s%s%s", STR_ARG(key),
                         near ? ": did you mean \"" : "", near ? near : "",
                         near ? "\"?" : "");
    }
}

bool mapping_compile(struct source *s, const struct yaml_node *root, const char *file,
                     struct diags *diags)
{
    struct reading r = {.s = s, .file = file, .diags = diags, .ok = true};

    r.m = mapping_take(&r, root, sizeof *r.m);
    r.format = mapping_take(&r, root, sizeof *r.format);
    if (!r.ok)
        return false;
    *r.format = format_mapped;
    s->mapping = r.m;
    s->format = r.format;
    if (root->kind != YAML_MAP)
        mapping_complain(&r, root, "a mapping is a map");
    else
        check_keys(&r, root);
    for (size_t i = 0; i < KEY_COUNT; i++) {
        const struct yaml_node *n = yaml_get(root, str_of(keys[i].name));
        if (n)
            keys[i].read(&r, n);
        else if (keys[i].needed)
            mapping_complain(&r, root, "%s is missing", keys[i].name);
    }
    return r.ok;
}
