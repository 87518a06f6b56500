/* Alerts and outboxes as the tests of this folder need them. */
#pragma once
#include "http_receiver.h"

/* 2026-08-22T10:00:00Z */
#define SAMPLE_NS (INT64_C(1787392800) * NS_PER_SECOND)

static const struct pair burn_labels[] = {{STR("alertname"), STR("BudgetBurn")},
                                          {STR("severity"), STR("warning")},
                                          {STR("step"), STR("0.8")},
                                          {STR("team"), STR("ml")}};
static const struct pair next_labels[] = {{STR("alertname"), STR("BudgetBurn")},
                                          {STR("severity"), STR("critical")},
                                          {STR("step"), STR("1")},
                                          {STR("team"), STR("ml")}};
static const struct pair burn_annotations[] = {{STR("limit"), STR("1000")},
                                               {STR("value"), STR("0.8125")}};
static const struct pair next_annotations[] = {{STR("limit"), STR("1000")},
                                               {STR("value"), STR("1.5")}};

static inline struct alert sample_of(const struct pair *labels,
                                     const struct pair *annotations,
                                     enum alert_state state)
{
    return (struct alert){
        .state = state,
        .changed = true,
        .policy = STR("finops"),
        .rule = STR("team-month"),
        .label_count = 4,
        .annotation_count = 2,
        .labels = labels,
        .annotations = annotations,
        .fingerprint = alert_fingerprint(labels, 4),
        .starts_ns = SAMPLE_NS,
        .resolved_ns = state == ALERT_RESOLVED ? SAMPLE_NS + NS_PER_MINUTE : 0,
    };
}

static inline struct alert sample(enum alert_state state)
{
    return sample_of(burn_labels, burn_annotations, state);
}

/* One outbox with at most one Alertmanager and two webhooks, by ports; 0: none. */
struct setting {
    int alertmanager_port, webhook_port, second_port;
    const char *secret_file;
    size_t match_count;
    const struct pair *match;
    size_t label_count;
    const struct pair *labels;
    size_t queue_max;
    int64_t timeout_ns;
    int64_t repeat_ns; /* of the first webhook */
    bool firing_only;
};

static inline struct outbox *opened(const struct setting *s)
{
    char am[64], hook[64], second[64];
    snprintf(am, sizeof am, "http://u:secret@127.0.0.1:%d/prefix/", s->alertmanager_port);
    snprintf(hook, sizeof hook, "http://127.0.0.1:%d/hook?token=secret", s->webhook_port);
    snprintf(second, sizeof second, "http://127.0.0.1:%d/", s->second_port);
    const struct alertmanager_options managers[] = {{.url = am}};
    const struct webhook_options hooks[] = {
        {"oncall",
         hook,
         s->match_count,
         s->match,
         s->secret_file,
         s->repeat_ns,
         !s->firing_only,
         {0}},
        {"second", second, 0, NULL, NULL, 0, true, {0}},
    };
    const struct outbox_options options = {
        .alertmanager_count = s->alertmanager_port != 0,
        .webhook_count = (size_t)(s->webhook_port != 0) + (s->second_port != 0),
        .alertmanagers = managers,
        .webhooks = hooks,
        .external_url = "http://warden",
        .label_count = s->label_count,
        .labels = s->labels,
        .queue_max = s->queue_max ? s->queue_max : 10000,
        .timeout_ns = s->timeout_ns ? s->timeout_ns : NS_PER_MINUTE,
        .valid_ns = 4 * NS_PER_MINUTE,
    };
    struct outbox *outbox;

    setenv("no_proxy", "*", 1);
    assert_true(outbox_open(&outbox, &options, NULL));
    return outbox;
}

static inline struct receiver_stats stats_of(struct outbox *o, size_t which)
{
    struct receiver_stats stats[4];

    assert_true(outbox_stats(o, stats, 4) > which);
    return stats[which];
}

/* Until nothing waits at that receiver; fails the test after a minute. */
static inline struct receiver_stats settled(struct outbox *o, size_t which)
{
    for (int i = 0; i < 6000 && stats_of(o, which).queued; i++)
        usleep(10 * 1000);
    assert_int_equal(stats_of(o, which).queued, 0);
    return stats_of(o, which);
}
