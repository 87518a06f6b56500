/* Data files of a configuration against the policies that read them. */
#pragma once
#include "spendwarden/generation.h"

/* A warning for each name of policies.data that no policy reads, candidates included:
 * most often it is misspelt, and the policy works with an empty table. */
void generation_check_data(const struct generation *g, const char *config_path,
                           struct diags *diags);
