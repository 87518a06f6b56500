/* `core` of tests: what the simulation has come to. */
#include "test_file.h"

static void set_text(lua_State *L, const char *key, struct str text)
{
    lua_pushlstring(L, text.at ? text.at : "", text.size);
    lua_setfield(L, -2, key);
}

static void set_number(lua_State *L, const char *key, double number)
{
    lua_pushnumber(L, number);
    lua_setfield(L, -2, key);
}

static void set_time(lua_State *L, const char *key, int64_t ns)
{
    if (ns)
        set_number(L, key, (double)ns / 1e9);
}

static void set_pairs(lua_State *L, const char *key, const struct pair *pairs,
                      size_t count)
{
    lua_pairs_push(L, pairs, count);
    lua_setfield(L, -2, key);
}

static struct str label_of(const struct pair *labels, size_t count, struct str name)
{
    for (size_t i = 0; i < count; i++)
        if (str_eq(labels[i].name, name))
            return labels[i].value;
    return STR("");
}

static void push_alert(lua_State *L, const struct alert *a)
{
    lua_newtable(L);
    set_text(L, "state", alert_state_name(a->state));
    set_text(L, "name", label_of(a->labels, a->label_count, STR("alertname")));
    set_text(L, "policy", a->policy);
    set_pairs(L, "labels", a->labels, a->label_count);
    set_pairs(L, "annotations", a->annotations, a->annotation_count);
    set_number(L, "value", a->value);
    set_time(L, "pending", a->pending_ns);
    set_time(L, "starts", a->starts_ns);
    set_time(L, "resolved", a->resolved_ns);
    readonly_push(L, NULL);
}

static int test_alerts(lua_State *L)
{
    const struct test_host *host = &test_of(L)->options.host;
    const struct alert *alerts;
    size_t count = host->alerts(host->ctx, &alerts);

    lua_newtable(L);
    for (size_t i = 0; i < count; i++) {
        push_alert(L, &alerts[i]);
        lua_rawseti(L, -2, (int)i + 1);
    }
    return 1;
}

/* Every time that an alert fired. */
static int test_firings(lua_State *L)
{
    const struct test_host *host = &test_of(L)->options.host;
    struct test_firing f;

    lua_newtable(L);
    for (size_t i = 0; host->firing(host->ctx, i, &f); i++) {
        lua_newtable(L);
        set_text(L, "name", label_of(f.labels, f.label_count, STR("alertname")));
        set_pairs(L, "labels", f.labels, f.label_count);
        set_number(L, "value", f.value);
        set_time(L, "fired", f.fired_ns);
        set_time(L, "resolved", f.resolved_ns);
        lua_rawseti(L, -2, (int)i + 1);
    }
    return 1;
}

static int test_failures(lua_State *L)
{
    const struct test_host *host = &test_of(L)->options.host;
    struct test_failure f;

    lua_newtable(L);
    for (size_t i = 0; host->failure(host->ctx, i, &f); i++) {
        lua_newtable(L);
        set_text(L, "policy", f.policy);
        set_text(L, "rule", f.rule);
        set_text(L, "reason", str_of(f.reason));
        set_text(L, "message", f.message);
        lua_rawseti(L, -2, (int)i + 1);
    }
    return 1;
}

/* --- what could alert --- */

static void add_text(lua_State *L, struct str text)
{
    lua_pushlstring(L, text.at, text.size);
    lua_rawseti(L, -2, (int)lua_objlen(L, -2) + 1);
}

static void set_label_names(lua_State *L, const struct window_decl *window,
                            const struct pair *labels, size_t count)
{
    const struct schema *schema = test_of(L)->options.schema;

    lua_newtable(L);
    for (size_t i = 0; i < window->by_count; i++)
        add_text(L, field_name(schema, window->by[i]));
    for (size_t i = 0; i < count; i++)
        add_text(L, labels[i].name);
    add_text(L, STR("alertname"));
    add_text(L, STR("policy"));
    add_text(L, STR("severity"));
    lua_setfield(L, -2, "labels");
}

static void set_severities(lua_State *L, const struct step *steps, size_t count,
                           struct str severity)
{
    lua_newtable(L);
    for (size_t i = 0; i < count; i++)
        add_text(L, steps[i].severity);
    if (count == 0)
        add_text(L, severity);
    lua_setfield(L, -2, "severities");
}

static void push_rules(lua_State *L, const struct decls *d)
{
    for (size_t i = 0; i < d->rule_count; i++) {
        const struct rule_decl *rule = &d->rules[i];
        lua_newtable(L);
        set_text(L, "name", rule->name);
        set_label_names(L, &d->windows[rule->window], rule->labels, rule->label_count);
        if (rule->step_count) {
            lua_getfield(L, -1, "labels");
            add_text(L, STR("step"));
            lua_pop(L, 1);
        }
        set_severities(L, rule->steps, rule->step_count, rule->severity);
        lua_rawseti(L, -2, (int)lua_objlen(L, -2) + 1);
    }
}

/* One of a budget's alerts; `own`: the label that tells it from others of its name. */
static void push_budget(lua_State *L, const struct decls *d,
                        const struct budget_decl *budget, const char *suffix,
                        const char *own, const struct step *steps, size_t step_count)
{
    lua_newtable(L);
    lua_pushlstring(L, budget->alert.at, budget->alert.size);
    lua_pushstring(L, suffix);
    lua_concat(L, 2);
    lua_setfield(L, -2, "name");
    set_label_names(L, &d->windows[budget->window], budget->labels, budget->label_count);
    lua_getfield(L, -1, "labels");
    add_text(L, STR("budget"));
    if (own)
        add_text(L, str_of(own));
    lua_pop(L, 1);
    set_severities(L, steps, step_count, STR(""));
    lua_rawseti(L, -2, (int)lua_objlen(L, -2) + 1);
}

static void push_budgets(lua_State *L, const struct decls *d)
{
    for (size_t i = 0; i < d->budget_count; i++) {
        const struct budget_decl *b = &d->budgets[i];
        if (b->step_count)
            push_budget(L, d, b, "", "step", b->steps, b->step_count);
        for (size_t k = 0; k < b->burn_count; k++) {
            struct step burn = {b->burns[k].factor, b->burns[k].severity};
            push_budget(L, d, b, "Burn", "window", &burn, 1);
        }
        struct step forecast = {b->forecast, b->forecast_severity};
        if (b->has_forecast)
            push_budget(L, d, b, "Forecast", NULL, &forecast, 1);
    }
}

static int test_rules(lua_State *L)
{
    const struct test_host *host = &test_of(L)->options.host;
    const struct decls *decls = host->decls(host->ctx);

    lua_newtable(L);
    push_rules(L, decls);
    push_budgets(L, decls);
    return 1;
}

static int test_metrics(lua_State *L)
{
    struct policy_test *t = test_of(L);
    struct err err = {0};

    buf_reset(&t->metrics);
    if (!t->options.host.metrics(t->options.host.ctx, &t->metrics, &err))
        return test_error(L, err.text);
    lua_metrics_push(L, buf_str(&t->metrics));
    return 2;
}

/* Names of the gauges that policies declare. */
static int test_gauges(lua_State *L)
{
    const struct test_host *host = &test_of(L)->options.host;
    const struct decls *decls = host->decls(host->ctx);

    lua_newtable(L);
    for (size_t i = 0; i < decls->gauge_count; i++)
        add_text(L, decls->gauges[i].name);
    return 1;
}

/* --- fields --- */

static int test_fields(lua_State *L)
{
    struct field field;

    lua_newtable(L);
    for (size_t i = 0; field_at(test_of(L)->options.schema, i, &field); i++)
        add_text(L, field_name(test_of(L)->options.schema, field));
    return 1;
}

/* The table behind a read-only view, or what it is given. */
static int test_open(lua_State *L)
{
    if (!readonly_open(L, 1))
        lua_settop(L, 1);
    return 1;
}

void lua_test_views(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"alerts", test_alerts},   {"firings", test_firings}, {"failures", test_failures},
        {"rules", test_rules},     {"fields", test_fields},   {"open", test_open},
        {"metrics", test_metrics}, {"gauges", test_gauges},   {NULL, NULL}};

    luaL_register(L, NULL, functions);
}
