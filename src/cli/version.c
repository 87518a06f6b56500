/* spendwarden version. */
#include <getopt.h>
#include <stdio.h>

#include "cli.h"

static const char help[] = "Usage: spendwarden version\n"
                           "Prints the version.\n\n"
                           "  -h, --help   this text\n\n"
                           "Exit status: 0 done, 2 wrong usage.\n";

int verb_version(int argc, char **argv)
{
    static const struct option options[] = {{"help", no_argument, NULL, OPTION_HELP},
                                            {0}};
    int option;

    while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        if (option == OPTION_HELP)
            return fputs(help, stdout), EXIT_OK;
        return wrong_option("spendwarden version");
    }
    if (optind < argc)
        return usage_error("spendwarden version", "unexpected argument \"%s\"",
                           argv[optind]);
    puts("spendwarden " SPENDWARDEN_VERSION);
    return EXIT_OK;
}
