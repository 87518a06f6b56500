/* A request in protobuf as text, by the table of the fields that are kept: messages as
 * 2{...}, text as 5:..., ids as 1#hex, integers as 6=3, doubles as 4~0.5; fields in order
 * of their numbers. */
#pragma once
#include <inttypes.h>

#include "../../../src/decode/otlp_json.h"
#include "../../../src/decode/otlp_json_fields.h"

struct wire_field {
    unsigned number, wire;
    uint64_t value;
    struct str bytes;
};

static bool wire_varint(struct str *at, uint64_t *out)
{
    *out = 0;
    for (unsigned shift = 0; shift < 70; shift += 7) {
        if (at->size == 0)
            return false;
        unsigned char byte = (unsigned char)*at->at;
        *at = str_from(*at, 1);
        *out |= shift < 64 ? (uint64_t)(byte & 0x7F) << shift : 0;
        if (byte < 0x80)
            return true;
    }
    return false;
}

static bool wire_bytes(struct str *at, size_t size, struct str *out)
{
    if (size > at->size)
        return false;
    *out = (struct str){at->at, size};
    *at = str_from(*at, size);
    return true;
}

static bool wire_next(struct str *at, struct wire_field *out)
{
    uint64_t tag;

    if (!wire_varint(at, &tag))
        return false;
    out->number = (unsigned)(tag >> 3);
    out->wire = tag & 7;
    if (out->wire == 0)
        return wire_varint(at, &out->value);
    if (out->wire == 2)
        return wire_varint(at, &out->value) && wire_bytes(at, out->value, &out->bytes);
    if (!wire_bytes(at, out->wire == 1 ? 8 : 4, &out->bytes))
        return false;
    out->value = 0;
    for (size_t i = out->bytes.size; i-- > 0;)
        out->value = out->value << 8 | (unsigned char)out->bytes.at[i];
    return out->wire == 1 || out->wire == 5;
}

static unsigned wire_of(enum otlp_kind kind)
{
    switch (kind) {
    case OTLP_INT64:
    case OTLP_ENUM:
    case OTLP_BOOL:
        return 0;
    case OTLP_FIXED64:
    case OTLP_SFIXED64:
    case OTLP_DOUBLE:
        return 1;
    default:
        return 2;
    }
}

static void wire_text(struct buf *text, const struct otlp_field *f,
                      const struct wire_field *w)
{
    double number;

    if (f->kind == OTLP_STRING) {
        buf_format(text, "%u:%.*s ", f->number, STR_ARG(w->bytes));
    } else if (f->kind == OTLP_DOUBLE) {
        memcpy(&number, &w->value, sizeof number);
        buf_format(text, "%u~%.17g ", f->number, number);
    } else if (w->wire != 2) {
        buf_format(text, "%u=%" PRId64 " ", f->number, (int64_t)w->value);
    } else {
        buf_format(text, "%u#", f->number);
        for (size_t i = 0; i < w->bytes.size; i++)
            buf_format(text, "%02x", (unsigned char)w->bytes.at[i]);
        buf_byte(text, ' ');
    }
}

/* What proto3 leaves out if it is nothing, where it does not choose one of several. */
static bool wire_is_default(const struct otlp_message *m, const struct otlp_field *f,
                            const struct wire_field *w)
{
    bool chosen = m->fields[0].kind == OTLP_STRING && m->count == 7; /* AnyValue */

    return !chosen && f->kind != OTLP_SFIXED64 && f->kind != OTLP_DOUBLE &&
           f->kind != OTLP_MESSAGE && w->value == 0;
}

/* Fields that the table does not have are left out, so are defaults if `defaults` says
 * so. False: the message is broken, or a field has another wire type. */
static bool wire_dump(struct buf *text, const struct otlp_message *m, struct str message,
                      bool defaults)
{
    for (unsigned number = 1; number < 16; number++) {
        const struct otlp_field *f = NULL;
        struct str at = message;
        struct wire_field w = {0};
        for (size_t i = 0; i < m->count; i++)
            f = m->fields[i].number == number ? &m->fields[i] : f;
        while (at.size) {
            if (!wire_next(&at, &w))
                return false;
            if (!f || w.number != number || (!defaults && wire_is_default(m, f, &w)))
                continue;
            if (w.wire != wire_of(f->kind))
                return false;
            if (f->kind != OTLP_MESSAGE) {
                wire_text(text, f, &w);
                continue;
            }
            buf_format(text, "%u{", number);
            if (!wire_dump(text, f->message, w.bytes, defaults))
                return false;
            buf_add(text, STR("} "));
        }
    }
    return true;
}
