/* Which lines of policies have run: for `spendwarden test --coverage`. One thread. */
#pragma once
#include "spendwarden/arena.h"
#include "spendwarden/err.h"

/* Given to policy_load with the options, it notes what every state of the set runs. */
struct policy_lines;

struct policy_lines *policy_lines_new(void);    /* NULL: no memory */
void policy_lines_free(struct policy_lines *l); /* accepts NULL */

struct policy_file_lines {
    const char *path;
    size_t lines, run;  /* that hold code; of those, the ones that ran */
    struct str missing; /* the others: "12-14, 20" */
};

/* Every file that ran, by path; reads the files again. In the arena. */
bool policy_lines_report(const struct policy_lines *l, struct arena *arena,
                         const struct policy_file_lines **out, size_t *count,
                         struct err *err);
