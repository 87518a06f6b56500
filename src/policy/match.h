/* Lua 5.1's patterns with a step budget: what a pattern costs is bounded and the same in
 * every run. Knows no Lua. */
#pragma once
#include "spendwarden/str.h"

enum { CAPTURES_MAX = 32, PATTERN_SIZE_MAX = 1024 };

struct capture {
    const char *at;
    ptrdiff_t size; /* CAPTURE_OPEN, CAPTURE_POSITION */
};

enum { CAPTURE_OPEN = -1, CAPTURE_POSITION = -2 };

struct match {
    struct str subject, pattern;
    int64_t steps_left; /* in: the budget */
    const char *error;  /* static; NULL: none. Set also when the budget is used up */
    int level, depth;
    struct capture captures[CAPTURES_MAX];
};

/* Matches the whole pattern from `at` on (an anchor is the caller's business). The end
 * of the match, or NULL: none, or m->error. */
const char *match_at(struct match *m, const char *at, const char *pattern);
