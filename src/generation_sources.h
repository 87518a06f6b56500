/* The sources of a generation: those that are built in, then those of `sources`. */
#pragma once
#include "spendwarden/generation.h"

/* False: *diags has every error of every mapping. */
bool generation_compile_sources(struct generation *g,
                                const struct generation_options *options,
                                struct diags *diags);
