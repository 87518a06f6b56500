/* /api/v1/coverage and /api/v1/budgets, as of the last tick. */
#include "ask.h"
#include "spendwarden/value.h"

static bool is_asked(struct http_request *r, const char *parameter, struct str value)
{
    const char *wanted = http_query(r, parameter);

    return !wanted || str_eq(str_of(wanted), value);
}

static bool coverage_is_asked(struct http_request *r, const struct coverage_gauge *c)
{
    return is_asked(r, "label", c->label) && is_asked(r, "window", c->window) &&
           is_asked(r, "source", c->source) &&
           is_asked(r, "of", c->requests ? STR("requests") : STR("spend"));
}

static bool ask_label(const struct ask *a, struct err *err)
{
    const struct metrics_options *metrics = &a->config->metrics;
    struct str labels[COVERAGE_LABELS_MAX];

    for (size_t i = 0; i < metrics->coverage_count; i++)
        labels[i] = field_name(&a->config->schema, metrics->coverage[i]);
    return ask_name(a, "label", "labels of metrics.coverage", labels,
                    metrics->coverage_count, err);
}

/* Empty: over all. */
static bool ask_source(const struct ask *a, const struct generation *g, struct err *err)
{
    const char *source = http_query(a->request, "source");
    struct str sources[GENERATION_SOURCES_MAX];

    for (size_t i = 0; i < g->source_count; i++)
        sources[i] = source_name(g->sources[i]);
    return (source && !*source) ||
           ask_name(a, "source", "sources", sources, g->source_count, err);
}

static bool ask_coverage(const struct ask *a, const struct generation *g, struct err *err)
{
    static const char *const kinds[] = {"spend", "requests", NULL};
    struct str windows[COVERAGE_SPAN_COUNT];
    size_t kind = 0;

    for (size_t i = 0; i < COVERAGE_SPAN_COUNT; i++)
        windows[i] = coverage_spans[i].name;
    return ask_label(a, err) && ask_source(a, g, err) &&
           ask_choice(a, "of", kinds, &kind, err) &&
           ask_name(a, "window", "windows of coverage", windows, COVERAGE_SPAN_COUNT,
                    err);
}

static void list_coverage(struct http_request *r, const struct tick_view *tick,
                          struct http_response *out)
{
    struct buf *b = &out->body;
    const char *comma = "";

    begin_data(out);
    buf_byte(b, '[');
    for (size_t i = 0; tick && i < tick->coverage_count; i++) {
        const struct coverage_gauge *c = &tick->coverage[i];
        if (!coverage_is_asked(r, c))
            continue;
        buf_format(b, "%s{\"label\":", comma);
        comma = ",";
        buf_json(b, c->label);
        buf_add(b, STR(",\"window\":"));
        buf_json(b, c->window);
        if (c->source.size) {
            buf_add(b, STR(",\"source\":"));
            buf_json(b, c->source);
        }
        buf_format(b, ",\"of\":\"%s\",\"ratio\":%.9g}",
                   c->requests ? "requests" : "spend", c->ratio);
    }
    buf_byte(b, ']');
    end_data(out);
}

void view_coverage(struct server *s, struct http_request *r, struct http_response *out)
{
    struct generation *g = engine_generation(s->engine);
    const struct ask ask = {.request = r, .config = g->config};
    struct err err = {0};

    if (ask_coverage(&ask, g, &err)) {
        struct tick_view *tick = engine_tick_view(s->engine);
        list_coverage(r, tick, out);
        engine_tick_view_release(tick);
    } else {
        respond_error(out, &err);
    }
    generation_release(g);
}

static void named_money(struct buf *b, const char *name, struct money amount)
{
    buf_format(b, ",\"%s\":", name);
    money_json(b, amount);
}

static void outlook_json(struct buf *b, const struct outlook *o)
{
    if (o->has_total)
        named_money(b, "forecast_usd", o->total);
    if (o->has_band) {
        named_money(b, "forecast_low_usd", o->low);
        named_money(b, "forecast_high_usd", o->high);
    }
    if (o->exhausts)
        buf_format(b, ",\"exhaustion_seconds\":%lld",
                   (long long)(o->exhausts_in_ns / NS_PER_SECOND));
}

static void budget_json(struct buf *b, const struct budget_gauge *g)
{
    buf_add(b, STR("{\"policy\":"));
    buf_json(b, g->policy);
    buf_add(b, STR(",\"budget\":"));
    buf_json(b, g->budget);
    buf_add(b, STR(",\"labels\":"));
    pairs_json(b, g->labels, g->label_count);
    named_money(b, "limit_usd", g->limit);
    named_money(b, "spent_usd", g->spent);
    outlook_json(b, &g->outlook);
    if (g->period_end_ns) {
        buf_add(b, STR(",\"period_end\":"));
        time_json(b, g->period_end_ns);
    }
    buf_format(b, ",\"partial\":%s}", g->partial ? "true" : "false");
}

void view_budgets(struct server *s, struct http_request *r, struct http_response *out)
{
    struct tick_view *tick = engine_tick_view(s->engine);
    struct buf *b = &out->body;

    (void)r;
    begin_data(out);
    buf_byte(b, '[');
    for (size_t i = 0; tick && i < tick->budget_count; i++) {
        if (i)
            buf_byte(b, ',');
        budget_json(b, &tick->budgets[i]);
    }
    buf_byte(b, ']');
    end_data(out);
    engine_tick_view_release(tick);
}
