/* What keeps the ledger's file in shape: its journal, and how far back its rows go. */
#pragma once
#include "spendwarden/ledger.h"

/* Off the ingest path, from a thread of its own: moves the write-ahead log along. */
bool ledger_tidy(struct ledger *l, struct err *err);

/* *seq: the end of a commit made before `before_ns`, at most `last_seq`, about `rows_max`
 * after the opening, and never the newest one; else the opening's own. */
bool ledger_prune_end(struct ledger_reader *r, size_t rows_max, uint64_t last_seq,
                      int64_t before_ns, uint64_t *seq, struct err *err);

/* Within a transaction. Puts the state "opening": what the records up to `seq` added up
 * to. No scan shows them from now on; ledger_prune deletes up to `rows_max` of them.
 * *more: some are left. */
bool ledger_put_opening(struct ledger *l, uint64_t seq, struct str state,
                        struct err *err);
bool ledger_prune(struct ledger *l, size_t rows_max, bool *more, struct err *err);
