/* The listener and its loops. MHD is driven from outside: its own epoll loop stalls when
 * exactly 128 connections are ready, and an external loop can commit for all requests
 * that are ready at once before it answers any. */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "internal.h"
#include "spendwarden/timestamp.h"

#define SENDING_GRACE_NS (NS_PER_SECOND / 2)

enum {
    CONNECTION_MEMORY = 32 * 1024,
    LOOP_STACK = 16 * 1024 * 1024, /* policies run on it */
    BACKLOG = 1024,
    WAIT_MAX_MS = 1000,
    TURNS_MAX = 64,
};

static bool bind_listener(struct http_server *s, struct err *err)
{
    const struct http_options *o = &s->options;
    struct addrinfo hints = {.ai_flags = AI_PASSIVE | AI_NUMERICSERV,
                             .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    char port[16];
    int on = 1;

    snprintf(port, sizeof port, "%d", o->port);
    int rc = getaddrinfo(o->host, port, &hints, &found);
    if (rc != 0)
        return err_set(err, ERR_CONFIG, "server.listen: %s: %s", o->host,
                       gai_strerror(rc));
    s->listen_socket =
        socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    bool bound =
        s->listen_socket != -1 &&
        setsockopt(s->listen_socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
        bind(s->listen_socket, found->ai_addr, found->ai_addrlen) == 0 &&
        listen(s->listen_socket, BACKLOG) == 0;
    freeaddrinfo(found);
    return bound || err_set(err, ERR_IO, "server.listen: %s:%d: %m", o->host, o->port);
}

static bool read_port(struct http_server *s, struct err *err)
{
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    char port[16];

    if (getsockname(s->listen_socket, (struct sockaddr *)&address, &size) != 0 ||
        getnameinfo((struct sockaddr *)&address, size, NULL, 0, port, sizeof port,
                    NI_NUMERICSERV) != 0)
        return err_set(err, ERR_IO, "server.listen: cannot tell the port: %m");
    s->port = atoi(port);
    return true;
}

static void wait_for_work(struct http_loop *loop, bool busy)
{
    struct pollfd ready[] = {{.fd = loop->epoll, .events = POLLIN},
                             {.fd = loop->wake, .events = POLLIN}};
    MHD_UNSIGNED_LONG_LONG timeout;
    int wait_ms = busy ? 0 : WAIT_MAX_MS;
    eventfd_t ignored;

    if (__atomic_exchange_n(&loop->resumed, false, __ATOMIC_ACQ_REL))
        return;
    if (MHD_get_timeout(loop->daemon, &timeout) == MHD_YES && timeout < (unsigned)wait_ms)
        wait_ms = (int)timeout;
    poll(ready, 2, wait_ms);
    if (ready[1].revents)
        eventfd_read(loop->wake, &ignored);
}

void http_loop_resume(struct http_loop *loop, struct MHD_Connection *connection)
{
    MHD_resume_connection(connection);
    __atomic_store_n(&loop->resumed, true, __ATOMIC_RELEASE);
    if (!pthread_equal(pthread_self(), loop->thread))
        eventfd_write(loop->wake, 1);
}

/* All that can go on at once: MHD takes a body in small steps, one a turn. A commit
 * between two of them would cost every other request its time. */
static void run_ready(struct http_loop *loop)
{
    MHD_UNSIGNED_LONG_LONG timeout;
    int turns = 0;

    do
        MHD_run_wait(loop->daemon, 0);
    while (++turns < TURNS_MAX && MHD_get_timeout(loop->daemon, &timeout) == MHD_YES &&
           timeout == 0);
}

static void *run_loop(void *arg)
{
    struct http_loop *loop = arg;
    const struct http_options *o = &loop->server->options;

    bool busy = false;

    while (!__atomic_load_n(&loop->server->ended, __ATOMIC_ACQUIRE)) {
        wait_for_work(loop, busy);
        run_ready(loop);
        busy = http_inflate_turn(loop, false);
        busy |= o->idle(o->ctx, loop->index, false);
    }
    http_inflate_turn(loop, true);
    o->idle(o->ctx, loop->index, true);
    return NULL;
}

static bool start_daemon(struct http_loop *loop, struct err *err)
{
    struct http_server *s = loop->server;
    size_t connections = (size_t)s->options.connections_max + s->options.loops - 1;
    int listener = fcntl(s->listen_socket, F_DUPFD_CLOEXEC, 0); /* MHD closes it */

    if (listener == -1)
        return err_set(err, ERR_IO, "listener: %m");
    loop->daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC, 0, NULL, NULL,
        http_on_data, loop, MHD_OPTION_LISTEN_SOCKET, listener,
        MHD_OPTION_NOTIFY_COMPLETED, http_on_completed, loop,
        MHD_OPTION_NOTIFY_CONNECTION, http_on_connection, loop,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)(connections / s->options.loops),
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)s->options.idle_timeout_s,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY, MHD_OPTION_END);
    if (!loop->daemon) {
        close(listener);
        return err_set(err, ERR_IO, "HTTP server did not start: %m");
    }
    loop->epoll = MHD_get_daemon_info(loop->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    return true;
}

static bool start_loop(struct http_loop *loop, struct err *err)
{
    pthread_attr_t attributes;

    if (!inflater_open(&loop->inflater, err) || !start_daemon(loop, err))
        return false;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, LOOP_STACK);
    errno = pthread_create(&loop->thread, &attributes, run_loop, loop);
    pthread_attr_destroy(&attributes);
    if (errno != 0)
        return err_set(err, ERR_IO, "loop thread: %m");
    loop->started = true;
    return true;
}

bool http_open(struct http_server **out, const struct http_options *options,
               struct err *err)
{
    struct http_server *s = calloc(1, sizeof *s);

    *out = NULL;
    if (!s)
        return err_set(err, ERR_MEMORY, "HTTP server: no memory");
    s->options = *options;
    s->listen_socket = -1;
    s->loops = calloc(options->loops, sizeof *s->loops);
    if (!s->loops || !bind_listener(s, err) || !read_port(s, err))
        goto fail;
    for (size_t i = 0; i < options->loops; i++) {
        s->loops[i] = (struct http_loop){
            .server = s, .index = i, .wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
        if (s->loops[i].wake == -1) {
            err_set(err, ERR_IO, "eventfd: %m");
            goto fail;
        }
        s->loop_count++;
        if (!start_loop(&s->loops[i], err))
            goto fail;
    }
    *out = s;
    return true;

fail:
    http_close(s, 0);
    return false;
}

int http_port(const struct http_server *s)
{
    return s->port;
}

static void stop_accepting(struct http_server *s)
{
    for (size_t i = 0; i < s->loop_count; i++) {
        int listener = s->loops[i].daemon ? MHD_quiesce_daemon(s->loops[i].daemon) : -1;
        if (listener != -1)
            close(listener);
    }
}

/* What is complete gets its answer; who still sends gets a moment to finish. */
static void wait_for_answers(const struct http_server *s, int64_t began, int64_t grace_ns)
{
    for (;;) {
        int64_t passed = timestamp_monotonic() - began;
        bool open = __atomic_load_n(&s->open_requests, __ATOMIC_RELAXED) > 0;
        bool handed = __atomic_load_n(&s->handed_requests, __ATOMIC_RELAXED) > 0;
        if (!open || passed >= grace_ns || (!handed && passed >= SENDING_GRACE_NS))
            return;
        usleep(2000);
    }
}

static void release_loop(struct http_loop *loop)
{
    if (loop->daemon)
        MHD_stop_daemon(loop->daemon);
    inflater_close(loop->inflater);
    close(loop->wake);
}

void http_close(struct http_server *s, int64_t grace_ns)
{
    if (!s)
        return;
    stop_accepting(s);
    wait_for_answers(s, timestamp_monotonic(), grace_ns);
    __atomic_store_n(&s->ended, true, __ATOMIC_RELEASE);
    for (size_t i = 0; i < s->loop_count; i++)
        if (s->loops[i].started)
            pthread_join(s->loops[i].thread, NULL);
    for (size_t i = 0; i < s->loop_count; i++)
        release_loop(&s->loops[i]);
    if (s->listen_socket != -1)
        close(s->listen_socket);
    free(s->loops);
    free(s);
}

void http_stats(const struct http_server *s, struct http_stats *out)
{
    out->requests = __atomic_load_n(&s->stats.requests, __ATOMIC_RELAXED);
    out->refused_full = __atomic_load_n(&s->stats.refused_full, __ATOMIC_RELAXED);
    out->inflate_failures = __atomic_load_n(&s->stats.inflate_failures, __ATOMIC_RELAXED);
    out->in_flight_bytes = __atomic_load_n(&s->stats.in_flight_bytes, __ATOMIC_RELAXED);
    out->connections = __atomic_load_n(&s->stats.connections, __ATOMIC_RELAXED);
}
