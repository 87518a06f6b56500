/* Label rules into slots, with a provenance for each path. */
#include "mapping.h"

/* What these hold is prompts, completions, or quotes them: no label comes from there. */
static const struct str closed_roots[] = {
    STR("messages"), STR("response"), STR("prompt"),    STR("completion"),
    STR("input"),    STR("output"),   STR("error_str"), STR("proxy_server_request"),
};

static bool is_below(struct str path, struct str root)
{
    return str_starts(path, root) &&
           (path.size == root.size || path.at[root.size] == '.');
}

static bool is_closed(struct str path)
{
    if (is_below(path, STR("data")))
        path = str_from(path, 5);
    for (size_t i = 0; i < sizeof closed_roots / sizeof *closed_roots; i++)
        if (is_below(path, closed_roots[i]))
            return true;
    return false;
}

static bool is_flat(const struct source *s)
{
    return s->attributes || (s->mapping && s->mapping->flat);
}

/* Of attributes only "metadata.*" is all below: metadata.user_api_key_team_id is the
 * gateway's, what the text of "metadata" holds the client's. */
static bool is_within(const struct source *s, struct str path, struct str above)
{
    if (str_starts(path, above) && str_starts(str_from(path, above.size), STR(" > ")))
        return true;
    if (!s->attributes)
        return is_below(path, above);
    if (str_ends(above, STR(".*")))
        return str_starts(path, (struct str){above.at, above.size - 1});
    return str_eq(path, above);
}

bool source_is_by_caller(const struct source *s, struct str path)
{
    for (size_t i = 0; i < s->caller_count; i++)
        if (is_within(s, path, s->callers[i]))
            return true;
    return false;
}

/* A tag belongs to whoever fills in the array of tags. */
static enum provenance_from from_whom(const struct source *s, struct str path)
{
    bool caller =
        str_starts(path, STR("tag:")) ? s->tags_by_caller : source_is_by_caller(s, path);

    return caller ? FROM_CALLER : FROM_GATEWAY;
}

static bool add_path(struct source *s, struct label_map *map, struct str name,
                     struct str text, struct err *err)
{
    struct label_path *path = &map->paths[map->path_count];
    struct str copy = arena_copy(&s->arena, text);

    if (!copy.size)
        return err_set(err, ERR_CONFIG, "an empty path");
    path->by = (struct provenance){.from = from_whom(s, text), .field = copy};
    path->strict = s->format->own_names && str_eq(name, text);
    map->path_count++;
    if (is_closed(text) ||
        (!str_starts(text, STR("tag:")) &&
         path_is_closed(text, is_flat(s), str_eq(name, STR("hashed_api_key")))))
        return err_set(err, ERR_CONFIG,
                       "\"%.*s\" may hold a prompt or a completion, never read here",
                       STR_ARG(text));
    if (!str_starts(text, STR("tag:")))
        return source_want(s, copy, &path->slot, err);
    if (text.size == 4)
        return err_set(err, ERR_CONFIG, "\"tag:\" without a name");
    char *prefix = arena_alloc(&s->arena, text.size - 3);
    if (!prefix)
        return err_set(err, ERR_MEMORY, "no memory");
    memcpy(prefix, text.at + 4, text.size - 4);
    prefix[text.size - 4] = ':';
    path->tag = (struct str){prefix, text.size - 3};
    return true;
}

static bool is_mapped(struct field field)
{
    return (field.kind == FIELD_TEXT &&
            (text_is_label(field.index) || field.index == TEXT_SESSION_ID)) ||
           (field.kind == FIELD_COUNT && field.index == COUNT_RETRY_DEPTH);
}

static struct label_map *find_map(struct source *s, struct field field)
{
    for (size_t i = 0; i < s->map_count; i++)
        if (s->maps[i].field.kind == field.kind && s->maps[i].field.index == field.index)
            return &s->maps[i];
    return NULL;
}

/* The place of a rule that no file has. */
static const char *file_of(const struct label_rule *rule)
{
    return rule->file ? rule->file : "labels";
}

static void refuse(const struct label_rule *rule, struct diags *diags, const char *why)
{
    diags_add(diags, file_of(rule), rule->line, rule->column, "label \"%.*s\": %s",
              STR_ARG(rule->label), why);
}

static void refuse_unknown(const struct label_rule *rule, const struct source *s,
                           struct diags *diags)
{
    struct str near = field_suggest(s->schema, rule->label);

    if (near.size && is_mapped(field_find(s->schema, near)))
        diags_add(diags, file_of(rule), rule->line, rule->column,
                  "\"%.*s\" is no label; did you mean \"%.*s\"?", STR_ARG(rule->label),
                  STR_ARG(near));
    else
        refuse(rule, diags, "no such label; the configuration may declare it");
}

/* One rule, unless an earlier one has the same label. */
static bool add_rule(struct source *s, const struct label_rule *rule, bool given,
                     struct diags *diags)
{
    struct field field = field_find(s->schema, rule->label);
    struct err err = {0};

    if (!is_mapped(field)) {
        refuse_unknown(rule, s, diags);
        return false;
    }
    if (find_map(s, field)) {
        if (given)
            refuse(rule, diags, "given twice");
        return !given;
    }
    if (rule->path_count > LABEL_PATHS_MAX) {
        refuse(rule, diags, "more than 20 paths");
        return false;
    }
    struct label_map *map = &s->maps[s->map_count++];
    map->field = field;
    for (size_t i = 0; i < rule->path_count; i++)
        if (!add_path(s, map, rule->label, rule->paths[i], &err)) {
            refuse(rule, diags, err.text);
            return false;
        }
    return true;
}

static bool add_rules(struct source *s, const struct label_rule *rules, size_t count,
                      bool given, struct diags *diags)
{
    bool ok = true;

    for (size_t i = 0; i < count; i++)
        ok &= add_rule(s, &rules[i], given, diags);
    return ok;
}

/* Each label from the field of its own name. */
static bool add_own_names(struct source *s, struct diags *diags)
{
    struct field field;

    for (size_t i = 0; field_at(s->schema, i, &field); i++) {
        if (!is_mapped(field))
            continue;
        struct label_rule rule = {.label = field_name(s->schema, field), .path_count = 1};
        rule.paths[0] = rule.label;
        if (!add_rule(s, &rule, false, diags))
            return false;
    }
    return true;
}

bool source_compile_labels(struct source *s, const struct source_options *options,
                           struct diags *diags)
{
    const struct format *f = s->format;

    if (!add_rules(s, options->rules, options->rule_count, true, diags) ||
        !add_rules(s, f->rules, f->rule_count, false, diags))
        return false;
    if (f->own_names && !add_own_names(s, diags))
        return false;
    for (size_t i = 0; i < s->map_count; i++) {
        unsigned text = s->maps[i].field.index;
        if (s->maps[i].field.kind == FIELD_TEXT && text_is_label(text))
            s->maps[i].hash = options->hash_label[text - TEXT_LABEL_FIRST];
    }
    return true;
}
