/* Calls again what is about to be called, and looks at what it costs. */
#include "spendwarden/policy_measure.h"

#include "memory.h"
#include "vm.h"

enum {
    BATCHES = 5,       /* of them the fastest counts: the others were disturbed */
    SLOW_NS = 1000000, /* such a call is measured a few times only */
    SLOW_ROUNDS = 2,
    BYTES_SAMPLES = 16,
    OVERHEAD_ROUNDS = 2000,
};

size_t policy_functions(const struct policy_set *s)
{
    return s->build.fn_count;
}

struct policy_function policy_function(const struct policy_set *s, size_t index)
{
    const struct policy_fn *f = &s->build.fns[index];

    return (struct policy_function){call_name(f), f->policy, f->where, f->label,
                                    f->call >= CALL_RULE};
}

void policy_vm_measure(struct policy_vm *vm, size_t rounds, struct policy_cost *costs)
{
    vm->costs = costs;
    vm->rounds = rounds;
}

static void call_once(struct policy_vm *vm, size_t fn, int results)
{
    vm->left = vm->set->options.limits.call_instructions;
    vm_run(vm, fn, results);
    lua_settop(vm->box.L, SLOT_BASE);
}

static void make_handle(struct policy_vm *vm, size_t fn, int results)
{
    (void)fn;
    (void)results;
    vm_forget(vm);
    vm_push_handle(vm);
}

typedef void measured(struct policy_vm *vm, size_t fn, int results);

/* Nanoseconds of one of `rounds`, taken together. */
static double time_batch(struct policy_vm *vm, measured *work, size_t fn, int results,
                         size_t rounds)
{
    int64_t start = timestamp_monotonic();

    for (size_t i = 0; i < rounds; i++)
        work(vm, fn, results);
    return (double)(timestamp_monotonic() - start) / (double)rounds;
}

static double fastest(struct policy_vm *vm, measured *work, size_t fn, int results,
                      size_t rounds)
{
    size_t batch = (rounds + BATCHES - 1) / BATCHES;
    double least = time_batch(vm, work, fn, results, 1);

    if (least > SLOW_NS)
        batch = SLOW_ROUNDS;
    for (size_t i = 0; i < BATCHES; i++) {
        if (vm->box.memory_used > vm->box.memory_limit / 4)
            memory_collect(&vm->box);
        double ns = time_batch(vm, work, fn, results, batch);
        if (i == 0 || ns < least)
            least = ns;
    }
    return least;
}

/* Texts that are still there need not be made again: everything old is collected first.
 */
static int64_t bytes_of(struct policy_vm *vm, measured *work, size_t fn, int results)
{
    memory_collect(&vm->box);
    size_t before = vm->box.memory_used;
    work(vm, fn, results);
    return (int64_t)(vm->box.memory_used - before);
}

static int64_t instructions_of(struct policy_vm *vm, size_t fn, int results)
{
    sandbox_count_exactly(&vm->box, true);
    call_once(vm, fn, results);
    sandbox_count_exactly(&vm->box, false);
    return vm->box.stepped + vm->box.charged;
}

void vm_measure(struct policy_vm *vm, size_t fn, int results)
{
    struct policy_cost *cost = &vm->costs[fn];
    int64_t left = vm->left;

    /* A group's handle is new in each call: it is no part of the function's cost. */
    vm_push_handle(vm);
    sandbox_count_exactly(&vm->box, false);
    if (cost->sampled < BYTES_SAMPLES) {
        cost->bytes += bytes_of(vm, call_once, fn, results);
        cost->sampled++;
    }
    double ns = fastest(vm, call_once, fn, results, vm->rounds) - vm->empty_ns;
    cost->ns += ns > 0 ? ns : 0;
    cost->instructions += instructions_of(vm, fn, results);
    cost->calls++;
    sandbox_count_exactly(&vm->box, vm->trace != NULL);
    vm->left = left;
}

/* Behind the last function of the set. */
static int add_empty(lua_State *L)
{
    lua_getfield(L, LUA_REGISTRYINDEX, "spendwarden.functions");
    if (luaL_loadstring(L, "return function(ev) end") != 0)
        return lua_error(L);
    lua_call(L, 0, 1);
    lua_rawseti(L, -2, (int)vm_of(L)->set->build.fn_count + 1);
    return 0;
}

bool policy_vm_overhead(struct policy_vm *vm, struct policy_overhead *out,
                        struct err *err)
{
    size_t empty = vm->set->build.fn_count;

    vm->box.trusted = true;
    bool ok = lua_cpcall(vm->box.L, add_empty, NULL) == 0;
    sandbox_distrust(&vm->box);
    if (!ok)
        return err_set(err, ERR_MEMORY, "no memory for an empty function");
    make_handle(vm, 0, 0);
    vm->empty_ns = fastest(vm, call_once, empty, 0, OVERHEAD_ROUNDS);
    out->call_ns = vm->empty_ns;
    out->handle_ns = fastest(vm, make_handle, 0, 0, OVERHEAD_ROUNDS);
    out->handle_bytes = bytes_of(vm, make_handle, 0, 0);
    return true;
}
