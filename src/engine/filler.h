/* The thread that gives new windows their history. */
#pragma once
#include "spendwarden/books.h"

struct filler;

/* Borrows the books; begins at once. */
bool filler_open(struct filler **out, struct books *b, struct err *err);

/* Windows were declared. */
void filler_wake(struct filler *f);  /* accepts NULL */
void filler_close(struct filler *f); /* accepts NULL */
