#include "bench.h"

static const char *const outcomes[BENCH_OUTCOMES] = {
    "answered",         "nil",     "failed", "needs", "label_present",
    "answered_already", "disabled"};

static void function_json(struct buf *out, const struct bench_function *f)
{
    buf_format(out, "{\"stage\":\"%s\",\"per\":\"%s\",\"policy\":", f->about.stage,
               f->about.tick ? "tick" : "event");
    buf_json(out, f->about.policy);
    buf_add(out, STR(",\"rule\":"));
    buf_json(out, f->about.rule);
    buf_add(out, STR(",\"label\":"));
    buf_json(out, f->about.label);
    for (int i = 0; i < BENCH_OUTCOMES; i++)
        buf_format(out, ",\"%s\":%lld", outcomes[i], (long long)f->outcomes[i]);
    buf_format(out,
               ",\"calls\":%lld,\"skipped\":%lld,\"ns_per_call\":%.1f,"
               "\"instructions_per_call\":%.2f,\"bytes_per_call\":%.1f}",
               (long long)bench_calls(f), (long long)bench_skips(f), bench_ns_per_call(f),
               bench_instructions_per_call(f), bench_bytes_per_call(f));
}

static void list_functions(struct buf *out, const struct bench *b)
{
    buf_add(out, STR(",\"functions\":["));
    for (size_t i = 0; i < b->function_count; i++) {
        if (i)
            buf_byte(out, ',');
        function_json(out, &b->functions[i]);
    }
    buf_byte(out, ']');
}

struct sums {
    double calls, skips, ns, instructions, bytes;
};

static struct sums sums_of(const struct bench *b, bool ticks)
{
    struct sums s = {0};

    for (size_t i = 0; i < b->function_count; i++) {
        const struct bench_function *f = &b->functions[i];
        double calls = (double)bench_calls(f);
        if (f->about.tick != ticks)
            continue;
        s.calls += calls;
        s.skips += (double)bench_skips(f);
        s.ns += calls * bench_ns_per_call(f);
        s.instructions += calls * bench_instructions_per_call(f);
        s.bytes += calls * bench_bytes_per_call(f);
    }
    return s;
}

static void sums_json(struct buf *out, const char *name, const struct sums *s,
                      double divisor, double whole_ns)
{
    buf_format(out,
               ",\"%s\":{\"calls\":%.3f,\"skipped\":%.3f,\"ns_in_functions\":%.1f,"
               "\"instructions\":%.2f,\"bytes\":%.1f,\"ns\":%.1f}",
               name, s->calls / divisor, s->skips / divisor, s->ns / divisor,
               s->instructions / divisor, s->bytes / divisor, whole_ns);
}

/* Of windows with a filter: how many events it lets through. */
static void list_filters(struct buf *out, const struct bench *b)
{
    const struct generation *g = b->generation;
    size_t count = 0;

    buf_add(out, STR(",\"filters\":["));
    for (size_t i = 0; i < g->policy_window_count; i++) {
        const struct window_decl *d = &g->windows[i];
        if (d->where_count == 0)
            continue;
        buf_add(out, count++ ? STR(",{\"fields\":[") : STR("{\"fields\":["));
        for (size_t k = 0; k < d->where_count; k++) {
            buf_add(out, k ? STR(",") : STR(""));
            buf_json(out, field_name(&g->config->schema, d->where[k].field));
        }
        buf_format(out, "],\"passed\":%lld}", (long long)b->passed[i]);
    }
    buf_byte(out, ']');
}

void bench_json(struct buf *out, const struct bench *b)
{
    const struct bench_events *e = &b->events;
    struct sums events = sums_of(b, false), ticks = sums_of(b, true);

    buf_format(out, "{\"events\":%zu,\"rejected\":%zu,\"left_out\":%zu,\"count\":%zu",
               e->count, e->rejected, e->left_out, b->rounds);
    buf_format(
        out, ",\"overhead\":{\"call_ns\":%.1f,\"handle_ns\":%.1f,\"handle_bytes\":%lld}",
        b->overhead.call_ns, b->overhead.handle_ns, (long long)b->overhead.handle_bytes);
    sums_json(out, "event", &events, (double)e->count, b->event_ns);
    sums_json(out, "tick", &ticks, 1, b->tick_ns);
    list_filters(out, b);
    list_functions(out, b);
    buf_add(out, STR("}\n"));
}
