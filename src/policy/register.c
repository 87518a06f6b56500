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

bool register_policy(struct policy_vm *vm, struct str name, struct str version,
                     struct str owner)
{
    struct build *b = vm->build;

    for (size_t i = 0; i < b->policy_count; i++)
        if (str_eq(b->policies[i].name, name))
            return false;
    vm->policy = arena_copy(&b->arena, name);
    b->policies[b->policy_count++] = (struct policy_file){.name = vm->policy,
                                                          .path = vm->file->path,
                                                          .version = version,
                                                          .owner = owner,
                                                          .sha256 = vm->file->sha256};
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

struct str register_where(lua_State *L)
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

struct policy_fn *register_fn(lua_State *L, enum policy_call call, struct str label,
                              const char *key)
{
    struct policy_vm *vm = vm_of(L);
    struct build *b = vm->build;

    if (b->fn_count == FUNCTIONS_MAX)
        luaL_error(L, "more than %d functions in all policies", FUNCTIONS_MAX);
    b->calls[call][b->call_count[call]++] = (uint16_t)b->fn_count;
    struct policy_fn *fn = &b->fns[b->fn_count++];
    *fn = (struct policy_fn){
        .call = call, .policy = vm->policy, .where = register_where(L), .label = label};
    fn->policy_at = b->policy_count ? b->policy_count - 1 : 0;
    fn->need_count = spec_fields(L, "needs", fn->needs);
    fn->annotate = -1;
    /* To the same place in the table of functions as *fn in the build. */
    lua_getfield(L, LUA_REGISTRYINDEX, "spendwarden.functions");
    lua_getfield(L, SPEC, key);
    lua_rawseti(L, -2, (int)b->fn_count);
    lua_pop(L, 1);
    return fn;
}

static int register_derive(lua_State *L)
{
    struct policy_fn *fn = register_fn(L, CALL_DERIVE, (struct str){NULL, 0}, "fn");
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
    struct policy_fn *fn = register_fn(L, CALL_CLASSIFY, STR("class"), "fn");
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
    register_fn(L, CALL_PRICE, label, "fn")->billed = billed;
    return 0;
}

/* --- metrics --- */

bool register_effect(lua_State *L)
{
    struct build *b = vm_of(L)->build;

    if (b->effect_count == EFFECTS_DECLARED_MAX) {
        register_problem(L, "E902", "more than %d metrics and windows with a function",
                         EFFECTS_DECLARED_MAX);
        return false;
    }
    b->effect_count++;
    return true;
}

bool register_metric_name(lua_State *L, struct str name)
{
    const struct build *b = vm_of(L)->build;
    struct str where = {NULL, 0};

    for (size_t i = 0; i < b->metric_count; i++)
        if (str_eq(b->metrics[i].name, name))
            where = b->metrics[i].where;
    for (size_t i = 0; i < b->gauge_count; i++)
        if (str_eq(b->gauges[i].name, name))
            where = b->gauges[i].where;
    if (where.size)
        register_problem(L, "E206", "the metric '%.*s' is declared at %.*s already",
                         STR_ARG(name), STR_ARG(where));
    return where.size == 0;
}

static struct str metric_name(lua_State *L, struct str name)
{
    if (!vm_of(L)->set->options.shadow)
        return name;
    lua_pushliteral(L, "spendwarden_candidate_");
    lua_pushlstring(L, name.at, name.size);
    lua_concat(L, 2);
    struct str renamed = take_text(L, -1);
    lua_pop(L, 1);
    return renamed;
}

static int register_metric(lua_State *L)
{
    struct build *b = vm_of(L)->build;
    struct metric_decl decl = {.policy = vm_of(L)->policy,
                               .name = metric_name(L, spec_text(L, "name")),
                               .help = spec_text(L, "help"),
                               .where = register_where(L)};

    if (!register_metric_name(L, decl.name) || !register_effect(L))
        return 0;
    const struct str *labels = spec_texts(L, "labels", &decl.label_count);
    memcpy(decl.labels, labels, decl.label_count * sizeof *labels);
    decl.bound_count = spec_bounds(L, decl.bounds_nano);
    decl.kind = decl.bound_count ? METRIC_HISTOGRAM : METRIC_COUNTER;
    b->metrics[b->metric_count] = decl;
    struct policy_fn *fn = register_fn(L, CALL_METRIC, decl.name, "fn");
    fn->decl = (int)b->metric_count++;
    fn->is_histogram = decl.kind == METRIC_HISTOGRAM;
    return 0;
}

/* Of what becomes groups or series. */
static void note_labels(lua_State *L, const char *kind)
{
    struct policy_vm *vm = vm_of(L);
    bool metric = strcmp(kind, "counter") == 0 || strcmp(kind, "histogram") == 0;

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
    } kinds[] = {{"derive", register_derive},    {"classify", register_classify},
                 {"price", register_price},      {"counter", register_metric},
                 {"histogram", register_metric}, {"window", register_window},
                 {"rule", register_rule},        {"budget", register_budget},
                 {"gauge", register_gauge}};
    const char *kind = luaL_checkstring(L, 1);

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].kind, kind) == 0) {
            note_labels(L, kinds[i].kind);
            return kinds[i].add(L);
        }
    return luaL_error(L, "no such registration");
}
