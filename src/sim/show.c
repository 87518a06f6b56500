/* What /metrics would show: counters as they are, gauges as of the last tick. */
#include "../engine/ticker.h"
#include "internal.h"

static void ignore_failure(void *ctx, struct str policy, struct str rule,
                           const char *reason, const char *message)
{
    (void)ctx, (void)policy, (void)rule, (void)reason, (void)message;
}

/* The tick once more, with alert states that nobody asks. */
static bool evaluate(struct sim *s, struct rules *rules, struct tick_view_box *view,
                     int64_t at_ns, struct err *err)
{
    const struct generation *g = s->generation;
    struct evaluation evaluation = {
        .generation = g,
        .policies = s->policies,
        .rules = rules,
        .arena = &s->tick_arena,
        .view = view,
        .at_ns = at_ns,
    };

    evaluation.sums = tick_sums(s, g->window_count, at_ns, err);
    if (!evaluation.sums)
        return false;
    policy_vm_watch(s->policies, (struct policy_watch){ignore_failure, NULL});
    evaluate_rules(&evaluation);
    policy_vm_watch(s->policies, s->watch);
    evaluate_views(&evaluation);
    tick_view_alerts(view, s->rules);
    tick_view_done(view, at_ns, 0);
    return true;
}

static bool show_gauges(struct sim *s, struct exposition *out, struct err *err)
{
    int64_t at_ns = s->now_ns - s->now_ns % s->generation->config->tick_ns;
    const struct rules_options options = ticker_rules_options(s->generation->config);
    struct tick_view_box *view = tick_view_new();
    struct rules *rules = NULL;

    bool ok =
        view ? rules_open(&rules, &options, err) && evaluate(s, rules, view, at_ns, err)
             : err_set(err, ERR_MEMORY, "simulation: no memory");
    if (ok) {
        struct tick_view *visible = tick_view_hold(view);
        tick_view_expose(visible, out);
        engine_tick_view_release(visible);
    }
    rules_close(rules);
    tick_view_drop(view);
    return ok;
}

bool sim_metrics(struct sim *s, struct buf *out, struct err *err)
{
    struct exposition x = {.out = out, .zero_from_ns = INT64_MAX};
    struct metrics_copy *copy = metrics_copy(s->metrics, s->now_ns);

    if (!copy)
        return err_set(err, ERR_MEMORY, "simulation: no memory");
    metrics_render(copy, &x);
    metrics_copy_free(copy);
    /* After an event that no tick has seen the windows are not what the tick saw. */
    if (s->ticked_ns && !s->fresh && !show_gauges(s, &x, err))
        return false;
    return !out->failed || err_set(err, ERR_MEMORY, "simulation: no memory");
}
