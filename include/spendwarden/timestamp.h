/* Points in time: int64 nanoseconds since 1970 UTC; 0 means absent. */
#pragma once
#include "spendwarden/str.h"
#include <stdbool.h>
#include <stdint.h>

#define NS_PER_SECOND INT64_C(1000000000)
#define NS_PER_MS INT64_C(1000000)
#define NS_PER_MINUTE (60 * NS_PER_SECOND)
#define NS_PER_HOUR (3600 * NS_PER_SECOND)
#define NS_PER_DAY (86400 * NS_PER_SECOND)

enum { TIMESTAMP_TEXT_SIZE = 40 };

struct civil {
    int year, month, day; /* proleptic Gregorian; month and day from 1 */
};

/* The wall clock. Called in the shell only; stages get times as parameters. */
int64_t timestamp_now(void);

/* Never goes back; for measuring durations. */
int64_t timestamp_monotonic(void);

/* RFC 3339, with "T" or a space, any fraction, "Z" or an offset; without an
 * offset it is UTC. */
bool timestamp_parse(int64_t *out_ns, struct str text);

/* "2026-08-22T10:00:00.000Z", always UTC and milliseconds. Returns the length. */
int timestamp_format(char out[TIMESTAMP_TEXT_SIZE], int64_t ns);

/* Days since 1970-01-01 and back. */
int64_t civil_to_days(struct civil date);
struct civil civil_from_days(int64_t days);

/* "30s", "10m", "1h30m", "7d", "500ms": one or more number-unit pairs, largest
 * first as Prometheus writes them (y is not accepted). */
bool duration_parse(int64_t *out_ns, struct str text);

/* Such a text, shortest. Returns the length. */
int duration_format(char out[TIMESTAMP_TEXT_SIZE], int64_t ns);
