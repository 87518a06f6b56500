/* Sums, counts and the like over time by labels: what rules and budgets read. Fed in the
 * commit that writes the ledger, and rebuilt from it. One thread at a time. */
#pragma once
#include "spendwarden/buf.h"
#include "spendwarden/decls.h"
#include "spendwarden/err.h"
#include "spendwarden/record.h"

struct windows;

struct window_limits {
    size_t max_groups; /* per window; the rest goes to the group "__other__" */
    size_t max_cells;  /* over all windows; when full, the oldest cells of the largest
                          window go. A value of AGGREGATE_DISTINCT counts as one */
    const struct schema *schema; /* names declared labels in checkpoints, which are lost
                                    to windows on such labels without it. May be NULL;
                                    outlives the windows */
};

bool windows_open(struct windows **out, const struct window_limits *limits,
                  struct err *err);
void windows_close(struct windows *w);

/* The id of the window that this declaration is: an equal one is shared, so are buckets
 * of windows that differ in over and offset only. Copies what it needs. -1 and *err: no
 * room. One that was not there before is filling: it takes nothing and says nothing until
 * it has its history. */
int windows_declare(struct windows *w, const struct window_decl *decl, struct err *err);

/* Forgets every window that was not declared since the last windows_forget_begin(). */
void windows_forget_begin(struct windows *w);
void windows_forget_end(struct windows *w);

/* Adds a charge by its booked time; one outside a window's span (seen from `now_ns`) is
 * left out of it, as is one that lacks the field that is summed. Other kinds of record
 * change nothing. */
void windows_apply(struct windows *w, const struct record *r, int64_t now_ns);

/* --- history for those that are filling --- */

/* No history is wanted: they begin with the next event. */
void windows_begin(struct windows *w);

/* Windows of the same kind as those that are filling, apart from `w`: whoever applies all
 * that `w` has seen, and may yet read, to them gives them back by windows_take. *from_ns:
 * booked times before it are read by none as of `now_ns`. *out is NULL if none is
 * filling. False: no memory. */
bool windows_part(const struct windows *w, struct windows **out, int64_t now_ns,
                  int64_t *from_ns, struct err *err);

/* Those that are still filling in `w` have their history from now on; a declaration since
 * that reaches further back goes on filling. Ends `history`. */
void windows_take(struct windows *w, struct windows *history);

/* --- reading at a tick --- */

struct window_group {
    const struct str *by; /* values in the order of the declaration's `by` */
    int64_t sum;      /* nano-units of a sum or largest value (USD, seconds, tokens, ...
                         x 1e9), events, or different values. Clamped: 9.2e9 tokens are the
                         most it can say; `value` has no end */
    int64_t count;    /* events */
    double value;     /* the same in units */
    int64_t first_ns; /* booked time of the group's first event ever seen */
};

struct window_sums {
    int64_t at_ns;
    int64_t since_ns; /* earliest booked time that this window has seen, also of an event
                         that it does not take; 0: nothing yet */
    int64_t start_ns, end_ns; /* what was summed; of a calendar window, its period */
    int64_t moves_ns; /* from when on the observed part of it has another length */
    bool filling;     /* not all of its history is in: nothing was summed */
    size_t by_count, group_count;
    const struct window_group *groups; /* those with events in what was summed, in
                                          bytewise order of the by values */
};

/* A copy of one window's value at `at_ns`, in the arena. A rolling window sums the
 * running bucket and those that start after floor(at) - over, both moved back by its
 * offset. False: no memory. */
bool windows_sums(struct windows *w, int id, int64_t at_ns, struct arena *arena,
                  struct window_sums *out);

/* By values in the order of `by`; NULL if there is no such group. */
const struct window_group *window_sums_find(const struct window_sums *s,
                                            const struct str *by);

/* One sorted line per window: its value as of the last event's `now_ns`, exact, and a
 * hash over its groups. Equal for equal events, however windows share buckets. */
void windows_digest(const struct windows *w, struct buf *out);

/* --- checkpoint --- */

/* Without those that are filling. */
void windows_save(const struct windows *w, struct buf *out);

/* Into freshly declared windows; those that the state does not know go on filling. False
 * with ERR_INPUT: the state is damaged; all are filling. */
bool windows_load(struct windows *w, struct str state, struct err *err);

struct window_stats {
    size_t windows, groups, cells, filling;
    int64_t overflowed; /* events that went to "__other__" */
    int64_t dropped;    /* cells that went before their time, for max_cells */
};

/* Whether the declaration's `where` holds for the record. */
bool window_where(const struct window_decl *decl, const struct record *r);

void windows_stats(const struct windows *w, struct window_stats *out);

/* What the buckets of one window hold, which kin may share. False: there is no such id.
 */
struct window_look {
    size_t groups, cells;
    bool filling;
};

bool windows_look(const struct windows *w, int id, struct window_look *out);
