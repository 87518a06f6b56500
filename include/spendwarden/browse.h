/* The ledger page by page, the newest first. A page goes on where the one before it
 * ended, whatever was written in between. */
#pragma once
#include "spendwarden/ledger.h"
#include "spendwarden/spend.h"

struct browse {
    uint64_t before;          /* records or changes with a smaller number; 0: all */
    int64_t start_ns, end_ns; /* booked, or of the tick: start <= time < end */
    size_t limit;
    int64_t limit_ns; /* of its own time: then the page is shorter than it could be */
};

/* Records that pass all filters and were charged `least` or more; `least` NULL: any.
 * *next: the `before` of the next page; 0: this is the last one. */
struct browse_records {
    struct browse page;
    const struct record_filter *filters;
    size_t filter_count;
    const struct money *least;
};
bool ledger_browse(struct ledger_reader *r, const struct browse_records *q,
                   ledger_visit *visit, void *ctx, uint64_t *next, struct err *err);

/* The record with that number, if it is there still. */
bool ledger_look(struct ledger_reader *r, uint64_t seq, ledger_visit *visit, void *ctx,
                 struct err *err);

/* Changes of alerts; `state` not empty: to it. The row's text is valid for the call. */
typedef bool ledger_visit_alert(void *ctx, uint64_t number, const struct alert_row *a,
                                struct err *err);
bool ledger_browse_alerts(struct ledger_reader *r, const struct browse *page,
                          struct str state, ledger_visit_alert *visit, void *ctx,
                          uint64_t *next, struct err *err);

/* What decided under that number; *found: it is known still. Text in the arena. */
bool ledger_read_generation(struct ledger_reader *r, uint32_t number, struct arena *arena,
                            struct generation_row *out, bool *found, struct err *err);
