/* /api/v1/rules: what watches spend, and how it stands as of the last tick. */
#include "ask.h"
#include "spendwarden/value.h"

struct listing {
    struct buf *out;
    const struct generation *generation;
    const struct decls *decls;
    const struct tick_view *tick; /* NULL: before the first one */
    const char *comma;
};

static void number_json(struct buf *b, const char *name, double value)
{
    buf_format(b, "\"%s\":%.9g,", name, value);
}

static void seconds_json(struct buf *b, const char *name, int64_t ns)
{
    number_json(b, name, (double)ns / 1e9);
}

static void steps_json(struct buf *b, const struct step *steps, size_t count)
{
    buf_add(b, STR("\"steps\":["));
    for (size_t i = 0; i < count; i++) {
        buf_format(b, "%s{\"at\":%.9g,\"severity\":", i ? "," : "", steps[i].at);
        buf_json(b, steps[i].severity);
        buf_byte(b, '}');
    }
    buf_add(b, STR("],"));
}

static void window_json(const struct listing *l, int window)
{
    struct buf text = {0};

    window_decl_text(&l->decls->windows[window], &l->generation->config->schema, &text);
    text_json(l->out, "window", buf_str(&text));
    buf_release(&text);
}

/* The state of the one that stands worst, its value, and all of them. */
static void alerts_json(const struct listing *l, struct str policy, struct str name)
{
    const struct alert *worst = NULL;
    const char *comma = "";

    buf_add(l->out, STR("\"alerts\":["));
    for (size_t i = 0; l->tick && i < l->tick->alert_count; i++) {
        const struct alert *a = &l->tick->alerts[i];
        if (!str_eq(a->policy, policy) || !str_eq(a->rule, name))
            continue;
        buf_add(l->out, str_of(comma));
        alert_json(l->out, a, false);
        comma = ",";
        if (a->state == ALERT_RESOLVED)
            continue;
        if (!worst || a->state > worst->state ||
            (a->state == worst->state && a->value > worst->value))
            worst = a;
    }
    enum alert_state state = worst ? worst->state : ALERT_INACTIVE;
    buf_format(l->out, "],\"state\":\"%.*s\"", STR_ARG(alert_state_name(state)));
    if (worst)
        buf_format(l->out, ",\"value\":%.9g", worst->value);
}

static void begin_item(struct listing *l, const char *type, struct str name,
                       struct str where, int window)
{
    buf_format(l->out, "%s{\"type\":\"%s\",", l->comma, type);
    text_json(l->out, "name", name);
    text_json(l->out, "where", where);
    window_json(l, window);
    l->comma = ",";
}

static void rule_json(struct listing *l, const struct rule_decl *r)
{
    struct buf *b = l->out;

    begin_item(l, "rule", r->name, r->where, r->window);
    if (r->has_above)
        number_json(b, "above", r->above);
    if (r->has_below)
        number_json(b, "below", r->below);
    if (r->has_clear)
        number_json(b, "clear", r->clear);
    if (r->min > 0)
        number_json(b, "min", r->min);
    steps_json(b, r->steps, r->step_count);
    if (r->severity.size)
        text_json(b, "severity", r->severity);
    seconds_json(b, "hold_seconds", r->hold_ns);
    seconds_json(b, "keep_seconds", r->keep_ns);
    buf_add(b, STR("\"labels\":"));
    pairs_json(b, r->labels, r->label_count);
    buf_add(b, STR(",\"annotations\":"));
    pairs_json(b, r->annotations, r->annotation_count);
    buf_byte(b, ',');
    alerts_json(l, r->policy, r->name);
    buf_byte(b, '}');
}

static void burns_json(struct buf *b, const struct budget_decl *d)
{
    buf_add(b, STR("\"burn\":["));
    for (size_t i = 0; i < d->burn_count; i++) {
        buf_add(b, i ? STR(",{") : STR("{"));
        seconds_json(b, "long_seconds", d->burns[i].long_ns);
        seconds_json(b, "short_seconds", d->burns[i].short_ns);
        text_json(b, "severity", d->burns[i].severity);
        buf_format(b, "\"factor\":%.9g}", d->burns[i].factor);
    }
    buf_add(b, STR("],"));
}

static size_t budget_groups(const struct listing *l, const struct budget_decl *d)
{
    size_t count = 0;

    for (size_t i = 0; l->tick && i < l->tick->budget_count; i++)
        count += str_eq(l->tick->budgets[i].policy, d->policy) &&
                 str_eq(l->tick->budgets[i].budget, d->name);
    return count;
}

static void budget_json(struct listing *l, const struct budget_decl *d)
{
    struct buf *b = l->out;

    begin_item(l, "budget", d->name, d->where, d->window);
    text_json(b, "alert", d->alert);
    steps_json(b, d->steps, d->step_count);
    burns_json(b, d);
    if (d->has_forecast)
        number_json(b, "forecast_above", d->forecast);
    buf_format(b, "\"groups\":%zu,\"labels\":", budget_groups(l, d));
    pairs_json(b, d->labels, d->label_count);
    buf_byte(b, ',');
    alerts_json(l, d->policy, d->name);
    buf_byte(b, '}');
}

static void policy_rules_json(struct listing *l, struct str policy)
{
    l->comma = "";
    buf_add(l->out, STR("\"rules\":["));
    for (size_t i = 0; i < l->decls->rule_count; i++)
        if (str_eq(l->decls->rules[i].policy, policy))
            rule_json(l, &l->decls->rules[i]);
    for (size_t i = 0; i < l->decls->budget_count; i++)
        if (str_eq(l->decls->budgets[i].policy, policy))
            budget_json(l, &l->decls->budgets[i]);
    buf_byte(l->out, ']');
}

static bool has_rules(const struct decls *d, struct str policy)
{
    for (size_t i = 0; i < d->rule_count; i++)
        if (str_eq(d->rules[i].policy, policy))
            return true;
    for (size_t i = 0; i < d->budget_count; i++)
        if (str_eq(d->budgets[i].policy, policy))
            return true;
    return false;
}

static void groups_json(struct listing *l, struct str only)
{
    const struct generation *g = l->generation;
    const struct policy_mask *disabled = &generation_ruling(g)->disabled;
    const struct policy_file *files;
    size_t count = policy_files(g->policies, &files);
    const char *comma = "";

    buf_add(l->out, STR("\"groups\":["));
    for (size_t i = 0; i < count; i++) {
        if (!has_rules(l->decls, files[i].name) ||
            (only.size && !str_eq(only, files[i].name)))
            continue;
        buf_format(l->out, "%s{", comma);
        comma = ",";
        text_json(l->out, "name", files[i].name);
        text_json(l->out, "file", str_of(files[i].path));
        seconds_json(l->out, "interval", g->config->tick_ns);
        buf_format(l->out, "\"disabled\":%s,",
                   policy_mask_has(disabled, i) ? "true" : "false");
        policy_rules_json(l, files[i].name);
        buf_byte(l->out, '}');
    }
    buf_byte(l->out, ']');
}

void view_rules(struct server *s, struct http_request *r, struct http_response *out)
{
    static const char *const names[] = {"policy", NULL};
    struct generation *g = engine_generation(s->engine);
    struct tick_view *tick = engine_tick_view(s->engine);
    const struct ask ask = {r, g->config, timestamp_now()};
    struct listing l = {&out->body, g, policy_decls(g->policies), tick, ""};
    struct err err = {0};
    struct str policy;

    if (ask_known(&ask, names, &err) && ask_policy(&ask, g->policies, &policy, &err)) {
        begin_data(out);
        buf_byte(&out->body, '{');
        if (tick) {
            buf_add(&out->body, STR("\"evaluated\":"));
            time_json(&out->body, tick->tick_ns);
            buf_byte(&out->body, ',');
        }
        groups_json(&l, policy);
        buf_byte(&out->body, '}');
        end_data(out);
    } else {
        respond_error(out, &err);
    }
    engine_tick_view_release(tick);
    generation_release(g);
}
