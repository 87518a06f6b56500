/* What a scraper reads: Prometheus' text format 0.0.4, or OpenMetrics 1.0 (counters
 * without _total in their headings, units, times of creation, exemplars, "# EOF"). */
#pragma once
#include "spendwarden/beginnings.h"
#include "spendwarden/buf.h"
#include "spendwarden/event.h"

struct exposition {
    struct buf *out;
    bool openmetrics;
    int64_t zero_from_ns; /* counters that began at or after it are shown at 0, so that
                             increase() sees them begin; INT64_MAX: true values */
    struct beginnings *beginnings; /* of counters with labels that expose_sample shows;
                                      NULL: they are not shown at 0 */
    bool counts;                   /* the family is of counters */
};

/* HELP and TYPE, and in OpenMetrics UNIT, which is the name's ending; samples of that
 * family follow. A counter's name ends in _total. */
void expose_family(struct exposition *x, const char *name, const char *help,
                   const char *type);

/* `labels`: pairs, written in order; empty names are left out. Values may be any bytes.
 */
void expose_sample(struct exposition *x, const char *name, const struct pair *labels,
                   size_t label_count, double value);
void expose_sample_int(struct exposition *x, const char *name, const struct pair *labels,
                       size_t label_count, int64_t value);

/* Money as a decimal without rounding: "0.000045". */
void expose_sample_money(struct exposition *x, const char *name,
                         const struct pair *labels, size_t label_count,
                         struct money value);

/* Behind the last family. */
void expose_end(struct exposition *x);
