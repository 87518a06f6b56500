/* Any bytes as a compressed body: inflating ends, takes a bounded number of steps and no
 * more room than it is given, and what comes out does not depend on the steps. The first
 * two bytes choose the coding and the room. Build: clang
 * -fsanitize=fuzzer,address,undefined. */
#include <stdint.h>
#include <stdlib.h>

#include "spendwarden/hash.h"
#include "spendwarden/inflate.h"

enum { FUZZ_OUT_MAX = 256 * 1024, FUZZ_ROOM = 64 * 1024, FUZZ_HEADER = 2 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool holds)
{
    if (!holds)
        abort();
}

struct outcome {
    enum inflating state;
    struct err err;
    size_t size;
    uint64_t digest;
};

/* Up to FUZZ_OUT_MAX bytes of it. */
static void inflate_by(struct inflater *i, enum coding coding, struct str body,
                       size_t room, struct outcome *out)
{
    char *at = malloc(FUZZ_OUT_MAX + room);
    size_t steps = 0, made;

    demand(at);
    *out = (struct outcome){.state = INFLATING};
    inflater_begin(i, coding, body);
    while (out->state == INFLATING && out->size < FUZZ_OUT_MAX) {
        /* Of that size alone, for the sanitizer to see who writes behind it. */
        char *here = malloc(room);
        demand(here);
        out->state = inflater_next(i, here, room, &made, &out->err);
        demand(made <= room);
        memcpy(at + out->size, here, made);
        out->size += made;
        free(here);
        demand(++steps <= body.size + out->size + 2);
    }
    demand((out->state == INFLATE_FAILED) == (out->err.kind != ERR_NONE));
    out->digest = hash_of((struct str){at, out->size}, 0);
    free(at);
}

static void compare(enum coding coding, const struct outcome *small,
                    const struct outcome *large)
{
    if (small->state == INFLATE_DONE && large->state == INFLATE_DONE)
        demand(small->size == large->size && small->digest == large->digest);
    /* A frame that fits into the room needs no window, so libzstd does not look at it. */
    if ((small->state == INFLATE_FAILED && large->state == INFLATE_DONE) ||
        (small->state == INFLATE_DONE && large->state == INFLATE_FAILED))
        demand(coding == CODING_ZSTD && strstr(small->err.text, "RFC 9659"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct inflater *inflater; /* one for all: no body may see another's */
    struct outcome small, large;
    struct err err = {0};

    if (size < FUZZ_HEADER)
        return 0;
    demand(inflater || inflater_open(&inflater, &err));
    enum coding coding = CODING_GZIP + data[0] % (CODING_ZSTD - CODING_GZIP + 1);
    char *copy = malloc(size - FUZZ_HEADER + 1);
    demand(copy);
    memcpy(copy + 1, data + FUZZ_HEADER, size - FUZZ_HEADER); /* its end is the end */
    struct str body = {copy + 1, size - FUZZ_HEADER};
    inflate_by(inflater, coding, body, 1 + (size_t)data[1], &small);
    inflate_by(inflater, coding, body, FUZZ_ROOM, &large);
    compare(coding, &small, &large);
    free(copy);
    return 0;
}
