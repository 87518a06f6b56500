/* Spans and log records in protobuf: what they have beside attributes, and their ids. */
#include "otlp.h"
#include "protobuf.h"

const struct otlp_layout otlp_spans = {.trace_id = 1,
                                       .span_id = 2,
                                       .parent = 4,
                                       .name = 5,
                                       .kind = 6,
                                       .start = 7,
                                       .end = 8,
                                       .attributes = 9,
                                       .events = 11,
                                       .status = 15};
const struct otlp_layout otlp_logs = {
    .end = 1, .body = 5, .attributes = 6, .trace_id = 9, .span_id = 10, .event_name = 12};

struct str otlp_message_in(struct str message, unsigned number)
{
    struct pb r = pb_of(message);
    struct pb_field f;

    while (pb_next(&r, &f))
        if (f.number == number && f.wire == PB_BYTES)
            return f.bytes;
    return (struct str){NULL, 0};
}

int64_t otlp_time(uint64_t ns)
{
    return ns > INT64_MAX || (int64_t)ns < TIME_LEAST_NS ? 0 : (int64_t)ns;
}

static int64_t status_code(struct str status)
{
    struct pb r = pb_of(status);
    struct pb_field f;
    int64_t code = 0;

    while (pb_next(&r, &f))
        if (f.number == 3 && f.wire == PB_VARINT)
            code = (int64_t)f.value;
    return code;
}

enum { EVENT_NAME = 2, EVENT_ATTRIBUTES = 3 };

struct str otlp_exception_type(struct str event)
{
    struct pb r = pb_of(event);
    struct pb_field f;

    while (pb_next(&r, &f))
        if (f.number == EVENT_ATTRIBUTES && f.wire == PB_BYTES &&
            str_eq(otlp_message_in(f.bytes, 1), STR("exception.type")))
            return otlp_message_in(otlp_message_in(f.bytes, 2), 1);
    return (struct str){NULL, 0};
}

static void read_bytes(struct otlp_beside *out, const struct pb_field *f,
                       const struct otlp_layout *at)
{
    if (f->number == at->trace_id)
        out->trace_id = f->bytes;
    else if (f->number == at->span_id)
        out->span_id = f->bytes;
    else if (f->number == at->parent)
        out->parent = f->bytes;
    else if (f->number == at->name)
        out->name = f->bytes;
    else if (f->number == at->event_name)
        out->event_name = f->bytes;
    else if (f->number == at->body)
        out->body = otlp_message_in(f->bytes, 1);
    else if (f->number == at->status)
        out->status = status_code(f->bytes);
    else if (f->number == at->events &&
             str_eq(otlp_message_in(f->bytes, EVENT_NAME), STR("exception")))
        out->exception = f->bytes;
}

void otlp_read_beside(struct otlp_beside *out, struct str bytes,
                      const struct otlp_layout *at)
{
    struct pb r = pb_of(bytes);
    struct pb_field f;

    *out = (struct otlp_beside){.status = 0};
    while (pb_next(&r, &f)) {
        if (f.wire == PB_BYTES)
            read_bytes(out, &f, at);
        else if (f.wire == PB_VARINT && f.number == at->kind)
            out->kind = (int64_t)f.value;
        else if (f.wire == PB_FIXED64 && f.number == at->start)
            out->start_ns = otlp_time(f.value);
        else if (f.wire == PB_FIXED64 && f.number == at->end)
            out->end_ns = otlp_time(f.value);
    }
}

struct str otlp_hex(struct str id, size_t size, struct arena *arena)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char any = 0;
    char *text = id.size == size ? arena_alloc(arena, 2 * size) : NULL;

    for (size_t i = 0; text && i < size; i++) {
        unsigned char byte = (unsigned char)id.at[i];
        any |= byte;
        text[2 * i] = digits[byte >> 4];
        text[2 * i + 1] = digits[byte & 15];
    }
    return any ? (struct str){text, 2 * size} : (struct str){NULL, 0};
}
