/* What /metrics shows of policies. Functions that stand on one line, as in a loop, are
 * one series. */
#include <stdlib.h>

#include "internal.h"
#include "spendwarden/policy_errors.h"
#include "spendwarden/policy_measure.h"
#include "spendwarden/policy_usage.h"

enum { ERRORS_MAX = 2048 };

static struct pair label(const char *name, struct str value)
{
    return (struct pair){str_of(name), value};
}

/* --- failures --- */

static bool same_error(const struct policy_error_count *a,
                       const struct policy_error_count *b)
{
    return a->reason == b->reason && str_eq(a->rule, b->rule) &&
           str_eq(a->policy, b->policy);
}

static void expose_errors(const struct policy_set *set, struct exposition *out)
{
    static const char *const name = "spendwarden_policy_errors_total";
    struct policy_error_count *errors = calloc(ERRORS_MAX, sizeof *errors);
    size_t count = errors ? policy_errors(set, errors, ERRORS_MAX) : 0;

    expose_family(out, name, "Answers of policies that failed, since they were loaded.",
                  "counter");
    for (size_t i = 0; i < count && i < ERRORS_MAX; i++) {
        struct policy_error_count *e = &errors[i];
        if (!e->reason)
            continue;
        for (size_t k = i + 1; k < count && k < ERRORS_MAX; k++)
            if (errors[k].reason && same_error(e, &errors[k])) {
                e->count += errors[k].count;
                errors[k].reason = NULL;
            }
        struct pair labels[] = {label("policy", e->policy), label("rule", e->rule),
                                label("reason", str_of(e->reason))};
        expose_sample_int(out, name, labels, 3, e->count);
    }
    free(errors);
}

/* --- calls --- */

enum { SHOWN_ANSWERED, SHOWN_NIL, SHOWN_FAILED, SHOWN_SKIPPED, SHOWN_COUNT };

struct line {
    struct policy_function function; /* the first that stands there */
    int64_t shown[SHOWN_COUNT];
    int64_t time_ns;
};

static struct line *line_of(struct line *lines, size_t *count, struct policy_function f)
{
    for (size_t i = *count; i > 0; i--)
        if (str_eq(lines[i - 1].function.rule, f.rule) &&
            str_eq(lines[i - 1].function.policy, f.policy))
            return &lines[i - 1];
    lines[*count].function = f;
    return &lines[(*count)++];
}

static struct line *lines_of(const struct policy_set *set, size_t *count)
{
    size_t functions = policy_functions(set);
    struct line *lines = calloc(functions + 1, sizeof *lines);

    *count = 0;
    for (size_t i = 0; lines && i < functions; i++) {
        struct line *line = line_of(lines, count, policy_function(set, i));
        struct policy_usage u;
        policy_usage(set, i, &u);
        line->shown[SHOWN_ANSWERED] += u.outcomes[POLICY_ANSWERED];
        line->shown[SHOWN_NIL] += u.outcomes[POLICY_NIL];
        line->shown[SHOWN_FAILED] += u.outcomes[POLICY_FAILED];
        for (int o = POLICY_SKIPPED_NEEDS; o < POLICY_OUTCOMES; o++)
            line->shown[SHOWN_SKIPPED] += u.outcomes[o];
        line->time_ns += u.time_ns;
    }
    return lines;
}

static void expose_calls(const struct policy_set *set, struct exposition *out)
{
    static const char *const calls = "spendwarden_policy_calls_total";
    static const char *const seconds = "spendwarden_policy_seconds_total";
    static const struct str outcomes[SHOWN_COUNT] = {STR("answered"), STR("nil"),
                                                     STR("failed"), STR("skipped")};
    size_t count;
    struct line *lines = lines_of(set, &count);

    expose_family(out, calls,
                  "Events and groups of ticks, by what a function made of them.",
                  "counter");
    for (size_t i = 0; i < count; i++)
        for (size_t o = 0; o < SHOWN_COUNT; o++) {
            struct pair labels[] = {label("policy", lines[i].function.policy),
                                    label("rule", lines[i].function.rule),
                                    label("outcome", outcomes[o])};
            expose_sample_int(out, calls, labels, 3, lines[i].shown[o]);
        }
    expose_family(out, seconds, "Time in functions of policies, estimated from samples.",
                  "counter");
    for (size_t i = 0; i < count; i++) {
        struct pair labels[] = {label("policy", lines[i].function.policy),
                                label("rule", lines[i].function.rule)};
        expose_sample(out, seconds, labels, 2, (double)lines[i].time_ns / 1e9);
    }
    free(lines);
}

static void expose_disabled(const struct generation *g, struct exposition *out)
{
    static const char *const name = "spendwarden_policy_disabled";
    const struct ruling *ruling = generation_ruling(g);
    const struct policy_file *files;
    size_t count = policy_files(g->policies, &files);

    expose_family(out, name, "Whether the circuit breaker took the policy out.", "gauge");
    for (size_t i = 0; i < count; i++) {
        struct pair policy = {STR("policy"), files[i].name};
        expose_sample_int(out, name, &policy, 1, policy_mask_has(&ruling->disabled, i));
    }
}

void expose_policies(const struct generation *g, struct exposition *out)
{
    expose_disabled(g, out);
    expose_errors(g->policies, out);
    expose_calls(g->policies, out);
}
