/* The compact binary form of checkpoints: variable-length integers and counted text
 * behind a name of four letters, a hash of all of it at the end. */
#pragma once
#include "spendwarden/buf.h"

enum { PACK_MAGIC_SIZE = 4 };

/* What is packed into `out` between these two is one sealed state. *start: where it
 * begins in `out`. */
void pack_begin(struct buf *out, const char magic[PACK_MAGIC_SIZE + 1], size_t *start);
void pack_seal(struct buf *out, size_t start);

void pack_int(struct buf *out, int64_t value);
void pack_str(struct buf *out, struct str text);

/* Reads on; after a failure every answer is 0 or empty. Ask once, at the end. */
struct unpack {
    struct str rest; /* borrowed */
    bool failed;
};

/* False: another magic, cut short, or altered. */
bool unpack_begin(struct unpack *u, struct str state,
                  const char magic[PACK_MAGIC_SIZE + 1]);

int64_t unpack_int(struct unpack *u);

/* A value outside [least, most] is a failure. */
int64_t unpack_range(struct unpack *u, int64_t least, int64_t most);

/* How many items follow, each of `item_min` > 0 bytes or more: what cannot be there is a
 * failure, so that nothing is allocated for it. */
size_t unpack_count(struct unpack *u, size_t item_min);

/* Borrowed from the state. */
struct str unpack_str(struct unpack *u);

/* Nothing failed and nothing is left. */
bool unpack_end(const struct unpack *u);
