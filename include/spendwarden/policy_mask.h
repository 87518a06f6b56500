/* Sets of policies, by their places in a generation. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { POLICIES_MAX = 256 };

struct policy_mask {
    uint64_t bits[POLICIES_MAX / 64];
};

/* Which policies were asked, and what came of it: in one event or tick a policy may be in
 * both. */
struct policy_marks {
    struct policy_mask failed, answered;
};

static inline void policy_mask_add(struct policy_mask *m, size_t policy)
{
    m->bits[policy / 64] |= UINT64_C(1) << (policy % 64);
}

static inline bool policy_mask_has(const struct policy_mask *m, size_t policy)
{
    return m->bits[policy / 64] >> (policy % 64) & 1;
}

static inline bool policy_mask_empty(const struct policy_mask *m)
{
    return (m->bits[0] | m->bits[1] | m->bits[2] | m->bits[3]) == 0;
}
