/* Tests before a generation decides (policies.test_on_load). */
#pragma once
#include "spendwarden/generation.h"

/* Runs the *_test.lua beside the policies of its configuration if it says so: those of a
 * folder, not of folders below it, and of a file its own. False: one failed, or they took
 * too long; *diags says which and why. */
bool load_test(struct generation *g, struct diags *diags);
