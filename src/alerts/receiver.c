#include <stdio.h>
#include <stdlib.h>

#include "internal.h"
#include "spendwarden/hash.h"

#define BACKOFF_FIRST_NS (NS_PER_SECOND / 2)
#define BACKOFF_MAX_NS (2 * NS_PER_MINUTE)
#define RETRY_FOR_NS (4 * NS_PER_HOUR)

static bool is_http(CURLU *url)
{
    char *scheme = NULL;
    bool ok = curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
              (strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0);

    curl_free(scheme);
    return ok;
}

/* NULL and *err if it is no URL to send to. What is wrong is said without the URL
 * itself, which may hold a password. */
static CURLU *url_parse(const char *what, const char *text, struct err *err)
{
    CURLU *url = curl_url();
    CURLUcode code =
        url ? curl_url_set(url, CURLUPART_URL, text, 0) : CURLUE_OUT_OF_MEMORY;

    if (code == CURLUE_OK && is_http(url))
        return url;
    if (code == CURLUE_OK)
        err_set(err, ERR_CONFIG, "%s: url: it must be http or https", what);
    else
        err_set(err, ERR_CONFIG, "%s: url: %s", what, curl_url_strerror(code));
    curl_url_cleanup(url);
    return NULL;
}

static const char *url_text(CURLU *url, struct arena *arena)
{
    char *text = NULL;
    const char *copy = NULL;

    if (curl_url_get(url, CURLUPART_URL, &text, 0) == CURLUE_OK)
        copy = arena_cstr(arena, str_of(text));
    curl_free(text);
    return copy;
}

static bool add_path(CURLU *url, const char *tail)
{
    struct buf path = {0};
    char *prefix = NULL;

    if (curl_url_get(url, CURLUPART_PATH, &prefix, 0) != CURLUE_OK)
        return false;
    struct str kept = str_of(prefix);
    while (kept.size && kept.at[kept.size - 1] == '/')
        kept.size--;
    buf_add(&path, kept);
    buf_add(&path, str_of(tail));
    buf_byte(&path, '\0');
    bool ok = !path.failed && curl_url_set(url, CURLUPART_PATH, path.at, 0) == CURLUE_OK;
    curl_free(prefix);
    buf_release(&path);
    return ok;
}

/* "alertmanager:URL"; what may be secret in the URL is taken out of it. */
static const char *public_name(CURLU *url, struct arena *arena)
{
    static const CURLUPart secret[] = {CURLUPART_USER, CURLUPART_PASSWORD,
                                       CURLUPART_OPTIONS, CURLUPART_QUERY,
                                       CURLUPART_FRAGMENT};
    struct buf name = {0};

    for (size_t i = 0; i < sizeof secret / sizeof *secret; i++)
        curl_url_set(url, secret[i], NULL, 0);
    const char *text = url_text(url, arena);
    buf_add(&name, STR("alertmanager:"));
    buf_add(&name, str_of(text));
    const char *copy = name.failed || !text ? NULL : arena_cstr(arena, buf_str(&name));
    buf_release(&name);
    return copy;
}

bool alertmanager_name(const char **out, const struct alertmanager_options *options,
                       struct arena *arena, struct err *err)
{
    CURLU *url = url_parse("alertmanager", options->url, err);

    *out = url ? public_name(url, arena) : NULL;
    curl_url_cleanup(url);
    return *out || err_set(err, ERR_MEMORY, "alerts: out of memory");
}

static bool is_ready(struct receiver *r, struct err *err)
{
    r->easy = curl_easy_init();
    if (r->easy && r->url && r->name)
        return true;
    return err_set(err, ERR_MEMORY, "alerts: out of memory");
}

bool receiver_init_alertmanager(struct receiver *r, struct arena *arena,
                                const struct alertmanager_options *options,
                                struct err *err)
{
    CURLU *url = alertmanager_name(&r->name, options, arena, err)
                     ? url_parse("alertmanager", options->url, err)
                     : NULL;

    if (!url)
        return false;
    r->kind = RECEIVER_ALERTMANAGER;
    r->queue.replaces = true;
    r->url = add_path(url, "/api/v2/alerts") ? url_text(url, arena) : NULL;
    curl_url_cleanup(url);
    if (!access_copy(&r->access, &options->access, arena))
        r->url = NULL;
    return is_ready(r, err);
}

static bool keep_secret(struct receiver *r, struct arena *arena, const char *path,
                        struct err *err)
{
    char text[SECRET_BYTES_MAX + 1];
    struct err why = {0};
    size_t size;

    if (!secret_read(text, &size, path, &why))
        return err_set(err, ERR_CONFIG, "%s: secret_file: %s", r->name, why.text);
    r->secret = arena_copy(arena, (struct str){text, size});
    explicit_bzero(text, sizeof text);
    return r->secret.size || err_set(err, ERR_MEMORY, "%s: out of memory", r->name);
}

static bool copy_match(struct receiver *r, struct arena *arena,
                       const struct webhook_options *options)
{
    struct pair *match = arena_zalloc(arena, (options->match_count + 1) * sizeof *match);
    for (size_t i = 0; match && i < options->match_count; i++) {
        match[i].name = arena_copy(arena, options->match[i].name);
        match[i].value = arena_copy(arena, options->match[i].value);
    }
    r->match = match;
    r->match_count = options->match_count;
    return match != NULL;
}

bool receiver_init_webhook(struct receiver *r, struct arena *arena,
                           const struct webhook_options *options, struct err *err)
{
    char name[TEXT_VALUE_MAX];

    snprintf(name, sizeof name, "webhook:%s", options->name);
    r->kind = RECEIVER_WEBHOOK;
    r->repeat_ns = options->repeat_ns;
    r->send_resolved = options->send_resolved;
    r->name = arena_cstr(arena, str_of(name));
    r->webhook_name = arena_cstr(arena, str_of(options->name));
    if (!r->name || !r->webhook_name)
        return is_ready(r, err);
    CURLU *url = url_parse(r->name, options->url, err);
    if (!url)
        return false;
    r->url = url_text(url, arena);
    curl_url_cleanup(url);
    if (!copy_match(r, arena, options) ||
        !access_copy(&r->access, &options->access, arena))
        return err_set(err, ERR_MEMORY, "%s: out of memory", r->name);
    if (options->secret_file && !keep_secret(r, arena, options->secret_file, err))
        return false;
    return is_ready(r, err);
}

void receiver_release(struct receiver *r)
{
    curl_easy_cleanup(r->easy);
    curl_slist_free_all(r->headers);
    r->easy = NULL;
    r->headers = NULL;
    buf_release(&r->body);
    queue_release(&r->queue);
}

static void load_batch(struct receiver *r)
{
    struct item *item;

    buf_byte(&r->body, '[');
    while (r->body_alerts < BATCH_MAX && (item = queue_take(&r->queue))) {
        if (r->body_alerts)
            buf_byte(&r->body, ',');
        buf_add(&r->body, (struct str){item->text, item->size});
        r->body_alerts += item->alerts;
        free(item);
    }
    buf_byte(&r->body, ']');
}

void receiver_load(struct receiver *r)
{
    if (r->body_alerts || !r->queue.oldest)
        return;
    buf_reset(&r->body);
    r->first_try_ns = 0;
    r->backoff_ns = BACKOFF_FIRST_NS;
    r->retry_ns = 0;
    if (r->kind == RECEIVER_ALERTMANAGER) {
        load_batch(r);
        return;
    }
    struct item *item = queue_take(&r->queue);
    buf_add(&r->body, (struct str){item->text, item->size});
    r->body_alerts = item->alerts;
    r->body_key = item->key;
    free(item);
}

static size_t take_answer(char *at, size_t size, size_t count, void *receiver)
{
    struct receiver *r = receiver;
    size_t got = size * count;

    if (r->answer_size < ANSWER_SHOWN_MAX) {
        size_t room = ANSWER_SHOWN_MAX - r->answer_size;
        memcpy(r->answer + r->answer_size, at, got < room ? got : room);
    }
    r->answer_size += got;
    return r->answer_size > ANSWER_READ_MAX ? 0 : got; /* 0 ends the transfer */
}

static bool set_headers(struct receiver *r)
{
    char line[sizeof "X-Spendwarden-Signature: sha256=" + SHA256_TEXT_SIZE];
    char hex[SHA256_TEXT_SIZE];

    curl_slist_free_all(r->headers);
    r->headers = curl_slist_append(NULL, "Content-Type: application/json");
    struct curl_slist *all = curl_slist_append(r->headers, "Expect:");
    if (all && r->secret.size) {
        hmac_sha256_text(hex, r->secret, buf_str(&r->body));
        snprintf(line, sizeof line, "X-Spendwarden-Signature: sha256=%s", hex);
        all = curl_slist_append(r->headers, line);
    }
    return all != NULL;
}

static void set_options(struct receiver *r)
{
    curl_easy_reset(r->easy); /* connections stay */
    curl_easy_setopt(r->easy, CURLOPT_URL, r->url);
    curl_easy_setopt(r->easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(r->easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(r->easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(r->easy, CURLOPT_QUICK_EXIT, 1L);
    curl_easy_setopt(r->easy, CURLOPT_TIMEOUT_MS, (long)(r->timeout_ns / NS_PER_MS));
    curl_easy_setopt(r->easy, CURLOPT_USERAGENT, "spendwarden/" SPENDWARDEN_VERSION);
    curl_easy_setopt(r->easy, CURLOPT_HTTPHEADER, r->headers);
    curl_easy_setopt(r->easy, CURLOPT_POSTFIELDS, r->body.at);
    curl_easy_setopt(r->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body.size);
    curl_easy_setopt(r->easy, CURLOPT_WRITEFUNCTION, take_answer);
    curl_easy_setopt(r->easy, CURLOPT_WRITEDATA, r);
    curl_easy_setopt(r->easy, CURLOPT_PRIVATE, r);
    curl_easy_setopt(r->easy, CURLOPT_ERRORBUFFER, r->reason);
}

static bool is_let_in(struct receiver *r)
{
    struct err err = {0};

    if (access_apply(r->easy, &r->headers, &r->access, &err))
        return true;
    log_limited(&r->limit, NS_PER_MINUTE, LOG_WARN, "%s: %s", r->name, err.text);
    return false;
}

bool receiver_start(struct receiver *r, CURLM *multi, int64_t now_ns)
{
    if (r->first_try_ns == 0)
        r->first_try_ns = now_ns;
    r->answer_size = 0;
    r->reason[0] = '\0';
    if (r->body.failed || !set_headers(r))
        return false;
    set_options(r);
    if (!is_let_in(r))
        return false;
    r->busy = curl_multi_add_handle(multi, r->easy) == CURLM_OK;
    return r->busy;
}

static void log_failure(struct receiver *r, CURLcode code, long status)
{
    size_t shown = r->answer_size < ANSWER_SHOWN_MAX ? r->answer_size : ANSWER_SHOWN_MAX;

    if (status)
        log_limited(&r->limit, NS_PER_MINUTE, LOG_WARN, "%s: HTTP status %ld: %.*s",
                    r->name, status, (int)shown, r->answer);
    else
        log_limited(&r->limit, NS_PER_MINUTE, LOG_WARN, "%s: %s", r->name,
                    r->reason[0] ? r->reason : curl_easy_strerror(code));
}

/* An answer longer than anybody reads is an answer all the same. */
static bool was_answered(const struct receiver *r, CURLcode code)
{
    return code == CURLE_OK ||
           (code == CURLE_WRITE_ERROR && r->answer_size > ANSWER_READ_MAX);
}

static enum outcome_of_post put_off(struct receiver *r, int64_t now_ns)
{
    if (r->kind == RECEIVER_ALERTMANAGER || now_ns - r->first_try_ns >= RETRY_FOR_NS)
        return POST_FAILED;
    r->retry_ns = now_ns + r->backoff_ns;
    r->backoff_ns =
        r->backoff_ns * 2 < BACKOFF_MAX_NS ? r->backoff_ns * 2 : BACKOFF_MAX_NS;
    return POST_RETRY;
}

enum outcome_of_post receiver_hold(struct receiver *r, int64_t now_ns)
{
    return r->body.failed ? POST_FAILED : put_off(r, now_ns);
}

enum outcome_of_post receiver_judge(struct receiver *r, CURLcode code, int64_t now_ns)
{
    long status = 0;

    r->busy = false;
    if (was_answered(r, code))
        curl_easy_getinfo(r->easy, CURLINFO_RESPONSE_CODE, &status);
    if (status >= 200 && status < 300)
        return POST_DONE;
    log_failure(r, code, status);
    /* An Alertmanager gets the same alerts anew with the next resend; what it refused
     * once it refuses again, and so does a webhook. */
    return status && status < 500 ? POST_FAILED : put_off(r, now_ns);
}
