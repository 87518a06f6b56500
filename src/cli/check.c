/* spendwarden check: does this configuration load? */
#include <getopt.h>
#include <stdio.h>

#include "cli.h"
#include "spendwarden/server.h"

static const char help[] =
    "Usage: spendwarden check [--config FILE] [--policies PATH]...\n"
    "Loads a configuration with its policies, data and prices as `run` would, and "
    "prints\n"
    "every error as file:line:column: text. Silent when all is fine.\n\n"
    "  -c, --config FILE     configuration; without it the defaults\n"
    "      --policies PATH   check these instead of the configured ones; repeatable\n"
    "      --set KEY=VALUE   override one key of the configuration\n"
    "  -h, --help            this text\n\n"
    "Exit status: 0 fine, 1 errors were found, 2 wrong usage.\n";

int verb_check(int argc, char **argv)
{
    static const struct option options[] = {COMMON_OPTIONS, {0}};
    struct common_options common = {0};
    struct generation *g = NULL;
    struct diags diags = {0};
    int option;

    while ((option = getopt_long(argc, argv, "c:h", options, NULL)) != -1) {
        if (option == OPTION_HELP)
            return fputs(help, stdout), EXIT_OK;
        if (!common_option(&common, option, optarg))
            return usage_error("spendwarden check", "wrong option");
    }
    common_done(&common);
    for (; optind < argc; optind++)
        common_option(&common, OPTION_POLICIES, argv[optind]);
    bool ok = generation_load(&g, &common.generation, &diags) &&
              server_check(g->config, &diags);
    generation_release(g);
    return report_diags(&diags, ok ? EXIT_OK : EXIT_FOUND);
}
