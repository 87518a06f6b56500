/* spendwarden import: public price lists to a price book. */
#include <getopt.h>
#include <stdio.h>

#include "cli.h"
#include "spendwarden/price_import.h"
#include "spendwarden/timestamp.h"

static const char help[] =
    "Usage: spendwarden import --checked DAY [--genai-prices FILE] [--litellm FILE]\n"
    "Turns public price lists into a price book on standard output. With both, "
    "genai-prices\n"
    "gives the standard prices, LiteLLM's map the service tiers and what the other "
    "lacks.\n\n"
    "      --genai-prices FILE   prices/new_data/v2/data.json of pydantic/genai-prices\n"
    "      --litellm FILE        model_prices_and_context_window.json of LiteLLM\n"
    "      --checked DAY         the day they were taken, as 2026-08-21\n"
    "  -h, --help                this text\n\n"
    "Exit status: 0 done, 2 a list could not be read.\n";

enum { OPTION_GENAI = 2000, OPTION_LITELLM, OPTION_CHECKED };

static int import_lists(const struct price_import *in)
{
    struct price_import_stats stats = {0};
    struct buf book = {0};
    struct err err = {0};

    bool ok = price_import(&book, in, &stats, &err) &&
              (stats.entries ||
               err_set(&err, ERR_INPUT, "no model with a price: is it the right list?"));
    if (ok) {
        print_buf(stdout, &book);
        fprintf(stderr,
                "%zu entries; %zu models without price, %zu of other providers, %zu at "
                "another "
                "price in the other list, %zu rates rounded, %zu unreadable\n",
                stats.entries, stats.unpriced, stats.unmapped, stats.differing,
                stats.inexact, stats.unreadable);
    } else {
        fprintf(stderr, "spendwarden import: %s\n", err.text);
    }
    buf_release(&book);
    return ok ? EXIT_OK : EXIT_USAGE;
}

static int take_day(struct str *out, const char *day)
{
    char moment[40];
    int64_t ns;

    snprintf(moment, sizeof moment, "%.20sT00:00:00Z", day);
    *out = str_of(day);
    if (out->size == strlen("2026-08-21") && timestamp_parse(&ns, str_of(moment)))
        return EXIT_OK;
    return usage_error("spendwarden import",
                       "--checked: a day such as 2026-08-21, not \"%s\"", day);
}

static int take_list(struct buf *out, const char *path)
{
    if (!read_input(path, 0, out))
        return EXIT_USAGE;
    if (out->size)
        return EXIT_OK;
    fprintf(stderr, "spendwarden import: %s is empty\n", path);
    return EXIT_USAGE;
}

int verb_import(int argc, char **argv)
{
    static const struct option options[] = {
        {"genai-prices", required_argument, NULL, OPTION_GENAI},
        {"litellm", required_argument, NULL, OPTION_LITELLM},
        {"checked", required_argument, NULL, OPTION_CHECKED},
        {"help", no_argument, NULL, OPTION_HELP},
        {0},
    };
    struct buf genai = {0}, litellm = {0};
    struct price_import in = {0};
    int option, code = EXIT_OK, lists = 0;

    while (code == EXIT_OK &&
           (option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        if (option == OPTION_HELP)
            return fputs(help, stdout), EXIT_OK;
        if (option == OPTION_CHECKED)
            code = take_day(&in.checked, optarg);
        else if (option == OPTION_GENAI || option == OPTION_LITELLM)
            lists++, code = take_list(option == OPTION_GENAI ? &genai : &litellm, optarg);
        else
            code = wrong_option("spendwarden import");
    }
    in.genai = buf_str(&genai);
    in.litellm = buf_str(&litellm);
    if (code == EXIT_OK && optind < argc)
        code =
            usage_error("spendwarden import", "unexpected argument \"%s\"", argv[optind]);
    if (code == EXIT_OK && (in.checked.size == 0 || lists == 0))
        code = usage_error("spendwarden import",
                           "--checked and at least one list are needed");
    if (code == EXIT_OK)
        code = import_lists(&in);
    buf_release(&genai);
    buf_release(&litellm);
    return code;
}
