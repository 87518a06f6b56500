/* protobuf-c beside our own reader: the same message as text from both, and what each
 * takes an attribute's value for. */
#pragma once
#include "session.h"

#include <inttypes.h>
#include <math.h>

#include "../../../src/decode/otlp.h"
#include "../../../src/decode/protobuf.h"
#include "otlp.pb-c.h"
#include "spendwarden/utf8.h"

static inline struct str peer_bytes(ProtobufCBinaryData b)
{
    return (struct str){(const char *)b.data, b.len};
}

static inline void *peer_read(const ProtobufCMessageDescriptor *type, struct str bytes)
{
    ProtobufCMessage *m =
        protobuf_c_message_unpack(type, NULL, bytes.size, (const uint8_t *)bytes.at);

    assert_non_null(m);
    return m;
}

static inline struct buf peer_packed(const void *message)
{
    struct buf out = {0};
    char *at = buf_reserve(&out, protobuf_c_message_get_packed_size(message) + 1);

    out.size = protobuf_c_message_pack(message, (uint8_t *)at);
    return out;
}

/* --- as text: fields by their numbers, absent ones as nothing or 0 --- */

static inline void peer_dump_number(struct buf *out, const ProtobufCFieldDescriptor *f,
                                    uint64_t value)
{
    if (f->type == PROTOBUF_C_TYPE_DOUBLE)
        buf_format(out, "%u~%.17g ", f->id, pb_double(value));
    else if (f->type == PROTOBUF_C_TYPE_BOOL)
        buf_format(out, "%u=%d ", f->id, value != 0);
    else if (f->type == PROTOBUF_C_TYPE_UINT32 || f->type == PROTOBUF_C_TYPE_FIXED32)
        buf_format(out, "%u=%" PRIu32 " ", f->id, (uint32_t)value);
    else
        buf_format(out, "%u=%" PRIu64 " ", f->id, value);
}

static inline void peer_dump_bytes(struct buf *out, const ProtobufCFieldDescriptor *f,
                                   struct str bytes)
{
    buf_format(out, "%u:%zu:", f->id, bytes.size);
    if (bytes.size)
        buf_add(out, bytes);
    buf_byte(out, ' ');
}

static inline uint64_t peer_number(const ProtobufCFieldDescriptor *f, const void *member)
{
    uint64_t value = 0;
    bool narrow = f->type != PROTOBUF_C_TYPE_DOUBLE && f->type != PROTOBUF_C_TYPE_INT64 &&
                  f->type != PROTOBUF_C_TYPE_FIXED64;
    uint32_t word;

    memcpy(&word, member, sizeof word);
    if (narrow)
        return word;
    memcpy(&value, member, sizeof value);
    return value;
}

static inline void peer_dump(struct buf *out, const ProtobufCMessage *m);

static inline void peer_dump_message(struct buf *out, const ProtobufCFieldDescriptor *f,
                                     const ProtobufCMessage *m)
{
    if (!m)
        return;
    buf_format(out, "%u{", f->id);
    peer_dump(out, m);
    buf_add(out, STR("} "));
}

static inline void peer_dump_field(struct buf *out, const ProtobufCMessage *m,
                                   const ProtobufCFieldDescriptor *f)
{
    const char *member = (const char *)m + f->offset;
    const char *quantifier = (const char *)m + f->quantifier_offset;

    if (f->label == PROTOBUF_C_LABEL_REPEATED) {
        size_t count = *(const size_t *)quantifier;
        for (size_t i = 0; i < count; i++)
            peer_dump_message(out, f, (*(ProtobufCMessage *const *const *)member)[i]);
    } else if ((f->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) &&
               *(const uint32_t *)quantifier != f->id) {
        return;
    } else if (f->type == PROTOBUF_C_TYPE_MESSAGE) {
        peer_dump_message(out, f, *(ProtobufCMessage *const *)member);
    } else if (f->type == PROTOBUF_C_TYPE_BYTES) {
        peer_dump_bytes(out, f, peer_bytes(*(const ProtobufCBinaryData *)member));
    } else {
        peer_dump_number(out, f, peer_number(f, member));
    }
}

static inline void peer_dump(struct buf *out, const ProtobufCMessage *m)
{
    for (unsigned i = 0; i < m->descriptor->n_fields; i++)
        peer_dump_field(out, m, &m->descriptor->fields[i]);
}

/* --- the same by our reader --- */

static inline enum pb_wire own_wire(const ProtobufCFieldDescriptor *f)
{
    switch (f->type) {
    case PROTOBUF_C_TYPE_MESSAGE:
    case PROTOBUF_C_TYPE_BYTES:
        return PB_BYTES;
    case PROTOBUF_C_TYPE_DOUBLE:
    case PROTOBUF_C_TYPE_FIXED64:
        return PB_FIXED64;
    case PROTOBUF_C_TYPE_FIXED32:
        return PB_FIXED32;
    default:
        return PB_VARINT;
    }
}

static inline void own_dump(struct buf *out, const ProtobufCMessageDescriptor *type,
                            struct str bytes);

static inline void own_dump_value(struct buf *out, const ProtobufCFieldDescriptor *f,
                                  const struct pb_field *v)
{
    if (f->type == PROTOBUF_C_TYPE_BYTES) {
        peer_dump_bytes(out, f, v->bytes);
    } else if (f->type != PROTOBUF_C_TYPE_MESSAGE) {
        peer_dump_number(out, f, v->value);
    } else {
        buf_format(out, "%u{", f->id);
        own_dump(out, f->descriptor, v->bytes);
        buf_add(out, STR("} "));
    }
}

/* Of the fields of which only one can be there, the last one is. */
static inline unsigned own_chosen(const ProtobufCMessageDescriptor *type,
                                  struct str bytes)
{
    struct pb r = pb_of(bytes);
    struct pb_field v;
    unsigned chosen = 0;

    while (pb_next(&r, &v)) {
        const ProtobufCFieldDescriptor *f =
            protobuf_c_message_descriptor_get_field(type, v.number);
        if (f && (f->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) && v.wire == own_wire(f))
            chosen = f->id;
    }
    return chosen;
}

static inline void own_dump_field(struct buf *out, const ProtobufCFieldDescriptor *f,
                                  struct str bytes, unsigned chosen)
{
    bool repeated = f->label == PROTOBUF_C_LABEL_REPEATED, found = false;
    struct pb r = pb_of(bytes);
    struct pb_field v, last = {0};

    while (pb_next(&r, &v)) {
        if (v.number != f->id || v.wire != own_wire(f))
            continue;
        found = true;
        last = v;
        if (repeated)
            own_dump_value(out, f, &v);
    }
    assert_false(r.broken);
    bool absent = (f->flags & PROTOBUF_C_FIELD_FLAG_ONEOF)
                      ? f->id != chosen
                      : f->type == PROTOBUF_C_TYPE_MESSAGE && !found;
    if (!repeated && !absent)
        own_dump_value(out, f, &last);
}

static inline void own_dump(struct buf *out, const ProtobufCMessageDescriptor *type,
                            struct str bytes)
{
    unsigned chosen = own_chosen(type, bytes);

    for (unsigned i = 0; i < type->n_fields; i++)
        own_dump_field(out, &type->fields[i], bytes, chosen);
}

/* What protobuf-c reads is what we read. */
static inline void assert_read_alike(const ProtobufCMessage *theirs, struct str bytes)
{
    struct buf own = {0}, peer = {0};

    peer_dump(&peer, theirs);
    own_dump(&own, theirs->descriptor, bytes);
    assert_false(own.failed || peer.failed);
    assert_int_equal(own.size, peer.size);
    if (own.size)
        assert_memory_equal(own.at, peer.at, own.size);
    buf_release(&own);
    buf_release(&peer);
}

/* --- values of attributes --- */

static inline bool peer_is_utf8(struct str text)
{
    for (size_t i = 0, length; i < text.size; i += length) {
        length = utf8_length(text.at + i, text.size - i);
        if (length == 0)
            return false;
    }
    return true;
}

/* What mapping and labels get of it. */
static inline enum json_type peer_type(const Peer__Any *v)
{
    switch (v ? v->value_case : PEER__ANY__VALUE__NOT_SET) {
    case PEER__ANY__VALUE_TEXT:
        return peer_is_utf8(peer_bytes(v->text)) ? JSON_STRING : JSON_ABSENT;
    case PEER__ANY__VALUE_FLAG:
        return JSON_BOOL;
    case PEER__ANY__VALUE_INTEGER:
        return JSON_NUMBER;
    case PEER__ANY__VALUE_NUMBER:
        return isfinite(v->number) ? JSON_NUMBER : JSON_ABSENT;
    case PEER__ANY__VALUE_LIST:
        return JSON_ARRAY;
    case PEER__ANY__VALUE_PAIRS:
    case PEER__ANY__VALUE_BLOB:
        return JSON_OBJECT;
    default:
        return JSON_NULL;
    }
}

/* As decimal, "true" or itself; `room` has 64 bytes. */
static inline struct str peer_text(const Peer__Any *v, char *room)
{
    switch (peer_type(v)) {
    case JSON_STRING:
        return peer_bytes(v->text);
    case JSON_BOOL:
        return v->flag ? STR("true") : STR("false");
    case JSON_NUMBER:
        if (v->value_case == PEER__ANY__VALUE_INTEGER)
            snprintf(room, 64, "%" PRId64, v->integer);
        else
            snprintf(room, 64, "%.17g", v->number);
        return str_of(room);
    default:
        return (struct str){NULL, 0};
    }
}
