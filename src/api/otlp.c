#include "otlp.h"

static const char protobuf_type[] = "application/x-protobuf";
static const char json_type[] = "application/json";

enum otlp_signal otlp_signal_of(struct str path)
{
    static const struct {
        struct str end;
        enum otlp_signal signal;
    } signals[] = {{STR("/v1/traces"), OTLP_TRACES},
                   {STR("/v1/logs"), OTLP_LOGS},
                   {STR("/v1/metrics"), OTLP_METRICS}};

    for (size_t i = 0; i < 3; i++)
        if (str_ends(path, signals[i].end))
            return signals[i].signal;
    return OTLP_NONE;
}

/* Without its parameters. */
static bool has_type(const struct http_request *r, const char *type)
{
    const char *header = http_header(r, "Content-Type");
    size_t size = header ? strcspn(header, "; ") : 0;

    return str_eq_nocase((struct str){header, size}, str_of(type));
}

bool otlp_wants_json(const struct http_request *r)
{
    return has_type(r, json_type);
}

bool otlp_refuse_type(const struct http_request *r, struct http_response *out)
{
    if (!http_header(r, "Content-Type") || has_type(r, json_type) ||
        has_type(r, protobuf_type))
        return false;
    out->status = 415;
    out->content_type = "text/plain; charset=utf-8";
    buf_add(&out->body,
            STR("Content-Type is application/x-protobuf or application/json\n"));
    return true;
}

static void put_varint(struct buf *b, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        buf_byte(b, (char)(value | 0x80));
    buf_byte(b, (char)value);
}

/* Fields 1, a number, and 2, a text: both messages have no others. */
static void put_message(struct buf *b, uint64_t number, struct str text)
{
    buf_byte(b, 1 << 3);
    put_varint(b, number);
    buf_byte(b, 2 << 3 | 2);
    put_varint(b, text.size);
    buf_add(b, text);
}

static const char *rejected_name(enum otlp_signal signal)
{
    return signal == OTLP_TRACES ? "rejectedSpans"
           : signal == OTLP_LOGS ? "rejectedLogRecords"
                                 : "rejectedDataPoints";
}

static void put_partial(struct buf *out, uint64_t rejected, struct str why)
{
    struct buf partial = {0};

    put_message(&partial, rejected, why);
    buf_byte(out, 1 << 3 | 2);
    put_varint(out, partial.size);
    buf_add(out, buf_str(&partial));
    out->failed |= partial.failed;
    buf_release(&partial);
}

void otlp_respond(const struct http_request *r, struct http_response *out,
                  size_t rejected, struct str why)
{
    bool json = otlp_wants_json(r);

    out->status = 200;
    out->content_type = json ? json_type : protobuf_type;
    if (json && !rejected) {
        buf_add(&out->body, STR("{}"));
    } else if (json) {
        buf_format(&out->body, "{\"partialSuccess\":{\"%s\":\"%zu\",\"errorMessage\":",
                   rejected_name(otlp_signal_of(r->path)), rejected);
        buf_json(&out->body, why);
        buf_add(&out->body, STR("}}"));
    } else if (rejected) {
        put_partial(&out->body, rejected, why);
    }
}

/* google.rpc.Code */
static int code_of(unsigned status)
{
    enum { INVALID_ARGUMENT = 3, PERMISSION_DENIED = 7, RESOURCE_EXHAUSTED = 8 };
    enum { INTERNAL = 13, UNAVAILABLE = 14, UNAUTHENTICATED = 16 };

    switch (status) {
    case 401:
        return UNAUTHENTICATED;
    case 403:
        return PERMISSION_DENIED;
    case 413:
        return RESOURCE_EXHAUSTED;
    case 500:
        return INTERNAL;
    case 503:
        return UNAVAILABLE;
    default:
        return INVALID_ARGUMENT;
    }
}

void otlp_dress(const struct http_request *r, struct http_response *out)
{
    struct buf plain = out->body;
    struct str text = buf_str(&plain);
    int code = code_of(out->status);

    if (text.size && text.at[text.size - 1] == '\n')
        text.size--;
    out->body = (struct buf){.failed = plain.failed};
    out->content_type = otlp_wants_json(r) ? json_type : protobuf_type;
    if (otlp_wants_json(r)) {
        buf_format(&out->body, "{\"code\":%d,\"message\":", code);
        buf_json(&out->body, text);
        buf_byte(&out->body, '}');
    } else {
        put_message(&out->body, (uint64_t)code, text);
    }
    buf_release(&plain);
}
