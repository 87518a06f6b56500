/* LiteLLM's own metric names, with its labels: one set of series per label set. The sets
 * are there only where metrics_options.litellm_names is. */
#pragma once
#include "internal.h"

enum litellm_label {
    LITELLM_END_USER,
    LITELLM_HASHED_API_KEY,
    LITELLM_API_KEY_ALIAS,
    LITELLM_TEAM,
    LITELLM_TEAM_ALIAS,
    LITELLM_ORG_ID,
    LITELLM_ORG_ALIAS,
    LITELLM_USER,
    LITELLM_USER_EMAIL,
    LITELLM_MODEL,
    LITELLM_REQUESTED_MODEL,
    LITELLM_MODEL_ID,
    LITELLM_MODEL_GROUP,
    LITELLM_MODEL_NAME,
    LITELLM_API_PROVIDER,
    LITELLM_API_BASE,
    LITELLM_SERVICE_TIER,
    LITELLM_CLIENT_IP,
    LITELLM_USER_AGENT,
    LITELLM_ROUTE,
    LITELLM_STATUS_CODE,
    LITELLM_EXCEPTION_STATUS,
    LITELLM_EXCEPTION_CLASS,
    LITELLM_TENANT, /* the last three are ours */
    LITELLM_WORKFLOW_ID,
    LITELLM_RETRY_DEPTH,
    LITELLM_LABEL_COUNT,
};

enum { LATENCY_BOUNDS = 17 };

/* Cells of SET_LITELLM_TOKENS, SET_LITELLM_TOKEN_DETAILS, SET_LITELLM_DEPLOYMENT. */
enum { LITELLM_TOTAL, LITELLM_INPUT, LITELLM_OUTPUT, LITELLM_TOKEN_CELLS };
enum {
    LITELLM_CACHED,
    LITELLM_CACHE_CREATION,
    LITELLM_INPUT_AUDIO,
    LITELLM_REASONING,
    LITELLM_OUTPUT_AUDIO,
    LITELLM_DETAIL_CELLS,
};
enum { LITELLM_SUCCESS, LITELLM_ALL, LITELLM_DEPLOYMENT_CELLS };

/* --- litellm_sets.c --- */

extern const int64_t latency_bounds_us[LATENCY_BOUNDS];

extern const struct family litellm_families[];
extern const size_t litellm_family_count;

/* The labels of a set of LiteLLM's, in their order; how many. */
size_t litellm_set_labels(enum set_kind kind, enum litellm_label out[SERIES_LABELS_MAX]);

struct str litellm_label_name(enum litellm_label label);
struct str litellm_set_name(enum set_kind kind);

/* Adds all of them behind the sets that are always there. False: no memory. */
bool litellm_add_sets(struct metrics *m);

/* --- litellm.c --- */

void litellm_apply(struct metrics *m, const struct record *r);
