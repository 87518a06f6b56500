#include "spendwarden/pack.h"

#include "spendwarden/hash.h"

enum { SEAL_SIZE = 8 };

static void seal_of(char out[SEAL_SIZE], struct str bytes)
{
    uint64_t hash = hash_of(bytes, 0);

    for (int i = 0; i < SEAL_SIZE; i++)
        out[i] = (char)(hash >> (8 * i));
}

void pack_begin(struct buf *out, const char magic[PACK_MAGIC_SIZE + 1], size_t *start)
{
    *start = out->size;
    buf_add(out, (struct str){magic, PACK_MAGIC_SIZE});
}

void pack_seal(struct buf *out, size_t start)
{
    char seal[SEAL_SIZE];

    if (out->failed)
        return;
    seal_of(seal, (struct str){out->at + start, out->size - start});
    buf_add(out, (struct str){seal, SEAL_SIZE});
}

void pack_int(struct buf *out, int64_t value)
{
    /* Small numbers of either sign are short: the sign goes into the lowest bit. */
    uint64_t rest = (uint64_t)value << 1 ^ (uint64_t)(value >> 63);
    char *room = buf_reserve(out, 10);

    if (!room)
        return;
    for (; rest >= 0x80; rest >>= 7) {
        *room++ = (char)(rest | 0x80);
        out->size++;
    }
    *room = (char)rest;
    out->size++;
}

void pack_str(struct buf *out, struct str text)
{
    pack_int(out, (int64_t)text.size);
    buf_add(out, text);
}

bool unpack_begin(struct unpack *u, struct str state,
                  const char magic[PACK_MAGIC_SIZE + 1])
{
    char seal[SEAL_SIZE];

    *u = (struct unpack){.failed = true};
    if (state.size < PACK_MAGIC_SIZE + SEAL_SIZE ||
        memcmp(state.at, magic, PACK_MAGIC_SIZE) != 0)
        return false;
    state.size -= SEAL_SIZE;
    seal_of(seal, state);
    if (memcmp(seal, state.at + state.size, SEAL_SIZE) != 0)
        return false;
    *u = (struct unpack){.rest = str_from(state, PACK_MAGIC_SIZE)};
    return true;
}

int64_t unpack_int(struct unpack *u)
{
    uint64_t value = 0;

    for (unsigned shift = 0; !u->failed && shift < 64; shift += 7) {
        if (u->rest.size == 0)
            break;
        unsigned char byte = (unsigned char)u->rest.at[0];
        u->rest = str_from(u->rest, 1);
        value |= (uint64_t)(byte & 0x7F) << shift;
        if (!(byte & 0x80))
            return (int64_t)(value >> 1 ^ (0 - (value & 1)));
    }
    u->failed = true;
    return 0;
}

int64_t unpack_range(struct unpack *u, int64_t least, int64_t most)
{
    int64_t value = unpack_int(u);

    if (!u->failed && value >= least && value <= most)
        return value;
    u->failed = true;
    return 0;
}

size_t unpack_count(struct unpack *u, size_t item_min)
{
    int64_t count = unpack_int(u);

    if (count >= 0 && (uint64_t)count <= u->rest.size / item_min)
        return (size_t)count;
    u->failed = true;
    return 0;
}

struct str unpack_str(struct unpack *u)
{
    size_t size = unpack_count(u, 1);

    if (u->failed)
        return (struct str){NULL, 0};
    struct str text = {u->rest.at, size};
    u->rest = str_from(u->rest, size);
    return text;
}

bool unpack_end(const struct unpack *u)
{
    return !u->failed && u->rest.size == 0;
}
