/* The columns of the table `entries`, in its order. The arrays say which field of an
 * event each stands for; columns that they cover follow each other. */
#pragma once
#include "spendwarden/record.h"

enum column {
    COLUMN_SEQ,
    COLUMN_KIND,
    COLUMN_GENERATION,
    COLUMN_BOOKED,
    COLUMN_START,
    COLUMN_END,
    COLUMN_FIRST_TOKEN,
    COLUMN_RECEIVED,
    COLUMN_STATUS,
    COLUMN_PRICE_STATUS,
    COLUMN_FLAGS,
    COLUMN_CHARGE,
    COLUMN_BILLED,
    COLUMN_COMPUTED,
    COLUMN_REPORTED,
    COLUMN_COUNTS,                    /* see column_counts */
    COLUMN_TEXTS = COLUMN_COUNTS + 7, /* ids in dict; see column_texts */
    COLUMN_CLASS = COLUMN_TEXTS + 22, /* ids in dict, as the next three */
    COLUMN_PRICE_ENTRY,
    COLUMN_MATCHED_BY,
    COLUMN_PROVENANCE,
    COLUMN_IDS, /* text as it is; TEXT_ID to TEXT_RESPONSE_ID */
    COLUMN_DETAIL = COLUMN_IDS + 6,
    COLUMN_COUNT,
};

enum { COLUMN_ID_COUNT = TEXT_RESPONSE_ID - TEXT_ID + 1 };
enum { COLUMN_COUNT_COUNT = 7, COLUMN_TEXT_COUNT = 22 };

static const uint8_t column_counts[COLUMN_COUNT_COUNT] = {
    COUNT_INPUT_TOKENS,       COUNT_OUTPUT_TOKENS,    COUNT_CACHE_READ_TOKENS,
    COUNT_CACHE_WRITE_TOKENS, COUNT_REASONING_TOKENS, COUNT_RETRY_DEPTH,
    COUNT_HTTP_STATUS,
};

static const uint8_t column_texts[COLUMN_TEXT_COUNT] = {
    TEXT_SOURCE,
    TEXT_AI_SYSTEM,
    TEXT_REQUESTED_MODEL,
    TEXT_RESPONSE_MODEL,
    TEXT_OPERATION,
    TEXT_SERVICE_TIER,
    TEXT_REGION,
    TEXT_ERROR_CLASS,
    TEXT_SCOPE,
    TEXT_TENANT,
    TEXT_TEAM,
    TEXT_WORKFLOW_ID,
    TEXT_END_USER,
    TEXT_HASHED_API_KEY,
    TEXT_KEY_ALIAS,
    TEXT_USER,
    TEXT_ORG,
    TEXT_PROJECT,
    TEXT_ENVIRONMENT,
    TEXT_AGENT,
    TEXT_ENDPOINT,
    TEXT_PROMPT_VERSION,
};

/* Bits of the column `flags`. */
enum {
    FLAG_LATE = 1,
    FLAG_FUTURE = 2,
    FLAG_CACHE_HIT = 4,
    FLAG_STREAM = 8,
    FLAG_REPORTED_SHIFT = 4, /* two bits: enum reported */
    FLAG_LACKS_PRICE = 64,
    FLAG_COMPLETES_SHIFT = 7, /* two bits: enum completes */
};

static inline bool count_has_column(unsigned count)
{
    for (size_t i = 0; i < COLUMN_COUNT_COUNT; i++)
        if (column_counts[i] == count)
            return true;
    return false;
}
