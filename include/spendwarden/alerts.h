/* Delivery of alerts: Alertmanager API v2 and webhooks of version "4". A bounded outbox
 * and one sender thread; no caller ever waits for the network. */
#pragma once
#include "spendwarden/rules.h"

struct alertmanager_options {
    const char *url; /* with its route prefix; "/api/v2/alerts" is added */
};

struct webhook_options {
    const char *name, *url;
    size_t match_count;
    const struct pair *match; /* labels that an alert must have; all of them */
    const char
        *secret_file; /* HMAC-SHA256 of the body as X-Spendwarden-Signature; NULL: none */
};

struct outbox_options {
    size_t alertmanager_count, webhook_count;
    const struct alertmanager_options *alertmanagers;
    const struct webhook_options *webhooks;
    const char *external_url; /* generatorURL and externalURL; "" if not set */
    size_t label_count;
    const struct pair *labels; /* external labels, added where absent */
    size_t
        queue_max; /* alerts waiting per receiver; the oldest are dropped and counted */
    int64_t timeout_ns; /* of one POST */
    int64_t valid_ns;   /* endsAt of a firing alert, from its tick */
};

struct outbox;

/* Copies the options and starts the thread. */
bool outbox_open(struct outbox **out, const struct outbox_options *options,
                 struct err *err);

/* Tries for a moment to send what waits, then stops the thread. Accepts NULL. */
void outbox_close(struct outbox *o);

/* Copies. `due`: as rules_due gives; Alertmanagers get all of them, webhooks those whose
 * state changed. Any thread. */
void outbox_post(struct outbox *o, const struct alert *due, size_t count,
                 int64_t tick_ns);

struct receiver_stats {
    struct str name; /* "alertmanager:URL" without user and password, or "webhook:NAME" */
    int64_t sent, failed, dropped, queued;
    int64_t last_success_ns;
};

/* Fills at most `max`; returns how many receivers there are. Any thread. */
size_t outbox_stats(struct outbox *o, struct receiver_stats *out, size_t max);
