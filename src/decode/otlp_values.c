/* Attributes as the values of slots: nobody's text is looked at unless its name is
 * wanted. */
#include <math.h>
#include <stdio.h>

#include "otlp.h"
#include "protobuf.h"
#include "spendwarden/utf8.h"

enum { ANY_STRING = 1, ANY_BOOL, ANY_INT, ANY_DOUBLE, ANY_ARRAY, ANY_KVLIST, ANY_BYTES };

static struct json_value number_value(struct str text, struct arena *arena)
{
    struct str copy = arena_copy(arena, text);

    return (struct json_value){copy.size ? JSON_NUMBER : JSON_ABSENT, false, copy};
}

static struct json_value int_value(int64_t number, struct arena *arena)
{
    char room[INT64_TEXT_MAX];

    return number_value(str_of_int64(number, room), arena);
}

static struct json_value double_value(double number, struct arena *arena)
{
    char room[40];

    if (!isfinite(number))
        return (struct json_value){JSON_ABSENT, false, {NULL, 0}};
    int size = snprintf(room, sizeof room, "%.17g", number);
    return number_value((struct str){room, (size_t)size}, arena);
}

/* As far as a value is kept. */
static bool is_utf8(struct str text)
{
    for (size_t i = 0, size; i < text.size && i < TEXT_VALUE_MAX; i += size) {
        size = (unsigned char)text.at[i] < 0x80 ? 1
                                                : utf8_length(text.at + i, text.size - i);
        if (size == 0)
            return false;
    }
    return true;
}

/* Proto3 strings are UTF-8; what is not says nothing that could be shown. */
static struct json_value text_value(struct str text)
{
    return (struct json_value){is_utf8(text) ? JSON_STRING : JSON_ABSENT, false, text};
}

struct str otlp_text(const struct decoding *d, struct str text)
{
    const struct json_value v = text_value(text);

    return decode_text(d, &v);
}

static struct json_value any_value(struct str message, struct arena *arena)
{
    struct json_value v = {.type = JSON_NULL};
    struct pb r = pb_of(message);
    struct pb_field f;

    while (pb_next(&r, &f)) {
        if (f.number == ANY_STRING && f.wire == PB_BYTES)
            v = text_value(f.bytes);
        else if (f.number == ANY_BOOL && f.wire == PB_VARINT)
            v = (struct json_value){JSON_BOOL, false,
                                    f.value ? STR("true") : STR("false")};
        else if (f.number == ANY_INT && f.wire == PB_VARINT)
            v = int_value((int64_t)f.value, arena);
        else if (f.number == ANY_DOUBLE && f.wire == PB_FIXED64)
            v = double_value(pb_double(f.value), arena);
        else if (f.number == ANY_ARRAY && f.wire == PB_BYTES)
            v = (struct json_value){.type = JSON_ARRAY, .raw = f.bytes};
        else if (f.number == ANY_KVLIST || f.number == ANY_BYTES)
            v = (struct json_value){.type = JSON_OBJECT};
    }
    return v;
}

static void add_tags(struct json_element *e, struct str array, struct arena *arena)
{
    struct pb r = pb_of(array);
    struct pb_field f;

    while (e->item_count < TAGS_LOOKED_AT && pb_next(&r, &f))
        if (f.number == 1 && f.wire == PB_BYTES)
            e->items[e->item_count++] =
                (struct json_item){GROUP_TAGS, {NULL, 0}, any_value(f.bytes, arena)};
}

void otlp_set_value(const struct otlp_value *v, struct json_element *e,
                    struct arena *arena)
{
    e->slots[v->slot] = v->value;
    if (v->value.type != JSON_ARRAY)
        return;
    e->slots[v->slot].raw = (struct str){NULL, 0};
    if (v->tags)
        add_tags(e, v->value.raw, arena);
}

/* False: nobody wants it. */
static bool read_attribute(struct str key_value, const struct source *s,
                           struct otlp_value *out, struct arena *arena)
{
    struct pb r = pb_of(key_value);
    struct pb_field f;
    struct str key = {NULL, 0}, value = {NULL, 0};

    while (pb_next(&r, &f)) {
        if (f.number == 1 && f.wire == PB_BYTES)
            key = f.bytes;
        else if (f.number == 2 && f.wire == PB_BYTES)
            value = f.bytes;
    }
    const struct attribute *a = attribute_find(s->attributes, key);
    if (a)
        *out = (struct otlp_value){(uint16_t)a->slot, a->tags, any_value(value, arena)};
    return a != NULL;
}

void otlp_attributes(struct str message, unsigned number, const struct source *s,
                     struct json_element *e, struct otlp_values *out, struct arena *arena)
{
    struct pb r = pb_of(message);
    struct pb_field f;
    struct otlp_value value;

    out->count = 0;
    while (pb_next(&r, &f)) {
        if (f.number != number || f.wire != PB_BYTES ||
            !read_attribute(f.bytes, s, &value, arena))
            continue;
        otlp_set_value(&value, e, arena);
        if (out->count < JSON_SLOTS_MAX)
            out->at[out->count] = value;
        out->count += out->count <= JSON_SLOTS_MAX;
    }
}

void otlp_set_text(const struct attribute *a, struct json_element *e, struct str text)
{
    if (a && text.size)
        e->slots[a->slot] = text_value(text);
}

void otlp_set_number(const struct attribute *a, struct json_element *e, int64_t number,
                     struct arena *arena)
{
    if (a)
        e->slots[a->slot] = int_value(number, arena);
}

struct str otlp_service(struct str resource, struct arena *arena)
{
    const struct decoding d = {.arena = arena};
    struct pb r = pb_of(resource);
    struct pb_field f;
    struct str name = {NULL, 0};

    while (pb_next(&r, &f))
        if (f.number == 1 && f.wire == PB_BYTES &&
            str_eq(otlp_message_in(f.bytes, 1), STR("service.name")))
            name = otlp_message_in(otlp_message_in(f.bytes, 2), ANY_STRING);
    return otlp_text(&d, name);
}
