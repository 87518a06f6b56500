/* Events from a file or standard input, as they come: whole JSON values, so that a stream
 * of one object a line is never held in memory. What is compressed (gzip, zstd), or OTLP
 * in protobuf, is read to its end, and given as one. */
#pragma once
#include "spendwarden/buf.h"

struct feed {
    const char *path; /* borrowed; what is said of errors names it */
    int fd;
    struct buf text; /* read and not handed out */
    size_t given;    /* bytes of it that were handed out last */
    size_t scanned;  /* bytes of it that were looked at */
    size_t complete; /* where its last whole value ends */
    int depth;
    bool in_string, escaped, ended;
    size_t offset, line; /* of the text's first byte in the input, from 0 */
};

/* "-": standard input. False: said on standard error. */
bool feed_open(struct feed *f, const char *path);
void feed_close(struct feed *f); /* safe on one that did not open */

/* The next whole values, with JSON_PADDING readable bytes behind them; borrowed until the
 * next call. What is no whole value comes last, as it is. False: no more, or *failed,
 * which was said on standard error. */
bool feed_next(struct feed *f, struct str *out, bool *failed);

/* The line, from 1, of byte `position` of what was handed out last. */
size_t feed_line(const struct feed *f, size_t position);

/* The built-in source that the first of these values looks like; "generic" at least. */
const char *feed_source(struct str values);
