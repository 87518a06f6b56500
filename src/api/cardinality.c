/* How many series there are, as JSON and as a page for whoever wonders why. */
#include "internal.h"

enum { FRESH_HOURS = 1 };

typedef void put_set(struct buf *out, const struct set_size *set, bool first);

static void label_json(struct buf *out, const struct label_size *label, bool first)
{
    buf_add(out, first ? STR("{\"label\":") : STR(",{\"label\":"));
    buf_json(out, label->name);
    buf_format(out, ",\"values\":%zu,\"new_values_1h\":%zu}", label->values,
               label->fresh);
}

static void set_json(struct buf *out, const struct set_size *set, bool first)
{
    buf_add(out, first ? STR("{\"set\":") : STR(",{\"set\":"));
    buf_json(out, set->name);
    buf_format(out,
               ",\"series\":%zu,\"new_series_1h\":%zu,\"max_series\":%zu,"
               "\"overflow_events\":%lld,\"retired_series\":%lld,\"labels\":[",
               set->series, set->fresh, set->max_series, (long long)set->overflowed,
               (long long)set->retired);
    for (size_t i = 0; i < set->label_count; i++)
        label_json(out, &set->labels[i], i == 0);
    buf_add(out, STR("]}"));
}

static void set_rows(struct buf *out, const struct set_size *set,
                     __attribute__((unused)) bool first)
{
    buf_format(out,
               "<tr><th>%.*s</th><th></th><th>%zu</th><th>%zu</th><th>%zu</th>"
               "<th>%lld</th></tr>\n",
               STR_ARG(set->name), set->series, set->fresh, set->max_series,
               (long long)set->overflowed);
    for (size_t i = 0; i < set->label_count; i++)
        buf_format(out,
                   "<tr><td></td><td>%.*s</td><td>%zu</td><td>%zu</td><td></td>"
                   "<td></td></tr>\n",
                   STR_ARG(set->labels[i].name), set->labels[i].values,
                   set->labels[i].fresh);
}

/* False: no memory. */
static bool each_set(struct server *s, struct buf *out, put_set *put)
{
    uint64_t seq;
    struct metrics_copy *copy = books_metrics(engine_books(s->engine), &seq);
    struct set_size set;

    if (!copy)
        return false;
    int64_t since_ns = metrics_copy_time(copy) - FRESH_HOURS * NS_PER_HOUR;
    for (size_t i = 0; metrics_copy_size(copy, i, since_ns, &set); i++)
        put(out, &set, i == 0);
    metrics_copy_free(copy);
    return true;
}

void view_cardinality(struct server *s, struct http_request *r, struct http_response *out)
{
    (void)r;
    begin_data(out);
    buf_byte(&out->body, '[');
    if (!each_set(s, &out->body, set_json))
        out->body.failed = true;
    buf_byte(&out->body, ']');
    end_data(out);
}

void view_cardinality_page(struct server *s, struct http_request *r,
                           struct http_response *out)
{
    (void)r;
    out->status = 200;
    out->content_type = "text/html; charset=utf-8";
    buf_add(&out->body,
            STR("<!doctype html><html lang=\"en\"><head><title>Series - "
                "spendwarden</title><style>td,th{text-align:right;padding:0 1em}"
                "th:first-child,td:nth-child(2){text-align:left}</style></head><body>"
                "<h1>Series, and the labels that make them many</h1><table>"
                "<tr><th>families</th><td>label</td><th>series or values</th>"
                "<th>new in the last hour</th><th>most</th>"
                "<th>events under __other__</th></tr>\n"));
    if (!each_set(s, &out->body, set_rows))
        out->body.failed = true;
    buf_add(&out->body, STR("</table></body></html>\n"));
}
