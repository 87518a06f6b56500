/* OTLP bodies in protobuf, put together field by field. */
#pragma once
#include "session.h"

static inline void put_varint(struct buf *b, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        buf_byte(b, (char)(value | 0x80));
    buf_byte(b, (char)value);
}

static inline void put_bytes(struct buf *b, unsigned field, struct str bytes)
{
    put_varint(b, field << 3 | 2);
    put_varint(b, bytes.size);
    buf_add(b, bytes);
}

static inline void put_number(struct buf *b, unsigned field, uint64_t value)
{
    put_varint(b, field << 3);
    put_varint(b, value);
}

static inline void put_fixed64(struct buf *b, unsigned field, uint64_t value)
{
    put_varint(b, field << 3 | 1);
    for (int i = 0; i < 8; i++)
        buf_byte(b, (char)(value >> 8 * i));
}

/* `message` as a field, and released. */
static inline void put_message(struct buf *b, unsigned field, struct buf *message)
{
    put_bytes(b, field, buf_str(message));
    buf_release(message);
}

/* A KeyValue in field `field`: of digits an int, else a string. */
static inline void put_attribute(struct buf *b, unsigned field, const char *key,
                                 const char *value)
{
    struct buf any = {0}, pair = {0};
    int64_t number;

    if (str_to_int64(str_of(value), &number))
        put_number(&any, 3, (uint64_t)number);
    else
        put_bytes(&any, 1, str_of(value));
    put_bytes(&pair, 1, str_of(key));
    put_message(&pair, 2, &any);
    put_message(b, field, &pair);
}

struct made_span {
    const char *trace, *id, *parent; /* 16, 8 and 8 bytes; parent may be NULL */
    const char *scope;
    unsigned seconds;           /* from 2026-11-24T01:00:00Z, and as long */
    const char *attributes[24]; /* name, value, ..., NULL */
};

#define TRACE "0123456789abcdef"

static inline struct buf wire_span(const struct made_span *s)
{
    const uint64_t start = (uint64_t)RECEIVED_NS;
    struct buf b = {0};

    put_bytes(&b, 1, str_of(s->trace));
    put_bytes(&b, 2, str_of(s->id));
    if (s->parent)
        put_bytes(&b, 4, str_of(s->parent));
    put_bytes(&b, 5, STR("some name"));
    put_fixed64(&b, 7, start);
    put_fixed64(&b, 8, start + s->seconds * (uint64_t)NS_PER_SECOND);
    for (size_t i = 0; s->attributes[i]; i += 2)
        put_attribute(&b, 9, s->attributes[i], s->attributes[i + 1]);
    return b;
}

/* One ResourceSpans (or ResourceLogs) of one scope and one item, in field 1. */
static inline void put_item(struct buf *body, const char *scope_name, struct buf *item)
{
    struct buf scope = {0}, scoped = {0}, resource = {0}, resourced = {0};

    put_bytes(&scope, 1, str_of(scope_name));
    put_message(&scoped, 1, &scope);
    put_message(&scoped, 2, item);
    put_attribute(&resource, 1, "service.name", "shop");
    put_message(&resourced, 1, &resource);
    put_message(&resourced, 2, &scoped);
    put_message(body, 1, &resourced);
}

static inline void put_span(struct buf *body, const struct made_span *s)
{
    struct buf span = wire_span(s);

    put_item(body, s->scope ? s->scope : "a scope", &span);
}
