/* Static checks of policy files (lua/check/), in a state of their own. */
#pragma once
#include "vm.h"

/* The files of lua/check/ in an order in which each may use those before it. A chunk
 * takes the table of the others, `core` and the names of policy_names.h, and gives what
 * it is in that table; the last one gives what checks one file. */
struct lint_chunk {
    const char *name, *text, *end;
};

extern const struct lint_chunk lint_chunks[];
extern const size_t lint_chunk_count;

/* Looks at every file, finds the places of what running them found, and adds both to
 * *diags. `vm` ran the files; it is trusted afterwards. With options.unchecked only what
 * was found is added. */
void lint_files(const struct policy_set *s, struct policy_vm *vm,
                const struct findings *found, struct diags *diags);
