#include "otlp_json_fields.h"

#include <math.h>
#include <stdlib.h>

#include "spendwarden/base64.h"
#include "spendwarden/hash.h"
#include "spendwarden/json_tokens.h"

enum wire { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_LENGTH = 2 };

enum {
    VARINT_MAX = 10,
    LENGTH_SIZE = 5, /* of a length that is not known yet: legal, if longer than needed */
    NUMBER_TEXT_MAX = 64,
    ID_SIZE_MAX = sizeof(struct hash128),
    /* Of a text: 65,536 characters are read at the most, and each is written in at most
     * 12 bytes here. A longer one would hold up the loop. */
    TEXT_MAX = 12 * 65536,
};

static char *put_tag(char *at, const struct otlp_field *f, enum wire wire)
{
    *at = (char)((unsigned)f->number << 3 | wire);
    return at + 1;
}

static char *put_varint(char *at, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        *at++ = (char)(value | 0x80);
    *at++ = (char)value;
    return at;
}

static void put_length(char *at, size_t length)
{
    for (int i = 0; i < LENGTH_SIZE - 1; i++, length >>= 7)
        *at++ = (char)(length | 0x80);
    *at = (char)length;
}

static void add_varint(struct buf *out, const struct otlp_field *f, uint64_t value)
{
    char *at = buf_reserve(out, 1 + VARINT_MAX);

    if (at)
        out->size += (size_t)(put_varint(put_tag(at, f, WIRE_VARINT), value) - at);
}

static void add_fixed64(struct buf *out, const struct otlp_field *f, uint64_t value)
{
    char *at = buf_reserve(out, 1 + sizeof value);

    if (!at)
        return;
    at = put_tag(at, f, WIRE_FIXED64);
    for (size_t i = 0; i < sizeof value; i++)
        at[i] = (char)(value >> 8 * i);
    out->size += 1 + sizeof value;
}

/* --- text and bytes --- */

/* U+FFFD takes three bytes, and may stand for one. It stands for what is cut, too. */
static void add_rewritten(struct buf *out, const struct otlp_field *f, struct str raw)
{
    if (raw.size > TEXT_MAX)
        raw.size = TEXT_MAX;
    size_t room = 3 * raw.size;
    char *at = buf_reserve(out, 1 + LENGTH_SIZE + room);

    if (!at)
        return;
    at = put_tag(at, f, WIRE_LENGTH);
    size_t size = json_rewrite(raw, at + LENGTH_SIZE, room);
    put_length(at, size);
    out->size += 1 + LENGTH_SIZE + size;
}

static void add_string(struct buf *out, const struct otlp_field *f,
                       const struct json_value *v)
{
    if (v->type != JSON_STRING)
        return;
    if (v->escaped || v->raw.size > TEXT_MAX) {
        add_rewritten(out, f, v->raw);
        return;
    }
    char *at = buf_reserve(out, 1 + VARINT_MAX + v->raw.size);
    if (!at)
        return;
    char *text = put_varint(put_tag(at, f, WIRE_LENGTH), v->raw.size);
    memcpy(text, v->raw.at, v->raw.size);
    out->size += (size_t)(text - at) + v->raw.size;
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

static bool from_hex(struct str raw, char *out, size_t size)
{
    for (size_t i = 0; raw.size == 2 * size && i < size; i++) {
        int high = hex_digit(raw.at[2 * i]), low = hex_digit(raw.at[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        out[i] = (char)(high << 4 | low);
    }
    return raw.size == 2 * size;
}

static bool is_hex(struct str raw)
{
    for (size_t i = 0; i < raw.size; i++)
        if (hex_digit(raw.at[i]) < 0)
            return false;
    return true;
}

/* Hex by the protocol, base64 by protobuf's own mapping to JSON. What an emitter made up
 * itself still tells its spans apart: a hash of it stands for it. */
static bool id_of(struct str raw, char *out, size_t size)
{
    char bytes[3 * ID_SIZE_MAX / 2 + 4];
    size_t decoded;

    if (from_hex(raw, out, size))
        return true;
    if (is_hex(raw))
        return false;
    if (raw.size <= 2 * size && base64_decode(raw, bytes, &decoded) && decoded == size) {
        memcpy(out, bytes, size);
        return true;
    }
    struct hash128 hash = hash128_of(raw, 0);
    memcpy(out, &hash, size);
    return true;
}

static void add_id(struct buf *out, const struct otlp_field *f,
                   const struct json_value *v)
{
    char id[ID_SIZE_MAX];

    if (v->type != JSON_STRING || !id_of(v->raw, id, f->id_size))
        return;
    char *at = buf_reserve(out, 2 + ID_SIZE_MAX);
    if (!at)
        return;
    at = put_varint(put_tag(at, f, WIRE_LENGTH), f->id_size);
    memcpy(at, id, f->id_size);
    out->size += 2U + f->id_size;
}

static void add_bytes(struct buf *out, const struct otlp_field *f,
                      const struct json_value *v)
{
    size_t size;

    if (v->type != JSON_STRING)
        return;
    char *at = buf_reserve(out, 1 + LENGTH_SIZE + v->raw.size);
    if (!at)
        return;
    at = put_tag(at, f, WIRE_LENGTH);
    if (!base64_decode(v->raw, at + LENGTH_SIZE, &size))
        return;
    put_length(at, size);
    out->size += 1 + LENGTH_SIZE + size;
}

/* --- numbers --- */

/* Times have 19 digits, more than json_int64 looks at first. */
static bool int64_of(const struct json_value *v, int64_t *out)
{
    return ((v->type == JSON_NUMBER || v->type == JSON_STRING) &&
            str_to_int64(v->raw, out)) ||
           json_int64(v, out);
}

/* Of a decimal number; strtod alone would also take hexadecimal ones. */
static bool decimal(struct str raw, double *out)
{
    char text[NUMBER_TEXT_MAX], *end;

    if (raw.size == 0 || raw.size >= sizeof text)
        return false;
    memcpy(text, raw.at, raw.size);
    text[raw.size] = '\0';
    if (strspn(text, "0123456789+-.eE") != raw.size)
        return false;
    *out = strtod(text, &end);
    return end == text + raw.size;
}

static bool double_of(const struct json_value *v, double *out)
{
    if (v->type != JSON_NUMBER && v->type != JSON_STRING)
        return false;
    if (decimal(v->raw, out))
        return true;
    *out = str_eq(v->raw, STR("NaN"))         ? (double)NAN
           : str_eq(v->raw, STR("Infinity"))  ? (double)INFINITY
           : str_eq(v->raw, STR("-Infinity")) ? -(double)INFINITY
                                              : 0;
    return *out != 0;
}

static void add_double(struct buf *out, const struct otlp_field *f,
                       const struct json_value *v)
{
    double number;
    uint64_t bits;

    if (!double_of(v, &number))
        return;
    memcpy(&bits, &number, sizeof bits);
    add_fixed64(out, f, bits);
}

static void add_enum(struct buf *out, const struct otlp_field *f,
                     const struct json_value *v)
{
    int64_t number;

    if (int64_of(v, &number)) {
        if (number >= INT32_MIN && number <= INT32_MAX)
            add_varint(out, f, (uint64_t)number);
        return;
    }
    for (unsigned i = 0; v->type == JSON_STRING && f->names[i]; i++)
        if (str_eq(v->raw, str_of(f->names[i])))
            add_varint(out, f, i);
}

static void add_integer(struct buf *out, const struct otlp_field *f,
                        const struct json_value *v)
{
    int64_t number;

    if (!int64_of(v, &number) || (f->kind == OTLP_FIXED64 && number < 0))
        return;
    if (f->kind == OTLP_INT64)
        add_varint(out, f, (uint64_t)number);
    else
        add_fixed64(out, f, (uint64_t)number);
}

void otlp_put_value(struct buf *out, const struct otlp_field *f,
                    const struct json_value *v)
{
    switch (f->kind) {
    case OTLP_STRING:
        add_string(out, f, v);
        break;
    case OTLP_ID:
        add_id(out, f, v);
        break;
    case OTLP_BYTES:
        add_bytes(out, f, v);
        break;
    case OTLP_FIXED64:
    case OTLP_SFIXED64:
    case OTLP_INT64:
        add_integer(out, f, v);
        break;
    case OTLP_ENUM:
        add_enum(out, f, v);
        break;
    case OTLP_DOUBLE:
        add_double(out, f, v);
        break;
    case OTLP_BOOL:
        if (v->type == JSON_BOOL)
            add_varint(out, f, json_true(v));
        break;
    case OTLP_MESSAGE:
        break;
    }
}

/* --- messages --- */

size_t otlp_put_message(struct buf *out, const struct otlp_field *f)
{
    char *at = buf_reserve(out, 1 + LENGTH_SIZE);

    if (at) {
        put_tag(at, f, WIRE_LENGTH);
        out->size += 1 + LENGTH_SIZE;
    }
    return out->size;
}

void otlp_end_message(struct buf *out, size_t begin)
{
    if (!out->failed)
        put_length(out->at + begin - LENGTH_SIZE, out->size - begin);
}
