/* spendwarden test: policies against events and a clock of their own. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "test_report.h"

static const char help[] =
    "Usage: spendwarden test [OPTION]... [PATH]...\n"
    "Runs the tests (*_test.lua) of each PATH, a file or a folder with all below it; "
    "the\n"
    "working directory without one. A file tests the policies beside it, with the code "
    "of\n"
    "production, in its sandbox, on a simulated clock.\n\n"
    "      --run REGEX        only tests where it is found in \"FILE: NAME\"\n"
    "      --format FORMAT    text (default), json, tap or junit\n"
    "  -v, --verbose          name every test\n"
    "  -c, --config FILE      labels, prices, time zone, data and settings\n"
    "      --set KEY=VALUE    override one key of the configuration\n"
    "      --coverage         which lines of policies ran, and which did not\n"
    "      --timeout SECONDS  of one test; 60\n"
    "  -h, --help             this text\n\n"
    "Exit status: 0 all passed, 1 some failed, 2 a file does not load, or no test was\n"
    "found.\n";

enum { OPTION_RUN = 2000, OPTION_TIMEOUT, OPTION_COVERAGE, TIMEOUT_MAX = 86400 };

typedef void report_format(struct buf *out, const struct testing_report *r,
                           const struct diags *diags);

struct test {
    struct common_options common;
    struct testing_options options;
    const char *paths[LISTED_MAX];
    report_format *format; /* NULL: text, as it goes */
    bool verbose, terminal;
};

/* The line that says what runs is written over. */
static void clear_line(const struct test *t)
{
    if (t->terminal)
        fputs("\r\033[K", stdout);
}

static void begins(void *ctx, const char *file, struct str name)
{
    const struct test *t = ctx;

    if (!t->terminal)
        return;
    clear_line(t);
    printf("%s: %.*s", file, STR_ARG(name));
    fflush(stdout);
}

static void ended(void *ctx, const struct test_result *r)
{
    static const char *const words[] = {"PASS", "FAIL", "ERROR", "SKIP"};
    const struct test *t = ctx;
    bool failed = r->status == TEST_FAILED || r->status == TEST_BROKEN;

    clear_line(t);
    if (failed || t->verbose)
        printf("--- %s: %s: %.*s (%.2fs)\n", words[r->status], r->file, STR_ARG(r->name),
               (double)r->duration_ns / 1e9);
    if (failed)
        printf("%s:%d: %.*s\n", r->file, r->line, STR_ARG(r->message));
    fflush(stdout);
}

static double percent(size_t part, size_t whole)
{
    return whole ? 100.0 * (double)part / (double)whole : 100;
}

static void print_coverage(const struct testing_report *r)
{
    size_t run = 0, lines = 0;

    for (size_t i = 0; i < r->file_count; i++) {
        const struct policy_file_lines *f = &r->files[i];
        printf("%5.1f%%  %s%s%.*s\n", percent(f->run, f->lines), f->path,
               f->missing.size ? ": not run: " : "", STR_ARG(f->missing));
        run += f->run;
        lines += f->lines;
    }
    if (r->file_count)
        printf("%5.1f%%  of %zu lines\n", percent(run, lines), lines);
}

static void print_report(const struct test *t, const struct testing_report *r,
                         const struct diags *diags)
{
    struct buf out = {0};

    if (t->format) {
        t->format(&out, r, diags);
        print_buf(stdout, &out);
        buf_release(&out);
        return;
    }
    print_coverage(r);
    printf("%zu passed, %zu failed, %zu skipped", r->by_status[TEST_PASSED],
           r->by_status[TEST_FAILED] + r->by_status[TEST_BROKEN],
           r->by_status[TEST_SKIPPED]);
    if (r->unloaded)
        printf(", %zu file%s did not load", r->unloaded, r->unloaded == 1 ? "" : "s");
    putchar('\n');
}

static int exit_code(const struct testing_report *r, bool loaded)
{
    if (!loaded)
        return EXIT_USAGE;
    if (r->count == 0) {
        fprintf(stderr, "spendwarden test: no test was found\n");
        return EXIT_USAGE;
    }
    return r->by_status[TEST_FAILED] + r->by_status[TEST_BROKEN] ? EXIT_FOUND : EXIT_OK;
}

static int run(struct test *t)
{
    const struct testing_watch watch = {.ctx = t, .begins = begins, .ended = ended};
    struct testing_report report;
    struct diags diags = {0};
    struct generation *g = NULL;

    t->common.generation.bare = true;
    if (!generation_load(&g, &t->common.generation, &diags))
        return report_diags(&diags, EXIT_USAGE);
    t->options.generation = g;
    t->terminal = !t->format && isatty(STDOUT_FILENO);
    bool loaded = testing_run(&report, &t->options, t->format ? NULL : &watch, &diags);
    print_report(t, &report, &diags);
    int code = exit_code(&report, loaded);
    testing_release(&report);
    generation_release(g);
    return report_diags(&diags, code);
}

/* Exits if there is no such format. */
static report_format *format_of(const char *name)
{
    static const struct {
        const char *name;
        report_format *format;
    } formats[] = {{"text", NULL},
                   {"json", report_json},
                   {"tap", report_tap},
                   {"junit", report_junit}};

    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (strcmp(formats[i].name, name) == 0)
            return formats[i].format;
    exit(usage_error("spendwarden test", "--format: text, json, tap or junit, not \"%s\"",
                     name));
}

/* Exits if it is none. */
static int64_t timeout_of(const char *argument)
{
    int64_t seconds;

    if (str_to_int64(str_of(argument), &seconds) && seconds >= 1 &&
        seconds <= TIMEOUT_MAX)
        return seconds * 1000;
    exit(usage_error("spendwarden test", "--timeout: 1 to %d seconds, not \"%s\"",
                     TIMEOUT_MAX, argument));
}

static bool read_option(struct test *t, int option, const char *argument)
{
    switch (option) {
    case OPTION_RUN:
        t->options.pattern = argument;
        return true;
    case OPTION_TIMEOUT:
        t->options.test_ms = timeout_of(argument);
        return true;
    case OPTION_FORMAT:
        t->format = format_of(argument);
        return true;
    case OPTION_COVERAGE:
        t->options.coverage = true;
        return true;
    case OPTION_POLICIES: /* they are those beside the tests */
        return false;
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
        {"coverage", no_argument, NULL, OPTION_COVERAGE},
        {"verbose", no_argument, NULL, 'v'},
        {0},
    };
    struct test t = {
        .paths = {"."}, .options.path_count = 1, .common.verb = "spendwarden test"};
    int option;

    while ((option = getopt_long(argc, argv, "c:hv", options, NULL)) != -1) {
        if (option == OPTION_HELP)
            return fputs(help, stdout), EXIT_OK;
        if (!read_option(&t, option, optarg))
            return wrong_option("spendwarden test");
    }
    common_done(&t.common);
    if (optind < argc)
        t.options.path_count = 0;
    for (; optind < argc && t.options.path_count < LISTED_MAX; optind++)
        t.paths[t.options.path_count++] = argv[optind];
    t.options.paths = t.paths;
    return run(&t);
}
