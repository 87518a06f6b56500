/* What tests of OTLP metrics share: bodies made point by point, and a reader. */
#pragma once
#include "spendwarden/decode_points.h"
#include "wire.h"

enum { SUM = 7, HISTOGRAM = 9, EXPONENTIAL = 10 };
enum { DELTA = 1, CUMULATIVE = 2 };

struct made_point {
    const char *metric; /* NULL: gen_ai.client.token.usage */
    unsigned kind;      /* 0: HISTOGRAM */
    unsigned temporality;
    const char *type, *provider, *model;
    const char *scope, *service; /* NULL: "a scope", "shop" */
    unsigned start, time;        /* seconds from RECEIVED_NS; time 0: it has none */
    double tokens;
    bool whole; /* of SUM: an integer */
    bool empty; /* says that nothing was recorded */
};

static inline uint64_t bits_of(double number)
{
    uint64_t bits;

    memcpy(&bits, &number, sizeof bits);
    return bits;
}

static inline struct buf wire_point(const struct made_point *p)
{
    const unsigned attributes = p->kind == SUM ? 7 : p->kind == EXPONENTIAL ? 1 : 9;
    const uint64_t second = (uint64_t)NS_PER_SECOND;
    struct buf b = {0};

    put_fixed64(&b, 2, (uint64_t)RECEIVED_NS + p->start * second);
    if (p->time)
        put_fixed64(&b, 3, (uint64_t)RECEIVED_NS + p->time * second);
    if (p->type)
        put_attribute(&b, attributes, "gen_ai.token.type", p->type);
    put_attribute(&b, attributes, "gen_ai.provider.name",
                  p->provider ? p->provider : "openai");
    if (p->model)
        put_attribute(&b, attributes, "gen_ai.request.model", p->model);
    if (p->whole)
        put_fixed64(&b, 6, (uint64_t)p->tokens);
    else if (!p->empty)
        put_fixed64(&b, p->kind == SUM ? 4 : 5, bits_of(p->tokens));
    if (p->empty)
        put_number(&b, p->kind == SUM ? 8 : 10, 1);
    return b;
}

/* One ResourceMetrics of one metric and one point. */
static inline void put_point(struct buf *body, const struct made_point *p)
{
    struct buf point = wire_point(p), data = {0}, metric = {0};
    struct buf scope = {0}, scoped = {0}, resource = {0}, resourced = {0};

    put_message(&data, 1, &point);
    put_number(&data, 2, p->temporality);
    put_bytes(&metric, 1, str_of(p->metric ? p->metric : "gen_ai.client.token.usage"));
    put_message(&metric, p->kind ? p->kind : HISTOGRAM, &data);
    put_bytes(&scope, 1, str_of(p->scope ? p->scope : "a scope"));
    put_message(&scoped, 1, &scope);
    put_message(&scoped, 2, &metric);
    put_attribute(&resource, 1, "service.name", p->service ? p->service : "shop");
    put_message(&resourced, 1, &resource);
    put_message(&resourced, 2, &scoped);
    put_message(body, 1, &resourced);
}

struct reading {
    struct points_reader *reader;
    struct arena arena;
    char *body;
    struct token_point point;
    struct verdict_reason why;
};

static inline struct reading *reading_open(void)
{
    struct reading *r = calloc(1, sizeof *r);
    struct err err = {0};

    assert_true(points_open(&r->reader, 42, &err));
    arena_init(&r->arena, 0);
    return r;
}

static inline void reading_begin(struct reading *r, struct str body)
{
    free(r->body);
    r->body = malloc(body.size + JSON_PADDING);
    if (body.size)
        memcpy(r->body, body.at, body.size);
    memset(r->body + body.size, 0, JSON_PADDING);
    points_begin(r->reader, (struct str){r->body, body.size}, &r->arena);
}

static inline enum verdict reading_next(struct reading *r)
{
    return points_next(r->reader, &r->point, &r->why);
}

/* Begins with the body, which is released. */
static inline enum verdict reading_take(struct reading *r, struct buf *body)
{
    reading_begin(r, buf_str(body));
    buf_release(body);
    return reading_next(r);
}

static inline void reading_close(struct reading *r)
{
    points_close(r->reader);
    arena_release(&r->arena);
    free(r->body);
    free(r);
}
