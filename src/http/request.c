/* One request's life: admit, collect the body, hand over, answer now or later. */
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>

#include "internal.h"
#include "spendwarden/timestamp.h"

enum {
    ARENA_MAX = 512 * 1024 * 1024,
    /* A refused body up to this is read to its end, so that its sender reads the answer.
     */
    DRAIN_MAX = 128 * 1024 * 1024,
};

/* Where a put-off answer stands: who comes second does the resuming. */
enum deferral { NOT_DEFERRED, SUSPENDED, ANSWERED };

static void count(int64_t *counter, int64_t by)
{
    __atomic_add_fetch(counter, by, __ATOMIC_RELAXED);
}

const char *http_query(const struct http_request *r, const char *name)
{
    return MHD_lookup_connection_value(r->connection, MHD_GET_ARGUMENT_KIND, name);
}

struct query_walk {
    http_visit_query *visit;
    void *ctx;
    bool ok;
};

static enum MHD_Result walk_query(void *cls, enum MHD_ValueKind kind, const char *name,
                                  const char *value)
{
    struct query_walk *walk = cls;

    (void)kind;
    walk->ok = walk->visit(walk->ctx, name, value);
    return walk->ok ? MHD_YES : MHD_NO;
}

bool http_query_each(const struct http_request *r, http_visit_query *visit, void *ctx)
{
    struct query_walk walk = {visit, ctx, true};

    MHD_get_connection_values(r->connection, MHD_GET_ARGUMENT_KIND, walk_query, &walk);
    return walk.ok;
}

const char *http_header(const struct http_request *r, const char *name)
{
    return MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND, name);
}

struct http_peer *http_request_peer(const struct http_request *r)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(r->connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

    return info ? info->socket_context : NULL;
}

static int64_t declared_size(const struct http_request *r)
{
    const char *text = http_header(r, "Content-Length");
    int64_t size;

    return text && str_to_int64(str_of(text), &size) && size >= 0 ? size : -1;
}

void http_refuse(struct request *q, unsigned status, struct str text)
{
    const struct http_options *o = &q->loop->server->options;

    q->refused = true;
    buf_release(&q->response.body);
    q->response = (struct http_response){.status = status, .content_type = "text/plain"};
    buf_add(&q->response.body, text);
    if (o->refused)
        o->refused(o->ctx, &q->visible, &q->response);
}

void http_refuse_full(struct request *q)
{
    count(&q->loop->server->stats.refused_full, 1);
    http_refuse(q, MHD_HTTP_SERVICE_UNAVAILABLE,
                STR("too many bytes in flight, try again\n"));
    q->response.retry_after = "1";
}

static void refuse_large(struct request *q)
{
    http_refuse(q, MHD_HTTP_CONTENT_TOO_LARGE,
                STR("body larger than server.limits.body\n"));
}

static struct request *request_new(struct http_loop *loop,
                                   struct MHD_Connection *connection, const char *method,
                                   const char *url)
{
    struct http_server *server = loop->server;
    struct request *q = calloc(1, sizeof *q);

    if (!q)
        return NULL;
    arena_init(&q->arena, ARENA_MAX);
    q->loop = loop;
    q->connection = connection;
    q->visible = (struct http_request){
        .method = str_of(method),
        .path = str_of(url),
        .arena = &q->arena,
        .received_ns = timestamp_now(),
        .loop = loop->index,
        .connection = connection,
    };
    count(&server->stats.requests, 1);
    count(&server->open_requests, 1);
    if (server->options.admit(server->options.ctx, &q->visible, &q->terms, &q->response))
        q->refused = true;
    else if (http_coding_find(q) &&
             declared_size(&q->visible) > (int64_t)q->terms.body_max)
        refuse_large(q);
    return q;
}

static void request_free(struct request *q)
{
    count(&q->loop->server->open_requests, -1);
    count(&q->loop->server->handed_requests, -(int64_t)q->handed);
    buf_release(&q->response.body);
    arena_release(&q->arena);
    http_body_release(q->loop->server, &q->body);
    http_body_release(q->loop->server, &q->inflated);
    free(q);
}

static void take_data(struct request *q, const char *data, size_t size)
{
    struct http_body *body = &q->body;
    size_t most = q->terms.body_max;

    if (q->refused)
        return;
    if (size > most - body->size) {
        refuse_large(q);
    } else if (!http_body_reserve(q->loop->server, body, size, most)) {
        http_refuse_full(q);
    } else {
        memcpy(body->at + body->size, data, size);
        body->size += size;
    }
}

static enum MHD_Result send_response(struct request *q)
{
    struct http_response *r = &q->response;

    if (r->body.failed)
        http_refuse(q, MHD_HTTP_INTERNAL_SERVER_ERROR, STR("no memory for the answer\n"));
    struct MHD_Response *response =
        MHD_create_response_from_buffer(r->body.size, r->body.at, MHD_RESPMEM_MUST_FREE);

    if (!response)
        return MHD_NO;
    r->body = (struct buf){0};
    if (r->content_type)
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, r->content_type);
    if (r->content_encoding)
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_ENCODING,
                                r->content_encoding);
    if (r->vary)
        MHD_add_response_header(response, MHD_HTTP_HEADER_VARY, r->vary);
    if (r->retry_after)
        MHD_add_response_header(response, MHD_HTTP_HEADER_RETRY_AFTER, r->retry_after);
    if (r->accept_encoding)
        MHD_add_response_header(response, MHD_HTTP_HEADER_ACCEPT_ENCODING,
                                r->accept_encoding);
    if (r->allow)
        MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, r->allow);
    if (r->status == MHD_HTTP_UNAUTHORIZED)
        MHD_add_response_header(response, MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Bearer");
    enum MHD_Result sent = MHD_queue_response(q->connection, r->status, response);
    MHD_destroy_response(response);
    q->answered = true;
    return sent;
}

/* True: *out is the answer. False: http_respond has it, or will. */
static bool handle(struct request *q, struct http_response *out)
{
    const struct http_options *o = &q->loop->server->options;

    if (q->body.at)
        memset(q->body.at + q->body.size, 0, HTTP_BODY_PADDING);
    q->visible.body =
        q->body.at ? (struct str){q->body.at, q->body.size} : (struct str){"", 0};
    return o->handle(o->ctx, &q->visible, out);
}

static enum MHD_Result hand_over(struct request *q)
{
    int expected = NOT_DEFERRED;

    q->handed = true;
    count(&q->loop->server->handed_requests, 1);
    if (q->coding != CODING_IDENTITY)
        http_inflate_put(q);
    else if (handle(q, &q->response))
        return send_response(q);

    MHD_suspend_connection(q->connection);
    if (!__atomic_compare_exchange_n(&q->deferral, &expected, SUSPENDED, false,
                                     __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        http_loop_resume(q->loop, q->connection); /* answered in the meantime */
    return MHD_YES;
}

void http_respond(struct http_request *r, struct http_response *response)
{
    struct request *q = (struct request *)r;

    q->response = *response;
    *response = (struct http_response){0};
    if (__atomic_exchange_n(&q->deferral, ANSWERED, __ATOMIC_ACQ_REL) == SUSPENDED)
        http_loop_resume(q->loop, q->connection);
}

void http_inflated(struct request *q)
{
    struct http_response response = q->response;

    if (q->refused || handle(q, &response))
        http_respond(&q->visible, &response);
}

enum MHD_Result http_on_data(void *cls, struct MHD_Connection *connection,
                             const char *url, const char *method, const char *version,
                             const char *data, size_t *data_size, void **state)
{
    struct request *q = *state;

    (void)version;
    if (!q) {
        *state = q = request_new(cls, connection, method, url);
        if (q && q->refused && declared_size(&q->visible) > DRAIN_MAX)
            return send_response(q); /* and the connection is closed */
        return q ? MHD_YES : MHD_NO;
    }
    if (*data_size > 0) {
        take_data(q, data, *data_size);
        *data_size = 0;
        return MHD_YES;
    }
    if (q->answered)
        return MHD_YES;
    if (q->refused || __atomic_load_n(&q->deferral, __ATOMIC_ACQUIRE) == ANSWERED)
        return send_response(q);
    return hand_over(q);
}

void http_on_completed(void *cls, struct MHD_Connection *connection, void **state,
                       enum MHD_RequestTerminationCode code)
{
    (void)cls;
    (void)connection;
    (void)code;
    if (*state)
        request_free(*state);
    *state = NULL;
}

static struct http_peer *peer_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    char address[NI_MAXHOST] = "";

    if (info && info->client_addr)
        getnameinfo(info->client_addr,
                    info->client_addr->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
                                                             : sizeof(struct sockaddr_in),
                    address, sizeof address, NULL, 0, NI_NUMERICHOST);
    return http_peer_open(address);
}

void http_on_connection(void *cls, struct MHD_Connection *connection, void **state,
                        enum MHD_ConnectionNotificationCode code)
{
    struct http_loop *loop = cls;
    bool started = code == MHD_CONNECTION_NOTIFY_STARTED;

    count(&loop->server->stats.connections, started ? 1 : -1);
    if (started) {
        *state = peer_of(connection);
        return;
    }
    http_peer_close(*state);
    *state = NULL;
}
