/* Alerts of a running engine, by its API. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alerts.h"
#include "fetch.h"
#include "plain.h"

enum { ANSWER_MAX = 64 << 20, SHOWN_MAX = 200, URL_SIZE = 1024, TIMEOUT_SECONDS = 30 };

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

/* Filled up to `width`, which begins at `begin`, and a space. */
static void fill_column(struct buf *out, size_t begin, size_t width)
{
    do
        buf_byte(out, ' ');
    while (out->size < begin + width + 1 && !out->failed);
}

static void add_column(struct buf *out, const char *text, size_t width)
{
    size_t begin = out->size;

    plain_add(out, str_of(text));
    fill_column(out, begin, width);
}

static void print_alert(const json_t *alert)
{
    json_t *labels = json_object_get(alert, "labels");
    const char *since = text_of(alert, "startsAt");
    struct buf out = {0};

    add_column(&out, text_of(alert, "state"), 9);
    add_column(&out, text_of(labels, "severity"), 9);
    size_t begin = out.size;
    alert_time_add(&out, *since ? since : "-");
    fill_column(&out, begin, 20);
    alert_name_add(&out, labels, false);
    buf_add(&out, STR("  "));
    plain_add(&out, str_of(text_of(json_object_get(alert, "annotations"), "summary")));
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

/* Where to ask, and with what. */
struct target {
    char base[URL_SIZE];
    const char *token_file; /* NULL: none; the request's, or the configuration's */
    struct config *config;  /* owned; NULL with --url */
};

static const char *token_file(const struct config *c)
{
    for (size_t i = 0; i < c->token_count; i++)
        if ((c->tokens[i].scopes & SCOPE_READ) && access(c->tokens[i].file, R_OK) == 0)
            return c->tokens[i].file;
    return NULL;
}

/* Where the configuration listens, or the default does. What is at --url may be somebody
 * else, who gets no token of the configuration. */
static bool find_engine(const struct alerts_request *r, struct target *out)
{
    const struct generation_options *g = &r->common.generation;
    struct diags diags = {0};

    out->token_file = r->token_file;
    if (r->url) {
        snprintf(out->base, URL_SIZE, "%s", r->url);
        return true;
    }
    if (!config_load(&out->config, g->config_path, g->overrides, g->override_count,
                     &diags)) {
        report_diags(&diags, EXIT_USAGE);
        return false;
    }
    diags_release(&diags);
    const char *host = out->config->listen_host;
    if (strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0)
        host = "127.0.0.1";
    snprintf(out->base, URL_SIZE, strchr(host, ':') ? "http://[%s]:%d" : "http://%s:%d",
             host, out->config->listen_port);
    if (!out->token_file)
        out->token_file = token_file(out->config);
    return true;
}

/* What an engine says is wrong, or the begin of what another server says. */
static void add_answer(struct buf *out, struct str answer)
{
    json_t *root = json_loadb(answer.at, answer.size, 0, NULL);
    const char *error = json_string_value(json_object_get(root, "error"));
    struct str text = error ? str_of(error) : answer;

    while (text.size && text.at[text.size - 1] == '\n')
        text.size--;
    text.size = text.size < SHOWN_MAX ? text.size : SHOWN_MAX;
    plain_add(out, text);
    json_decref(root);
}

static void complain(const struct fetch *f, CURLcode rc)
{
    struct buf text = {0};

    buf_format(&text, ALERTS_VERB ": %s: ", f->url);
    if (rc == CURLE_OK) {
        buf_format(&text, "status %ld: ", f->status);
        add_answer(&text, buf_str(f->answer));
        if (f->status == 401 && !f->headers)
            buf_add(&text, STR("; --token-file FILE gives one"));
    } else {
        buf_add(&text, str_of(curl_easy_strerror(rc)));
    }
    buf_byte(&text, '\n');
    print_buf(stderr, &text);
    buf_release(&text);
}

static bool ask(const struct alerts_request *r, struct buf *answer)
{
    struct target target = {.config = NULL};
    char url[URL_SIZE + 64];
    struct fetch f = {.curl = curl_easy_init(),
                      .url = url,
                      .timeout_seconds = TIMEOUT_SECONDS,
                      .answer_max = ANSWER_MAX,
                      .answer = answer};
    bool ok =
        f.curl && find_engine(r, &target) && add_token(&f.headers, target.token_file);

    if (ok) {
        snprintf(url, sizeof url, "%s/api/v1/alerts%s%s", target.base,
                 r->state ? "?state=" : "", r->state ? r->state : "");
        CURLcode rc = fetch(&f);
        ok = rc == CURLE_OK && f.status == 200;
        if (!ok)
            complain(&f, rc);
    }
    config_free(target.config);
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
