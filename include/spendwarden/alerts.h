/* Delivery of alerts: Alertmanager API v2 and webhooks of version "4". A bounded outbox
 * and one sender thread; no caller ever waits for the network. */
#pragma once
#include "spendwarden/rules.h"

struct arena;

/* How to be let in, as Prometheus names it. NULL: not so. Files hold secrets or PEM. */
struct access_options {
    const char *username, *password_file;         /* basic_auth: both */
    const char *authorization, *credentials_file; /* authorization: the type, "Bearer" */
    const char *ca_file, *cert_file, *key_file;   /* tls_config */
    bool insecure_skip_verify;
};

struct alertmanager_options {
    const char *url; /* with its route prefix; "/api/v2/alerts" is added */
    struct access_options access;
};

struct webhook_options {
    const char *name, *url;
    size_t match_count;
    const struct pair *match; /* an alert must have each label named here, with one of the
                                 values that stand beside its name */
    const char
        *secret_file; /* HMAC-SHA256 of the body as X-Spendwarden-Signature; NULL: none */
    int64_t repeat_ns;  /* what fires unchanged is told again so often; 0: never */
    bool send_resolved; /* also told of what is over */
    struct access_options access;
};

struct outbox_options {
    size_t alertmanager_count, webhook_count;
    const struct alertmanager_options *alertmanagers;
    const struct webhook_options *webhooks;
    const char *external_url; /* generatorURL and externalURL; "" if not set */
    size_t label_count;
    const struct pair *labels; /* external labels, added where absent; at most 20;
                                  `replica` is left out, so that replicas agree */
    size_t
        queue_max; /* alerts waiting per receiver; the oldest are dropped and counted */
    int64_t timeout_ns; /* of one POST */
    int64_t valid_ns;   /* endsAt of a firing alert, from its tick */
};

struct outbox;

/* Copies the options and the secrets and starts the thread. False: *out is NULL; *err
 * names the receiver, never its URL. Only http and https, no redirects; environment
 * variables such as https_proxy and no_proxy hold. */
bool outbox_open(struct outbox **out, const struct outbox_options *options,
                 struct err *err);

/* Tries for up to 2 s to send what waits, then stops the thread. Accepts NULL. */
void outbox_close(struct outbox *o);

/* Copies. `due`: as rules_due gives. Alertmanagers get all of them, the newest state of
 * an alert in place of one that waits; a failed batch is not tried again, the next resend
 * covers it. Webhooks get one POST for each rule or budget and group of which an alert
 * changed, or that fires and was last told a repeat interval ago; in order, tried again
 * for 4 h after network errors and 5xx. Any thread. */
void outbox_post(struct outbox *o, const struct alert *due, size_t count,
                 int64_t tick_ns);

/* "alertmanager:URL" without user, password and query, in the arena: the receiver's name
 * before there is one. False: *err says what is wrong with the URL. */
bool alertmanager_name(const char **out, const struct alertmanager_options *options,
                       struct arena *arena, struct err *err);

struct receiver_stats {
    struct str name; /* alertmanager_name, or "webhook:NAME"; borrowed from the outbox */
    int64_t sent, failed, dropped, queued; /* alerts; failed: given up */
    int64_t last_success_ns;               /* wall clock; 0: none yet */
};

/* Fills at most `max`; returns how many receivers there are. Any thread. */
size_t outbox_stats(struct outbox *o, struct receiver_stats *out, size_t max);
