#include "mapping.h"

#include <stdio.h>
#include <stdlib.h>

enum { MAPPING_FILE_MAX = 256 * 1024 };

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

/* The tree of what `options` name, and the name of the file in messages. */
static bool read_mapping(struct source *s, const struct source_options *options,
                         struct yaml_node **root, const char **file, struct diags *diags)
{
    if (!options->mapping) {
        const struct builtin *builtin = builtin_find(options->name);
        struct str text = {builtin->text, (size_t)(builtin->end - builtin->text)};
        *file = builtin->file;
        return yaml_parse(root, text, *file, &s->arena, diags);
    }
    *file = arena_cstr(&s->arena, str_of(options->mapping));
    if (!*file) {
        diags_add(diags, options->mapping, 0, 0, "no memory");
        return false;
    }
    return options->mapping_text.size
               ? yaml_parse(root, options->mapping_text, *file, &s->arena, diags)
               : yaml_load(root, *file, MAPPING_FILE_MAX, &s->arena, diags);
}

/* A mapping of one's own goes by the name that it has. */
static bool take_name(struct source *s, const struct source_options *options,
                      const struct yaml_node *root, const char *file, struct diags *diags)
{
    const struct yaml_node *n = yaml_get(root, STR("name"));
    const struct builtin *builtin = builtin_find(s->mapping->source);

    s->name = s->mapping->source;
    if (s->name.size > SOURCE_NAME_MAX)
        diags_add(diags, file, n->line, n->column, "name: more than %d bytes",
                  SOURCE_NAME_MAX);
    else if (builtin && !options->replace)
        diags_add(diags, file, n->line, n->column,
                  "name: \"%.*s\" is built in: take another, or say replace: true in "
                  "the configuration",
                  STR_ARG(s->name));
    else if (s->attributes && !(builtin && str_starts(s->name, STR("otlp"))))
        diags_add(diags, file, n->line, n->column,
                  "signal: only a mapping that replaces otlp or otlp_logs has it");
    else
        return true;
    return false;
}

static bool copy_scopes(struct source *s, enum scope_rule rule,
                        const struct scope_list *list)
{
    struct str *names = arena_alloc(&s->arena, SCOPES_MAX * sizeof *names);

    for (size_t i = 0; names && i < list->count; i++)
        names[i] = arena_copy(&s->arena, list->names[i]);
    s->scopes[rule] = (struct scope_list){names ? list->count : 0, names};
    return names != NULL;
}

static bool compile_scopes(struct source *s, const struct source_options *options,
                           struct diags *diags)
{
    for (unsigned rule = 0; rule < SCOPE_RULES; rule++) {
        const struct scope_list *list = &options->scopes[rule];
        const char *why = NULL;
        if (list->count && source_signal(s) == OTLP_NONE)
            why = "only OTLP has scopes";
        else if (list->count && !copy_scopes(s, (enum scope_rule)rule, list))
            why = "no memory";
        if (!why)
            continue;
        diags_add(diags, "sources", 0, 0, "source \"%.*s\": %s", STR_ARG(s->name), why);
        return false;
    }
    return true;
}

enum scope_rule source_scope_rule(const struct source *s, struct str scope)
{
    for (unsigned rule = 0; rule < SCOPE_RULES; rule++)
        for (size_t i = 0; i < s->scopes[rule].count; i++)
            if (str_eq(s->scopes[rule].names[i], scope))
                return (enum scope_rule)rule;
    return SCOPE_PLAIN;
}

static bool compile_mapping(struct source *s, const struct source_options *options,
                            struct diags *diags)
{
    struct yaml_node *root;
    const char *file;

    if (!read_mapping(s, options, &root, &file, diags))
        return false;
    bool ok = mapping_compile(s, root, file, diags);
    ok = source_compile_labels(s, options, diags) && ok; /* to show all errors at once */
    return ok && (!options->mapping || take_name(s, options, root, file, diags)) &&
           want_metadata(s, options, diags) &&
           source_compile_signature(s, options, diags);
}

static bool compile(struct source *s, const struct source_options *options,
                    struct diags *diags)
{
    struct err err = {0};

    s->schema = options->schema;
    s->gateway = options->gateway;
    memcpy(s->hash_key, options->hash_key, sizeof s->hash_key);
    s->name = arena_copy(&s->arena, options->name);
    s->callers = s->format->callers;
    s->caller_count = s->format->caller_count;
    s->shape = json_shape_new();
    if (!s->shape || (!s->name.size && !options->mapping))
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
    return source_compile_labels(s, options, diags) && want_metadata(s, options, diags) &&
           source_compile_signature(s, options, diags);
}

bool source_compile(struct source **out, const struct source_options *options,
                    struct diags *diags)
{
    const struct builtin *builtin = builtin_find(options->name);

    *out = NULL;
    if (!options->mapping && !builtin) {
        diags_add(diags, "sources", 0, 0, "there is no source \"%.*s\"",
                  STR_ARG(options->name));
        return false;
    }
    struct source *s = calloc(1, sizeof *s);
    if (!s) {
        diags_add(diags, "sources", 0, 0, "no memory for a source");
        return false;
    }
    s->format = options->mapping ? &format_mapped : builtin->format;
    if (!compile(s, options, diags) || !compile_scopes(s, options, diags)) {
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

bool source_mapping_name(struct str *out, const char *path, struct arena *arena)
{
    struct diags diags = {0};
    struct yaml_node *root;
    const struct yaml_node *n = NULL;

    if (yaml_load(&root, path, MAPPING_FILE_MAX, arena, &diags) && root->kind == YAML_MAP)
        n = yaml_get(root, STR("name"));
    diags_release(&diags);
    *out = n ? n->text : (struct str){NULL, 0};
    return str_is_name(*out);
}

bool source_is_mapping(const char *path)
{
    static const struct str keys[] = {STR("name"), STR("fields"), STR("identity"),
                                      STR("events")};
    struct diags diags = {0};
    struct yaml_node *root;
    struct arena arena;

    arena_init(&arena, 0);
    bool is = !yaml_load(&root, path, MAPPING_FILE_MAX, &arena, &diags);
    for (size_t i = 0; !is && i < sizeof keys / sizeof *keys; i++)
        is = yaml_get(root, keys[i]) != NULL;
    diags_release(&diags);
    arena_release(&arena);
    return is;
}

enum otlp_signal source_signal(const struct source *s)
{
    return s->mapping ? s->mapping->signal : OTLP_NONE;
}
