/* A test alert to each receiver, by the sender that real ones take. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alerts.h"

enum { STEP_US = 20000, SLACK_MS = 500 };

static struct alert test_alert(const struct pair labels[2], const struct pair *notes,
                               int64_t now_ns, bool over)
{
    return (struct alert){
        .state = over ? ALERT_RESOLVED : ALERT_FIRING,
        .changed = true,
        .policy = STR("spendwarden"),
        .rule = STR("SpendwardenTest"),
        .label_count = 2,
        .labels = labels,
        .annotation_count = 1,
        .annotations = notes,
        .fingerprint = alert_fingerprint(labels, 2),
        .starts_ns = now_ns,
        .resolved_ns = over ? now_ns + NS_PER_SECOND : 0,
    };
}

/* Waits until all `posts` were taken, one was given up, or there is no time left. */
static struct receiver_stats settle(struct outbox *o, int64_t posts, int64_t until_ns)
{
    struct receiver_stats s;

    do {
        usleep(STEP_US);
        outbox_stats(o, &s, 1);
    } while (s.sent < posts && !s.failed && timestamp_monotonic() < until_ns);
    return s;
}

/* `one`: the options with one receiver left. True: it took both. */
static bool try_receiver(const struct alerts_request *r, const struct outbox_options *one)
{
    const struct pair labels[2] = {{STR("alertname"), STR("SpendwardenTest")},
                                   {STR("severity"), str_of(r->severity)}},
                      note = {STR("summary"),
                              STR("A test of delivery, by spendwarden alerts test.")};
    int64_t now_ns = timestamp_now(), wait_ns = one->timeout_ns + SLACK_MS * NS_PER_MS;
    struct outbox *o = NULL;
    struct receiver_stats s = {.sent = 0};
    struct err err = {0};

    if (!outbox_open(&o, one, &err)) {
        printf("FAIL  %s\n", err.text);
        return false;
    }
    outbox_stats(o, &s, 1);
    bool wanted = !r->receiver || str_eq(s.name, str_of(r->receiver));
    for (int over = 0; wanted && over < 2 && s.sent == over; over++) {
        struct alert alert = test_alert(labels, &note, now_ns, over);
        outbox_post(o, &alert, 1, now_ns + over * NS_PER_SECOND);
        s = settle(o, over + 1, timestamp_monotonic() + wait_ns);
    }
    bool ok = !wanted || s.sent == 2;
    if (wanted)
        printf("%s  %.*s: %s\n", ok ? "ok  " : "FAIL", STR_ARG(s.name),
               ok         ? "took the alert and its end"
               : s.failed ? "did not take it; the reason is in the log above"
               : s.sent   ? "took the alert, but not its end"
                          : "did not answer in time; the reason may be in the log above");
    fflush(stdout);
    outbox_close(o);
    return ok;
}

/* Everything that the configuration names, one by one: a webhook whatever it matches. */
static size_t try_all(const struct alerts_request *r, const struct config *c)
{
    struct outbox_options one = c->alerts;
    size_t failed = 0;

    one.external_url = c->external_url ? c->external_url : "";
    one.valid_ns = NS_PER_MINUTE;
    one.webhook_count = 0;
    one.alertmanager_count = 1;
    for (size_t i = 0; i < c->alerts.alertmanager_count; i++) {
        one.alertmanagers = &c->alerts.alertmanagers[i];
        failed += !try_receiver(r, &one);
    }
    one.alertmanager_count = 0;
    one.webhook_count = 1;
    for (size_t i = 0; i < c->alerts.webhook_count; i++) {
        struct webhook_options hook = c->alerts.webhooks[i];
        hook.match_count = 0;
        hook.send_resolved = true;
        one.webhooks = &hook;
        failed += !try_receiver(r, &one);
    }
    return failed;
}

static bool is_there(const struct config *c, const char *receiver)
{
    struct str name = str_of(receiver);
    bool found = !receiver || str_starts(name, STR("alertmanager:"));

    for (size_t i = 0; !found && i < c->alerts.webhook_count; i++)
        found = str_starts(name, STR("webhook:")) &&
                str_eq(str_from(name, 8), str_of(c->alerts.webhooks[i].name));
    return found;
}

int alerts_try(const struct alerts_request *r)
{
    const struct generation_options *g = &r->common.generation;
    struct config *c = NULL;
    struct diags diags = {0};
    int code = EXIT_OK;

    if (!config_load(&c, g->config_path, g->overrides, g->override_count, &diags))
        return report_diags(&diags, EXIT_USAGE);
    diags_release(&diags);
    if (c->alerts.alertmanager_count + c->alerts.webhook_count == 0 ||
        !is_there(c, r->receiver)) {
        fprintf(stderr, ALERTS_VERB ": the configuration has no %s\n",
                r->receiver ? r->receiver : "receiver: see alerts.alertmanagers");
        code = EXIT_USAGE;
    } else if (try_all(r, c) > 0) {
        code = EXIT_FOUND;
    }
    config_free(c);
    return code;
}
