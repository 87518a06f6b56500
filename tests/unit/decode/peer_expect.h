/* What an event must say, from what protobuf-c has read. */
#pragma once
#include "peer_random.h"

static inline bool find_in(Peer__Pair *const *pairs, size_t count, const char *name,
                           const Peer__Any **out)
{
    for (size_t i = count; i-- > 0;)
        if (str_eq(peer_bytes(pairs[i]->key), str_of(name))) {
            *out = pairs[i]->value;
            return true;
        }
    return false;
}

/* Cut at 256 bytes, at a character; without control characters. */
static inline void assert_cut(struct str own, struct str theirs)
{
    size_t size = 0, length;

    while (size < theirs.size) {
        length = utf8_length(theirs.at + size, theirs.size - size);
        if (size + length > TEXT_VALUE_MAX)
            break;
        size += length;
    }
    assert_int_equal(own.size, size);
    for (size_t i = 0; i < size; i++)
        assert_int_equal(own.at[i],
                         (unsigned char)theirs.at[i] < ' ' ? '?' : theirs.at[i]);
}

static inline int64_t count_of(const Peer__Any *v, int64_t most)
{
    char room[64];
    int64_t number = -1;
    struct str text = peer_text(v, room);

    if (peer_type(v) == JSON_NUMBER && v->value_case == PEER__ANY__VALUE_NUMBER)
        number =
            v->number >= 0 && v->number <= (double)most && floor(v->number) == v->number
                ? (int64_t)v->number
                : -1;
    else if ((peer_type(v) != JSON_NUMBER && peer_type(v) != JSON_STRING) ||
             !str_to_int64(text, &number))
        return -1;
    return number < 0 || number > most ? -1 : number;
}

static inline Peer__Pair *said(struct random *r, const char *key, const char *value)
{
    Peer__Pair *pair = random_pair(r, bytes_of(key), 0);
    Peer__Any *any = arena_zalloc(&r->arena, sizeof *any);

    peer__any__init(any);
    any->value_case = PEER__ANY__VALUE_TEXT;
    any->text = bytes_of(value);
    pair->value = any;
    return pair;
}

static inline uint64_t seed_of_the_day(void)
{
    const char *given = getenv("SEED");
    uint64_t seed = given ? strtoull(given, NULL, 10) : 20261127;

    print_message("SEED=%" PRIu64 "\n", seed);
    return seed;
}
