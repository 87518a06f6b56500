/* What a tick found, as metrics. */
#include <stdio.h>

#include "spendwarden/engine.h"
#include "spendwarden/rules_observe.h"

static struct pair label(const char *name, struct str value)
{
    return (struct pair){str_of(name), value};
}

static void single(struct exposition *out, const char *name, const char *type,
                   const char *help, double value)
{
    expose_family(out, name, help, type);
    expose_sample(out, name, NULL, 0, value);
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

enum budget_value {
    LIMIT,
    SPENT,
    REMAINING,
    FORECAST,
    FORECAST_LOW,
    FORECAST_HIGH,
    BURN, /* from here on no money */
    EXHAUSTION,
    PERIOD_END,
    PARTIAL,
};

/* False: this budget has none. */
static bool budget_money(const struct budget_gauge *b, enum budget_value which,
                         struct money *out)
{
    const struct outlook *o = &b->outlook;
    const struct money moneys[] = {[LIMIT] = b->limit,
                                   [SPENT] = b->spent,
                                   [REMAINING] = {b->limit.nanousd - b->spent.nanousd},
                                   [FORECAST] = o->total,
                                   [FORECAST_LOW] = o->low,
                                   [FORECAST_HIGH] = o->high};

    *out = moneys[which];
    return which < FORECAST || (which == FORECAST ? o->has_total : o->has_band);
}

static bool budget_number(const struct budget_gauge *b, enum budget_value which,
                          double *out)
{
    switch (which) {
    case BURN:
        *out = spending_used(money_to_double(b->spent), money_to_double(b->limit));
        return true;
    case EXHAUSTION:
        *out = (double)b->outlook.exhausts_in_ns / 1e9;
        return b->outlook.exhausts;
    case PERIOD_END:
        *out = (double)b->period_end_ns / 1e9;
        return b->period_end_ns != 0;
    default:
        *out = b->partial;
        return true;
    }
}

static const struct {
    enum budget_value value;
    const char *name, *help;
} budget_families[] = {
    {LIMIT, "llm_budget_limit_usd", "Limit of the budget in its period."},
    {SPENT, "llm_budget_spent_usd", "Spent in the running period."},
    {REMAINING, "llm_budget_remaining_usd", "Limit minus spent; negative when exceeded."},
    {BURN, "llm_budget_burn_ratio", "Spent divided by limit."},
    {FORECAST, "llm_budget_forecast_usd",
     "Spent at the end of the period, if the mean rate of the last 7 days goes on."},
    {FORECAST_LOW, "llm_budget_forecast_low_usd",
     "In 9 of 10 cases it will be more than this."},
    {FORECAST_HIGH, "llm_budget_forecast_high_usd",
     "In 9 of 10 cases it will be less than this."},
    {EXHAUSTION, "llm_budget_exhaustion_seconds",
     "Until the limit is reached at that rate; absent if the period ends before."},
    {PERIOD_END, "llm_budget_period_end_timestamp_seconds",
     "When the running period ends."},
    {PARTIAL, "llm_budget_partial",
     "Whether the period was not seen from its start: more may have been spent."},
};

static void expose_budgets(struct exposition *out, const struct tick_view *v)
{
    struct pair labels[WINDOW_BY_MAX + 2];

    for (size_t f = 0; f < sizeof budget_families / sizeof *budget_families; f++) {
        const char *name = budget_families[f].name;
        enum budget_value which = budget_families[f].value;
        expose_family(out, name, budget_families[f].help, "gauge");
        for (size_t i = 0; i < v->budget_count; i++) {
            const struct budget_gauge *b = &v->budgets[i];
            size_t count = budget_labels(b, labels);
            struct money money;
            double number;
            if (which < BURN && budget_money(b, which, &money))
                expose_sample_money(out, name, labels, count, money);
            else if (which >= BURN && budget_number(b, which, &number))
                expose_sample(out, name, labels, count, number);
        }
    }
}

static void expose_gauges(struct exposition *out, const struct tick_view *v)
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

static void expose_spend(struct exposition *out, const struct tick_view *v)
{
    static const char *const name = "llm_spend_window_usd";

    expose_family(out, name, "Spend within the window that ends now, exact.", "gauge");
    for (size_t i = 0; i < v->spend_count; i++) {
        const struct spend_gauge *g = &v->spend[i];
        struct pair labels[] = {label("window", g->window), label("team", g->team),
                                label("workflow_id", g->workflow_id)};
        expose_sample_money(out, name, labels, 3, g->spent);
    }
}

static void expose_coverage_over_all(struct exposition *out, const struct tick_view *v,
                                     const char *name, const char *help, bool requests)
{
    expose_family(out, name, help, "gauge");
    for (size_t i = 0; i < v->coverage_count; i++) {
        const struct coverage_gauge *c = &v->coverage[i];
        struct pair labels[] = {label("label", c->label), label("window", c->window)};
        if (c->source.size == 0 && c->requests == requests)
            expose_sample(out, name, labels, 2, c->ratio);
    }
}

static void expose_coverage(struct exposition *out, const struct tick_view *v)
{
    static const char *const by_source = "llm_attribution_coverage_by_source_ratio";

    expose_coverage_over_all(out, v, "llm_attribution_coverage_ratio",
                             "Spend that carries the label, divided by all spend.",
                             false);
    expose_coverage_over_all(out, v, "llm_attribution_coverage_requests_ratio",
                             "Requests that carry the label, divided by all requests.",
                             true);
    expose_family(out, by_source, "The same for the spend or requests of one source.",
                  "gauge");
    for (size_t i = 0; i < v->coverage_count; i++) {
        const struct coverage_gauge *c = &v->coverage[i];
        struct pair labels[] = {label("label", c->label), label("source", c->source),
                                label("of", c->requests ? STR("requests") : STR("spend")),
                                label("window", c->window)};
        if (c->source.size)
            expose_sample(out, by_source, labels, 4, c->ratio);
    }
}

static void expose_alerts(struct exposition *out, const struct tick_view *v)
{
    static const char *const name = "spendwarden_alerts";
    struct pair pending = label("state", STR("pending")),
                firing = label("state", STR("firing"));

    expose_family(out, name, "Alerts by state.", "gauge");
    expose_sample_int(out, name, &pending, 1, (int64_t)v->alerts_by_state[ALERT_PENDING]);
    expose_sample_int(out, name, &firing, 1, (int64_t)v->alerts_by_state[ALERT_FIRING]);
    single(out, "spendwarden_alerts_refused_total", "counter",
           "Alerts beyond rules.max_alerts, which nobody was told of.",
           (double)v->alerts_refused);
    single(out, "spendwarden_tick_timestamp_seconds", "gauge",
           "When rules were last evaluated.", (double)v->tick_ns / 1e9);
    single(out, "spendwarden_tick_duration_seconds", "gauge", "How long that took.",
           (double)v->duration_ns / 1e9);
}

void tick_view_expose(const struct tick_view *v, struct exposition *out)
{
    expose_spend(out, v);
    expose_budgets(out, v);
    expose_gauges(out, v);
    expose_coverage(out, v);
    expose_alerts(out, v);
}
