#include "writer.h"

#include <endian.h>

enum { WORDS = KEY_BYTES / 8, OLD_WORDS = 7, OLD_BYTES = OLD_WORDS * 8, END = 1 };

/* Of a word beside the cost's hash. */
#define BARE (UINT64_C(1) << 61)
#define UNPRICED (UINT64_C(1) << 62)
#define PAID (UINT64_C(1) << 63)

static void put_words(char *out, const uint64_t *words)
{
    for (size_t i = 0; i < WORDS; i++) {
        uint64_t word = htole64(words[i]);
        memcpy(out + i * sizeof word, &word, sizeof word);
    }
}

bool keys_add(struct buf *out, const struct dedupe_key *keys, size_t count)
{
    char *at = buf_reserve(out, count * KEY_BYTES + 1);

    if (!at)
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct dedupe_key *k = &keys[i];
        const uint64_t words[WORDS] = {
            k->report[0],
            k->report[1],
            k->response[0],
            k->response[1],
            k->emitter,
            (uint64_t)k->start_ms,
            (uint64_t)k->end_ms,
            k->call,
            k->usage | (uint64_t)k->cost << 32 | (k->bare ? BARE : 0) |
                (k->unpriced ? UNPRICED : 0) | (k->paid ? PAID : 0)};
        put_words(at + i * KEY_BYTES, words);
    }
    at[count * KEY_BYTES] = END;
    out->size += count * KEY_BYTES + 1;
    return true;
}

static void read_key(struct dedupe_key *out, const char *at, size_t count)
{
    uint64_t words[WORDS] = {0};

    memcpy(words, at, count * sizeof *words);
    for (size_t i = 0; i < WORDS; i++)
        words[i] = le64toh(words[i]);
    *out = (struct dedupe_key){.report = {words[0], words[1]},
                               .response = {words[2], words[3]},
                               .emitter = words[4],
                               .start_ms = (int64_t)words[5],
                               .end_ms = (int64_t)words[6],
                               .call = words[7],
                               .usage = (uint32_t)words[8],
                               .cost = (uint32_t)(words[8] >> 32) & DEDUPE_COST_MASK,
                               .bare = words[8] & BARE,
                               .unpriced = words[8] & UNPRICED,
                               .paid = words[8] & PAID};
}

bool keys_next(struct str *blob, struct dedupe_key *out)
{
    size_t words = blob->size % 8 ? WORDS : OLD_WORDS, bytes = words * 8;

    if (blob->size < bytes)
        return false;
    read_key(out, blob->at, words);
    *blob = str_from(*blob, bytes);
    return true;
}
