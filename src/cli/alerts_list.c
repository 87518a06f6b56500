/* Alerts of a running engine, by its API. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "alerts.h"
#include "fetch.h"

enum { ANSWER_MAX = 64 << 20, URL_SIZE = 1024, TIMEOUT_SECONDS = 30 };

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

static int rank(const json_t *alert)
{
    static const char *const severities[] = {"critical", "error", "warning", "info"};
    const char *severity = text_of(json_object_get(alert, "labels"), "severity");
    int at = 0;

    while (at < 4 && strcmp(severities[at], severity) != 0)
        at++;
    return at;
}

static int by_severity(const void *left, const void *right)
{
    const json_t *a = *(json_t *const *)left, *b = *(json_t *const *)right;
    int order = rank(a) - rank(b);

    return order ? order : strcmp(text_of(a, "startsAt"), text_of(b, "startsAt"));
}

/* Labels come from whoever calls the gateway: nothing of them may steer a terminal. */
static void add_plain(struct buf *out, const char *text)
{
    for (; *text; text++)
        buf_byte(out, (unsigned char)*text < ' ' || *text == 0x7f ? '?' : *text);
}

static void print_alert(const json_t *alert)
{
    json_t *labels = json_object_get(alert, "labels"), *value;
    const char *since = text_of(alert, "startsAt"), *name, *comma = "";
    struct buf out = {0};

    buf_format(&out, "%-9s %-9s %-20.19s ", text_of(alert, "state"),
               text_of(labels, "severity"), *since ? since : "-");
    add_plain(&out, text_of(labels, "alertname"));
    buf_byte(&out, '{');
    json_object_foreach(labels, name, value)
    {
        if (strcmp(name, "alertname") == 0 || strcmp(name, "severity") == 0)
            continue;
        buf_format(&out, "%s%s=", comma, name);
        buf_json(&out, str_of(json_string_value(value)));
        comma = ",";
    }
    buf_add(&out, STR("}  "));
    add_plain(&out, text_of(json_object_get(alert, "annotations"), "summary"));
    buf_byte(&out, '\n');
    print_buf(stdout, &out);
    buf_release(&out);
}

static void print_sorted(const json_t *alerts)
{
    size_t count = json_array_size(alerts);
    json_t **sorted = calloc(count + 1, sizeof(json_t *));

    for (size_t i = 0; sorted && i < count; i++)
        sorted[i] = json_array_get(alerts, i);
    if (sorted)
        qsort(sorted, count, sizeof(json_t *), by_severity);
    if (count)
        printf("%-9s %-9s %-20s %s\n", "STATE", "SEVERITY", "SINCE", "ALERT");
    else
        printf("no alerts\n");
    for (size_t i = 0; sorted && i < count; i++)
        print_alert(sorted[i]);
    free(sorted);
}

/* Where the configuration listens, or the default does. */
static bool base_url(const struct alerts_request *r, char out[URL_SIZE])
{
    const struct generation_options *g = &r->common.generation;
    struct config *c = NULL;
    struct diags diags = {0};

    if (r->url) {
        snprintf(out, URL_SIZE, "%s", r->url);
        return true;
    }
    if (!config_load(&c, g->config_path, g->overrides, g->override_count, &diags)) {
        report_diags(&diags, EXIT_USAGE);
        return false;
    }
    diags_release(&diags);
    const char *host = c->listen_host;
    if (strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0)
        host = "127.0.0.1";
    snprintf(out, URL_SIZE, strchr(host, ':') ? "http://[%s]:%d" : "http://%s:%d", host,
             c->listen_port);
    config_free(c);
    return true;
}

static bool ask(const struct alerts_request *r, struct buf *answer)
{
    char base[URL_SIZE], url[URL_SIZE + 64];
    struct fetch f = {.curl = curl_easy_init(),
                      .url = url,
                      .timeout_seconds = TIMEOUT_SECONDS,
                      .answer_max = ANSWER_MAX,
                      .answer = answer};
    bool ok = f.curl && base_url(r, base) && add_token(&f.headers, r->token_file);

    if (ok) {
        snprintf(url, sizeof url, "%s/api/v1/alerts%s%s", base, r->state ? "?state=" : "",
                 r->state ? r->state : "");
        CURLcode rc = fetch(&f);
        ok = rc == CURLE_OK && f.status == 200;
        if (rc != CURLE_OK)
            fprintf(stderr, ALERTS_VERB ": %s: %s\n", url, curl_easy_strerror(rc));
        else if (!ok)
            fprintf(stderr, ALERTS_VERB ": %s: status %ld: %.*s\n", url, f.status,
                    STR_ARG(buf_str(answer)));
    }
    curl_slist_free_all(f.headers);
    curl_easy_cleanup(f.curl);
    return ok;
}

int alerts_list(const struct alerts_request *r)
{
    struct buf answer = {0};
    json_t *root = NULL;

    bool ok = ask(r, &answer);
    if (ok) {
        root = json_loadb(answer.at, answer.size, 0, NULL);
        ok = json_is_array(json_object_get(root, "data"));
        if (!ok)
            fprintf(stderr, ALERTS_VERB ": the answer is none of an engine\n");
    }
    if (ok && r->common.json) {
        json_dumpf(json_object_get(root, "data"), stdout, JSON_INDENT(1));
        putchar('\n');
    } else if (ok) {
        print_sorted(json_object_get(root, "data"));
    }
    json_decref(root);
    buf_release(&answer);
    return ok ? EXIT_OK : EXIT_USAGE;
}
