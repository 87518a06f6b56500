/* What a client counted of its own tokens, sampled or not: one data point of OTLP
 * metrics. Made by decode/, compared by capture/. */
#pragma once
#include "spendwarden/str.h"
#include "spendwarden/timestamp.h"

/* The hashes are keyed. */
struct token_point {
    struct str service; /* the resource's service.name, TEXT_VALUE_MAX bytes at most; may
                           be empty; borrowed */
    uint64_t series;    /* resource, scope, metric, attributes and start */
    uint64_t provider;
    uint64_t counter; /* scope and kind of metric: two of one provider count the same */
    bool cumulative;  /* since start_ns; else since the point before */
    int64_t start_ns, time_ns; /* start 0: absent */
    double tokens;
};
