/* What /metrics shows of candidates (policies.shadow). */
#include "internal.h"
#include "spendwarden/policy_errors.h"
#include "spendwarden/shadow.h"

enum { ERRORS_MAX = 256 };

static struct pair label(const char *name, struct str value)
{
    return (struct pair){str_of(name), value};
}

static void expose_events(const struct shadow_counts *c, struct exposition *out)
{
    static const char *const name = "spendwarden_shadow_events_total";
    static const struct {
        int state;
        struct str name;
    } outcomes[] = {{BESIDE_SAME, STR("same")},
                    {BESIDE_CHANGED, STR("changed")},
                    {BESIDE_FAILED, STR("failed")},
                    {BESIDE_SKIPPED, STR("skipped")}};

    expose_family(out, name, "Events by what the candidates would have made of them.",
                  "counter");
    for (size_t i = 0; i < sizeof outcomes / sizeof *outcomes; i++) {
        struct pair outcome = label("outcome", outcomes[i].name);
        expose_sample_int(out, name, &outcome, 1, c->events[outcomes[i].state]);
    }
}

static void expose_changes(const struct generation *g, const struct shadow_counts *c,
                           struct exposition *out)
{
    static const char *const events = "spendwarden_shadow_changes_total";
    static const char *const spend = "spendwarden_shadow_changed_spend_usd_total";

    expose_family(out, events, "Events that would have another label, class or charge.",
                  "counter");
    for (size_t i = 0; i < SHADOW_CHANGES; i++) {
        struct pair change = label("change", shadow_change_name(g, i));
        if (c->changed[i])
            expose_sample_int(out, events, &change, 1, c->changed[i]);
    }
    expose_family(out, spend, "Their spend, as it is booked.", "counter");
    for (size_t i = 0; i < SHADOW_CHANGES; i++) {
        struct pair change = label("change", shadow_change_name(g, i));
        if (c->changed[i])
            expose_sample_money(out, spend, &change, 1,
                                (struct money){c->changed_nano[i]});
    }
}

static void expose_charge(const struct shadow_counts *c, struct exposition *out)
{
    static const char *const name = "spendwarden_shadow_spend_usd_total";
    struct pair active = label("by", STR("active")), shadow = label("by", STR("shadow"));

    expose_family(out, name,
                  "Charges of the events that candidates saw: as booked, and as they "
                  "would be.",
                  "counter");
    expose_sample_money(out, name, &active, 1, (struct money){c->charge_nano});
    expose_sample_money(out, name, &shadow, 1, (struct money){c->would_nano});
}

static void expose_errors(const struct generation *g, struct exposition *out)
{
    static const char *const name = "spendwarden_shadow_errors_total";
    struct policy_error_count errors[ERRORS_MAX];
    size_t count = policy_errors(g->shadow->policies, errors, ERRORS_MAX);
    int64_t sum = 0;

    for (size_t i = 0; i < count && i < ERRORS_MAX; i++)
        sum += errors[i].count;
    expose_family(out, name, "Answers of candidates that failed.", "counter");
    expose_sample_int(out, name, NULL, 0, sum);
}

static void expose_alerts(const struct generation *g, const struct tick_view *tick,
                          struct exposition *out)
{
    static const char *const now = "spendwarden_shadow_alerts";
    static const char *const fired = "spendwarden_shadow_alerts_fired_total";
    struct pair pending = label("state", STR("pending")),
                firing = label("state", STR("firing"));
    int64_t sum = 0;

    if (tick && tick->has_shadow) {
        expose_family(out, now, "Alerts of candidates by state; nobody is told of them.",
                      "gauge");
        expose_sample_int(out, now, &pending, 1,
                          (int64_t)tick->shadow_by_state[ALERT_PENDING]);
        expose_sample_int(out, now, &firing, 1,
                          (int64_t)tick->shadow_by_state[ALERT_FIRING]);
    }
    for (size_t i = 0; i < shadow_alert_count(g); i++)
        sum += shadow_fired(g, i);
    expose_family(out, fired, "How often one of them began to fire.", "counter");
    expose_sample_int(out, fired, NULL, 0, sum);
}

void expose_shadow(const struct generation *g, const struct tick_view *tick,
                   struct exposition *out)
{
    struct shadow_counts counts;

    shadow_counts(g, &counts);
    expose_events(&counts, out);
    expose_changes(g, &counts, out);
    expose_charge(&counts, out);
    expose_errors(g, out);
    expose_alerts(g, tick, out);
}
