/* What the files of http/ share. */
#pragma once
#include <microhttpd.h>
#include <pthread.h>

#include "spendwarden/http.h"
#include "spendwarden/inflate.h"

/* Bytes of a body; what they hold counts as in flight. */
struct http_body {
    char *at; /* owned */
    size_t size, capacity;
};

/* What `struct http_request` is the visible part of. Owned by its connection. */
struct request {
    struct http_request visible; /* first: http_respond casts back */
    struct http_loop *loop;
    struct MHD_Connection *connection;
    struct arena arena;
    struct http_response response;
    bool refused;  /* the answer is known; what is left of the body is dropped */
    bool handed;   /* the body was complete */
    bool answered; /* the answer has been queued */
    int deferral;  /* atomic, enum deferral of request.c */
    struct http_terms terms;
    enum coding coding;
    struct http_body body;
    struct http_body inflated; /* becomes the body */
    bool inflating;
    struct request *next; /* that is to be inflated */
};

struct http_loop {
    struct http_server *server; /* borrowed */
    struct MHD_Daemon *daemon;
    size_t index;
    int epoll;
    int wake;     /* eventfd: another thread has an answer for this loop */
    bool resumed; /* atomic: MHD has a resumed connection to look at */
    struct inflater *inflater;
    struct request *coded, *coded_last; /* suspended; the first is being inflated */
    pthread_t thread;
    bool started;
};

/* Shared by all loops; the counters are atomic. */
struct http_server {
    struct http_options options;
    int listen_socket, port;
    bool ended;              /* atomic: loops return */
    int64_t open_requests;   /* atomic: from their first byte to the end of the answer */
    int64_t handed_requests; /* atomic: complete ones among them */
    struct http_stats stats;
    size_t loop_count; /* of those below that were begun */
    struct http_loop *loops;
};

/* Lets a suspended connection go on, from any thread. MHD's own wake-up does not reach a
 * loop that is driven from outside. */
void http_loop_resume(struct http_loop *loop, struct MHD_Connection *connection);

/* Room for `size` more bytes, of `most` in all, and the padding; accounts for it before
 * it allocates. False: too much is in flight, and nothing has changed. */
bool http_body_reserve(struct http_server *s, struct http_body *b, size_t size,
                       size_t most);
/* What it would hold then. */
size_t http_body_grown(const struct http_body *b, size_t size, size_t most);
void http_body_release(struct http_server *s, struct http_body *b);

/* By its Content-Encoding. False: refused. */
bool http_coding_find(struct request *q);

/* A complete body: it is suspended until a turn has inflated it. */
void http_inflate_put(struct request *q);

/* Inflates for a moment what waits. True: some of it is left. At the `last` turn it is
 * refused instead. */
bool http_inflate_turn(struct http_loop *loop, bool last);

/* The answer becomes this text. */
void http_refuse(struct request *q, unsigned status, struct str text);
void http_refuse_full(struct request *q);

/* Of a suspended one: it is handled, or goes on to the answer that it was refused with.
 */
void http_inflated(struct request *q);

/* MHD's callbacks; `cls` is the loop. */
enum MHD_Result http_on_data(void *cls, struct MHD_Connection *connection,
                             const char *url, const char *method, const char *version,
                             const char *data, size_t *data_size, void **state);
void http_on_completed(void *cls, struct MHD_Connection *connection, void **state,
                       enum MHD_RequestTerminationCode code);
void http_on_connection(void *cls, struct MHD_Connection *connection, void **state,
                        enum MHD_ConnectionNotificationCode code);
