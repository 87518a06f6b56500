/* A policy that is out of service is an alert, as a rule's would be. */
#include <stdio.h>

#include "evaluate_internal.h"
#include "spendwarden/policy_errors.h"

static void observe(const struct evaluation *e, struct str policy)
{
    const struct policy_limits *limits = &e->generation->config->policies.limits;
    struct policy_failure last = {.reason = "unknown"};
    char description[POLICY_MESSAGE_SIZE + 400];
    struct rule_decl alert = {
        .policy = policy,
        .name = STR("SpendwardenPolicyDisabled"),
        .severity = STR("critical"),
        .annotation_count = 4,
    };

    policy_last_failure(e->generation->policies, policy, &last);
    snprintf(description, sizeof description,
             "It failed %lld events or %lld ticks in a row, last %.*s (%s): %s. Labels, "
             "prices and classes that it gives are missing, its alerts stay as they "
             "were. Mend it and reload (SIGHUP or POST /-/reload): a load tries it anew.",
             (long long)limits->breaker_events, (long long)limits->breaker_ticks,
             STR_ARG(last.rule), last.reason, last.message);
    alert.annotations[0] =
        (struct pair){STR("summary"), STR("Policy {{policy}} is disabled")};
    alert.annotations[1] = (struct pair){STR("description"), str_of(description)};
    alert.annotations[2] = (struct pair){STR("rule"), last.rule};
    alert.annotations[3] = (struct pair){STR("error"), str_of(last.message)};
    rules_observe(e->rules, &alert, (struct group_labels){0, NULL},
                  (struct answer){ANSWER_TRUE, 0}, 0);
}

void evaluate_disabled(const struct evaluation *e)
{
    const struct policy_file *files;
    size_t count = policy_files(e->generation->policies, &files);

    for (size_t i = 0; e->disabled && i < count; i++)
        if (policy_mask_has(e->disabled, i))
            observe(e, files[i].name);
}
