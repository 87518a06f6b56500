/* What the files of api/ share. */
#pragma once
#include <pthread.h>

#include "scrapers.h"
#include "spendwarden/http.h"
#include "spendwarden/pipeline.h"
#include "spendwarden/server.h"

enum { CHUNK = 512 }; /* events of one body that are committed together */

struct token;
struct token_set;

/* A loop's own things; used by its thread alone. */
struct ingest;

bool ingest_open(struct ingest **out, struct engine *e, struct err *err);
void ingest_close(struct ingest *i);

/* True: *response is the answer. False: it comes by one of the next ingest_turn. */
bool ingest_body(struct ingest *i, struct str source, const struct token *token,
                 struct http_request *r, struct http_response *response);

/* Decides for a moment, commits what is decided and answers the requests. True: bodies
 * wait for the next turn. At the `last` one they are refused instead. */
bool ingest_turn(struct ingest *i, bool last);

struct views; /* one thread that answers what may take a while */

enum view_thread {
    VIEW_PROMPT, /* copies of what is known */
    VIEW_QUERY,  /* searches of the ledger, bounded in time */
    VIEW_RELOAD,
    VIEW_THREAD_COUNT,
};

struct server {
    struct engine *engine;
    struct http_server *http;
    size_t loop_count;
    struct ingest **ingest; /* by loop */
    struct views *threads[VIEW_THREAD_COUNT];
    struct scrapers scrapers;       /* by the thread VIEW_PROMPT, as what follows */
    struct beginnings beginnings;   /* of all counters but those of policies */
    struct beginnings of_policies;  /* of `shown` */
    struct generation *shown;       /* held, or its address could come back; or NULL */
    const struct token_set *tokens; /* atomic: requests read it */
    pthread_mutex_t reload_lock;
    int64_t started_ns;
    size_t body_max_bytes;
};

typedef void view(struct server *s, struct http_request *r, struct http_response *out);

bool views_open(struct views **out, struct server *s, struct err *err);

/* Answers what waits; from then on views_put refuses. Accepts NULL. */
void views_stop(struct views *v);
void views_close(struct views *v); /* accepts NULL */

/* False: too many wait already, or it was stopped. */
bool views_put(struct views *v, view *run, struct http_request *r);

/* The views. */
view view_metrics, view_cardinality, view_cardinality_page, view_status, view_rejects,
    view_duplicates, view_alerts, view_requests, view_request, view_coverage,
    view_budgets, view_policies, view_reload, view_page, view_ready, view_spend, view_top,
    view_alert_history, view_rules, view_prices, view_openapi;

/* Everything that /metrics shows beside the counters. */
void expose_engine(struct server *s, struct exposition *out);

void expose_capture(struct server *s, struct exposition *out);

/* What it shows of the policies of a generation; of its candidates and their alerts at
 * the last tick, which may be NULL. */
void expose_policies(const struct generation *g, struct exposition *out);
void expose_shadow(const struct generation *g, const struct tick_view *tick,
                   struct exposition *out);

/* {"status":"success","data": ... } as Prometheus' API has it. */
void begin_data(struct http_response *out);
void end_data(struct http_response *out);
void text_json(struct buf *out, const char *name, struct str text); /* "name":"text", */
void time_json(struct buf *out, int64_t ns);
void money_json(struct buf *out, struct money amount);
void alert_json(struct buf *out, const struct alert *a, bool shadow);

/* {"status":"error","errorType":...,"error":...}, by the kind of error: ERR_INPUT is 400,
 * ERR_LIMIT 422, ERR_BUSY 503. What stood in *out is gone. */
void respond_error(struct http_response *out, const struct err *err);
/* Of a list of which more can be asked for. `next` 0: this was all. */
void end_page(struct http_response *out, uint64_t next);

void respond_not_found(struct http_response *out, const char *text);

/* RFC 4180; a cell that a spreadsheet would take for a formula gets a ' before it. */
void begin_csv(struct http_response *out);
void csv_text(struct buf *out, struct str text);

void respond_text(struct http_response *out, unsigned status, struct str text);

/* Before a view is asked: below /api/ an error as above, elsewhere `text` as a line. */
void respond_refusal(const struct http_request *r, struct http_response *out,
                     unsigned status, const char *type, const char *text);
