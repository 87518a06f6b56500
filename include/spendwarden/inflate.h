/* Compressed bodies made readable, a step at a time, by zlib and libzstd: gzip (RFC 1952,
 * any number of members), deflate (RFC 1950, and RFC 1951 as some clients send it) and
 * zstd (RFC 8878, any number of frames).
 *
 * What a client declares is never allocated: the caller says how much may come out. An
 * inflater itself takes 200 kB, and 8 MiB more once a zstd frame has wanted the largest
 * window. */
#pragma once
#include "spendwarden/err.h"
#include "spendwarden/str.h"

enum coding { CODING_IDENTITY, CODING_GZIP, CODING_DEFLATE, CODING_ZSTD };

/* Those beside identity, as an Accept-Encoding header lists them. */
#define CODINGS_KNOWN "gzip, deflate, zstd"

/* By a name as in Content-Encoding, in any case. False: unknown, or more than one. */
bool coding_find(struct str name, enum coding *out);

/* One body after the other; one thread. */
struct inflater;

bool inflater_open(struct inflater **out, struct err *err);
void inflater_close(struct inflater *i); /* accepts NULL */

/* Forgets what was left of another body. Borrows `body` until this one is done. */
void inflater_begin(struct inflater *i, enum coding coding, struct str body);

enum inflating {
    INFLATING,
    INFLATE_DONE, /* all of the body; its checksums are right */
    /* *err says why: ERR_INPUT if the body is broken, ERR_MEMORY if it may come again. */
    INFLATE_FAILED,
};

/* Goes on for about a millisecond a MiB of `room`, which is not 0. *made bytes came out
 * at `out`: maybe none, and maybe some before a failure. */
enum inflating inflater_next(struct inflater *i, char *out, size_t room, size_t *made,
                             struct err *err);
