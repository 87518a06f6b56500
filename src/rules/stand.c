/* Ticks that are left out, because they would see what the last one saw. */
#include "internal.h"

static bool counts_up(const struct instance *i)
{
    return i->alert.state == ALERT_PENDING ||
           (i->alert.state == ALERT_FIRING && !i->condition);
}

static int64_t next_change(const struct rules *r, const struct instance *i)
{
    switch (i->alert.state) {
    case ALERT_PENDING:
        return r->tick_ns + i->hold_ns - i->held_ns;
    case ALERT_FIRING:
        return i->condition ? INT64_MAX : r->tick_ns + i->keep_ns - i->kept_ns;
    case ALERT_RESOLVED:
        return i->alert.resolved_ns + r->options.resolved_ns + 1;
    default:
        return INT64_MAX;
    }
}

int64_t rules_next_change(const struct rules *r)
{
    int64_t change_ns = INT64_MAX;

    for (size_t at = 0; at < r->count; at++) {
        int64_t ns = next_change(r, r->instances[at]);
        change_ns = ns < change_ns ? ns : change_ns;
    }
    return change_ns;
}

void rules_stand(struct rules *r, int64_t until_ns)
{
    int64_t passed_ns = until_ns - r->tick_ns;

    for (size_t at = 0; at < r->count; at++) {
        struct instance *i = r->instances[at];
        if (!counts_up(i))
            continue;
        if (i->alert.state == ALERT_PENDING)
            i->held_ns += passed_ns;
        else
            i->kept_ns += passed_ns;
        r->unsaved = true;
    }
    r->tick_ns = until_ns;
}
