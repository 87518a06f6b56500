/* Rules of a mapping: which elements are events, which failed. */
#include "mapping_reading.h"

static const char *const skips[] = {"wrapper", "no_model_call", "no_cost_yet"};

static const char *read_skip(struct reading *r, const struct yaml_node *n)
{
    for (size_t i = 0; i < sizeof skips / sizeof *skips; i++)
        if (str_eq(n->text, str_of(skips[i])))
            return skips[i];
    mapping_complain(r, n,
                     "skip: \"%.*s\" is none of wrapper, no_model_call, no_cost_yet",
                     STR_ARG(n->text));
    return NULL;
}

static void read_texts(struct reading *r, const struct yaml_node *n,
                       struct map_condition *c)
{
    size_t count;
    const struct yaml_node *items = mapping_items(n, &count);

    c->test = TEST_ONE_OF;
    c->texts = mapping_take(r, n, count * sizeof *c->texts);
    for (size_t i = 0; c->texts && i < count; i++) {
        if (items[i].kind != YAML_SCALAR)
            mapping_complain(
                r, &items[i],
                "a value, a list of values, present, absent or {least: 400}");
        c->texts[c->text_count++] = mapping_copy(r, items[i].text);
    }
}

static void read_condition(struct reading *r, const struct yaml_node *key,
                           const struct yaml_node *n, struct map_condition *c)
{
    const struct yaml_node *least = yaml_get(n, STR("least"));

    if (!mapping_want(r, key, &c->slot))
        return;
    if (n->kind == YAML_MAP && n->count == 1 && least && yaml_int64(least, &c->least))
        c->test = TEST_AT_LEAST;
    else if (n->kind == YAML_SCALAR && !n->quoted && str_eq(n->text, STR("present")))
        c->test = TEST_PRESENT;
    else if (n->kind == YAML_SCALAR && !n->quoted && str_eq(n->text, STR("absent")))
        c->test = TEST_ABSENT;
    else
        read_texts(r, n, c);
}

static void read_conditions(struct reading *r, const struct yaml_node *n,
                            struct map_case *c)
{
    if (n->kind != YAML_MAP || n->count == 0) {
        mapping_complain(r, n, "conditions are a map of paths to values");
        return;
    }
    c->conditions = mapping_take(r, n, n->count * sizeof *c->conditions);
    for (size_t i = 0; c->conditions && i < n->count; i++)
        read_condition(r, &n->keys[i], &n->values[i],
                       &c->conditions[c->condition_count++]);
}

/* "events": {if, skip} each; elsewhere the conditions alone. */
static void read_case(struct reading *r, const struct yaml_node *n, bool events,
                      struct map_case *c)
{
    if (!events) {
        read_conditions(r, n, c);
        return;
    }
    if (n->kind != YAML_MAP) {
        mapping_complain(r, n, "a rule has if, skip or both");
        return;
    }
    for (size_t i = 0; i < n->count; i++) {
        if (str_eq(n->keys[i].text, STR("if")))
            read_conditions(r, &n->values[i], c);
        else if (str_eq(n->keys[i].text, STR("skip")))
            c->skip = read_skip(r, &n->values[i]);
        else
            mapping_complain(r, &n->keys[i],
                             "unknown key \"%.*s\": a rule has if and skip",
                             STR_ARG(n->keys[i].text));
    }
}

void mapping_read_cases(struct reading *r, const struct yaml_node *n, bool events,
                        struct map_cases *out)
{
    size_t count;
    const struct yaml_node *items = mapping_items(n, &count);

    if (count > MAP_CASES_MAX) {
        mapping_complain(r, n, "more than 32 rules");
        return;
    }
    out->cases = mapping_take(r, n, count * sizeof *out->cases);
    for (size_t i = 0; out->cases && i < count; i++)
        read_case(r, &items[i], events, &out->cases[out->count++]);
}
