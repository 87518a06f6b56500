/* How much of what a service says it used its booked calls show. OTel samples spans, but
 * not metrics: a service that samples a tenth hides nine tenths of its spend. Nothing is
 * extrapolated from it, and nothing kept over a restart. Threads: any; a lock inside. */
#pragma once
#include "spendwarden/event.h"
#include "spendwarden/token_point.h"

enum { CAPTURE_SERVICES_MAX = 256 }; /* beside "__other__" */

/* Half of what happened so long ago counts. */
#define CAPTURE_HALF_LIFE_NS (10 * NS_PER_MINUTE)

/* Older than this, a call or a data point is not compared any more; a service without a
 * new one for so long has no ratio. */
#define CAPTURE_REACH_NS (15 * NS_PER_MINUTE)

/* A ratio of fewer tokens would be chance. */
enum { CAPTURE_TOKENS_LEAST = 1000 };

struct capture;

/* `now_ns`: from when on calls are seen. NULL: no memory. */
struct capture *capture_new(int64_t now_ns);
void capture_free(struct capture *c); /* accepts NULL */

/* Of the hashes in token points. */
uint64_t capture_seed(const struct capture *c);

/* A call of this service is booked; `ended_ns` is at most 5 min ahead of `now_ns`. */
void capture_call(struct capture *c, struct str service, int64_t tokens, int64_t ended_ns,
                  int64_t now_ns);

enum capture_outcome {
    CAPTURE_ACCEPTED,
    CAPTURE_DUPLICATE, /* a point of this series and time, or a later one, was there */
    CAPTURE_OVERFLOW,  /* too many series: the service has no ratio for a while */
    CAPTURE_OUTCOMES
};

/* What a service counted of itself. */
enum capture_outcome capture_point(struct capture *c, const struct token_point *p,
                                   int64_t now_ns);

/* Points so far. */
int64_t capture_count(struct capture *c, enum capture_outcome outcome);

/* Tokens of booked calls / tokens that the metrics count. Called under the lock. */
typedef void capture_visitor(void *ctx, struct str service, double ratio);

/* Every service that has a ratio now. */
void capture_ratios(struct capture *c, int64_t now_ns, capture_visitor *visit, void *ctx);

/* Whether it may still lack ratios that it had before a restart. */
bool capture_is_young(const struct capture *c, int64_t now_ns);
