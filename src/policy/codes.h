/* Every code that loading policies can give: E0 files and Lua, E1 calls, E2 names, E3
 * windows, rules and budgets, E9 limits; W for warnings. */
#pragma once
#include <stddef.h>

struct policy_code {
    const char *code, *title; /* static */
};

/* All of them, in order. */
const struct policy_code *policy_codes(size_t *count);

/* NULL: there is no such code. */
const struct policy_code *policy_code_find(const char *code);
