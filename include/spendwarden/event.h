/* One LLM request as a gateway reported it, normalised: what decode hands on. */
#pragma once
#include "spendwarden/gateway.h"
#include "spendwarden/money.h"
#include "spendwarden/str.h"
#include "spendwarden/timestamp.h"

enum {
    LABELS_DECLARED_MAX = 16,
    TAGS_MAX = 16,
    METADATA_MAX = 16,
    TEXT_VALUE_MAX =
        256, /* bytes of any text value; decode cuts longer ones, at a character */
    IDENTITY_MAX = 8,
};

/* Text fields. From TEXT_LABEL_FIRST to TEXT_LABEL_LAST: labels, the attribution
 * dimensions, each with a provenance. The names are in event/fields.c. */
enum text_field {
    TEXT_SOURCE,
    TEXT_ID, /* the source's own id of this report */
    TEXT_CALL_ID,
    TEXT_TRACE_ID,
    TEXT_SPAN_ID,
    TEXT_SESSION_ID,
    TEXT_RESPONSE_ID, /* the provider's id of its answer; empty if it may repeat */
    TEXT_AI_SYSTEM,
    TEXT_REQUESTED_MODEL,
    TEXT_RESPONSE_MODEL,
    TEXT_OPERATION,
    TEXT_SERVICE_TIER, /* the tier that was billed; empty: standard */
    TEXT_REGION,
    TEXT_ERROR_CLASS,
    TEXT_REPORTED_OTHER, /* a cost in another currency, as it came; not charged */
    TEXT_SCOPE,          /* the emitter within the source (OTel scope); dedupe only */

    TEXT_LABEL_FIRST,
    TEXT_TENANT = TEXT_LABEL_FIRST,
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
    TEXT_DECLARED_FIRST, /* labels that the config declares */
    TEXT_LABEL_LAST = TEXT_DECLARED_FIRST + LABELS_DECLARED_MAX - 1,

    TEXT_COUNT,
};

enum { LABEL_COUNT = TEXT_LABEL_LAST - TEXT_LABEL_FIRST + 1 };

/* Integers. Absent is -1, which is not 0. The _TOKENS are usage: input and output
 * are inclusive (cache, audio, image in input; reasoning, audio in output). */
enum count_field {
    COUNT_INPUT_TOKENS,
    COUNT_OUTPUT_TOKENS,
    COUNT_CACHE_READ_TOKENS,
    COUNT_CACHE_WRITE_TOKENS, /* all writes, the one-hour ones among them */
    COUNT_CACHE_WRITE_1H_TOKENS,
    COUNT_REASONING_TOKENS,
    COUNT_INPUT_AUDIO_TOKENS,
    COUNT_OUTPUT_AUDIO_TOKENS,
    COUNT_CACHE_READ_AUDIO_TOKENS,
    COUNT_INPUT_IMAGE_TOKENS,
    COUNT_OUTPUT_IMAGE_TOKENS,
    COUNT_CACHE_READ_IMAGE_TOKENS,
    COUNT_INPUT_VIDEO_TOKENS,
    COUNT_OUTPUT_VIDEO_TOKENS,
    COUNT_CITATION_TOKENS,
    COUNT_REQUESTS, /* billed requests of a per-request price; absent: 1 */
    COUNT_WEB_SEARCHES,
    COUNT_USAGE_LAST = COUNT_WEB_SEARCHES,

    COUNT_RETRY_DEPTH, /* absent reads as 0 in policies */
    COUNT_HTTP_STATUS,
    COUNT_COUNT,
};

enum outcome { OUTCOME_SUCCESS, OUTCOME_FAILURE, OUTCOME_CANCELLED };

/* What the gateway said about cost. */
enum reported {
    REPORTED_NONE,     /* nothing */
    REPORTED_COST,     /* reported_usd is its price; above 0 */
    REPORTED_ZERO,     /* it said 0, which may mean "I do not know this model" */
    REPORTED_INCLUDED, /* it said explicitly that this costs nothing */
};

struct pair {
    struct str name, value;
};

/* What the configuration says of an OTel scope whose calls others may report too. */
enum scope_rule { SCOPE_PLAIN, SCOPE_SKIPPED, SCOPE_JOINED, SCOPE_KEPT, SCOPE_RULES };

struct event {
    struct str
        text[TEXT_COUNT]; /* borrowed from the request's body or arena; size 0: absent */
    int64_t count[COUNT_COUNT];                            /* -1: absent */
    int64_t start_ns, end_ns, first_token_ns, received_ns; /* 0: absent, but received */
    enum outcome outcome;
    enum reported reported;
    struct money reported_usd; /* meaningful unless REPORTED_NONE */
    bool cache_hit;            /* answered by the gateway's own cache */
    bool stream;
    uint8_t tag_count, metadata_count, identity_count;
    struct str
        identity[IDENTITY_MAX]; /* the source's stable ids: equal ones are one report */
    bool identity_is_providers; /* they are the provider's, the same for any API key */
    bool is_span;               /* trace_id and span_id are a span's, and so is this */
    struct str parent_span_id;
    uint64_t resource; /* hash of its OTel resource, the process; 0: none */
    enum scope_rule scope_rule;
    struct str service; /* OTLP's service.name, whatever labels make of it; not kept */
    struct str tags[TAGS_MAX];
    struct pair metadata[METADATA_MAX]; /* allow-listed keys, scalars only */
    struct gateway *gateway; /* NULL: nothing; as text, in the request's arena */
};

/* Everything absent; tags and metadata are left as they are behind a count of 0. */
void event_init(struct event *ev);

/* --- fields by name: the names that policies, config, API and SQL use --- */

enum field_kind {
    FIELD_NONE,
    FIELD_TEXT,    /* index: enum text_field */
    FIELD_COUNT,   /* index: enum count_field */
    FIELD_TIME,    /* index: enum time_field */
    FIELD_MONEY,   /* index: enum money_field */
    FIELD_DERIVED, /* index: enum derived_field */
};

enum time_field { TIME_START, TIME_END, TIME_FIRST_TOKEN, TIME_RECEIVED };
enum money_field {
    MONEY_REPORTED,
    MONEY_COMPUTED,
    MONEY_CHARGE,
    MONEY_DRIFT,
    MONEY_BILLED,
};
enum derived_field {
    DERIVED_STATUS, /* "success", "failure", "cancelled" */
    DERIVED_CLASS,
    DERIVED_PRICE_STATUS,
    DERIVED_CACHE_HIT,
    DERIVED_STREAM,
    DERIVED_TOTAL_TOKENS,
    DERIVED_DURATION,            /* seconds */
    DERIVED_TIME_TO_FIRST_TOKEN, /* seconds */
    DERIVED_TIME,                /* booked time, seconds since 1970 */
};

/* The stage that makes a field known; a policy of an earlier stage may not read it. */
enum stage { STAGE_DECODE, STAGE_DERIVE, STAGE_PRICE, STAGE_CLASSIFY, STAGE_COUNT };

struct field {
    enum field_kind kind;
    uint8_t index;
    enum stage known_from;
};

/* The labels that this configuration adds to the built-in ones. Immutable. */
struct schema {
    struct str declared[LABELS_DECLARED_MAX]; /* owned by the configuration */
    size_t declared_count;
};

/* FIELD_NONE if there is no such field. */
struct field field_find(const struct schema *schema, struct str name);

/* The name; of a declared label, from the schema. */
struct str field_name(const struct schema *schema, struct field field);

/* Every field there is, in a fixed order; false past the end. */
bool field_at(const struct schema *schema, size_t position, struct field *out);

/* The known name nearest to `name`, for "did you mean"; size 0 if none is near. */
struct str field_suggest(const struct schema *schema, struct str name);

static inline bool text_is_label(unsigned text)
{
    return text >= TEXT_LABEL_FIRST && text <= TEXT_LABEL_LAST;
}

struct str outcome_name(enum outcome outcome);
