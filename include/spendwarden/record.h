/* Everything that was decided about one event: what the stages fill in, the ledger
 * writes, and counters and windows add up. */
#pragma once
#include "spendwarden/arena.h"
#include "spendwarden/beside.h"
#include "spendwarden/event.h"
#include "spendwarden/policy_mask.h"

enum {
    COMPONENTS_MAX = 20,
    PRICE_STEPS_MAX = 8,
    EFFECT_LABELS_MAX = 8,
    EFFECTS_MAX = 64
};

enum provenance_from { FROM_GATEWAY, FROM_TOKEN, FROM_POLICY, FROM_CALLER };

/* Who filled a label in and why. A caller's word is what the gateway passes on. */
struct provenance {
    enum provenance_from from;
    struct str field;  /* in the gateway's body: "metadata.user_api_key_team_id" */
    struct str policy; /* FROM_POLICY: its name */
    struct str rule;   /* FROM_POLICY: "file:line" */
    struct str reason; /* FROM_POLICY: what it said; may be empty */
    struct str was;    /* FROM_POLICY with override: the value replaced */
};

enum price_status {
    PRICE_EXACT,
    PRICE_PARTIAL, /* a part of the usage had no rate and took its parent's, or a guess */
    PRICE_INCLUDED,      /* costs nothing by contract or from a cache */
    PRICE_UNPRICED,      /* the model is in no price book */
    PRICE_MODEL_MISSING, /* the event names no model */
    PRICE_USAGE_MISSING, /* the event has no usage to price */
    PRICE_INVALID_USAGE, /* parts exceed their whole */
    PRICE_STATUS_COUNT,
};

struct component {
    struct str unit; /* static: the usage field that it prices, "cache_read_tokens" */
    int64_t quantity;
    struct rate rate;
    struct money amount;
};

/* One policy's change of the charge. */
struct price_step {
    const struct provenance *by;
    bool billed; /* of = "billed": what a tenant is invoiced */
    struct money before, after;
};

struct charge {
    enum price_status status;
    bool has_computed;
    struct money computed; /* by the price book */
    struct money charge;   /* what is booked: reported or computed, then policies */
    struct money billed;   /* the charge unless a policy says otherwise */
    struct str entry; /* the price book's entry, "openai/gpt-4o@2024-10-01"; borrowed from
                         the book */
    struct str matched_by; /* static: the rung of the match ladder */
    uint8_t component_count, step_count;
    struct component components[COMPONENTS_MAX];
    struct price_step steps[PRICE_STEPS_MAX];
};

/* What a policy counted: it names itself, so that a ledger row needs no policy. */
struct effect {
    struct str name; /* of the counter, or "window:NAME" of a window with a function */
    int64_t nano;    /* value x 1e9 */
    uint8_t label_count;
    struct pair labels[EFFECT_LABELS_MAX];
};

enum record_kind { RECORD_CHARGE, RECORD_AMENDMENT, RECORD_REVISION, RECORD_OPENING };

struct record {
    uint64_t seq; /* in commit order, from 1; 0 until written */
    enum record_kind kind;
    uint32_t generation; /* that decided */
    int64_t booked_ns;   /* the event's end, else received; windows and budgets use it */
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

/* Any field that is a number. False if it is absent or none. Money is in nano-USD,
 * counts as they are, seconds in nanoseconds. */
bool record_number(const struct record *r, struct field field, int64_t *out);

/* Whether nothing stands behind a charge of 0: no price, no reported cost, no policy. A
 * record then lacks a price, unless it is a failure without usage. */
bool charge_is_unpriced(const struct charge *charge, const struct event *ev);
bool record_lacks_price(const struct record *r);

struct str price_status_name(enum price_status status);
