#include "register.h"
#include "spec.h"

#include <stdarg.h>
#include <stdio.h>

int register_problem(lua_State *L, const char *code, const char *format, ...)
{
    struct policy_vm *vm = vm_of(L);
    char text[500];
    va_list args;

    vm->broken = true;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (vm->found)
        diags_add_code(&vm->found->problems, code, vm->file->path, lua_here(L), 0, "%s",
                       text);
    return 0;
}

bool register_policy(struct policy_vm *vm, struct str name)
{
    struct build *b = vm->build;

    for (size_t i = 0; i < b->policy_count; i++)
        if (str_eq(b->policies[i].name, name))
            return false;
    vm->policy = arena_copy(&b->arena, name);
    b->policies[b->policy_count++] = (struct policy_file){vm->policy, vm->file->path};
    return true;
}

void register_data(struct policy_vm *vm, struct str name)
{
    struct build *b = vm->build;

    for (size_t i = 0; i < b->data_count; i++)
        if (str_eq(b->data_names[i], name))
            return;
    const char *copy =
        b->data_count < DATA_NAMES_MAX ? arena_cstr(&b->arena, name) : NULL;
    if (copy)
        b->data_names[b->data_count++] = str_of(copy);
}

/* --- functions --- */

static struct str where_text(lua_State *L)
{
    const struct policy_vm *vm = vm_of(L);
    int line = lua_here(L);
    lua_Debug ar;

    /* `return derive(...)` is a tail call: its line is gone, the function's is not. */
    lua_getfield(L, SPEC, "fn");
    if (line == 0 && lua_getinfo(L, ">S", &ar))
        line = ar.linedefined;
    else if (line != 0)
        lua_pop(L, 1);
    lua_pushfstring(L, "%s:%d", vm->file->path, line);
    struct str text = take_text(L, -1);
    lua_pop(L, 1);
    return text;
}

/* The function goes to the same place in the table of functions as *fn in the build. */
static struct policy_fn *add_fn(lua_State *L, enum policy_call call, struct str label)
{
    struct policy_vm *vm = vm_of(L);
    struct build *b = vm->build;

    if (b->fn_count == FUNCTIONS_MAX)
        luaL_error(L, "more than %d functions in all policies", FUNCTIONS_MAX);
    b->calls[call][b->call_count[call]++] = (uint16_t)b->fn_count;
    struct policy_fn *fn = &b->fns[b->fn_count++];
    *fn = (struct policy_fn){
        .call = call, .policy = vm->policy, .where = where_text(L), .label = label};
    fn->policy_at = b->policy_count ? b->policy_count - 1 : 0;
    fn->need_count = spec_fields(L, "needs", fn->needs);
    lua_getfield(L, LUA_REGISTRYINDEX, "spendwarden.functions");
    lua_getfield(L, SPEC, "fn");
    lua_rawseti(L, -2, (int)b->fn_count);
    lua_pop(L, 1);
    return fn;
}

static int register_derive(lua_State *L)
{
    struct policy_fn *fn = add_fn(L, CALL_DERIVE, (struct str){NULL, 0});
    size_t count;
    const struct str *names = spec_texts(L, "labels", &count);

    fn->label_count = spec_fields(L, "labels", fn->labels);
    memcpy(fn->label_names, names, count * sizeof *names);
    fn->label = names[0];
    fn->override = spec_flag(L, "override");
    fn->several = spec_flag(L, "several");
    return 0;
}

static void add_class(lua_State *L, struct str name)
{
    struct build *b = vm_of(L)->build;

    for (size_t i = 0; i < b->class_count; i++)
        if (str_eq(b->classes[i], name))
            return;
    if (b->class_count == CLASSES_MAX)
        luaL_error(L, "more than %d classes in all policies", CLASSES_MAX);
    b->classes[b->class_count++] = name;
}

static int register_classify(lua_State *L)
{
    struct build *b = vm_of(L)->build;
    struct policy_fn *fn = add_fn(L, CALL_CLASSIFY, STR("class"));
    struct str given = spec_text(L, "default");

    fn->classes = spec_texts(L, "classes", &fn->class_count);
    for (size_t i = 0; i < fn->class_count; i++)
        add_class(L, fn->classes[i]);
    if (!given.size)
        return 0;
    if (b->default_by)
        return register_problem(L, "E210",
                                "classify: %.*s has the default already, '%.*s'",
                                STR_ARG(b->default_by->where), STR_ARG(b->default_class));
    b->default_class = given;
    b->default_by = fn;
    return 0;
}

static int register_price(lua_State *L)
{
    struct build *b = vm_of(L)->build;

    if (b->call_count[CALL_PRICE] == PRICE_STEPS_MAX)
        return register_problem(L, "E902", "price: more than %d in all policies",
                                PRICE_STEPS_MAX);
    bool billed = spec_flag(L, "billed");
    struct str label = billed ? STR("billed_usd") : STR("charge_usd");
    add_fn(L, CALL_PRICE, label)->billed = billed;
    return 0;
}

static bool effect_room(lua_State *L)
{
    struct build *b = vm_of(L)->build;

    if (b->effect_count == COUNTERS_MAX) {
        register_problem(L, "E902", "more than %d counters and windows with a function",
                         COUNTERS_MAX);
        return false;
    }
    b->effect_count++;
    return true;
}

static int register_counter(lua_State *L)
{
    struct build *b = vm_of(L)->build;
    struct counter_decl decl = {.policy = vm_of(L)->policy,
                                .name = spec_text(L, "name"),
                                .help = spec_text(L, "help"),
                                .where = where_text(L)};

    for (size_t i = 0; i < b->counter_count; i++)
        if (str_eq(b->counters[i].name, decl.name))
            return register_problem(L, "E206",
                                    "counter: '%.*s' is declared at %.*s already",
                                    STR_ARG(decl.name), STR_ARG(b->counters[i].where));
    if (!effect_room(L))
        return 0;
    const struct str *labels = spec_texts(L, "labels", &decl.label_count);
    memcpy(decl.labels, labels, decl.label_count * sizeof *labels);
    b->counters[b->counter_count] = decl;
    add_fn(L, CALL_COUNTER, decl.name)->decl = (int)b->counter_count++;
    return 0;
}

/* --- windows --- */

static enum period period_of(struct str name)
{
    return str_eq(name, STR("day"))    ? PERIOD_DAY
           : str_eq(name, STR("week")) ? PERIOD_WEEK
                                       : PERIOD_MONTH;
}

static void read_span(lua_State *L, struct window_decl *decl)
{
    struct str period = spec_text(L, "period");

    if (period.size) {
        decl->span = SPAN_CALENDAR;
        decl->period = period_of(period);
        decl->zone = vm_of(L)->set->options.zone;
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
    lua_pushliteral(L, "window:");
    lua_pushlstring(L, name.at, name.size);
    lua_concat(L, 2);
    struct str effect = take_text(L, -1);
    lua_pop(L, 1);
    return effect;
}

/* *sum: the field that is summed, also where a function decides whether it counts. */
static int window_of_spec(lua_State *L, struct field *sum)
{
    const struct policy_vm *vm = vm_of(L);
    struct str name = spec_text(L, "sum");
    struct window_decl decl = {.effect = effect_name(L, spec_text(L, "name"))};

    *sum = (struct field){FIELD_NONE, 0, STAGE_DECODE};
    if (name.size)
        *sum = field_find(vm->set->options.schema, name);
    decl.sum = decl.effect.size ? (struct field){FIELD_NONE, 0, STAGE_DECODE} : *sum;
    decl.aggregate = name.size || decl.effect.size ? AGGREGATE_SUM : AGGREGATE_COUNT;
    decl.by_count = spec_fields(L, "by", decl.by);
    read_span(L, &decl);
    for (size_t i = 0; decl.effect.size && i < vm->build->window_count; i++)
        if (str_eq(vm->build->windows[i].effect, decl.effect)) {
            register_problem(L, "E206", "window: the name '%.*s' is taken",
                             STR_ARG(str_from(decl.effect, 7)));
            return -1;
        }
    lua_pushvalue(L, SPEC);
    decl.where_count = spec_where(L, decl.where);
    lua_replace(L, SPEC);
    int window = build_window(vm->build, &decl);
    if (window < 0)
        register_problem(L, "E902", "more than %d windows in all policies", WINDOWS_MAX);
    return window;
}

static int register_window(lua_State *L)
{
    struct field sum;

    bool with_fn = spec_text(L, "name").size > 0;
    if (with_fn && !effect_room(L))
        return 0;
    int window = window_of_spec(L, &sum);
    if (window < 0)
        return 0;
    if (with_fn) {
        struct str effect = vm_of(L)->build->windows[window].effect;
        struct policy_fn *fn = add_fn(L, CALL_WINDOW, effect);
        fn->decl = window;
        fn->sum = sum;
        fn->is_where = spec_flag(L, "is_where");
    }
    lua_pushinteger(L, window);
    return 1;
}

/* --- rules and budgets --- */

static bool same_pairs(const struct pair *a, const struct pair *b, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!str_eq(a[i].name, b[i].name) || !str_eq(a[i].value, b[i].value))
            return false;
    return true;
}

static int register_rule(lua_State *L)
{
    struct build *b = vm_of(L)->build;
    struct rule_decl d = {.policy = vm_of(L)->policy,
                          .name = spec_text(L, "name"),
                          .where = where_text(L),
                          .hold_ns = spec_ns(L, "hold"),
                          .keep_ns = spec_ns(L, "keep"),
                          .severity = spec_text(L, "severity")};
    double window;

    spec_number(L, "window", &window);
    d.window = (int)window;
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
    b->rules[b->rule_count] = d;
    add_fn(L, CALL_RULE, d.name)->decl = (int)b->rule_count++;
    return 0;
}

static int register_budget(lua_State *L)
{
    struct build *b = vm_of(L)->build;
    struct budget_decl d = {.policy = vm_of(L)->policy,
                            .name = spec_text(L, "budget"),
                            .where = where_text(L),
                            .alert = spec_text(L, "alert")};
    struct field sum;

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
    d.window = window_of_spec(L, &sum);
    b->budgets[b->budget_count] = d;
    add_fn(L, CALL_BUDGET, d.name)->decl = (int)b->budget_count++;
    return 0;
}

/* Of what becomes groups or series. */
static void note_labels(lua_State *L, const char *kind)
{
    struct policy_vm *vm = vm_of(L);
    bool metric = strcmp(kind, "counter") == 0;

    if (!vm->found || vm->found->note_count == NOTES_MAX ||
        !(metric || strcmp(kind, "window") == 0 || strcmp(kind, "budget") == 0))
        return;
    struct note *note = &vm->found->notes[vm->found->note_count];
    *note = (struct note){.path = vm->file->path, .kind = kind, .line = lua_here(L)};
    note->names = spec_texts(L, metric ? "labels" : "by", &note->count);
    vm->found->note_count++;
}

int core_register(lua_State *L)
{
    static const struct {
        const char *kind;
        lua_CFunction add;
    } kinds[] = {{"derive", register_derive}, {"classify", register_classify},
                 {"price", register_price},   {"counter", register_counter},
                 {"window", register_window}, {"rule", register_rule},
                 {"budget", register_budget}};
    const char *kind = luaL_checkstring(L, 1);

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].kind, kind) == 0) {
            note_labels(L, kinds[i].kind);
            return kinds[i].add(L);
        }
    return luaL_error(L, "no such registration");
}
