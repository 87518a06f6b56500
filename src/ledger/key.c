#include "writer.h"

#include <endian.h>

enum { WORDS = KEY_BYTES / 8 };

_Static_assert(sizeof(struct dedupe_key) == KEY_BYTES, "a key is seven words");

void key_encode(char out[KEY_BYTES], const struct dedupe_key *key)
{
    uint64_t words[WORDS];

    memcpy(words, key, sizeof words);
    for (int i = 0; i < WORDS; i++)
        words[i] = htole64(words[i]);
    memcpy(out, words, sizeof words);
}

void key_decode(struct dedupe_key *out, const char *at)
{
    uint64_t words[WORDS];

    memcpy(words, at, sizeof words);
    for (int i = 0; i < WORDS; i++)
        words[i] = le64toh(words[i]);
    memcpy(out, words, sizeof words);
}
