/* What became of what clients sent: counts by source, and the last rejects. Any thread.
 */
#pragma once
#include "spendwarden/str.h"
#include "spendwarden/timestamp.h"

enum outcome_kind {
    OUTCOME_ACCEPTED,
    OUTCOME_DUPLICATE,
    OUTCOME_REJECTED,
    OUTCOME_SKIPPED,
    OUTCOME_KINDS
};

enum { REJECTS_KEPT = 100, DOUBTS_KEPT = 100, OUTCOME_SOURCES_MAX = 32, SKIPS_MAX = 8 };

struct reject {
    int64_t received_ns;
    char source[32];
    const char *reason; /* static: holds nothing of what the client sent */
    size_t index, position;
};

/* Two rows that are perhaps one call. */
struct doubt {
    uint64_t seq, other_seq;
};

struct outcomes;

struct outcomes *outcomes_new(void); /* NULL: no memory */
void outcomes_free(struct outcomes *o);

void outcomes_add(struct outcomes *o, struct str source, enum outcome_kind kind,
                  int64_t count, int64_t now_ns);
/* A source that may send, and when it last did (0: never): shown before it sends again.
 */
void outcomes_know(struct outcomes *o, struct str source, int64_t last_event_ns);

/* Duplicates that said other numbers than the report before, which stands. */
void outcomes_conflicts(struct outcomes *o, struct str source, int64_t count);

void outcomes_reject(struct outcomes *o, struct str source, const struct reject *reject);

/* How many were skipped, by a few static reasons. Zeroed it is empty. */
struct skips {
    size_t count;
    struct {
        const char *reason;
        int64_t count;
    } items[SKIPS_MAX];
};

void skips_add(struct skips *s, const char *reason, int64_t count);

/* Those of one body. */
void outcomes_skipped(struct outcomes *o, struct str source, const struct skips *skips);

struct source_outcomes {
    char source[32];
    int64_t counts[OUTCOME_KINDS], conflicts, doubts;
    struct skips skips;
    int64_t last_event_ns; /* last accepted; 0: none yet */
};

/* Number of sources; `out` has room for OUTCOME_SOURCES_MAX. */
size_t outcomes_by_source(struct outcomes *o, struct source_outcomes *out);

void outcomes_doubt(struct outcomes *o, struct str source, struct doubt doubt);

/* The last of them, newest first; `out` has room for DOUBTS_KEPT. */
size_t outcomes_doubts(struct outcomes *o, struct doubt *out);

/* The last rejects, newest first; `out` has room for REJECTS_KEPT. */
size_t outcomes_rejects(struct outcomes *o, struct reject *out);

const char *outcome_kind_name(enum outcome_kind kind);
