/* A test alert to each receiver, by the sender that real ones take. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alerts.h"
#include "spendwarden/arena.h"

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
    for (int over = 0; over < 2 && s.sent == over; over++) {
        struct alert alert = test_alert(labels, &note, now_ns, over);
        outbox_post(o, &alert, 1, now_ns + over * NS_PER_SECOND);
        s = settle(o, over + 1, timestamp_monotonic() + wait_ns);
    }
    bool ok = s.sent == 2;
    printf("%s  %.*s: %s\n", ok ? "ok  " : "FAIL", STR_ARG(s.name),
           ok         ? "took the alert and its end"
           : s.failed ? "did not take it; the reason is in the log above"
           : s.sent   ? "took the alert, but not its end"
                      : "did not answer in time; the reason may be in the log above");
    fflush(stdout);
    outbox_close(o);
    return ok;
}

struct trial {
    const struct alerts_request *request;
    struct outbox_options one; /* with the receiver that is tried */
    struct buf names;          /* of all there are */
    size_t wanted, failed;
};

/* Others are not even opened: what is wrong with them is not asked. */
static void try_if_wanted(struct trial *t, const char *name)
{
    const char *wanted = t->request->receiver;

    buf_format(&t->names, "%s%s", t->names.size ? ", " : "", name);
    if (wanted && strcmp(wanted, name) != 0)
        return;
    t->wanted++;
    t->failed += !try_receiver(t->request, &t->one);
}

static void try_alertmanagers(struct trial *t, const struct outbox_options *all)
{
    struct arena arena = {0};

    t->one.webhook_count = 0;
    t->one.alertmanager_count = 1;
    for (size_t i = 0; i < all->alertmanager_count; i++) {
        const char *name;
        struct err err = {0};
        t->one.alertmanagers = &all->alertmanagers[i];
        if (!alertmanager_name(&name, t->one.alertmanagers, &arena, &err))
            name = "alertmanager:?"; /* a URL that is none; opening it says why */
        try_if_wanted(t, name);
    }
    arena_release(&arena);
}

/* Whatever they match. */
static void try_webhooks(struct trial *t, const struct outbox_options *all)
{
    t->one.alertmanager_count = 0;
    t->one.webhook_count = 1;
    for (size_t i = 0; i < all->webhook_count; i++) {
        struct webhook_options hook = all->webhooks[i];
        struct buf name = {0};
        hook.match_count = 0;
        hook.send_resolved = true;
        t->one.webhooks = &hook;
        buf_format(&name, "webhook:%s", hook.name);
        buf_byte(&name, '\0');
        if (!name.failed)
            try_if_wanted(t, name.at);
        buf_release(&name);
    }
}

/* An exit code. */
static int verdict(const struct trial *t)
{
    if (t->wanted)
        return t->failed ? EXIT_FOUND : EXIT_OK;
    if (!t->names.size)
        fprintf(stderr, ALERTS_VERB
                ": the configuration has no receiver: see alerts.alertmanagers\n");
    else
        fprintf(stderr, ALERTS_VERB ": the configuration has no %s, but %.*s\n",
                t->request->receiver, STR_ARG(buf_str(&t->names)));
    return EXIT_USAGE;
}

int alerts_try(const struct alerts_request *r)
{
    const struct generation_options *g = &r->common.generation;
    struct trial t = {.request = r};
    struct config *c = NULL;
    struct diags diags = {0};

    if (!config_load(&c, g->config_path, g->overrides, g->override_count, &diags))
        return report_diags(&diags, EXIT_USAGE);
    diags_release(&diags);
    t.one = c->alerts;
    t.one.external_url = c->external_url ? c->external_url : "";
    t.one.valid_ns = NS_PER_MINUTE;
    try_alertmanagers(&t, &c->alerts);
    try_webhooks(&t, &c->alerts);
    int code = verdict(&t);
    buf_release(&t.names);
    config_free(c);
    return code;
}
