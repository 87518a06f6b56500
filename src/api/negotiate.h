/* What a client says it takes, by RFC 9110: lists of ranges with a weight each. */
#pragma once
#include <stdbool.h>

/* Of an Accept header, which may be NULL: OpenMetrics 1.0 rather than text 0.0.4. */
bool accepts_openmetrics(const char *accept);

/* The same: CSV rather than JSON. */
bool accepts_csv(const char *accept);

/* Of an Accept-Encoding header, which may be NULL. */
bool accepts_gzip(const char *accept_encoding);
