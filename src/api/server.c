/* Routes and access. Ingest runs on the loops; whatever reads runs on threads of views.
 */
#include "spendwarden/server.h"

#include <stdlib.h>
#include <unistd.h>

#include "ask.h"
#include "door.h"
#include "otlp.h"
#include "spendwarden/log.h"
#include "tokens.h"

enum { SMALL_BODY = 64 * 1024, IDLE_TIMEOUT_S = 75, GRACE_SECONDS = 5 };

static const char *const no_parameters[] = {NULL};
static const char *const coverage_parameters[] = {"label", "source", "of", "window",
                                                  NULL};

static const struct route {
    struct str path; /* ends in "/": and whatever follows */
    bool post;
    unsigned scope; /* 0: for everybody */
    view *run;
    enum view_thread thread;
    const char *const *parameters; /* NULL: the view sees to them, or takes any */
} routes[] = {
    {STR("/metrics"), false, SCOPE_READ, view_metrics, VIEW_PROMPT, NULL},
    {STR("/cardinality"), false, SCOPE_READ, view_cardinality_page, VIEW_QUERY, NULL},
    {STR("/api/v1/cardinality"), false, SCOPE_READ, view_cardinality, VIEW_QUERY,
     no_parameters},
    {STR("/-/healthy"), false, 0, NULL, VIEW_PROMPT, NULL},
    {STR("/-/ready"), false, 0, view_ready, VIEW_PROMPT, NULL},
    {STR("/-/reload"), true, SCOPE_ADMIN, view_reload, VIEW_RELOAD, NULL},
    {STR("/api/v1/status"), false, SCOPE_READ, view_status, VIEW_PROMPT, no_parameters},
    {STR("/api/v1/rejects"), false, SCOPE_READ, view_rejects, VIEW_PROMPT, no_parameters},
    {STR("/api/v1/duplicates"), false, SCOPE_READ, view_duplicates, VIEW_QUERY,
     no_parameters},
    {STR("/api/v1/alerts"), false, SCOPE_READ, view_alerts, VIEW_PROMPT, NULL},
    {STR("/api/v1/requests"), false, SCOPE_READ, view_requests, VIEW_QUERY, NULL},
    {STR("/api/v1/spend"), false, SCOPE_READ, view_spend, VIEW_QUERY, NULL},
    {STR("/api/v1/top"), false, SCOPE_READ, view_top, VIEW_QUERY, NULL},
    {STR("/api/v1/requests/"), false, SCOPE_READ, view_request, VIEW_QUERY, NULL},
    {STR("/api/v1/alerts/history"), false, SCOPE_READ, view_alert_history, VIEW_QUERY,
     NULL},
    {STR("/api/v1/rules"), false, SCOPE_READ, view_rules, VIEW_PROMPT, NULL},
    {STR("/api/v1/prices"), false, SCOPE_READ, view_prices, VIEW_QUERY, NULL},
    {STR("/api/v1/openapi.yaml"), false, SCOPE_READ, view_openapi, VIEW_PROMPT,
     no_parameters},
    {STR("/api/v1/coverage"), false, SCOPE_READ, view_coverage, VIEW_PROMPT,
     coverage_parameters},
    {STR("/api/v1/budgets"), false, SCOPE_READ, view_budgets, VIEW_PROMPT, no_parameters},
    {STR("/api/v1/policies"), false, SCOPE_READ, view_policies, VIEW_PROMPT,
     no_parameters},
    {STR("/"), false, SCOPE_READ, view_page, VIEW_PROMPT, NULL},
};

static bool is_folder(struct str path)
{
    return path.size > 1 && path.at[path.size - 1] == '/';
}

static bool is_below(struct str path, struct str folder)
{
    return is_folder(folder) && path.size > folder.size && str_starts(path, folder);
}

static const struct route *find_route(struct str path)
{
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++)
        if (is_below(path, routes[i].path) ||
            (str_eq(routes[i].path, path) && !is_folder(path)))
            return &routes[i];
    return NULL;
}

void respond_text(struct http_response *out, unsigned status, struct str text)
{
    out->status = status;
    out->content_type = "text/plain; charset=utf-8";
    buf_add(&out->body, text);
}

/* True: refused. */
static bool refuse_method(const struct http_request *r, bool post,
                          struct http_response *out)
{
    bool get = str_eq(r->method, STR("GET")) || str_eq(r->method, STR("HEAD"));
    bool put = str_eq(r->method, STR("POST")) || str_eq(r->method, STR("PUT"));

    if (post ? put : get)
        return false;
    respond_refusal(r, out, 405, "method_not_allowed",
                    post ? "this path takes POST only" : "this path takes GET only");
    out->allow = post ? "POST, PUT" : "GET, HEAD";
    return true;
}

static const char *scope_text(unsigned scope)
{
    switch (scope) {
    case SCOPE_INGEST:
        return "a token of scope ingest is needed; this one has not that scope";
    case SCOPE_READ:
        return "a token of scope read is needed; this one has not that scope";
    default:
        return "a token of scope admin is needed; this one has not that scope";
    }
}

/* True: refused. */
static bool refuse_token(struct server *s, struct http_request *r, unsigned scope,
                         struct http_response *out)
{
    const struct token_set *tokens = __atomic_load_n(&s->tokens, __ATOMIC_ACQUIRE);
    const struct token *token;

    if (scope == 0)
        return false;
    switch (token_find(tokens, http_header(r, "Authorization"), &token)) {
    case TOKEN_MISSING:
        respond_refusal(r, out, 401, "unauthorized",
                        "a token is needed, as \"Authorization: Bearer TOKEN\"");
        return true;
    case TOKEN_UNKNOWN:
        respond_refusal(r, out, 401, "unauthorized",
                        "this token is not known: no file of server.tokens had it when "
                        "they were last loaded");
        return true;
    case TOKEN_GOOD:
        break;
    }
    if (token && !(token->scopes & scope)) {
        respond_refusal(r, out, 403, "forbidden", scope_text(scope));
        return true;
    }
    r->token = token;
    return false;
}

static void refuse_path(const struct http_request *r, struct http_response *out)
{
    respond_refusal(r, out, 404, "not_found",
                    "there is no such path; /api/v1/openapi.yaml has them all");
}

static void put_refusal(void *ctx, const struct http_request *r,
                        struct http_response *out)
{
    (void)ctx;
    if (otlp_signal_of(r->path) != OTLP_NONE)
        otlp_dress(r, out);
}

static bool admit_ingest(struct server *s, struct http_request *r,
                         struct http_response *out)
{
    bool otlp = otlp_signal_of(r->path) != OTLP_NONE;
    bool refused = refuse_method(r, true, out) || refuse_token(s, r, SCOPE_INGEST, out) ||
                   door_refuses_source(s, r, out) || (otlp && otlp_refuse_type(r, out));

    if (refused && otlp)
        otlp_dress(r, out);
    return refused;
}

static bool admit(void *ctx, struct http_request *r, struct http_terms *terms,
                  struct http_response *out)
{
    struct server *s = ctx;

    if (door_is_ingest(r)) {
        *terms = (struct http_terms){.body_max = s->body_max_bytes, .compressed = true};
        return admit_ingest(s, r, out);
    }
    const struct route *route = find_route(r->path);
    terms->body_max = SMALL_BODY;
    if (!route) {
        refuse_path(r, out);
        return true;
    }
    return refuse_method(r, route->post, out) || refuse_token(s, r, route->scope, out);
}

static bool handle(void *ctx, struct http_request *r, struct http_response *out)
{
    struct server *s = ctx;

    if (door_is_ingest(r))
        return ingest_body(s->ingest[r->loop], door_source(r), r->token, r, out);
    const struct route *route = find_route(r->path);
    if (!route->run) {
        respond_text(out, 200, STR("spendwarden is healthy.\n"));
        return true;
    }
    struct err err = {0};
    if (route->parameters &&
        !ask_known(&(struct ask){.request = r}, route->parameters, &err)) {
        respond_error(out, &err);
        return true;
    }
    if (views_put(s->threads[route->thread], route->run, r))
        return false;
    respond_refusal(r, out, 503, "unavailable", "too many requests wait");
    out->retry_after = "1";
    return true;
}

static bool idle(void *ctx, size_t loop, bool last)
{
    struct server *s = ctx;

    return ingest_turn(s->ingest[loop], last);
}

static size_t loop_count(const struct config *c)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);

    if (c->loops > 0)
        return (size_t)c->loops;
    return processors > 0 ? (size_t)processors : 1;
}

static bool start(struct server *s, const struct config *c, struct err *err)
{
    struct http_options options = {
        .host = c->listen_host,
        .port = c->listen_port,
        .loops = loop_count(c),
        .connections_max = c->connections_max,
        .in_flight_max_bytes = c->in_flight_max_bytes,
        .idle_timeout_s = IDLE_TIMEOUT_S,
        .admit = admit,
        .refused = put_refusal,
        .handle = handle,
        .idle = idle,
        .ctx = s,
    };

    s->body_max_bytes = c->body_max_bytes;
    s->ingest = calloc(options.loops, sizeof *s->ingest);
    if (!s->ingest)
        return err_set(err, ERR_MEMORY, "server: no memory");
    for (; s->loop_count < options.loops; s->loop_count++)
        if (!ingest_open(&s->ingest[s->loop_count], s->engine, err))
            return false;
    for (size_t i = 0; i < VIEW_THREAD_COUNT; i++)
        if (!views_open(&s->threads[i], s, err))
            return false;
    return http_open(&s->http, &options, err);
}

/* What the ledger had at the start was shown before. */
static void open_scrapers(struct server *s)
{
    struct books_stats stats;

    books_stats(engine_books(s->engine), &stats);
    scrapers_open(&s->scrapers, stats.last_commit_ns + 1);
}

bool server_open(struct server **out, struct engine *e, struct diags *diags)
{
    struct server *s = calloc(1, sizeof *s);
    struct token_set *tokens = NULL;
    struct err err = {0};

    *out = NULL;
    if (!s) {
        diags_add(diags, "spendwarden", 0, 0, "server: no memory");
        return false;
    }
    s->engine = e;
    s->started_ns = timestamp_now();
    open_scrapers(s);
    pthread_mutex_init(&s->reload_lock, NULL);
    struct generation *g = engine_generation(e);
    bool ok = token_set_load(&tokens, g->config, diags);
    s->tokens = tokens;
    ok = ok && start(s, g->config, &err);
    generation_release(g);
    if (err.kind)
        diags_add(diags, "spendwarden", 0, 0, "%s", err.text);
    if (ok)
        *out = s;
    else
        server_close(s);
    return ok;
}

void server_close(struct server *s)
{
    if (!s)
        return;
    /* Views answer first: connections that wait for them cannot be closed. */
    for (size_t i = 0; i < VIEW_THREAD_COUNT; i++)
        views_stop(s->threads[i]);
    http_close(s->http, GRACE_SECONDS * NS_PER_SECOND);
    for (size_t i = 0; i < VIEW_THREAD_COUNT; i++)
        views_close(s->threads[i]);
    scrapers_close(&s->scrapers);
    generation_release(s->shown);
    for (size_t i = 0; i < s->loop_count; i++)
        ingest_close(s->ingest[i]);
    free(s->ingest);
    token_set_free((struct token_set *)s->tokens);
    pthread_mutex_destroy(&s->reload_lock);
    free(s);
}

int server_port(const struct server *s)
{
    return http_port(s->http);
}

static bool load_tokens(void *fresh, const struct config *next, struct diags *diags)
{
    return token_set_load(fresh, next, diags);
}

/* One line each: the source is for whoever asked. */
static void log_diags(struct diags *diags, enum log_level level)
{
    diags_sort(diags);
    for (size_t i = 0; i < diags->count; i++) {
        const struct diag *item = &diags->items[i];
        struct buf line = {0};
        diag_heading(item, &line);
        if (item->help)
            buf_format(&line, "; %s", item->help);
        log_line(level, "reload: %.*s", STR_ARG(buf_str(&line)));
        buf_release(&line);
    }
    if (diags->more)
        log_line(level, "reload: and %zu more", diags->more);
}

bool server_reload(struct server *s, const char *trigger, struct diags *diags)
{
    struct token_set *fresh = NULL;

    pthread_mutex_lock(&s->reload_lock);
    bool ok = engine_reload(s->engine, trigger, load_tokens, &fresh, diags);
    if (ok && !token_set_equal(fresh, s->tokens)) {
        token_set_chain(fresh, (struct token_set *)s->tokens);
        __atomic_store_n(&s->tokens, fresh, __ATOMIC_RELEASE);
    } else {
        token_set_free(fresh);
    }
    pthread_mutex_unlock(&s->reload_lock);
    log_diags(diags, ok ? LOG_WARN : LOG_ERROR);
    return ok;
}
