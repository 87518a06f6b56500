/* Loading candidates, and what is counted of them. */
#include "spendwarden/shadow.h"

#include <pthread.h>
#include <stdlib.h>

#include "spendwarden/log.h"
#include "spendwarden/policy_errors.h"

struct shadow_state {
    struct shadow_counts counts;                       /* atomics, as are the others */
    int64_t events[POLICIES_MAX], ticks[POLICIES_MAX]; /* failed in a row */
    bool counting;                                     /* some of `events` is above 0 */
    pthread_mutex_t lock;                              /* taking a candidate out */
    size_t alert_count;
    int64_t fired[]; /* rules, then budgets */
};

/* --- loading --- */

/* Those of `own` and, where they have no such name, those of `base`. */
static bool merge_data(struct policy_options *out, const struct policy_options *own,
                       struct arena *arena)
{
    size_t room = own->data_count + out->data_count + 1, count = own->data_count;
    struct policy_data *all = arena_alloc(arena, room * sizeof *all);

    if (!all)
        return false;
    if (count)
        memcpy(all, own->data, count * sizeof *all);
    for (size_t i = 0; i < out->data_count; i++) {
        bool replaced = false;
        for (size_t k = 0; k < own->data_count; k++)
            replaced |= str_eq(own->data[k].name, out->data[i].name);
        if (!replaced)
            all[count++] = out->data[i];
    }
    out->data = all;
    out->data_count = count;
    return true;
}

/* The first one counts. Those of the policies that decide may be for nobody here. */
static bool merge_settings(struct policy_options *out, const struct policy_options *own,
                           struct arena *arena)
{
    size_t count = own->setting_count;
    struct policy_setting *all =
        arena_alloc(arena, (count + out->setting_count + 1) * sizeof *all);

    if (!all)
        return false;
    if (count)
        memcpy(all, own->settings, count * sizeof *all);
    if (out->setting_count)
        memcpy(all + count, out->settings, out->setting_count * sizeof *all);
    out->settings = all;
    out->optional_settings = out->setting_count;
    out->setting_count += count;
    return true;
}

static size_t effects_of(const struct decls *decls)
{
    size_t count = decls->metric_count;

    for (size_t i = 0; i < decls->window_count; i++)
        count += decls->windows[i].effect.size > 0;
    return count;
}

/* A record has one list for both. */
static bool check_effects(const struct generation *g, struct diags *diags)
{
    size_t count = effects_of(policy_decls(g->policies)) +
                   effects_of(policy_decls(g->shadow->policies));

    if (count <= EFFECTS_MAX)
        return true;
    diags_add(diags, g->config->path, 0, 0,
              "policies.shadow: with the policies that decide there are %zu metrics and "
              "windows with a function, at most %d are possible",
              count, EFFECTS_MAX);
    return false;
}

static bool open_state(struct generation *g)
{
    static const struct policy_mask none;
    const struct decls *decls = policy_decls(g->shadow->policies);
    size_t alerts = decls->rule_count + decls->budget_count;
    struct shadow_state *s = calloc(1, sizeof *s + alerts * sizeof *s->fired);

    if (!s)
        return false;
    pthread_mutex_init(&s->lock, NULL);
    s->alert_count = alerts;
    g->shadow_state = s;
    return generation_rule(g->shadow, 0, &none);
}

void shadow_unload(struct generation *g)
{
    if (!g->shadow_state)
        return;
    pthread_mutex_destroy(&g->shadow_state->lock);
    free(g->shadow_state);
}

static bool load(struct generation *g, const struct policy_options *like,
                 struct arena *arena, struct diags *diags)
{
    const struct policy_options *own = &g->config->shadow;
    struct policy_options options = *like;

    options.paths = own->paths;
    options.path_count = own->path_count;
    options.shadow = true;
    g->shadow = calloc(1, sizeof *g->shadow);
    if (!g->shadow || !merge_data(&options, own, arena) ||
        !merge_settings(&options, own, arena)) {
        diags_add(diags, "policies.shadow", 0, 0, "no memory");
        return false;
    }
    *g->shadow = (struct generation){
        .config = g->config, .prices = g->prices, .within = true, .references = 1};
    if (!policy_load(&g->shadow->policies, &options, diags) || !check_effects(g, diags))
        return false;
    if (open_state(g))
        return true;
    diags_add(diags, "policies.shadow", 0, 0, "no memory");
    return false;
}

bool shadow_load(struct generation *g, const struct policy_options *like,
                 struct diags *diags)
{
    struct arena arena; /* the set keeps copies */

    arena_init(&arena, 0);
    bool ok = load(g, like, &arena, diags);
    arena_release(&arena);
    return ok;
}

/* --- counts --- */

static void add(int64_t *sum, int64_t value)
{
    __atomic_add_fetch(sum, value, __ATOMIC_RELAXED);
}

static int64_t get(const int64_t *sum)
{
    return __atomic_load_n(sum, __ATOMIC_RELAXED);
}

static void note_change(struct shadow_counts *c, size_t change, const struct record *r)
{
    add(&c->changed[change], 1);
    add(&c->changed_nano[change], r->charge.charge.nanousd);
}

static void note_changes(struct shadow_counts *c, const struct record *r)
{
    const struct beside *b = &r->beside;

    for (size_t label = 0; label < LABEL_COUNT; label++)
        if (b->labels >> label & 1)
            note_change(c, label, r);
    if (b->class)
        note_change(c, SHADOW_CLASS, r);
    if (b->charge)
        note_change(c, SHADOW_CHARGE, r);
    if (b->billed)
        note_change(c, SHADOW_BILLED, r);
}

void shadow_note_record(struct generation *g, const struct record *r)
{
    struct shadow_counts *c = &g->shadow_state->counts;

    add(&c->events[r->beside.state], 1);
    if (r->beside.state == BESIDE_SKIPPED)
        return;
    add(&c->charge_nano, r->charge.charge.nanousd);
    add(&c->would_nano, r->beside.would_charge.nanousd);
    note_changes(c, r);
}

void shadow_note_fired(struct generation *g, const struct alert *alert)
{
    const struct decls *decls = policy_decls(g->shadow->policies);

    for (size_t i = 0; i < decls->rule_count; i++)
        if (str_eq(decls->rules[i].name, alert->rule) &&
            str_eq(decls->rules[i].policy, alert->policy)) {
            add(&g->shadow_state->fired[i], 1);
            return;
        }
    for (size_t i = 0; i < decls->budget_count; i++)
        if (str_eq(decls->budgets[i].name, alert->rule) &&
            str_eq(decls->budgets[i].policy, alert->policy)) {
            add(&g->shadow_state->fired[decls->rule_count + i], 1);
            return;
        }
}

void shadow_counts(const struct generation *g, struct shadow_counts *out)
{
    const struct shadow_counts *c = &g->shadow_state->counts;

    for (size_t i = 0; i < sizeof c->events / sizeof *c->events; i++)
        out->events[i] = get(&c->events[i]);
    for (size_t i = 0; i < SHADOW_CHANGES; i++) {
        out->changed[i] = get(&c->changed[i]);
        out->changed_nano[i] = get(&c->changed_nano[i]);
    }
    out->charge_nano = get(&c->charge_nano);
    out->would_nano = get(&c->would_nano);
}

int64_t shadow_fired(const struct generation *g, size_t i)
{
    return get(&g->shadow_state->fired[i]);
}

size_t shadow_alert_count(const struct generation *g)
{
    return g->shadow_state->alert_count;
}

struct str shadow_change_name(const struct generation *g, size_t change)
{
    struct field label = {FIELD_TEXT, (uint8_t)(TEXT_LABEL_FIRST + change), STAGE_DECODE};

    switch (change) {
    case SHADOW_CLASS:
        return STR("class");
    case SHADOW_CHARGE:
        return STR("charge");
    case SHADOW_BILLED:
        return STR("billed");
    default:
        return field_name(&g->config->schema, label);
    }
}

/* --- the breaker --- */

static void take_out(struct generation *g, size_t policy)
{
    struct shadow_state *s = g->shadow_state;
    const struct policy_file *files;

    policy_files(g->shadow->policies, &files);
    pthread_mutex_lock(&s->lock);
    struct policy_mask disabled = generation_ruling(g->shadow)->disabled;
    bool already = policy_mask_has(&disabled, policy);
    policy_mask_add(&disabled, policy);
    if (!already && generation_rule(g->shadow, 0, &disabled)) {
        policy_note_disabled(g->shadow->policies, policy);
        log_line(LOG_WARN,
                 "policies.shadow: policy %.*s only fails: it is not asked any more "
                 "until the next reload",
                 STR_ARG(files[policy].name));
    }
    pthread_mutex_unlock(&s->lock);
}

/* True: some policy is counting. */
static bool note_marks(struct generation *g, const struct policy_marks *marks,
                       int64_t counts[POLICIES_MAX], int64_t most)
{
    const struct policy_file *files;
    size_t policies = policy_files(g->shadow->policies, &files);
    bool some = false;

    for (size_t i = 0; i < policies; i++) {
        if (policy_mask_has(&marks->failed, i)) {
            if (__atomic_add_fetch(&counts[i], 1, __ATOMIC_RELAXED) >= most)
                take_out(g, i);
        } else if (policy_mask_has(&marks->answered, i)) {
            __atomic_store_n(&counts[i], 0, __ATOMIC_RELAXED);
        }
        some |= get(&counts[i]) > 0;
    }
    return some;
}

void shadow_note_event(struct generation *g, const struct policy_marks *marks)
{
    struct shadow_state *s = g->shadow_state;

    if (policy_mask_empty(&marks->failed) &&
        !__atomic_load_n(&s->counting, __ATOMIC_RELAXED))
        return;
    bool some =
        note_marks(g, marks, s->events, g->config->policies.limits.breaker_events);
    __atomic_store_n(&s->counting, some, __ATOMIC_RELAXED);
}

void shadow_note_tick(struct generation *g, const struct policy_marks *marks)
{
    note_marks(g, marks, g->shadow_state->ticks,
               g->config->policies.limits.breaker_ticks);
}
