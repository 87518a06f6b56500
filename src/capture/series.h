/* The newest data point of each series: what is new in the next one. */
#pragma once
#include "spendwarden/capture.h"

enum {
    SERIES_MAX = 65536,
    SERIES_PER_SERVICE = 8192, /* so that one service does not blind all others */
};

struct series;

struct series *series_new(void); /* NULL: no memory */
void series_free(struct series *s);

/* What the point says was used since the one before; 0 of a first one that counts from
 * before `began_ns`, or for longer than CAPTURE_REACH_NS. `service` is a number below
 * CAPTURE_SERVICES_MAX + 1. */
enum capture_outcome series_take(struct series *s, const struct token_point *p,
                                 unsigned service, int64_t began_ns, int64_t now_ns,
                                 double *used);
