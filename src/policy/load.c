#include <stdlib.h>

#include "lint.h"

void policy_limits_default(struct policy_limits *l)
{
    *l = (struct policy_limits){.call_instructions = 50000,
                                .event_instructions = 200000,
                                .tick_instructions = 50000000,
                                .load_instructions = 5000000,
                                .breaker_events = 100,
                                .breaker_ticks = 20,
                                .call_ms = 250,
                                .load_ms = 2000,
                                .memory_bytes = 64 * 1024 * 1024,
                                .string_bytes = 16 * 1024,
                                .table_bytes = 2 * 1024 * 1024,
                                .output_bytes = 4 * 1024,
                                .file_bytes = 256 * 1024,
                                .data_bytes = 16 * 1024 * 1024};
}

static void publish(struct policy_set *s)
{
    const struct build *b = &s->build;

    s->decls = (struct decls){.window_count = b->window_count,
                              .rule_count = b->rule_count,
                              .budget_count = b->budget_count,
                              .metric_count = b->metric_count,
                              .gauge_count = b->gauge_count,
                              .class_count = b->class_count,
                              .windows = b->windows,
                              .rules = b->rules,
                              .budgets = b->budgets,
                              .metrics = b->metrics,
                              .gauges = b->gauges,
                              .classes = b->classes};
}

/* Runs every file even where one could not be read, for the errors of all; then looks at
 * them. */
static bool register_all(struct policy_set *s, struct diags *diags)
{
    struct policy_vm *vm = calloc(1, sizeof *vm);
    struct findings *found = calloc(1, sizeof *found);
    size_t errors = diags_errors(diags);
    struct err err = {0};

    bool ok = vm && found && build_open(&s->build, &err) &&
              vm_load(vm, s, &s->build, found, &err);
    if (found && vm && vm->box.L)
        lint_files(s, vm, found, diags);
    if (found)
        diags_copy(diags, &found->data);
    if (!ok && diags_errors(diags) == errors)
        diags_add(diags, "policies", 0, 0, "%s", err.kind ? err.text : "no memory");
    if (vm)
        vm_release(vm);
    if (found) {
        diags_release(&found->problems);
        diags_release(&found->data);
    }
    free(found);
    free(vm);
    return ok && diags_errors(diags) == errors;
}

static bool is_policy(const struct build *b, struct str name)
{
    for (size_t i = 0; i < b->policy_count; i++)
        if (str_eq(b->policies[i].name, name))
            return true;
    return false;
}

static const char *nearest_policy(const struct build *b, struct str name)
{
    const char *names[FILES_MAX];

    for (size_t i = 0; i < b->policy_count; i++)
        names[i] = b->policies[i].name.at;
    return str_nearest(name, names, b->policy_count);
}

/* A setting for nobody is a misspelt name: it would be without effect in silence. */
static bool check_settings(const struct policy_set *s, struct diags *diags)
{
    bool ok = true;

    for (size_t i = 0; i < required_settings(&s->options); i++) {
        const struct policy_setting *setting = &s->options.settings[i];
        if (is_policy(&s->build, setting->policy))
            continue;
        ok = false;
        if (i > 0 && str_eq(setting[-1].policy, setting->policy))
            continue; /* it was said */
        const char *near = nearest_policy(&s->build, setting->policy);
        diags_add(diags, setting->file ? setting->file : "policies", setting->line,
                  setting->column,
                  "policies.settings: no policy has the name '%.*s'%s%s%s",
                  STR_ARG(setting->policy), near ? "; did you mean '" : "",
                  near ? near : "", near ? "'?" : "");
    }
    return ok;
}

static bool open_stats(struct policy_set *s)
{
    s->stats = calloc(s->build.fn_count + 1, sizeof *s->stats);
    s->last = calloc(s->build.policy_count + 1, sizeof *s->last);
    s->lock = calloc(1, sizeof *s->lock);
    s->usage = usage_book_new(s->build.fn_count);
    if (!s->stats || !s->last || !s->lock || !s->usage)
        return false;
    return pthread_mutex_init(s->lock, NULL) == 0;
}

bool policy_load(struct policy_set **out, const struct policy_options *options,
                 struct diags *diags)
{
    struct policy_set *s = calloc(1, sizeof *s);

    *out = NULL;
    if (!s) {
        diags_add(diags, "policies", 0, 0, "no memory");
        return false;
    }
    bool read = set_read(s, options, diags);
    if (!register_all(s, diags) || !read || !check_settings(s, diags))
        goto fail;
    if (!open_stats(s)) {
        diags_add(diags, "policies", 0, 0, "no memory");
        goto fail;
    }
    publish(s);
    *out = s;
    return true;

fail:
    policy_set_free(s);
    return false;
}

void policy_set_free(struct policy_set *s)
{
    if (!s)
        return;
    build_release(&s->build);
    arena_release(&s->arena);
    if (s->lock)
        pthread_mutex_destroy(s->lock);
    free(s->lock);
    usage_book_free(s->usage);
    free(s->last);
    free(s->stats);
    free(s);
}

const struct decls *policy_decls(const struct policy_set *s)
{
    return &s->decls;
}

size_t policy_files(const struct policy_set *s, const struct policy_file **out)
{
    *out = s->build.policies;
    return s->build.policy_count;
}

size_t policy_data_names(const struct policy_set *s, const struct str **out)
{
    *out = s->build.data_names;
    return s->build.data_count;
}

struct str policy_hash(const struct policy_set *s)
{
    return str_of(s->hash);
}

struct str policy_data_hash(const struct policy_set *s)
{
    return str_of(s->data_hash);
}
