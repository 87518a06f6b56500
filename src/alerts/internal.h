/* Shared by the files of this folder. */
#pragma once
#include <curl/curl.h>
#include <jansson.h>

#include "queue.h"
#include "spendwarden/alerts.h"
#include "spendwarden/arena.h"
#include "spendwarden/log.h"

enum {
    EXTERNAL_LABELS_MAX = 20,
    MERGED_LABELS_MAX = ALERT_LABELS_MAX + EXTERNAL_LABELS_MAX,
    BATCH_MAX = 256,            /* alerts in one body, as Prometheus has it */
    QUEUE_BYTES_MAX = 16 << 20, /* per receiver */
    SECRET_BYTES_MAX = 4096,
    ANSWER_READ_MAX = 4096, /* bytes of a response */
    ANSWER_SHOWN_MAX = 200,
};

/* --- render.c: one alert as receivers see it --- */

struct external {
    const char *url;
    int64_t valid_ns;
    size_t label_count;
    struct pair *labels;
};

/* An alert with the external labels; text is borrowed. */
struct outgoing {
    const struct alert *alert;
    uint64_t fingerprint;
    uint64_t group; /* equal for the steps of one rule or budget and group */
    size_t label_count;
    struct pair labels[MERGED_LABELS_MAX]; /* sorted */
};

void outgoing_init(struct outgoing *out, const struct alert *alert,
                   const struct external *external);
/* Of each label that `match` names one of its values. */
bool outgoing_matches(const struct outgoing *o, const struct pair *match, size_t count);

/* Names what the steps of one alert do not share: severity and step. */
bool is_step_label(struct str name);

/* Text that is not UTF-8 is left out. */
void set_text(json_t *object, const char *key, struct str text);
void set_time(json_t *object, const char *key, int64_t ns);
json_t *json_of_pairs(const struct pair *pairs, size_t count);

/* Where to look for the alert: external.url + a path of the API; "" without one. */
void set_generator(json_t *object, const struct outgoing *o,
                   const struct external *external);

/* Compact; takes the reference. False: no memory. */
bool json_into(struct buf *out, json_t *root);

/* --- alertmanager.c, webhook.c: bodies --- */

/* One element of the array that Alertmanager takes. */
bool alertmanager_alert(struct buf *out, const struct outgoing *o,
                        const struct external *external, int64_t tick_ns);

/* Of the alerts of one group; `repeated`: none of them changed. */
bool webhook_body(struct buf *out, const char *receiver,
                  const struct outgoing *const *alerts, size_t count, bool repeated,
                  const struct external *external);

/* --- access.c --- */

/* The file's text without its last line break, terminated. */
bool secret_read(char out[SECRET_BYTES_MAX + 1], size_t *size, const char *path,
                 struct err *err);

bool access_copy(struct access_options *out, const struct access_options *options,
                 struct arena *arena);

/* For the next transfer. False: *err names the file that cannot be read. */
bool access_apply(CURL *easy, struct curl_slist **headers, const struct access_options *a,
                  struct err *err);

/* --- receiver.c --- */

enum receiver_kind { RECEIVER_ALERTMANAGER, RECEIVER_WEBHOOK };

struct receiver {
    enum receiver_kind kind;
    const char *name, *url, *webhook_name; /* in the outbox's arena */
    size_t match_count;
    const struct pair *match;
    struct str secret; /* empty: unsigned */
    struct access_options access;
    int64_t repeat_ns;
    bool send_resolved;
    int64_t timeout_ns;

    /* Under the outbox's lock. */
    struct queue queue;
    size_t body_alerts; /* in `body` */
    uint64_t body_key;  /* of a webhook's */
    int64_t sent, failed, dropped, last_success_ns;

    /* Of the sender thread alone. */
    CURL *easy;
    struct curl_slist *headers;
    struct buf body; /* being sent or to be sent again; empty: none */
    bool busy;       /* a transfer is under way */
    int64_t first_try_ns, retry_ns, backoff_ns; /* monotonic */
    char answer[ANSWER_SHOWN_MAX];
    char reason[CURL_ERROR_SIZE]; /* of a transfer that failed; or empty */
    size_t answer_size;           /* read in all */
    struct log_limit limit;
};

bool receiver_init_alertmanager(struct receiver *r, struct arena *arena,
                                const struct alertmanager_options *options,
                                struct err *err);
bool receiver_init_webhook(struct receiver *r, struct arena *arena,
                           const struct webhook_options *options, struct err *err);
void receiver_release(struct receiver *r);

/* Under the lock: makes the next body, unless one waits for its next try. */
void receiver_load(struct receiver *r);

/* Hands its body to the multi handle. */
bool receiver_start(struct receiver *r, CURLM *multi, int64_t now_ns);

/* --- webhook.c: what a webhook is told --- */

bool webhook_wants(const struct receiver *r, const struct outgoing *o);

/* Of a group of which nothing changed: it fires, and was last told an interval ago. */
bool webhook_repeats(const struct receiver *r, const struct outgoing *const *group,
                     size_t count, int64_t tick_ns);

enum outcome_of_post { POST_DONE, POST_FAILED, POST_RETRY };

/* What could not be started: a webhook's body waits for the file of a password, say. */
enum outcome_of_post receiver_hold(struct receiver *r, int64_t now_ns);

/* After the transfer: what came of it, logged if it failed; sets the next try. */
enum outcome_of_post receiver_judge(struct receiver *r, CURLcode code, int64_t now_ns);
