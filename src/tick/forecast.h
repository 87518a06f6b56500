/* Where a budget's spending leads, from what was spent lately. Pure. */
#pragma once
#include "spendwarden/outlook.h"

/* Of one group of a budget, in one calendar period. */
struct lately {
    int64_t at_ns, end_ns; /* now; of the period */
    int64_t from_ns;      /* since when it was observed, of the last 7 days; 0: not yet */
    int64_t week_nanousd; /* spent since then */
    bool has_days;        /* the next is known */
    int64_t days[OUTLOOK_DAYS]; /* spent in each of the last 7 times 24 hours, the last
                                   one first */
    struct money limit, spent;  /* of the period */
};

/* total = spent + time left x mean rate. Of n days that were observed whole, with the
 * sample deviation s, the sum of D days to come lies within t x s x sqrt(D + D^2 / n) of
 * its mean in 80 of 100 cases, where t is Student's 0.9 quantile for n - 1 degrees of
 * freedom: the prediction interval of a sum of independent normal values whose mean and
 * variance are estimated (Hahn and Meeker, Statistical Intervals, 4.7). What is spent
 * already stays. */
struct outlook forecast(const struct lately *l);

/* Without events the forecast falls: when it comes down to so many nano-USD. */
int64_t forecast_falls_to(const struct lately *l, double nanousd);
