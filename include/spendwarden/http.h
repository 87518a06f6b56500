/* libmicrohttpd behind a small interface: listener, loops, limits. Knows nothing of cost.
 */
#pragma once
#include "spendwarden/arena.h"
#include "spendwarden/buf.h"
#include "spendwarden/err.h"
#include "spendwarden/http_peer.h"

struct http_request {
    struct str method, path; /* borrowed */
    struct str body; /* complete, inflated; HTTP_BODY_PADDING readable bytes behind it */
    struct arena *arena; /* lives until the response has left */
    int64_t received_ns;
    size_t loop;       /* which loop serves it, from 0 */
    const void *token; /* of http_admit, or NULL */
    void *connection;  /* of http.c */
};

enum { HTTP_BODY_PADDING = 64, HTTP_QUERY_MAX = 64 };

/* A query parameter or header, terminated; NULL if absent. */
const char *http_query(const struct http_request *r, const char *name);
const char *http_header(const struct http_request *r, const char *name);

/* Every query parameter in order; `value` NULL: it has none. False from one ends it, and
 * is given back. */
typedef bool http_visit_query(void *ctx, const char *name, const char *value);
bool http_query_each(const struct http_request *r, http_visit_query *visit, void *ctx);

/* Of its connection; borrowed until it is answered. NULL: no memory when it came. */
struct http_peer *http_request_peer(const struct http_request *r);

struct http_response {
    unsigned status;
    const char *content_type;     /* static */
    const char *content_encoding; /* static; NULL: as it is */
    const char *vary;             /* static; NULL: the same for all */
    struct buf body;         /* taken over and released by http; failed: it becomes 500 */
    const char *retry_after; /* static; NULL: none */
    const char *allow;       /* static; of 405 */
    const char *accept_encoding; /* static; of 415 */
};

/* Answers at once (true), or later, from any thread, by http_respond (false). Called on
 * the loop's thread once the body is complete. */
typedef bool http_handler(void *ctx, struct http_request *r, struct http_response *out);

/* Called by each loop after it has handled all that was ready: the moment to do what
 * handlers put off. True: some of it is left, and it is called again soon; unless this is
 * the `last` time, after which no answer may be missing. */
typedef bool http_idle(void *ctx, size_t loop, bool last);

/* On which a body is taken. */
struct http_terms {
    size_t body_max; /* bytes, as they come and once more inflated; beyond it 413 */
    bool compressed; /* may be; the handler sees it inflated. Otherwise 415 */
};

/* Before the body is read: may refuse it (true). On acceptance sets *terms, which is
 * zeroed, and r->token, which lives until http_close. */
typedef bool http_admit(void *ctx, struct http_request *r, struct http_terms *terms,
                        struct http_response *out);

/* What is answered without a handler, in plain text: a body too large, one that does not
 * inflate, too much in flight. May put the body of *out into other words. */
typedef void http_refused(void *ctx, const struct http_request *r,
                          struct http_response *out);

struct http_options {
    const char *host;
    int port; /* 0: any; see http_port */
    size_t loops;
    int connections_max; /* over all loops */
    /* Bodies of all connections, while they are inflated in both forms; beyond it 503. */
    size_t in_flight_max_bytes;
    int idle_timeout_s;
    http_admit *admit;
    http_refused *refused; /* NULL: nobody wants to see it */
    http_handler *handle;
    http_idle *idle;
    void *ctx;
};

struct http_server;

/* Binds and starts the loops' threads. */
bool http_open(struct http_server **out, const struct http_options *options,
               struct err *err);
int http_port(const struct http_server *s);

/* The answer that a handler put off. `r` is gone when this returns. */
void http_respond(struct http_request *r, struct http_response *response);

/* Stops accepting, waits up to `grace_ns` for open requests, ends the threads. No answer
 * may be put off any more but until the next http_idle, which may be the last. */
void http_close(struct http_server *s, int64_t grace_ns);

struct http_stats {
    int64_t requests, refused_full, in_flight_bytes, connections;
    int64_t inflate_failures; /* 400, and 413 for what came out */
};

void http_stats(const struct http_server *s, struct http_stats *out);
