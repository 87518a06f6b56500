/* Files of tests below paths. */
#pragma once
#include "spendwarden/arena.h"
#include "spendwarden/diag.h"

enum { FOUND_MAX = 10000 };

struct found {
    size_t count, capacity;
    const char **files; /* owned; the text is in the arena */
};

/* Adds the path itself, the test beside a policy, or every *_test.lua of a folder and of
 * those below it, by name; names that begin with a dot are passed over. False: *diags
 * says what cannot be read. */
bool find_tests(struct found *f, const char *path, struct arena *arena,
                struct diags *diags);

/* Whether a policy lies in the folder itself. */
bool holds_policy(const char *folder);

/* `path` as seen from `folder`, which ends in a slash; "a/b/../c" is "a/c". NULL: no
 * memory. */
const char *path_below(struct arena *arena, struct str folder, struct str path);

void found_release(struct found *f);
