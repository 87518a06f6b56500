#include "usage.h"

#include <stdlib.h>

#include "vm.h"

enum {
    TIMED_EVERY = 64,     /* two readings of the clock are 40 ns */
    COUNTED_EVERY = 1024, /* an instruction takes ten times as long when it is counted */
};

struct sample usage_next(struct fn_usage *u, bool at_tick)
{
    uint32_t call = u->calls++, counted_every = at_tick ? TIMED_EVERY : COUNTED_EVERY;

    if (call % counted_every == 1)
        return (struct sample){SAMPLE_INSTRUCTIONS, call == 1 ? 2 : counted_every};
    if (call % TIMED_EVERY == 0)
        return (struct sample){SAMPLE_TIME, call == 0 || at_tick ? 1 : TIMED_EVERY};
    return (struct sample){at_tick ? SAMPLE_TIME : SAMPLE_NOTHING, 1};
}

struct usage_book *usage_book_new(size_t fn_count)
{
    struct usage_book *b = calloc(1, sizeof *b);

    if (!b)
        return NULL;
    pthread_mutex_init(&b->lock, NULL);
    b->closed = calloc(fn_count + 1, sizeof *b->closed);
    if (b->closed)
        return b;
    usage_book_free(b);
    return NULL;
}

void usage_book_free(struct usage_book *b)
{
    if (!b)
        return;
    pthread_mutex_destroy(&b->lock);
    free(b->closed);
    free(b);
}

bool usage_open(struct policy_vm *vm, struct err *err)
{
    struct usage_book *b = vm->set->usage;

    vm->usage = calloc(vm->set->build.fn_count + 1, sizeof *vm->usage);
    if (!vm->usage)
        return err_set(err, ERR_MEMORY, "no memory for a Lua state");
    pthread_mutex_lock(&b->lock);
    vm->next = b->first;
    b->first = vm;
    pthread_mutex_unlock(&b->lock);
    return true;
}

static int64_t load(const int64_t *value)
{
    return __atomic_load_n(value, __ATOMIC_RELAXED);
}

static void add_up(struct fn_usage *sum, const struct fn_usage *u)
{
    for (int i = 0; i < POLICY_OUTCOMES; i++)
        sum->outcomes[i] += load(&u->outcomes[i]);
    sum->time_ns += load(&u->time_ns);
    sum->instructions += load(&u->instructions);
}

void usage_close(struct policy_vm *vm)
{
    if (!vm->usage)
        return;
    struct usage_book *b = vm->set->usage;
    struct policy_vm **at = &b->first;

    pthread_mutex_lock(&b->lock);
    while (*at != vm)
        at = &(*at)->next;
    *at = vm->next;
    for (size_t fn = 0; fn < vm->set->build.fn_count; fn++)
        add_up(&b->closed[fn], &vm->usage[fn]);
    pthread_mutex_unlock(&b->lock);
    free(vm->usage);
    vm->usage = NULL;
}

const char *policy_result_name(enum policy_result outcome)
{
    static const char *const names[POLICY_OUTCOMES] = {
        "answered",
        "nil",
        "failed",
        "skipped: needs",
        "skipped: label present",
        "skipped: answered already",
        "skipped: disabled",
        "skipped: filling",
    };

    return names[outcome];
}

static struct fn_usage sum_of(const struct usage_book *b, size_t fn)
{
    struct fn_usage sum = b->closed[fn];

    for (const struct policy_vm *vm = b->first; vm; vm = vm->next)
        add_up(&sum, &vm->usage[fn]);
    return sum;
}

void policy_usage(const struct policy_set *s, size_t function, struct policy_usage *out)
{
    pthread_mutex_lock(&s->usage->lock);
    struct fn_usage sum = sum_of(s->usage, function);
    pthread_mutex_unlock(&s->usage->lock);
    *out =
        (struct policy_usage){.time_ns = sum.time_ns, .instructions = sum.instructions};
    memcpy(out->outcomes, sum.outcomes, sizeof sum.outcomes);
}

bool policy_declares(const struct policy_set *s, size_t policy, size_t window)
{
    return s->build.declares[policy][window / 64] >> (window % 64) & 1;
}
