/* Compressed bodies, between complete and handled: inflated on their loop, for a moment
 * at a time, since it has other connections to serve. */
#include <stdlib.h>

#include "internal.h"
#include "spendwarden/timestamp.h"

enum {
    STEP_MAX = 1024 * 1024, /* comes out before the clock is looked at */
    FIRST_FACTOR = 4,       /* most JSON shrinks to less than a quarter */
};

static const int64_t TURN_NS = 5 * NS_PER_MS;

struct coding_headers {
    struct str value;
    int count;
};

static enum MHD_Result see_header(void *cls, enum MHD_ValueKind kind, const char *name,
                                  const char *value)
{
    struct coding_headers *found = cls;

    (void)kind;
    if (str_eq_nocase(str_of(name), STR(MHD_HTTP_HEADER_CONTENT_ENCODING))) {
        found->value = str_trim(str_of(value));
        found->count++;
    }
    return MHD_YES;
}

/* Who sends none may name its coding all the same. */
static bool has_body(const struct request *q)
{
    const char *length = http_header(&q->visible, MHD_HTTP_HEADER_CONTENT_LENGTH);

    return http_header(&q->visible, MHD_HTTP_HEADER_TRANSFER_ENCODING) ||
           (length && !str_eq(str_of(length), STR("0")));
}

bool http_coding_find(struct request *q)
{
    struct coding_headers found = {0};

    MHD_get_connection_values(q->connection, MHD_HEADER_KIND, see_header, &found);
    if (found.count == 0 || !has_body(q))
        return true;
    bool known = found.count == 1 && coding_find(found.value, &q->coding);
    if (known && (q->terms.compressed || q->coding == CODING_IDENTITY))
        return true;
    if (q->terms.compressed) {
        http_refuse(
            q, MHD_HTTP_UNSUPPORTED_MEDIA_TYPE,
            STR("Content-Encoding may be one of " CODINGS_KNOWN " and identity\n"));
        q->response.accept_encoding = CODINGS_KNOWN;
    } else {
        http_refuse(q, MHD_HTTP_UNSUPPORTED_MEDIA_TYPE,
                    STR("a compressed body is not taken here\n"));
        q->response.accept_encoding = "identity";
    }
    return false;
}

void http_inflate_put(struct request *q)
{
    struct http_loop *loop = q->loop;

    q->next = NULL;
    if (loop->coded)
        loop->coded_last->next = q;
    else
        loop->coded = q;
    loop->coded_last = q;
}

static void refuse_failed(struct request *q, const struct err *err)
{
    struct buf text = {0};

    __atomic_add_fetch(&q->loop->server->stats.inflate_failures, 1, __ATOMIC_RELAXED);
    buf_format(&text, "%s\n", err->text);
    http_refuse(
        q, err->kind == ERR_INPUT ? MHD_HTTP_BAD_REQUEST : MHD_HTTP_SERVICE_UNAVAILABLE,
        buf_str(&text));
    if (err->kind != ERR_INPUT)
        q->response.retry_after = "1";
    buf_release(&text);
}

static void refuse_large(struct request *q, struct str text)
{
    __atomic_add_fetch(&q->loop->server->stats.inflate_failures, 1, __ATOMIC_RELAXED);
    http_refuse(q, MHD_HTTP_CONTENT_TOO_LARGE, text);
}

/* What it may hold: one byte more tells that it is too large. */
static size_t most_of(const struct request *q)
{
    return q->terms.body_max + 1;
}

/* False: refused. Not for now if it would not fit even alone. */
static bool make_room(struct request *q, size_t size)
{
    struct http_server *s = q->loop->server;

    if (http_body_reserve(s, &q->inflated, size, most_of(q)))
        return true;
    size_t both = q->body.capacity + http_body_grown(&q->inflated, size, most_of(q));
    if (both > s->options.in_flight_max_bytes)
        refuse_large(q, STR("the body and what it inflates to are larger than "
                            "server.limits.in_flight\n"));
    else
        http_refuse_full(q);
    return false;
}

/* Room for what it may be; if there is none, it grows from less. */
static void begin(struct request *q)
{
    struct str body = {q->body.at, q->body.size};
    size_t guess =
        body.size < most_of(q) / FIRST_FACTOR ? body.size * FIRST_FACTOR : most_of(q);

    q->inflating = true;
    inflater_begin(q->loop->inflater, q->coding, body);
    http_body_reserve(q->loop->server, &q->inflated, guess, most_of(q));
}

/* False: done with it, one way or the other. */
static bool goes_on(struct request *q)
{
    struct http_body *b = &q->inflated;
    struct err err = {0};
    size_t made;

    if (!q->inflating)
        begin(q);
    if (!make_room(q, 1))
        return false;
    size_t room = b->capacity - HTTP_BODY_PADDING - b->size;
    enum inflating state = inflater_next(q->loop->inflater, b->at + b->size,
                                         room < STEP_MAX ? room : STEP_MAX, &made, &err);
    b->size += made;
    if (b->size > q->terms.body_max)
        refuse_large(
            q, STR("the body is larger than server.limits.body once it is inflated\n"));
    else if (state == INFLATE_FAILED)
        refuse_failed(q, &err);
    else
        return state == INFLATING;
    return false;
}

static struct request *take(struct http_loop *loop)
{
    struct request *q = loop->coded;

    loop->coded = q->next;
    return q;
}

static void finish(struct request *q)
{
    http_body_release(q->loop->server, &q->body);
    if (q->refused) {
        http_body_release(q->loop->server, &q->inflated);
    } else {
        q->body = q->inflated;
        q->inflated = (struct http_body){0};
    }
    http_inflated(q);
}

bool http_inflate_turn(struct http_loop *loop, bool last)
{
    int64_t end_ns = timestamp_monotonic() + TURN_NS;

    while (loop->coded && last) {
        http_refuse(loop->coded, MHD_HTTP_SERVICE_UNAVAILABLE,
                    STR("stopping, try again\n"));
        finish(take(loop));
    }
    while (loop->coded && timestamp_monotonic() < end_ns)
        if (!goes_on(loop->coded))
            finish(take(loop));
    return loop->coded != NULL;
}
