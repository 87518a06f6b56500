/* What the files of an evaluation share. */
#pragma once
#include "evaluate.h"

/* The labels of a group of a window; texts are borrowed. */
struct group_labels evaluate_group(const struct evaluation *e, int window,
                                   const struct window_group *group,
                                   struct pair out[WINDOW_BY_MAX]);

static inline void evaluate_stands(struct standing *s, int64_t until_ns)
{
    if (until_ns < s->until_ns)
        s->until_ns = until_ns;
}

/* One budget for all its groups. */
void evaluate_budget(const struct evaluation *e, size_t index);

/* An alert for each policy that the breaker took out. */
void evaluate_disabled(const struct evaluation *e);

/* An alert for each service whose spans show too little of what it uses. */
void evaluate_capture(const struct evaluation *e);
