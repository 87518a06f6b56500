/* OTLP metrics to what they say of tokens: gen_ai.client.token.usage and the names that
 * follow it, as histograms, exponential ones and sums. Everything else is passed over. */
#pragma once
#include "spendwarden/decode.h"
#include "spendwarden/token_point.h"

/* One per thread; keeps its buffers. */
struct points_reader;

/* The seed is that of the points' hashes. */
bool points_open(struct points_reader **out, uint64_t seed, struct err *err);
void points_close(struct points_reader *r); /* accepts NULL */

/* In protobuf or JSON, by the first byte. As decode_begin: JSON_PADDING readable bytes
 * follow the body, which lives, as the arena does, until its points are done with. */
void points_begin(struct points_reader *r, struct str body, struct arena *arena);

/* The next data point. As decode_next, with VERDICT_EVENT for a point of tokens and
 * VERDICT_SKIPPED for one that does not count any; other metrics are not handed out. */
enum verdict points_next(struct points_reader *r, struct token_point *out,
                         struct verdict_reason *why);
