#include <stdlib.h>

#include "../engine/ticker.h"
#include "internal.h"
#include "spendwarden/json.h"

static bool open_books(struct sim *s, struct err *err)
{
    const struct config *c = s->generation->config;
    const struct decls *decls = policy_decls(s->generation->policies);
    struct metrics_options metrics = c->metrics;
    struct window_limits windows = c->windows;

    metrics.schema = windows.schema = &c->schema;
    if (!metrics_open(&s->metrics, &metrics, err) ||
        !windows_open(&s->windows, &windows, err))
        return false;
    for (size_t i = 0; i < decls->metric_count; i++)
        if (!metrics_declare(s->metrics, &decls->metrics[i], err))
            return false;
    return true;
}

static bool declare_windows(struct sim *s, struct err *err)
{
    const struct generation *g = s->generation;
    s->window_ids = calloc(g->window_count + 1, sizeof *s->window_ids);
    if (!s->window_ids)
        return err_set(err, ERR_MEMORY, "simulation: no memory");
    for (size_t i = 0; i < g->window_count; i++) {
        s->window_ids[i] = windows_declare(s->windows, &g->windows[i], err);
        if (s->window_ids[i] < 0)
            return false;
    }
    windows_begin(s->windows);
    return true;
}

bool sim_open(struct sim **out, const struct sim_options *options, struct err *err)
{
    struct sim *s = calloc(1, sizeof *s);

    *out = NULL;
    if (!s)
        return err_set(err, ERR_MEMORY, "simulation: no memory");
    s->generation = generation_hold(options->generation);
    s->now_ns = options->start_ns;
    s->stop_ns = options->stop_ns;
    s->every_tick = options->every_tick;
    s->watch = options->watch;
    const struct rules_options rules = ticker_rules_options(s->generation->config);
    if (!pipeline_open(&s->pipeline, s->generation, err) ||
        !policy_vm_open(&s->policies, s->generation->policies, err) ||
        !rules_open(&s->rules, &rules, err) || !open_books(s, err) ||
        !declare_windows(s, err)) {
        sim_close(s);
        return false;
    }
    pipeline_watch(s->pipeline, options->watch);
    policy_vm_watch(s->policies, options->watch);
    *out = s;
    return true;
}

void sim_close(struct sim *s)
{
    if (!s)
        return;
    pipeline_close(s->pipeline);
    policy_vm_close(s->policies);
    rules_close(s->rules);
    windows_close(s->windows);
    metrics_close(s->metrics);
    history_release(&s->history);
    arena_release(&s->body_arena);
    arena_release(&s->tick_arena);
    buf_release(&s->body);
    free(s->window_ids);
    generation_release(s->generation);
    free(s);
}

int64_t sim_now(const struct sim *s)
{
    return s->now_ns;
}

const struct generation *sim_generation(const struct sim *s)
{
    return s->generation;
}

static bool in_time(const struct sim *s, struct err *err)
{
    if (!s->stop_ns || timestamp_monotonic() <= s->stop_ns)
        return true;
    return err_set(err, ERR_LIMIT, "stopped: the time for it is over");
}

bool sim_post(struct sim *s, struct str source, struct str body, struct err *err)
{
    static const char padding[JSON_PADDING];
    const struct source *from = generation_source(s->generation, source);

    if (!from)
        return err_set(err, ERR_INPUT, "there is no source \"%.*s\"", STR_ARG(source));
    if (!in_time(s, err))
        return false;
    buf_reset(&s->body);
    buf_add(&s->body, body);
    buf_add(&s->body, (struct str){padding, sizeof padding});
    if (s->body.failed)
        return err_set(err, ERR_MEMORY, "simulation: no memory");
    arena_reset(&s->body_arena);
    pipeline_begin(s->pipeline, from, (struct str){s->body.at, body.size}, NULL,
                   &s->body_arena, s->now_ns);
    return true;
}

enum verdict sim_next(struct sim *s, const struct record **out,
                      struct verdict_reason *why)
{
    struct record *r;
    enum verdict verdict;

    pipeline_recycle(s->pipeline);
    do /* nobody else waits here */
        verdict = pipeline_next(s->pipeline, &r, why);
    while (verdict == VERDICT_MORE);
    *out = r;
    if (verdict != VERDICT_EVENT)
        return verdict;
    s->fresh = true;
    r->committed_ns = s->now_ns;
    metrics_apply(s->metrics, r);
    windows_apply(s->windows, r, s->now_ns);
    return verdict;
}

int64_t sim_next_tick(const struct sim *s)
{
    int64_t every = s->generation->config->tick_ns;

    return s->now_ns - s->now_ns % every + every;
}

/* The last tick at or before `ns`. */
static int64_t tick_before(const struct sim *s, int64_t ns)
{
    return ns - ns % s->generation->config->tick_ns;
}

static bool run_ticks(struct sim *s, int64_t to_ns, struct err *err)
{
    for (;;) {
        int64_t due_ns = sim_next_tick(s), needed_ns = tick_needed(s);
        int64_t at_ns = needed_ns > due_ns ? needed_ns : due_ns;
        if (at_ns > to_ns)
            return true;
        s->now_ns = at_ns;
        if (!tick_run(s, at_ns, err) || !in_time(s, err))
            return false;
    }
}

bool sim_advance(struct sim *s, int64_t to_ns, struct err *err)
{
    if (!run_ticks(s, to_ns, err))
        return false;
    int64_t last_ns = tick_before(s, to_ns);
    if (s->standing.drifts && s->now_ns < last_ns && !tick_run(s, last_ns, err))
        return false;
    s->now_ns = to_ns;
    return true;
}

int64_t sim_ticks(const struct sim *s)
{
    return s->ticks;
}

size_t sim_alerts(const struct sim *s, const struct alert **out)
{
    return rules_alerts(s->rules, out);
}

size_t sim_firings(const struct sim *s, const struct sim_firing **out)
{
    *out = s->history.firings;
    return s->history.count;
}
