/* Records and declarations for tests of windows. */
#pragma once
#include "../unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "spendwarden/timestamp.h"
#include "spendwarden/window.h"

static const int64_t day_ns = INT64_C(1787356800) * NS_PER_SECOND; /* 2026-08-22 UTC */

static inline struct field field(const char *name)
{
    struct field found = field_find(NULL, str_of(name));

    assert_int_not_equal(found.kind, FIELD_NONE);
    return found;
}

static inline struct window_decl spend_by(const char *by, int64_t over_ns,
                                          int64_t offset_ns)
{
    struct window_decl decl = {
        .field = field("charge_usd"), .over_ns = over_ns, .offset_ns = offset_ns};

    if (by) {
        decl.by_count = 1;
        decl.by[0] = field(by);
    }
    return decl;
}

static inline struct windows *opened(size_t max_groups, size_t max_cells)
{
    struct window_limits limits = {max_groups, max_cells, NULL};
    struct windows *w;

    assert_true(windows_open(&w, &limits, NULL));
    return w;
}

/* One that waits for its history. */
static inline int declared_unfilled(struct windows *w, struct window_decl decl)
{
    struct err err = {0};
    int id = windows_declare(w, &decl, &err);

    if (id < 0)
        fail_msg("%s", err.text);
    return id;
}

/* One that has no history, nor have those before it. */
static inline int declared(struct windows *w, struct window_decl decl)
{
    int id = declared_unfilled(w, decl);

    windows_begin(w);
    return id;
}

static inline size_t filling(const struct windows *w)
{
    struct window_stats stats;

    windows_stats(w, &stats);
    return stats.filling;
}

static inline bool is_filling(struct windows *w, int id, int64_t at_ns)
{
    struct window_sums sums;
    struct arena arena;

    arena_init(&arena, 0);
    assert_true(windows_sums(w, id, at_ns, &arena, &sums));
    arena_release(&arena);
    return sums.filling;
}

static inline struct windows *part_of(struct windows *w, int64_t now_ns)
{
    struct windows *part;
    int64_t from_ns;

    assert_true(windows_part(w, &part, now_ns, &from_ns, NULL));
    assert_non_null(part);
    return part;
}

static inline struct record charge(const char *team, int64_t booked_ns, int64_t nanousd)
{
    struct record r;

    record_init(&r);
    r.ev.text[TEXT_TEAM] = str_of(team);
    r.booked_ns = booked_ns;
    r.charge.charge.nanousd = nanousd;
    return r;
}

static inline void add(struct windows *w, const char *team, int64_t booked_ns,
                       int64_t nanousd, int64_t now_ns)
{
    struct record r = charge(team, booked_ns, nanousd);

    windows_apply(w, &r, now_ns);
}

/* The sum of one group, 0 if it is not there. */
static inline int64_t sum_of(struct windows *w, int id, const char *by, int64_t at_ns)
{
    struct str values[] = {str_of(by)};
    struct window_sums sums;
    struct arena arena;

    arena_init(&arena, 0);
    assert_true(windows_sums(w, id, at_ns, &arena, &sums));
    const struct window_group *g = window_sums_find(&sums, values);
    int64_t sum = g ? g->sum : 0;
    arena_release(&arena);
    return sum;
}
