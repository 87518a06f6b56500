/* Which alerts fired, when, and when that ended. */
#include <stdlib.h>

#include "internal.h"

enum { FIRINGS_FIRST = 16 };

static struct sim_firing *next_firing(struct history *h)
{
    if (h->count == h->capacity) {
        size_t capacity = h->capacity ? 2 * h->capacity : FIRINGS_FIRST;
        struct sim_firing *grown = realloc(h->firings, capacity * sizeof *grown);
        if (!grown)
            return NULL;
        h->firings = grown;
        h->capacity = capacity;
    }
    return &h->firings[h->count];
}

static bool add_firing(struct history *h, const struct alert *alert, int64_t at_ns)
{
    struct pair *labels = arena_alloc(&h->arena, alert->label_count * sizeof *labels + 1);
    struct sim_firing *firing = next_firing(h);

    if (!labels || !firing)
        return false;
    for (size_t i = 0; i < alert->label_count; i++)
        labels[i] = (struct pair){arena_copy(&h->arena, alert->labels[i].name),
                                  arena_copy(&h->arena, alert->labels[i].value)};
    *firing = (struct sim_firing){.fingerprint = alert->fingerprint,
                                  .label_count = alert->label_count,
                                  .labels = labels,
                                  .value = alert->value,
                                  .fired_ns = at_ns};
    h->count++;
    return true;
}

static void end_firing(struct history *h, uint64_t fingerprint, int64_t at_ns)
{
    for (size_t i = h->count; i > 0; i--)
        if (h->firings[i - 1].fingerprint == fingerprint) {
            h->firings[i - 1].resolved_ns = at_ns;
            return;
        }
}

bool history_note(struct history *h, const struct rules *rules, int64_t at_ns,
                  struct err *err)
{
    const struct alert_change *changes;
    size_t count = rules_changes(rules, &changes);

    for (size_t i = 0; i < count; i++) {
        const struct alert_change *change = &changes[i];
        if (change->to == ALERT_FIRING && h->count < SIM_FIRINGS_MAX &&
            !add_firing(h, change->alert, at_ns))
            return err_set(err, ERR_MEMORY, "simulation: no memory");
        if (change->from == ALERT_FIRING)
            end_firing(h, change->alert->fingerprint, at_ns);
    }
    return true;
}

void history_release(struct history *h)
{
    arena_release(&h->arena);
    free(h->firings);
}
