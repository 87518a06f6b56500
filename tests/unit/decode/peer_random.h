/* OTLP requests at random, made with protobuf-c; the same for the same seed. */
#pragma once
#include "peer.h"

struct random {
    uint64_t state; /* not 0 */
    struct arena arena;
};

static inline unsigned below(struct random *r, unsigned bound)
{
    r->state ^= r->state << 13;
    r->state ^= r->state >> 7;
    r->state ^= r->state << 17;
    return (unsigned)((r->state >> 11) % bound);
}

static inline bool once_in(struct random *r, unsigned times)
{
    return below(r, times) == 0;
}

static inline ProtobufCBinaryData bytes_of(const char *text)
{
    return (ProtobufCBinaryData){strlen(text), (uint8_t *)(uintptr_t)text};
}

static inline ProtobufCBinaryData random_bytes_of(struct random *r, size_t size)
{
    uint8_t *at = arena_zalloc(&r->arena, size + 1);

    for (size_t i = 0; i < size; i++)
        at[i] = (uint8_t)below(r, 256);
    return (ProtobufCBinaryData){size, at};
}

static inline void *list_of(struct random *r, unsigned most, size_t *count)
{
    *count = below(r, most + 1);
    return arena_zalloc(&r->arena, (*count + 1) * sizeof(void *));
}

/* --- values --- */

static inline ProtobufCBinaryData random_text(struct random *r)
{
    static const char long_text[] =
        "0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 "
        "0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 "
        "0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 "
        "0123456789 0123456789 0123456789 \xE2\x82\xAC\xE2\x82\xAC";
    static const char *const texts[] = {"gpt-4o",
                                        "search",
                                        "",
                                        "12",
                                        "\xC3\xA4\xE2\x82\xAC\xF0\x9F\x92\xB8",
                                        "\xFF\xFE",
                                        "a\xC3",
                                        "{\"a\":1}",
                                        long_text + 1,
                                        long_text};

    return once_in(r, 20) ? (ProtobufCBinaryData){3, (uint8_t *)(uintptr_t) "a\0b"}
                          : bytes_of(texts[below(r, 10)]);
}

static inline Peer__Any *random_any(struct random *r, unsigned depth);

static inline Peer__Pair *random_pair(struct random *r, ProtobufCBinaryData key,
                                      unsigned depth)
{
    Peer__Pair *pair = arena_zalloc(&r->arena, sizeof *pair);

    peer__pair__init(pair);
    pair->key = key;
    pair->value = once_in(r, 20) ? NULL : random_any(r, depth);
    return pair;
}

static inline Peer__AnyList *random_list(struct random *r, unsigned depth)
{
    Peer__AnyList *list = arena_zalloc(&r->arena, sizeof *list);

    peer__any_list__init(list);
    list->items = list_of(r, 3, &list->n_items);
    for (size_t i = 0; i < list->n_items; i++)
        list->items[i] = random_any(r, depth + 1);
    return list;
}

static inline Peer__PairList *random_pairs(struct random *r, unsigned depth)
{
    Peer__PairList *list = arena_zalloc(&r->arena, sizeof *list);

    peer__pair_list__init(list);
    list->items = list_of(r, 3, &list->n_items);
    for (size_t i = 0; i < list->n_items; i++)
        list->items[i] = random_pair(r, random_text(r), depth + 1);
    return list;
}

static inline Peer__Any *random_any(struct random *r, unsigned depth)
{
    static const int64_t integers[] = {
        0, 1, 17, 1000, 1001, -1, INT64_MAX, INT64_MIN, INT64_C(1000000000000)};
    static const double numbers[] = {0.5,  3,        1e300, (double)NAN, (double)INFINITY,
                                     -2.0, 0.000001, 1e12,  0.1};
    Peer__Any *v = arena_zalloc(&r->arena, sizeof *v);

    peer__any__init(v);
    v->value_case = (Peer__Any__ValueCase)below(r, depth < 4 ? 8 : 5); /* 0: not set */
    switch (v->value_case) {
    case PEER__ANY__VALUE_TEXT:
        v->text = random_text(r);
        break;
    case PEER__ANY__VALUE_FLAG:
        v->flag = (int)below(r, 2);
        break;
    case PEER__ANY__VALUE_INTEGER:
        v->integer = once_in(r, 2) ? below(r, 100000) : integers[below(r, 9)];
        break;
    case PEER__ANY__VALUE_NUMBER:
        v->number = numbers[below(r, 9)];
        break;
    case PEER__ANY__VALUE_LIST:
        v->list = random_list(r, depth);
        break;
    case PEER__ANY__VALUE_PAIRS:
        v->pairs = random_pairs(r, depth);
        break;
    case PEER__ANY__VALUE_BLOB:
        v->blob = random_bytes_of(r, below(r, 9));
        break;
    default:
        break;
    }
    return v;
}

/* Names among those given, some twice, and others. */
static inline Peer__Pair **random_attributes(struct random *r, const char *const *names,
                                             unsigned name_count, size_t *count)
{
    Peer__Pair **pairs = list_of(r, 9, count);

    for (size_t i = 0; i < *count; i++)
        pairs[i] = random_pair(
            r, once_in(r, 5) ? random_text(r) : bytes_of(names[below(r, name_count)]), 0);
    return pairs;
}

/* --- the same message in another order, with fields that nobody knows --- */

static inline size_t length_of_prefix(const ProtobufCMessageUnknownField *f)
{
    size_t size = 0;

    while (f->data[size++] & 0x80)
        ;
    return size;
}

static inline void append_varint(struct buf *out, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        buf_byte(out, (char)(value | 0x80));
    buf_byte(out, (char)value);
}

/* `bytes` with their length before them, in the arena. */
static inline void set_field(struct random *r, ProtobufCMessageUnknownField *f,
                             struct str bytes)
{
    struct buf content = {0};

    append_varint(&content, bytes.size);
    if (bytes.size)
        buf_add(&content, bytes);
    f->data = (uint8_t *)(uintptr_t)arena_copy(&r->arena, buf_str(&content)).at;
    f->len = content.size;
    buf_release(&content);
}

static inline ProtobufCMessageUnknownField strange_field(struct random *r)
{
    static const ProtobufCWireType types[] = {
        PROTOBUF_C_WIRE_TYPE_VARINT, PROTOBUF_C_WIRE_TYPE_64BIT,
        PROTOBUF_C_WIRE_TYPE_32BIT, PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED};
    ProtobufCMessageUnknownField f = {.tag = 40 + below(r, 3000),
                                      .wire_type = types[below(r, 4)]};
    ProtobufCBinaryData content = random_bytes_of(r, 8);

    f.data = content.data;
    f.len = f.wire_type == PROTOBUF_C_WIRE_TYPE_64BIT ? 8 : 4;
    if (f.wire_type == PROTOBUF_C_WIRE_TYPE_VARINT)
        for (f.len = 1; f.len < 8 && (f.data[f.len - 1] & 0x80); f.len++)
            ;
    if (f.wire_type == PROTOBUF_C_WIRE_TYPE_VARINT)
        f.data[f.len - 1] &= 0x7F;
    if (f.wire_type == PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED)
        set_field(r, &f, (struct str){(const char *)content.data, below(r, 8)});
    return f;
}

static inline struct buf
shuffled(struct random *r, const ProtobufCMessageDescriptor *type, struct str bytes);

static inline void shuffle_inside(struct random *r,
                                  const ProtobufCMessageDescriptor *type,
                                  ProtobufCMessageUnknownField *f)
{
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field(type, f->tag);

    if (!field || field->type != PROTOBUF_C_TYPE_MESSAGE)
        return;
    size_t prefix = length_of_prefix(f);
    struct buf inner =
        shuffled(r, field->descriptor,
                 (struct str){(const char *)f->data + prefix, f->len - prefix});
    set_field(r, f, buf_str(&inner));
    buf_release(&inner);
}

/* protobuf-c takes every field of a message without fields for an unknown one, and packs
 * those in the order in which they stand. */
static inline struct buf
shuffled(struct random *r, const ProtobufCMessageDescriptor *type, struct str bytes)
{
    ProtobufCMessage *whole = peer_read(&peer__unknown__descriptor, bytes);
    unsigned count = whole->n_unknown_fields, strangers = once_in(r, 3) ? below(r, 3) : 0;
    ProtobufCMessageUnknownField *fields =
        arena_zalloc(&r->arena, (count + strangers + 1) * sizeof *fields);
    Peer__Unknown made = PEER__UNKNOWN__INIT;

    for (unsigned i = 0; i < count; i++) {
        fields[i] = whole->unknown_fields[i];
        shuffle_inside(r, type, &fields[i]);
    }
    for (unsigned i = 0; i < strangers; i++)
        fields[count + i] = strange_field(r);
    count += strangers;
    for (unsigned i = 0; i + 1 < count; i++) {
        unsigned other = i + below(r, count - i);
        ProtobufCMessageUnknownField field = fields[i];
        fields[i] = fields[other];
        fields[other] = field;
    }
    made.base.unknown_fields = fields;
    made.base.n_unknown_fields = count;
    struct buf out = peer_packed(&made);
    protobuf_c_message_free_unpacked(whole, NULL);
    return out;
}
