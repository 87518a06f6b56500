/* The order of a tick:
 *
 *     books (tick row, sums of windows) -> rules and budgets in Lua -> alert states
 *       -> books (history, states) -> outbox
 */
#include <errno.h>
#include <stdlib.h>

#include "engine_internal.h"
#include "spendwarden/log.h"
#include "spendwarden/value.h"
#include "tick_view.h"

enum { TICK_STACK = 16 * 1024 * 1024 };

struct ticker {
    struct engine *engine;
    struct rules *rules;
    struct generation *generation; /* held: that of `policies` */
    struct policy_vm *policies;
    struct arena arena;
    struct buf states, scratch;
    struct log_limit failed;

    pthread_t thread;
    bool started;
    pthread_mutex_t lock; /* the rest */
    pthread_cond_t wake;
    bool stopping;
    struct tick_view_box *view; /* the last one; held */
};

/* One tick at work. */
struct tick {
    struct ticker *ticker;
    const struct generation *generation;
    struct window_sums *sums; /* by window */
    struct tick_view_box *view;
    int64_t at_ns;
};

static size_t group_labels(const struct tick *t, int window,
                           const struct window_group *group, struct pair *out)
{
    const struct window_decl *decl = &t->generation->windows[window];

    for (size_t i = 0; i < decl->by_count; i++) {
        struct str name = field_name(&t->generation->config->schema, decl->by[i]);
        out[i] = (struct pair){name, group->by[i]};
    }
    return decl->by_count;
}

/* A rule over everything is asked although nothing was spent. */
static bool observe_empty(struct tick *t, size_t index)
{
    const struct rule_decl *rule = &policy_decls(t->generation->policies)->rules[index];
    struct answer answer;
    bool answered = policy_rule(t->ticker->policies, index, NULL, &answer);

    if (answered)
        rules_observe(t->ticker->rules, rule, NULL, 0, answer, 0);
    return answered;
}

static void run_rule(struct tick *t, size_t index)
{
    const struct rule_decl *rule = &policy_decls(t->generation->policies)->rules[index];
    const struct window_sums *sums = &t->sums[rule->window];
    struct pair labels[WINDOW_BY_MAX];
    struct answer answer;
    bool answered = true;

    if (sums->by_count == 0 && sums->group_count == 0)
        answered = observe_empty(t, index);
    for (size_t i = 0; i < sums->group_count; i++) {
        const struct window_group *group = &sums->groups[i];
        if (!policy_rule(t->ticker->policies, index, group, &answer)) {
            answered = false;
            continue;
        }
        size_t count = group_labels(t, rule->window, group, labels);
        rules_observe(t->ticker->rules, rule, labels, count, answer, group->value);
    }
    if (!answered)
        rules_keep(t->ticker->rules, rule);
}

/* False: the policy failed. */
static bool observe_budget(struct tick *t, size_t index, const struct window_group *group)
{
    const struct budget_decl *budget =
        &policy_decls(t->generation->policies)->budgets[index];
    const struct window_sums *sums = &t->sums[budget->window];
    struct pair labels[WINDOW_BY_MAX];
    struct money limit;
    bool has;

    if (!policy_budget(t->ticker->policies, index, group, &has, &limit))
        return false;
    if (!has)
        return true;
    size_t count = group_labels(t, budget->window, group, labels);
    rules_observe_budget(t->ticker->rules, budget, labels, count,
                         money_to_double((struct money){group->sum}),
                         money_to_double(limit), sums->start_ns, sums->end_ns);
    tick_view_budget(t->view, budget, labels, count, limit, (struct money){group->sum},
                     sums, t->at_ns);
    return true;
}

static void run_budget(struct tick *t, size_t index)
{
    const struct budget_decl *budget =
        &policy_decls(t->generation->policies)->budgets[index];
    const struct window_sums *sums = &t->sums[budget->window];
    bool answered = true;

    for (size_t i = 0; i < sums->group_count; i++)
        answered &= observe_budget(t, index, &sums->groups[i]);
    /* Budgets of groups that have spent nothing yet are there all the same. */
    for (size_t i = 0; i < budget->group_count && sums->by_count == 1; i++) {
        struct window_group empty = {.by = &budget->groups[i]};
        if (!window_sums_find(sums, empty.by))
            answered &= observe_budget(t, index, &empty);
    }
    if (!answered)
        rules_keep_budget(t->ticker->rules, budget);
}

static void run_rules(struct tick *t)
{
    const struct decls *decls = policy_decls(t->generation->policies);

    rules_begin(t->ticker->rules, t->at_ns);
    policy_tick_begin(t->ticker->policies, t->sums);
    for (size_t i = 0; i < decls->rule_count; i++)
        run_rule(t, i);
    for (size_t i = 0; i < decls->budget_count; i++)
        run_budget(t, i);
    policy_tick_end(t->ticker->policies);
    rules_end(t->ticker->rules);
}

static void run_coverage(struct tick *t)
{
    const struct generation *g = t->generation;
    const struct metrics_options *metrics = &g->config->metrics;

    for (size_t span = 0; span < COVERAGE_SPAN_COUNT; span++) {
        const struct window_sums *all = &t->sums[generation_coverage_window(g, span, -1)];
        tick_view_spend(t->view, span, all);
        for (size_t label = 0; label < metrics->coverage_count; label++)
            tick_view_coverage(t->view,
                               field_name(&g->config->schema, metrics->coverage[label]),
                               coverage_spans[span].name, all,
                               &t->sums[generation_coverage_window(g, span, (int)label)]);
    }
}

static struct str pairs_text(struct ticker *t, const struct pair *pairs, size_t count)
{
    buf_reset(&t->scratch);
    pairs_json(&t->scratch, pairs, count);
    return arena_copy(&t->arena, buf_str(&t->scratch));
}

static struct alert_row history_row(struct tick *t, const struct alert_change *change)
{
    const struct alert *a = change->alert;

    return (struct alert_row){
        .tick_ns = t->at_ns,
        .policy = a->policy,
        .rule = a->rule,
        .labels_json = pairs_text(t->ticker, a->labels, a->label_count),
        .annotations_json = pairs_text(t->ticker, a->annotations, a->annotation_count),
        .from_state = alert_state_name(change->from),
        .to_state = alert_state_name(change->to),
        .value = a->value,
    };
}

/* What a restart must not lose. Called before anybody is told, so that a crash in between
 * may send again but never forgets; and after, so that a restart does not tell twice. */
static bool keep_states(struct tick *t, const struct alert_change *changes, size_t count,
                        struct err *err)
{
    struct ticker *ticker = t->ticker;

    if (count == 0 && !rules_unsaved(ticker->rules))
        return true;
    struct alert_row *rows = arena_alloc(&ticker->arena, (count + 1) * sizeof *rows);
    if (!rows)
        return err_set(err, ERR_MEMORY, "tick: no memory for %zu alert changes", count);
    for (size_t i = 0; i < count; i++)
        rows[i] = history_row(t, &changes[i]);
    buf_reset(&ticker->states);
    rules_save(ticker->rules, &ticker->states);
    if (ticker->states.failed)
        return err_set(err, ERR_MEMORY, "tick: no memory for the alert states");
    if (!books_put_alerts(ticker->engine->books, rows, count, buf_str(&ticker->states),
                          err))
        return false;
    rules_saved(ticker->rules);
    return true;
}

static struct rules_options options_of(const struct config *c)
{
    return (struct rules_options){
        .max_alerts = c->alerts_max,
        .resend_ns = c->resend_ns,
        .resolved_ns = 15 * NS_PER_MINUTE,
        .gap_ns = 3 * c->tick_ns,
    };
}

/* Policies of another generation than the last tick's get a state of their own. */
static bool follow_generation(struct ticker *t, struct err *err)
{
    if (t->policies && engine_is_current(t->engine, t->generation))
        return true;
    policy_vm_close(t->policies);
    t->policies = NULL;
    generation_release(t->generation);
    t->generation = engine_generation(t->engine);
    struct rules_options options = options_of(t->generation->config);
    rules_follow(t->rules, &options);
    return policy_vm_open(&t->policies, t->generation->policies, err);
}

static void show(struct ticker *t, struct tick_view_box *view)
{
    pthread_mutex_lock(&t->lock);
    struct tick_view_box *old = t->view;
    t->view = view;
    pthread_mutex_unlock(&t->lock);
    tick_view_drop(old);
}

static bool evaluate(struct tick *t, struct err *err)
{
    struct ticker *ticker = t->ticker;
    const struct alert_change *changes;
    const struct alert *alerts;
    int64_t began = timestamp_monotonic();

    run_rules(t);
    run_coverage(t);
    size_t count = rules_changes(ticker->rules, &changes);
    if (!keep_states(t, changes, count, err))
        return false;
    count = rules_alerts(ticker->rules, &alerts);
    tick_view_alerts(t->view, ticker->rules, alerts, count);
    count = rules_due(ticker->rules, &alerts);
    if (count)
        outbox_post(ticker->engine->outbox, alerts, count, t->at_ns);
    tick_view_done(t->view, t->at_ns, timestamp_monotonic() - began);
    return keep_states(t, NULL, 0, err);
}

/* Under the decide lock. */
static bool run_tick(struct ticker *ticker, struct err *err)
{
    struct tick t = {.ticker = ticker};

    if (!follow_generation(ticker, err) || !engine_declare(ticker->engine, err))
        return false;
    t.generation = ticker->generation;
    arena_reset(&ticker->arena);
    size_t count = t.generation->window_count;
    t.sums = arena_zalloc(&ticker->arena, (count + 1) * sizeof *t.sums);
    t.view = tick_view_new();
    bool ok = t.sums && t.view
                  ? books_tick(ticker->engine->books, t.generation->window_ids, count,
                               &ticker->arena, t.sums, &t.at_ns, err) &&
                        evaluate(&t, err)
                  : err_set(err, ERR_MEMORY, "tick: no memory");
    if (ok)
        show(ticker, t.view);
    else
        tick_view_drop(t.view);
    return ok;
}

static void tick_once(struct ticker *t)
{
    struct err err = {0};

    pthread_mutex_lock(&t->engine->decide_lock);
    bool ok = run_tick(t, &err);
    pthread_mutex_unlock(&t->engine->decide_lock);
    if (!ok)
        log_limited(&t->failed, NS_PER_MINUTE, LOG_ERROR, "rules were not evaluated: %s",
                    err.text);
}

/* False: the ticker is to stop. */
static bool wait_for_tick(struct ticker *t, int64_t next_ns)
{
    struct timespec until = {next_ns / NS_PER_SECOND, next_ns % NS_PER_SECOND};
    int rc = 0;

    pthread_mutex_lock(&t->lock);
    while (!t->stopping && rc != ETIMEDOUT)
        rc = pthread_cond_timedwait(&t->wake, &t->lock, &until);
    bool stopping = t->stopping;
    pthread_mutex_unlock(&t->lock);
    return !stopping;
}

static void *run(void *arg)
{
    struct ticker *t = arg;

    do {
        tick_once(t);
        int64_t every = t->generation ? t->generation->config->tick_ns : NS_PER_SECOND;
        int64_t now = timestamp_now();
        if (!wait_for_tick(t, now - now % every + every))
            return NULL;
    } while (true);
}

static bool restore_states(struct ticker *t, struct err *err)
{
    struct buf states = {0};

    bool ok = books_alerts(t->engine->books, &states, err) &&
              (states.size == 0 || rules_load(t->rules, buf_str(&states), err));
    buf_release(&states);
    return ok;
}

static bool start_thread(struct ticker *t, struct err *err)
{
    pthread_attr_t attributes;

    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, TICK_STACK);
    errno = pthread_create(&t->thread, &attributes, run, t);
    pthread_attr_destroy(&attributes);
    t->started = errno == 0;
    return t->started || err_set(err, ERR_IO, "tick thread: %m");
}

bool ticker_open(struct ticker **out, struct engine *e, struct err *err)
{
    struct rules_options options = options_of(e->generation->config);
    struct ticker *t = calloc(1, sizeof *t);

    *out = NULL;
    if (!t)
        return err_set(err, ERR_MEMORY, "ticks: no memory");
    t->engine = e;
    arena_init(&t->arena, 0);
    pthread_mutex_init(&t->lock, NULL);
    pthread_cond_init(&t->wake, NULL);
    if (!rules_open(&t->rules, &options, err) || !restore_states(t, err) ||
        !start_thread(t, err)) {
        ticker_close(t);
        return false;
    }
    *out = t;
    return true;
}

void ticker_close(struct ticker *t)
{
    if (!t)
        return;
    pthread_mutex_lock(&t->lock);
    t->stopping = true;
    pthread_cond_broadcast(&t->wake);
    pthread_mutex_unlock(&t->lock);
    if (t->started)
        pthread_join(t->thread, NULL);
    policy_vm_close(t->policies);
    generation_release(t->generation);
    rules_close(t->rules);
    tick_view_drop(t->view);
    arena_release(&t->arena);
    buf_release(&t->states);
    buf_release(&t->scratch);
    pthread_cond_destroy(&t->wake);
    pthread_mutex_destroy(&t->lock);
    free(t);
}

struct tick_view *ticker_view(struct ticker *t)
{
    pthread_mutex_lock(&t->lock);
    struct tick_view *view = tick_view_hold(t->view);
    pthread_mutex_unlock(&t->lock);
    return view;
}
