/* Fields of a mapping: where each comes from, in which unit. */
#include "generic.h"
#include "mapping_reading.h"

static const struct {
    const char *name;
    enum map_target target;
    enum map_unit unit; /* of a number without one */
} targets[] = {
    {"duration", TARGET_DURATION, UNIT_S},
    {"time_to_first_token", TARGET_TO_FIRST_TOKEN, UNIT_S},
    {"reported_usd", TARGET_REPORTED, UNIT_USD},
    {"reported_currency", TARGET_CURRENCY, UNIT_NONE},
    {"stream", TARGET_STREAM, UNIT_NONE},
};

static void unknown_field(struct reading *r, const struct yaml_node *key)
{
    const char *names[64];
    const struct generic_field *fields;
    size_t count = generic_fields(&fields), most = sizeof names / sizeof *names - 1;
    size_t total = 0;

    for (size_t i = 0; i < count && total < most; i++)
        names[total++] = fields[i].name;
    for (size_t i = 0; i < sizeof targets / sizeof *targets && total < most; i++)
        names[total++] = targets[i].name;
    const char *near = str_nearest(key->text, names, total);
    if (near)
        mapping_complain(r, key, "unknown field \"%.*s\": did you mean \"%s\"?",
                         STR_ARG(key->text), near);
    else
        mapping_complain(r, key, "unknown field \"%.*s\": docs/sources.md lists them",
                         STR_ARG(key->text));
}

/* *unit: of numbers that have none of their own. */
static bool find_target(struct reading *r, const struct yaml_node *key,
                        struct map_value *v, enum map_unit *unit)
{
    const struct generic_field *fields;
    size_t count = generic_fields(&fields);

    *unit = UNIT_NONE;
    for (size_t i = 0; i < count; i++)
        if (str_eq(key->text, str_of(fields[i].name))) {
            v->target = TARGET_FIELD;
            v->field = fields[i].field;
            return true;
        }
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++)
        if (str_eq(key->text, str_of(targets[i].name))) {
            v->target = targets[i].target;
            *unit = targets[i].unit;
            return true;
        }
    unknown_field(r, key);
    return false;
}

static bool unit_fits(enum map_unit unit, const struct map_value *v)
{
    bool field = v->target == TARGET_FIELD;

    if (unit == UNIT_PROVIDER)
        return field && v->field.kind == FIELD_TEXT && v->field.index == TEXT_AI_SYSTEM;
    if (unit == UNIT_MODEL)
        return field && v->field.kind == FIELD_TEXT &&
               (v->field.index == TEXT_REQUESTED_MODEL ||
                v->field.index == TEXT_RESPONSE_MODEL);
    if (unit >= UNIT_USD)
        return v->target == TARGET_REPORTED;
    return v->target == TARGET_DURATION || v->target == TARGET_TO_FIRST_TOKEN ||
           (field && v->field.kind == FIELD_TIME);
}

static enum map_unit read_unit(struct reading *r, const struct yaml_node *n,
                               const struct map_value *v)
{
    static const struct {
        const char *name;
        enum map_unit unit;
    } units[] = {{"s", UNIT_S},
                 {"ms", UNIT_MS},
                 {"us", UNIT_US},
                 {"ns", UNIT_NS},
                 {"usd", UNIT_USD},
                 {"cents", UNIT_CENTS},
                 {"microusd", UNIT_MICROUSD},
                 {"model", UNIT_MODEL},
                 {"provider", UNIT_PROVIDER}};

    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (str_eq(n->text, str_of(units[i].name)) && unit_fits(units[i].unit, v))
            return units[i].unit;
    mapping_complain(
        r, n,
        "unit \"%.*s\" fits no such field: times have s, ms, us, ns, costs have "
        "usd, cents, microusd, names of models have "
        "model, providers provider",
        STR_ARG(n->text));
    return UNIT_NONE;
}

static void read_path(struct reading *r, const struct yaml_node *n, enum map_unit unit,
                      struct map_value *v)
{
    const struct yaml_node *path = n;

    if (n->kind == YAML_MAP) {
        const struct yaml_node *own = yaml_get(n, STR("unit"));
        path = yaml_get(n, STR("path"));
        if (!path || n->count != (own ? 2 : 1)) {
            mapping_complain(r, n, "a path with a unit is {path: ..., unit: ...}");
            return;
        }
        if (own)
            unit = read_unit(r, own, v);
    }
    if (v->target == TARGET_FIELD && v->field.kind == FIELD_TEXT &&
        !mapping_open(r, path, false))
        return;
    if (mapping_want(r, path, &v->paths[v->path_count].slot))
        v->paths[v->path_count++].unit = unit;
}

static void read_paths(struct reading *r, const struct yaml_node *n, enum map_unit unit,
                       struct map_value *v)
{
    size_t count;
    const struct yaml_node *items = mapping_items(n, &count);

    if (count > MAP_PATHS_MAX) {
        mapping_complain(r, n, "more than 24 paths");
        return;
    }
    v->paths = mapping_take(r, n, count * sizeof *v->paths);
    for (size_t i = 0; v->paths && i < count; i++)
        read_path(r, &items[i], unit, v);
}

static void read_prefixes(struct reading *r, const struct yaml_node *n,
                          struct map_value *v)
{
    if (n->kind != YAML_MAP || v->target != TARGET_FIELD || v->field.kind != FIELD_TEXT) {
        mapping_complain(r, n, "prefixes are a map, of a field that is text");
        return;
    }
    v->prefixes = mapping_take(r, n, n->count * sizeof *v->prefixes);
    for (size_t i = 0; v->prefixes && i < n->count; i++)
        if (mapping_is_text(r, &n->keys[i]) && mapping_is_text(r, &n->values[i]))
            v->prefixes[v->prefix_count++] = (struct map_prefix){
                mapping_copy(r, n->keys[i].text), mapping_copy(r, n->values[i].text)};
}

static void read_constant(struct reading *r, const struct yaml_node *n,
                          struct map_value *v)
{
    v->constant = mapping_copy(r, n->text);
    if (v->target != TARGET_FIELD || v->field.kind != FIELD_TEXT || !n->text.size)
        mapping_complain(r, n, "value is the text of a field that is text");
}

/* {from: ..., unit: ..., prefixes: ..., value: ...} */
static void read_detailed(struct reading *r, const struct yaml_node *n,
                          struct map_value *v, enum map_unit unit)
{
    const struct yaml_node *from = yaml_get(n, STR("from"));

    for (size_t i = 0; i < n->count; i++) {
        struct str key = n->keys[i].text;
        if (str_eq(key, STR("prefixes")))
            read_prefixes(r, &n->values[i], v);
        else if (str_eq(key, STR("value")))
            read_constant(r, &n->values[i], v);
        else if (str_eq(key, STR("unit")))
            unit = read_unit(r, &n->values[i], v);
        else if (!str_eq(key, STR("from")))
            mapping_complain(r, &n->keys[i],
                             "unknown key \"%.*s\": a field has from, unit, prefixes "
                             "and value",
                             STR_ARG(key));
    }
    if (from)
        read_paths(r, from, unit, v);
    else if (!v->constant.size)
        mapping_complain(r, n, "a field without from");
}

static void read_value(struct reading *r, const struct yaml_node *key,
                       const struct yaml_node *n)
{
    struct map_value *v = &r->m->values[r->m->value_count];
    enum map_unit unit;

    if (!find_target(r, key, v, &unit))
        return;
    if (n->kind == YAML_MAP && !yaml_get(n, STR("path")))
        read_detailed(r, n, v, unit);
    else
        read_paths(r, n, unit, v);
    r->m->value_count++;
}

void mapping_read_fields(struct reading *r, const struct yaml_node *n)
{
    if (n->kind != YAML_MAP || n->count > MAP_VALUES_MAX) {
        mapping_complain(r, n, "fields are a map of at most 48");
        return;
    }
    r->m->values = mapping_take(r, n, n->count * sizeof *r->m->values);
    for (size_t i = 0; r->m->values && i < n->count; i++)
        read_value(r, &n->keys[i], &n->values[i]);
}
