/* Rules, budgets and gauges at a tick. */
#include <math.h>
#include <stdio.h>

#include "answer.h"

static const double LIMIT_MAX_USD = 1e9;

void policy_tick_begin(struct policy_vm *vm, const struct window_sums *sums)
{
    vm->sums = sums;
    vm->left = vm->set->options.limits.tick_instructions;
    memset(vm->tick_calls, 0, sizeof vm->tick_calls);
    vm->stands_ns = INT64_MAX;
}

int64_t policy_tick_stands(const struct policy_vm *vm)
{
    return vm->stands_ns;
}

void policy_tick_end(struct policy_vm *vm)
{
    vm_forget(vm);
    vm->sums = NULL;
    vm->group = NULL;
}

void policy_tick_marks(const struct policy_vm *vm, struct policy_marks *out)
{
    const struct build *b = &vm->set->build;

    *out = (struct policy_marks){0};
    for (size_t fn = 0; fn < b->fn_count; fn++) {
        unsigned calls = vm->tick_calls[fn];
        bool answered = calls & CALLS_ANSWERED;
        if (answered)
            policy_mask_add(&out->answered, b->fns[fn].policy_at);
        if (calls & CALLS_STOPPED || (calls & CALLS_FAILED && !answered))
            policy_mask_add(&out->failed, b->fns[fn].policy_at);
    }
}

/* One result above SLOT_BASE, or false. */
static bool ask(struct policy_vm *vm, size_t fn, int window,
                const struct window_group *group)
{
    static const struct window_group empty;

    vm_forget(vm);
    vm->group_window = &vm->set->decls.windows[window];
    vm->group = group ? group : &empty;
    vm->at_ns = vm->sums[window].at_ns;
    return vm_call(vm, fn, 1);
}

static bool has_bound(const struct rule_decl *rule)
{
    return rule->has_above || rule->has_below || rule->step_count > 0;
}

/* Of the value above SLOT_BASE; a text: what is wrong. */
static const char *read_answer(lua_State *L, const struct rule_decl *rule,
                               struct answer *out)
{
    int type = lua_type(L, SLOT_BASE + 1);

    *out = (struct answer){ANSWER_FALSE, 0};
    if (!lua_toboolean(L, SLOT_BASE + 1))
        return NULL;
    if (!has_bound(rule)) {
        out->kind = ANSWER_TRUE;
        return type == LUA_TBOOLEAN ? NULL
                                    : "a rule without a bound answers true or false";
    }
    if (type != LUA_TNUMBER)
        return "a rule with a bound answers a number";
    *out = (struct answer){ANSWER_NUMBER, lua_tonumber(L, SLOT_BASE + 1)};
    return isfinite(out->number) ? NULL : "the number is not finite";
}

bool policy_rule(struct policy_vm *vm, size_t rule, const struct window_group *group,
                 struct answer *out)
{
    const struct rule_decl *decl = &vm->set->decls.rules[rule];
    size_t fn = vm->set->build.calls[CALL_RULE][rule];

    *out = (struct answer){ANSWER_FALSE, 0};
    if (!ask(vm, fn, decl->window, group))
        return false;
    const char *wrong = read_answer(vm->box.L, decl, out);
    if (wrong) {
        *out = (struct answer){ANSWER_FALSE, 0};
        vm_reject(vm, fn, wrong);
        return false;
    }
    vm_end(vm, fn, out->kind != ANSWER_FALSE);
    return true;
}

/* " of team='search'". */
static void put_group(const struct policy_vm *vm, char *out, size_t room)
{
    const struct window_decl *window = vm->group_window;
    size_t used = 0;

    out[0] = '\0';
    for (size_t i = 0; i < window->by_count && used < room; i++) {
        struct str name = field_name(vm->set->options.schema, window->by[i]);
        struct str value = vm->group->by[i];
        used += (size_t)snprintf(out + used, room - used, "%s%.*s='%.*s'",
                                 i ? ", " : " of ", STR_ARG(name), STR_ARG(value));
    }
}

/* A limit comes from data as a rule: which entry is wrong, and not what stands there,
 * which may be of any length. */
static void reject_limit(struct policy_vm *vm, size_t fn, struct str budget)
{
    lua_State *L = vm->box.L;
    char group[POLICY_MESSAGE_SIZE / 2], number[40];
    bool is_number = lua_type(L, SLOT_BASE + 1) == LUA_TNUMBER;

    put_group(vm, group, sizeof group);
    snprintf(number, sizeof number, "%g", lua_tonumber(L, SLOT_BASE + 1));
    snprintf(vm->box.message, sizeof vm->box.message,
             "budget %.*s: the limit%s is %s%s; it must be a number of USD, 0 to "
             "1000000000",
             STR_ARG(budget), group, is_number ? "" : "a ",
             is_number ? number : type_name(L, SLOT_BASE + 1));
    vm_reject(vm, fn, vm->box.message);
}

bool policy_budget(struct policy_vm *vm, size_t budget, const struct window_group *group,
                   bool *has, struct money *limit)
{
    const struct budget_decl *decl = &vm->set->decls.budgets[budget];
    size_t fn = vm->set->build.calls[CALL_BUDGET][budget];
    lua_State *L = vm->box.L;

    *has = false;
    *limit = (struct money){0};
    if (!ask(vm, fn, decl->window, group))
        return false;
    if (!lua_toboolean(L, SLOT_BASE + 1)) {
        vm_end(vm, fn, false);
        return true;
    }
    double usd =
        lua_type(L, SLOT_BASE + 1) == LUA_TNUMBER ? lua_tonumber(L, SLOT_BASE + 1) : -1;
    if (!(usd >= 0 && usd <= LIMIT_MAX_USD)) {
        reject_limit(vm, fn, decl->name);
        return false;
    }
    limit->nanousd = (int64_t)nearbyint(usd * 1e9);
    *has = true;
    vm_end(vm, fn, true);
    return true;
}

bool policy_gauge(struct policy_vm *vm, size_t gauge, const struct window_group *group,
                  bool *has, double *value)
{
    size_t fn = vm->set->build.calls[CALL_GAUGE][gauge];
    lua_State *L = vm->box.L;

    *has = false;
    if (!ask(vm, fn, vm->set->decls.gauges[gauge].window, group))
        return false;
    if (!lua_toboolean(L, SLOT_BASE + 1)) {
        vm_end(vm, fn, false);
        return true;
    }
    *value = lua_type(L, SLOT_BASE + 1) == LUA_TNUMBER ? lua_tonumber(L, SLOT_BASE + 1)
                                                       : INFINITY;
    if (!isfinite(*value)) {
        vm_reject(vm, fn, "a gauge is set to a finite number");
        return false;
    }
    *has = true;
    vm_end(vm, fn, true);
    return true;
}

/* In order of their names, which does not depend on the state. */
static void insert(struct pair *pairs, size_t count, struct pair pair)
{
    for (; count > 0 && str_compare(pairs[count - 1].name, pair.name) > 0; count--)
        pairs[count] = pairs[count - 1];
    pairs[count] = pair;
}

static const char *take_annotation(struct policy_vm *vm, struct pair *out)
{
    lua_State *L = vm->box.L;
    struct str name, value;

    if (lua_type(L, -2) != LUA_TSTRING || lua_type(L, -1) != LUA_TSTRING)
        return "annotations are a table of texts by name";
    name.at = lua_tolstring(L, -2, &name.size);
    value.at = lua_tolstring(L, -1, &value.size);
    if (!str_is_name(name)) /* Alertmanager would refuse the alert, each time */
        return "an annotation's name has letters, digits and _, and begins with no digit";
    const char *wrong = answer_copy(vm, name, &out->name);
    return wrong ? wrong : answer_copy(vm, value, &out->value);
}

/* Of the table above SLOT_BASE. */
static const char *take_annotations(struct policy_vm *vm, struct pair *out, size_t *count)
{
    lua_State *L = vm->box.L;
    const char *wrong = NULL;

    if (lua_isnil(L, SLOT_BASE + 1))
        return NULL;
    if (!lua_istable(L, SLOT_BASE + 1))
        return "annotations are a table of texts by name";
    for (lua_pushnil(L); !wrong && lua_next(L, SLOT_BASE + 1); lua_pop(L, 1)) {
        struct pair pair;
        wrong = *count == DECL_LABELS_MAX ? "more than 8 annotations"
                                          : take_annotation(vm, &pair);
        if (!wrong)
            insert(out, (*count)++, pair);
    }
    return wrong;
}

bool policy_annotate(struct policy_vm *vm, size_t rule, const struct window_group *group,
                     struct answer answer, struct arena *arena, struct pair *out,
                     size_t *count)
{
    const struct policy_fn *f =
        &vm->set->build.fns[vm->set->build.calls[CALL_RULE][rule]];
    size_t fn = (size_t)f->annotate;

    *count = 0;
    vm->answer = &answer;
    bool ok = ask(vm, fn, vm->set->decls.rules[rule].window, group);
    vm->answer = NULL;
    if (!ok)
        return false;
    vm->arena = arena;
    const char *wrong = take_annotations(vm, out, count);
    vm->arena = NULL;
    if (wrong) {
        *count = 0;
        vm_reject(vm, fn, wrong);
        return false;
    }
    vm_end(vm, fn, *count > 0);
    return true;
}
