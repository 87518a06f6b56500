/* What the files of metrics/ share. All families of one label set are cells of one
 * series, so that an event costs one look-up for all of them. */
#pragma once
#include <stdatomic.h>

#include "limits.h"
#include "spendwarden/arena.h"
#include "spendwarden/metrics.h"
#include "spendwarden/value.h"

enum {
    DETAIL_COUNT = COUNT_CITATION_TOKENS - COUNT_CACHE_READ_TOKENS + 1,
    COST_BOUNDS = 13,
    DURATION_BOUNDS = 14,
    POLICY_METRICS_MAX = 256,
    EXEMPLAR_TEXT_MAX = 64,
};

/* Sets of series; beyond them one per metric of a policy. */
enum set_kind {
    SET_SPEND, /* labels from the options */
    SET_MODEL,
    SET_UNPRICED,
    SET_ATTRIBUTED, /* one series per coverage label, in their order */
    SET_UNATTRIBUTED,
    SET_UNATTRIBUTED_KEY,
    SET_DERIVED,
    SET_LITELLM_FIRST, /* from here on: where options.litellm_names is set; litellm.h */
    SET_LITELLM_SPEND = SET_LITELLM_FIRST,
    SET_LITELLM_REQUESTS,
    SET_LITELLM_TOKENS,
    SET_LITELLM_TOKEN_DETAILS,
    SET_LITELLM_PROXY,
    SET_LITELLM_PROXY_FAILED,
    SET_LITELLM_API_FAILED,
    SET_LITELLM_DEPLOYMENT,
    SET_LITELLM_DEPLOYMENT_FAILED,
    SET_LITELLM_LATENCY,
    SET_LITELLM_FIRST_TOKEN,
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

/* Exemplars of SET_MODEL: one a bucket. */
enum {
    EXEMPLAR_COST,
    EXEMPLAR_DURATION = EXEMPLAR_COST + COST_BOUNDS + 1,
    MODEL_EXEMPLARS = EXEMPLAR_DURATION + DURATION_BOUNDS + 1,
};

/* Text that never moves; freed with its last user. Only the registry adds to it. */
struct texts {
    atomic_size_t users;
    struct arena arena;
    struct texts *older; /* one use of it, while text in it is alive; or NULL */
};

struct key {
    uint64_t hash;
    const struct str *values; /* in texts; label_count of them */
    int64_t last_ns;          /* of its last event */
};

/* The request behind a sample: the dearest or longest of the last minute. */
struct exemplar {
    int64_t value; /* in the cell's unit */
    int64_t at_ns; /* 0: none yet */
    uint8_t size;
    char trace_id[EXEMPLAR_TEXT_MAX];
};

struct series_set {
    enum set_kind kind;
    struct str name, help; /* of a policy's metric; in texts */
    size_t bound_count;    /* of a policy's histogram; else 0 */
    const int64_t *bounds; /* then, x 1e9; in texts */
    size_t label_count, cell_count;
    struct str label_names[SERIES_LABELS_MAX]; /* in texts */
    size_t late_first, late_count; /* cells that are shown once they are not 0 */
    size_t exemplar_count;         /* per series */

    /* Arrays are owned; so many items per series. */
    size_t count, capacity, slot_count;
    struct key *keys;           /* 1 */
    struct str *labels;         /* 1: as in the exposition, in texts */
    int64_t *cells;             /* cell_count */
    int64_t *shown_less;        /* cell_count: is not shown of them; NULL: nothing */
    int64_t *born_ns;           /* 1 + late_count: of the series, of its late cells */
    struct exemplar *exemplars; /* exemplar_count; NULL: 0 */
    uint32_t *slots;            /* index + 1 by hash; 0: free */

    int64_t overflowed; /* events that went to "__other__" */
    int64_t retired;    /* series that had no event for so long */
    int64_t *gone;      /* cell_count: the sums of those; NULL: none */
    int64_t swept_ns;   /* when room was last sought among the series */
};

struct metrics {
    struct metrics_options options;
    struct texts *texts;
    uint64_t seed;
    int64_t now_ns;     /* commit time of the record being applied */
    size_t texts_alive; /* bytes of `texts` when it was last renewed */
    size_t set_count, fixed_count;
    struct series_set
        *sets; /* owned; fixed_count by their kind, then those of policies */
    struct str label_names[LABEL_COUNT];
    struct limits limits; /* empty without options.litellm_names */
};

struct metrics_copy {
    struct texts *texts;
    int64_t at_ns;
    size_t set_count, fixed_count, max_series;
    struct series_set *sets; /* without slots and what is not shown */
    struct limit *limits;    /* owned, as limits_copy gives them */
    size_t limit_count;
    int64_t limits_refused;
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
    bool has_exemplar;
    size_t exemplar; /* then; of a histogram, that of its first bucket */
};

/* Those of the first `fixed_count` sets, in their order; NULL past the end. */
const struct family *family_at(size_t index, size_t fixed_count);

/* "spend", or a policy metric's name. */
struct str set_name(const struct series_set *set);

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

/* Of the cells that set_cells gave. */
static inline size_t series_of(const struct series_set *set, const int64_t *cells)
{
    return (size_t)(cells - set->cells) / set->cell_count;
}

static inline int64_t *series_born(const struct series_set *set, size_t index)
{
    return set->born_ns + index * (1 + set->late_count);
}

/* Bytes of its arrays. */
size_t set_memory(const struct series_set *set);

/* After series have moved. */
void set_rebuild_slots(struct series_set *set);

/* --- retire.c: series that end --- */

/* It had no event for options.retire_ns: its next one begins it anew. */
bool series_is_over(const struct metrics *m, const struct series_set *set, size_t index,
                    int64_t now_ns);

/* Adds what it counted to the set's `gone`; the caller takes it out or begins it anew.
 * False: no memory. */
bool series_retire(struct series_set *set, size_t index);

/* Makes the set's `shown_less`, of zeroes. False: no memory. */
bool set_show_less(struct series_set *set);

/* Takes out every series that is over by m->now_ns, at most once in a sixteenth of
 * retire_ns. */
void set_sweep(struct metrics *m, struct series_set *set);

/* Adds `value` to a histogram: its buckets, the one without bound, its sum. Which bucket
 * it was. */
size_t histogram_add(int64_t *cells, const int64_t *bounds, size_t bound_count,
                     int64_t value);

/* Adds to a cell that is shown, and born, with its first event. */
void add_late(const struct metrics *m, struct series_set *set, int64_t *cells,
              size_t cell, int64_t count);

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
