/* Policies with rules, budgets and windows of every kind, and events for them, at random;
 * the same for the same seed. */
#pragma once
#include "spendwarden/buf.h"
#include "spendwarden/timestamp.h"

enum { WINDOWS = 6, RULES = 6 };

struct random {
    uint64_t state;
};

static inline unsigned below(struct random *r, unsigned bound)
{
    r->state ^= r->state << 13;
    r->state ^= r->state >> 7;
    r->state ^= r->state << 17;
    return (unsigned)((r->state >> 11) % bound);
}

static inline const char *pick(struct random *r, const char *const *list, unsigned count)
{
    return list[below(r, count)];
}

#define PICK(r, ...)                                                                     \
    pick(r, (const char *const[]){__VA_ARGS__},                                          \
         sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

/* --- policies --- */

static inline void add_window(struct random *r, struct buf *out, int number)
{
    bool calendar = below(r, 4) == 0;

    buf_format(out, "local w%d = window { %s, by = { %s }, over = '%s'", number,
               PICK(r, "sum = 'charge_usd'", "sum = 'charge_usd'", "count = true",
                    "max = 'charge_usd'", "distinct = 'tenant'", "sum = 'input_tokens'"),
               number % 2 ? "'team'" : "",
               calendar ? PICK(r, "day", "week", "month")
                        : PICK(r, "5m", "7m", "1h", "61m30s", "90m", "6h", "24h", "3d"));
    if (!calendar && below(r, 2))
        buf_format(out, ", offset = '%s'", PICK(r, "30s", "5m", "1h", "100m", "24h"));
    if (below(r, 3) == 0)
        buf_add(out, STR(", where = { tenant = true }"));
    buf_add(out, STR(" }\n"));
}

/* Of a window by the same labels. */
static inline int other(struct random *r, int window)
{
    return window % 2 + 2 * (int)below(r, WINDOWS / 2);
}

/* What makes ticks hard to leave out, so that one does not hide the other. */
enum trait { PLAIN, LASTS, ASKS_AGE, ASKS_RATE, FAILS, TRAITS };

static inline void add_rate(struct random *r, struct buf *out, int window)
{
    int second = other(r, window), third = other(r, window);

    if (below(r, 2))
        buf_format(out,
                   "group.value / math.max(w%d:per('1h', group) or 0, w%d:get(group), 1)",
                   second, third);
    else
        buf_format(out, "(w%d:per('%s', group) or %u)", second,
                   PICK(r, "1h", "5m", "24h"), below(r, 5));
}

static inline void add_value(struct random *r, struct buf *out, int window,
                             enum trait trait)
{
    if (trait == ASKS_AGE && below(r, 2))
        buf_add(out, STR("(group.age or 0) / 600"));
    else if (trait == ASKS_AGE)
        buf_format(out, "(w%d:age(group) or 0) / 3600", other(r, window));
    else if (trait == ASKS_RATE)
        add_rate(r, out, window);
    else if (below(r, 3) == 0)
        buf_format(out, "w%d:count(group) - w%d:count(group)", other(r, window),
                   other(r, window));
    else
        buf_format(out, "group.value - w%d:get(group) / 2", other(r, window));
}

static inline void add_rule(struct random *r, struct buf *out, int number,
                            enum trait trait)
{
    int window = (int)below(r, WINDOWS);
    unsigned bound = 1 + below(r, 20);
    const char *kind = PICK(r, "above", "above", "below", "steps");

    buf_format(out, "rule('R%d', { over = w%d", number, window);
    if (*kind == 's')
        buf_format(out, ", steps = { { %u, 'info' }, { %u, 'critical' } }", bound,
                   2 * bound);
    else
        buf_format(out, ", %s = %u", kind, bound);
    if (below(r, 3) == 0)
        buf_format(out, ", clear = %g", *kind == 'b' ? bound * 2.0 : bound * 0.5);
    if (below(r, 2))
        buf_format(out, ", hold = '%s'", PICK(r, "1m", "10m", "95s", "3h"));
    if (below(r, 2))
        buf_format(out, ", keep = '%s'", PICK(r, "1m", "20m", "110s", "5h"));
    if (below(r, 4) == 0)
        buf_format(out, ", min = %u", below(r, 10));
    if (below(r, 3) == 0)
        buf_format(out,
                   ", annotations = function(group) return { then_was = "
                   "tostring(w%d:get(group)) } end",
                   other(r, window));
    buf_add(out, STR(" }, function(group)\n"));
    if (trait == FAILS)
        buf_format(out, "  if group.value > %u then error('too much') end\n", 2 * bound);
    buf_add(out, STR("  return "));
    add_value(r, out, window, number ? PLAIN : trait);
    buf_add(out, STR("\nend)\n"));
}

static inline void add_budget(struct random *r, struct buf *out, const char *over)
{
    buf_format(out, "budget('B%s', { by = { 'team' }, over = '%s', alert = 'B%s'", over,
               over, over);
    if (below(r, 2))
        buf_format(out, ", forecast = { %s, 'warning' }", PICK(r, "0.5", "1", "2"));
    if (below(r, 2))
        buf_add(out,
                STR(", burn = { { '1h', '5m', 14.4, 'critical' }, { '6h', '30m', 6 } }"));
    if (below(r, 3) == 0)
        buf_add(out, STR(", groups = { 'a', 'idle' }"));
    buf_format(out, " }, function(group) return group.team and %u end)\n",
               20 + below(r, 900));
}

static inline void make_policy(struct random *r, struct buf *out, enum trait trait)
{

    buf_add(out, STR("policy { name = 'random' }\n"));
    for (int i = 0; i < WINDOWS; i++)
        add_window(r, out, i);
    for (int i = 0; i < RULES; i++)
        add_rule(r, out, i, trait);
    if (trait == LASTS || below(r, 2))
        add_budget(r, out, "month");
    if (below(r, 2))
        add_budget(r, out, "day");
    if (below(r, 4) == 0)
        buf_format(out, "gauge('g', { help = 'x', over = w0 }, function(group) return "
                        "group.value end)\n");
}

/* --- events --- */

static inline int64_t gap_ns(struct random *r, enum trait trait)
{
    if (trait == LASTS && below(r, 3) == 0)
        return below(r, 24 * 60) * NS_PER_MINUTE;
    switch (below(r, 20)) {
    case 0:
        return (1 + below(r, 30)) * NS_PER_HOUR;
    case 1:
    case 2:
        return (1 + below(r, 120)) * NS_PER_MINUTE;
    case 3:
        return 0;
    default:
        return below(r, 400) * NS_PER_SECOND + below(r, 1000) * NS_PER_MS;
    }
}

static inline void make_event(struct random *r, struct buf *out, int number,
                              int64_t now_ns)
{
    buf_reset(out);
    buf_format(out, "{\"id\":\"%d\",\"reported_usd\":%u.%u,\"input_tokens\":%u", number,
               below(r, 4) ? below(r, 3) : below(r, 40), below(r, 10), below(r, 5));
    if (below(r, 8))
        buf_format(out, ",\"team\":\"%s\"", PICK(r, "a", "a", "b", "c"));
    if (below(r, 3))
        buf_format(out, ",\"tenant\":\"%s\"", PICK(r, "x", "y", "z"));
    if (below(r, 8) == 0) {
        int64_t shift_ns = (int64_t)below(r, 200) * NS_PER_MINUTE - 5 * NS_PER_MINUTE;
        buf_format(out, ",\"end\":%lld", (long long)(now_ns - shift_ns));
    }
    buf_byte(out, '}');
}
