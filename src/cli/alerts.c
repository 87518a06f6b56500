/* spendwarden alerts [list|history|test] */
#include "alerts.h"

#include <getopt.h>
#include <string.h>

#include "spendwarden/timestamp.h"

static const char help[] =
    "Usage: spendwarden alerts [list] [OPTION]...\n"
    "       spendwarden alerts history --config FILE [OPTION]...\n"
    "       spendwarden alerts test --config FILE [OPTION]...\n"
    "list (or nothing) shows the alerts of a running engine, the most severe first;\n"
    "history every change of a state, from the ledger, whether the engine runs or not;\n"
    "test sends an alert named SpendwardenTest to each receiver of the configuration, "
    "and\n"
    "then that it is over, and says what became of them.\n\n"
    "      --url URL            list: engine (default: where the configuration listens)\n"
    "      --token-file FILE    list: a token of scope read, if the engine wants one\n"
    "                           (default: the first such file of the configuration that\n"
    "                           can be read, unless --url is given)\n"
    "      --state STATE        list, history: pending, firing or resolved only\n"
    "      --since TIME         history: how far back (default 24h)\n"
    "      --receiver NAME      test: one of them, as metrics name it, "
    "\"webhook:oncall\"\n"
    "      --severity SEVERITY  test: of the alert (default info)\n"
    "  -c, --config FILE        configuration\n"
    "      --set KEY=VALUE      override one key of it\n"
    "      --format FORMAT      text (default) or json\n"
    "  -h, --help               this text\n\n"
    "Exit status: 0 done, 1 test: a receiver did not take it, 2 wrong usage, no such\n"
    "receiver, or the engine or the ledger could not be asked.\n";

enum {
    OPTION_URL = 2000,
    OPTION_TOKEN_FILE,
    OPTION_STATE,
    OPTION_SINCE,
    OPTION_RECEIVER,
    OPTION_SEVERITY,
    OPTION_WORD,
};

static bool is_state(const char *text)
{
    return strcmp(text, "pending") == 0 || strcmp(text, "firing") == 0 ||
           strcmp(text, "resolved") == 0;
}

/* False: complained about. */
static bool take_option(struct alerts_request *r, int option, const char *argument)
{
    switch (option) {
    case OPTION_URL:
        r->url = argument;
        return true;
    case OPTION_TOKEN_FILE:
        r->token_file = argument;
        return true;
    case OPTION_RECEIVER:
        r->receiver = argument;
        return true;
    case OPTION_SEVERITY:
        r->severity = argument;
        return true;
    case OPTION_STATE:
        r->state = argument;
        if (is_state(argument))
            return true;
        usage_error(ALERTS_VERB, "--state: pending, firing or resolved, not \"%s\"",
                    argument);
        return false;
    case OPTION_SINCE:
        if (duration_parse(&r->since_ns, str_of(argument)) && r->since_ns > 0)
            return true;
        usage_error(ALERTS_VERB, "--since: a duration such as 24h, not \"%s\"", argument);
        return false;
    case OPTION_WORD:
        usage_error(ALERTS_VERB, "history and test are words, without \"--\": "
                                 "\"spendwarden alerts history\"");
        return false;
    default:
        if (common_option(&r->common, option, argument))
            return true;
        wrong_option(ALERTS_VERB);
        return false;
    }
}

static int run(const struct alerts_request *r, const char *what)
{
    if (strcmp(what, "list") == 0)
        return alerts_list(r);
    if (!r->common.generation.config_path)
        return usage_error(ALERTS_VERB, "%s: --config FILE is needed", what);
    if (strcmp(what, "history") == 0)
        return alerts_history(r);
    if (strcmp(what, "test") == 0)
        return alerts_try(r);
    return usage_error(ALERTS_VERB, "list, history or test, not \"%s\"", what);
}

int verb_alerts(int argc, char **argv)
{
    static const struct option options[] = {
        COMMON_OPTIONS,
        {"url", required_argument, NULL, OPTION_URL},
        {"token-file", required_argument, NULL, OPTION_TOKEN_FILE},
        {"state", required_argument, NULL, OPTION_STATE},
        {"since", required_argument, NULL, OPTION_SINCE},
        {"receiver", required_argument, NULL, OPTION_RECEIVER},
        {"severity", required_argument, NULL, OPTION_SEVERITY},
        {"history", no_argument, NULL, OPTION_WORD}, /* tried by many */
        {"test", no_argument, NULL, OPTION_WORD},
        {0}};
    struct alerts_request r = {
        .common = {.verb = ALERTS_VERB}, .since_ns = NS_PER_DAY, .severity = "info"};
    int option;

    while ((option = getopt_long(argc, argv, "c:h", options, NULL)) != -1) {
        if (option == OPTION_HELP)
            return fputs(help, stdout), EXIT_OK;
        if (!take_option(&r, option, optarg))
            return EXIT_USAGE;
    }
    common_done(&r.common);
    if (argc - optind > 1)
        return usage_error(ALERTS_VERB, "one of list, history and test");
    return run(&r, optind < argc ? argv[optind] : "list");
}
