#include "spendwarden/verify.h"

#include <stdio.h>
#include <stdlib.h>

#include "spendwarden/books.h"
#include "spendwarden/checkpoint.h"
#include "spendwarden/rollup.h"

/* Counters and windows, apart from any engine. */
struct views {
    struct metrics *metrics;
    struct windows *windows;
    int *ids; /* by window of the generation */
};

struct verification {
    const struct generation *generation;
    struct ledger_reader *reader;
    struct verify_report *report;
    struct views saved, counted; /* from the checkpoint; from the rows */
    uint64_t last_seq;
    __int128 expected_nano; /* that the counters should have */
    int64_t at_ns;          /* of the checkpoint */
    struct rollup_audit rollups;
    __int128 rolled_nano; /* charged by the rows that rollups have */
};

static void difference(struct verify_report *report, const char *what, struct str detail)
{
    if (report->differences++ < VERIFY_LINES_MAX)
        buf_format(&report->text, "%s: %.*s\n", what, STR_ARG(detail));
}

static bool views_open(struct views *v, const struct generation *g, struct err *err)
{
    struct metrics_options metrics = g->config->metrics;
    struct window_limits limits = g->config->windows;

    metrics.schema = limits.schema = &g->config->schema;
    v->ids = calloc(g->window_count + 1, sizeof *v->ids);
    if (!v->ids)
        return err_set(err, ERR_MEMORY, "verify: no memory");
    if (!metrics_open(&v->metrics, &metrics, err) ||
        !windows_open(&v->windows, &limits, err))
        return false;
    for (size_t i = 0; i < g->metric_count; i++)
        if (!metrics_declare(v->metrics, &g->metrics[i], err))
            return false;
    for (size_t i = 0; i < g->window_count; i++) {
        v->ids[i] = windows_declare(v->windows, &g->windows[i], err);
        if (v->ids[i] < 0)
            return false;
    }
    return true;
}

static void views_close(struct views *v)
{
    metrics_close(v->metrics);
    windows_close(v->windows);
    free(v->ids);
}

static void check_row(struct verification *v, const struct record *r)
{
    struct money sum = {0};

    if (r->seq != v->last_seq + 1) {
        char text[64];
        int size = snprintf(text, sizeof text, "%llu follows %llu",
                            (unsigned long long)r->seq, (unsigned long long)v->last_seq);
        difference(v->report, "row numbers", (struct str){text, (size_t)size});
    }
    v->last_seq = r->seq;
    v->report->rows++;
    if (r->kind == RECORD_CHARGE && !money_add(&v->report->charged, r->charge.charge))
        difference(v->report, "charges", STR("their sum does not fit"));
    if (r->kind == RECORD_CHARGE && r->seq >= v->rollups.first_seq &&
        r->seq <= v->rollups.last_seq)
        v->rolled_nano += r->charge.charge.nanousd;
    if (!r->charge.has_computed)
        return;
    for (size_t i = 0; i < r->charge.component_count; i++)
        money_add(&sum, r->charge.components[i].amount);
    if (sum.nanousd != r->charge.computed.nanousd)
        difference(v->report, "components do not add up in a row", r->ev.text[TEXT_ID]);
}

static bool count_row(void *ctx, const struct record *r, struct err *err)
{
    struct verification *v = ctx;

    (void)err;
    check_row(v, r);
    metrics_apply(v->counted.metrics, r);
    windows_apply(v->counted.windows, r, r->committed_ns);
    return true;
}

/* The first line in which two sorted digests differ, from each side. */
static void compare_digests(struct verification *v, const char *what, struct str a,
                            struct str b)
{
    size_t at = 0, start = 0;

    if (str_eq(a, b))
        return;
    while (at < a.size && at < b.size && a.at[at] == b.at[at]) {
        if (a.at[at] == '\n')
            start = at + 1;
        at++;
    }
    for (int side = 0; side < 2; side++) {
        struct str rest = str_from(side ? b : a, start);
        const char *end = rest.size ? memchr(rest.at, '\n', rest.size) : NULL;
        struct str line = {rest.at, end ? (size_t)(end - rest.at) : rest.size};
        difference(v->report, what, line);
    }
}

static void compare_metrics(struct verification *v)
{
    struct buf saved = {0}, counted = {0};
    /* Which series were retired depends on what the configuration said at the time. */
    bool series = !metrics_has_retired(v->saved.metrics) &&
                  !metrics_has_retired(v->counted.metrics);

    metrics_digest(v->saved.metrics, series, &saved);
    metrics_digest(v->counted.metrics, series, &counted);
    compare_digests(v, "counters (checkpoint, then rows)", buf_str(&saved),
                    buf_str(&counted));
    buf_release(&saved);
    buf_release(&counted);
}

static void write_sums(const struct window_sums *sums, struct buf *out)
{
    for (size_t i = 0; i < sums->group_count; i++) {
        const struct window_group *group = &sums->groups[i];
        if (group->count == 0)
            continue;
        for (size_t k = 0; k < sums->by_count; k++)
            buf_format(out, "%.*s|", STR_ARG(group->by[k]));
        buf_format(out, " sum %lld, events %lld\n", (long long)group->sum,
                   (long long)group->count);
    }
}

/* One that the checkpoint does not know is no difference: it has yet to be filled. */
static bool compare_window(struct verification *v, size_t index, struct arena *arena)
{
    struct window_sums saved, counted;
    struct buf a = {0}, b = {0};
    char what[64];

    if (!windows_sums(v->saved.windows, v->saved.ids[index], v->at_ns, arena, &saved) ||
        !windows_sums(v->counted.windows, v->counted.ids[index], v->at_ns, arena,
                      &counted))
        return false;
    if (saved.filling)
        return true;
    write_sums(&saved, &a);
    write_sums(&counted, &b);
    snprintf(what, sizeof what, "window %zu (checkpoint, then rows)", index);
    compare_digests(v, what, buf_str(&a), buf_str(&b));
    buf_release(&a);
    buf_release(&b);
    v->report->windows++;
    return true;
}

static bool compare_windows(struct verification *v, struct err *err)
{
    struct arena arena;
    bool ok = true;

    arena_init(&arena, 0);
    for (size_t i = 0; ok && i < v->generation->window_count; i++) {
        arena_reset(&arena);
        ok = compare_window(v, i, &arena);
    }
    arena_release(&arena);
    return ok || err_set(err, ERR_MEMORY, "verify: no memory for a window");
}

static bool compare_checkpoint(struct verification *v, struct str state, struct err *err)
{
    struct checkpoint parts;
    struct err other_labels = {0};

    if (!checkpoint_read(&parts, state)) {
        difference(v->report, "checkpoint", STR("it is damaged"));
        return true;
    }
    v->at_ns = parts.at_ns;
    if (!windows_load(v->saved.windows, parts.windows, err))
        return false;
    if (metrics_load(v->saved.metrics, parts.metrics, &other_labels))
        compare_metrics(v);
    else
        buf_format(&v->report->text, "counters are not compared: %s\n",
                   other_labels.text);
    return compare_windows(v, err);
}

/* Counters as of the last pruned row, with all that the checkpoint counts. */
static void begin_with(struct verification *v, const struct opening *o,
                       struct str books_state)
{
    struct checkpoint parts = {.at_ns = 0};
    struct verify_report *report = v->report;
    char charged[MONEY_TEXT_SIZE];

    checkpoint_read(&parts, books_state);
    bool counted = opening_restore(v->counted.metrics, o, parts.metrics);
    if (v->last_seq == 0)
        return;
    report->opening_rows = o->rows;
    report->opening_charged = o->charged;
    money_format(charged, o->charged);
    buf_format(&report->text, "opening: %llu pruned rows, %s USD%s\n",
               (unsigned long long)o->rows, charged,
               counted ? "" : "; counters had other labels, they begin after it");
    if (counted)
        v->expected_nano = (__int128)o->charged.nanousd - o->uncounted.nanousd;
    if (o->rows != v->last_seq)
        difference(report, "opening", STR("its rows are not those before the first"));
    if (metrics_spend_total(v->counted.metrics) != v->expected_nano)
        difference(report, "opening", STR("its counters are not the sum of its charges"));
}

static bool read_opening(struct verification *v, struct str books_state, struct err *err)
{
    struct buf state = {0};
    struct opening opening;

    bool ok = ledger_read_state(v->reader, STR("opening"), &state, &v->last_seq, err);
    if (ok && !opening_read(&opening, buf_str(&state))) {
        difference(v->report, "opening", STR("it is damaged"));
        opening = (struct opening){.rows = v->last_seq};
    }
    if (ok)
        begin_with(v, &opening, books_state);
    buf_release(&state);
    return ok;
}

static void batch_differs(void *ctx, uint64_t first_seq, uint64_t last_seq,
                          const char *what)
{
    struct verification *v = ctx;
    char text[128];
    int size =
        snprintf(text, sizeof text, "the one of rows %llu to %llu %s",
                 (unsigned long long)first_seq, (unsigned long long)last_seq, what);

    difference(v->report, "rollups", (struct str){text, (size_t)size});
}

/* What rollups say is charged, and what rows and opening say of the same rows. */
static void compare_rollups(struct verification *v)
{
    const struct rollup_audit *audit = &v->rollups;
    struct verify_report *report = v->report;
    bool pruned = audit->first_seq <= report->opening_rows;

    if (audit->batches == 0)
        return;
    if (report->opening_rows > audit->last_seq)
        difference(report, "rollups", STR("pruned rows are in none"));
    if (pruned && audit->first_seq > 1)
        return; /* older than they, and of an unknown sum */
    if (pruned)
        v->rolled_nano += report->opening_charged.nanousd;
    if (v->rolled_nano != audit->charged.nanousd)
        difference(report, "rollups", STR("do not add up to the charges of their rows"));
}

static bool verify(struct verification *v, struct buf *state, struct err *err)
{
    uint64_t *seq = &v->report->checkpoint_seq;

    if (!ledger_reader_hold(v->reader, err) ||
        !ledger_read_state(v->reader, STR("books"), state, seq, err) ||
        !views_open(&v->saved, v->generation, err) ||
        !views_open(&v->counted, v->generation, err) ||
        !read_opening(v, buf_str(state), err) ||
        !ledger_audit_rollups(v->reader, &v->rollups, batch_differs, v, err))
        return false;
    windows_begin(v->counted.windows);
    if (!ledger_scan(v->reader, 0, *seq, count_row, v, err))
        return false;
    if (state->size > 0 && !compare_checkpoint(v, buf_str(state), err))
        return false;
    if (!ledger_scan(v->reader, *seq, ledger_reader_last_seq(v->reader), count_row, v,
                     err))
        return false;
    compare_rollups(v);
    v->report->rollups = v->rollups.batches;
    return true;
}

bool verify_ledger(const struct generation *g, struct verify_report *out, struct err *err)
{
    struct verification v = {.generation = g, .report = out};
    struct buf state = {0};

    *out = (struct verify_report){0};
    bool ok =
        ledger_reader_open(&v.reader, g->config->ledger_path, &g->config->schema, err) &&
        verify(&v, &state, err);
    if (ok)
        out->counted_nano = metrics_spend_total(v.counted.metrics);
    if (ok && out->counted_nano != v.expected_nano + out->charged.nanousd)
        difference(out, "llm_spend_usd_total", STR("is not the sum of the charges"));
    buf_release(&state);
    views_close(&v.saved);
    views_close(&v.counted);
    ledger_reader_close(v.reader);
    return ok;
}
