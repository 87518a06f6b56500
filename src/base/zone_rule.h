/* The rule at the end of a TZif file, as POSIX writes TZ: "CET-1CEST,M3.5.0,M10.5.0/3".
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "spendwarden/str.h"

/* When in a year the clock changes. */
struct zone_change {
    enum { CHANGE_MONTH_WEEK, CHANGE_JULIAN, CHANGE_DAY } kind;
    int month, week, weekday; /* CHANGE_MONTH_WEEK; week 5: the last */
    int day;                  /* CHANGE_JULIAN: 1-365, no Feb 29; CHANGE_DAY: 0-365 */
    int32_t second;           /* of that day, on the clock before the change */
};

struct zone_rule {
    int32_t standard; /* offset in seconds east */
    bool has_summer;
    int32_t summer;
    struct zone_change start, end; /* of summer time */
};

/* False: not such a rule. */
bool zone_rule_parse(struct zone_rule *out, struct str text);

/* Offset in force at a second since 1970 UTC. */
int32_t zone_rule_offset(const struct zone_rule *rule, int64_t second);
