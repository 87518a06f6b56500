/* Parameters of a query, checked. A failure is ERR_INPUT and names the parameter and what
 * it may be. */
#pragma once
#include "internal.h"
#include "spendwarden/browse.h"

struct ask {
    struct http_request *request;
    const struct config *config;
    int64_t now_ns;
};

enum { ASK_VALUES_MAX = 64, ASK_YEAR_LAST = 2200, ASK_PAGE_MAX = 1000 };

/* Whether every parameter is one of `names`, which NULL ends, and comes once unless it is
 * "filter". */
bool ask_known(const struct ask *a, const char *const *names, struct err *err);

/* A whole number from `least` to `most`. */
bool ask_number(const struct ask *a, const char *name, int64_t least, int64_t most,
                int64_t *value, struct err *err); /* *value is the default */

/* RFC 3339, a date (its midnight in the configured time zone), or seconds since 1970. */
bool ask_time(const struct ask *a, const char *name, int64_t *ns, struct err *err);

/* From `start`, or `window` before the end, to `end`; without them the last 24 hours.
 * Widened to slots of rollups if `whole`. */
bool ask_range(const struct ask *a, bool whole, int64_t *start_ns, int64_t *end_ns,
               struct err *err);

/* One of `choices`, which NULL ends; *index is the default. */
bool ask_choice(const struct ask *a, const char *name, const char *const *choices,
                size_t *index, struct err *err);

/* One of `count` names, which are the `of`: "policies that are loaded". */
bool ask_name(const struct ask *a, const char *name, const char *of,
              const struct str *known, size_t count, struct err *err);

/* `policy`: one of a set, which may be NULL; *policy is empty without one. */
bool ask_policy(const struct ask *a, const struct policy_set *policies,
                struct str *policy, struct err *err);

/* "true" or "false". */
bool ask_flag(const struct ask *a, const char *name, bool *flag, struct err *err);

/* Labels to group by, from "team,requested_model". */
bool ask_by(const struct ask *a, struct field by[SPEND_BY_MAX], size_t *count,
            struct err *err);

/* Of every filter=LABEL:VALUE; several of one label are one filter. In the request's
 * arena. */
bool ask_filters(const struct ask *a, struct record_filter filters[SPEND_FILTERS_MAX],
                 size_t *count, struct err *err);

/* `cursor`, `limit` (`fallback`, at most ASK_PAGE_MAX) and, if one is given, the time as
 * of ask_range. */
bool ask_page(const struct ask *a, int64_t fallback, struct browse *page,
              struct err *err);
