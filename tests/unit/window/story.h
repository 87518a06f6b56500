/* A random history of charges, and windows as text. */
#pragma once
#include "support.h"

enum { EVENTS = 4000, TEAMS = 7 };

struct story {
    struct record records[EVENTS];
    int64_t now_ns[EVENTS];
};

static const char *const teams[TEAMS] = {"", "a", "b", "ab", "team x", "\xFF", "z"};

static inline uint32_t next(uint32_t *random)
{
    *random = *random * 1664525 + 1013904223;
    return *random >> 8;
}

/* Two days and a half; most events are of now, some up to a day late, some early. */
static inline struct story *told(uint32_t seed)
{
    struct story *s = calloc(1, sizeof *s);
    int64_t now = day_ns;

    assert_non_null(s);
    for (int i = 0; i < EVENTS; i++) {
        uint32_t kind = next(&seed) % 100;
        int64_t late = 0;
        if (kind < 30)
            late = (int64_t)(next(&seed) % 600) * NS_PER_SECOND;
        else if (kind < 40)
            late = (int64_t)(next(&seed) % 86400) * NS_PER_SECOND;
        else if (kind < 45)
            late = -(int64_t)(next(&seed) % 300) * NS_PER_SECOND;
        now += (int64_t)(next(&seed) % 108) * NS_PER_SECOND + (int64_t)next(&seed);
        s->now_ns[i] = now;
        s->records[i] =
            charge(teams[next(&seed) % TEAMS], now - late, next(&seed) % 1000000);
    }
    return s;
}

static inline void digest(const struct windows *w, struct buf *out)
{
    buf_reset(out);
    windows_digest(w, out);
    assert_false(out->failed);
}
