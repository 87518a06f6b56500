/* LiteLLM's gauges of budgets. */
#pragma once
#include "spendwarden/engine.h"

/* Adds them where metrics.litellm_names is set: of each team, key, user and organisation
 * the first budget of the policies that is by that label alone, else the gateway's own.
 * No sample where there is neither. `v` may be NULL: before the first tick. */
void litellm_budgets_expose(const struct tick_view *v, const struct metrics_copy *copy,
                            struct exposition *out);
