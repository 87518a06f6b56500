/* The order of a simulated tick: sums of windows -> evaluate.c -> history. */
#include "internal.h"

bool tick_run(struct sim *s, int64_t at_ns, struct err *err)
{
    const struct generation *g = s->generation;

    arena_reset(&s->tick_arena);
    struct window_sums *sums =
        arena_zalloc(&s->tick_arena, (g->window_count + 1) * sizeof *sums);
    bool ok = sums != NULL;
    for (size_t i = 0; ok && i < g->window_count; i++)
        ok = windows_sums(s->windows, s->window_ids[i], at_ns, &s->tick_arena, &sums[i]);
    if (!ok)
        return err_set(err, ERR_MEMORY, "simulation: no memory");
    const struct evaluation evaluation = {
        .generation = g,
        .policies = s->policies,
        .rules = s->rules,
        .sums = sums,
        .arena = &s->tick_arena,
        .at_ns = at_ns,
    };
    evaluate_rules(&evaluation);
    s->ticked_ns = at_ns;
    return history_note(&s->history, s->rules, at_ns, err);
}
