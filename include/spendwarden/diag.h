/* Many errors of one run, each at its place: what `check` prints. */
#pragma once
#include "spendwarden/buf.h"
#include <stdbool.h>
#include <stddef.h>

struct diag {
    char *file;       /* owned */
    int line;         /* from 1; 0: the whole file */
    int column;       /* in bytes, from 1; 0: the whole line */
    int end_column;   /* behind the last byte that it is about; 0: not known */
    char *text;       /* owned; one line, without the position */
    const char *code; /* static: "E012", "W401"; NULL: none */
    bool warning;     /* it fails nothing */
    char *help;       /* owned: the remedy, one line; NULL: none */
    char *excerpt;    /* owned: the source and marks below it, whole lines; NULL: none */
};

struct diags {
    struct diag *items; /* owned */
    size_t count;
    size_t more; /* found beyond the first DIAGS_MAX */
};

enum { DIAGS_MAX = 200 };

/* A zeroed struct diags is empty and ready. */
void diags_add(struct diags *d, const char *file, int line, int column,
               const char *format, ...) __attribute__((format(printf, 5, 6)));

/* The same with a code; one that begins with W is a warning. */
void diags_add_code(struct diags *d, const char *code, const char *file, int line,
                    int column, const char *format, ...)
    __attribute__((format(printf, 6, 7)));

/* A copy of all of it. */
void diags_add_copy(struct diags *d, const struct diag *item);

/* How many are no warnings. */
size_t diags_errors(const struct diags *d);

/* In order of file and line. */
void diags_sort(struct diags *d);

/* "file:line:column: text", with a code "file:line:column: error[E012]: text". */
void diag_heading(const struct diag *item, struct buf *out);

/* The heading of each, then the excerpt and the help where there are; sorted. */
void diags_print(struct diags *d, struct buf *out);

/* Adds those of another list. */
void diags_copy(struct diags *d, const struct diags *from);
void diags_release(struct diags *d);
