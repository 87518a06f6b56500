/* Counters and histograms of spend, by label set, and their exposition. Fed in the
 * commit that writes the ledger. One thread at a time, but metrics_render's second half.
 */
#pragma once
#include "spendwarden/decls.h"
#include "spendwarden/err.h"
#include "spendwarden/exposition.h"
#include "spendwarden/record.h"

enum {
    METRIC_LABELS_MAX = 12, /* that a configuration chooses */
    SERIES_LABELS_MAX = 24, /* of any family: LiteLLM's have more */
    COVERAGE_LABELS_MAX = 8,
};

struct metrics_options {
    const struct schema *schema; /* outlives the registry */
    size_t label_count;          /* of spend, tokens and requests */
    struct field labels[METRIC_LABELS_MAX];
    size_t coverage_count; /* labels whose attributed and unattributed spend is counted */
    struct field coverage[COVERAGE_LABELS_MAX];
    bool litellm_names;    /* LiteLLM's families as well */
    bool litellm_end_user; /* which then have end_user; else it is "None" */
    size_t max_series;     /* per family; the rest goes to the series "__other__" */
    int64_t retire_ns; /* a series that had no event for so long is no longer shown, and
                          begins anew with its next one; 0: never */
};

struct metrics;

bool metrics_open(struct metrics **out, const struct metrics_options *options,
                  struct err *err);
void metrics_close(struct metrics *m);

/* Metrics that policies declare; known ones are kept, one whose kind, labels or buckets
 * have changed begins anew. Copies. ERR_CONFIG: no name for its kind (a counter's ends in
 * "_total"), a name that is taken, bad labels or buckets. */
bool metrics_declare(struct metrics *m, const struct metric_decl *metric,
                     struct err *err);

/* Adds one ledger record: spend, tokens, requests, histograms, attribution, derived
 * spend, reported, computed, drift, unpriced, policy counters. Only charges count. */
void metrics_apply(struct metrics *m, const struct record *r);

/* Total charge in nano-USD over every series of llm_spend_usd_total there ever was. */
__int128 metrics_spend_total(const struct metrics *m);

/* Every cell that is not 0 by name and labels, sorted, as exact integers (money and
 * policy counters in nano, durations in microseconds): for verification. With `series`
 * false summed over the series, retired ones among them. */
void metrics_digest(const struct metrics *m, bool series, struct buf *out);

/* Whether what series were retired depends on when retire_ns was what. */
bool metrics_has_retired(const struct metrics *m);

/* Bytes of text and of series. */
size_t metrics_memory(const struct metrics *m);

/* All counters are shown from 0 again, as born at `now_ns`: what was shown before was
 * more than they hold now. What they hold stays. False: no memory. */
bool metrics_show_anew(struct metrics *m, int64_t now_ns);

void metrics_save(const struct metrics *m, struct buf *out);

/* Into a registry that has counted nothing yet; counters that it does not know are
 * declared. False with ERR_INPUT: it was saved with other labels, or is damaged, and the
 * registry stays empty; the caller rebuilds from the ledger. */
bool metrics_load(struct metrics *m, struct str state, struct err *err);

/* The same of counters that cannot be counted again: LiteLLM's begin anew where only they
 * were saved otherwise, or not at all. */
bool metrics_load_opening(struct metrics *m, struct str state, struct err *err);

/* --- exposition --- */

/* A consistent copy, taken while no one applies; rendered later, by any thread. It holds
 * numbers of its own; the text of labels is never changed or given back while a registry
 * or a copy uses it (they count), so that taking a copy is a few memcpy. */
struct metrics_copy;

/* As of `now_ns`, for retired series. NULL: no memory. */
struct metrics_copy *metrics_copy(const struct metrics *m, int64_t now_ns);
int64_t metrics_copy_time(const struct metrics_copy *c);

/* With litellm_names: the gateway's own budgets, as the newest event of each told them,
 * with that event's charge in `spent`; a limit of -1 is none, and tells an alias only.
 * NULL without. */
const struct limit *metrics_copy_limits(const struct metrics_copy *c, size_t *count);

void metrics_render(const struct metrics_copy *c, struct exposition *x);
void metrics_copy_free(struct metrics_copy *c); /* any thread; accepts NULL */

/* --- how many series there are, and which label makes them many --- */

struct label_size {
    struct str name;
    size_t values, fresh; /* different ones; those first seen since a given time */
};

struct set_size {
    struct str name; /* of a set of families, or of a policy's metric */
    size_t series, fresh, max_series;
    int64_t overflowed, retired; /* events; series */
    size_t label_count;
    struct label_size labels[SERIES_LABELS_MAX];
};

/* Text is of the copy. False: there are no more sets. */
bool metrics_copy_size(const struct metrics_copy *c, size_t index, int64_t since_ns,
                       struct set_size *out);
