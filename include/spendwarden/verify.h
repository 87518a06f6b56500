/* Proof that the ledger and its views agree: everything is counted again from the rows.
 */
#pragma once
#include "spendwarden/generation.h"

struct verify_report {
    uint64_t rows, checkpoint_seq; /* checkpoint 0: there is none yet */
    struct money charged;          /* sum over all rows of kind charge */
    uint64_t opening_rows;         /* pruned before those */
    struct money opening_charged;  /* their sum */
    __int128
        counted_nano;   /* sum over llm_spend_usd_total, from the opening and the rows */
    size_t windows;     /* compared */
    uint64_t rollups;   /* ranges of rows, those that are pruned too */
    size_t differences; /* one line each in `text` */
    struct buf text;
};

enum { VERIFY_LINES_MAX = 100 };

/* Reads the ledger of the generation's configuration; an engine may be running on it.
 * False: it could not be read. Differences are no failure: they are in the report, whose
 * text the caller releases. */
bool verify_ledger(const struct generation *g, struct verify_report *out,
                   struct err *err);
