#include <pthread.h>
#include <stdlib.h>

#include "internal.h"

#define CLOSE_NS (2 * NS_PER_SECOND)

/* A group has the steps of one rule; more than GROUP_MAX alerts go in several bodies. */
enum { IDLE_WAIT_MS = 60 * 1000, GROUP_MAX = 4 * STEPS_MAX };

/* The lock guards what receivers say is under it, and `stop_ns`. All else is set before
 * the thread starts. */
struct outbox {
    struct arena arena;
    struct external external;
    size_t receiver_count;
    struct receiver *receivers; /* owned */
    CURLM *multi;
    pthread_mutex_t lock;
    pthread_t thread;
    bool has_curl, has_lock, has_thread;
    int64_t stop_ns; /* monotonic: when to stop trying; 0: do not stop */
};

/* --- the sender thread --- */

static bool is_waiting(const struct receiver *r)
{
    return !r->busy && (r->body_alerts || r->queue.oldest);
}

static void settle(struct outbox *o, struct receiver *r, enum outcome_of_post outcome)
{
    if (outcome == POST_RETRY)
        return;
    pthread_mutex_lock(&o->lock);
    if (outcome == POST_DONE) {
        r->sent += (int64_t)r->body_alerts;
        r->last_success_ns = timestamp_now();
    } else {
        r->failed += (int64_t)r->body_alerts;
    }
    r->body_alerts = 0;
    pthread_mutex_unlock(&o->lock);
}

static void start_waiting(struct outbox *o)
{
    int64_t now_ns = timestamp_monotonic();

    for (size_t i = 0; i < o->receiver_count; i++) {
        struct receiver *r = &o->receivers[i];
        if (r->busy)
            continue;
        pthread_mutex_lock(&o->lock);
        receiver_load(r);
        bool ready = r->body_alerts && r->retry_ns <= now_ns;
        pthread_mutex_unlock(&o->lock);
        if (ready && !receiver_start(r, o->multi, now_ns))
            settle(o, r, receiver_hold(r, now_ns));
    }
}

static void finish_done(struct outbox *o)
{
    struct CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(o->multi, &left))) {
        struct receiver *r = NULL;
        CURLcode code = message->data.result;
        CURL *easy = message->easy_handle; /* removal invalidates the message */
        curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&r);
        curl_multi_remove_handle(o->multi, easy);
        settle(o, r, receiver_judge(r, code, timestamp_monotonic()));
    }
}

/* Until the next thing to do; a post or a close wakes the thread earlier. */
static int wait_ms(struct outbox *o)
{
    int64_t now_ns = timestamp_monotonic();

    pthread_mutex_lock(&o->lock);
    int64_t until_ns = o->stop_ns ? o->stop_ns : now_ns + IDLE_WAIT_MS * NS_PER_MS;
    for (size_t i = 0; i < o->receiver_count; i++) {
        const struct receiver *r = &o->receivers[i];
        int64_t due_ns = r->body_alerts ? r->retry_ns : now_ns;
        if (is_waiting(r) && due_ns < until_ns)
            until_ns = due_ns;
    }
    pthread_mutex_unlock(&o->lock);
    return until_ns <= now_ns ? 0 : (int)((until_ns - now_ns) / NS_PER_MS + 1);
}

/* When it stops, what waits for a later try than that is given up. */
static bool goes_on(struct outbox *o)
{
    bool work = false;

    pthread_mutex_lock(&o->lock);
    int64_t stop_ns = o->stop_ns;
    for (size_t i = 0; i < o->receiver_count; i++) {
        const struct receiver *r = &o->receivers[i];
        work |= r->busy || (is_waiting(r) && r->retry_ns < stop_ns);
    }
    pthread_mutex_unlock(&o->lock);
    return stop_ns == 0 || (work && timestamp_monotonic() < stop_ns);
}

/* One last try at once for those that wait for a later one. */
static void hurry(struct outbox *o, bool *hurried)
{
    pthread_mutex_lock(&o->lock);
    bool stopping = o->stop_ns != 0;
    pthread_mutex_unlock(&o->lock);
    if (!stopping || *hurried)
        return;
    for (size_t i = 0; i < o->receiver_count; i++)
        o->receivers[i].retry_ns = 0;
    *hurried = true;
}

static void *send_all(void *outbox)
{
    struct outbox *o = outbox;
    bool hurried = false;

    do {
        int running;
        start_waiting(o);
        curl_multi_perform(o->multi, &running);
        finish_done(o);
        curl_multi_poll(o->multi, NULL, 0, wait_ms(o), NULL);
        hurry(o, &hurried);
    } while (goes_on(o));
    return NULL;
}

/* --- opening and closing --- */

static bool copy_external(struct outbox *o, const struct outbox_options *options,
                          struct err *err)
{
    const char *url = options->external_url ? options->external_url : "";

    if (options->label_count > EXTERNAL_LABELS_MAX)
        return err_set(err, ERR_CONFIG, "alerts: at most %d external labels",
                       EXTERNAL_LABELS_MAX);
    o->external.valid_ns = options->valid_ns;
    o->external.url = arena_cstr(&o->arena, str_of(url));
    o->external.labels =
        arena_zalloc(&o->arena, EXTERNAL_LABELS_MAX * sizeof(struct pair));
    if (!o->external.url || !o->external.labels)
        return err_set(err, ERR_MEMORY, "alerts: out of memory");
    for (size_t i = 0; i < options->label_count; i++) {
        const struct pair *label = &options->labels[i];
        /* Replicas must send equal labels, or their alerts are not one. */
        if (label->value.size == 0 || str_eq(label->name, STR("replica")))
            continue;
        o->external.labels[o->external.label_count++] = (struct pair){
            arena_copy(&o->arena, label->name), arena_copy(&o->arena, label->value)};
    }
    return true;
}

static bool open_receivers(struct outbox *o, const struct outbox_options *options,
                           struct err *err)
{
    size_t count = options->alertmanager_count + options->webhook_count;

    o->receivers = calloc(count ? count : 1, sizeof *o->receivers);
    if (!o->receivers)
        return err_set(err, ERR_MEMORY, "alerts: out of memory");
    for (size_t i = 0; i < count; i++) {
        struct receiver *r = &o->receivers[o->receiver_count++];
        r->queue.alerts_max = options->queue_max;
        r->queue.bytes_max = QUEUE_BYTES_MAX;
        r->timeout_ns = options->timeout_ns;
        bool ok = i < options->alertmanager_count
                      ? receiver_init_alertmanager(r, &o->arena,
                                                   &options->alertmanagers[i], err)
                      : receiver_init_webhook(
                            r, &o->arena,
                            &options->webhooks[i - options->alertmanager_count], err);
        if (!ok)
            return false;
    }
    return true;
}

static bool start_thread(struct outbox *o, struct err *err)
{
    o->has_lock = pthread_mutex_init(&o->lock, NULL) == 0;
    o->multi = curl_multi_init();
    if (!o->has_lock || !o->multi)
        return err_set(err, ERR_MEMORY, "alerts: out of memory");
    int failure = pthread_create(&o->thread, NULL, send_all, o);
    o->has_thread = failure == 0;
    return failure == 0 ||
           err_set(err, ERR_IO, "alerts: sender thread: %s", strerror(failure));
}

bool outbox_open(struct outbox **out, const struct outbox_options *options,
                 struct err *err)
{
    struct outbox *o = calloc(1, sizeof *o);

    *out = NULL;
    if (!o)
        return err_set(err, ERR_MEMORY, "alerts: out of memory");
    arena_init(&o->arena, 0);
    o->has_curl = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
    if (!o->has_curl) {
        err_set(err, ERR_IO, "alerts: libcurl does not start");
        goto fail;
    }
    if (!copy_external(o, options, err) || !open_receivers(o, options, err) ||
        !start_thread(o, err))
        goto fail;
    *out = o;
    return true;

fail:
    outbox_close(o);
    return false;
}

static void stop_thread(struct outbox *o)
{
    pthread_mutex_lock(&o->lock);
    o->stop_ns = timestamp_monotonic() + CLOSE_NS;
    pthread_mutex_unlock(&o->lock);
    curl_multi_wakeup(o->multi);
    pthread_join(o->thread, NULL);
}

void outbox_close(struct outbox *o)
{
    if (!o)
        return;
    if (o->has_thread)
        stop_thread(o);
    for (size_t i = 0; i < o->receiver_count; i++) {
        struct receiver *r = &o->receivers[i];
        size_t unsent = r->body_alerts + r->queue.alerts;
        if (unsent)
            log_line(LOG_WARN, "%s: stopped with %zu alerts unsent", r->name, unsent);
        if (r->busy)
            curl_multi_remove_handle(o->multi, r->easy);
        receiver_release(r);
    }
    curl_multi_cleanup(o->multi);
    if (o->has_lock)
        pthread_mutex_destroy(&o->lock);
    if (o->has_curl)
        curl_global_cleanup();
    free(o->receivers);
    arena_release(&o->arena);
    free(o);
}

/* --- posting --- */

static void put(struct outbox *o, struct receiver *r, uint64_t key, size_t alerts,
                struct buf *text)
{
    pthread_mutex_lock(&o->lock);
    size_t dropped =
        text->failed ? alerts : queue_put(&r->queue, key, alerts, buf_str(text));
    r->dropped += (int64_t)dropped;
    pthread_mutex_unlock(&o->lock);
}

static void post_to_alertmanagers(struct outbox *o, const struct outgoing *alerts,
                                  size_t count, int64_t tick_ns)
{
    struct buf text = {0};

    for (size_t i = 0; i < count; i++) {
        buf_reset(&text);
        if (!alertmanager_alert(&text, &alerts[i], &o->external, tick_ns))
            text.failed = true;
        for (size_t at = 0; at < o->receiver_count; at++)
            if (o->receivers[at].kind == RECEIVER_ALERTMANAGER)
                put(o, &o->receivers[at], alerts[i].fingerprint, 1, &text);
    }
    buf_release(&text);
}

/* A body of the group has not reached the receiver yet. */
static bool waits(struct outbox *o, const struct receiver *r, uint64_t group)
{
    pthread_mutex_lock(&o->lock);
    bool found = (r->body_alerts && r->body_key == group) || queue_has(&r->queue, group);
    pthread_mutex_unlock(&o->lock);
    return found;
}

/* One group; nothing if none of its alerts changed and none is to be told again. A
 * receiver that was dead for hours hears of what goes on once, not once an interval. */
static void post_group(struct outbox *o, struct receiver *r,
                       const struct outgoing *const *group, size_t count, int64_t tick_ns)
{
    struct buf text = {0};
    bool changed = false;

    for (size_t i = 0; i < count; i++)
        changed |= group[i]->alert->changed;
    if (!changed &&
        (!webhook_repeats(r, group, count, tick_ns) || waits(o, r, group[0]->group)))
        return;
    if (!webhook_body(&text, r->webhook_name, group, count, !changed, &o->external))
        text.failed = true;
    put(o, r, group[0]->group, count, &text);
    buf_release(&text);
}

static int by_group(const void *left, const void *right)
{
    const struct outgoing *a = *(const struct outgoing *const *)left;
    const struct outgoing *b = *(const struct outgoing *const *)right;

    if (a->group != b->group)
        return a->group < b->group ? -1 : 1;
    return a < b ? -1 : a > b; /* they are in one array: as they came */
}

static void post_to_webhook(struct outbox *o, struct receiver *r,
                            const struct outgoing **sorted, size_t count, int64_t tick_ns)
{
    const struct outgoing *group[GROUP_MAX];
    size_t size = 0;

    for (size_t i = 0; i < count; i++) {
        if (size && (size == GROUP_MAX || sorted[i]->group != group[0]->group)) {
            post_group(o, r, group, size, tick_ns);
            size = 0;
        }
        if (webhook_wants(r, sorted[i]))
            group[size++] = sorted[i];
    }
    if (size)
        post_group(o, r, group, size, tick_ns);
}

static void post_to_webhooks(struct outbox *o, const struct outgoing *alerts,
                             size_t count, int64_t tick_ns)
{
    const struct outgoing **sorted = calloc(count, sizeof *sorted);

    for (size_t i = 0; sorted && i < count; i++)
        sorted[i] = &alerts[i];
    if (sorted)
        qsort(sorted, count, sizeof *sorted, by_group);
    for (size_t at = 0; sorted && at < o->receiver_count; at++)
        if (o->receivers[at].kind == RECEIVER_WEBHOOK)
            post_to_webhook(o, &o->receivers[at], sorted, count, tick_ns);
    free(sorted);
}

void outbox_post(struct outbox *o, const struct alert *due, size_t count, int64_t tick_ns)
{
    struct outgoing *alerts = count ? calloc(count, sizeof *alerts) : NULL;

    if (!alerts)
        return;
    for (size_t i = 0; i < count; i++)
        outgoing_init(&alerts[i], &due[i], &o->external);
    post_to_alertmanagers(o, alerts, count, tick_ns);
    post_to_webhooks(o, alerts, count, tick_ns);
    free(alerts);
    curl_multi_wakeup(o->multi);
}

size_t outbox_stats(struct outbox *o, struct receiver_stats *out, size_t max)
{
    pthread_mutex_lock(&o->lock);
    for (size_t i = 0; i < o->receiver_count && i < max; i++) {
        const struct receiver *r = &o->receivers[i];
        out[i] = (struct receiver_stats){
            .name = str_of(r->name),
            .sent = r->sent,
            .failed = r->failed,
            .dropped = r->dropped,
            .queued = (int64_t)(r->queue.alerts + r->body_alerts),
            .last_success_ns = r->last_success_ns,
        };
    }
    pthread_mutex_unlock(&o->lock);
    return o->receiver_count;
}
