/* The order of a simulated tick: sums of windows -> evaluate.c -> history. And which
 * ticks can be left out. */
#include "internal.h"

const struct window_sums *tick_sums(struct sim *s, size_t count, int64_t at_ns,
                                    struct err *err)
{
    arena_reset(&s->tick_arena);
    struct window_sums *sums = arena_alloc(&s->tick_arena, (count + 1) * sizeof *sums);
    bool ok = sums != NULL;
    for (size_t i = 0; ok && i < count; i++)
        ok = windows_sums(s->windows, s->window_ids[i], at_ns, &s->tick_arena, &sums[i]);
    if (!ok)
        err_set(err, ERR_MEMORY, "simulation: no memory");
    return ok ? sums : NULL;
}

bool tick_run(struct sim *s, int64_t at_ns, struct err *err)
{
    const struct generation *g = s->generation;
    struct evaluation evaluation = {
        .generation = g,
        .policies = s->policies,
        .rules = s->rules,
        .arena = &s->tick_arena,
        .standing = &s->standing,
        .at_ns = at_ns,
    };
    /* Windows of coverage are for gauges alone. */
    evaluation.sums = tick_sums(s, g->policy_window_count, at_ns, err);
    if (!evaluation.sums)
        return false;
    int64_t every_ns = g->config->tick_ns;
    if (s->ticked_ns && at_ns - every_ns > s->ticked_ns)
        rules_stand(s->rules, at_ns - every_ns);
    evaluate_rules(&evaluation);
    s->ticked_ns = at_ns;
    s->ticks++;
    s->fresh = s->knows_changes = false;
    return history_note(&s->history, s->rules, at_ns, err);
}

/* From when on a tick finds something else than the last one did. */
static int64_t next_change(const struct sim *s)
{
    int64_t change_ns = rules_next_change(s->rules);

    if (s->standing.until_ns < change_ns)
        change_ns = s->standing.until_ns;
    for (size_t i = 0; i < s->generation->policy_window_count; i++) {
        int64_t ns = windows_next_change(s->windows, s->window_ids[i], s->ticked_ns);
        change_ns = ns < change_ns ? ns : change_ns;
    }
    return change_ns;
}

int64_t tick_needed(struct sim *s)
{
    int64_t every_ns = s->generation->config->tick_ns;
    int64_t next_ns = s->ticked_ns + every_ns;

    if (s->every_tick || s->fresh || !s->ticked_ns)
        return next_ns;
    if (!s->knows_changes) {
        s->changes_ns = next_change(s);
        s->knows_changes = true;
    }
    if (s->changes_ns <= next_ns)
        return next_ns;
    if (s->changes_ns > INT64_MAX - every_ns)
        return INT64_MAX;
    /* The tick at or after the change; where a value drifts, the last one that shows it
     * as it was. */
    int64_t needed_ns = s->changes_ns + every_ns - 1;
    needed_ns -= needed_ns % every_ns;
    return s->standing.drifts ? needed_ns - every_ns : needed_ns;
}
