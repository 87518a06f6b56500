/* /api/v1/alerts/history: every change of an alert's state, from the ledger. */
#include "ask.h"

enum { CHANGES_DEFAULT = 100 };

struct listing {
    struct buf *out;
    size_t count;
};

static bool list_change(void *ctx, uint64_t number, const struct alert_row *a,
                        struct err *err)
{
    struct listing *l = ctx;
    struct buf *b = l->out;

    (void)err;
    buf_format(b, "%s{\"number\":%llu,\"time\":", l->count++ ? "," : "",
               (unsigned long long)number);
    time_json(b, a->tick_ns);
    buf_byte(b, ',');
    text_json(b, "policy", a->policy);
    if (a->policy_version.size)
        text_json(b, "policy_version", a->policy_version);
    if (a->generation)
        buf_format(b, "\"generation\":%u,", a->generation);
    text_json(b, "rule", a->rule);
    text_json(b, "from", a->from_state);
    text_json(b, "to", a->to_state);
    buf_format(b, "\"value\":%.9g,\"labels\":", a->value);
    buf_add(b, a->labels_json); /* JSON as it is */
    buf_add(b, STR(",\"annotations\":"));
    buf_add(b, a->annotations_json);
    buf_byte(b, '}');
    return true;
}

static bool list_changes(const struct ask *a, struct buf *out, uint64_t *next,
                         struct err *err)
{
    static const char *const names[] = {"start", "end",    "window", "state",
                                        "limit", "cursor", NULL};
    static const char *const states[] = {"inactive", "pending", "firing", "resolved",
                                         NULL};
    struct listing listing = {out, 0};
    struct ledger_reader *reader = NULL;
    struct browse page;
    size_t state = 0;

    if (!ask_known(a, names, err) || !ask_page(a, CHANGES_DEFAULT, &page, err) ||
        !ask_choice(a, "state", states, &state, err))
        return false;
    bool any = !http_query(a->request, "state");
    bool ok =
        ledger_reader_open(&reader, a->config->ledger_path, &a->config->schema, err) &&
        ledger_browse_alerts(reader, &page, str_of(any ? NULL : states[state]),
                             list_change, &listing, next, err);
    ledger_reader_close(reader);
    return ok;
}

void view_alert_history(struct server *s, struct http_request *r,
                        struct http_response *out)
{
    struct generation *g = engine_generation(s->engine);
    const struct ask ask = {r, g->config, timestamp_now()};
    struct err err = {0};
    uint64_t next = 0;

    begin_data(out);
    buf_byte(&out->body, '[');
    bool ok = list_changes(&ask, &out->body, &next, &err);
    generation_release(g);
    if (ok)
        end_page(out, next);
    else
        respond_error(out, &err);
}
