/* What an event costs, and who decided it. */
#pragma once
#include "spendwarden/event.h"

enum { COMPONENTS_MAX = 20, PRICE_STEPS_MAX = 8 };

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

/* Whether nothing stands behind a charge of 0: no price, no reported cost, no policy. */
bool charge_is_unpriced(const struct charge *charge, const struct event *ev);

struct str price_status_name(enum price_status status);
