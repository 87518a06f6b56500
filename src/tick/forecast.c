#include "forecast.h"

#include <math.h>

#include "spendwarden/timestamp.h"

enum { BAND_DAYS_LEAST = 3 };

static struct money clamped(double nanousd)
{
    return (struct money){nanousd < 9e18 ? (int64_t)nanousd : INT64_MAX};
}

/* Whole days among the last that were observed; their mean and sample deviation. */
static size_t observe_days(const struct lately *l, double *mean, double *deviation)
{
    double sum = 0, squares = 0;
    size_t n = 0;

    while (l->has_days && n < OUTLOOK_DAYS &&
           l->at_ns - (int64_t)(n + 1) * NS_PER_DAY >= l->from_ns)
        sum += (double)l->days[n++];
    *mean = n ? sum / (double)n : 0;
    for (size_t i = 0; i < n; i++)
        squares += ((double)l->days[i] - *mean) * ((double)l->days[i] - *mean);
    *deviation = n > 1 ? sqrt(squares / (double)(n - 1)) : 0;
    return n;
}

static void add_band(const struct lately *l, double total, struct outlook *out)
{
    static const double t[OUTLOOK_DAYS] = {0, 3.078, 1.886, 1.638, 1.533, 1.476, 1.440};
    double days = (double)(l->end_ns - l->at_ns) / (double)NS_PER_DAY, mean, deviation;
    size_t n = observe_days(l, &mean, &deviation);

    if (n < BAND_DAYS_LEAST)
        return;
    double half = t[n - 1] * deviation * sqrt(days + days * days / (double)n);
    out->has_band = true;
    out->low = clamped(fmax(total - half, (double)l->spent.nanousd));
    out->high = clamped(total + half);
}

/* A limit of 0 is used up by the first cent. */
static bool is_used_up(const struct lately *l)
{
    return l->spent.nanousd > 0 && l->spent.nanousd >= l->limit.nanousd;
}

static void add_exhaustion(const struct lately *l, double rate, struct outlook *out)
{
    double left = (double)l->limit.nanousd - (double)l->spent.nanousd;

    if (is_used_up(l)) {
        out->exhausts = true;
        return;
    }
    double in_ns = rate > 0 ? left / rate : INFINITY;
    out->exhausts = in_ns < (double)(l->end_ns - l->at_ns);
    out->exhausts_in_ns = out->exhausts ? (int64_t)in_ns : 0;
}

struct outlook forecast(const struct lately *l)
{
    struct outlook out = {.has_total = false};
    int64_t seen_ns = l->at_ns - l->from_ns, left_ns = l->end_ns - l->at_ns;

    out.exhausts = is_used_up(l);
    if (l->from_ns == 0 || seen_ns < NS_PER_DAY || left_ns < 0)
        return out;
    double rate = (double)l->week_nanousd / (double)seen_ns;
    double total = (double)l->spent.nanousd + rate * (double)left_ns;
    out.has_total = true;
    out.total = clamped(total);
    add_band(l, total, &out);
    add_exhaustion(l, rate, &out);
    return out;
}

int64_t forecast_falls_to(const struct lately *l, double nanousd)
{
    double week = (double)l->week_nanousd;
    double more = nanousd - (double)l->spent.nanousd;

    if (!(more > 0))
        return INT64_MAX;
    return l->from_ns +
           (int64_t)(week * (double)(l->end_ns - l->from_ns) / (more + week));
}
