/* /api/v1/prices: the entries of the price book in use, and what had no price. */
#include <stdlib.h>

#include "ask.h"
#include "spendwarden/price_list.h"

enum { PRICES_DEFAULT = 100, PRICES_MAX = 1000, UNPRICED_MODELS_MAX = 100 };

#define UNPRICED_LIMIT_NS (5 * NS_PER_SECOND)

struct choice {
    struct str provider, model, source;
    int64_t at_ns;
    bool at;
    size_t limit, cursor; /* cursor: entries before it were shown */
};

static bool ask_choices(const struct ask *a, struct choice *c, struct err *err)
{
    static const char *const names[] = {"provider", "model",  "source", "at",
                                        "limit",    "cursor", "window", NULL};
    int64_t limit = PRICES_DEFAULT, cursor = 0;

    if (!ask_known(a, names, err) || !ask_time(a, "at", &c->at_ns, err) ||
        !ask_number(a, "limit", 1, PRICES_MAX, &limit, err) ||
        !ask_number(a, "cursor", 1, INT32_MAX, &cursor, err))
        return false;
    c->provider = str_of(http_query(a->request, "provider"));
    c->model = str_of(http_query(a->request, "model"));
    c->source = str_of(http_query(a->request, "source"));
    c->at = http_query(a->request, "at") != NULL;
    c->limit = (size_t)limit;
    c->cursor = (size_t)cursor;
    return true;
}

static bool is_asked(struct str wanted, struct str have)
{
    return wanted.size == 0 || str_eq_nocase(wanted, have);
}

static bool is_chosen(const struct choice *c, const struct price_item *item)
{
    return is_asked(c->provider, item->provider) && is_asked(c->model, item->model) &&
           is_asked(c->source, str_of(item->file)) &&
           (!c->at || (c->at_ns >= item->from_ns && c->at_ns < item->to_ns));
}

static void rates_json(struct buf *b, const struct price_book *book, size_t index,
                       size_t tier)
{
    struct price_item_rate rates[PRICE_RATES_MAX];
    int64_t above;
    size_t count = price_item_rates(book, index, tier, &above, rates);

    if (above >= 0)
        buf_format(b, "\"above\":%lld,", (long long)above);
    buf_add(b, STR("\"rates\":{"));
    for (size_t i = 0; i < count; i++) {
        buf_format(b, "%s\"%.*s\":", i ? "," : "", STR_ARG(rates[i].key));
        money_json(b, rates[i].amount);
    }
    buf_byte(b, '}');
}

static void item_json(struct buf *b, const struct price_book *book, size_t index,
                      const struct price_item *item)
{
    buf_byte(b, '{');
    text_json(b, "entry", item->id);
    text_json(b, "provider", item->provider);
    text_json(b, "model", item->model);
    text_json(b, "service_tier", item->service_tier);
    text_json(b, "region", item->region);
    if (item->from_ns != INT64_MIN) {
        buf_add(b, STR("\"from\":"));
        time_json(b, item->from_ns);
        buf_byte(b, ',');
    }
    if (item->to_ns != INT64_MAX) {
        buf_add(b, STR("\"to\":"));
        time_json(b, item->to_ns);
        buf_byte(b, ',');
    }
    text_json(b, "source", str_of(item->file));
    buf_format(b,
               "\"line\":%d,\"imported\":%s,\"included\":%s,\"quarantined\":%s,"
               "\"graduated\":%s,\"tiers\":[",
               item->line, item->imported ? "true" : "false",
               item->included ? "true" : "false", item->quarantined ? "true" : "false",
               item->graduated ? "true" : "false");
    for (size_t tier = 0; tier < item->tier_count; tier++) {
        buf_add(b, tier ? STR(",{") : STR("{"));
        rates_json(b, book, index, tier);
        buf_byte(b, '}');
    }
    buf_add(b, STR("]}"));
}

/* *next: the cursor of the next page; 0: there is none. */
static void items_json(struct buf *b, const struct price_book *book,
                       const struct choice *c, size_t *next)
{
    struct price_item item;
    size_t count = 0;

    *next = 0;
    buf_add(b, STR(",\"entries\":["));
    for (size_t i = c->cursor; price_item_at(book, i, &item); i++) {
        if (!is_chosen(c, &item))
            continue;
        if (count == c->limit) {
            *next = i;
            break;
        }
        buf_add(b, count++ ? STR(",") : STR(""));
        item_json(b, book, i, &item);
    }
    buf_byte(b, ']');
}

/* --- what had no price --- */

static int compare_unpriced(const void *a, const void *b, void *ctx)
{
    const struct spend *s = ctx;
    int64_t left = spend_cell(s, *(const size_t *)a)[1 + s->by_count + SPEND_UNPRICED];
    int64_t right = spend_cell(s, *(const size_t *)b)[1 + s->by_count + SPEND_UNPRICED];

    return left > right ? -1 : left < right;
}

static void unpriced_rows(struct buf *b, const struct spend *s, size_t *cells)
{
    int64_t requests = 0;
    size_t count = 0;

    for (size_t i = 0; i < s->cell_count; i++) {
        int64_t some = spend_cell(s, i)[1 + s->by_count + SPEND_UNPRICED];
        requests += some;
        if (some)
            cells[count++] = i;
    }
    qsort_r(cells, count, sizeof *cells, compare_unpriced, (void *)s);
    buf_format(b, "\"requests\":%lld,\"model_count\":%zu,\"models\":[",
               (long long)requests, count);
    for (size_t i = 0; i < count && i < UNPRICED_MODELS_MAX; i++) {
        const int64_t *cell = spend_cell(s, cells[i]);
        buf_add(b, i ? STR(",{") : STR("{"));
        text_json(b, "ai_system", s->texts[cell[1]]);
        text_json(b, "requested_model", s->texts[cell[2]]);
        buf_format(b, "\"requests\":%lld}",
                   (long long)cell[1 + s->by_count + SPEND_UNPRICED]);
    }
    buf_byte(b, ']');
}

static bool unpriced_json(const struct ask *a, struct buf *b, struct err *err)
{
    int64_t bounds[2];
    struct spend_query query = {.by_count = 2,
                                .by = {{FIELD_TEXT, TEXT_AI_SYSTEM, STAGE_DECODE},
                                       {FIELD_TEXT, TEXT_REQUESTED_MODEL, STAGE_DECODE}},
                                .bounds = bounds,
                                .bound_count = 2,
                                .limit_ns = UNPRICED_LIMIT_NS};
    struct ledger_reader *reader = NULL;
    struct spend spend = {.by_count = 2};
    size_t *cells = NULL;

    bool ok =
        ask_range(a, true, &bounds[0], &bounds[1], err) &&
        ledger_reader_open(&reader, a->config->ledger_path, &a->config->schema, err) &&
        ledger_spend(reader, &query, &spend, err);
    ledger_reader_close(reader);
    if (ok) {
        cells = calloc(spend.cell_count + 1, sizeof *cells);
        ok = cells || err_set(err, ERR_MEMORY, "prices: no memory");
    }
    if (ok) {
        buf_add(b, STR(",\"unpriced\":{\"start\":"));
        time_json(b, bounds[0]);
        buf_add(b, STR(",\"end\":"));
        time_json(b, bounds[1]);
        buf_byte(b, ',');
        unpriced_rows(b, &spend, cells);
        buf_byte(b, '}');
    }
    free(cells);
    spend_release(&spend);
    return ok;
}

void view_prices(struct server *s, struct http_request *r, struct http_response *out)
{
    struct generation *g = engine_generation(s->engine);
    const struct ask ask = {r, g->config, timestamp_now()};
    struct choice choice = {.limit = 0};
    struct buf *b = &out->body;
    struct err err = {0};
    size_t next = 0;

    begin_data(out);
    bool ok = ask_choices(&ask, &choice, &err);
    if (ok) {
        buf_add(b, STR("{\"name\":"));
        buf_json(b, price_book_name(g->prices));
        buf_add(b, STR(",\"hash\":"));
        buf_json(b, price_book_hash(g->prices));
        buf_format(b, ",\"entry_count\":%zu,\"quarantined\":%zu",
                   price_book_entries(g->prices), price_book_quarantined(g->prices));
        items_json(b, g->prices, &choice, &next);
        ok = unpriced_json(&ask, b, &err);
    }
    generation_release(g);
    if (!ok) {
        respond_error(out, &err);
        return;
    }
    buf_byte(b, '}');
    if (next)
        buf_format(b, ",\"next_cursor\":\"%zu\"", next);
    end_data(out);
}
