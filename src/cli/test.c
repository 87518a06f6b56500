/* spendwarden test: policies against events and a clock of their own. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli.h"
#include "spendwarden/testing.h"

static const char help[] =
    "Usage: spendwarden test [OPTION]... [PATH]...\n"
    "Runs the tests (*_test.lua) of each PATH, a file or a folder with all below it; "
    "the\n"
    "working directory without one. A file tests the policies beside it, with the code "
    "of\n"
    "production, in its sandbox, on a simulated clock.\n\n"
    "      --run REGEX        only tests where it is found in \"FILE: NAME\"\n"
    "  -v, --verbose          name every test\n"
    "  -c, --config FILE      labels, prices, time zone, data and settings\n"
    "      --set KEY=VALUE    override one key of the configuration\n"
    "      --timeout SECONDS  of one test; 60\n"
    "  -h, --help             this text\n\n"
    "Exit status: 0 all passed, 1 some failed, 2 a file does not load, or no test was\n"
    "found.\n";

enum { OPTION_RUN = 2000, OPTION_TIMEOUT };

struct test {
    struct common_options common;
    struct testing_options options;
    const char *paths[LISTED_MAX];
    bool verbose;
    const char *file; /* of the last result */
};

static void show_failure(const struct test_result *r)
{
    printf("--- %s: %.*s (%.2fs)\n%s:%d: ", r->status == TEST_FAILED ? "FAIL" : "ERROR",
           STR_ARG(r->name), (double)r->duration_ns / 1e9, r->file, r->line);
    printf("%.*s\n", STR_ARG(r->message));
}

static void show(void *ctx, const struct test_result *r)
{
    static const char *const words[] = {"PASS", "FAIL", "ERROR", "SKIP"};
    const struct test *t = ctx;

    if (r->status == TEST_FAILED || r->status == TEST_BROKEN)
        show_failure(r);
    else if (t->verbose)
        printf("--- %s: %.*s (%.2fs)\n", words[r->status], STR_ARG(r->name),
               (double)r->duration_ns / 1e9);
    fflush(stdout);
}

static int finish(const struct testing_report *r, bool loaded)
{
    size_t failed = r->by_status[TEST_FAILED] + r->by_status[TEST_BROKEN];

    printf("%zu passed, %zu failed, %zu skipped\n", r->by_status[TEST_PASSED], failed,
           r->by_status[TEST_SKIPPED]);
    if (!loaded)
        return EXIT_USAGE;
    if (r->count == 0) {
        fprintf(stderr, "spendwarden test: no test was found\n");
        return EXIT_USAGE;
    }
    return failed ? EXIT_FOUND : EXIT_OK;
}

static int run(struct test *t)
{
    struct testing_report report;
    struct diags diags = {0};
    struct generation *g = NULL;

    if (!generation_load(&g, &t->common.generation, &diags))
        return report_diags(&diags, EXIT_USAGE);
    t->options.generation = g;
    bool loaded = testing_run(&report, &t->options, show, t, &diags);
    int code = finish(&report, loaded);
    testing_release(&report);
    generation_release(g);
    return report_diags(&diags, code);
}

static bool read_option(struct test *t, int option, const char *argument)
{
    switch (option) {
    case OPTION_RUN:
        t->options.pattern = argument;
        return true;
    case OPTION_TIMEOUT:
        t->options.test_ms = strtol(argument, NULL, 10) * 1000;
        return t->options.test_ms > 0;
    case 'v':
        t->verbose = true;
        return true;
    default:
        return common_option(&t->common, option, argument);
    }
}

int verb_test(int argc, char **argv)
{
    static const struct option options[] = {
        COMMON_OPTIONS,
        {"run", required_argument, NULL, OPTION_RUN},
        {"timeout", required_argument, NULL, OPTION_TIMEOUT},
        {"verbose", no_argument, NULL, 'v'},
        {0},
    };
    struct test t = {.paths = {"."}, .options.path_count = 1};
    int option;

    while ((option = getopt_long(argc, argv, "c:hv", options, NULL)) != -1) {
        if (option == OPTION_HELP)
            return fputs(help, stdout), EXIT_OK;
        if (!read_option(&t, option, optarg))
            return usage_error("spendwarden test", "wrong option");
    }
    common_done(&t.common);
    if (optind < argc)
        t.options.path_count = 0;
    for (; optind < argc && t.options.path_count < LISTED_MAX; optind++)
        t.paths[t.options.path_count++] = argv[optind];
    t.options.paths = t.paths;
    return run(&t);
}
