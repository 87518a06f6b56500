/* /api/v1/spend and /api/v1/top: what was spent, by labels and over time. */
#include <stdlib.h>

#include "ask.h"
#include "negotiate.h"
#include "spend_table.h"
#include "spendwarden/zone.h"

#define SPEND_LIMIT_NS (10 * NS_PER_SECOND)

enum { GROUPS_DEFAULT = 100, TOP_DEFAULT = 10, GROUPS_MAX = 10000 };

static const struct str sum_names[SPEND_SUM_COUNT] = {
    [SPEND_CHARGE] = STR("charge_usd"),
    [SPEND_BILLED] = STR("billed_usd"),
    [SPEND_REPORTED] = STR("reported_usd"),
    [SPEND_COMPUTED] = STR("computed_usd"),
    [SPEND_RETRY] = STR("retry_usd"),
    [SPEND_REQUESTS] = STR("requests"),
    [SPEND_FAILURES] = STR("failures"),
    [SPEND_UNPRICED] = STR("unpriced"),
    [SPEND_INPUT_TOKENS] = STR("input_tokens"),
    [SPEND_OUTPUT_TOKENS] = STR("output_tokens"),
    [SPEND_CACHE_READ_TOKENS] = STR("cache_read_tokens"),
    [SPEND_CACHE_WRITE_TOKENS] = STR("cache_write_tokens"),
    [SPEND_REASONING_TOKENS] = STR("reasoning_tokens"),
};

/* What is asked, and what came of it. */
struct report {
    struct ask ask;
    bool csv;
    size_t limit, sort;
    const char *step; /* as given; NULL: none */
    int64_t start_ns, end_ns;
    int64_t *bounds; /* owned */
    struct record_filter filters[SPEND_FILTERS_MAX];
    struct spend_query query;
    struct spend spend;
    struct spend_table table;
};

/* --- steps --- */

static bool add_bound(struct report *r, int64_t ns, struct err *err)
{
    size_t *count = &r->query.bound_count;

    if (*count > SPEND_STEPS_MAX)
        return err_set(err, ERR_INPUT,
                       "step: more than %d of them; take a larger one, or ask for less "
                       "time",
                       SPEND_STEPS_MAX);
    if (*count == 0 || ns > r->bounds[*count - 1])
        r->bounds[(*count)++] = ns;
    return true;
}

static int64_t slot_after(int64_t ns)
{
    return (ns + SPEND_SLOT_NS - 1) / SPEND_SLOT_NS * SPEND_SLOT_NS;
}

/* Periods of the configured time zone; the first and last may be cut. */
static bool calendar_steps(struct report *r, enum period period, struct err *err)
{
    int64_t at = r->start_ns, start;

    while (at < r->end_ns) {
        if (!add_bound(r, at, err))
            return false;
        zone_period(r->ask.config->zone, period, START_DAY_USUAL, at, &start, &at);
        at = slot_after(at); /* not before: that period would come again for ever */
    }
    return add_bound(r, r->end_ns, err);
}

static bool even_steps(struct report *r, int64_t step_ns, struct err *err)
{
    int64_t at = r->start_ns;

    while (at < r->end_ns) {
        if (!add_bound(r, at, err))
            return false;
        at = step_ns < r->end_ns - at ? at + step_ns : r->end_ns;
    }
    return add_bound(r, r->end_ns, err);
}

static bool ask_steps(struct report *r, struct err *err)
{
    static const char *const periods[] = {"day", "week", "month"};
    int64_t step_ns;

    r->step = http_query(r->ask.request, "step");
    r->bounds = calloc(SPEND_STEPS_MAX + 1, sizeof *r->bounds);
    r->query.bounds = r->bounds;
    if (!r->bounds)
        return err_set(err, ERR_MEMORY, "spend: no memory");
    if (r->step && strcmp(r->step, "none") == 0)
        r->step = NULL;
    if (!r->step)
        return even_steps(r, r->end_ns - r->start_ns, err);
    for (size_t i = 0; i < 3; i++)
        if (strcmp(r->step, periods[i]) == 0)
            return calendar_steps(r, (enum period)i, err);
    if (!duration_parse(&step_ns, str_of(r->step)) || step_ns < SPEND_SLOT_NS ||
        step_ns % SPEND_SLOT_NS != 0)
        return err_set(
            err, ERR_INPUT,
            "step: day, week, month, none, or a multiple of 15m as 6h or 1d, not "
            "\"%.60s\"",
            r->step);
    return even_steps(r, step_ns, err);
}

/* --- the answer --- */

static void sum_text(struct buf *out, size_t sum, int64_t value)
{
    char text[MONEY_TEXT_SIZE];

    if (sum > SPEND_LAST_MONEY) {
        buf_int(out, value);
        return;
    }
    money_format(text, (struct money){value});
    buf_add(out, str_of(text));
}

static void sums_json(struct buf *b, const int64_t *sums)
{
    for (size_t i = 0; i < SPEND_SUM_COUNT; i++) {
        const char *quote = i > SPEND_LAST_MONEY ? "" : "\"";
        buf_format(b, "%s\"%.*s\":%s", i ? "," : "", STR_ARG(sum_names[i]), quote);
        sum_text(b, i, sums[i]);
        buf_add(b, str_of(quote));
    }
}

static struct str label_name(const struct report *r, size_t i)
{
    return field_name(&r->ask.config->schema, r->query.by[i]);
}

/* A label that is absent is left out. */
static void labels_json(const struct report *r, struct buf *b,
                        const struct table_row *row)
{
    const char *comma = "";

    buf_byte(b, '{');
    for (size_t i = 0; i < r->query.by_count; i++) {
        struct str value = row->texts ? r->spend.texts[row->texts[i]] : STR("__other__");
        if (value.size == 0)
            continue;
        buf_format(b, "%s\"%.*s\":", comma, STR_ARG(label_name(r, i)));
        buf_json(b, value);
        comma = ",";
    }
    buf_byte(b, '}');
}

static void row_json(const struct report *r, struct buf *b, const struct table_row *row)
{
    buf_add(b, STR("{\"start\":"));
    time_json(b, r->bounds[row->step]);
    buf_add(b, STR(",\"end\":"));
    time_json(b, r->bounds[row->step + 1]);
    buf_add(b, STR(",\"labels\":"));
    labels_json(r, b, row);
    if (!row->texts)
        buf_add(b, STR(",\"other\":true"));
    buf_byte(b, ',');
    sums_json(b, row->sums);
    buf_byte(b, '}');
}

static void write_json(const struct report *r, struct http_response *out)
{
    const struct spend_table *t = &r->table;
    struct buf *b = &out->body;

    begin_data(out);
    buf_add(b, STR("{\"start\":"));
    time_json(b, r->start_ns);
    buf_add(b, STR(",\"end\":"));
    time_json(b, r->end_ns);
    buf_add(b, STR(",\"step\":"));
    buf_json(b, str_of(r->step ? r->step : "none"));
    buf_add(b, STR(",\"time_zone\":"));
    buf_json(b, str_of(zone_name(r->ask.config->zone)));
    buf_add(b, STR(",\"by\":["));
    for (size_t i = 0; i < r->query.by_count; i++) {
        buf_add(b, i ? STR(",") : STR(""));
        buf_json(b, label_name(r, i));
    }
    buf_format(b,
               "],\"groups\":%zu,\"groups_shown\":%zu,\"missing_rows\":%llu,\"total\":{",
               t->group_count, t->shown_count, (unsigned long long)r->spend.missing_rows);
    sums_json(b, t->total);
    buf_add(b, STR("},\"rows\":["));
    for (size_t i = 0; i < t->row_count; i++) {
        buf_add(b, i ? STR(",") : STR(""));
        row_json(r, b, &t->rows[i]);
    }
    buf_add(b, STR("]}"));
    end_data(out);
}

static void row_csv(const struct report *r, struct buf *b, const struct table_row *row)
{
    char time[TIMESTAMP_TEXT_SIZE];

    for (int64_t i = 0; i < 2; i++) {
        timestamp_format(time, r->bounds[row->step + i]);
        buf_format(b, "%s%s", i ? "," : "", time);
    }
    for (size_t i = 0; i < r->query.by_count; i++) {
        buf_byte(b, ',');
        csv_text(b, row->texts ? r->spend.texts[row->texts[i]] : STR("__other__"));
    }
    for (size_t i = 0; i < SPEND_SUM_COUNT; i++) {
        buf_byte(b, ',');
        sum_text(b, i, row->sums[i]);
    }
    buf_add(b, STR("\r\n"));
}

static void write_csv(const struct report *r, struct http_response *out)
{
    struct buf *b = &out->body;

    begin_csv(out);
    buf_add(b, STR("start,end"));
    for (size_t i = 0; i < r->query.by_count; i++)
        buf_format(b, ",%.*s", STR_ARG(label_name(r, i)));
    for (size_t i = 0; i < SPEND_SUM_COUNT; i++)
        buf_format(b, ",%.*s", STR_ARG(sum_names[i]));
    buf_add(b, STR("\r\n"));
    for (size_t i = 0; i < r->table.row_count; i++)
        row_csv(r, b, &r->table.rows[i]);
}

/* --- the question --- */

static bool ask_sort(struct report *r, struct err *err)
{
    const char *names[SPEND_SUM_COUNT + 1] = {NULL};

    for (size_t i = 0; i < SPEND_SUM_COUNT; i++)
        names[i] = sum_names[i].at; /* literals: terminated */
    return ask_choice(&r->ask, "sort", names, &r->sort, err);
}

static bool ask_format(struct report *r, struct err *err)
{
    static const char *const formats[] = {"json", "csv", NULL};
    size_t format = accepts_csv(http_header(r->ask.request, "Accept"));

    if (!ask_choice(&r->ask, "format", formats, &format, err))
        return false;
    r->csv = format == 1;
    return true;
}

static bool ask_report(struct report *r, const char *const *names, size_t limit,
                       struct err *err)
{
    int64_t groups = (int64_t)limit;

    if (!ask_known(&r->ask, names, err) ||
        !ask_range(&r->ask, true, &r->start_ns, &r->end_ns, err) ||
        !ask_number(&r->ask, "limit", 1, GROUPS_MAX, &groups, err) || !ask_sort(r, err) ||
        !ask_format(r, err) || !ask_by(&r->ask, r->query.by, &r->query.by_count, err) ||
        !ask_filters(&r->ask, r->filters, &r->query.filter_count, err))
        return false;
    r->limit = (size_t)groups;
    r->query.filters = r->filters;
    r->query.limit_ns = SPEND_LIMIT_NS;
    return ask_steps(r, err);
}

static bool answer(struct report *r, struct err *err)
{
    struct ledger_reader *reader = NULL;

    bool ok =
        ledger_reader_open(&reader, r->ask.config->ledger_path, &r->ask.config->schema,
                           err) &&
        ledger_spend(reader, &r->query, &r->spend, err) &&
        spend_table_make(&r->table, &r->spend, (enum spend_sum)r->sort, r->limit, err);
    ledger_reader_close(reader);
    return ok;
}

static void report(struct server *s, struct http_request *request,
                   struct http_response *out, const char *const *names, size_t limit)
{
    struct generation *g = engine_generation(s->engine);
    struct report r = {.ask = {request, g->config, timestamp_now()}};
    struct err err = {0};

    out->vary = "Accept";
    if (!ask_report(&r, names, limit, &err) || !answer(&r, &err))
        respond_error(out, &err);
    else if (r.csv)
        write_csv(&r, out);
    else
        write_json(&r, out);
    spend_table_release(&r.table);
    spend_release(&r.spend);
    free(r.bounds);
    generation_release(g);
}

void view_spend(struct server *s, struct http_request *r, struct http_response *out)
{
    static const char *const names[] = {"by",    "start",  "end",  "window", "step",
                                        "limit", "filter", "sort", "format", NULL};

    report(s, r, out, names, GROUPS_DEFAULT);
}

/* Its groups are what it is about. */
void view_top(struct server *s, struct http_request *r, struct http_response *out)
{
    const char *by = http_query(r, "by");
    static const char *const names[] = {"by",     "start", "end",    "window", "limit",
                                        "filter", "sort",  "format", NULL};
    static const struct err no_label = {
        ERR_INPUT, "by: what the top is of is missing: by=workflow_id, for example"};

    if (by && *by)
        report(s, r, out, names, TOP_DEFAULT);
    else
        respond_error(out, &no_label);
}
