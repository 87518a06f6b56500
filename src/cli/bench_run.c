/* One pass in which each call is measured and each outcome counted, a tick in which they
 * are, then passes over everything as the engine does it. */
#include <stdio.h>
#include <stdlib.h>

#include "../tick/evaluate.h"
#include "bench.h"
#include "spendwarden/pipeline.h"
#include "spendwarden/policy_trace.h"

enum { CHUNK = 32, WHOLE_PASSES = 7, WHOLE_TICKS = 20, PROGRESS_EVERY = 20 };

struct run {
    struct bench *bench;
    struct pipeline *pipeline;
    struct policy_vm *tick_policies;
    struct price_cache *prices;
    struct windows *windows;
    struct rules *rules;
    struct window_sums *sums;       /* by window of the generation */
    int *ids;                       /* the same */
    struct policy_cost *costs;      /* by function */
    struct record *chunk;           /* CHUNK of them */
    struct arena arena, tick_arena; /* of an event; of all ticks */
};

/* --- what functions came to --- */

static enum bench_outcome outcome_of(const char *outcome)
{
    static const struct {
        const char *text;
        enum bench_outcome outcome;
    } outcomes[] = {{"answered", BENCH_ANSWERED},
                    {"nil", BENCH_NIL},
                    {"skipped: needs", BENCH_NEEDS},
                    {"skipped: label present", BENCH_LABEL_PRESENT},
                    {"skipped: answered already", BENCH_ANSWERED_BEFORE},
                    {"skipped: disabled", BENCH_DISABLED},
                    {"skipped: filling", BENCH_DISABLED}};

    for (size_t i = 0; i < sizeof outcomes / sizeof *outcomes; i++)
        if (strcmp(outcome, outcomes[i].text) == 0)
            return outcomes[i].outcome;
    return BENCH_FAILED;
}

static void count_step(void *ctx, const struct policy_trace_step *step)
{
    struct bench *b = ctx;

    b->functions[step->function].outcomes[outcome_of(step->outcome)]++;
}

static bool begin_measuring(struct run *run, struct policy_vm *vm, struct err *err)
{
    struct bench *b = run->bench;

    if (!policy_vm_overhead(vm, &b->overhead, err))
        return false;
    policy_vm_trace(vm, count_step, b);
    policy_vm_measure(vm, b->rounds, run->costs);
    return true;
}

static void end_measuring(struct policy_vm *vm)
{
    policy_vm_trace(vm, NULL, NULL);
    policy_vm_measure(vm, 0, NULL);
}

/* --- events --- */

static void show_progress(const struct bench *b, size_t done)
{
    if (b->progress && (done % PROGRESS_EVERY == 0 || done == b->events.count))
        fprintf(stderr, "\rspendwarden bench: %zu of %zu events%s", done, b->events.count,
                done == b->events.count ? "\r\033[K" : "");
}

static void count_windows(struct run *run, const struct record *r)
{
    struct bench *b = run->bench;

    for (size_t i = 0; i < b->generation->policy_window_count; i++)
        b->passed[i] += window_where(&b->generation->windows[i], r);
    windows_apply(run->windows, r, b->events.latest_ns);
}

static bool measure_events(struct run *run, struct err *err)
{
    struct policy_vm *vm = pipeline_policies(run->pipeline);
    const struct bench_events *e = &run->bench->events;
    struct record *r = run->chunk;

    if (!begin_measuring(run, vm, err))
        return false;
    for (size_t i = 0; i < e->count; i++) {
        show_progress(run->bench, i);
        *r = e->records[i];
        arena_reset(&run->arena);
        pipeline_decide(run->pipeline, r, &run->arena);
        count_windows(run, r);
    }
    show_progress(run->bench, e->count);
    end_measuring(vm);
    return true;
}

/* --- a tick --- */

static bool sum_windows(struct run *run, struct err *err)
{
    const struct bench *b = run->bench;
    const struct generation *g = b->generation;

    for (size_t i = 0; i < g->window_count; i++)
        if (!windows_sums(run->windows, run->ids[i], b->events.latest_ns,
                          &run->tick_arena, &run->sums[i]))
            return err_set(err, ERR_MEMORY, "no memory for the sums of windows");
    return true;
}

static struct evaluation evaluation_of(struct run *run, int tick)
{
    return (struct evaluation){
        .generation = run->bench->generation,
        .policies = run->tick_policies,
        .rules = run->rules,
        .sums = run->sums,
        .arena = &run->tick_arena,
        .at_ns =
            run->bench->events.latest_ns + tick * run->bench->generation->config->tick_ns,
    };
}

static bool measure_tick(struct run *run, struct err *err)
{
    struct evaluation e = evaluation_of(run, 0);

    if (!sum_windows(run, err) || !begin_measuring(run, run->tick_policies, err))
        return false;
    evaluate_rules(&e);
    end_measuring(run->tick_policies);
    return true;
}

/* --- as a whole --- */

static void decide_all(struct run *run, size_t count)
{
    for (size_t i = 0; i < count; i++)
        pipeline_decide(run->pipeline, &run->chunk[i], &run->arena);
}

/* What an event costs without policies. */
static void price_all(struct run *run, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        record_book(&run->chunk[i]);
        price_record(run->bench->generation->prices, run->prices, &run->chunk[i]);
    }
}

/* Nanoseconds of one pass; copying the records is not in it. */
static int64_t time_pass(struct run *run, void work(struct run *run, size_t count))
{
    const struct bench_events *e = &run->bench->events;
    int64_t sum = 0;

    for (size_t i = 0; i < e->count; i += CHUNK) {
        size_t count = e->count - i < CHUNK ? e->count - i : CHUNK;
        memcpy(run->chunk, e->records + i, count * sizeof *run->chunk);
        arena_reset(&run->arena);
        int64_t start = timestamp_monotonic();
        work(run, count);
        sum += timestamp_monotonic() - start;
    }
    return sum;
}

static double time_whole(struct run *run, void work(struct run *run, size_t count))
{
    int64_t least = INT64_MAX;

    for (int i = 0; i < WHOLE_PASSES; i++) {
        int64_t ns = time_pass(run, work);
        least = ns < least ? ns : least;
    }
    return (double)least / (double)run->bench->events.count;
}

static double time_tick(struct run *run)
{
    int64_t least = INT64_MAX;

    for (int i = 1; i <= WHOLE_TICKS; i++) {
        struct evaluation e = evaluation_of(run, i);
        int64_t start = timestamp_monotonic();
        evaluate_rules(&e);
        int64_t ns = timestamp_monotonic() - start;
        least = ns < least ? ns : least;
    }
    return (double)least;
}

/* --- setting up --- */

static bool declare_windows(struct run *run, struct err *err)
{
    const struct generation *g = run->bench->generation;

    for (size_t i = 0; i < g->window_count; i++) {
        run->ids[i] = windows_declare(run->windows, &g->windows[i], err);
        if (run->ids[i] < 0)
            return false;
    }
    windows_begin(run->windows);
    return true;
}

static bool open_run(struct run *run, struct err *err)
{
    struct bench *b = run->bench;
    struct generation *g = b->generation;
    struct rules_options options = {.max_alerts = g->config->alerts_max,
                                    .resend_ns = g->config->resend_ns,
                                    .resolved_ns = 15 * NS_PER_MINUTE,
                                    .gap_ns = NS_PER_HOUR};

    b->function_count = policy_functions(g->policies);
    b->functions = calloc(b->function_count + 1, sizeof *b->functions);
    b->passed = calloc(g->window_count + 1, sizeof *b->passed);
    run->costs = calloc(b->function_count + 1, sizeof *run->costs);
    run->sums = calloc(g->window_count + 1, sizeof *run->sums);
    run->ids = calloc(g->window_count + 1, sizeof *run->ids);
    run->chunk = calloc(CHUNK, sizeof *run->chunk);
    run->prices = price_cache_new(g->prices);
    if (!b->functions || !b->passed || !run->costs || !run->sums || !run->ids ||
        !run->chunk || !run->prices)
        return err_set(err, ERR_MEMORY, "no memory");
    return pipeline_open(&run->pipeline, g, err) &&
           policy_vm_open(&run->tick_policies, g->policies, err) &&
           windows_open(&run->windows, &g->config->windows, err) &&
           rules_open(&run->rules, &options, err) && declare_windows(run, err);
}

static void close_run(struct run *run)
{
    rules_close(run->rules);
    windows_close(run->windows);
    policy_vm_close(run->tick_policies);
    pipeline_close(run->pipeline);
    price_cache_free(run->prices);
    arena_release(&run->arena);
    arena_release(&run->tick_arena);
    free(run->costs);
    free(run->sums);
    free(run->ids);
    free(run->chunk);
}

bool bench_run(struct bench *b, struct err *err)
{
    struct run run = {.bench = b};

    arena_init(&run.arena, 0);
    arena_init(&run.tick_arena, 0);
    bool ok = open_run(&run, err) && measure_events(&run, err) && measure_tick(&run, err);
    if (ok) {
        double without = time_whole(&run, price_all);
        b->event_ns = time_whole(&run, decide_all) - without;
        b->tick_ns = time_tick(&run);
    }
    for (size_t i = 0; ok && i < b->function_count; i++) {
        b->functions[i].about = policy_function(b->generation->policies, i);
        b->functions[i].cost = run.costs[i];
    }
    close_run(&run);
    return ok;
}

void bench_release(struct bench *b)
{
    bench_events_release(&b->events);
    free(b->functions);
    free(b->passed);
}

/* --- means --- */

int64_t bench_calls(const struct bench_function *f)
{
    return f->outcomes[BENCH_ANSWERED] + f->outcomes[BENCH_NIL] +
           f->outcomes[BENCH_FAILED];
}

int64_t bench_skips(const struct bench_function *f)
{
    int64_t all = 0;

    for (int i = 0; i < BENCH_OUTCOMES; i++)
        all += f->outcomes[i];
    return all - bench_calls(f);
}

static double mean(double sum, int64_t count)
{
    return count ? sum / (double)count : 0;
}

double bench_ns_per_call(const struct bench_function *f)
{
    return mean(f->cost.ns, f->cost.calls);
}

double bench_instructions_per_call(const struct bench_function *f)
{
    return mean((double)f->cost.instructions, f->cost.calls);
}

double bench_bytes_per_call(const struct bench_function *f)
{
    return mean((double)f->cost.bytes, f->cost.sampled);
}
