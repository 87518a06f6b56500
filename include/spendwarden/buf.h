/* Text under construction: response bodies, exposition, checkpoints. */
#pragma once
#include "spendwarden/str.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf {
    char *at; /* owned, from malloc; NULL while empty; not terminated */
    size_t size, capacity;
    bool
        failed; /* memory ran out: everything added since is lost. Ask once, at the end */
};

/* A zeroed struct buf is empty and ready. */
void buf_add(struct buf *b, struct str text);
void buf_byte(struct buf *b, char byte);
void buf_format(struct buf *b, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void buf_int(struct buf *b, int64_t value);

/* A JSON string with its quotes. Invalid UTF-8 becomes U+FFFD. */
void buf_json(struct buf *b, struct str text);

/* Lines, each ended by a line break, in bytewise order. */
void buf_sorted_lines(struct buf *b, struct str lines);

/* Room for `size` more bytes, or NULL; the caller adds what it used to b->size. */
char *buf_reserve(struct buf *b, size_t size);

/* Empty again; the memory is kept. */
void buf_reset(struct buf *b);
void buf_release(struct buf *b);

static inline struct str buf_str(const struct buf *b)
{
    return (struct str){b->at, b->size};
}
