#include "facts.h"

#include <stdarg.h>
#include <stdio.h>

#include "spendwarden/policy.h"

static struct str text_of(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static struct str text_of(struct arena *arena, const char *format, ...)
{
    char text[1024];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return arena_copy(arena, str_of(text));
}

static bool has_fact(const struct facts *f, struct str name)
{
    for (size_t i = 0; i < f->count && i < FACTS_MAX; i++)
        if (str_eq(f->items[i].name, name))
            return true;
    return false;
}

/* Once, however often it holds. False: it was there. */
static bool holds(struct facts *f, struct arena *arena, const char *kind, struct str name)
{
    struct str fact = text_of(arena, "%s:%.*s", kind, STR_ARG(name));
    bool is_new = !has_fact(f, fact);

    if (is_new)
        facts_add(f, fact, (struct str){NULL, 0});
    return is_new;
}

static void add_labels(struct facts *f, const struct config *c, struct arena *arena)
{
    static const char *const models[] = {"requested_model", "response_model"};
    struct buf all = {0};

    for (size_t i = 0; i < c->metrics.label_count; i++) {
        struct str name = field_name(&c->schema, c->metrics.labels[i]);
        holds(f, arena, "label", name);
        buf_format(&all, "%s%.*s", i ? "," : "", STR_ARG(name));
    }
    facts_add(f, STR("labels"), arena_copy(arena, buf_str(&all)));
    buf_release(&all);
    for (size_t i = 0; i < 2; i++)
        if (has_fact(f, text_of(arena, "label:%s", models[i]))) {
            facts_add(f, STR("model"), str_of(models[i]));
            break;
        }
}

/* An engine that is not to alert leaves it to Prometheus. */
static void add_capture(struct facts *f, const struct config *c, struct arena *arena)
{
    int percent = c->capture_percent ? c->capture_percent : 90;

    facts_add(f, STR("capture_below"), text_of(arena, "%g", percent / 100.0));
}

static void add_budgets(struct facts *f, const struct config *c, const struct decls *d,
                        struct arena *arena)
{
    struct buf group = {0}, legend = {0}, of_group = {0};

    buf_add(&group, STR("budget, policy"));
    for (size_t i = 0; i < d->budget_count; i++) {
        const struct window_decl *w = &d->windows[d->budgets[i].window];
        for (size_t k = 0; k < w->by_count; k++) {
            struct str name = field_name(&c->schema, w->by[k]);
            if (!holds(f, arena, "budget", name))
                continue;
            buf_format(&group, ", %.*s", STR_ARG(name));
            buf_format(&legend, " {{%.*s}}", STR_ARG(name));
            buf_format(&of_group, "{{ with $labels.%.*s }} of %.*s {{ . }}{{ end }}",
                       STR_ARG(name), STR_ARG(name));
        }
    }
    if (d->budget_count)
        facts_add(f, STR("budgets"), (struct str){NULL, 0});
    facts_add(f, STR("budget_group"), arena_copy(arena, buf_str(&group)));
    facts_add(f, STR("group_legend"), arena_copy(arena, buf_str(&legend)));
    facts_add(f, STR("of_group"), arena_copy(arena, buf_str(&of_group)));
    buf_release(&group);
    buf_release(&legend);
    buf_release(&of_group);
}

static void add_alerts(struct facts *f, const struct decls *d,
                       const struct facts_options *o, struct arena *arena)
{
    if (o->prometheus_owns) { /* what policies declare does not count then */
        facts_add(f, STR("owner:prometheus"), (struct str){NULL, 0});
        return;
    }
    for (size_t i = 0; i < d->rule_count; i++)
        holds(f, arena, "alert", d->rules[i].name);
}

static void add_argument(struct buf *out, const char *option, const char *value,
                         const char *otherwise)
{
    if (value && !(otherwise && strcmp(value, otherwise) == 0))
        buf_format(out, " --%s %s", option, value);
}

/* What is generated is committed and shown around: a value may be a secret, as the URL of
 * an Alertmanager with its password. */
static void add_setting(struct buf *out, const char *setting)
{
    buf_format(out, " --set %.*s=...", (int)strcspn(setting, "="), setting);
}

/* As they would be written again; defaults are left out. */
static struct str arguments(const struct facts_options *o, struct arena *arena)
{
    const struct generation_options *g = o->generation;
    struct buf out = {0};

    add_argument(&out, "config", g->config_path, NULL);
    for (size_t i = 0; i < g->policy_count; i++)
        add_argument(&out, "policies", g->policies[i], NULL);
    for (size_t i = 0; i < g->override_count; i++)
        add_setting(&out, g->overrides[i]);
    add_argument(&out, "owner", o->prometheus_owns ? "prometheus" : NULL, NULL);
    add_argument(&out, "job", o->job, DEFAULT_JOB);
    add_argument(&out, "runbooks", o->runbooks, NULL);
    for (size_t i = 0; i < out.size; i++)
        if (!strchr(FACT_TEXT " ,[]", out.at[i]))
            out.at[i] = '?'; /* it stands in a comment, and in quotes */
    struct str text = arena_copy(arena, buf_str(&out));
    buf_release(&out);
    return text;
}

void facts_collect(struct facts *f, const struct generation *g,
                   const struct facts_options *o, struct arena *arena)
{
    const struct decls *decls = policy_decls(g->policies);

    facts_add(f, STR("version"), STR(SPENDWARDEN_VERSION));
    facts_add(f, STR("arguments"), arguments(o, arena));
    facts_add(f, STR("job"), str_of(o->job));
    if (o->runbooks)
        facts_add(f, STR("runbooks"), str_of(o->runbooks));
    facts_add(f, STR("selector"), STR("job=~\"$job\", instance=~\"$instance\""));
    if (g->config->metrics.coverage_count)
        facts_add(f, STR("coverage"), (struct str){NULL, 0});
    if (g->config->metrics.litellm_names)
        facts_add(f, STR("litellm"), (struct str){NULL, 0});
    add_capture(f, g->config, arena);
    add_labels(f, g->config, arena);
    add_budgets(f, g->config, decls, arena);
    add_alerts(f, decls, o, arena);
}
