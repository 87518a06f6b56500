#include "generation_windows.h"

#include <stdlib.h>

const struct view_span coverage_spans[COVERAGE_SPAN_COUNT] = {
    {NS_PER_HOUR, STR("1h")},
    {24 * NS_PER_HOUR, STR("24h")},
};

const struct view_span spend_spans[SPEND_SPAN_COUNT] = {
    {NS_PER_HOUR, STR("1h")},
    {24 * NS_PER_HOUR, STR("24h")},
    {7 * NS_PER_DAY, STR("7d")},
};

size_t generation_coverage_window(const struct generation *g, size_t span, int label)
{
    size_t per_span = 1 + g->config->metrics.coverage_count;

    return g->policy_window_count + span * per_span + (size_t)(label + 1);
}

/* Spend by source over one span; of label `label` (-1: any) only where it is present. */
static struct window_decl coverage_window(const struct generation *g, size_t span,
                                          int label)
{
    struct window_decl decl = {
        .aggregate = AGGREGATE_SUM,
        .field = field_find(NULL, STR("charge_usd")),
        .by_count = 1,
        .by = {field_find(NULL, STR("source"))},
        .span = SPAN_ROLLING,
        .over_ns = coverage_spans[span].ns,
    };

    if (label >= 0) {
        decl.where_count = 1;
        decl.where[0] = (struct where_clause){.field = g->config->metrics.coverage[label],
                                              .op = WHERE_PRESENT};
    }
    return decl;
}

size_t generation_spend_window(const struct generation *g, size_t span)
{
    return generation_coverage_window(g, COVERAGE_SPAN_COUNT, -1) + span;
}

/* Spend by team and workflow over one span. */
static struct window_decl spend_window(size_t span)
{
    return (struct window_decl){
        .aggregate = AGGREGATE_SUM,
        .field = field_find(NULL, STR("charge_usd")),
        .by_count = 2,
        .by = {field_find(NULL, STR("team")), field_find(NULL, STR("workflow_id"))},
        .span = SPAN_ROLLING,
        .over_ns = spend_spans[span].ns,
    };
}

static void put_windows(struct generation *g)
{
    const struct decls *decls = policy_decls(g->policies);
    int labels = (int)g->config->metrics.coverage_count;

    if (decls->window_count)
        memcpy(g->windows, decls->windows, decls->window_count * sizeof *g->windows);
    for (size_t span = 0; span < COVERAGE_SPAN_COUNT; span++)
        for (int label = -1; label < labels; label++)
            g->windows[generation_coverage_window(g, span, label)] =
                coverage_window(g, span, label);
    for (size_t span = 0; span < SPEND_SPAN_COUNT; span++)
        g->windows[generation_spend_window(g, span)] = spend_window(span);
}

static void put_metrics(struct generation *g, const struct decls *decls)
{
    if (decls->metric_count)
        memcpy(g->metrics + g->metric_count, decls->metrics,
               decls->metric_count * sizeof *g->metrics);
    g->metric_count += decls->metric_count;
}

/* The shadow's windows are the last ones of its generation. */
static void put_shadow(struct generation *g)
{
    struct generation *shadow = g->shadow;
    const struct decls *decls = policy_decls(shadow->policies);

    shadow->policy_window_count = shadow->window_count = decls->window_count;
    shadow->windows = g->windows + g->window_count;
    shadow->window_ids = g->window_ids + g->window_count;
    if (decls->window_count)
        memcpy(shadow->windows, decls->windows,
               decls->window_count * sizeof *shadow->windows);
    g->window_count += decls->window_count;
    put_metrics(g, decls);
}

bool generation_collect(struct generation *g, struct diags *diags)
{
    static const struct decls none;
    const struct decls *decls = policy_decls(g->policies),
                       *more = g->shadow ? policy_decls(g->shadow->policies) : &none;
    size_t labels = g->config->metrics.coverage_count;

    g->policy_window_count = decls->window_count;
    g->window_count =
        decls->window_count + COVERAGE_SPAN_COUNT * (1 + labels) + SPEND_SPAN_COUNT;
    size_t windows = g->window_count + more->window_count,
           metrics = decls->metric_count + more->metric_count;
    g->windows = calloc(windows, sizeof *g->windows);
    g->window_ids = calloc(windows, sizeof *g->window_ids);
    g->metrics = calloc(metrics + 1, sizeof *g->metrics);
    if (!g->windows || !g->window_ids || !g->metrics) {
        diags_add(diags, "spendwarden", 0, 0, "no memory");
        return false;
    }
    put_windows(g);
    put_metrics(g, decls);
    if (g->shadow)
        put_shadow(g);
    return true;
}
