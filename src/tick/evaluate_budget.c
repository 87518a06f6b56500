/* One budget at a tick: what each group spent of its limit, how fast, and where that
 * leads. */
#include "evaluate_internal.h"
#include "spendwarden/timestamp.h"

static const int64_t WEEK_NS = 7 * NS_PER_DAY, BUCKET_MAX_NS = 6 * NS_PER_HOUR;

/* What is reckoned ahead in doubles may be wrong by less. */
static const int64_t MARGIN_NS = NS_PER_SECOND;

/* A group's budget at work. */
struct budget {
    const struct evaluation *evaluation;
    const struct budget_decl *decl;
    const struct window_group *group;
    const struct window_sums *sums; /* of the period */
    struct group_labels labels;
    struct money limit, spent;
};

/* Whether all of its windows have their history. */
static bool is_filled(const struct evaluation *e, const struct budget_decl *decl)
{
    bool filling = e->sums[decl->window].filling;

    for (size_t i = 0; i < decl->burn_count; i++)
        filling |= e->sums[decl->burns[i].long_window].filling ||
                   e->sums[decl->burns[i].short_window].filling;
    return !filling && !(decl->week_window >= 0 && e->sums[decl->week_window].filling);
}

/* The group in another window of the same budget; NULL: it spent nothing there. */
static const struct window_group *group_in(const struct budget *b, int window)
{
    return window_sums_find(&b->evaluation->sums[window], b->group->by);
}

static double spent_in(const struct budget *b, int window)
{
    const struct window_group *g = group_in(b, window);

    return g ? g->value : 0;
}

/* One dear request is no burn, nor are cents. */
static bool burns_little(const struct budget *b, int window)
{
    const struct window_group *g = group_in(b, window);

    return !g || g->count < 2 || g->value < b->decl->burn_min_usd;
}

static bool is_calendar(const struct budget *b)
{
    return b->decl->week_window >= 0;
}

static void observe_burns(const struct budget *b, const struct spending *spending)
{
    const struct window_decl *window =
        &b->evaluation->generation->windows[b->decl->window];
    int64_t period_ns =
        is_calendar(b) ? b->sums->end_ns - b->sums->start_ns : window->over_ns;

    if (!(spending->limit_usd > 0))
        return;
    for (size_t i = 0; i < b->decl->burn_count; i++) {
        const struct burn *burn = &b->decl->burns[i];
        double even_usd_per_ns = spending->limit_usd / (double)period_ns;
        double long_rate =
            spent_in(b, burn->long_window) / (double)burn->long_ns / even_usd_per_ns;
        double short_rate =
            spent_in(b, burn->short_window) / (double)burn->short_ns / even_usd_per_ns;
        if (burns_little(b, burn->long_window))
            short_rate = 0;
        rules_observe_burn(b->evaluation->rules, b->decl, i, b->labels, spending,
                           period_ns, long_rate, short_rate);
    }
}

/* The last 7 days, or the part of them that the group was seen. */
struct lately {
    int64_t from_ns, at_ns; /* from 0: nothing was seen yet */
    double nanousd;
};

static struct lately lately_of(const struct budget *b)
{
    const struct window_sums *week = &b->evaluation->sums[b->decl->week_window];
    const struct window_group *g = window_sums_find(week, b->group->by);
    int64_t from_ns = week->since_ns > week->start_ns ? week->since_ns : week->start_ns;

    if (g && g->first_ns > from_ns)
        from_ns = g->first_ns;
    return (struct lately){.from_ns = week->since_ns ? from_ns : 0,
                           .at_ns = week->at_ns,
                           .nanousd = g ? (double)g->sum : 0};
}

/* What will be spent at the end of the period: the mean rate of the last 7 days goes on.
 * False: not a day of that was seen. */
static bool forecast(const struct budget *b, struct money *out)
{
    const struct lately lately = lately_of(b);
    int64_t seen_ns = lately.at_ns - lately.from_ns,
            left_ns = b->sums->end_ns - lately.at_ns;

    if (lately.from_ns == 0 || seen_ns < NS_PER_DAY || left_ns < 0)
        return false;
    double more = lately.nanousd / (double)seen_ns * (double)left_ns;
    double total = (double)b->spent.nanousd + more;
    *out = (struct money){total < 9e18 ? (int64_t)total : INT64_MAX};
    return true;
}

/* Without events the forecast falls: when it comes down to so many limits. */
static int64_t falls_to(const struct budget *b, const struct lately *lately, double share)
{
    double more = share * (double)b->limit.nanousd - (double)b->spent.nanousd;
    double span_ns = (double)(b->sums->end_ns - lately->from_ns);

    if (!(more > 0))
        return INT64_MAX;
    double after_ns = lately->nanousd * span_ns / (more + lately->nanousd);
    return lately->from_ns + (int64_t)after_ns;
}

/* How long the alert of the forecast stands. */
static void stand(const struct budget *b, bool has_forecast, struct money ahead)
{
    struct standing *standing = b->evaluation->standing;
    const struct window_sums *week = &b->evaluation->sums[b->decl->week_window];
    const struct lately lately = lately_of(b);
    const double shares[] = {b->decl->forecast, rules_forecast_clear(b->decl)};

    /* The first day is over, and the week's first bucket moves on. */
    if (lately.from_ns && !has_forecast)
        evaluate_stands(standing, lately.from_ns + NS_PER_DAY);
    if (lately.from_ns < week->start_ns + BUCKET_MAX_NS)
        evaluate_stands(standing, week->start_ns + WEEK_NS);
    for (size_t i = 0; has_forecast && i < 2; i++) {
        int64_t falls_ns = falls_to(b, &lately, shares[i]) - MARGIN_NS;
        bool above = money_to_double(ahead) >= shares[i] * money_to_double(b->limit);
        if (above)
            evaluate_stands(standing, falls_ns);
        standing->drifts |= above;
    }
}

static void observe(const struct budget *b)
{
    const struct evaluation *e = b->evaluation;
    struct spending spending = {
        .spent_usd = money_to_double(b->spent),
        .limit_usd = money_to_double(b->limit),
        .period_start_ns = is_calendar(b) ? b->sums->start_ns : 0,
        .period_end_ns = is_calendar(b) ? b->sums->end_ns : 0,
    };
    struct money ahead = {0};
    bool has_forecast = is_calendar(b) && forecast(b, &ahead);

    if (e->standing && b->decl->has_forecast)
        stand(b, has_forecast, ahead);
    rules_observe_budget(e->rules, b->decl, b->labels, &spending);
    observe_burns(b, &spending);
    if (has_forecast && b->decl->has_forecast)
        rules_observe_forecast(e->rules, b->decl, b->labels, &spending,
                               money_to_double(ahead));
    if (e->view)
        tick_view_budget(e->view, &(struct budget_view){.budget = b->decl,
                                                        .labels = b->labels,
                                                        .sums = b->sums,
                                                        .limit = b->limit,
                                                        .spent = b->spent,
                                                        .has_forecast = has_forecast,
                                                        .forecast = ahead});
}

/* False: the policy failed. */
static bool observe_group(const struct evaluation *e, size_t index,
                          const struct window_group *group)
{
    const struct budget_decl *decl =
        &policy_decls(e->generation->policies)->budgets[index];
    struct budget b = {.evaluation = e,
                       .decl = decl,
                       .group = group,
                       .sums = &e->sums[decl->window],
                       .spent = {group->sum}};
    struct pair pairs[WINDOW_BY_MAX];
    bool has;

    if (!policy_budget(e->policies, index, group, &has, &b.limit))
        return false;
    if (!has)
        return true;
    b.labels = evaluate_group(e, decl->window, group, pairs);
    observe(&b);
    return true;
}

void evaluate_budget(const struct evaluation *e, size_t index)
{
    const struct budget_decl *decl =
        &policy_decls(e->generation->policies)->budgets[index];
    const struct window_sums *sums = &e->sums[decl->window];
    bool filled = is_filled(e, decl), answered = filled;
    size_t declared = filled && sums->by_count == 1 ? decl->group_count : 0;

    for (size_t i = 0; filled && i < sums->group_count; i++)
        answered &= observe_group(e, index, &sums->groups[i]);
    /* Budgets of groups that have spent nothing yet are there all the same. */
    for (size_t i = 0; i < declared; i++) {
        struct window_group empty = {.by = &decl->groups[i]};
        if (!window_sums_find(sums, empty.by))
            answered &= observe_group(e, index, &empty);
    }
    if (!answered)
        rules_keep_budget(e->rules, decl);
}
