#include <stdlib.h>

#include "set.h"

static void *table(struct build *b, size_t count, size_t size)
{
    return arena_zalloc(&b->arena, count * size);
}

bool build_open(struct build *b, struct err *err)
{
    *b = (struct build){0};
    arena_init(&b->arena, 0);
    b->windows = table(b, WINDOWS_MAX, sizeof *b->windows);
    b->rules = table(b, RULES_MAX, sizeof *b->rules);
    b->budgets = table(b, BUDGETS_MAX, sizeof *b->budgets);
    b->metrics = table(b, EFFECTS_DECLARED_MAX, sizeof *b->metrics);
    b->gauges = table(b, GAUGES_MAX, sizeof *b->gauges);
    b->classes = table(b, CLASSES_MAX, sizeof *b->classes);
    b->fns = table(b, FUNCTIONS_MAX, sizeof *b->fns);
    if (b->windows && b->rules && b->budgets && b->metrics && b->gauges && b->classes &&
        b->fns)
        return true;
    build_release(b);
    return err_set(err, ERR_MEMORY, "no memory for policies");
}

void build_release(struct build *b)
{
    while (b->zone_count > 0)
        zone_free(b->zones[--b->zone_count]);
    arena_release(&b->arena);
}

const struct zone *build_zone(struct build *b, const char *name, struct err *err)
{
    for (size_t i = 0; i < b->zone_count; i++)
        if (strcmp(zone_name(b->zones[i]), name) == 0)
            return b->zones[i];
    if (b->zone_count == ZONES_MAX) {
        err_set(err, ERR_LIMIT, "more than %d time zones in all policies", ZONES_MAX);
        return NULL;
    }
    if (!zone_load(&b->zones[b->zone_count], name, err))
        return NULL;
    return b->zones[b->zone_count++];
}

const char *call_name(const struct policy_fn *f)
{
    static const char *const names[CALL_COUNT] = {"derive",  "price",  "classify",
                                                  "counter", "window", "rule",
                                                  "budget",  "gauge",  "annotations"};

    return f->is_histogram ? "histogram" : names[f->call];
}

static bool field_eq(struct field a, struct field b)
{
    return a.kind == b.kind && a.index == b.index;
}

static bool clause_eq(const struct where_clause *a, const struct where_clause *b)
{
    if (!field_eq(a->field, b->field) || a->op != b->op ||
        a->value_count != b->value_count)
        return false;
    for (size_t i = 0; i < a->value_count; i++)
        if (!str_eq(a->values[i], b->values[i]))
            return false;
    return true;
}

static bool window_eq(const struct window_decl *a, const struct window_decl *b)
{
    if (a->aggregate != b->aggregate || !field_eq(a->field, b->field) ||
        !str_eq(a->effect, b->effect) || a->by_count != b->by_count ||
        a->where_count != b->where_count || a->span != b->span ||
        a->over_ns != b->over_ns || a->offset_ns != b->offset_ns ||
        a->period != b->period || a->start_day != b->start_day || a->zone != b->zone)
        return false;
    for (size_t i = 0; i < a->by_count; i++)
        if (!field_eq(a->by[i], b->by[i]))
            return false;
    for (size_t i = 0; i < a->where_count; i++)
        if (!clause_eq(&a->where[i], &b->where[i]))
            return false;
    return true;
}

int build_window(struct build *b, const struct window_decl *decl)
{
    for (size_t i = 0; i < b->window_count; i++)
        if (window_eq(&b->windows[i], decl))
            return (int)i;
    if (b->window_count == WINDOWS_MAX)
        return -1;
    b->windows[b->window_count] = *decl;
    return (int)b->window_count++;
}
