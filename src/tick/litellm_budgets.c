#include "spendwarden/litellm_budgets.h"

#include <stdlib.h>

enum { BY_GATEWAY = 1 << 30 };

/* The labels of each kind, as LiteLLM has them, and ours that a policy's budget is by. */
static const struct kind {
    struct str label, id_label, alias_label;
    const char *remaining, *max, *hours;
} kinds[LIMIT_OF_COUNT] = {
    [LIMIT_OF_TEAM] = {STR("team"), STR("team"), STR("team_alias"),
                       "litellm_remaining_team_budget_metric",
                       "litellm_team_max_budget_metric",
                       "litellm_team_budget_remaining_hours_metric"},
    [LIMIT_OF_KEY] = {STR("hashed_api_key"), STR("hashed_api_key"), STR("api_key_alias"),
                      "litellm_remaining_api_key_budget_metric",
                      "litellm_api_key_max_budget_metric",
                      "litellm_api_key_budget_remaining_hours_metric"},
    [LIMIT_OF_USER] = {STR("user"), STR("user"), STR(""),
                       "litellm_remaining_user_budget_metric",
                       "litellm_user_max_budget_metric",
                       "litellm_user_budget_remaining_hours_metric"},
    [LIMIT_OF_ORG] = {STR("org"), STR("org_id"), STR("org_alias"),
                      "litellm_remaining_org_budget_metric",
                      "litellm_org_max_budget_metric",
                      "litellm_org_budget_remaining_hours_metric"},
};

/* A limit and how much it counts: the budgets of policies in their order, then the
 * gateway's. */
struct ranked {
    struct limit limit;
    int rank;
};

struct gauges {
    struct ranked *items;
    size_t count;
    int64_t now_ns;
};

static void add(struct gauges *g, const struct limit *limit, int rank)
{
    g->items[g->count++] = (struct ranked){*limit, rank};
}

static void add_budget(struct gauges *g, const struct budget_gauge *b, int rank)
{
    for (unsigned of = 0; b->label_count == 1 && of < LIMIT_OF_COUNT; of++) {
        if (!str_eq(b->labels[0].name, kinds[of].label) || !b->labels[0].value.size)
            continue;
        struct limit limit = {.of = (enum limit_of)of,
                              .id = b->labels[0].value,
                              .max = b->limit,
                              .spent = b->spent,
                              .reset_ns = b->period_end_ns};
        add(g, &limit, rank);
    }
}

static int compare(const void *left, const void *right)
{
    const struct ranked *a = left, *b = right;

    if (a->limit.of != b->limit.of)
        return a->limit.of < b->limit.of ? -1 : 1;
    int order = str_compare(a->limit.id, b->limit.id);
    return order ? order : a->rank - b->rank;
}

static bool is_same(const struct limit *a, const struct limit *b)
{
    return a->of == b->of && str_eq(a->id, b->id);
}

/* One of each is left: the first that is a limit, with the alias that any has. */
static void unite(struct gauges *g)
{
    size_t kept = 0;

    qsort(g->items, g->count, sizeof *g->items, compare);
    for (size_t i = 0; i < g->count; i++) {
        const struct limit *limit = &g->items[i].limit;
        struct limit *last = kept ? &g->items[kept - 1].limit : NULL;
        if (!last || !is_same(last, limit)) {
            g->items[kept++] = g->items[i];
            continue;
        }
        if (!last->alias.size)
            last->alias = limit->alias;
    }
    g->count = kept;
}

static bool gather(struct gauges *g, const struct tick_view *v,
                   const struct metrics_copy *copy)
{
    size_t limits, budgets = v ? v->budget_count : 0;
    const struct limit *of_gateway = metrics_copy_limits(copy, &limits);

    if (!of_gateway)
        return false;
    *g = (struct gauges){.now_ns = metrics_copy_time(copy)};
    g->items = malloc((limits + budgets + 1) * sizeof *g->items);
    if (!g->items)
        return false;
    for (size_t i = 0; i < budgets; i++)
        add_budget(g, &v->budgets[i], (int)i);
    for (size_t i = 0; i < limits; i++)
        add(g, &of_gateway[i], BY_GATEWAY);
    unite(g);
    return true;
}

enum gauge { REMAINING, MAX, HOURS };

static void put(struct exposition *out, const char *name, const struct limit *limit,
                enum gauge which, int64_t now_ns)
{
    const struct kind *kind = &kinds[limit->of];
    struct pair labels[] = {
        {kind->id_label, limit->id},
        {kind->alias_label, limit->alias.size ? limit->alias : STR("None")}};
    struct money left = limit->max;

    if (which == HOURS) {
        double hours = (double)(limit->reset_ns - now_ns) / (double)NS_PER_HOUR;
        if (limit->reset_ns)
            expose_sample(out, name, labels, 2, hours > 0 ? hours : 0);
        return;
    }
    if (which == REMAINING &&
        __builtin_sub_overflow(left.nanousd, limit->spent.nanousd, &left.nanousd))
        left.nanousd = INT64_MIN;
    expose_sample_money(out, name, labels, 2, left);
}

static void put_all(struct exposition *out, const struct gauges *g, enum limit_of of,
                    enum gauge which)
{
    static const char *const helps[] = {
        "What is left of the budget, in USD; negative when exceeded.",
        "The budget, in USD.", "Hours until the budget's next period."};
    const char *const names[] = {kinds[of].remaining, kinds[of].max, kinds[of].hours};

    expose_family(out, names[which], helps[which], "gauge");
    for (size_t i = 0; i < g->count; i++)
        if (g->items[i].limit.of == of && g->items[i].limit.max.nanousd >= 0)
            put(out, names[which], &g->items[i].limit, which, g->now_ns);
}

void litellm_budgets_expose(const struct tick_view *v, const struct metrics_copy *copy,
                            struct exposition *out)
{
    struct gauges g;

    if (!gather(&g, v, copy))
        return;
    for (unsigned of = 0; of < LIMIT_OF_COUNT; of++)
        for (enum gauge which = REMAINING; which <= HOURS; which++)
            put_all(out, &g, (enum limit_of)of, which);
    free(g.items);
}
