/* The order of a tick:
 *
 *     books (tick row, sums of windows) -> evaluate.c (rules and budgets in Lua, alert
 *       states) -> books (history, states) -> outbox
 */
#include "../tick/evaluate.h"
#include "breaker.h"
#include "spendwarden/log.h"
#include "spendwarden/value.h"
#include "ticker.h"

enum { RECEIVERS_MAX = 64 };

/* One tick at work. */
struct tick {
    struct ticker *ticker;
    struct window_sums *sums; /* by window */
    struct tick_view_box *view;
    int64_t at_ns;
};

static struct str pairs_text(struct ticker *t, const struct pair *pairs, size_t count)
{
    buf_reset(&t->scratch);
    pairs_json(&t->scratch, pairs, count);
    return arena_copy(&t->arena, buf_str(&t->scratch));
}

static struct str version_of(const struct generation *g, struct str policy)
{
    const struct policy_file *files;
    size_t count = policy_files(g->policies, &files);

    for (size_t i = 0; i < count; i++)
        if (str_eq(files[i].name, policy))
            return files[i].version;
    return (struct str){NULL, 0};
}

static struct alert_row history_row(struct tick *t, const struct alert_change *change)
{
    const struct alert *a = change->alert;
    const struct generation *g = t->ticker->generation;

    return (struct alert_row){
        .tick_ns = t->at_ns,
        .generation = generation_ruling(g)->number,
        .policy = a->policy,
        .policy_version = version_of(g, a->policy),
        .rule = a->rule,
        .labels_json = pairs_text(t->ticker, a->labels, a->label_count),
        .annotations_json = pairs_text(t->ticker, a->annotations, a->annotation_count),
        .from_state = alert_state_name(change->from),
        .to_state = alert_state_name(change->to),
        .value = a->value,
    };
}

/* What a restart must not lose: called before anybody is told. That all were told is kept
 * once they were, so a crash in between tells again, but never forgets. */
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

/* Policies of another generation than the last tick's get a state of their own. */
static bool follow_generation(struct ticker *t, struct err *err)
{
    if (t->policies && engine_is_current(t->engine, t->generation))
        return true;
    shadow_tick_leave(t->shadow);
    policy_vm_close(t->policies);
    t->policies = NULL;
    generation_release(t->generation);
    t->generation = engine_generation(t->engine);
    struct rules_options options = ticker_rules_options(t->generation->config);
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

/* Alertmanagers are told again each minute, webhooks once: after a restart what still
 * waited for one has to be told anew. */
static bool webhooks_idle(struct outbox *o)
{
    struct receiver_stats receivers[RECEIVERS_MAX];
    size_t count = outbox_stats(o, receivers, RECEIVERS_MAX);

    for (size_t i = 0; i < count && i < RECEIVERS_MAX; i++)
        if (str_starts(receivers[i].name, STR("webhook:")) && receivers[i].queued)
            return false;
    return true;
}

/* What it takes out is written, and decides from the next event and tick on. */
static void tell_breaker(struct ticker *t)
{
    struct policy_marks marks;
    struct err err = {0};

    policy_tick_marks(t->policies, &marks);
    if (breaker_tick(t->engine->breaker, t->generation, &marks) &&
        !books_settle(t->engine->books, &err))
        log_limited(&t->unsettled, NS_PER_MINUTE, LOG_ERROR,
                    "a policy cannot be disabled: %s", err.text);
}

static bool evaluate(struct tick *t, struct err *err)
{
    struct ticker *ticker = t->ticker;
    const struct alert_change *changes;
    const struct alert *alerts;
    int64_t began = timestamp_monotonic();

    if (webhooks_idle(ticker->engine->outbox))
        rules_delivered(ticker->rules);
    const struct evaluation evaluation = {
        .generation = ticker->generation,
        .policies = ticker->policies,
        .rules = ticker->rules,
        .sums = t->sums,
        .arena = &ticker->arena,
        .view = t->view,
        .at_ns = t->at_ns,
        .disabled = &generation_ruling(ticker->generation)->disabled,
        .capture = ticker->engine->capture,
    };
    policy_vm_disable(ticker->policies, evaluation.disabled);
    evaluate_rules(&evaluation);
    evaluate_views(&evaluation);
    tell_breaker(ticker);
    size_t count = rules_changes(ticker->rules, &changes);
    if (!keep_states(t, changes, count, err))
        return false;
    tick_view_alerts(t->view, ticker->rules);
    count = rules_due(ticker->rules, &alerts);
    if (count)
        outbox_post(ticker->engine->outbox, alerts, count, t->at_ns);
    tick_view_done(t->view, t->at_ns, timestamp_monotonic() - began);
    shadow_tick_run(&ticker->shadow, ticker->generation, t->sums, &ticker->arena, t->view,
                    t->at_ns);
    return true;
}

/* Under the decide lock. */
static bool run_tick(struct ticker *ticker, struct err *err)
{
    struct tick t = {.ticker = ticker};

    arena_reset(&ticker->arena);
    if (!follow_generation(ticker, err) || !engine_declare(ticker->engine, err))
        return false;
    const struct generation *g = ticker->generation;
    size_t count = g->window_count;
    t.sums = arena_zalloc(&ticker->arena, (count + 1) * sizeof *t.sums);
    t.view = tick_view_new();
    bool ok = t.sums && t.view ? books_tick(ticker->engine->books, g->window_ids, count,
                                            &ticker->arena, t.sums, &t.at_ns, err) &&
                                     evaluate(&t, err)
                               : err_set(err, ERR_MEMORY, "tick: no memory");
    if (ok)
        show(ticker, t.view);
    else
        tick_view_drop(t.view);
    return ok;
}

/* Rules could not be evaluated. What fires is told again all the same: Alertmanager would
 * take silence for its end. */
static void repeat_firing(struct ticker *t)
{
    const struct alert *alerts;
    size_t count = rules_alerts(t->rules, &alerts), firing = 0;
    struct alert *again = arena_alloc(&t->arena, (count + 1) * sizeof *again);
    int64_t now_ns = timestamp_now();

    for (size_t i = 0; again && i < count; i++) {
        if (alerts[i].state != ALERT_FIRING)
            continue;
        again[firing] = alerts[i];
        again[firing].changed = false;
        again[firing++].told_ns = now_ns; /* no repeat is due to a webhook */
    }
    if (firing)
        outbox_post(t->engine->outbox, again, firing, now_ns);
}

void tick_once(struct ticker *t)
{
    struct err err = {0};

    pthread_mutex_lock(&t->engine->decide_lock);
    bool ok = run_tick(t, &err);
    if (!ok)
        repeat_firing(t);
    pthread_mutex_unlock(&t->engine->decide_lock);
    if (!ok)
        log_limited(&t->failed, NS_PER_MINUTE, LOG_ERROR, "rules were not evaluated: %s",
                    err.text);
}
