/* Where a budget's spending leads. */
#pragma once
#include "spendwarden/money.h"

enum { OUTLOOK_DAYS = 7 };

struct outlook {
    bool has_total;     /* not before a day was seen */
    struct money total; /* spent at the end of the period, at the mean rate of 7 days */
    bool has_band;      /* not before three days were seen, nor for periods of a day */
    struct money low, high; /* the total lies between them in 80 of 100 cases */
    bool exhausts;          /* before the period ends, at that rate */
    int64_t exhausts_in_ns; /* then: when the limit will be reached; 0: it has been */
};
