/* /api/v1/duplicates: pairs of booked events that are perhaps one call, so that somebody
 * decides it by scope. */
#include "internal.h"
#include "spendwarden/browse.h"

struct pair_of {
    struct buf *out;
    size_t count; /* of rows that are there still */
};

static bool write_row(void *ctx, const struct record *r, struct err *err)
{
    struct pair_of *pair = ctx;
    struct buf *b = pair->out;

    (void)err;
    buf_format(b, "%s{\"seq\":%llu,", pair->count++ ? "," : "",
               (unsigned long long)r->seq);
    text_json(b, "source", r->ev.text[TEXT_SOURCE]);
    text_json(b, "scope", r->ev.text[TEXT_SCOPE]);
    text_json(b, "trace_id", r->ev.text[TEXT_TRACE_ID]);
    text_json(b, "span_id", r->ev.text[TEXT_SPAN_ID]);
    text_json(b, "requested_model", r->ev.text[TEXT_REQUESTED_MODEL]);
    text_json(b, "response_model", r->ev.text[TEXT_RESPONSE_MODEL]);
    buf_add(b, STR("\"charge_usd\":"));
    money_json(b, r->charge.charge);
    buf_byte(b, '}');
    return true;
}

/* A row that was pruned is left out. */
static bool write_pair(struct buf *out, struct ledger_reader *reader, struct doubt doubt,
                       struct err *err)
{
    struct pair_of pair = {.out = out};

    buf_byte(out, '[');
    bool ok = ledger_look(reader, doubt.other_seq, write_row, &pair, err) &&
              ledger_look(reader, doubt.seq, write_row, &pair, err);
    buf_byte(out, ']');
    return ok;
}

void view_duplicates(struct server *s, struct http_request *r, struct http_response *out)
{
    struct generation *g = engine_generation(s->engine);
    struct doubt doubts[DOUBTS_KEPT];
    size_t count = outcomes_doubts(engine_outcomes(s->engine), doubts);
    struct ledger_reader *reader = NULL;
    struct err err = {0};

    (void)r;
    begin_data(out);
    buf_byte(&out->body, '[');
    bool ok =
        ledger_reader_open(&reader, g->config->ledger_path, &g->config->schema, &err);
    for (size_t i = 0; ok && i < count; i++) {
        if (i)
            buf_byte(&out->body, ',');
        ok = write_pair(&out->body, reader, doubts[i], &err);
    }
    buf_byte(&out->body, ']');
    ledger_reader_close(reader);
    generation_release(g);
    if (ok)
        end_data(out);
    else
        respond_error(out, &err);
}
