/* What server.c and request.c share. */
#pragma once
#include <microhttpd.h>
#include <pthread.h>

#include "spendwarden/http.h"

struct http_loop {
    struct http_server *server; /* borrowed */
    struct MHD_Daemon *daemon;
    size_t index;
    int epoll;
    int wake;     /* eventfd: another thread has an answer for this loop */
    bool resumed; /* atomic: MHD has a resumed connection to look at */
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

/* MHD's callbacks; `cls` is the loop. */
enum MHD_Result http_on_data(void *cls, struct MHD_Connection *connection,
                             const char *url, const char *method, const char *version,
                             const char *data, size_t *data_size, void **state);
void http_on_completed(void *cls, struct MHD_Connection *connection, void **state,
                       enum MHD_RequestTerminationCode code);
void http_on_connection(void *cls, struct MHD_Connection *connection, void **state,
                        enum MHD_ConnectionNotificationCode code);
