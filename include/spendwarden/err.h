/* How a failure travels: the first cause, in words for a person. */
#pragma once
#include <stdbool.h>

enum err_kind {
    ERR_NONE,
    ERR_INPUT,  /* what a client sent is wrong; sending it again cannot help */
    ERR_CONFIG, /* what the operator wrote is wrong */
    ERR_POLICY, /* a policy failed at run time */
    ERR_LIMIT,  /* a bound was reached; nothing is broken */
    ERR_BUSY,   /* somebody else holds it, or a queue is full; later may work */
    ERR_IO,     /* disk, network or a library failed */
    ERR_MEMORY,
};

struct err {
    enum err_kind kind; /* ERR_NONE: nothing failed */
    char text[500];     /* one line; names the field, file, line or policy */
};

/* Fills *err unless it already holds a cause; `err` may be NULL. Always returns
 * false, so that a caller can `return err_set(...)`. "%m" works as in printf. */
bool err_set(struct err *err, enum err_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
