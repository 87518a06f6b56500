/* What a generation asks the books to keep. */
#pragma once
#include "spendwarden/generation.h"

/* Windows and metrics of its policies, of its candidates, of coverage and of spend.
 * False: no memory, which *diags says. */
bool generation_collect(struct generation *g, struct diags *diags);
