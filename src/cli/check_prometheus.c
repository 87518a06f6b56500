#include "check_prometheus.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>

#include "fetch.h"

enum { ANSWER_MAX = 16 << 20, TIMEOUT_SECONDS = 15, NAMED_MAX = 3 };

struct inquiry {
    CURL *curl;
    CURLU *base;
    char *shown; /* the URL without user and password */
    struct buf answer;
    struct diags *diags;
    struct err *err;
};

static void finding(struct inquiry *q, const char *help, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void finding(struct inquiry *q, const char *help, const char *format, ...)
{
    char text[1024];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    diags_add_copy(q->diags,
                   &(struct diag){.file = q->shown, .text = text, .help = (char *)help});
}

/* --- asking --- */

/* /api/v1/query?query=..., below whatever path the URL has. */
static char *query_url(const struct inquiry *q, const char *query)
{
    CURLU *url = curl_url_dup(q->base);
    char *escaped = curl_easy_escape(q->curl, query, 0), *path = NULL, *out = NULL;
    struct buf text = {0};

    if (url && escaped && curl_url_get(url, CURLUPART_PATH, &path, 0) == CURLUE_OK) {
        size_t size = strlen(path);
        while (size && path[size - 1] == '/')
            size--;
        buf_format(&text, "%.*s/api/v1/query", (int)size, path);
        buf_byte(&text, 0);
        curl_url_set(url, CURLUPART_PATH, text.at, 0);
        buf_reset(&text);
        buf_format(&text, "query=%s", escaped);
        buf_byte(&text, 0);
        curl_url_set(url, CURLUPART_QUERY, text.at, 0);
        curl_url_get(url, CURLUPART_URL, &out, 0);
    }
    buf_release(&text);
    curl_free(path);
    curl_free(escaped);
    curl_url_cleanup(url);
    return out;
}

static bool understand(struct inquiry *q, long status, json_t **out)
{
    json_t *answer = json_loadb(q->answer.at, q->answer.size, 0, NULL);
    const char *error = json_string_value(json_object_get(answer, "error"));
    json_t *result = json_object_get(json_object_get(answer, "data"), "result");

    *out = status == 200 && json_is_array(result) ? json_incref(result) : NULL;
    if (!*out)
        err_set(q->err, ERR_IO, "%s: status %ld%s%.200s", q->shown, status,
                error ? ": " : ", and it is no Prometheus", error ? error : "");
    json_decref(answer);
    return *out != NULL;
}

/* The series of the answer: an array, one reference. */
static bool ask(struct inquiry *q, const char *query, json_t **out)
{
    char *url = query_url(q, query);
    struct fetch f = {.curl = q->curl,
                      .url = url,
                      .timeout_seconds = TIMEOUT_SECONDS,
                      .answer_max = ANSWER_MAX,
                      .answer = &q->answer};
    CURLcode code = url ? fetch(&f) : CURLE_OUT_OF_MEMORY;

    curl_free(url);
    if (code != CURLE_OK)
        return err_set(q->err, ERR_IO, "%s: %s", q->shown, curl_easy_strerror(code));
    return understand(q, f.status, out);
}

static const char *label(const json_t *series, const char *name)
{
    const char *value =
        json_string_value(json_object_get(json_object_get(series, "metric"), name));

    return value ? value : "";
}

/* --- is it scraped, and once? --- */

static void no_engine(struct inquiry *q)
{
    finding(q,
            "add to scrape_configs: { job_name: spendwarden, static_configs: "
            "[{ targets: [\"HOST:9464\"] }] }",
            "it scrapes no spendwarden: there is no series spendwarden_build_info");
}

static void scrape_fails(struct inquiry *q, const json_t *target, bool none)
{
    finding(q,
            "/targets of Prometheus says why; with tokens, the job needs one of scope "
            "read (authorization: { credentials_file: ... })",
            "%sthe scrape of %s by job \"%s\" fails",
            none ? "no metrics of spendwarden, and " : "", label(target, "instance"),
            label(target, "job"));
}

/* A job's name has to tell where no engine does. */
static bool find_down(struct inquiry *q, bool none)
{
    json_t *down, *target;
    size_t i;

    if (!ask(q,
             "up == 0 and on (job) spendwarden_build_info"
             " or up{job=~\".*spendwarden.*\"} == 0",
             &down))
        return false;
    if (none && json_array_size(down) == 0)
        no_engine(q);
    json_array_foreach(down, i, target) scrape_fails(q, target, none);
    json_decref(down);
    return true;
}

/* One engine by two jobs is everything twice. */
static void find_twins(struct inquiry *q, const json_t *engines)
{
    const json_t *one, *other;
    size_t i, k;

    json_array_foreach(engines, i, one) json_array_foreach(
        engines, k,
        other) if (k > i && strcmp(label(one, "instance"), label(other, "instance")) == 0)
        finding(q, "take it out of one of the two jobs",
                "the engine at %s is scraped by job \"%s\" and by job \"%s\": "
                "sums are twice what was spent",
                label(one, "instance"), label(one, "job"), label(other, "job"));
}

static bool find_engines(struct inquiry *q, json_t **engines)
{
    if (!ask(q, "count by (job, instance) (spendwarden_build_info)", engines) ||
        !find_down(q, json_array_size(*engines) == 0))
        return false;
    find_twins(q, *engines);
    return true;
}

/* --- does anybody else expose our names? --- */

static bool is_engine(const json_t *engines, const char *job)
{
    const json_t *each;
    size_t i;

    json_array_foreach(engines, i,
                       each) if (strcmp(label(each, "job"), job) == 0) return true;
    return false;
}

/* {job: [names]} of the others, of names that the engines have as well. */
static json_t *clashes(const json_t *engines, const json_t *families)
{
    json_t *ours = json_object(), *out = json_object();
    const json_t *each;
    size_t i;

    json_array_foreach(families, i, each) if (is_engine(engines, label(each, "job")))
        json_object_set_new(ours, label(each, "__name__"), json_true());
    json_array_foreach(families, i, each)
    {
        const char *job = label(each, "job"), *name = label(each, "__name__");
        if (is_engine(engines, job) || !json_object_get(ours, name))
            continue;
        if (!json_object_get(out, job))
            json_object_set_new(out, job, json_array());
        json_array_append_new(json_object_get(out, job), json_string(name));
    }
    json_decref(ours);
    return out;
}

static void report_clash(struct inquiry *q, const char *job, json_t *names)
{
    const char *first = json_string_value(json_array_get(names, 0));
    bool litellm = strncmp(first, "litellm_", 8) == 0;
    struct buf list = {0};

    for (size_t i = 0; i < json_array_size(names) && i < NAMED_MAX; i++)
        buf_format(&list, "%s%s", i ? ", " : "",
                   json_string_value(json_array_get(names, i)));
    if (json_array_size(names) > NAMED_MAX)
        buf_format(&list, " and %zu more", json_array_size(names) - NAMED_MAX);
    finding(
        q,
        litellm ? "select the job in every expression, as those of `spendwarden rules` "
                  "do; or set metrics.litellm_names: false; or drop litellm_.* of the "
                  "other job by metric_relabel_configs"
                : "select the job in every expression, as those of `spendwarden rules` "
                  "do; or rename or drop them in the other job by "
                  "metric_relabel_configs",
        "job \"%s\" exposes %.*s as spendwarden does: a sum without a job counts both",
        job, STR_ARG(buf_str(&list)));
    buf_release(&list);
}

static bool find_clashes(struct inquiry *q, const json_t *engines)
{
    json_t *families, *names;
    const char *job;

    if (!ask(q, "group by (job, __name__) ({__name__=~\"(llm|litellm|spendwarden)_.+\"})",
             &families))
        return false;
    json_t *found = clashes(engines, families);
    json_object_foreach(found, job, names) report_clash(q, job, names);
    json_decref(found);
    json_decref(families);
    return true;
}

/* --- the whole --- */

static bool inquire(struct inquiry *q)
{
    json_t *engines = NULL;
    bool ok = find_engines(q, &engines) && find_clashes(q, engines);

    json_decref(engines);
    return ok;
}

/* The URL, and what of it may be shown. */
static bool take_url(struct inquiry *q, const char *url)
{
    CURLU *shown = NULL;
    CURLUcode code =
        q->base ? curl_url_set(q->base, CURLUPART_URL, url, 0) : CURLUE_OUT_OF_MEMORY;

    if (code == CURLUE_OK)
        shown = curl_url_dup(q->base);
    if (shown) {
        curl_url_set(shown, CURLUPART_USER, NULL, 0);
        curl_url_set(shown, CURLUPART_PASSWORD, NULL, 0);
        curl_url_set(shown, CURLUPART_QUERY, NULL, 0);
        code = curl_url_get(shown, CURLUPART_URL, &q->shown, 0);
    }
    curl_url_cleanup(shown);
    return q->shown || err_set(q->err, ERR_CONFIG,
                               "--prometheus: %s; a URL such as "
                               "http://127.0.0.1:9090 is wanted",
                               curl_url_strerror(code));
}

bool check_prometheus(const char *url, struct diags *diags, struct err *err)
{
    bool started = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
    struct inquiry q = {.curl = started ? curl_easy_init() : NULL,
                        .base = curl_url(),
                        .diags = diags,
                        .err = err};
    bool ok = q.curl ? take_url(&q, url) && inquire(&q)
                     : err_set(err, ERR_IO, "libcurl does not start");

    curl_free(q.shown);
    curl_url_cleanup(q.base);
    curl_easy_cleanup(q.curl);
    if (started)
        curl_global_cleanup();
    buf_release(&q.answer);
    return ok;
}
