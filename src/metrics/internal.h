/* What the files of metrics/ share. All families of one label set are cells of one
 * series, so that an event costs one look-up for all of them. */
#pragma once
#include <stdatomic.h>

#include "spendwarden/arena.h"
#include "spendwarden/metrics.h"
#include "spendwarden/value.h"

enum {
    DETAIL_COUNT = COUNT_CITATION_TOKENS - COUNT_CACHE_READ_TOKENS + 1,
    COST_BOUNDS = 13,
    DURATION_BOUNDS = 14,
    POLICY_METRICS_MAX = 256,
};

/* Sets of series; beyond them one per metric of a policy. */
enum set_kind {
    SET_SPEND, /* labels from the options */
    SET_MODEL,
    SET_UNPRICED,
    SET_ATTRIBUTED, /* one series per coverage label, in their order */
    SET_UNATTRIBUTED,
    SET_DERIVED,
    SET_FIXED_COUNT,
    SET_POLICY = SET_FIXED_COUNT,
};

/* Cells of SET_SPEND. */
enum {
    CELL_SPEND,
    CELL_RETRY_SPEND,
    CELL_REPORTED,
    CELL_COMPUTED,
    CELL_STATUS, /* by enum outcome */
    CELL_INPUT = CELL_STATUS + OUTCOME_CANCELLED + 1,
    CELL_OUTPUT,
    CELL_DETAIL, /* from COUNT_CACHE_READ_TOKENS on */
    CELL_WEB_SEARCHES = CELL_DETAIL + DETAIL_COUNT,
    SPEND_CELLS,
};

/* Cells of SET_MODEL: a histogram is its buckets, the one without bound, its sum. */
enum {
    CELL_COST,
    CELL_COST_SUM = CELL_COST + COST_BOUNDS + 1,
    CELL_DURATION,
    CELL_DURATION_SUM = CELL_DURATION + DURATION_BOUNDS + 1,
    CELL_DRIFT,
    MODEL_CELLS,
};

/* Text that never moves; freed with its last user. Only the registry adds to it. */
struct texts {
    atomic_size_t users;
    struct arena arena;
};

struct key {
    uint64_t hash;
    const struct str *values; /* in texts; label_count of them */
};

struct series_set {
    enum set_kind kind;
    struct str name, help; /* of a policy's metric; in texts */
    size_t bound_count;    /* of a policy's histogram; else 0 */
    const int64_t *bounds; /* then, x 1e9; in texts */
    size_t label_count, cell_count;
    struct str label_names[METRIC_LABELS_MAX]; /* in texts */

    size_t count, capacity, slot_count;
    struct key *keys;   /* owned */
    struct str *labels; /* owned; each as in the exposition, in texts */
    int64_t *cells;     /* owned; cell_count per series */
    uint32_t *slots;    /* owned: index + 1 by hash; 0: free */
    int64_t overflowed; /* events that went to "__other__" */
};

struct metrics {
    struct metrics_options options;
    struct texts *texts;
    uint64_t seed;
    size_t set_count;
    struct series_set *sets; /* owned; SET_FIXED_COUNT, then those of policies */
    struct str label_names[LABEL_COUNT];
};

struct metrics_copy {
    struct texts *texts;
    size_t set_count;
    struct series_set *sets; /* without keys and slots */
};

/* --- families.c: which cells are which family --- */

enum unit { UNIT_COUNT, UNIT_NANO, UNIT_MICRO };

struct family {
    const char *name, *help, *type;
    enum set_kind set;
    size_t cell;
    enum unit unit;
    const char *extra_name, *extra_value; /* a label beside those of the set; or NULL */
    bool when_seen;                       /* shown once it is not 0 */
    size_t bound_count;                   /* of a histogram; else 0 */
    const int64_t *bounds;                /* then, in its unit */
};

extern const struct family families[];
extern const size_t family_count;

extern const int64_t cost_bounds_nanousd[COST_BOUNDS];
extern const int64_t duration_bounds_us[DURATION_BOUNDS];

/* --- series.c --- */

struct texts *texts_new(void);
void texts_drop(struct texts *t);

void set_init(struct series_set *set, enum set_kind kind, size_t cell_count);
void set_release(struct series_set *set);
void set_clear(struct series_set *set);

/* The cells of the series with these values, which is made if need be and room; else
 * those of "__other__". NULL: no memory. */
int64_t *set_cells(struct metrics *m, struct series_set *set, const struct str *values);

/* Adds a series whatever max_series says: from a checkpoint. NULL: no memory, or it is
 * there already. */
int64_t *set_restore(struct metrics *m, struct series_set *set, const struct str *values);

/* Adds `value` to a histogram: its buckets, the one without bound, its sum. */
void histogram_add(int64_t *cells, const int64_t *bounds, size_t bound_count,
                   int64_t value);

/* --- declare.c --- */

/* Of a policy, as declared before; NULL if there is none. */
struct series_set *policy_set_find(const struct metrics *m, struct str name);

/* --- metrics.c --- */

/* Into the registry's texts. */
bool text_copy(struct metrics *m, struct str *text);
struct series_set *set_add(struct metrics *m, enum set_kind kind, size_t cells,
                           const struct str *labels, size_t label_count);

/* Letters, digits and _. */
bool is_metric_name(struct str text);

/* Labels that mean something to Prometheus. */
bool is_reserved_label(struct str label);

/* Series that exist from the start. */
bool metrics_prepare(struct metrics *m);

/* --- expose.c --- */

void expose_label_value(struct buf *out, struct str value);
void expose_nano(struct buf *out, int64_t nano);
