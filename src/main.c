/* spendwarden VERB [ARGUMENT...] */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

static const struct {
    const char *name, *summary;
    verb *run;
} verbs[] = {
    {"run", "start the engine and its HTTP server", verb_run},
    {"check", "check a configuration and its policies", verb_check},
    {"test", "test policies on a simulated clock", verb_test},
    {"explain", "show what would be decided about events, and why", verb_explain},
    {"bench", "measure what policies cost", verb_bench},
    {"ledger", "verify a ledger against its counters and windows", verb_ledger},
    {"alerts", "list alerts, their history, or test their delivery", verb_alerts},
    {"demo", "send synthetic traffic to a running engine", verb_demo},
    {"import", "turn a public price list into a price book", verb_import},
    {"rules", "print rules and dashboards for Prometheus and Grafana", verb_rules},
    {"types", "print what policies may use, for editors and luacheck", verb_types},
    {"version", "print the version", verb_version},
};

enum { VERB_COUNT = sizeof verbs / sizeof *verbs };

static void print_help(FILE *out)
{
    fprintf(out,
            "Usage: spendwarden VERB [OPTION]...\n"
            "Cost policies for LLM spend: prices, attributes, counts and alerts.\n\n");
    for (size_t i = 0; i < VERB_COUNT; i++)
        fprintf(out, "  %-9s %s\n", verbs[i].name, verbs[i].summary);
    fprintf(
        out,
        "\n'spendwarden VERB --help' tells more.\n"
        "Exit status: 0 fine, 1 something was found, 2 wrong usage or configuration.\n");
}

/* On a full disk nothing may be taken for done. */
static int run_verb(size_t at, int argc, char **argv)
{
    char name[64];

    snprintf(name, sizeof name, "spendwarden %s", verbs[at].name);
    argv[0] = name;
    int code = verbs[at].run(argc, argv);
    if (is_written(stdout))
        return code;
    fprintf(stderr, "%s: standard output: %s\n", name, strerror(errno));
    return EXIT_USAGE;
}

int main(int argc, char **argv)
{
    static char help_option[] = "--help";
    const char *name = argc > 1 ? argv[1] : help_option;
    const char *names[VERB_COUNT];

    if (strcmp(name, "help") == 0 && argc > 2) { /* help VERB */
        name = argv[1] = argv[2];
        argv[2] = help_option;
        argc = 3;
    }
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 ||
        strcmp(name, "help") == 0) {
        print_help(argc > 1 ? stdout : stderr);
        return argc > 1 ? EXIT_OK : EXIT_USAGE;
    }
    if (strcmp(name, "--version") == 0)
        name = "version";
    for (size_t i = 0; i < VERB_COUNT; i++) {
        if (strcmp(verbs[i].name, name) == 0)
            return run_verb(i, argc - 1, argv + 1);
        names[i] = verbs[i].name;
    }
    const char *near = str_nearest(str_of(name), names, VERB_COUNT);
    if (near)
        return usage_error("spendwarden", "no verb \"%s\"; did you mean \"%s\"?", name,
                           near);
    return usage_error("spendwarden", "no verb \"%s\"", name);
}
