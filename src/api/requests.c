/* /api/v1/requests: records of the ledger, page by page, and one of them explained. */
#include <stdio.h>
#include <stdlib.h>

#include "ask.h"
#include "spendwarden/record_json.h"

enum { REQUESTS_DEFAULT = 20, SAME_ID_MAX = 20 };

static const struct str requests_prefix = STR("/api/v1/requests/");

struct listing {
    struct buf *out;
    const struct schema *schema;
    size_t count;
};

static bool list_record(void *ctx, const struct record *r, struct err *err)
{
    struct listing *l = ctx;

    (void)err;
    if (l->count++)
        buf_byte(l->out, ',');
    record_json(l->out, r, l->schema);
    return true;
}

static bool open_reader(struct ledger_reader **out, const struct config *c,
                        struct err *err)
{
    return ledger_reader_open(out, c->ledger_path, &c->schema, err);
}

/* --- a page --- */

static bool ask_least(const struct ask *a, struct money *least, struct err *err)
{
    const char *text = http_query(a->request, "min_usd");

    if (!text || (money_parse(least, str_of(text)) && least->nanousd >= 0))
        return true;
    return err_set(err, ERR_INPUT, "min_usd: an amount as 0.25, not \"%.60s\"", text);
}

static bool browse(const struct ask *a, struct ledger_reader *reader,
                   struct listing *listing, uint64_t *next, struct err *err)
{
    static const char *const names[] = {"start",  "end",    "window",  "limit",
                                        "cursor", "filter", "min_usd", NULL};
    struct record_filter filters[SPEND_FILTERS_MAX];
    struct browse_records query = {.filters = filters};
    struct money least;

    if (!ask_known(a, names, err) || !ask_page(a, REQUESTS_DEFAULT, &query.page, err) ||
        !ask_filters(a, filters, &query.filter_count, err) || !ask_least(a, &least, err))
        return false;
    if (http_query(a->request, "min_usd"))
        query.least = &least;
    return ledger_browse(reader, &query, list_record, listing, next, err);
}

static bool find(const struct ask *a, struct ledger_reader *reader,
                 struct listing *listing, struct err *err)
{
    static const char *const names[] = {"id", "limit", NULL};
    struct str id = str_of(http_query(a->request, "id"));
    int64_t limit = REQUESTS_DEFAULT;

    if (!ask_known(a, names, err) ||
        !ask_number(a, "limit", 1, ASK_PAGE_MAX, &limit, err))
        return false;
    if (id.size == 0)
        return err_set(err, ERR_INPUT, "id: it is empty; leave it out for all requests");
    return ledger_find(reader, id, (size_t)limit, list_record, listing, err);
}

void end_page(struct http_response *out, uint64_t next)
{
    if (next)
        buf_format(&out->body, "],\"next_cursor\":\"%llu\"}\n", (unsigned long long)next);
    else
        buf_add(&out->body, STR("]}\n"));
}

void view_requests(struct server *s, struct http_request *r, struct http_response *out)
{
    struct generation *g = engine_generation(s->engine);
    struct ask ask = {r, g->config, timestamp_now()};
    struct listing listing = {.out = &out->body, .schema = &g->config->schema};
    struct ledger_reader *reader = NULL;
    struct err err = {0};
    uint64_t next = 0;

    begin_data(out);
    buf_byte(&out->body, '[');
    bool ok = open_reader(&reader, g->config, &err) &&
              (http_query(r, "id") ? find(&ask, reader, &listing, &err)
                                   : browse(&ask, reader, &listing, &next, &err));
    ledger_reader_close(reader);
    generation_release(g);
    if (ok)
        end_page(out, next);
    else
        respond_error(out, &err);
}

/* --- one, explained --- */

struct explained {
    struct buf *out;
    const struct schema *schema;
    size_t count;
    uint32_t generation;
    uint64_t same_id[SAME_ID_MAX]; /* the others */
};

/* The first one; of the others the numbers. */
static bool explain(void *ctx, const struct record *r, struct err *err)
{
    static const char *const kinds[] = {"charge", "amendment", "revision", "opening"};
    struct explained *e = ctx;

    (void)err;
    if (e->count++) {
        e->same_id[e->count - 2] = r->seq;
        return true;
    }
    record_json(e->out, r, e->schema);
    e->out->size -= e->out->size > 0; /* its closing bracket: more follows */
    buf_format(e->out,
               ",\"kind\":\"%s\",\"completes\":%s,\"late\":%s,\"future\":%s,"
               "\"committed\":",
               kinds[r->kind], record_is_request(r) ? "false" : "true",
               r->late ? "true" : "false", r->future ? "true" : "false");
    time_json(e->out, r->committed_ns);
    e->generation = r->generation;
    return true;
}

static bool generation_json(const struct explained *e, struct ledger_reader *reader,
                            struct arena *arena, struct err *err)
{
    struct generation_row row;
    struct buf *b = e->out;
    bool found;

    if (!ledger_read_generation(reader, e->generation, arena, &row, &found, err))
        return false;
    buf_add(b, STR(",\"generation\":{"));
    if (found) {
        text_json(b, "policy_hash", row.policy_hash);
        text_json(b, "config_hash", row.config_hash);
        text_json(b, "data_hash", row.data_hash);
        text_json(b, "price_hash", row.price_hash);
        buf_add(b, STR("\"active_since\":"));
        time_json(b, row.active_since_ns);
        buf_add(b, STR(",\"disabled\":"));
        buf_add(b, row.disabled.size ? row.disabled : STR("[]")); /* JSON as it is */
        buf_byte(b, ',');
    }
    buf_format(b, "\"number\":%u},\"same_id\":[", e->generation);
    for (size_t i = 0; i + 1 < e->count; i++)
        buf_format(b, "%s%llu", i ? "," : "", (unsigned long long)e->same_id[i]);
    buf_add(b, STR("]}"));
    return true;
}

/* By number, else by an id that looks like one. */
static bool look_up(struct explained *e, struct ledger_reader *reader, struct str which,
                    struct err *err)
{
    int64_t seq;

    if (str_to_int64(which, &seq) && seq > 0 &&
        !ledger_look(reader, (uint64_t)seq, explain, e, err))
        return false;
    return e->count || ledger_find(reader, which, SAME_ID_MAX, explain, e, err);
}

void view_request(struct server *s, struct http_request *r, struct http_response *out)
{
    static const char *const none[] = {NULL};
    struct generation *g = engine_generation(s->engine);
    struct ask ask = {r, g->config, timestamp_now()};
    struct explained e = {.out = &out->body, .schema = &g->config->schema};
    struct str which = str_from(r->path, requests_prefix.size);
    struct ledger_reader *reader = NULL;
    struct err err = {0};

    begin_data(out);
    bool ok = ask_known(&ask, none, &err) && open_reader(&reader, g->config, &err) &&
              look_up(&e, reader, which, &err) &&
              (!e.count || generation_json(&e, reader, r->arena, &err));
    ledger_reader_close(reader);
    generation_release(g);
    if (!ok)
        respond_error(out, &err);
    else if (!e.count)
        respond_not_found(out, "there is no request with that number or id; one that is "
                               "pruned is gone");
    else
        end_data(out);
}
