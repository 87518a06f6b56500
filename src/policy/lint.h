/* Static checks of policy files (lua/check/), in a state of their own. */
#pragma once
#include "vm.h"

/* Looks at every file, finds the places of what running them found, and adds both to
 * *diags. `vm` ran the files; it is trusted afterwards. With options.unchecked only what
 * was found is added. */
void lint_files(const struct policy_set *s, struct policy_vm *vm,
                const struct findings *found, struct diags *diags);
