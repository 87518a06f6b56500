/* spendwarden explain: one body through the pipeline, without booking anything. */
#include <getopt.h>
#include <stdio.h>

#include "cli.h"
#include "spendwarden/json.h"
#include "spendwarden/pipeline.h"
#include "spendwarden/record_json.h"

static const char help[] =
    "Usage: spendwarden explain [OPTION]... [FILE]\n"
    "Decides the events of FILE (standard input without one) as the engine would, and "
    "shows\n"
    "for each the normalised event, every label with its provenance, the charge with "
    "its\n"
    "components, and the class with its reason. Nothing is booked.\n\n"
    "      --source NAME      litellm (default) or generic\n"
    "  -c, --config FILE      configuration that decides; without it the shipped "
    "defaults\n"
    "      --policies PATH    policies that decide instead; repeatable\n"
    "      --set KEY=VALUE    override one key of the configuration\n"
    "      --format FORMAT    text (default), or json: one object a line, in input "
    "order\n"
    "      --cost             add what each policy cost, in instructions\n"
    "  -h, --help             this text\n\n"
    "Exit status: 0 all events were read, 1 some were rejected, 2 nothing could be "
    "read.\n";

enum { OPTION_SOURCE = 2000, OPTION_COST };

struct explain {
    struct common_options common;
    const char *source, *file;
    bool cost;
    const struct schema *schema;
    struct buf out, steps; /* steps: JSON objects of the event at hand */
    size_t events, rejected;
};

static void add_step_json(struct explain *x, const struct policy_trace_step *step)
{
    if (x->steps.size)
        buf_byte(&x->steps, ',');
    buf_format(&x->steps, "{\"stage\":\"%s\",\"policy\":", step->stage);
    buf_json(&x->steps, step->policy);
    buf_add(&x->steps, STR(",\"rule\":"));
    buf_json(&x->steps, step->rule);
    if (step->label.size) {
        buf_add(&x->steps, STR(",\"label\":"));
        buf_json(&x->steps, step->label);
    }
    buf_format(&x->steps, ",\"outcome\":\"%s\",\"instructions\":%lld}", step->outcome,
               (long long)step->instructions);
}

static void add_step(void *ctx, const struct policy_trace_step *step)
{
    struct explain *x = ctx;

    if (x->common.json)
        add_step_json(x, step);
    else
        buf_format(&x->steps, "    %-9s %-14.*s %-24s %5lld  %.*s\n", step->stage,
                   STR_ARG(step->label), step->outcome, (long long)step->instructions,
                   STR_ARG(step->rule));
}

/* Who filled a label in, in brackets behind it. */
static void print_provenance(struct buf *out, const struct provenance *by)
{
    if (!by)
        return;
    if (by->from == FROM_TOKEN)
        buf_add(out, STR("   [ingest token]"));
    else if (by->from == FROM_GATEWAY)
        buf_format(out, "   [gateway: %.*s]", STR_ARG(by->field));
    else
        buf_format(out, "   [policy %.*s, %.*s: %.*s]", STR_ARG(by->policy),
                   STR_ARG(by->rule), STR_ARG(by->reason));
    if (by->from == FROM_POLICY && by->was.size)
        buf_format(out, " was %.*s", STR_ARG(by->was));
}

static const struct provenance *decided_by(const struct record *r, struct field field)
{
    if (field.kind == FIELD_TEXT && text_is_label(field.index))
        return r->label_by[field.index - TEXT_LABEL_FIRST];
    if (field.kind == FIELD_COUNT && field.index == COUNT_RETRY_DEPTH)
        return r->retry_depth_by;
    if (field.kind == FIELD_DERIVED && field.index == DERIVED_CLASS)
        return r->class_by;
    return NULL;
}

static void print_name(struct buf *out, struct str name)
{
    buf_format(out, "  %-28.*s ", STR_ARG(name));
}

static void print_number(struct buf *out, struct field field, int64_t number)
{
    char text[64]; /* the longest is a time */

    if (field.kind == FIELD_MONEY)
        money_format(text, (struct money){number});
    else if (field.kind == FIELD_TIME ||
             (field.kind == FIELD_DERIVED && field.index == DERIVED_TIME))
        timestamp_format(text, number);
    else if (field.kind == FIELD_DERIVED && field.index != DERIVED_TOTAL_TOKENS)
        duration_format(text, number);
    else
        snprintf(text, sizeof text, "%lld", (long long)number);
    buf_add(out, str_of(text));
}

static void print_field(struct explain *x, const struct record *r, struct field field)
{
    struct str name = field_name(x->schema, field), text = record_text(r, field);
    int64_t number;

    if (text.size == 0 && !record_number(r, field, &number))
        return;
    print_name(&x->out, name);
    if (text.size)
        buf_add(&x->out, text);
    else
        print_number(&x->out, field, number);
    print_provenance(&x->out, decided_by(r, field));
    buf_byte(&x->out, '\n');
}

static void print_price(struct explain *x, const struct charge *c)
{
    char amount[MONEY_TEXT_SIZE], before[MONEY_TEXT_SIZE];

    if (c->entry.size)
        buf_format(&x->out, "  price                        %.*s, matched by %.*s\n",
                   STR_ARG(c->entry), STR_ARG(c->matched_by));
    for (size_t i = 0; i < c->component_count; i++) {
        const struct component *part = &c->components[i];
        money_format(amount, part->amount);
        buf_format(&x->out, "    %-26.*s %lld x %lld pico-USD = %s\n",
                   STR_ARG(part->unit), (long long)part->quantity,
                   (long long)part->rate.picousd, amount);
    }
    for (size_t i = 0; i < c->step_count; i++) {
        money_format(before, c->steps[i].before);
        money_format(amount, c->steps[i].after);
        buf_format(&x->out, "    %-26s %s -> %s",
                   c->steps[i].billed ? "billed" : "charge", before, amount);
        print_provenance(&x->out, c->steps[i].by);
        buf_byte(&x->out, '\n');
    }
}

static void print_steps(struct explain *x)
{
    if (x->steps.size)
        buf_add(&x->out, STR("  policies: what was asked, and its instructions\n"));
    buf_add(&x->out, buf_str(&x->steps));
}

static void explain_text(struct explain *x, const struct record *r)
{
    struct field field;

    buf_format(&x->out, "event %zu\n", x->events);
    for (size_t i = 0; field_at(x->schema, i, &field); i++)
        print_field(x, r, field);
    for (size_t i = 0; i < r->ev.tag_count; i++)
        buf_format(&x->out, "  tag                          %.*s\n",
                   STR_ARG(r->ev.tags[i]));
    for (size_t i = 0; i < r->ev.metadata_count; i++)
        buf_format(&x->out, "  metadata.%-19.*s %.*s\n", STR_ARG(r->ev.metadata[i].name),
                   STR_ARG(r->ev.metadata[i].value));
    print_price(x, &r->charge);
    print_steps(x);
}

static void explain_json(struct explain *x, const struct record *r)
{
    record_json(&x->out, r, x->schema);
    if (x->steps.size) {
        x->out.size--; /* the closing brace comes after */
        buf_format(&x->out, ",\"steps\":[%.*s]}", STR_ARG(buf_str(&x->steps)));
    }
    buf_byte(&x->out, '\n');
}

static void explain_event(struct explain *x, const struct record *r)
{
    x->events++;
    if (x->common.json)
        explain_json(x, r);
    else
        explain_text(x, r);
}

/* Refused or not counted. */
static void explain_other(struct explain *x, const char *what,
                          const struct verdict_reason *why)
{
    if (x->common.json) {
        buf_format(&x->out, "{\"%s\":", what);
        buf_json(&x->out, str_of(why->text));
        buf_format(&x->out, ",\"index\":%zu,\"position\":%zu}\n", why->index,
                   why->position);
    } else {
        buf_format(&x->out, "%s: element %zu at byte %zu: %s\n", what, why->index,
                   why->position, why->text);
    }
}

static void flush(struct explain *x)
{
    print_buf(stdout, &x->out);
    buf_reset(&x->out);
    buf_reset(&x->steps);
}

static int explain_body(struct explain *x, struct pipeline *p)
{
    struct verdict_reason why;
    struct record *r;

    for (;;) {
        enum verdict verdict = pipeline_next(p, &r, &why);
        if (verdict == VERDICT_END)
            break;
        if (verdict == VERDICT_EVENT)
            explain_event(x, r);
        else
            explain_other(x, verdict == VERDICT_SKIPPED ? "skipped" : "rejected", &why);
        x->rejected += verdict == VERDICT_REJECTED || verdict == VERDICT_BROKEN;
        pipeline_recycle(p);
        flush(x);
        if (verdict == VERDICT_BROKEN)
            break;
    }
    if (x->events == 0 && x->rejected > 0)
        return EXIT_USAGE;
    return x->rejected ? EXIT_FOUND : EXIT_OK;
}

static int explain_with(struct explain *x, struct generation *g, struct str body)
{
    const struct source *source = generation_source(g, str_of(x->source));
    struct pipeline *p = NULL;
    struct arena arena;
    struct err err = {0};

    if (!source)
        return usage_error("spendwarden explain", "--source: no source \"%s\"",
                           x->source);
    if (!pipeline_open(&p, g, &err)) {
        fprintf(stderr, "spendwarden explain: %s\n", err.text);
        return EXIT_USAGE;
    }
    x->schema = &g->config->schema;
    arena_init(&arena, 0);
    if (x->cost)
        pipeline_trace(p, add_step, x);
    pipeline_begin(p, source, body, NULL, &arena, timestamp_now());
    int code = explain_body(x, p);
    arena_release(&arena);
    pipeline_close(p);
    return code;
}

static int explain_file(struct explain *x)
{
    struct generation *g = NULL;
    struct diags diags = {0};
    struct buf body = {0};
    int code = EXIT_USAGE;

    if (!generation_load(&g, &x->common.generation, &diags))
        return report_diags(&diags, EXIT_USAGE);
    if (read_input(x->file, JSON_PADDING, &body))
        code = explain_with(x, g, buf_str(&body));
    buf_release(&body);
    buf_release(&x->out);
    buf_release(&x->steps);
    generation_release(g);
    return code;
}

int verb_explain(int argc, char **argv)
{
    static const struct option options[] = {
        COMMON_OPTIONS,
        {"source", required_argument, NULL, OPTION_SOURCE},
        {"cost", no_argument, NULL, OPTION_COST},
        {0},
    };
    struct explain x = {.source = "litellm", .file = "-"};
    int option;

    while ((option = getopt_long(argc, argv, "c:h", options, NULL)) != -1) {
        if (option == OPTION_HELP)
            return fputs(help, stdout), EXIT_OK;
        if (option == OPTION_SOURCE)
            x.source = optarg;
        else if (option == OPTION_COST)
            x.cost = true;
        else if (!common_option(&x.common, option, optarg))
            return usage_error("spendwarden explain", "wrong option");
    }
    common_done(&x.common);
    if (optind < argc)
        x.file = argv[optind++];
    if (optind < argc)
        return usage_error("spendwarden explain", "one FILE only, not \"%s\"",
                           argv[optind]);
    return explain_file(&x);
}
