/* Data files of a configuration against the policies that read them. */
#pragma once
#include "spendwarden/generation.h"

/* A warning for each data file that policies read and that does not exist, candidates
 * included: most often it is misspelt, and the policy works with an empty table. Where
 * the policies are all that the configuration names (`is_whole`), also for each that none
 * reads. */
void generation_check_data(const struct generation *g, bool is_whole,
                           struct diags *diags);
