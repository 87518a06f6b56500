#include "spendwarden/money.h"

#include <math.h>
#include <stdio.h>

#define wide unsigned __int128

enum { PICO_PER_NANO = 1000, DECIMAL_DIGITS_MAX = 36 };

static wide half_even(wide value, wide divisor)
{
    wide quotient = value / divisor, rest = value % divisor;
    wide other = divisor - rest;

    if (rest > other || (rest == other && (quotient & 1)))
        quotient++;
    return quotient;
}

bool money_of_units(struct money *out, uint64_t units, struct rate rate)
{
    if (rate.picousd < 0)
        return false;

    /* 64 x 63 bits fit in 128: the product cannot wrap. */
    wide exact = (wide)units * (uint64_t)rate.picousd;
    wide rounded = half_even(exact, PICO_PER_NANO);
    if (rounded > INT64_MAX)
        return false;

    out->nanousd = (int64_t)rounded;
    return true;
}

bool money_add(struct money *sum, struct money amount)
{
    int64_t total;

    if (__builtin_add_overflow(sum->nanousd, amount.nanousd, &total))
        return false;
    sum->nanousd = total;
    return true;
}

/* A decimal number taken apart: digits x 10^exponent. */
struct decimal {
    bool negative, sticky; /* sticky: non-zero digits beyond those kept */
    wide digits;
    int count; /* significant digits in `digits` */
    long exponent;
};

static void take_digit(struct decimal *d, int digit, bool fraction)
{
    if (d->count < DECIMAL_DIGITS_MAX) {
        d->digits = d->digits * 10 + (unsigned)digit;
        if (d->digits)
            d->count++;
        d->exponent -= fraction;
    } else {
        d->sticky |= digit != 0;
        d->exponent += !fraction;
    }
}

static bool take_exponent(struct decimal *d, struct str text)
{
    bool negative = text.size && text.at[0] == '-';
    int64_t value;

    if (text.size && (text.at[0] == '-' || text.at[0] == '+'))
        text = str_from(text, 1);
    if (text.size == 0 || text.at[0] == '-' || !str_to_int64(text, &value))
        return false;
    if (value > 10000)
        value = 10000;
    d->exponent += (long)(negative ? -value : value);
    return true;
}

static bool take_apart(struct decimal *d, struct str text)
{
    bool point = false, any = false;
    size_t i = 0;

    *d = (struct decimal){.negative = text.size && text.at[0] == '-'};
    i = text.size && (text.at[0] == '-' || text.at[0] == '+');
    for (; i < text.size; i++) {
        char c = text.at[i];
        if (c >= '0' && c <= '9') {
            take_digit(d, c - '0', point);
            any = true;
        } else if (c == '.' && !point) {
            point = true;
        } else if ((c == 'e' || c == 'E') && any) {
            return take_exponent(d, str_from(text, i + 1));
        } else {
            return false;
        }
    }
    return any;
}

static wide power_of_ten(long exponent)
{
    wide power = 1;

    while (exponent-- > 0)
        power *= 10;
    return power;
}

/* digits x 10^shift as an integer, half to even; false if it cannot fit. */
static bool scale_decimal(wide *out, const struct decimal *d, long shift, bool *exact)
{
    *exact = !d->sticky;
    if (d->digits == 0) {
        *out = 0;
        return true;
    }
    if (shift >= 0) {
        if (d->count + shift > 38)
            return false;
        *out = d->digits * power_of_ten(shift);
        return true;
    }
    if (-shift > 38) {
        *out = 0;
        *exact = false;
        return true;
    }
    wide divisor = power_of_ten(-shift);
    wide rest = d->digits % divisor;
    *exact = *exact && rest == 0;
    *out = half_even(d->digits, divisor);
    /* A tie that further digits break was not a tie. */
    if (d->sticky && rest == divisor / 2 && *out == d->digits / divisor)
        (*out)++;
    return true;
}

bool decimal_parse(int64_t *out, struct str decimal, int scale, bool *exact)
{
    struct decimal d;
    wide value;
    bool is_exact;

    if (!take_apart(&d, decimal) ||
        !scale_decimal(&value, &d, d.exponent + scale, &is_exact))
        return false;
    if (value > INT64_MAX)
        return false;
    *out = d.negative ? -(int64_t)value : (int64_t)value;
    if (exact)
        *exact = is_exact;
    return true;
}

bool money_parse(struct money *out, struct str decimal)
{
    return decimal_parse(&out->nanousd, decimal, 9, NULL);
}

bool rate_parse(struct rate *out, struct str decimal, uint64_t per, bool *exact)
{
    int scale = 12;

    /* Units are powers of ten but for hours; those divide a number with spare digits. */
    while (per > 1 && per % 10 == 0) {
        per /= 10;
        scale--;
    }
    if (per == 1)
        return decimal_parse(&out->picousd, decimal, scale, exact);
    int64_t whole;
    bool parsed_exact;
    if (!decimal_parse(&whole, decimal, scale, &parsed_exact) || whole < 0)
        return false;
    out->picousd = (int64_t)half_even((wide)whole, per);
    if (exact)
        *exact = parsed_exact && (uint64_t)whole % per == 0;
    return true;
}

int money_format(char out[MONEY_TEXT_SIZE], struct money amount)
{
    uint64_t nano =
        amount.nanousd < 0 ? 0 - (uint64_t)amount.nanousd : (uint64_t)amount.nanousd;
    int length =
        snprintf(out, MONEY_TEXT_SIZE, "%s%llu.%09llu", amount.nanousd < 0 ? "-" : "",
                 (unsigned long long)(nano / NANO_PER_USD),
                 (unsigned long long)(nano % NANO_PER_USD));

    while (out[length - 1] == '0')
        length--;
    if (out[length - 1] == '.')
        length--;
    out[length] = '\0';
    return length;
}

bool money_from_double(struct money *out, double usd)
{
    if (!(usd >= 0 && usd <= 1e6)) /* NaN fails both */
        return false;
    out->nanousd = (int64_t)nearbyint(usd * 1e9);
    return true;
}
