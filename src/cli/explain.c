/* spendwarden explain: events through the pipeline, without booking anything. */
#include "explain.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli.h"
#include "explain_keys.h"
#include "feed.h"
#include "spendwarden/log.h"
#include "spendwarden/pipeline.h"

static const char help[] =
    "Usage: spendwarden explain [OPTION]... [FILE]\n"
    "Decides the events of FILE (standard input without one) as the engine would, and "
    "shows\n"
    "for each the normalised event; every label with who gave it and why; the price with "
    "its\n"
    "steps; the class; what it adds to; then the policies that failed, had no answer, or "
    "were\n"
    "not asked, and why. Nothing is booked. An object, an array, or one object a line: "
    "lines\n"
    "are shown as they come. OTLP in protobuf is taken as well, and any body in gzip or "
    "zstd.\n\n"
    "  echo '{\"key_alias\": \"checkout\", \"requested_model\": \"gpt-4o\", "
    "\"input_tokens\": 900}' |\n"
    "      spendwarden explain --policies my/policies --set "
    "policies.data='{ teams: teams.yaml }'\n\n"
    "      --source SOURCE    whose events they are: a name, or a mapping file "
    "(gateway.yaml) to\n"
    "                         try; without it, what the first event looks like\n"
    "  -c, --config FILE      configuration that decides; without it the shipped "
    "defaults\n"
    "      --policies PATH    policies that decide instead; repeatable\n"
    "      --set KEY=VALUE    override one key of the configuration\n"
    "      --received TIME    when the events came; without it, each as if it came when "
    "it\n"
    "                         ended\n"
    "      --format FORMAT    text (default), or json: one object a line, in input "
    "order\n"
    "      --cost             add what each policy cost, in instructions\n"
    "  -h, --help             this text\n\n"
    "Exit status: 0 all events were read, 1 some were rejected, 2 nothing could be read, "
    "or\n"
    "wrong usage, configuration or policies.\n";

enum { OPTION_SOURCE = 2000, OPTION_COST, OPTION_RECEIVED };

struct explain {
    struct common_options common;
    const char *source, *file; /* source NULL: look */
    int64_t received_ns;       /* 0: as if events came when they ended */
    bool cost;
    const struct schema *schema;
    const struct decls *decls;
    const struct price_book *prices;
    struct price_cache *price_cache; /* owned */
    struct policy_trace_step *steps; /* of the event at hand; owned */
    size_t step_count, step_room;
    struct arena notes; /* their messages */
    struct explain_keys keys;
    struct buf out;
    size_t elements, events, rejected;
};

static void add_step(void *ctx, const struct policy_trace_step *step)
{
    struct explain *x = ctx;

    if (x->step_count == x->step_room) {
        size_t room = 2 * x->step_room + 64;
        void *grown = realloc(x->steps, room * sizeof *x->steps);
        if (!grown)
            return;
        x->steps = grown;
        x->step_room = room;
    }
    struct policy_trace_step *copy = &x->steps[x->step_count++];
    *copy = *step;
    if (step->message)
        copy->message = arena_cstr(&x->notes, str_of(step->message));
}

/* What the usage would have cost at the model that was asked for, if another answered. */
static bool price_requested(const struct explain *x, const struct record *r,
                            struct money *out)
{
    const struct str *text = r->ev.text;
    struct str asked = text[TEXT_REQUESTED_MODEL], got = text[TEXT_RESPONSE_MODEL];

    return asked.size && got.size && !str_eq(asked, got) &&
           price_at_model(x->prices, x->price_cache, r, asked, out);
}

static void explain_event(struct explain *x, const struct record *r)
{
    struct money requested;
    struct explained explained = {
        .record = r,
        .schema = x->schema,
        .decls = x->decls,
        .requested_usd = price_requested(x, r, &requested) ? &requested : NULL,
        .number = ++x->events,
        .cost = x->cost,
        .step_count = x->step_count,
        .steps = x->steps,
    };

    if (x->common.json)
        explain_json(&x->out, &explained);
    else
        explain_text(&x->out, &explained);
}

/* Refused or not counted. */
static void explain_other(struct explain *x, const struct feed *f, const char *what,
                          const struct verdict_reason *why)
{
    size_t index = x->elements + why->index, position = f->offset + why->position;

    if (x->common.json) {
        buf_format(&x->out, "{\"%s\":", what);
        buf_json(&x->out, str_of(why->text));
        buf_format(&x->out, ",\"index\":%zu,\"position\":%zu}\n", index, position);
    } else {
        buf_format(&x->out, "%s%s: element %zu, in line %zu, at byte %zu: %s\n",
                   x->events ? "\n" : "", what, index, feed_line(f, why->position),
                   position, why->text);
    }
}

static void flush(struct explain *x)
{
    print_buf(stdout, &x->out);
    buf_reset(&x->out);
    arena_reset(&x->notes);
    x->step_count = 0;
}

/* The values that a feed gave at once. */
static void explain_values(struct explain *x, struct pipeline *p, const struct feed *f)
{
    enum verdict verdict;
    struct verdict_reason why = {0};
    struct record *r;
    size_t count = 0;

    while ((verdict = pipeline_next(p, &r, &why)) != VERDICT_END) {
        if (verdict == VERDICT_MORE)
            continue;
        if (verdict == VERDICT_EVENT)
            explain_event(x, r);
        else
            explain_other(x, f, verdict == VERDICT_SKIPPED ? "skipped" : "rejected",
                          &why);
        x->rejected += verdict == VERDICT_REJECTED || verdict == VERDICT_BROKEN;
        count = why.index + 1;
        pipeline_recycle(p);
        flush(x);
        if (verdict == VERDICT_BROKEN)
            break;
    }
    x->elements += count;
    fflush(stdout);
}

static int exit_code(const struct explain *x, bool failed)
{
    if (failed || (x->events == 0 && x->rejected > 0))
        return EXIT_USAGE;
    if (x->elements == 0) {
        fprintf(stderr, "spendwarden explain: %s holds no event\n",
                strcmp(x->file, "-") == 0 ? "standard input" : x->file);
        return EXIT_USAGE;
    }
    return x->rejected ? EXIT_FOUND : EXIT_OK;
}

/* Paths of the configuration may read any key. */
static bool has_own_names(const struct generation *g, const struct source *source)
{
    bool generic = str_eq(source_name(source), STR("generic"));

    for (size_t i = 0; i < g->config->source_count; i++)
        generic &= !str_eq(g->config->sources[i].name, STR("generic"));
    return generic;
}

static const struct source *find_source(const struct explain *x, struct generation *g,
                                        struct str values)
{
    if (x->common.generation.mapping_count)
        return g->sources[g->source_count - 1];
    return generation_source(g, str_of(x->source ? x->source : feed_source(values)));
}

static int explain_feed(struct explain *x, struct generation *g, struct pipeline *p,
                        struct feed *f)
{
    const struct source *source = NULL;
    struct arena arena;
    struct str values;
    bool failed;

    arena_init(&arena, 0);
    policy_vm_trace(pipeline_policies(p), add_step, x);
    while (feed_next(f, &values, &failed)) {
        if (!source)
            source = find_source(x, g, values);
        if (!x->common.json && has_own_names(g, source))
            explain_keys(&x->keys, values);
        pipeline_begin(p, source, values, NULL, &arena, x->received_ns);
        explain_values(x, p, f);
        arena_reset(&arena);
    }
    arena_release(&arena);
    return exit_code(x, failed);
}

static int explain_with(struct explain *x, struct generation *g)
{
    struct pipeline *p = NULL;
    struct feed feed;
    struct err err = {0};
    int code = EXIT_USAGE;

    if (x->source && !x->common.generation.mapping_count &&
        !generation_source(g, str_of(x->source)))
        return usage_error("spendwarden explain", "--source: no source \"%s\"",
                           x->source);
    x->prices = g->prices;
    x->price_cache = price_cache_new(g->prices);
    if (!x->price_cache || !pipeline_open(&p, g, &err)) {
        fprintf(stderr, "spendwarden explain: %s\n",
                x->price_cache ? err.text : "no memory");
        return EXIT_USAGE;
    }
    x->schema = x->keys.schema = &g->config->schema;
    x->decls = policy_decls(g->policies);
    if (feed_open(&feed, x->file))
        code = explain_feed(x, g, p, &feed);
    feed_close(&feed);
    pipeline_close(p);
    return code;
}

static int explain_file(struct explain *x)
{
    struct generation *g = NULL;
    struct diags diags = {0};

    if (!generation_load(&g, &x->common.generation, &diags))
        return report_diags(&diags, EXIT_USAGE);
    log_set_level(LOG_ERROR); /* failures are shown where they belong */
    arena_init(&x->notes, 0);
    int code = explain_with(x, g);
    arena_release(&x->notes);
    buf_release(&x->out);
    buf_release(&x->keys.noted);
    free(x->steps);
    price_cache_free(x->price_cache);
    diags_release(&diags);
    generation_release(g);
    return code;
}

/* False: the usage was wrong, which was said. */
static bool own_option(struct explain *x, int option, const char *argument)
{
    switch (option) {
    case OPTION_SOURCE:
        x->source = argument;
        return true;
    case OPTION_COST:
        x->cost = true;
        return true;
    case OPTION_RECEIVED:
        if (timestamp_parse(&x->received_ns, str_of(argument)))
            return true;
        usage_error("spendwarden explain",
                    "--received: \"%s\" is no time such as 2026-08-22T10:00:00Z",
                    argument);
        return false;
    default:
        if (common_option(&x->common, option, argument))
            return true;
        wrong_option("spendwarden explain");
        return false;
    }
}

int verb_explain(int argc, char **argv)
{
    static const struct option options[] = {
        COMMON_OPTIONS,
        {"source", required_argument, NULL, OPTION_SOURCE},
        {"cost", no_argument, NULL, OPTION_COST},
        {"received", required_argument, NULL, OPTION_RECEIVED},
        {0},
    };
    struct explain x = {.file = "-", .common.verb = "spendwarden explain"};
    int option;

    while ((option = getopt_long(argc, argv, "c:h", options, NULL)) != -1) {
        if (option == OPTION_HELP)
            return fputs(help, stdout), EXIT_OK;
        if (!own_option(&x, option, optarg))
            return EXIT_USAGE;
    }
    common_done(&x.common);
    if (x.source && is_yaml_path(x.source)) {
        x.common.generation.mapping_count = 1;
        x.common.generation.mappings = &x.source;
    }
    if (optind < argc)
        x.file = argv[optind++];
    if (optind < argc)
        return usage_error("spendwarden explain", "one FILE only, not \"%s\"",
                           argv[optind]);
    return explain_file(&x);
}
