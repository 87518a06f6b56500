/* /metrics: the counters of spend, then what the last tick found, then the engine itself.
 */
#include <stdio.h>
#include <unistd.h>

#include "internal.h"
#include "spendwarden/log.h"

enum { RECEIVERS_MAX = 32 };

static struct pair label(const char *name, struct str value)
{
    return (struct pair){str_of(name), value};
}

static void gauge(struct buf *out, const char *name, const char *help, double value)
{
    expose_family(out, name, help, "gauge");
    expose_sample(out, name, NULL, 0, value);
}

static void counter(struct buf *out, const char *name, const char *help, int64_t value)
{
    expose_family(out, name, help, "counter");
    expose_sample_int(out, name, NULL, 0, value);
}

/* A budget's own labels behind its name. */
static size_t budget_labels(const struct budget_gauge *b,
                            struct pair out[WINDOW_BY_MAX + 2])
{
    out[0] = label("budget", b->budget);
    out[1] = label("policy", b->policy);
    for (size_t i = 0; i < b->label_count; i++)
        out[2 + i] = b->labels[i];
    return 2 + b->label_count;
}

enum budget_value { LIMIT, SPENT, REMAINING, BURN, FORECAST };

static void expose_budget(struct buf *out, const char *name, const char *help,
                          const struct tick_view *v, enum budget_value which)
{
    struct pair labels[WINDOW_BY_MAX + 2];

    expose_family(out, name, help, "gauge");
    for (size_t i = 0; i < v->budget_count; i++) {
        const struct budget_gauge *b = &v->budgets[i];
        size_t count = budget_labels(b, labels);
        struct money money = b->limit;
        if (which == BURN) {
            if (b->limit.nanousd > 0)
                expose_sample(out, name, labels, count,
                              money_to_double(b->spent) / money_to_double(b->limit));
            continue;
        }
        if (which == FORECAST && !b->has_forecast)
            continue;
        if (which == SPENT)
            money = b->spent;
        else if (which == FORECAST)
            money = b->forecast;
        else if (which == REMAINING)
            money.nanousd = b->limit.nanousd - b->spent.nanousd;
        expose_sample_money(out, name, labels, count, money);
    }
}

static void expose_budgets(struct buf *out, const struct tick_view *v)
{
    expose_budget(out, "llm_budget_limit_usd", "Limit of the budget in its period.", v,
                  LIMIT);
    expose_budget(out, "llm_budget_spent_usd", "Spent in the running period.", v, SPENT);
    expose_budget(out, "llm_budget_remaining_usd",
                  "Limit minus spent; negative when exceeded.", v, REMAINING);
    expose_budget(out, "llm_budget_burn_ratio", "Spent divided by limit.", v, BURN);
    expose_budget(out, "llm_budget_forecast_usd",
                  "Spent at the end of the period, if the mean rate of the last 7 days "
                  "goes on.",
                  v, FORECAST);
}

static void expose_gauges(struct buf *out, const struct tick_view *v)
{
    char name[TEXT_VALUE_MAX + 1], help[TEXT_VALUE_MAX + 1];

    for (size_t i = 0; i < v->gauge_count; i++) {
        const struct policy_gauge *g = &v->gauges[i];
        snprintf(name, sizeof name, "%.*s", STR_ARG(g->name));
        snprintf(help, sizeof help, "%.*s", STR_ARG(g->help));
        if (i == 0 || !str_eq(g->name, v->gauges[i - 1].name))
            expose_family(out, name, help, "gauge");
        expose_sample(out, name, g->labels, g->label_count, g->value);
    }
}

static void expose_spend(struct buf *out, const struct tick_view *v)
{
    static const char *const name = "llm_spend_window_usd";

    expose_family(out, name, "Spend within the window that ends now, exact.", "gauge");
    for (size_t i = 0; i < COVERAGE_SPAN_COUNT; i++) {
        struct pair window = label("window", v->spend[i].window);
        if (!v->spend[i].filling)
            expose_sample_money(out, name, &window, 1, v->spend[i].spent);
    }
}

static void expose_coverage(struct buf *out, const struct tick_view *v)
{
    static const char *const total = "llm_attribution_coverage_ratio";
    static const char *const by_source = "llm_attribution_coverage_by_source_ratio";

    expose_family(out, total, "Spend that carries the label, divided by all spend.",
                  "gauge");
    for (size_t i = 0; i < v->coverage_count; i++) {
        const struct coverage_gauge *c = &v->coverage[i];
        struct pair labels[] = {label("label", c->label), label("window", c->window)};
        if (c->source.size == 0)
            expose_sample(out, total, labels, 2, c->ratio);
    }
    expose_family(out, by_source, "The same for the spend of one source.", "gauge");
    for (size_t i = 0; i < v->coverage_count; i++) {
        const struct coverage_gauge *c = &v->coverage[i];
        struct pair labels[] = {label("label", c->label), label("source", c->source),
                                label("of", STR("spend")), label("window", c->window)};
        if (c->source.size)
            expose_sample(out, by_source, labels, 4, c->ratio);
    }
}

static void expose_alerts(struct buf *out, const struct tick_view *v)
{
    static const char *const name = "spendwarden_alerts";
    struct pair pending = label("state", STR("pending")),
                firing = label("state", STR("firing"));

    expose_family(out, name, "Alerts by state.", "gauge");
    expose_sample_int(out, name, &pending, 1, (int64_t)v->alerts_by_state[ALERT_PENDING]);
    expose_sample_int(out, name, &firing, 1, (int64_t)v->alerts_by_state[ALERT_FIRING]);
    counter(out, "spendwarden_alerts_refused_total",
            "Alerts beyond rules.max_alerts, which nobody was told of.",
            v->alerts_refused);
    gauge(out, "spendwarden_tick_timestamp_seconds", "When rules were last evaluated.",
          (double)v->tick_ns / 1e9);
    gauge(out, "spendwarden_tick_duration_seconds", "How long that took.",
          (double)v->duration_ns / 1e9);
}

static void expose_outcomes(struct server *s, struct buf *out)
{
    static const char *const events = "spendwarden_events_total";
    static const char *const last = "spendwarden_source_last_event_timestamp_seconds";
    struct source_outcomes sources[OUTCOME_SOURCES_MAX];
    size_t count = outcomes_by_source(engine_outcomes(s->engine), sources);

    expose_family(out, events, "Events received since the start, by what became of them.",
                  "counter");
    for (size_t i = 0; i < count; i++)
        for (int kind = 0; kind < OUTCOME_KINDS; kind++) {
            struct pair labels[] = {
                label("source", str_of(sources[i].source)),
                label("outcome", str_of(outcome_kind_name((enum outcome_kind)kind)))};
            expose_sample_int(out, events, labels, 2, sources[i].counts[kind]);
        }
    expose_family(out, last, "When the source's last accepted event came.", "gauge");
    for (size_t i = 0; i < count; i++) {
        struct pair source = label("source", str_of(sources[i].source));
        if (sources[i].last_event_ns)
            expose_sample(out, last, &source, 1, (double)sources[i].last_event_ns / 1e9);
    }
}

static void expose_generation(struct server *s, struct buf *out)
{
    struct generation *g = engine_generation(s->engine);

    expose_policies(g, out);
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

static void expose_receivers(struct server *s, struct buf *out)
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

static void expose_ledger(struct server *s, struct buf *out)
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

static void expose_http(struct server *s, struct buf *out)
{
    struct http_stats h;

    http_stats(s->http, &h);
    counter(out, "spendwarden_http_requests_total", "Requests.", h.requests);
    counter(out, "spendwarden_http_refused_total",
            "Requests refused with 503 for want of room.", h.refused_full);
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

static void expose_process(struct server *s, struct buf *out)
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

void expose_engine(struct server *s, struct buf *out)
{
    struct tick_view *tick = engine_tick_view(s->engine);

    if (tick) {
        expose_spend(out, tick);
        expose_budgets(out, tick);
        expose_gauges(out, tick);
        expose_coverage(out, tick);
        expose_alerts(out, tick);
        engine_tick_view_release(tick);
    }
    expose_outcomes(s, out);
    expose_generation(s, out);
    expose_receivers(s, out);
    expose_ledger(s, out);
    expose_http(s, out);
    expose_process(s, out);
}

void view_metrics(struct server *s, struct http_request *r, struct http_response *out)
{
    struct metrics_copy *copy = books_metrics(engine_books(s->engine));

    (void)r;
    if (!copy) {
        respond_text(out, 503, STR("no memory\n"));
        return;
    }
    metrics_render(copy, &out->body);
    metrics_copy_free(copy);
    expose_engine(s, &out->body);
    out->content_type = "text/plain; version=0.0.4; charset=utf-8";
}
