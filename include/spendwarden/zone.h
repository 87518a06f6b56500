/* Calendar periods in a time zone: where a day, week or month begins. */
#pragma once
#include "spendwarden/err.h"
#include <stdbool.h>
#include <stdint.h>

struct zone; /* immutable once loaded: any thread */

enum period { PERIOD_DAY, PERIOD_WEEK, PERIOD_MONTH };

/* Reads the system's TZif file of an IANA name ("Europe/Berlin"); "UTC" needs no
 * file. Names with "..", a leading "/" or more than 64 bytes are refused. */
bool zone_load(struct zone **out, const char *name, struct err *err);
void zone_free(struct zone *z);

/* Offset from UTC in force at `ns`, in seconds east. */
int32_t zone_offset(const struct zone *z, int64_t ns);

/* The period that holds `ns`: [*start, *end) in UTC nanoseconds. Weeks start on
 * Monday. A period that begins in a gap of the clock begins at its end. */
void zone_period(const struct zone *z, enum period period, int64_t ns, int64_t *start,
                 int64_t *end);
