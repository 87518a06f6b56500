/* One budget at a tick: what each group spent of its limit, how fast, and where that
 * leads. */
#include "evaluate_internal.h"
#include "forecast.h"
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
    filling |= decl->week_window >= 0 && e->sums[decl->week_window].filling;
    for (size_t i = 0; decl->day_windows[0] >= 0 && i < OUTLOOK_DAYS; i++)
        filling |= e->sums[decl->day_windows[i]].filling;
    return !filling;
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

static void read_days(const struct budget *b, struct lately *l)
{
    l->has_days = b->decl->day_windows[0] >= 0;
    for (size_t i = 0; l->has_days && i < OUTLOOK_DAYS; i++) {
        const struct window_group *g = group_in(b, b->decl->day_windows[i]);
        l->days[i] = g ? g->sum : 0;
    }
}

static struct lately lately_of(const struct budget *b)
{
    const struct window_sums *week = &b->evaluation->sums[b->decl->week_window];
    const struct window_group *g = group_in(b, b->decl->week_window);
    int64_t from_ns = week->since_ns > week->start_ns ? week->since_ns : week->start_ns;
    struct lately l = {
        .at_ns = week->at_ns,
        .end_ns = b->sums->end_ns,
        .week_nanousd = g ? g->sum : 0,
        .limit = b->limit,
        .spent = b->spent,
    };

    if (g && g->first_ns > from_ns)
        from_ns = g->first_ns;
    l.from_ns = week->since_ns ? from_ns : 0;
    read_days(b, &l);
    return l;
}

/* How long the alert of the forecast stands. */
static void stand(const struct budget *b, const struct lately *lately,
                  const struct outlook *outlook)
{
    struct standing *standing = b->evaluation->standing;
    const struct window_sums *week = &b->evaluation->sums[b->decl->week_window];
    const double shares[] = {b->decl->forecast, rules_forecast_clear(b->decl)};

    /* The first day is over, and the week's first bucket moves on. */
    if (lately->from_ns && !outlook->has_total)
        evaluate_stands(standing, lately->from_ns + NS_PER_DAY);
    if (lately->from_ns < week->start_ns + BUCKET_MAX_NS)
        evaluate_stands(standing, week->start_ns + WEEK_NS);
    for (size_t i = 0; outlook->has_total && i < 2; i++) {
        double share_nanousd = shares[i] * (double)b->limit.nanousd;
        int64_t falls_ns = forecast_falls_to(lately, share_nanousd) - MARGIN_NS;
        bool above = (double)outlook->total.nanousd >= share_nanousd;
        if (above)
            evaluate_stands(standing, falls_ns);
        standing->drifts |= above;
    }
}

static void observe_forecast(const struct budget *b, const struct spending *spending,
                             struct outlook *outlook)
{
    const struct evaluation *e = b->evaluation;
    const struct lately lately = lately_of(b);

    *outlook = forecast(&lately);
    if (!b->decl->has_forecast)
        return;
    if (e->standing)
        stand(b, &lately, outlook);
    if (outlook->has_total)
        rules_observe_forecast(e->rules, b->decl, b->labels, spending, outlook);
}

static void observe(const struct budget *b)
{
    const struct evaluation *e = b->evaluation;
    bool calendar = is_calendar(b);
    const struct spending spending = {
        .spent_usd = money_to_double(b->spent),
        .limit_usd = money_to_double(b->limit),
        .period_start_ns = calendar ? b->sums->start_ns : 0,
        .period_end_ns = calendar ? b->sums->end_ns : 0,
        .partial = b->sums->since_ns > b->sums->start_ns,
    };
    struct outlook outlook = {.has_total = false};

    rules_observe_budget(e->rules, b->decl, b->labels, &spending);
    observe_burns(b, &spending);
    if (calendar)
        observe_forecast(b, &spending, &outlook);
    if (e->view)
        tick_view_budget(e->view, &(struct budget_view){.budget = b->decl,
                                                        .labels = b->labels,
                                                        .sums = b->sums,
                                                        .limit = b->limit,
                                                        .spent = b->spent,
                                                        .outlook = &outlook});
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
