/* Money as integers: amounts in nano-USD, rates in pico-USD per unit. No double
 * takes part, except at the edges to Prometheus and Lua. */
#pragma once
#include "spendwarden/str.h"
#include <stdbool.h>
#include <stdint.h>

#define NANO_PER_USD INT64_C(1000000000)

struct money {
    int64_t nanousd;
};

struct rate {
    int64_t picousd; /* per unit: a token, a request, a search */
};

enum { MONEY_TEXT_SIZE = 32 };

/* units x rate, rounded once, half to even. False, *out untouched: the rate is
 * negative or the amount does not fit. */
bool money_of_units(struct money *out, uint64_t units, struct rate rate);

/* False, *sum untouched: the sum does not fit. */
bool money_add(struct money *sum, struct money amount);

/* A decimal number as JSON writes it ("4.5e-05", "-1", "0.25"), rounded once,
 * half to even, to nano-USD. False: not a number, or out of range. */
bool money_parse(struct money *out, struct str decimal);

/* USD per `per` units (1 for a token price, 1000000 for "per million tokens") as
 * a decimal. *exact tells whether it is a whole number of pico-USD per unit. */
bool rate_parse(struct rate *out, struct str decimal, uint64_t per, bool *exact);

/* Exact, without trailing zeros: "0.000045", "-12", "0". Returns the length. */
int money_format(char out[MONEY_TEXT_SIZE], struct money amount);

/* What a policy returned, half to even. False: NaN, infinite, negative or above
 * a million dollars. */
bool money_from_double(struct money *out, double usd);

static inline double money_to_double(struct money amount)
{
    return (double)amount.nanousd / 1e9;
}

/* A decimal scaled by 10^scale to an integer, half to even: the base of the above,
 * also for times ("1795481240.037034" seconds, scale 9: nanoseconds). *exact may
 * be NULL. False: not a number, or it does not fit. */
bool decimal_parse(int64_t *out, struct str decimal, int scale, bool *exact);
