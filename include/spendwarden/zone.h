/* Calendar periods in a time zone: where a day, week or month begins. */
#pragma once
#include "spendwarden/err.h"
#include "spendwarden/str.h"
#include <stdbool.h>
#include <stdint.h>

struct zone; /* immutable once loaded: any thread */

enum period { PERIOD_DAY, PERIOD_WEEK, PERIOD_MONTH };

/* Reads the system's TZif file of an IANA name ("Europe/Berlin"); "UTC" needs no
 * file. Names with "..", a leading "/" or more than 64 bytes are refused. */
bool zone_load(struct zone **out, const char *name, struct err *err);

/* The same from the bytes of a TZif file of version 2 or later (RFC 9636). */
bool zone_parse(struct zone **out, const char *name, struct str bytes, struct err *err);

/* NULL: no memory. */
struct zone *zone_copy(const struct zone *z);
void zone_free(struct zone *z);

/* As it was loaded: two zones of one name are the same zone. */
const char *zone_name(const struct zone *z);

/* Offset from UTC in force at `ns`, in seconds east. */
int32_t zone_offset(const struct zone *z, int64_t ns);

/* On which day a week (1 is Monday) or month begins; a day has no choice. 0: the usual.
 */
enum { START_DAY_USUAL = 1, START_DAY_WEEK_MOST = 7, START_DAY_MONTH_MOST = 28 };

/* The period that holds `ns`: [*start, *end) in UTC nanoseconds. One that begins in a gap
 * of the clock begins at its end; one that begins twice begins the first time. */
void zone_period(const struct zone *z, enum period period, unsigned start_day, int64_t ns,
                 int64_t *start, int64_t *end);
