/* /metrics: the counters of spend, then what the last tick found, then the engine itself.
 */
#include <stdio.h>
#include <unistd.h>

#include "internal.h"
#include "negotiate.h"
#include "spendwarden/gzip.h"
#include "spendwarden/litellm_budgets.h"
#include "spendwarden/log.h"

enum { RECEIVERS_MAX = 32 };

static struct pair label(const char *name, struct str value)
{
    return (struct pair){str_of(name), value};
}

static void gauge(struct exposition *out, const char *name, const char *help,
                  double value)
{
    expose_family(out, name, help, "gauge");
    expose_sample(out, name, NULL, 0, value);
}

static void counter(struct exposition *out, const char *name, const char *help,
                    int64_t value)
{
    expose_family(out, name, help, "counter");
    expose_sample_int(out, name, NULL, 0, value);
}

struct by_source {
    size_t count;
    struct source_outcomes list[OUTCOME_SOURCES_MAX];
};

static void expose_events(const struct by_source *all, struct exposition *out)
{
    static const char *const name = "spendwarden_events_total";

    expose_family(out, name, "Events received since the start, by what became of them.",
                  "counter");
    for (size_t i = 0; i < all->count; i++)
        for (int kind = 0; kind < OUTCOME_KINDS; kind++) {
            struct pair labels[] = {
                label("source", str_of(all->list[i].source)),
                label("outcome", str_of(outcome_kind_name((enum outcome_kind)kind)))};
            expose_sample_int(out, name, labels, 2, all->list[i].counts[kind]);
        }
}

static void expose_skips(const struct by_source *all, struct exposition *out)
{
    static const char *const name = "spendwarden_skipped_events_total";

    expose_family(out, name, "Events that were not counted, by the reason.", "counter");
    for (size_t i = 0; i < all->count; i++)
        for (size_t k = 0; k < all->list[i].skips.count; k++) {
            struct pair labels[] = {
                label("source", str_of(all->list[i].source)),
                label("reason", str_of(all->list[i].skips.items[k].reason))};
            expose_sample_int(out, name, labels, 2, all->list[i].skips.items[k].count);
        }
}

/* `member`: the offset of an int64_t in a source's outcomes. */
static void expose_each(const struct by_source *all, size_t member, const char *name,
                        const char *help, struct exposition *out)
{
    expose_family(out, name, help, "counter");
    for (size_t i = 0; i < all->count; i++) {
        struct pair source = label("source", str_of(all->list[i].source));
        int64_t value;
        memcpy(&value, (const char *)&all->list[i] + member, sizeof value);
        expose_sample_int(out, name, &source, 1, value);
    }
}

static void expose_last_events(const struct by_source *all, struct exposition *out)
{
    static const char *const name = "spendwarden_source_last_event_timestamp_seconds";

    expose_family(out, name, "When the source's last accepted event came.", "gauge");
    for (size_t i = 0; i < all->count; i++) {
        struct pair source = label("source", str_of(all->list[i].source));
        if (all->list[i].last_event_ns)
            expose_sample(out, name, &source, 1,
                          (double)all->list[i].last_event_ns / 1e9);
    }
}

static void expose_outcomes(struct server *s, struct exposition *out)
{
    struct by_source all;

    all.count = outcomes_by_source(engine_outcomes(s->engine), all.list);
    expose_events(&all, out);
    expose_skips(&all, out);
    expose_each(&all, offsetof(struct source_outcomes, conflicts),
                "spendwarden_conflicting_duplicates_total",
                "Duplicates that name other tokens or another cost than the report that "
                "stands.",
                out);
    expose_each(&all, offsetof(struct source_outcomes, doubts),
                "spendwarden_possible_duplicates_total",
                "Events that are booked, though a guess says that another emitter "
                "reported the same call.",
                out);
    expose_last_events(&all, out);
}

/* A generation counts from 0, unchanged policies too. */
static struct beginnings *beginnings_of(struct server *s, struct generation *g)
{
    if (s->shown != g) {
        generation_release(s->shown);
        s->shown = generation_hold(g);
        beginnings_forget(&s->of_policies);
    }
    return &s->of_policies;
}

static void expose_generation(struct server *s, const struct tick_view *tick,
                              struct exposition *out)
{
    struct generation *g = engine_generation(s->engine);
    struct beginnings *others = out->beginnings;

    if (others)
        out->beginnings = beginnings_of(s, g);
    expose_policies(g, out);
    if (g->shadow)
        expose_shadow(g, tick, out);
    out->beginnings = others;
    gauge(out, "spendwarden_price_book_entries", "Entries of the price books in use.",
          (double)price_book_entries(g->prices));
    gauge(out, "spendwarden_price_book_quarantined_entries",
          "Imported entries that are beyond the bounds of sense, and so are not used.",
          (double)price_book_quarantined(g->prices));
    generation_release(g);
}

typedef int64_t receiver_value(const struct receiver_stats *r);

static int64_t receiver_sent(const struct receiver_stats *r)
{
    return r->sent;
}

static int64_t receiver_failed(const struct receiver_stats *r)
{
    return r->failed;
}

static int64_t receiver_dropped(const struct receiver_stats *r)
{
    return r->dropped;
}

static int64_t receiver_queued(const struct receiver_stats *r)
{
    return r->queued;
}

static void expose_receivers(struct server *s, struct exposition *out)
{
    static const struct {
        const char *name, *help, *type;
        receiver_value *value;
    } families[] = {
        {"spendwarden_notifications_sent_total", "Alerts delivered.", "counter",
         receiver_sent},
        {"spendwarden_notifications_failed_total", "Alerts whose delivery failed.",
         "counter", receiver_failed},
        {"spendwarden_notifications_dropped_total", "Alerts dropped from a full queue.",
         "counter", receiver_dropped},
        {"spendwarden_notifications_queue_length", "Alerts that wait for delivery.",
         "gauge", receiver_queued},
    };
    struct receiver_stats receivers[RECEIVERS_MAX];
    size_t count = engine_receivers(s->engine, receivers, RECEIVERS_MAX);

    for (size_t f = 0; f < sizeof families / sizeof *families; f++) {
        expose_family(out, families[f].name, families[f].help, families[f].type);
        for (size_t i = 0; i < count && i < RECEIVERS_MAX; i++) {
            struct pair receiver = label("receiver", receivers[i].name);
            expose_sample_int(out, families[f].name, &receiver, 1,
                              families[f].value(&receivers[i]));
        }
    }
}

static void expose_ledger(struct server *s, struct exposition *out)
{
    struct books_stats b;

    books_stats(engine_books(s->engine), &b);
    counter(out, "spendwarden_late_events_total",
            "Events that ended more than 10 minutes before they came.", b.late);
    counter(out, "spendwarden_future_events_total",
            "Events dated more than 5 minutes ahead, booked when they came.", b.future);
    gauge(out, "spendwarden_ledger_bytes", "Size of the ledger.", (double)b.ledger.bytes);
    gauge(out, "spendwarden_ledger_journal_bytes",
          "Size of the ledger's write-ahead log.", (double)b.ledger.journal_bytes);
    gauge(out, "spendwarden_ledger_last_sequence", "Number of the last row.",
          (double)b.last_seq);
    gauge(out, "spendwarden_ledger_unrolled_rows",
          "Rows that are in no rollup yet: each question about spend reads them.",
          (double)b.unrolled_rows);
    gauge(out, "spendwarden_ledger_writable", "Whether the last commit worked.",
          b.writable);
    counter(out, "spendwarden_ledger_commits_total", "Transactions since the start.",
            b.ledger.commits);
    expose_family(out, "spendwarden_ledger_commit_seconds_total", "Time spent in them.",
                  "counter");
    expose_sample(out, "spendwarden_ledger_commit_seconds_total", NULL, 0,
                  (double)b.ledger.commit_ns / 1e9);
    counter(out, "spendwarden_ledger_commit_failures_total", "Transactions that failed.",
            b.failed_commits);
    gauge(out, "spendwarden_ledger_checkpoint_timestamp_seconds",
          "When counters and windows were last saved.",
          (double)b.last_checkpoint_ns / 1e9);
    gauge(out, "spendwarden_dedupe_reach_seconds",
          "How far back a repeated report is recognised.",
          (double)b.dedupe_reach_ns / 1e9);
    gauge(out, "spendwarden_dedupe_keys", "Reports remembered.", (double)b.dedupe_keys);
    gauge(out, "spendwarden_windows", "Windows that policies and coverage read.",
          (double)b.windows.windows);
    gauge(out, "spendwarden_window_groups", "Groups in them.", (double)b.windows.groups);
    gauge(out, "spendwarden_window_cells", "Buckets in them.", (double)b.windows.cells);
    gauge(out, "spendwarden_window_filling",
          "Windows whose history is still being read; their rules wait.",
          (double)b.windows.filling);
    counter(out, "spendwarden_window_fill_failures_total",
            "Times that this failed; it is tried again.", b.failed_fills);
    counter(out, "spendwarden_window_overflow_total",
            "Events that went to the group __other__.", b.windows.overflowed);
}

static void expose_http(struct server *s, struct exposition *out)
{
    struct http_stats h;

    http_stats(s->http, &h);
    counter(out, "spendwarden_http_requests_total", "Requests.", h.requests);
    counter(out, "spendwarden_http_refused_total",
            "Requests refused with 503 for want of room.", h.refused_full);
    counter(out, "spendwarden_http_inflate_failures_total",
            "Compressed bodies refused because they are broken or too large inflated.",
            h.inflate_failures);
    gauge(out, "spendwarden_http_in_flight_bytes", "Bodies held at the moment.",
          (double)h.in_flight_bytes);
    gauge(out, "spendwarden_http_connections", "Open connections.",
          (double)h.connections);
}

static int64_t resident_bytes(void)
{
    long pages = 0, ignored;
    FILE *file = fopen("/proc/self/statm", "re");

    if (!file)
        return 0;
    if (fscanf(file, "%ld %ld", &ignored, &pages) != 2)
        pages = 0;
    fclose(file);
    return (int64_t)pages * sysconf(_SC_PAGESIZE);
}

static double cpu_seconds(void)
{
    struct timespec cpu;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
    return (double)cpu.tv_sec + (double)cpu.tv_nsec / 1e9;
}

static void expose_process(struct server *s, struct exposition *out)
{
    struct pair version = label("version", STR(SPENDWARDEN_VERSION));
    struct reload_state reload;

    engine_reload_state(s->engine, &reload);
    expose_family(out, "spendwarden_build_info", "The program, by version.", "gauge");
    expose_sample_int(out, "spendwarden_build_info", &version, 1, 1);
    gauge(out, "spendwarden_config_last_reload_successful",
          "Whether the last load worked.", reload.successful);
    gauge(out, "spendwarden_config_last_reload_success_timestamp_seconds",
          "When one last worked.", (double)reload.success_ns / 1e9);
    expose_family(out, "process_cpu_seconds_total", "CPU time of the process.",
                  "counter");
    expose_sample(out, "process_cpu_seconds_total", NULL, 0, cpu_seconds());
    gauge(out, "process_resident_memory_bytes", "Resident memory.",
          (double)resident_bytes());
    gauge(out, "process_start_time_seconds", "Start of the process.",
          (double)s->started_ns / 1e9);
}

void expose_engine(struct server *s, struct exposition *out)
{
    struct tick_view *tick = engine_tick_view(s->engine);

    if (tick)
        tick_view_expose(tick, out);
    expose_outcomes(s, out);
    expose_capture(s, out);
    expose_generation(s, tick, out);
    engine_tick_view_release(tick);
    expose_receivers(s, out);
    expose_ledger(s, out);
    expose_http(s, out);
    expose_process(s, out);
}

/* Prometheus says how long it waits; others do not, and see true values. */
static int64_t zero_from(struct server *s, const struct http_request *r, int64_t at_ns)
{
    struct generation *g = engine_generation(s->engine);
    int64_t zero_first_ns = g->config->zero_first_ns;
    struct http_peer *peer = http_request_peer(r);

    generation_release(g);
    if (!http_header(r, "X-Prometheus-Scrape-Timeout-Seconds") || zero_first_ns == 0)
        return INT64_MAX;
    if (zero_first_ns != ZERO_FIRST_AUTO)
        return at_ns - zero_first_ns;
    return peer ? scrapers_see(&s->scrapers, peer, at_ns) : INT64_MAX;
}

static void compress(struct http_response *out)
{
    struct buf text = out->body;

    out->body = (struct buf){0};
    gzip_text(&out->body, buf_str(&text));
    buf_release(&text);
    out->content_encoding = "gzip";
}

/* LiteLLM's gauges of budgets: those of the policies, then those of the gateway. */
static void expose_litellm(struct server *s, const struct metrics_copy *copy,
                           struct exposition *out)
{
    struct tick_view *tick = engine_tick_view(s->engine);

    litellm_budgets_expose(tick, copy, out);
    engine_tick_view_release(tick);
}

void view_metrics(struct server *s, struct http_request *r, struct http_response *out)
{
    uint64_t seq;
    struct metrics_copy *copy = books_metrics(engine_books(s->engine), &seq);
    struct exposition x = {.out = &out->body,
                           .openmetrics = accepts_openmetrics(http_header(r, "Accept"))};

    if (!copy) {
        respond_text(out, 503, STR("no memory\n"));
        return;
    }
    books_shown(engine_books(s->engine), seq);
    int64_t at_ns = metrics_copy_time(copy);
    x.zero_from_ns = zero_from(s, r, at_ns);
    if (x.zero_from_ns != INT64_MAX) {
        beginnings_look(&s->beginnings, at_ns, s->started_ns);
        beginnings_look(&s->of_policies, at_ns, s->started_ns);
        x.beginnings = &s->beginnings;
    }
    metrics_render(copy, &x);
    expose_litellm(s, copy, &x);
    metrics_copy_free(copy);
    expose_engine(s, &x);
    expose_end(&x);
    out->content_type = x.openmetrics
                            ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                            : "text/plain; version=0.0.4; charset=utf-8";
    out->vary = "Accept, Accept-Encoding";
    if (!out->body.failed && accepts_gzip(http_header(r, "Accept-Encoding")))
        compress(out);
}
