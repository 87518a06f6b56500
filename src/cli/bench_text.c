/* Tables: the functions of events, dearest first; what was not called; ticks. */
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"

enum { NAME_LEAST = 24, NAME_MOST = 64 };

struct table {
    struct buf *out;
    const struct bench *bench;
    int width; /* of a function's name */
};

struct sums {
    double ns, instructions, bytes, calls, skips, saved_ns;
};

static double per_event(const struct bench *b, double sum)
{
    return sum / (double)b->events.count;
}

static double total_ns(const struct bench_function *f)
{
    return bench_ns_per_call(f) * (double)bench_calls(f);
}

static int by_cost(const void *left, const void *right)
{
    const struct bench_function *const *a = left, *const *b = right;
    double difference = total_ns(*b) - total_ns(*a);

    if (difference != 0)
        return difference > 0 ? 1 : -1;
    return *a < *b ? -1 : 1;
}

/* Borrowed pointers, dearest first; owned by the caller. */
static const struct bench_function **sorted(const struct bench *b, bool ticks,
                                            size_t *count)
{
    const struct bench_function **list = calloc(b->function_count + 1, sizeof *list);

    *count = 0;
    for (size_t i = 0; list && i < b->function_count; i++)
        if (b->functions[i].about.tick == ticks)
            list[(*count)++] = &b->functions[i];
    if (list)
        qsort(list, *count, sizeof *list, by_cost);
    return list;
}

/* "attribution/policy.lua:17": the folder tells policies apart. */
static struct str short_rule(struct str rule)
{
    size_t i = rule.size, slashes = 0;

    while (i > 0 && slashes < 2)
        slashes += rule.at[--i] == '/';
    return slashes == 2 ? str_from(rule, i + 1) : rule;
}

static int name_size(const struct bench_function *f)
{
    return (int)(f->about.label.size + 2 + short_rule(f->about.rule).size);
}

static struct table begin_table(struct buf *out, const struct bench *b)
{
    struct table t = {out, b, NAME_LEAST};

    for (size_t i = 0; i < b->function_count; i++)
        if (name_size(&b->functions[i]) > t.width)
            t.width = name_size(&b->functions[i]);
    if (t.width > NAME_MOST)
        t.width = NAME_MOST;
    return t;
}

static void begin_line(const struct table *t, const struct bench_function *f)
{
    int gap = t->width - name_size(f);

    buf_format(t->out, "  %-11s %.*s  %.*s%*s", f->about.stage, STR_ARG(f->about.label),
               STR_ARG(short_rule(f->about.rule)), gap > 0 ? gap : 0, "");
}

static void add_sums(struct sums *s, const struct bench *b,
                     const struct bench_function *f)
{
    double calls = (double)bench_calls(f), skips = (double)bench_skips(f);

    s->calls += calls;
    s->skips += skips;
    s->ns += total_ns(f);
    s->instructions += bench_instructions_per_call(f) * calls;
    s->bytes += bench_bytes_per_call(f) * calls;
    s->saved_ns += skips * (bench_ns_per_call(f) + b->overhead.call_ns);
}

/* --- events --- */

static void share(struct buf *out, const struct bench *b, int64_t part)
{
    if (part)
        buf_format(out, " %6.1f%%", 100 * per_event(b, (double)part));
    else
        buf_format(out, " %7s", "-");
}

static void event_line(const struct table *t, const struct bench_function *f)
{
    const int64_t *o = f->outcomes;

    begin_line(t, f);
    share(t->out, t->bench, bench_calls(f));
    share(t->out, t->bench, o[BENCH_NEEDS]);
    share(t->out, t->bench, o[BENCH_LABEL_PRESENT]);
    share(t->out, t->bench, o[BENCH_ANSWERED_BEFORE] + o[BENCH_DISABLED]);
    buf_format(t->out, " %8.0f %8.1f %7.1f %7.0f%s\n", bench_ns_per_call(f),
               per_event(t->bench, total_ns(f)), bench_instructions_per_call(f),
               bench_bytes_per_call(f), o[BENCH_FAILED] ? "  failed" : "");
}

static void sum_line(const struct table *t, const char *what, double ns)
{
    buf_format(t->out, "  %-*s %40s %8.1f", t->width + 12, what, "", ns);
}

static void event_sums(const struct table *t, const struct sums *s)
{
    const struct bench *b = t->bench;
    double calls = per_event(b, s->calls), handle = s->calls > 0 ? 1 : 0;
    char what[80];

    snprintf(what, sizeof what, "calling: %.2f calls of %.0f ns", calls,
             b->overhead.call_ns);
    sum_line(t, what, calls * b->overhead.call_ns);
    buf_byte(t->out, '\n');
    sum_line(t, "the event's handle", handle * b->overhead.handle_ns);
    buf_byte(t->out, '\n');
    sum_line(t, "sum",
             per_event(b, s->ns) + calls * b->overhead.call_ns +
                 handle * b->overhead.handle_ns);
    buf_format(t->out, " %7.1f %7.0f\n", per_event(b, s->instructions),
               per_event(b, s->bytes) + handle * (double)b->overhead.handle_bytes);
    sum_line(t, "as the engine runs them, garbage and all", b->event_ns);
    buf_format(t->out,
               "\n  needs, labels that are there and earlier answers spare %.2f of %.2f "
               "calls: %.0f ns\n",
               per_event(b, s->skips), per_event(b, s->skips) + calls,
               per_event(b, s->saved_ns));
}

static void show_events(const struct table *t)
{
    size_t count;
    const struct bench_function **list = sorted(t->bench, false, &count);
    struct sums sums = {0};

    buf_format(t->out, "\nper event\n  %-11s %-*s %7s %7s %7s %7s %8s %8s %7s %7s\n",
               "stage", t->width, "function", "called", "needs", "label", "before",
               "ns/call", "ns/event", "instr", "bytes");
    for (size_t i = 0; i < count; i++) {
        event_line(t, list[i]);
        add_sums(&sums, t->bench, list[i]);
    }
    if (list)
        event_sums(t, &sums);
    free(list);
}

/* --- windows --- */

static void name_clause(struct buf *out, const struct schema *schema,
                        const struct where_clause *clause)
{
    buf_format(out, "%.*s", STR_ARG(field_name(schema, clause->field)));
    if (clause->op != WHERE_IN) {
        buf_add(out, clause->op == WHERE_PRESENT ? STR(" = true") : STR(" = false"));
        return;
    }
    for (size_t i = 0; i < clause->value_count; i++)
        buf_format(out, "%s%.*s", i ? " | " : " = ", STR_ARG(clause->values[i]));
}

static void window_line(struct buf *out, const struct bench *b, size_t index)
{
    const struct window_decl *d = &b->generation->windows[index];
    const struct schema *schema = &b->generation->config->schema;

    buf_add(out, STR("  where "));
    for (size_t i = 0; i < d->where_count; i++) {
        buf_add(out, i ? STR(", ") : STR(""));
        name_clause(out, schema, &d->where[i]);
    }
    buf_format(out, ": %.1f%% of the events are left out, without Lua\n",
               100 - 100 * per_event(b, (double)b->passed[index]));
}

static bool same_where(const struct window_decl *a, const struct window_decl *b)
{
    if (a->where_count != b->where_count)
        return false;
    for (size_t i = 0; i < a->where_count; i++)
        if (a->where[i].field.kind != b->where[i].field.kind ||
            a->where[i].field.index != b->where[i].field.index ||
            a->where[i].op != b->where[i].op ||
            a->where[i].value_count != b->where[i].value_count)
            return false;
    return true;
}

/* Windows often share a filter: it is shown once. */
static bool shown_before(const struct bench *b, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (same_where(&b->generation->windows[i], &b->generation->windows[index]) &&
            b->passed[i] == b->passed[index])
            return true;
    return false;
}

static void show_windows(struct buf *out, const struct bench *b)
{
    size_t shown = 0;

    for (size_t i = 0; i < b->generation->policy_window_count; i++) {
        if (b->generation->windows[i].where_count == 0 || shown_before(b, i))
            continue;
        if (shown++ == 0)
            buf_format(out, "\nfilters of windows\n");
        window_line(out, b, i);
    }
}

/* --- ticks --- */

static void tick_line(const struct table *t, const struct bench_function *f)
{
    begin_line(t, f);
    buf_format(t->out, " %7lld %9.0f %9.2f %9.1f %9.0f%s\n", (long long)bench_calls(f),
               bench_ns_per_call(f), total_ns(f) / 1000, bench_instructions_per_call(f),
               bench_bytes_per_call(f), f->outcomes[BENCH_FAILED] ? "  failed" : "");
}

static void tick_sums(const struct table *t, const struct sums *s)
{
    const struct bench *b = t->bench;
    double each = b->overhead.call_ns + b->overhead.handle_ns;
    int width = t->width + 12;

    buf_format(t->out, "  %-*s %7.0f %9.0f %9.2f\n", width,
               "calling, and the group's handle", s->calls, each, s->calls * each / 1000);
    buf_format(t->out, "  %-*s %7.0f %9s %9.2f\n", width, "sum", s->calls, "",
               (s->ns + s->calls * each) / 1000);
    buf_format(t->out, "  %-*s %7s %9s %9.2f\n", width,
               "as the engine runs it, with alert states", "", "", b->tick_ns / 1000);
}

static void show_tick(const struct table *t)
{
    size_t count;
    const struct bench_function **list = sorted(t->bench, true, &count);
    struct sums s = {0};

    if (list && count)
        buf_format(t->out, "\nper tick\n  %-11s %-*s %7s %9s %9s %9s %9s\n", "stage",
                   t->width, "function", "groups", "ns/group", "us/tick", "instr/grp",
                   "bytes/grp");
    for (size_t i = 0; list && i < count; i++) {
        tick_line(t, list[i]);
        add_sums(&s, t->bench, list[i]);
    }
    if (list && count)
        tick_sums(t, &s);
    free(list);
}

void bench_text(struct buf *out, const struct bench *b)
{
    const struct bench_events *e = &b->events;
    struct table t = begin_table(out, b);

    buf_format(out, "%zu events (%s), %zu functions, %zu calls of each for each event\n",
               e->count, e->from ? e->from : "built in", b->function_count, b->rounds);
    if (e->rejected)
        buf_format(out, "%zu events could not be read\n", e->rejected);
    if (e->left_out)
        buf_format(out, "%zu further events were left out\n", e->left_out);
    show_events(&t);
    show_windows(out, b);
    show_tick(&t);
}
