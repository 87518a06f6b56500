/* Budgets: steps of what is spent, burn rates, forecasts. */
#include <stdio.h>

#include "internal.h"

enum { ALERT_NAME_MAX = 160 };

static const double FORECAST_CLEAR = 0.95; /* of its bound: it does not flap there */

/* `alertname` holds the name with its suffix. */
static struct subject subject_of(const struct budget_decl *budget, enum subject_kind kind,
                                 struct group_labels group,
                                 const struct spending *spending,
                                 char alertname[ALERT_NAME_MAX])
{
    static const char *const suffixes[] = {"", "", "Burn", "Forecast"};
    int length = snprintf(alertname, ALERT_NAME_MAX, "%.*s%s", STR_ARG(budget->alert),
                          suffixes[kind]);

    return (struct subject){
        .kind = kind,
        .policy = budget->policy,
        .name = budget->name,
        .alertname = {alertname, (size_t)length},
        .where = budget->where,
        .group = group,
        .label_count = budget->label_count,
        .labels = budget->labels,
        .period_start_ns = spending->period_start_ns,
        .period_end_ns = spending->period_end_ns,
    };
}

static bool period_is_over(const struct rules *r, const struct spending *spending)
{
    return spending->period_end_ns && (r->tick_ns < spending->period_start_ns ||
                                       r->tick_ns >= spending->period_end_ns);
}

static struct reading reading_of(const struct spending *spending, double value)
{
    return (struct reading){.value = value,
                            .spent_usd = spending->spent_usd,
                            .limit_usd = spending->limit_usd,
                            .partial = spending->partial};
}

double spending_used(double spent_usd, double limit_usd)
{
    return limit_usd > 0 ? spent_usd / limit_usd : spent_usd > 0;
}

void rules_observe_budget(struct rules *r, const struct budget_decl *budget,
                          struct group_labels group, const struct spending *spending)
{
    char alertname[ALERT_NAME_MAX];
    const struct subject s =
        subject_of(budget, SUBJECT_BUDGET, group, spending, alertname);
    const struct reading reading =
        reading_of(spending, spending_used(spending->spent_usd, spending->limit_usd));
    struct bound b = {
        .answer = ANSWER_NUMBER,
        .blocked = period_is_over(r, spending),
        .has_step = true,
        .has_clear = budget->has_clear,
        .clear = budget->clear,
    };

    for (size_t i = 0; i < budget->step_count; i++) {
        b.step = budget->steps[i].at;
        b.severity = budget->steps[i].severity;
        observe_bound(r, &s, &b, reading);
    }
}

void rules_observe_burn(struct rules *r, const struct budget_decl *budget, size_t which,
                        struct group_labels group, const struct spending *spending,
                        int64_t period_ns, double long_rate, double short_rate)
{
    const struct burn *burn = &budget->burns[which];
    char alertname[ALERT_NAME_MAX], window[TIMESTAMP_TEXT_SIZE];
    struct subject s = subject_of(budget, SUBJECT_BURN, group, spending, alertname);
    double factor = burn->factor * (double)period_ns / (30 * (double)NS_PER_DAY);
    const struct bound b = {
        .answer = ANSWER_NUMBER,
        .blocked = !(short_rate > factor) || period_is_over(r, spending),
        .has_above = true,
        .above = factor,
        .severity = burn->severity,
    };

    duration_format(window, burn->long_ns);
    s.extra = (struct pair){STR("window"), str_of(window)};
    observe_bound(r, &s, &b, reading_of(spending, long_rate));
}

double rules_forecast_clear(const struct budget_decl *budget)
{
    return budget->forecast * FORECAST_CLEAR;
}

void rules_observe_forecast(struct rules *r, const struct budget_decl *budget,
                            struct group_labels group, const struct spending *spending,
                            const struct outlook *outlook)
{
    char alertname[ALERT_NAME_MAX];
    const struct subject s =
        subject_of(budget, SUBJECT_FORECAST, group, spending, alertname);
    const struct bound b = {
        .answer = ANSWER_NUMBER,
        .blocked = period_is_over(r, spending) || !(spending->limit_usd > 0),
        .has_above = true,
        .above = budget->forecast,
        .has_clear = true,
        .clear = rules_forecast_clear(budget),
        .severity = budget->forecast_severity,
    };
    struct reading reading = reading_of(
        spending, spending_used(money_to_double(outlook->total), spending->limit_usd));

    reading.outlook = outlook;
    observe_bound(r, &s, &b, reading);
}
