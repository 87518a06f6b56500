#include <stdio.h>

#include "cli.h"

int verb_version(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    puts("spendwarden " SPENDWARDEN_VERSION);
    return EXIT_OK;
}
