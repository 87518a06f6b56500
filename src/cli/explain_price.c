/* How an event came to its price. */
#include <stdio.h>

#include "explain_rows.h"

static void add_rate(struct buf *out, const struct component *c)
{
    static const struct str tokens = STR("_tokens");
    bool by_token = c->unit.size > tokens.size &&
                    str_eq(str_from(c->unit, c->unit.size - tokens.size), tokens);
    /* A pico-USD a token is a nano-USD a thousand tokens, and so on. */
    int64_t one = by_token ? 1000000 : 1000000000000;
    char fraction[16];
    int digits = snprintf(fraction, sizeof fraction, by_token ? "%06lld" : "%012lld",
                          (long long)(c->rate.picousd % one));

    while (digits > 0 && fraction[digits - 1] == '0')
        digits--;
    buf_format(out, "%lld%s%.*s USD%s", (long long)(c->rate.picousd / one),
               digits ? "." : "", digits, fraction, by_token ? " a million" : "");
}

static void show_component(struct buf *out, const struct component *c)
{
    size_t from = out->size;

    buf_format(out, "      %.*s", STR_ARG(c->unit));
    row_pad(out, from, ROW_NAME + 5);
    from = out->size;
    row_money(out, c->amount);
    row_pad(out, from, ROW_VALUE);
    buf_format(out, "%lld x ", (long long)c->quantity);
    add_rate(out, c);
    row_end(out);
}

static void begin_amount(struct buf *out, const char *name, struct money amount)
{
    row_begin(out, str_of(name));
    size_t from = out->size;
    row_money(out, amount);
    row_pad(out, from, ROW_VALUE);
}

static void show_computed(struct buf *out, const struct charge *c)
{
    if (!c->has_computed && !c->entry.size)
        return;
    begin_amount(out, "computed_usd", c->computed);
    if (c->entry.size)
        buf_format(out, "price book: %.*s (match: %.*s)", STR_ARG(c->entry),
                   STR_ARG(c->matched_by));
    row_end(out);
    for (size_t i = 0; i < c->component_count; i++)
        show_component(out, &c->components[i]);
}

/* What was booked before any policy spoke. */
static struct money first_amount(const struct charge *c, bool billed)
{
    for (size_t i = 0; i < c->step_count; i++)
        if (c->steps[i].billed == billed)
            return c->steps[i].before;
    return billed ? c->billed : c->charge;
}

static void show_steps(struct buf *out, const struct charge *c, bool billed)
{
    for (size_t i = 0; i < c->step_count; i++) {
        if (c->steps[i].billed != billed)
            continue;
        begin_amount(out, "", c->steps[i].after);
        row_provenance(out, c->steps[i].by);
        row_end(out);
    }
}

static bool any_billed(const struct charge *c)
{
    for (size_t i = 0; i < c->step_count; i++)
        if (c->steps[i].billed)
            return true;
    return false;
}

static void show_requested(struct buf *out, const struct record *r,
                           const struct money *usd)
{
    begin_amount(out, "requested_model_usd", *usd);
    buf_format(out, "the same at the price of %.*s",
               STR_ARG(r->ev.text[TEXT_REQUESTED_MODEL]));
    row_end(out);
}

void explain_price(struct buf *out, const struct record *r,
                   const struct money *requested_usd)
{
    static const char *const reported[] = {"", "the gateway's price",
                                           "which may mean that it knows no price",
                                           "costs nothing, says the gateway"};
    static const char *const meanings[PRICE_STATUS_COUNT] = {
        "all of the usage has its rate in the book",
        "a part of it was guessed or has no rate",
        "it costs nothing, by contract or from a cache",
        "the model is in no price book",
        "the event names no model",
        "the event has no usage to price",
        "parts of the usage exceed their whole"};
    const struct charge *c = &r->charge;
    struct str status = price_status_name(c->status);

    buf_format(out, "\n  price: %.*s, %s\n", STR_ARG(status), meanings[c->status]);
    if (r->ev.reported != REPORTED_NONE) {
        begin_amount(out, "reported_usd", r->ev.reported_usd);
        buf_format(out, "%s\n", reported[r->ev.reported]);
    }
    show_computed(out, c);
    if (requested_usd)
        show_requested(out, r, requested_usd);
    struct money first = first_amount(c, false);
    begin_amount(out, "charge_usd", first);
    if (r->ev.reported == REPORTED_COST && first.nanousd == r->ev.reported_usd.nanousd)
        buf_add(out, STR("as reported"));
    else if (c->has_computed && first.nanousd == c->computed.nanousd)
        buf_add(out, STR("as computed"));
    else if (r->ev.reported == REPORTED_NONE && !c->has_computed)
        buf_add(out, STR("neither reported nor computed"));
    row_end(out);
    show_steps(out, c, false);
    if (!any_billed(c))
        return;
    begin_amount(out, "billed_usd", first_amount(c, true));
    buf_add(out, STR("as charged\n"));
    show_steps(out, c, true);
}
