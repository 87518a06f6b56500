/* What the files of window/ share. Windows read streams: a stream is one set of groups
 * and buckets, shared by all windows that differ in over and offset only. */
#pragma once
#include "spendwarden/arena.h"
#include "spendwarden/value.h"
#include "spendwarden/window.h"

/* The values that came in one bucket, by their hashes: all of them up to DISTINCT_MAX,
 * then as many. */
struct distinct;

enum { DISTINCT_MAX = 1000 };

struct cell {
    int64_t start_ns;
    union {
        int64_t sum;             /* nano-units; of counts, units; or the largest */
        struct distinct *values; /* AGGREGATE_DISTINCT: owned; NULL: none yet */
    };
    int64_t count;
};

struct group {
    uint64_t hash;
    struct str *by;     /* owned: one block with the text behind it; NULL: no `by` */
    struct cell *cells; /* owned; used from `first`, in order of start */
    uint32_t first, count, capacity;
    int64_t first_ns; /* earliest booked time */
};

struct unpack;

struct span {
    int64_t start_ns, end_ns;
};

struct stream {
    struct window_decl decl; /* text in `memory`; over and offset mean nothing here */
    struct zone *zone;       /* owned */
    struct arena memory;
    struct buf identity; /* equal for declarations that may share */
    int64_t width_ns;    /* of a bucket; calendar: 0 */
    int64_t retain_ns;   /* rolling: the largest over + offset */
    bool started;        /* events may be in: retain_ns must not grow */
    bool filling;        /* not all of its history is in: takes nothing until then */
    bool loaded;
    int64_t since_ns, swept_ns;
    size_t windows; /* that read it */

    struct group *groups; /* owned */
    size_t group_count, group_capacity;
    uint32_t *order; /* owned: indexes of groups by value; group_capacity of them */
    uint32_t *slots; /* owned: index + 1 by hash; 0: free */
    size_t slot_count;
    size_t cell_count;

    struct span event_period, now_period; /* calendar: as last looked up */
    int64_t previous_start_ns;            /* of the period before now_period */
};

struct window {
    struct stream *stream; /* NULL: a free id */
    int64_t over_ns, offset_ns;
    bool declared;
};

struct windows {
    struct window_limits limits;
    uint64_t seed;
    struct window *windows; /* owned; by id */
    size_t window_count;
    struct stream **streams; /* owned */
    size_t stream_count;
    size_t cell_count;
    int64_t now_ns; /* of the last windows_apply */
    int64_t overflowed, dropped;
};

/* --- stream.c --- */

struct stream *stream_new(const struct window_decl *decl, const struct schema *schema,
                          struct err *err);
bool windows_add_stream(struct windows *w, struct stream *s); /* false: no memory */
void stream_free(struct stream *s);
void stream_clear(struct windows *w, struct stream *s);

/* What two declarations must have in common to share a stream. */
void stream_identity(const struct window_decl *decl, const struct schema *schema,
                     struct buf *out);
int64_t bucket_width(int64_t over_ns);

/* The bucket or period that holds a booked time. */
int64_t stream_bucket(struct stream *s, int64_t booked_ns);

/* Cells that start at or before it can never be read again. */
int64_t stream_floor(struct stream *s, int64_t now_ns);

/* Whether the record belongs here, and what it adds: a number, or a value's hash. */
bool stream_takes(const struct stream *s, const struct record *r, int64_t *value);

/* --- distinct.c --- */

/* Adds a value's hash. *grown: it was not there. False: no memory, it is not there. */
bool distinct_add(struct distinct **values, uint64_t hash, bool *grown);
size_t distinct_count(const struct distinct *values); /* accepts NULL */

/* How many different ones there are in all of these cells. Without memory for that: in
 * the one that has most. */
size_t distinct_union(const struct cell *cells, size_t count);
void distinct_save(const struct distinct *values, struct buf *out);

/* What distinct_save wrote. False, and noted in *u: it is damaged, or there is no memory.
 * What was read by then is in *values all the same. */
bool distinct_load(struct distinct **values, struct unpack *u);

/* --- group.c --- */

uint64_t group_hash(const struct stream *s, const struct str *by, uint64_t seed);
struct group *group_find(const struct stream *s, const struct str *by, uint64_t hash);

/* A group that is not there yet. NULL: no memory. */
struct group *group_add(struct stream *s, const struct str *by, uint64_t hash);

/* Gives back groups without cells. Pointers to groups are void afterwards. */
void groups_sweep(struct stream *s);
void group_release(const struct stream *s, struct group *g);

/* Drops cells that start at or before `floor_ns`; returns how many. */
size_t group_trim(struct windows *w, struct stream *s, struct group *g, int64_t floor_ns);

/* The cell that starts there, or NULL. */
struct cell *group_cell(const struct group *g, int64_t start_ns);

/* How many of its cells start at or before `ns`. */
size_t group_cells_until(const struct group *g, int64_t ns);

/* A cell that is not there yet. NULL: no memory. */
struct cell *group_add_cell(struct windows *w, struct stream *s, struct group *g,
                            int64_t start_ns);

/* --- window.c --- */

/* Until no more than max_cells are in use, or nothing can go. */
void windows_make_room(struct windows *w, int64_t now_ns);

/* --- read.c --- */

/* What a window sums at `at_ns`: cells with after < start <= until. */
struct reach {
    int64_t after_ns, until_ns;
    struct span span;
};

struct reach window_reach(const struct window *window, int64_t at_ns);

/* See window_sums.moves_ns. */
int64_t reach_moves(const struct window *window, const struct reach *reach,
                    int64_t at_ns);

/* What a group has there. */
struct total {
    int64_t sum;   /* as in cells; or different values */
    int64_t count; /* events */
};

struct total group_total(const struct stream *s, const struct group *g,
                         const struct reach *reach);

static inline int64_t floor_to(int64_t ns, int64_t width_ns)
{
    int64_t rest = ns % width_ns;

    return ns - rest - (rest < 0 ? width_ns : 0);
}
