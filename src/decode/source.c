#include "mapping.h"

#include <stdio.h>
#include <stdlib.h>

static bool want_metadata_key(struct source *s, struct str key, struct err *err)
{
    char path[JSON_PATH_MAX + 1];
    size_t i = s->metadata_count;

    for (size_t root = 0; root < METADATA_ROOTS_MAX; root++) {
        if (!s->format->metadata_roots[root])
            continue;
        int size = snprintf(path, sizeof path, "%s.%.*s", s->format->metadata_roots[root],
                            STR_ARG(key));
        if ((size_t)size >= sizeof path)
            return err_set(err, ERR_CONFIG, "the key is too long");
        if (!source_want(s, str_of(path), &s->metadata_slots[i][root], err))
            return false;
    }
    s->metadata_keys[i] = arena_copy(&s->arena, key);
    s->metadata_count++;
    return s->metadata_keys[i].size > 0 || err_set(err, ERR_MEMORY, "no memory");
}

static bool want_metadata(struct source *s, const struct source_options *options,
                          struct diags *diags)
{
    static const struct str usual[] = {
        STR("environment"), STR("env"),      STR("app"),      STR("application"),
        STR("service"),     STR("feature"),  STR("workflow"), STR("job"),
        STR("cost_center"), STR("customer"), STR("team"),     STR("tenant"),
        STR("workflow_id"),
    };
    bool given = options->metadata_count > 0;
    const struct str *keys = given ? options->metadata_keys : usual;
    size_t count = given ? options->metadata_count : sizeof usual / sizeof *usual;

    if (count > METADATA_MAX) {
        diags_add(diags, "metadata", 0, 0, "at most %d keys", METADATA_MAX);
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        struct err err = {0};
        if (want_metadata_key(s, keys[i], &err))
            continue;
        diags_add(diags, "metadata", 0, 0, "key \"%.*s\": %s", STR_ARG(keys[i]),
                  err.text);
        return false;
    }
    return true;
}

static bool compile_mapping(struct source *s, const struct source_options *options,
                            struct diags *diags)
{
    const struct builtin *builtin = builtin_find(options->name);
    struct str text = {builtin->text, (size_t)(builtin->end - builtin->text)};
    struct yaml_node *root;

    return yaml_parse(&root, text, builtin->file, &s->arena, diags) &&
           mapping_compile(s, root, builtin->file, diags) &&
           source_compile_labels(s, options, diags) && want_metadata(s, options, diags);
}

static bool compile(struct source *s, const struct source_options *options,
                    struct diags *diags)
{
    struct err err = {0};

    s->schema = options->schema;
    s->gateway = options->gateway;
    memcpy(s->hash_key, options->hash_key, sizeof s->hash_key);
    s->name = arena_copy(&s->arena, options->name);
    s->shape = json_shape_new();
    if (!s->shape || !s->name.size)
        err_set(&err, ERR_MEMORY, "no memory for a source");
    else if (s->format == &format_mapped)
        return compile_mapping(s, options, diags);
    else if (s->format->compile(s, &err))
        source_want_tags(s, str_of(s->format->tags), &err);
    if (err.kind != ERR_NONE) {
        diags_add(diags, "sources", 0, 0, "source \"%.*s\": %s", STR_ARG(options->name),
                  err.text);
        return false;
    }
    return source_compile_labels(s, options, diags) && want_metadata(s, options, diags);
}

bool source_compile(struct source **out, const struct source_options *options,
                    struct diags *diags)
{
    const struct builtin *builtin = builtin_find(options->name);

    *out = NULL;
    if (!builtin) {
        diags_add(diags, "sources", 0, 0, "there is no source \"%.*s\"",
                  STR_ARG(options->name));
        return false;
    }
    struct source *s = calloc(1, sizeof *s);
    if (!s) {
        diags_add(diags, "sources", 0, 0, "no memory for a source");
        return false;
    }
    s->format = builtin->format;
    if (!compile(s, options, diags)) {
        source_free(s);
        return false;
    }
    *out = s;
    return true;
}

void source_free(struct source *s)
{
    if (!s)
        return;
    source_release_paths(s);
    arena_release(&s->arena);
    free(s);
}

struct str source_name(const struct source *s)
{
    return s->name;
}

struct str source_of_events(const struct source *s)
{
    return s->mapping ? s->mapping->source : s->name;
}

bool source_is_otlp(const struct source *s)
{
    return s->attributes != NULL;
}
