#include "litellm.h"

const int64_t cost_bounds_nanousd[COST_BOUNDS] = {
    100000,    300000,     1000000,    3000000,     10000000,    30000000,    100000000,
    300000000, 1000000000, 3000000000, 10000000000, 30000000000, 100000000000};

const int64_t duration_bounds_us[DURATION_BOUNDS] = {
    50000,    100000,   250000,   500000,   1000000,   2500000,   5000000,
    10000000, 20000000, 30000000, 60000000, 120000000, 300000000, 600000000};

#define COUNTER(family, text, of, at, in)                                                \
    .name = family, .help = text, .type = "counter", .set = of, .cell = at, .unit = in

#define REQUESTS(outcome, value)                                                         \
    {                                                                                    \
        COUNTER("llm_requests_total", "Requests by outcome.", SET_SPEND,                 \
                CELL_STATUS + outcome, UNIT_COUNT),                                      \
            .extra_name = "status", .extra_value = value                                 \
    }
#define TOKENS(cell, value)                                                              \
    {                                                                                    \
        COUNTER("llm_tokens_total",                                                      \
                "Tokens; input and output include cached, reasoning, audio and image "   \
                "tokens.",                                                               \
                SET_SPEND, cell, UNIT_COUNT),                                            \
            .extra_name = "type", .extra_value = value                                   \
    }
#define DETAIL(count, value)                                                             \
    {                                                                                    \
        COUNTER("llm_token_details_total",                                               \
                "Parts of llm_tokens_total, which may overlap; a type appears with its " \
                "first token.",                                                          \
                SET_SPEND, CELL_DETAIL + count - COUNT_CACHE_READ_TOKENS, UNIT_COUNT),   \
            .extra_name = "type", .extra_value = value, .when_seen = true                \
    }

static const struct family families[] = {
    {COUNTER("llm_spend_usd_total", "What was charged.", SET_SPEND, CELL_SPEND,
             UNIT_NANO),
     .has_exemplar = true},
    {COUNTER("llm_retry_spend_usd_total",
             "What was charged for retries (retry_depth above 0).", SET_SPEND,
             CELL_RETRY_SPEND, UNIT_NANO)},
    {COUNTER("llm_reported_cost_usd_total", "Cost as gateways reported it.", SET_SPEND,
             CELL_REPORTED, UNIT_NANO)},
    {COUNTER("llm_computed_cost_usd_total", "Cost as the price book gives it.", SET_SPEND,
             CELL_COMPUTED, UNIT_NANO)},
    REQUESTS(OUTCOME_SUCCESS, "success"),
    REQUESTS(OUTCOME_FAILURE, "failure"),
    REQUESTS(OUTCOME_CANCELLED, "cancelled"),
    TOKENS(CELL_INPUT, "input"),
    TOKENS(CELL_OUTPUT, "output"),
    DETAIL(COUNT_CACHE_READ_TOKENS, "cache_read"),
    DETAIL(COUNT_CACHE_WRITE_TOKENS, "cache_write"),
    DETAIL(COUNT_CACHE_WRITE_1H_TOKENS, "cache_write_1h"),
    DETAIL(COUNT_REASONING_TOKENS, "reasoning"),
    DETAIL(COUNT_INPUT_AUDIO_TOKENS, "input_audio"),
    DETAIL(COUNT_OUTPUT_AUDIO_TOKENS, "output_audio"),
    DETAIL(COUNT_CACHE_READ_AUDIO_TOKENS, "cache_read_audio"),
    DETAIL(COUNT_INPUT_IMAGE_TOKENS, "input_image"),
    DETAIL(COUNT_OUTPUT_IMAGE_TOKENS, "output_image"),
    DETAIL(COUNT_CACHE_READ_IMAGE_TOKENS, "cache_read_image"),
    DETAIL(COUNT_INPUT_VIDEO_TOKENS, "input_video"),
    DETAIL(COUNT_OUTPUT_VIDEO_TOKENS, "output_video"),
    DETAIL(COUNT_CITATION_TOKENS, "citation"),
    {COUNTER("llm_web_searches_total", "Web searches that providers bill.", SET_SPEND,
             CELL_WEB_SEARCHES, UNIT_COUNT),
     .when_seen = true},
    {.name = "llm_request_cost_usd",
     .help = "Charge of a request that has a price.",
     .type = "histogram",
     .set = SET_MODEL,
     .cell = CELL_COST,
     .unit = UNIT_NANO,
     .bound_count = COST_BOUNDS,
     .bounds = cost_bounds_nanousd,
     .has_exemplar = true,
     .exemplar = EXEMPLAR_COST},
    {.name = "llm_request_duration_seconds",
     .help = "Time from a request's start to its end.",
     .type = "histogram",
     .set = SET_MODEL,
     .cell = CELL_DURATION,
     .unit = UNIT_MICRO,
     .bound_count = DURATION_BOUNDS,
     .bounds = duration_bounds_us,
     .has_exemplar = true,
     .exemplar = EXEMPLAR_DURATION},
    {.name = "llm_cost_drift_usd",
     .help = "Computed minus reported cost, where both are known.",
     .type = "gauge",
     .set = SET_MODEL,
     .cell = CELL_DRIFT,
     .unit = UNIT_NANO},
    {COUNTER("llm_unpriced_requests_total",
             "Requests booked at 0 because no price is known; reason says why.",
             SET_UNPRICED, 0, UNIT_COUNT)},
    {COUNTER("llm_attributed_spend_usd_total", "Spend that carries the label.",
             SET_ATTRIBUTED, 0, UNIT_NANO)},
    {COUNTER("llm_unattributed_spend_usd_total", "Spend that lacks the label, by source.",
             SET_UNATTRIBUTED, 0, UNIT_NANO)},
    {COUNTER("llm_unattributed_spend_by_key_usd_total",
             "The same by the key that it came with.", SET_UNATTRIBUTED_KEY, 0,
             UNIT_NANO)},
    {COUNTER("llm_derived_spend_usd_total", "Spend whose label a policy filled in.",
             SET_DERIVED, 0, UNIT_NANO)},
};

struct str set_name(const struct series_set *set)
{
    static const char *const names[SET_LITELLM_FIRST] = {
        "spend",  "model", "unpriced", "attributed", "unattributed", "unattributed_key",
        "derived"};

    if (set->kind >= SET_FIXED_COUNT)
        return set->name;
    return set->kind < SET_LITELLM_FIRST ? str_of(names[set->kind])
                                         : litellm_set_name(set->kind);
}

const struct family *family_at(size_t index, size_t fixed_count)
{
    enum { OWN_COUNT = sizeof families / sizeof *families };

    if (index < OWN_COUNT)
        return &families[index];
    index -= OWN_COUNT;
    return fixed_count > SET_LITELLM_FIRST && index < litellm_family_count
               ? &litellm_families[index]
               : NULL;
}
