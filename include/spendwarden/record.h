/* Everything that was decided about one event: what the stages fill in, the ledger
 * writes, and counters and windows add up. */
#pragma once
#include "spendwarden/arena.h"
#include "spendwarden/beside.h"
#include "spendwarden/charge.h"
#include "spendwarden/policy_mask.h"

enum { EFFECT_LABELS_MAX = 8, EFFECTS_MAX = 64 };

/* What a policy counted: it names itself, so that a ledger row needs no policy. */
struct effect {
    struct str name; /* of the counter, or "window:NAME" of a window with a function */
    int64_t nano;    /* value x 1e9 */
    uint8_t label_count;
    struct pair labels[EFFECT_LABELS_MAX];
};

enum record_kind { RECORD_CHARGE, RECORD_AMENDMENT, RECORD_REVISION, RECORD_OPENING };

/* A charge may be of a call that was booked already, without a price: it is no request
 * more. */
enum completes {
    COMPLETES_NOTHING, /* the first report of its call */
    COMPLETES_CHARGE,  /* its usage was counted before */
    COMPLETES_ALL,
};

struct record {
    uint64_t seq; /* in commit order, from 1; 0 until written */
    enum record_kind kind;
    enum completes completes;
    uint64_t perhaps_seq; /* row that is perhaps the same call, by a guess; not kept */
    uint32_t generation;  /* that decided */
    int64_t booked_ns;    /* the event's end, else received; windows and budgets use it */
    int64_t committed_ns;
    bool late, future; /* end > 10 min before, > 5 min after received */
    struct event ev;
    struct charge charge;
    struct str class;
    const struct provenance *class_by;              /* NULL: no classify policy */
    const struct provenance *label_by[LABEL_COUNT]; /* NULL: absent. Borrowed */
    const struct provenance *retry_depth_by;        /* a label, though a number */
    struct policy_marks marks;                      /* for the breaker; not kept */
    struct beside beside;
    uint8_t effect_count;
    struct effect *effects; /* in the request's arena; EFFECTS_MAX at most */
};

/* Of one label's provenance: `text` is a label's enum text_field. */
static inline const struct provenance **record_label_by(struct record *r, unsigned text)
{
    return &r->label_by[text - TEXT_LABEL_FIRST];
}

/* An event as decoded: everything decided is still empty. */
void record_init(struct record *r);

/* booked_ns, late and future, from the event's times. */
void record_book(struct record *r);

/* A field that is text or a flag, as text. Empty if it is absent or a number. */
struct str record_text(const struct record *r, struct field field);

/* Whether it counts as a request, and its tokens as usage, beside its charge. */
static inline bool record_is_request(const struct record *r)
{
    return r->completes == COMPLETES_NOTHING;
}

static inline bool record_has_usage(const struct record *r)
{
    return r->completes != COMPLETES_CHARGE;
}

/* Any field that is a number. False if it is absent or none. Money is in nano-USD,
 * counts as they are, seconds in nanoseconds. */
bool record_number(const struct record *r, struct field field, int64_t *out);

/* It is unpriced, and no failure without usage. */
bool record_lacks_price(const struct record *r);
