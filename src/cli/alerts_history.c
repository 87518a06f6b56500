/* Changes of alerts' states, from the ledger. */
#include "alerts.h"
#include "plain.h"
#include "spendwarden/browse.h"
#include "spendwarden/record_json.h"

enum { CHANGES_MAX = 10000, PATIENCE_SECONDS = 60 };

struct listing {
    bool json;
    size_t count;
};

static void print_json(uint64_t number, const struct alert_row *a)
{
    struct buf out = {0};

    alert_change_json(&out, number, a);
    buf_byte(&out, '\n');
    print_buf(stdout, &out);
    buf_release(&out);
}

/* The rule's name where the alert has another, as a budget's have. */
static void add_origin(struct buf *out, const struct alert_row *a, json_t *labels)
{
    struct str name = str_of(json_string_value(json_object_get(labels, "alertname")));

    buf_format(out, "  value %.6g, policy %.*s %.*s", a->value, STR_ARG(a->policy),
               STR_ARG(a->policy_version));
    if (!str_eq(name, a->rule))
        buf_format(out, ", %.*s", STR_ARG(a->rule));
}

static void print_text(const struct alert_row *a)
{
    json_t *labels = json_loadb(a->labels_json.at, a->labels_json.size, 0, NULL);
    char time[TIMESTAMP_TEXT_SIZE];
    struct buf raw = {0}, out = {0};

    timestamp_format(time, a->tick_ns);
    alert_time_add(&out, time);
    buf_format(&raw, "  %-8.*s -> %-8.*s  ", STR_ARG(a->from_state),
               STR_ARG(a->to_state));
    plain_add(&out, buf_str(&raw));
    alert_name_add(&out, labels, true);
    buf_reset(&raw);
    add_origin(&raw, a, labels);
    plain_add(&out, buf_str(&raw));
    buf_byte(&out, '\n');
    print_buf(stdout, &out);
    buf_release(&raw);
    buf_release(&out);
    json_decref(labels);
}

static bool print_change(void *ctx, uint64_t number, const struct alert_row *a,
                         struct err *err)
{
    struct listing *l = ctx;

    (void)err;
    l->count++;
    if (l->json)
        print_json(number, a);
    else
        print_text(a);
    return true;
}

int alerts_history(const struct alerts_request *r)
{
    const struct generation_options *g = &r->common.generation;
    int64_t now_ns = timestamp_now();
    struct browse page = {.start_ns = now_ns - r->since_ns,
                          .end_ns = now_ns + 1,
                          .limit = CHANGES_MAX,
                          .limit_ns = PATIENCE_SECONDS * NS_PER_SECOND};
    struct listing listing = {.json = r->common.json};
    struct ledger_reader *reader = NULL;
    struct config *c = NULL;
    struct diags diags = {0};
    struct err err = {0};
    uint64_t next = 0;

    if (!config_load(&c, g->config_path, g->overrides, g->override_count, &diags))
        return report_diags(&diags, EXIT_USAGE);
    diags_release(&diags);
    bool ok = ledger_reader_open(&reader, c->ledger_path, &c->schema, &err) &&
              ledger_browse_alerts(reader, &page, str_of(r->state), print_change,
                                   &listing, &next, &err);
    ledger_reader_close(reader);
    config_free(c);
    if (!ok)
        fprintf(stderr, ALERTS_VERB ": %s\n", err.text);
    else if (next)
        fprintf(stderr, ALERTS_VERB ": the newest %zu; there are more\n", listing.count);
    else if (!listing.count && !listing.json)
        printf("no alert changed its state\n");
    return ok ? EXIT_OK : EXIT_USAGE;
}
