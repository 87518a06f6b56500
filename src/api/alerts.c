/* /api/v1/alerts: those of the last tick; below it every change of a state, from the
 * ledger. */
#include <stdio.h>

#include "ask.h"
#include "spendwarden/record_json.h"
#include "spendwarden/value.h"

enum { CHANGES_DEFAULT = 100 };

void alert_json(struct buf *b, const struct alert *a, bool shadow)
{
    buf_format(b,
               "{\"state\":\"%.*s\",%s\"policy\":", STR_ARG(alert_state_name(a->state)),
               shadow ? "\"shadow\":true," : "");
    buf_json(b, a->policy);
    buf_add(b, STR(",\"rule\":"));
    buf_json(b, a->rule);
    buf_format(b, ",\"fingerprint\":\"%016llx\",\"labels\":",
               (unsigned long long)a->fingerprint);
    pairs_json(b, a->labels, a->label_count);
    buf_add(b, STR(",\"annotations\":"));
    pairs_json(b, a->annotations, a->annotation_count);
    buf_format(b, ",\"value\":%.9g", a->value);
    if (a->starts_ns) {
        buf_add(b, STR(",\"startsAt\":"));
        time_json(b, a->starts_ns);
    }
    if (a->resolved_ns) {
        buf_add(b, STR(",\"endsAt\":"));
        time_json(b, a->resolved_ns);
    }
    buf_byte(b, '}');
}

static const char *const states[] = {"inactive", "pending", "firing", "resolved", NULL};

/* *state: one of them, empty for any. */
static bool ask_state(const struct ask *a, struct str *state, struct err *err)
{
    size_t index = 0;

    if (!ask_choice(a, "state", states, &index, err))
        return false;
    *state = str_of(http_query(a->request, "state") ? states[index] : NULL);
    return true;
}

/* --- as of the last tick --- */

/* Every label set has one; a text that is none names no alert. */
static bool has_fingerprint(const struct alert *a, const char *asked)
{
    char own[17];

    snprintf(own, sizeof own, "%016llx", (unsigned long long)a->fingerprint);
    return !asked || strcmp(own, asked) == 0;
}

static bool list_alerts(const struct ask *a, const struct generation *g,
                        const struct tick_view *tick, struct buf *out, struct err *err)
{
    static const char *const names[] = {"state", "policy", "fingerprint", "shadow", NULL};
    const char *fingerprint = http_query(a->request, "fingerprint");
    struct str policy, state;
    const char *comma = "";
    bool shadow = false;

    if (!ask_known(a, names, err) || !ask_state(a, &state, err) ||
        !ask_flag(a, "shadow", &shadow, err))
        return false;
    const struct generation *asked = shadow ? g->shadow : g;
    if (!ask_policy(a, asked ? asked->policies : NULL, &policy, err))
        return false;
    size_t count = !tick ? 0 : shadow ? tick->shadow_count : tick->alert_count;
    for (size_t i = 0; i < count; i++) {
        const struct alert *alert = shadow ? &tick->shadow_alerts[i] : &tick->alerts[i];
        if ((state.size && !str_eq(state, alert_state_name(alert->state))) ||
            (policy.size && !str_eq(policy, alert->policy)) ||
            !has_fingerprint(alert, fingerprint))
            continue;
        buf_add(out, str_of(comma));
        alert_json(out, alert, shadow);
        comma = ",";
    }
    return true;
}

void view_alerts(struct server *s, struct http_request *r, struct http_response *out)
{
    struct tick_view *tick = engine_tick_view(s->engine);
    struct generation *g = engine_generation(s->engine);
    const struct ask ask = {.request = r};
    struct err err = {0};

    begin_data(out);
    buf_byte(&out->body, '[');
    if (list_alerts(&ask, g, tick, &out->body, &err)) {
        buf_byte(&out->body, ']');
        end_data(out);
    } else {
        respond_error(out, &err);
    }
    generation_release(g);
    engine_tick_view_release(tick);
}

/* --- history --- */

struct listing {
    struct buf *out;
    size_t count;
};

static bool list_change(void *ctx, uint64_t number, const struct alert_row *a,
                        struct err *err)
{
    struct listing *l = ctx;

    (void)err;
    if (l->count++)
        buf_byte(l->out, ',');
    alert_change_json(l->out, number, a);
    return true;
}

static bool list_changes(const struct ask *a, struct buf *out, uint64_t *next,
                         struct err *err)
{
    static const char *const names[] = {"start", "end",    "window", "state",
                                        "limit", "cursor", NULL};
    struct listing listing = {out, 0};
    struct ledger_reader *reader = NULL;
    struct browse page;
    struct str state;

    if (!ask_known(a, names, err) || !ask_page(a, CHANGES_DEFAULT, &page, err) ||
        !ask_state(a, &state, err))
        return false;
    bool ok =
        ledger_reader_open(&reader, a->config->ledger_path, &a->config->schema, err) &&
        ledger_browse_alerts(reader, &page, state, list_change, &listing, next, err);
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
