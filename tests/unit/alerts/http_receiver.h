/* An HTTP server on 127.0.0.1 that writes down what it gets and answers as told. */
#pragma once
#include "../unit.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "spendwarden/alerts.h"

enum { REQUESTS_MAX = 64, ANSWERS_MAX = 8 };

struct http_request {
    char head[2048];
    char *body;
};

struct http_receiver {
    int listener, port;
    bool holds;                /* no request is answered before let_go, unless its
                                * sender hangs up: then it counts as received */
    int statuses[ANSWERS_MAX]; /* one a request; then, and for 0, 200 */
    const char *answer;        /* the body of every response */
    pthread_t thread;
    pthread_mutex_t lock;
    int go[2];    /* a pipe: held requests wait for its end */
    size_t begun; /* requests that it read */
    size_t count; /* of them, those that it holds no more */
    struct http_request got[REQUESTS_MAX];
};

static inline int listening(int port)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (fd == -1 || bind(fd, (struct sockaddr *)&at, sizeof at) || listen(fd, 16)) {
        perror("in-test HTTP receiver");
        abort();
    }
    return fd;
}

static inline int port_of(int fd)
{
    struct sockaddr_in at;
    socklen_t size = sizeof at;

    getsockname(fd, (struct sockaddr *)&at, &size);
    return ntohs(at.sin_port);
}

/* A port at which nobody listens for now. */
static inline int unused_port(void)
{
    int fd = listening(0), port = port_of(fd);

    close(fd);
    return port;
}

static inline bool read_request(int fd, struct http_request *out)
{
    size_t used = 0, capacity = 1 << 22;
    char *text = calloc(1, capacity), *end = NULL;
    long want = -1;

    while (want < 0 || (long)(used - (size_t)(end - text)) < want) {
        ssize_t got = read(fd, text + used, capacity - used - 1);
        if (got <= 0)
            break;
        used += (size_t)got;
        if (want < 0 && (end = strstr(text, "\r\n\r\n"))) {
            end += 4;
            char *length = strcasestr(text, "Content-Length:");
            want = length ? atol(length + 15) : 0;
        }
    }
    if (end) {
        snprintf(out->head, sizeof out->head, "%.*s", (int)(end - text), text);
        out->body = strdup(end);
    }
    free(text);
    return end != NULL;
}

static inline void respond(struct http_receiver *h, int fd, int status)
{
    char head[200];
    const char *body = h->answer ? h->answer : "";
    int size = snprintf(head, sizeof head,
                        "HTTP/1.1 %d X\r\nContent-Length: %zu\r\nLocation: /other\r\n"
                        "Connection: close\r\n\r\n",
                        status, strlen(body));

    if (send(fd, head, (size_t)size, MSG_NOSIGNAL) < 0 ||
        send(fd, body, strlen(body), MSG_NOSIGNAL) < 0)
        return; /* the sender had enough */
}

static inline void hold(struct http_receiver *h, int fd)
{
    struct pollfd ends[] = {{.fd = h->go[0], .events = POLLIN},
                            {.fd = fd, .events = POLLRDHUP}};

    while (poll(ends, 2, -1) < 1)
        continue;
}

static inline void *serve(void *receiver)
{
    struct http_receiver *h = receiver;

    for (int fd; (fd = accept(h->listener, NULL, NULL)) >= 0; close(fd)) {
        struct http_request request = {0};
        if (!read_request(fd, &request))
            continue;
        pthread_mutex_lock(&h->lock);
        h->begun++;
        pthread_mutex_unlock(&h->lock);
        hold(h, fd);
        pthread_mutex_lock(&h->lock);
        int status = h->count < ANSWERS_MAX ? h->statuses[h->count] : 0;
        h->got[h->count++ % REQUESTS_MAX] = request;
        pthread_mutex_unlock(&h->lock);
        respond(h, fd, status ? status : 200);
    }
    return NULL;
}

static inline void let_go(struct http_receiver *h)
{
    if (h->go[1] >= 0)
        close(h->go[1]);
    h->go[1] = -1;
}

/* The caller has set answers and `holds` in a struct that is zeroed otherwise. */
static inline void receiver_begin(struct http_receiver *h, int port)
{
    h->listener = listening(port);
    h->port = port_of(h->listener);
    assert_int_equal(pipe2(h->go, O_CLOEXEC), 0);
    if (!h->holds)
        let_go(h);
    pthread_mutex_init(&h->lock, NULL);
    assert_int_equal(pthread_create(&h->thread, NULL, serve, h), 0);
}

static inline void receiver_end(struct http_receiver *h)
{
    let_go(h);
    shutdown(h->listener, SHUT_RDWR);
    pthread_join(h->thread, NULL);
    close(h->listener);
    close(h->go[0]);
    for (size_t i = 0; i < h->count && i < REQUESTS_MAX; i++)
        free(h->got[i].body);
    pthread_mutex_destroy(&h->lock);
}

static inline size_t received(struct http_receiver *h)
{
    pthread_mutex_lock(&h->lock);
    size_t count = h->count;
    pthread_mutex_unlock(&h->lock);
    return count;
}

/* Fails the test after a minute. */
static inline void wait_for(struct http_receiver *h, size_t count)
{
    for (int i = 0; i < 6000 && received(h) < count; i++)
        usleep(10 * 1000);
    assert_int_equal(received(h), count);
}

/* Until it holds its first request: what is posted from then on is not part of that.
 * Fails the test after a minute. */
static inline void wait_held(struct http_receiver *h)
{
    size_t begun = 0;

    for (int i = 0; i < 6000 && begun == 0; i++) {
        usleep(10 * 1000);
        pthread_mutex_lock(&h->lock);
        begun = h->begun;
        pthread_mutex_unlock(&h->lock);
    }
    assert_int_equal(begun, 1);
}
