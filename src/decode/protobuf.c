#include "protobuf.h"

struct pb pb_of(struct str message)
{
    static const unsigned char nothing[1]; /* no arithmetic on NULL */
    const unsigned char *at = message.size ? (const unsigned char *)message.at : nothing;

    return (struct pb){at, message.size ? at + message.size : at, false};
}

static bool fail(struct pb *r)
{
    r->broken = true;
    return false;
}

static bool read_long_varint(struct pb *r, uint64_t *out)
{
    uint64_t value = 0;

    for (unsigned shift = 0; shift < 70; shift += 7) {
        if (r->at == r->end)
            return fail(r);
        unsigned char byte = *r->at++;
        value |= shift < 64 ? (uint64_t)(byte & 0x7f) << shift : 0;
        if (byte < 0x80) {
            *out = value;
            return true;
        }
    }
    return fail(r);
}

/* Nearly all have one byte. */
static inline bool read_varint(struct pb *r, uint64_t *out)
{
    if (r->at == r->end || *r->at >= 0x80)
        return read_long_varint(r, out);
    *out = *r->at++;
    return true;
}

/* Little endian, whatever the machine is. */
static bool read_fixed(struct pb *r, unsigned size, uint64_t *out)
{
    uint64_t value = 0;

    if ((size_t)(r->end - r->at) < size)
        return fail(r);
    for (unsigned i = 0; i < size; i++)
        value |= (uint64_t)r->at[i] << 8 * i;
    r->at += size;
    *out = value;
    return true;
}

static bool read_bytes(struct pb *r, struct str *out)
{
    uint64_t size;

    if (!read_varint(r, &size))
        return false;
    if (size > (uint64_t)(r->end - r->at))
        return fail(r);
    *out = (struct str){(const char *)r->at, (size_t)size};
    r->at += size;
    return true;
}

static bool read_value(struct pb *r, unsigned wire, struct pb_field *out)
{
    out->wire = (enum pb_wire)wire;
    switch (wire) {
    case PB_VARINT:
        return read_varint(r, &out->value);
    case PB_FIXED64:
        return read_fixed(r, 8, &out->value);
    case PB_BYTES:
        return read_bytes(r, &out->bytes);
    case PB_FIXED32:
        return read_fixed(r, 4, &out->value);
    default:
        return fail(r);
    }
}

bool pb_next(struct pb *r, struct pb_field *out)
{
    enum { GROUP_BEGINS = 3, GROUP_ENDS = 4, DEPTH_MAX = 100 };
    unsigned depth = 0;
    uint64_t key;

    while (r->at != r->end || depth) {
        if (!read_varint(r, &key) || key >> 3 == 0 || key >> 3 > UINT32_MAX >> 3)
            return fail(r);
        *out = (struct pb_field){.number = (unsigned)(key >> 3)};
        if ((key & 7) == GROUP_BEGINS) {
            if (++depth > DEPTH_MAX)
                return fail(r);
        } else if ((key & 7) == GROUP_ENDS) {
            if (depth-- == 0)
                return fail(r);
        } else if (!read_value(r, key & 7, out)) {
            return false;
        } else if (depth == 0) {
            return true;
        }
    }
    return false;
}

double pb_double(uint64_t value)
{
    double number;

    memcpy(&number, &value, sizeof number);
    return number;
}
