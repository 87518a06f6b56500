/* spendwarden bench: what policies cost. */
#include "bench.h"

#include <getopt.h>
#include <stdio.h>
#include <unistd.h>

#include "cli.h"
#include "spendwarden/log.h"

static const char help[] =
    "Usage: spendwarden bench [OPTION]... [PATH...]\n"
    "Measures what the policies of each PATH (file or folder) cost: nanoseconds, "
    "instructions\n"
    "and bytes of each function, per event and per tick, dearest first; and which calls "
    "were\n"
    "spared, because a field that it `needs` is missing, the label is there, or another\n"
    "answered before. Each function is measured by itself, without the cost of calling "
    "it,\n"
    "which is shown apart; garbage is collected in between. Instructions and counts are "
    "the\n"
    "same in every run, times are not.\n\n"
    "  -c, --config FILE    configuration: data files, settings, labels, prices; without "
    "PATH\n"
    "                       its policies are measured\n"
    "      --set KEY=VALUE  override one key of the configuration\n"
    "      --events FILE    events to measure with, generic or LiteLLM's; - for "
    "standard\n"
    "                       input. Without it a mix of 1000 made-up ones, of which some "
    "have\n"
    "                       their labels, some a key, some tags only, and some are "
    "retries.\n"
    "                       At most the first 10000 are used\n"
    "      --source NAME    litellm or generic; without it, what the first event looks "
    "like\n"
    "      --count N        calls of each function for each event (default 100)\n"
    "      --format FORMAT  text (default) or json\n"
    "  -h, --help           this text\n\n"
    "Exit status: 0 measured, 1 a function failed on an event or group, 2 nothing could "
    "be\n"
    "measured: wrong usage, configuration, policies or events.\n";

enum {
    OPTION_EVENTS = 2000,
    OPTION_SOURCE,
    OPTION_COUNT,
    ROUNDS = 100,
    ROUNDS_MAX = 100000
};

static bool any_failed(const struct bench *b)
{
    for (size_t i = 0; i < b->function_count; i++)
        if (b->functions[i].outcomes[BENCH_FAILED])
            return true;
    return false;
}

static int bench_generation(struct bench *b, const struct common_options *o)
{
    struct buf out = {0};
    struct err err = {0};
    int code = EXIT_USAGE;

    if (b->events.source && !generation_source(b->generation, str_of(b->events.source)))
        return usage_error("spendwarden bench", "--source: no source \"%s\"",
                           b->events.source);
    if (bench_load(&b->events, b->generation)) {
        if (bench_run(b, &err))
            code = any_failed(b) ? EXIT_FOUND : EXIT_OK;
        else
            fprintf(stderr, "spendwarden bench: %s\n", err.text);
    }
    if (code != EXIT_USAGE) {
        if (o->json)
            bench_json(&out, b);
        else
            bench_text(&out, b);
        print_buf(stdout, &out);
    }
    buf_release(&out);
    return code;
}

static int bench_policies(struct bench *b, const struct common_options *o)
{
    struct diags diags = {0};

    if (!generation_load(&b->generation, &o->generation, &diags))
        return report_diags(&diags, EXIT_USAGE);
    log_set_level(LOG_ERROR); /* failures are in the table */
    int code = bench_generation(b, o);
    bench_release(b);
    generation_release(b->generation);
    diags_release(&diags);
    return code;
}

/* False: the usage was wrong, which was said. */
static bool own_option(struct bench *b, struct common_options *o, int option,
                       const char *argument)
{
    int64_t count = 0;

    switch (option) {
    case OPTION_EVENTS:
        b->events.from = argument;
        return true;
    case OPTION_SOURCE:
        b->events.source = argument;
        return true;
    case OPTION_COUNT:
        if (str_to_int64(str_of(argument), &count) && count >= 1 && count <= ROUNDS_MAX) {
            b->rounds = (size_t)count;
            return true;
        }
        usage_error("spendwarden bench", "--count: 1 to %d, not \"%s\"", ROUNDS_MAX,
                    argument);
        return false;
    default:
        if (common_option(o, option, argument))
            return true;
        wrong_option("spendwarden bench");
        return false;
    }
}

int verb_bench(int argc, char **argv)
{
    static const struct option options[] = {
        COMMON_OPTIONS,
        {"events", required_argument, NULL, OPTION_EVENTS},
        {"source", required_argument, NULL, OPTION_SOURCE},
        {"count", required_argument, NULL, OPTION_COUNT},
        {0},
    };
    struct common_options common = {.verb = "spendwarden bench"};
    struct bench b = {.rounds = ROUNDS, .progress = isatty(STDERR_FILENO)};
    int option;

    while ((option = getopt_long(argc, argv, "c:h", options, NULL)) != -1) {
        if (option == OPTION_HELP)
            return fputs(help, stdout), EXIT_OK;
        if (!own_option(&b, &common, option, optarg))
            return EXIT_USAGE;
    }
    common_done(&common);
    for (; optind < argc; optind++)
        common_option(&common, OPTION_POLICIES, argv[optind]);
    return bench_policies(&b, &common);
}
