/* Verbs of the command line: one file each. */
#pragma once
#include <stdio.h>

#include "spendwarden/buf.h"
#include "spendwarden/diag.h"
#include "spendwarden/generation.h"

/* Documented in `--help`; shell scripts and supervisors lean on them. */
enum exit_code {
    EXIT_OK = 0,
    EXIT_FOUND = 1, /* it ran, and found what it looks for: an error, a difference */
    EXIT_USAGE = 2, /* wrong arguments, configuration, or files that cannot be read */
};

/* argv[0] is "spendwarden VERB", with which getopt's complaints begin. */
typedef int verb(int argc, char **argv);

verb verb_run, verb_alerts, verb_bench, verb_check, verb_test, verb_explain, verb_ledger,
    verb_demo, verb_import, verb_rules, verb_types, verb_version;

/* The options that several verbs take, as getopt_long sees them. */
enum {
    OPTION_CONFIG = 'c',
    OPTION_POLICIES = 1000,
    OPTION_SET,
    OPTION_FORMAT,
    OPTION_HELP = 'h'
};

enum { LISTED_MAX = 64 };

struct common_options {
    const char *verb; /* "spendwarden VERB" */
    struct generation_options generation;
    const char *policies[LISTED_MAX], *overrides[LISTED_MAX];
    bool json;
};

#define COMMON_OPTIONS                                                                   \
    {"config", required_argument, NULL, OPTION_CONFIG},                                  \
        {"policies", required_argument, NULL, OPTION_POLICIES},                          \
        {"set", required_argument, NULL, OPTION_SET},                                    \
        {"format", required_argument, NULL, OPTION_FORMAT},                              \
    {                                                                                    \
        "help", no_argument, NULL, OPTION_HELP                                           \
    }

/* True: it was one of the above and is noted. Complains about its argument itself. */
bool common_option(struct common_options *o, int option, const char *argument);

/* To be called once all options are read. */
void common_done(struct common_options *o);

/* What is in the buffer, which may be nothing. */
void print_buf(FILE *out, const struct buf *text);

/* False: not all that was printed to it could be written, and errno says why. */
bool is_written(FILE *out);

/* Prints every diagnostic on standard error. */
int report_diags(struct diags *diags, int code);

/* What getopt has refused and complained about: says where to read on. */
int wrong_option(const char *verb_name);

int usage_error(const char *verb_name, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* By its ending: .yaml or .yml. */
bool is_yaml_path(const char *path);

/* The whole of a file, or of standard input for "-", with `padding` zero bytes behind it.
 * False: said on standard error. */
bool read_input(const char *path, size_t padding, struct buf *out);
