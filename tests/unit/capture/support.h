/* Calls and data points on a clock of the tests' own. */
#pragma once
#include "../unit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "spendwarden/capture.h"

/* 2026-11-24T01:00:00Z; times below are in seconds from then on. */
#define BEGAN_NS (INT64_C(1795482000) * NS_PER_SECOND)

static inline int64_t at(double seconds)
{
    return BEGAN_NS + (int64_t)(seconds * (double)NS_PER_SECOND);
}

static inline struct capture *opened(void)
{
    struct capture *c = capture_new(BEGAN_NS);

    assert_non_null(c);
    return c;
}

/* A call that ends and comes at once. */
static inline void call(struct capture *c, const char *service, int64_t tokens,
                        double seconds)
{
    capture_call(c, str_of(service), tokens, at(seconds), at(seconds));
}

/* Cumulative, of one series, from the start on. */
static inline struct token_point point_of(const char *service, double tokens,
                                          double seconds)
{
    return (struct token_point){.service = str_of(service),
                                .series = 1,
                                .provider = 1,
                                .counter = 1,
                                .cumulative = true,
                                .start_ns = at(0),
                                .time_ns = at(seconds),
                                .tokens = tokens};
}

static inline enum capture_outcome take(struct capture *c, struct token_point p)
{
    return capture_point(c, &p, p.time_ns);
}

static inline void count(struct capture *c, const char *service, double tokens,
                         double seconds)
{
    assert_int_equal(take(c, point_of(service, tokens, seconds)), CAPTURE_ACCEPTED);
}

struct wanted {
    const char *service;
    double ratio;
    unsigned services; /* that have one */
};

static inline void look(void *ctx, struct str service, double ratio)
{
    struct wanted *w = ctx;

    w->services++;
    if (str_eq(service, str_of(w->service)))
        w->ratio = ratio;
}

/* -1: it has none. */
static inline double ratio_of(struct capture *c, const char *service, double seconds)
{
    struct wanted w = {service, -1, 0};

    capture_ratios(c, at(seconds), look, &w);
    return w.ratio;
}

static inline unsigned services_at(struct capture *c, double seconds)
{
    struct wanted w = {"", -1, 0};

    capture_ratios(c, at(seconds), look, &w);
    return w.services;
}

static inline void assert_near(double got, double wanted, double most)
{
    if (!(fabs(got - wanted) <= most))
        fail_msg("%g is not within %g of %g", got, most, wanted);
}

#define ASSERT_RATIO(c, seconds, wanted)                                                 \
    assert_near(ratio_of(c, "shop", seconds), wanted, 1e-3)

/* A service of which a half is booked. */
static inline void show_half(struct capture *c, const char *service, uint64_t series,
                             double now)
{
    struct token_point p = point_of(service, 4000, now + 1);

    p.series = series;
    p.start_ns = at(now);
    call(c, service, 2000, now);
    assert_int_equal(take(c, p), CAPTURE_ACCEPTED);
}
