#include "tick_view.h"

#include <stdlib.h>

#include "spendwarden/value.h"

enum {
    VIEW_BUDGETS_MAX = 20000,
    VIEW_GAUGES_MAX = 100000,
    VIEW_COVERAGE_MAX = 4096,
    VIEW_SPEND_MAX = 10000, /* of one span */
    ITEMS_FIRST = 64
};

struct tick_view_box {
    struct tick_view visible; /* first: a holder casts back */
    struct arena arena;
    int references; /* atomic */
};

struct tick_view_box *tick_view_new(void)
{
    struct tick_view_box *v = calloc(1, sizeof *v);

    if (!v)
        return NULL;
    v->references = 1;
    arena_init(&v->arena, 0);
    return v;
}

struct tick_view *tick_view_hold(struct tick_view_box *v)
{
    if (!v)
        return NULL;
    __atomic_add_fetch(&v->references, 1, __ATOMIC_RELAXED);
    return &v->visible;
}

void tick_view_drop(struct tick_view_box *v)
{
    if (!v || __atomic_sub_fetch(&v->references, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    arena_release(&v->arena);
    free(v);
}

/* Room for one more beside `count` items: the array doubles, what it outgrew stays in the
 * arena. NULL: no memory. */
static void *next_item(struct tick_view_box *v, void *items, size_t count, size_t size)
{
    bool full = count == 0 || (count >= ITEMS_FIRST && (count & (count - 1)) == 0);

    if (!full)
        return items;
    size_t room = count ? 2 * count : ITEMS_FIRST;
    void *grown = arena_alloc(&v->arena, room * size);
    if (grown && count)
        memcpy(grown, items, count * size);
    return grown;
}

static size_t copy_labels(struct tick_view_box *v, struct group_labels labels,
                          struct pair *out)
{
    for (size_t i = 0; i < labels.count; i++)
        out[i] = (struct pair){arena_copy(&v->arena, labels.pairs[i].name),
                               arena_copy(&v->arena, labels.pairs[i].value)};
    return labels.count;
}

void tick_view_budget(struct tick_view_box *v, const struct budget_view *b)
{
    struct tick_view *view = &v->visible;

    if (view->budget_count == VIEW_BUDGETS_MAX)
        return;
    struct budget_gauge *items =
        next_item(v, view->budgets, view->budget_count, sizeof *items);
    if (!items)
        return;
    view->budgets = items;
    struct budget_gauge *gauge = &items[view->budget_count++];
    *gauge = (struct budget_gauge){
        .policy = arena_copy(&v->arena, b->budget->policy),
        .budget = arena_copy(&v->arena, b->budget->name),
        .limit = b->limit,
        .spent = b->spent,
        .outlook = *b->outlook,
        .partial = b->sums->since_ns > b->sums->start_ns,
        .period_end_ns = b->budget->week_window >= 0 ? b->sums->end_ns : 0,
    };
    gauge->label_count = copy_labels(v, b->labels, gauge->labels);
}

void tick_view_gauge(struct tick_view_box *v, const struct gauge_decl *gauge,
                     struct group_labels labels, double value)
{
    struct tick_view *view = &v->visible;

    if (view->gauge_count == VIEW_GAUGES_MAX)
        return;
    struct policy_gauge *items =
        next_item(v, view->gauges, view->gauge_count, sizeof *items);
    if (!items)
        return;
    view->gauges = items;
    struct policy_gauge *sample = &items[view->gauge_count++];
    *sample = (struct policy_gauge){
        .name = arena_copy(&v->arena, gauge->name),
        .help = arena_copy(&v->arena, gauge->help),
        .value = value,
    };
    sample->label_count = copy_labels(v, labels, sample->labels);
}

static void add_spend(struct tick_view_box *v, struct spend_gauge gauge)
{
    struct tick_view *view = &v->visible;
    struct spend_gauge *items =
        next_item(v, view->spend, view->spend_count, sizeof *items);

    if (!items)
        return;
    view->spend = items;
    gauge.team = arena_copy(&v->arena, gauge.team);
    gauge.workflow_id = arena_copy(&v->arena, gauge.workflow_id);
    items[view->spend_count++] = gauge;
}

static int by_sum(const void *left, const void *right)
{
    const int64_t *a = left, *b = right;

    return *a < *b ? 1 : *a > *b ? -1 : 0;
}

/* Groups below it go to "__other__"; of equal ones, so many may stay. INT64_MIN: all. */
static int64_t least_shown(struct tick_view_box *v, const struct window_sums *by_pair)
{
    size_t count = by_pair->group_count;
    int64_t *sums;

    if (count <= VIEW_SPEND_MAX || !(sums = arena_alloc(&v->arena, count * sizeof *sums)))
        return INT64_MIN;
    for (size_t i = 0; i < count; i++)
        sums[i] = by_pair->groups[i].sum;
    qsort(sums, count, sizeof *sums, by_sum);
    return sums[VIEW_SPEND_MAX - 1];
}

void tick_view_spend(struct tick_view_box *v, struct str window,
                     const struct window_sums *by_pair)
{
    static const struct str other = STR("__other__");
    struct spend_gauge rest = {.window = window, .team = other, .workflow_id = other};
    int64_t least = least_shown(v, by_pair);
    size_t shown = 0;
    bool any = false;

    for (size_t i = 0; !by_pair->filling && i < by_pair->group_count; i++) {
        const struct window_group *group = &by_pair->groups[i];
        struct money spent = {group->sum};
        bool is_other = str_eq(group->by[0], other) && str_eq(group->by[1], other);
        if (is_other || group->sum < least || shown == VIEW_SPEND_MAX) {
            money_add(&rest.spent, spent);
            any = true;
            continue;
        }
        add_spend(v, (struct spend_gauge){window, group->by[0], group->by[1], spent});
        shown++;
    }
    if (any)
        add_spend(v, rest);
}

/* Attributed and all, of spend or of requests. */
struct share {
    int64_t known, all;
};

static void add_coverage(struct tick_view_box *v, struct coverage_gauge gauge,
                         struct share share)
{
    struct tick_view *view = &v->visible;

    if (share.all <= 0 || view->coverage_count == VIEW_COVERAGE_MAX)
        return;
    if (!view->coverage)
        view->coverage =
            arena_alloc(&v->arena, VIEW_COVERAGE_MAX * sizeof *view->coverage);
    if (!view->coverage)
        return;
    gauge.label = arena_copy(&v->arena, gauge.label);
    gauge.source = arena_copy(&v->arena, gauge.source);
    gauge.ratio = (double)share.known / (double)share.all;
    view->coverage[view->coverage_count++] = gauge;
}

void tick_view_coverage(struct tick_view_box *v, struct str label, struct str window,
                        const struct window_sums *all, const struct window_sums *known)
{
    struct share total[2] = {{0, 0}, {0, 0}};

    if (all->filling || known->filling)
        return;
    for (size_t i = 0; i < all->group_count; i++) {
        const struct window_group *group = &all->groups[i];
        const struct window_group *attributed = window_sums_find(known, group->by);
        const struct share shares[2] = {
            {attributed ? attributed->sum : 0, group->sum},
            {attributed ? attributed->count : 0, group->count}};
        for (size_t of = 0; of < 2; of++) {
            add_clamped(&total[of].known, shares[of].known);
            add_clamped(&total[of].all, shares[of].all);
            add_coverage(v, (struct coverage_gauge){label, window, group->by[0], of, 0},
                         shares[of]);
        }
    }
    for (size_t of = 0; of < 2; of++)
        add_coverage(v, (struct coverage_gauge){label, window, {NULL, 0}, of, 0},
                     total[of]);
}

static struct pair *copy_pairs(struct arena *arena, const struct pair *pairs,
                               size_t count)
{
    struct pair *copy = arena_alloc(arena, (count + 1) * sizeof *copy);

    for (size_t i = 0; copy && i < count; i++)
        copy[i] = (struct pair){arena_copy(arena, pairs[i].name),
                                arena_copy(arena, pairs[i].value)};
    return copy;
}

/* Deep copies; *count of them. */
static struct alert *copy_alerts(struct tick_view_box *v, const struct rules *rules,
                                 size_t *count)
{
    const struct alert *alerts;
    size_t all = rules_alerts(rules, &alerts);
    struct alert *copies = arena_alloc(&v->arena, (all + 1) * sizeof *copies);

    *count = 0;
    for (size_t i = 0; copies && i < all; i++) {
        struct alert *copy = &copies[*count];
        *copy = alerts[i];
        copy->policy = arena_copy(&v->arena, alerts[i].policy);
        copy->rule = arena_copy(&v->arena, alerts[i].rule);
        copy->labels = copy_pairs(&v->arena, alerts[i].labels, alerts[i].label_count);
        copy->annotations =
            copy_pairs(&v->arena, alerts[i].annotations, alerts[i].annotation_count);
        if (copy->labels && copy->annotations)
            ++*count;
    }
    return copies;
}

void tick_view_alerts(struct tick_view_box *v, const struct rules *rules)
{
    struct tick_view *view = &v->visible;

    rules_count(rules, view->alerts_by_state, &view->alerts_refused);
    view->alerts = copy_alerts(v, rules, &view->alert_count);
}

void tick_view_shadow(struct tick_view_box *v, const struct rules *rules)
{
    struct tick_view *view = &v->visible;
    int64_t refused;

    view->has_shadow = true;
    rules_count(rules, view->shadow_by_state, &refused);
    view->shadow_alerts = copy_alerts(v, rules, &view->shadow_count);
}

void tick_view_done(struct tick_view_box *v, int64_t tick_ns, int64_t duration_ns)
{
    v->visible.tick_ns = tick_ns;
    v->visible.duration_ns = duration_ns;
}
