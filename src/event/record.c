#include "spendwarden/record.h"

enum { LATE_MINUTES = 10, FUTURE_MINUTES = 5 };

void event_init(struct event *ev)
{
    memset(ev->text, 0, sizeof ev->text);
    ev->service = (struct str){NULL, 0};
    for (size_t i = 0; i < COUNT_COUNT; i++)
        ev->count[i] = -1;
    ev->start_ns = ev->end_ns = ev->first_token_ns = ev->received_ns = 0;
    ev->outcome = OUTCOME_SUCCESS;
    ev->reported = REPORTED_NONE;
    ev->reported_usd = (struct money){0};
    ev->cache_hit = ev->stream = false;
    ev->tag_count = ev->metadata_count = ev->identity_count = 0;
    ev->identity_is_providers = ev->is_span = false;
    ev->parent_span_id = (struct str){NULL, 0};
    ev->resource = 0;
    ev->scope_rule = SCOPE_PLAIN;
    ev->gateway = NULL;
}

void record_init(struct record *r)
{
    event_init(&r->ev);
    r->seq = 0;
    r->kind = RECORD_CHARGE;
    r->completes = COMPLETES_NOTHING;
    r->perhaps_seq = 0;
    r->generation = 0;
    r->booked_ns = r->committed_ns = 0;
    r->late = r->future = false;
    r->marks = (struct policy_marks){0};
    r->charge.status = PRICE_UNPRICED;
    r->charge.has_computed = false;
    r->charge.computed = r->charge.charge = r->charge.billed = (struct money){0};
    r->charge.entry = r->charge.matched_by = r->class = (struct str){NULL, 0};
    r->charge.component_count = r->charge.step_count = 0;
    r->class_by = r->retry_depth_by = NULL;
    memset(r->label_by, 0, sizeof r->label_by);
    r->beside.state = BESIDE_NONE;
    r->effect_count = 0;
    r->effects = NULL;
}

void record_book(struct record *r)
{
    int64_t received = r->ev.received_ns;
    int64_t end = r->ev.end_ns ? r->ev.end_ns : received;

    r->future = end > received + FUTURE_MINUTES * NS_PER_MINUTE;
    r->late = end < received - LATE_MINUTES * NS_PER_MINUTE;
    r->booked_ns = r->future ? received : end;
}

static struct str flag_name(bool flag)
{
    return flag ? STR("true") : STR("false");
}

static struct str derived_text(const struct record *r, enum derived_field index)
{
    switch (index) {
    case DERIVED_STATUS:
        return outcome_name(r->ev.outcome);
    case DERIVED_CLASS:
        return r->class;
    case DERIVED_PRICE_STATUS:
        return price_status_name(r->charge.status);
    case DERIVED_CACHE_HIT:
        return flag_name(r->ev.cache_hit);
    case DERIVED_STREAM:
        return flag_name(r->ev.stream);
    default:
        return (struct str){NULL, 0};
    }
}

struct str record_text(const struct record *r, struct field field)
{
    if (field.kind == FIELD_TEXT)
        return r->ev.text[field.index];
    if (field.kind == FIELD_DERIVED)
        return derived_text(r, field.index);
    return (struct str){NULL, 0};
}

static bool between(int64_t from, int64_t to, int64_t *out)
{
    if (!from || !to || to < from)
        return false;
    *out = to - from;
    return true;
}

static bool derived_number(const struct record *r, enum derived_field index, int64_t *out)
{
    int64_t input = r->ev.count[COUNT_INPUT_TOKENS],
            output = r->ev.count[COUNT_OUTPUT_TOKENS];

    switch (index) {
    case DERIVED_TOTAL_TOKENS:
        *out = (input > 0 ? input : 0) + (output > 0 ? output : 0);
        return input >= 0 || output >= 0;
    case DERIVED_DURATION:
        return between(r->ev.start_ns, r->ev.end_ns, out);
    case DERIVED_TIME_TO_FIRST_TOKEN:
        return between(r->ev.start_ns, r->ev.first_token_ns, out);
    case DERIVED_TIME:
        *out = r->booked_ns;
        return true;
    default:
        return false;
    }
}

static bool money_number(const struct record *r, enum money_field index, int64_t *out)
{
    const struct charge *c = &r->charge;

    switch (index) {
    case MONEY_REPORTED:
        *out = r->ev.reported_usd.nanousd;
        return r->ev.reported != REPORTED_NONE;
    case MONEY_COMPUTED:
        *out = c->computed.nanousd;
        return c->has_computed;
    case MONEY_CHARGE:
        *out = c->charge.nanousd;
        return true;
    case MONEY_DRIFT:
        *out = c->computed.nanousd - r->ev.reported_usd.nanousd;
        return c->has_computed && r->ev.reported == REPORTED_COST;
    case MONEY_BILLED:
        *out = c->billed.nanousd;
        return true;
    }
    return false;
}

static int64_t event_time(const struct event *ev, enum time_field index)
{
    switch (index) {
    case TIME_START:
        return ev->start_ns;
    case TIME_END:
        return ev->end_ns;
    case TIME_FIRST_TOKEN:
        return ev->first_token_ns;
    case TIME_RECEIVED:
        return ev->received_ns;
    }
    return 0;
}

bool record_number(const struct record *r, struct field field, int64_t *out)
{
    switch (field.kind) {
    case FIELD_COUNT:
        *out = r->ev.count[field.index];
        return *out >= 0;
    case FIELD_TIME:
        *out = event_time(&r->ev, field.index);
        return *out != 0;
    case FIELD_MONEY:
        return money_number(r, field.index, out);
    case FIELD_DERIVED:
        return derived_number(r, field.index, out);
    default:
        return false;
    }
}

struct str price_status_name(enum price_status status)
{
    static const struct str names[] = {
        STR("exact"),         STR("partial"),       STR("included"),     STR("unpriced"),
        STR("model_missing"), STR("usage_missing"), STR("invalid_usage")};

    return names[status];
}

bool charge_is_unpriced(const struct charge *charge, const struct event *ev)
{
    for (size_t i = 0; i < charge->step_count; i++)
        if (!charge->steps[i].billed)
            return false;
    return charge->charge.nanousd == 0 && charge->status != PRICE_INCLUDED &&
           !charge->has_computed && ev->reported != REPORTED_COST;
}

bool record_lacks_price(const struct record *r)
{
    bool used = r->ev.outcome == OUTCOME_SUCCESS;

    if (!charge_is_unpriced(&r->charge, &r->ev))
        return false;
    for (size_t i = 0; !used && i <= COUNT_USAGE_LAST; i++)
        used = r->ev.count[i] > 0;
    return used;
}
