#include "spendwarden/timestamp.h"

#include <stdio.h>
#include <time.h>

#include "spendwarden/money.h"

static int64_t clock_read(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * NS_PER_SECOND + now.tv_nsec;
}

int64_t timestamp_now(void)
{
    return clock_read(CLOCK_REALTIME);
}

int64_t timestamp_monotonic(void)
{
    return clock_read(CLOCK_MONOTONIC);
}

/* Howard Hinnant's civil-day algorithms: eras of 400 years that begin in March. */
int64_t civil_to_days(struct civil date)
{
    int64_t year = date.year - (date.month <= 2);
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year =
        (153 * (date.month + (date.month > 2 ? -3 : 9)) + 2) / 5 + date.day - 1;
    int64_t day_of_era =
        year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

    return era * 146097 + day_of_era - 719468;
}

struct civil civil_from_days(int64_t days)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year =
        day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month = (5 * day_of_year + 2) / 153;

    return (struct civil){
        .year = (int)(year_of_era + era * 400 + (month >= 10)),
        .month = (int)(month < 10 ? month + 3 : month - 9),
        .day = (int)(day_of_year - (153 * month + 2) / 5 + 1),
    };
}

/* `digits` digits at text[*at], then moves on. */
static bool take_number(struct str text, size_t *at, int digits, int *out)
{
    if (text.size - *at < (size_t)digits)
        return false;
    *out = 0;
    for (int i = 0; i < digits; i++) {
        char c = text.at[*at + (size_t)i];
        if (c < '0' || c > '9')
            return false;
        *out = *out * 10 + (c - '0');
    }
    *at += (size_t)digits;
    return true;
}

static bool take_byte(struct str text, size_t *at, char byte)
{
    if (*at >= text.size || text.at[*at] != byte)
        return false;
    (*at)++;
    return true;
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    return month == 2 && leap ? 29 : days[month - 1];
}

static bool take_date(struct str text, size_t *at, int64_t *days)
{
    struct civil date;

    if (!take_number(text, at, 4, &date.year) || !take_byte(text, at, '-') ||
        !take_number(text, at, 2, &date.month) || !take_byte(text, at, '-') ||
        !take_number(text, at, 2, &date.day))
        return false;
    if (date.month < 1 || date.month > 12 || date.day < 1 ||
        date.day > days_in_month(date.year, date.month))
        return false;
    *days = civil_to_days(date);
    return true;
}

static bool take_clock(struct str text, size_t *at, int64_t *ns)
{
    int hour, minute, second;
    int64_t fraction = 0, unit = NS_PER_SECOND;

    if (!take_number(text, at, 2, &hour) || !take_byte(text, at, ':') ||
        !take_number(text, at, 2, &minute) || !take_byte(text, at, ':') ||
        !take_number(text, at, 2, &second))
        return false;
    if (hour > 23 || minute > 59 || second > 60)
        return false;
    if (take_byte(text, at, '.')) {
        size_t first = *at;
        for (; *at < text.size && text.at[*at] >= '0' && text.at[*at] <= '9'; (*at)++) {
            unit /= 10;
            fraction += (text.at[*at] - '0') * unit;
        }
        if (*at == first)
            return false;
    }
    *ns = ((int64_t)hour * 3600 + minute * 60 + second) * NS_PER_SECOND + fraction;
    return true;
}

static bool take_offset(struct str text, size_t *at, int64_t *ns)
{
    int hours, minutes;

    *ns = 0;
    if (*at == text.size || take_byte(text, at, 'Z') || take_byte(text, at, 'z'))
        return true;
    bool west = take_byte(text, at, '-');
    if (!west && !take_byte(text, at, '+'))
        return false;
    if (!take_number(text, at, 2, &hours))
        return false;
    take_byte(text, at, ':');
    if (!take_number(text, at, 2, &minutes) || hours > 23 || minutes > 59)
        return false;
    *ns = (hours * 60 + minutes) * NS_PER_MINUTE * (west ? -1 : 1);
    return true;
}

bool timestamp_parse(int64_t *out_ns, struct str text)
{
    int64_t days, clock_ns, offset_ns, ns;
    size_t at = 0;

    if (!take_date(text, &at, &days))
        return false;
    if (!take_byte(text, &at, 'T') && !take_byte(text, &at, 't') &&
        !take_byte(text, &at, ' '))
        return false;
    if (!take_clock(text, &at, &clock_ns) || !take_offset(text, &at, &offset_ns) ||
        at != text.size)
        return false;
    if (__builtin_mul_overflow(days, NS_PER_DAY, &ns) ||
        __builtin_add_overflow(ns, clock_ns - offset_ns, &ns))
        return false;
    *out_ns = ns;
    return true;
}

int timestamp_format(char out[TIMESTAMP_TEXT_SIZE], int64_t ns)
{
    int64_t days = ns / NS_PER_DAY - (ns % NS_PER_DAY < 0);
    int64_t rest = ns % NS_PER_DAY;
    int64_t ms = (rest < 0 ? rest + NS_PER_DAY : rest) / NS_PER_MS;
    struct civil date = civil_from_days(days);

    return snprintf(out, TIMESTAMP_TEXT_SIZE, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
                    date.year, date.month, date.day, (int)(ms / 3600000),
                    (int)(ms / 60000 % 60), (int)(ms / 1000 % 60), (int)(ms % 1000));
}

static const struct {
    struct str suffix;
    int64_t ns;
} units[] = {
    {{"w", 1}, 7 * NS_PER_DAY}, {{"d", 1}, NS_PER_DAY},    {{"h", 1}, NS_PER_HOUR},
    {{"m", 1}, NS_PER_MINUTE},  {{"s", 1}, NS_PER_SECOND}, {{"ms", 2}, NS_PER_MS},
};

enum { UNIT_COUNT = sizeof units / sizeof *units };

/* One "10m"; `*unit` is the first that may still follow. */
static bool take_duration(struct str text, size_t *at, size_t *unit, int64_t *total)
{
    size_t first = *at, end;
    int64_t number, part;

    while (*at < text.size && text.at[*at] >= '0' && text.at[*at] <= '9')
        (*at)++;
    if (!str_to_int64((struct str){text.at + first, *at - first}, &number))
        return false;
    for (end = *at; end < text.size && text.at[end] >= 'a' && text.at[end] <= 'z';)
        end++;
    for (; *unit < UNIT_COUNT; (*unit)++)
        if (str_eq(units[*unit].suffix, (struct str){text.at + *at, end - *at}))
            break;
    if (*unit == UNIT_COUNT || __builtin_mul_overflow(number, units[*unit].ns, &part) ||
        __builtin_add_overflow(*total, part, total))
        return false;
    (*unit)++;
    *at = end;
    return true;
}

bool duration_parse(int64_t *out_ns, struct str text)
{
    int64_t total = 0;
    size_t at = 0, unit = 0;

    if (str_eq(text, STR("0"))) {
        *out_ns = 0;
        return true;
    }
    do {
        if (!take_duration(text, &at, &unit, &total))
            return false;
    } while (at < text.size);
    *out_ns = total;
    return true;
}

int duration_format(char out[TIMESTAMP_TEXT_SIZE], int64_t ns)
{
    int length = 0;

    for (size_t i = 1; i < UNIT_COUNT; i++) {
        int64_t number = ns / units[i].ns;
        if (number == 0)
            continue;
        ns -= number * units[i].ns;
        length += snprintf(out + length, (size_t)(TIMESTAMP_TEXT_SIZE - length), "%lld%s",
                           (long long)number, units[i].suffix.at);
    }
    if (length == 0)
        length = snprintf(out, TIMESTAMP_TEXT_SIZE, "0s");
    return length;
}
