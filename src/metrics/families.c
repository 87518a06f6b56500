#include "internal.h"

const int64_t cost_bounds_nanousd[COST_BOUNDS] = {
    100000,    300000,     1000000,    3000000,     10000000,    30000000,    100000000,
    300000000, 1000000000, 3000000000, 10000000000, 30000000000, 100000000000};

const int64_t duration_bounds_us[DURATION_BOUNDS] = {
    50000,    100000,   250000,   500000,   1000000,   2500000,   5000000,
    10000000, 20000000, 30000000, 60000000, 120000000, 300000000, 600000000};

#define REQUESTS(outcome, text)                                                          \
    {                                                                                    \
        "llm_requests_total", "Requests by outcome.", "counter", SET_SPEND,              \
            CELL_STATUS + outcome, UNIT_COUNT, "status", text, false, 0, NULL            \
    }
#define TOKENS(cell, text)                                                               \
    {                                                                                    \
        "llm_tokens_total",                                                              \
            "Tokens; input and output include cached, reasoning, audio and image "       \
            "tokens.",                                                                   \
            "counter", SET_SPEND, cell, UNIT_COUNT, "type", text, false, 0, NULL         \
    }
#define DETAIL(count, text)                                                              \
    {                                                                                    \
        "llm_token_details_total",                                                       \
            "Parts of llm_tokens_total, which may overlap; a type appears with its "     \
            "first token.",                                                              \
            "counter", SET_SPEND, CELL_DETAIL + count - COUNT_CACHE_READ_TOKENS,         \
            UNIT_COUNT, "type", text, true, 0, NULL                                      \
    }

const struct family families[] = {
    {"llm_spend_usd_total", "What was charged.", "counter", SET_SPEND, CELL_SPEND,
     UNIT_NANO, NULL, NULL, false, 0, NULL},
    {"llm_retry_spend_usd_total", "What was charged for retries (retry_depth above 0).",
     "counter", SET_SPEND, CELL_RETRY_SPEND, UNIT_NANO, NULL, NULL, false, 0, NULL},
    {"llm_reported_cost_usd_total", "Cost as gateways reported it.", "counter", SET_SPEND,
     CELL_REPORTED, UNIT_NANO, NULL, NULL, false, 0, NULL},
    {"llm_computed_cost_usd_total", "Cost as the price book gives it.", "counter",
     SET_SPEND, CELL_COMPUTED, UNIT_NANO, NULL, NULL, false, 0, NULL},
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
    {"llm_web_searches_total", "Web searches that providers bill.", "counter", SET_SPEND,
     CELL_WEB_SEARCHES, UNIT_COUNT, NULL, NULL, true, 0, NULL},
    {"llm_request_cost_usd", "Charge of a request that has a price.", "histogram",
     SET_MODEL, CELL_COST, UNIT_NANO, NULL, NULL, false, COST_BOUNDS,
     cost_bounds_nanousd},
    {"llm_request_duration_seconds", "Time from a request's start to its end.",
     "histogram", SET_MODEL, CELL_DURATION, UNIT_MICRO, NULL, NULL, false,
     DURATION_BOUNDS, duration_bounds_us},
    {"llm_cost_drift_usd", "Computed minus reported cost, where both are known.", "gauge",
     SET_MODEL, CELL_DRIFT, UNIT_NANO, NULL, NULL, false, 0, NULL},
    {"llm_unpriced_requests_total",
     "Requests booked at 0 because no price is known; reason says why.", "counter",
     SET_UNPRICED, 0, UNIT_COUNT, NULL, NULL, false, 0, NULL},
    {"llm_attributed_spend_usd_total", "Spend that carries the label.", "counter",
     SET_ATTRIBUTED, 0, UNIT_NANO, NULL, NULL, false, 0, NULL},
    {"llm_unattributed_spend_usd_total", "Spend that lacks the label, by source.",
     "counter", SET_UNATTRIBUTED, 0, UNIT_NANO, NULL, NULL, false, 0, NULL},
    {"llm_derived_spend_usd_total", "Spend whose label a policy filled in.", "counter",
     SET_DERIVED, 0, UNIT_NANO, NULL, NULL, false, 0, NULL},
};

const size_t family_count = sizeof families / sizeof *families;
