/* One call of one function of a policy: budget, failure, trace. */
#include <stdio.h>
#include <stdlib.h>

#include "vm.h"

bool policy_vm_open(struct policy_vm **out, const struct policy_set *set, struct err *err)
{
    static const struct policy_mask none;
    struct policy_vm *vm = calloc(1, sizeof *vm);
    struct build again = {0};

    *out = NULL;
    if (!vm)
        return err_set(err, ERR_MEMORY, "no memory for a Lua state");
    /* The same files register the same things in the same order, or time ran out. */
    if (!build_open(&again, err) || !vm_load(vm, set, &again, NULL, err) ||
        again.fn_count != set->build.fn_count) {
        err_set(err, ERR_POLICY, "policies did not load again as they did at first");
        goto fail;
    }
    if (set->options.prices && !(vm->prices = price_cache_new(set->options.prices))) {
        err_set(err, ERR_MEMORY, "no memory for a price cache");
        goto fail;
    }
    if (!usage_open(vm, err))
        goto fail;
    build_release(&again);
    vm->disabled = &none;
    *out = vm;
    return true;

fail:
    build_release(&again);
    policy_vm_close(vm);
    return false;
}

void policy_vm_close(struct policy_vm *vm)
{
    if (!vm)
        return;
    usage_close(vm);
    vm_release(vm);
    free(vm);
}

void policy_vm_trace(struct policy_vm *vm, policy_trace *trace, void *ctx)
{
    vm->trace = trace;
    vm->trace_ctx = ctx;
    sandbox_count_exactly(&vm->box, trace != NULL);
}

/* The value that a rule answered, or true. Returns how many arguments that is. */
static int push_answer(lua_State *L, const struct answer *answer)
{
    if (!answer)
        return 0;
    if (answer->kind == ANSWER_NUMBER)
        lua_pushnumber(L, answer->number);
    else
        lua_pushboolean(L, answer->kind == ANSWER_TRUE);
    return 1;
}

static void count(struct policy_vm *vm, size_t fn, enum policy_result outcome)
{
    usage_add(&vm->usage[fn].outcomes[outcome], 1);
}

/* The step has what is particular; the rest is the function's. */
static void report(struct policy_vm *vm, size_t fn, enum policy_result outcome,
                   struct policy_trace_step step)
{
    const struct policy_fn *f = &vm->set->build.fns[fn];

    step.outcome = policy_result_name(outcome);
    step.stage = call_name(f);
    step.policy = f->policy;
    step.rule = f->where;
    step.label = f->label;
    step.function = fn;
    vm->trace(vm->trace_ctx, &step);
}

void policy_vm_disable(struct policy_vm *vm, const struct policy_mask *disabled)
{
    vm->disabled = disabled;
}

void policy_vm_watch(struct policy_vm *vm, struct policy_watch watch)
{
    vm->watch = watch;
}

void vm_forget(struct policy_vm *vm)
{
    vm->handle++;
    vm->handle_pushed = false;
}

const char *vm_push_handle(struct policy_vm *vm)
{
    lua_State *L = vm->box.L;
    const char *reason;

    if (vm->handle_pushed)
        return NULL;
    lua_pushvalue(L, vm->record ? SLOT_EVENT_MAKER : SLOT_GROUP_MAKER);
    static const struct budget ours = {.instructions = INT64_MAX, .wall_ms = 1000};
    reason = sandbox_call(&vm->box, 0, 1, &ours);
    if (reason)
        return reason;
    lua_replace(L, SLOT_HANDLE);
    vm->handle_pushed = true;
    return NULL;
}

/* Of the call, or what is left of the event's or the tick's. */
static const struct budget *budget_of(struct policy_vm *vm)
{
    const struct policy_limits *limits = &vm->set->options.limits;
    struct budget *b = &vm->budget;

    *b = (struct budget){.instructions = limits->call_instructions,
                         .limit = limits->call_instructions,
                         .whose = "a call",
                         .timed = "a call",
                         .limit_key = "policies.limits.call_instructions",
                         .wall_ms = limits->call_ms,
                         .wall_key = "policies.limits.call_time"};
    if (vm->left >= b->instructions)
        return b;
    b->instructions = vm->left > 0 ? vm->left : 0;
    b->limit = vm->record ? limits->event_instructions : limits->tick_instructions;
    b->whose = vm->record ? "an event, all policies together," : "a tick";
    b->limit_key = vm->record ? "policies.limits.event_instructions"
                              : "policies.limits.tick_instructions";
    return b;
}

const char *vm_run(struct policy_vm *vm, size_t fn, int results)
{
    const struct budget *budget = budget_of(vm);
    lua_State *L = vm->box.L;
    const char *reason = vm_push_handle(vm);

    if (reason)
        return reason;
    /* Nothing from here to the call can raise: room was made when the state opened. */
    lua_rawgeti(L, SLOT_FUNCTIONS, (int)fn + 1);
    lua_pushvalue(L, SLOT_HANDLE);
    int args = 1 + push_answer(L, vm->answer);
    vm->output = 0;
    reason = sandbox_call(&vm->box, args, results, budget);
    /* One large copy may overrun a call's budget before it is noticed: the others do not
     * pay for that. */
    int64_t spent = sandbox_spent(&vm->box);
    vm->left -= spent < budget->instructions ? spent : budget->instructions;
    return reason;
}

static int64_t exactly_spent(const struct sandbox *s)
{
    return s->stepped + s->charged;
}

/* The answer is done with. Garbage waits for the end of an event, but not for that of a
 * tick with its many calls. */
static void clear(struct policy_vm *vm)
{
    lua_settop(vm->box.L, SLOT_BASE);
    if (!vm->record || sandbox_pressed(&vm->box))
        sandbox_rest(&vm->box);
}

/* What one group brings along fails for that group alone. */
static void mark_failed(struct policy_vm *vm, size_t fn, int reason)
{
    bool of_group = reason == REASON_RUNTIME || reason == REASON_VALUE;

    if (vm->sums)
        vm->tick_calls[fn] |= of_group ? CALLS_FAILED : CALLS_STOPPED;
    else if (vm->marks)
        policy_mask_add(&vm->marks->failed, vm->set->build.fns[fn].policy_at);
}

static void failed(struct policy_vm *vm, size_t fn, const char *reason,
                   const char *message)
{
    vm->stands_ns = 0;
    clear(vm);
    count(vm, fn, POLICY_FAILED);
    mark_failed(vm, fn, reason_of(reason));
    fn_failed(vm->set, fn, reason_of(reason), message, vm->watch.failed != NULL);
    if (vm->watch.failed)
        vm->watch.failed(vm->watch.ctx, vm->set->build.fns[fn].policy,
                         vm->set->build.fns[fn].where, reason, message);
    if (vm->trace)
        report(vm, fn, POLICY_FAILED,
               (struct policy_trace_step){.reason = reason,
                                          .message = message,
                                          .instructions = exactly_spent(&vm->box)});
}

static const struct field no_field = {FIELD_NONE, 0, STAGE_DECODE};

/* Neither an answer nor a failure: the function went by what is not there yet. */
static void wait_for_history(struct policy_vm *vm, size_t fn)
{
    vm->read_filling = false;
    vm->stands_ns = 0;
    clear(vm);
    vm_skip(vm, fn, POLICY_SKIPPED_FILLING, no_field);
}

/* Most calls are not measured. */
static const char *sampled_run(struct policy_vm *vm, size_t fn, int results)
{
    struct fn_usage *usage = &vm->usage[fn];
    struct sample sample = usage_next(usage, !vm->record);
    int64_t began = sample.what == SAMPLE_TIME ? timestamp_monotonic() : 0;

    if (sample.what == SAMPLE_INSTRUCTIONS)
        sandbox_count_exactly(&vm->box, true);
    const char *reason = vm_run(vm, fn, results);
    if (sample.what == SAMPLE_TIME)
        usage_add(&usage->time_ns, sample.weight * (timestamp_monotonic() - began));
    if (sample.what != SAMPLE_INSTRUCTIONS)
        return reason;
    sandbox_count_exactly(&vm->box, false);
    usage_add(&usage->instructions, sample.weight * exactly_spent(&vm->box));
    return reason;
}

bool vm_call(struct policy_vm *vm, size_t fn, int results)
{
    if (policy_mask_has(vm->disabled, vm->set->build.fns[fn].policy_at)) {
        vm->stands_ns = 0;
        vm_skip(vm, fn, POLICY_SKIPPED_DISABLED, no_field);
        return false;
    }
    if (vm->costs)
        vm_measure(vm, fn, results);
    const char *reason =
        vm->costs || vm->trace ? vm_run(vm, fn, results) : sampled_run(vm, fn, results);
    if (!reason && !vm->read_filling)
        return true;
    if (vm->read_filling)
        wait_for_history(vm, fn);
    else
        failed(vm, fn, reason, vm->box.message);
    return false;
}

void vm_reject(struct policy_vm *vm, size_t fn, const char *message)
{
    size_t most = vm->set->options.limits.output_bytes;

    if (vm->output <= most) {
        failed(vm, fn, "value", message);
        return;
    }
    snprintf(vm->box.message, sizeof vm->box.message,
             "the answer has more than %zu bytes of text (policies.limits.output)", most);
    failed(vm, fn, "output", vm->box.message);
}

void vm_end(struct policy_vm *vm, size_t fn, bool answered)
{
    enum policy_result outcome = answered ? POLICY_ANSWERED : POLICY_NIL;

    clear(vm);
    count(vm, fn, outcome);
    if (vm->sums)
        vm->tick_calls[fn] |= CALLS_ANSWERED;
    else if (vm->marks)
        policy_mask_add(&vm->marks->answered, vm->set->build.fns[fn].policy_at);
    if (vm->trace)
        report(vm, fn, outcome,
               (struct policy_trace_step){.instructions = exactly_spent(&vm->box)});
}

void vm_trace_skip(struct policy_vm *vm, size_t fn, enum policy_result why,
                   struct field missing)
{
    struct policy_trace_step step = {.instructions = 0};

    if (missing.kind != FIELD_NONE)
        step.missing = field_name(vm->set->options.schema, missing);
    report(vm, fn, why, step);
}
