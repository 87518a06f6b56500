#include "internal.h"

/* Marks families of which a step changed; two that share a bit are sent once too often,
 * which harms nobody. */
enum { FAMILY_BITS = 4096 };

struct families {
    uint64_t marked[FAMILY_BITS / 64];
};

static bool is_step_label(struct str name)
{
    return str_eq(name, STR("step")) || str_eq(name, STR("severity"));
}

/* What all steps of one rule and group have in common. */
static uint64_t family_of(const struct instance *i)
{
    struct pair common[ALERT_LABELS_MAX];
    size_t count = 0;

    for (size_t at = 0; at < i->labels.count; at++)
        if (!is_step_label(i->labels.pairs[at].name))
            common[count++] = i->labels.pairs[at];
    return alert_fingerprint(common, count) % FAMILY_BITS;
}

static bool is_sendable(const struct instance *i)
{
    return i->alert.state == ALERT_FIRING || i->alert.state == ALERT_RESOLVED;
}

/* A new start is news although the state has its old name. */
static bool is_changed(const struct instance *i)
{
    return i->sent_state != i->alert.state || i->sent_starts_ns != i->alert.starts_ns;
}

static bool is_due(const struct rules *r, const struct instance *i,
                   const struct families *changed)
{
    if (!is_sendable(i))
        return false;
    if (is_changed(i) || r->tick_ns - i->sent_ns >= r->options.resend_ns)
        return true;
    uint64_t family = family_of(i);
    return changed->marked[family / 64] >> (family % 64) & 1;
}

static void mark_sent(struct rules *r, struct instance *i)
{
    i->sent_ns = r->tick_ns;
    i->sent_state = i->alert.state;
    i->sent_starts_ns = i->alert.starts_ns;
}

size_t rules_due(struct rules *r, const struct alert **out)
{
    struct families changed = {0};

    for (size_t at = 0; at < r->count; at++) {
        struct instance *i = r->instances[at];
        i->alert.changed = is_sendable(i) && is_changed(i);
        if (!i->alert.changed)
            continue;
        uint64_t family = family_of(i);
        changed.marked[family / 64] |= (uint64_t)1 << (family % 64);
    }
    r->due_count = 0;
    for (size_t at = 0; at < r->count; at++) {
        struct instance *i = r->instances[at];
        if (!is_due(r, i, &changed))
            continue;
        i->alert.told_ns = i->sent_ns;
        r->due[r->due_count++] = i->alert;
        mark_sent(r, i);
    }
    *out = r->due;
    return r->due_count;
}

void rules_delivered(struct rules *r)
{
    for (size_t at = 0; at < r->count; at++) {
        struct instance *i = r->instances[at];
        if (i->told_state == i->sent_state && i->told_starts_ns == i->sent_starts_ns &&
            i->told_ns == i->sent_ns)
            continue;
        i->told_ns =
            i->sent_ns; /* after a restart it is not told again before its time */
        i->told_state = i->sent_state;
        i->told_starts_ns = i->sent_starts_ns;
        r->unsaved = true;
    }
}
