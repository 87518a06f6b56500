/* Windows, rules, budgets and gauges, from the frame's normal forms. */
#include <stdio.h>

#include "register.h"
#include "spec.h"

/* --- windows --- */

static enum period period_of(struct str name)
{
    return str_eq(name, STR("day"))    ? PERIOD_DAY
           : str_eq(name, STR("week")) ? PERIOD_WEEK
                                       : PERIOD_MONTH;
}

/* The budget's own, or the configuration's. What is wrong is noted. */
static const struct zone *zone_of(lua_State *L)
{
    const struct policy_vm *vm = vm_of(L);
    const struct zone *usual = vm->set->options.zone;
    struct str text = spec_text(L, "time_zone");
    char name[TEXT_VALUE_MAX + 1];
    struct err err = {0};

    snprintf(name, sizeof name, "%.*s", STR_ARG(text));
    if (!text.size || (usual && strcmp(zone_name(usual), name) == 0))
        return usual;
    const struct zone *zone = build_zone(vm->build, name, &err);
    if (!zone)
        register_problem(L, "E313", "budget: 'time_zone': %s", err.text);
    return zone ? zone : usual;
}

static void read_span(lua_State *L, struct window_decl *decl)
{
    struct str period = spec_text(L, "period");
    double start_day;

    if (period.size) {
        decl->span = SPAN_CALENDAR;
        decl->period = period_of(period);
        decl->zone = zone_of(L);
        if (spec_number(L, "start_day", &start_day))
            decl->start_day = (uint8_t)start_day;
        return;
    }
    decl->span = SPAN_ROLLING;
    decl->over_ns = spec_ns(L, "over");
    decl->offset_ns = spec_ns(L, "offset");
}

static struct str effect_name(lua_State *L, struct str name)
{
    if (!name.size)
        return name;
    if (vm_of(L)->set->options.shadow)
        lua_pushliteral(L, "window:shadow:");
    else
        lua_pushliteral(L, "window:");
    lua_pushlstring(L, name.at, name.size);
    lua_concat(L, 2);
    struct str effect = take_text(L, -1);
    lua_pop(L, 1);
    return effect;
}

/* A function that counts events gives a 1 for each, so that they are a sum. */
static enum aggregate aggregate_of(struct str name, bool with_fn)
{
    if (str_eq(name, STR("max")))
        return AGGREGATE_MAX;
    if (str_eq(name, STR("distinct")))
        return AGGREGATE_DISTINCT;
    return str_eq(name, STR("sum")) || with_fn ? AGGREGATE_SUM : AGGREGATE_COUNT;
}

static void note_window(uint64_t *declares, int window)
{
    declares[window / 64] |= UINT64_C(1) << window % 64;
}

/* *of: the field that is aggregated, also where a function decides whether it counts. */
static int window_of_spec(lua_State *L, struct field *of)
{
    const struct field none = {FIELD_NONE, 0, STAGE_DECODE};
    const struct policy_vm *vm = vm_of(L);
    struct str name = spec_text(L, "of");
    struct window_decl decl = {.effect = effect_name(L, spec_text(L, "name"))};

    *of = name.size ? field_find(vm->set->options.schema, name) : none;
    decl.field = decl.effect.size ? none : *of;
    decl.aggregate = aggregate_of(spec_text(L, "aggregate"), decl.effect.size > 0);
    decl.by_count = spec_fields(L, "by", decl.by);
    read_span(L, &decl);
    for (size_t i = 0; decl.effect.size && i < vm->build->window_count; i++)
        if (str_eq(vm->build->windows[i].effect, decl.effect)) {
            register_problem(
                L, "E206",
                "window: the name '%.*s' is taken: each window with a function "
                "has its own",
                STR_ARG(str_from(decl.effect, 7)));
            return -1;
        }
    lua_pushvalue(L, SPEC);
    decl.where_count = spec_where(L, decl.where);
    lua_replace(L, SPEC);
    int window = build_window(vm->build, &decl);
    if (window < 0)
        register_problem(L, "E902", "more than %d windows in all policies", WINDOWS_MAX);
    else if (vm->build->policy_count)
        note_window(vm->build->declares[vm->build->policy_count - 1], window);
    return window;
}

int register_window(lua_State *L)
{
    struct field of;

    bool with_fn = spec_text(L, "name").size > 0;
    if (with_fn && !register_effect(L))
        return 0;
    int window = window_of_spec(L, &of);
    if (window < 0)
        return 0;
    if (with_fn) {
        struct str effect = vm_of(L)->build->windows[window].effect;
        struct policy_fn *fn = register_fn(L, CALL_WINDOW, effect, "fn");
        fn->decl = window;
        fn->field = of;
        fn->is_where = spec_flag(L, "is_where");
    }
    lua_pushinteger(L, window);
    return 1;
}

/* --- rules, budgets, gauges --- */

static bool same_pairs(const struct pair *a, const struct pair *b, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!str_eq(a[i].name, b[i].name) || !str_eq(a[i].value, b[i].value))
            return false;
    return true;
}

int register_rule(lua_State *L)
{
    struct build *b = vm_of(L)->build;
    struct rule_decl d = {.policy = vm_of(L)->policy,
                          .name = spec_text(L, "name"),
                          .where = register_where(L),
                          .hold_ns = spec_ns(L, "hold"),
                          .keep_ns = spec_ns(L, "keep"),
                          .severity = spec_text(L, "severity")};

    d.window = spec_index(L, "window");
    d.has_above = spec_number(L, "above", &d.above);
    d.has_below = spec_number(L, "below", &d.below);
    d.has_clear = spec_number(L, "clear", &d.clear);
    spec_number(L, "min", &d.min);
    d.step_count = spec_steps(L, d.steps);
    d.label_count = spec_pairs(L, "labels", d.labels);
    d.annotation_count = spec_pairs(L, "annotations", d.annotations);
    for (size_t i = 0; i < b->rule_count; i++)
        if (str_eq(b->rules[i].policy, d.policy) && str_eq(b->rules[i].name, d.name) &&
            b->rules[i].label_count == d.label_count &&
            same_pairs(b->rules[i].labels, d.labels, d.label_count))
            return register_problem(L, "E206",
                                    "rule: '%.*s' with these labels is at %.*s already",
                                    STR_ARG(d.name), STR_ARG(b->rules[i].where));
    if (b->rule_count == RULES_MAX)
        return register_problem(L, "E902", "more than %d rules in all policies",
                                RULES_MAX);
    struct policy_fn *fn = register_fn(L, CALL_RULE, d.name, "fn");
    fn->decl = (int)b->rule_count;
    d.annotates = spec_has(L, "annotate");
    if (d.annotates) {
        fn->annotate = (int)b->fn_count;
        register_fn(L, CALL_ANNOTATE, d.name, "annotate")->decl = fn->decl;
    }
    b->rules[b->rule_count++] = d;
    return 0;
}

static void read_day_windows(lua_State *L, int out[7])
{
    char key[sizeof "day_window0"];

    for (int i = 0; i < 7; i++) {
        snprintf(key, sizeof key, "day_window%c", '0' + i);
        out[i] = spec_index(L, key);
    }
}

int register_budget(lua_State *L)
{
    struct build *b = vm_of(L)->build;
    struct budget_decl d = {.policy = vm_of(L)->policy,
                            .name = spec_text(L, "budget"),
                            .where = register_where(L),
                            .alert = spec_text(L, "alert")};
    struct field of;

    d.has_clear = spec_number(L, "clear", &d.clear);
    d.step_count = spec_steps(L, d.steps);
    d.label_count = spec_pairs(L, "labels", d.labels);
    d.groups = spec_texts(L, "groups", &d.group_count);
    for (size_t i = 0; i < b->budget_count; i++)
        if (str_eq(b->budgets[i].policy, d.policy) && str_eq(b->budgets[i].name, d.name))
            return register_problem(L, "E206", "budget: '%.*s' is at %.*s already",
                                    STR_ARG(d.name), STR_ARG(b->budgets[i].where));
    if (b->budget_count == BUDGETS_MAX)
        return register_problem(L, "E902", "more than %d budgets in all policies",
                                BUDGETS_MAX);
    d.week_window = spec_index(L, "week_window");
    read_day_windows(L, d.day_windows);
    d.has_forecast = spec_number(L, "forecast", &d.forecast);
    d.forecast_severity = spec_text(L, "forecast_severity");
    d.burn_count = spec_burns(L, d.burns);
    spec_number(L, "burn_min", &d.burn_min_usd);
    d.window = window_of_spec(L, &of);
    b->budgets[b->budget_count] = d;
    register_fn(L, CALL_BUDGET, d.name, "fn")->decl = (int)b->budget_count++;
    return 0;
}

int register_gauge(lua_State *L)
{
    struct build *b = vm_of(L)->build;
    struct gauge_decl d = {.policy = vm_of(L)->policy,
                           .name = spec_text(L, "name"),
                           .help = spec_text(L, "help"),
                           .where = register_where(L),
                           .window = spec_index(L, "window")};

    if (!register_metric_name(L, d.name))
        return 0;
    if (b->gauge_count == GAUGES_MAX)
        return register_problem(L, "E902", "more than %d gauges in all policies",
                                GAUGES_MAX);
    b->gauges[b->gauge_count] = d;
    register_fn(L, CALL_GAUGE, d.name, "fn")->decl = (int)b->gauge_count++;
    return 0;
}
