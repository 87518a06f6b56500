#include "parts.h"

/* "flex", "priority", "batch" or another; providers write the standard tier in several
 * ways. */
static struct str service_tier(const struct event *ev)
{
    static const char *const standard[] = {"default", "auto", "on_demand",
                                           "standard_only"};
    struct str tier = ev->text[TEXT_SERVICE_TIER];

    if (tier.size == 0)
        return STR("standard");
    for (size_t i = 0; i < sizeof standard / sizeof *standard; i++)
        if (str_eq_nocase(tier, str_of(standard[i])))
            return STR("standard");
    return str_eq_nocase(tier, STR("batches")) ? STR("batch") : tier;
}

/* Where these have no rate of their own, providers bill the standard one. */
static bool known_tier(struct str tier)
{
    return str_eq_nocase(tier, STR("standard")) || str_eq_nocase(tier, STR("flex")) ||
           str_eq_nocase(tier, STR("priority")) || str_eq_nocase(tier, STR("batch"));
}

static bool in_hours(const struct hours *h, int64_t time_ns)
{
    int64_t minutes = time_ns / NS_PER_MINUTE;
    int minute = (int)(minutes % (24 * 60));
    int64_t day = minutes / (24 * 60);
    unsigned weekday = (unsigned)((day + 3) % 7); /* 1970-01-01 was a Thursday */
    bool wraps = h->start_minute > h->end_minute;

    if (wraps && minute < h->end_minute)
        weekday = (weekday + 6) % 7; /* the window began the day before */
    if (!(h->days >> weekday & 1))
        return false;
    if (wraps)
        return minute >= h->start_minute || minute < h->end_minute;
    return minute >= h->start_minute && minute < h->end_minute;
}

/* "us-east-1" lies in "us". */
static bool in_region(struct str wide, struct str region)
{
    if (wide.size > region.size)
        return false;
    return str_eq_nocase(wide, (struct str){region.at, wide.size}) &&
           (wide.size == region.size || region.at[wide.size] == '-');
}

/* How well an entry fits: the more specific the higher; 0: not at all. */
static unsigned fit(const struct entry *e, int64_t time_ns, struct str tier,
                    struct str region)
{
    bool any_tier = e->service_tier.at[0] == '*', any_region = e->region.at[0] == '*';

    if (time_ns < e->from_ns || time_ns >= e->to_ns || e->quarantined)
        return 0;
    if (!any_tier && !str_eq_nocase(e->service_tier, tier))
        return 0;
    if (!any_region && !in_region(e->region, region))
        return 0;
    if (e->has_hours && !in_hours(&e->hours, time_ns))
        return 0;
    return 1u + e->has_hours + 2u * !any_tier +
           (any_region ? 0 : 4u * (unsigned)e->region.size);
}

static const struct entry *best_entry(const struct price_book *b, const struct model *m,
                                      int64_t time_ns, struct str tier, struct str region)
{
    const struct entry *best = NULL;
    unsigned best_fit = 0;

    for (size_t i = m->first; i < m->first + m->count; i++) {
        unsigned value = fit(&b->entries[i], time_ns, tier, region);
        if (value <= best_fit)
            continue;
        best_fit = value;
        best = &b->entries[i];
    }
    return best;
}

static const struct entry *entry_in(const struct price_book *b, const struct hits *hits,
                                    int64_t time_ns, struct str tier, struct str region,
                                    const struct hit **by)
{
    for (size_t i = 0; i < hits->count; i++) {
        const struct hit *hit = &hits->items[i];
        const struct entry *e =
            best_entry(b, &b->models[hit->model], time_ns, tier, region);
        if (!e)
            continue;
        *by = hit;
        return e;
    }
    return NULL;
}

const struct entry *price_choose(const struct price_book *b, const struct hits *hits,
                                 const struct event *ev, const struct hit **by,
                                 bool *guessed)
{
    int64_t time_ns = ev->start_ns ? ev->start_ns : ev->end_ns;
    struct str tier = service_tier(ev), region = ev->text[TEXT_REGION];
    const struct entry *e;

    if (time_ns == 0)
        time_ns = ev->received_ns;
    if (region.size == 0)
        region = (struct str){hits->region, hits->region_size};
    e = entry_in(b, hits, time_ns, tier, region, by);
    if (e || str_eq(tier, STR("standard")))
        return e;
    *guessed |= !known_tier(tier);
    return entry_in(b, hits, time_ns, STR("standard"), region, by);
}
