#include "tick_view.h"

#include <stdlib.h>

#include "spendwarden/value.h"

enum { VIEW_BUDGETS_MAX = 20000, VIEW_COVERAGE_MAX = 1024 };

struct tick_view_box {
    struct tick_view visible; /* first: a holder casts back */
    struct arena arena;
    size_t budget_room;
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

/* The array doubles; what it outgrew stays in the arena. NULL: enough, or no memory. */
static struct budget_gauge *next_budget(struct tick_view_box *v)
{
    struct tick_view *view = &v->visible;

    if (view->budget_count == VIEW_BUDGETS_MAX)
        return NULL;
    if (view->budget_count == v->budget_room) {
        size_t room = v->budget_room ? 2 * v->budget_room : 64;
        struct budget_gauge *grown = arena_alloc(&v->arena, room * sizeof *grown);
        if (!grown)
            return NULL;
        if (view->budget_count)
            memcpy(grown, view->budgets, view->budget_count * sizeof *grown);
        view->budgets = grown;
        v->budget_room = room;
    }
    return &view->budgets[view->budget_count++];
}

static void forecast(struct budget_gauge *gauge, const struct window_sums *sums,
                     int64_t now_ns)
{
    int64_t seen_from = sums->since_ns > sums->start_ns ? sums->since_ns : sums->start_ns;
    double seen = (double)(now_ns - seen_from), left = (double)(sums->end_ns - now_ns);

    gauge->partial = sums->since_ns > sums->start_ns;
    if (seen < (double)NS_PER_HOUR || left < 0)
        return;
    double total = (double)gauge->spent.nanousd * (1 + left / seen);
    gauge->has_forecast = total < 9e18;
    if (gauge->has_forecast)
        gauge->forecast.nanousd = (int64_t)total;
}

void tick_view_budget(struct tick_view_box *v, const struct budget_decl *budget,
                      const struct pair *labels, size_t label_count, struct money limit,
                      struct money spent, const struct window_sums *sums, int64_t now_ns)
{
    struct budget_gauge *gauge = next_budget(v);

    if (!gauge)
        return;
    *gauge = (struct budget_gauge){
        .policy = arena_copy(&v->arena, budget->policy),
        .budget = arena_copy(&v->arena, budget->name),
        .label_count = label_count,
        .limit = limit,
        .spent = spent,
    };
    for (size_t i = 0; i < label_count; i++)
        gauge->labels[i] = (struct pair){arena_copy(&v->arena, labels[i].name),
                                         arena_copy(&v->arena, labels[i].value)};
    forecast(gauge, sums, now_ns);
}

void tick_view_spend(struct tick_view_box *v, size_t span, const struct window_sums *all)
{
    struct spend_gauge *gauge = &v->visible.spend[span];

    *gauge = (struct spend_gauge){.window = coverage_spans[span].name,
                                  .filling = all->filling};
    for (size_t i = 0; i < all->group_count; i++)
        money_add(&gauge->spent, (struct money){all->groups[i].sum});
}

static void add_coverage(struct tick_view_box *v, struct str label, struct str window,
                         struct str source, int64_t known, int64_t all)
{
    struct tick_view *view = &v->visible;

    if (all <= 0 || view->coverage_count == VIEW_COVERAGE_MAX)
        return;
    if (!view->coverage)
        view->coverage =
            arena_alloc(&v->arena, VIEW_COVERAGE_MAX * sizeof *view->coverage);
    if (!view->coverage)
        return;
    view->coverage[view->coverage_count++] = (struct coverage_gauge){
        .label = arena_copy(&v->arena, label),
        .window = window,
        .source = arena_copy(&v->arena, source),
        .ratio = (double)known / (double)all,
    };
}

void tick_view_coverage(struct tick_view_box *v, struct str label, struct str window,
                        const struct window_sums *all, const struct window_sums *known)
{
    int64_t all_total = 0, known_total = 0;

    if (all->filling || known->filling)
        return;
    for (size_t i = 0; i < all->group_count; i++) {
        const struct window_group *group = &all->groups[i];
        const struct window_group *attributed = window_sums_find(known, group->by);
        int64_t sum = attributed ? attributed->sum : 0;
        add_clamped(&all_total, group->sum);
        add_clamped(&known_total, sum);
        add_coverage(v, label, window, group->by[0], sum, group->sum);
    }
    add_coverage(v, label, window, (struct str){NULL, 0}, known_total, all_total);
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

void tick_view_alerts(struct tick_view_box *v, const struct rules *rules,
                      const struct alert *alerts, size_t count)
{
    struct tick_view *view = &v->visible;

    rules_count(rules, view->alerts_by_state, &view->alerts_refused);
    view->alerts = arena_alloc(&v->arena, (count + 1) * sizeof *view->alerts);
    if (!view->alerts)
        return;
    for (size_t i = 0; i < count; i++) {
        struct alert *copy = &view->alerts[view->alert_count];
        *copy = alerts[i];
        copy->policy = arena_copy(&v->arena, alerts[i].policy);
        copy->rule = arena_copy(&v->arena, alerts[i].rule);
        copy->labels = copy_pairs(&v->arena, alerts[i].labels, alerts[i].label_count);
        copy->annotations =
            copy_pairs(&v->arena, alerts[i].annotations, alerts[i].annotation_count);
        if (copy->labels && copy->annotations)
            view->alert_count++;
    }
}

void tick_view_done(struct tick_view_box *v, int64_t tick_ns, int64_t duration_ns)
{
    v->visible.tick_ns = tick_ns;
    v->visible.duration_ns = duration_ns;
}
