/* spendwarden ledger verify */
#include <getopt.h>
#include <stdio.h>

#include "cli.h"
#include "spendwarden/verify.h"

static const char help[] =
    "Usage: spendwarden ledger verify --config FILE\n"
    "Counts every row of the ledger again and compares it with the counters and windows "
    "of\n"
    "the last checkpoint and with the rollups, to the nano-dollar. The engine may be\n"
    "running meanwhile.\n\n"
    "  -c, --config FILE      configuration that the ledger belongs to\n"
    "      --set KEY=VALUE    override one key of it, as \"ledger.path=FILE\"\n"
    "      --format FORMAT    text (default) or json\n"
    "  -h, --help             this text\n\n"
    "Exit status: 0 they agree, 1 they differ, 2 the ledger cannot be read.\n";

static void print_text(const struct verify_report *v)
{
    char charged[MONEY_TEXT_SIZE];

    money_format(charged, v->charged);
    print_buf(stdout, &v->text);
    printf("%llu rows, %s USD; ", (unsigned long long)v->rows, charged);
    if (!v->checkpoint_seq)
        printf("no checkpoint yet, the rows alone: %s\n",
               v->differences ? "DIFFERENT" : "they add up");
    else
        printf("checkpoint at row %llu, %zu windows and %llu rollups compared: %s\n",
               (unsigned long long)v->checkpoint_seq, v->windows,
               (unsigned long long)v->rollups,
               v->differences ? "DIFFERENT" : "ledger, counters and windows agree");
}

static void print_json(const struct verify_report *v)
{
    char charged[MONEY_TEXT_SIZE], opening[MONEY_TEXT_SIZE];
    struct buf out = {0};

    money_format(charged, v->charged);
    money_format(opening, v->opening_charged);
    buf_format(&out, "{\"rows\":%llu,\"charged_usd\":\"%s\",\"opening_rows\":%llu,",
               (unsigned long long)v->rows, charged, (unsigned long long)v->opening_rows);
    buf_format(&out,
               "\"opening_usd\":\"%s\",\"checkpoint_seq\":%llu,\"windows\":%zu,"
               "\"rollups\":%llu,",
               opening, (unsigned long long)v->checkpoint_seq, v->windows,
               (unsigned long long)v->rollups);
    buf_format(&out, "\"differences\":%zu,\"text\":", v->differences);
    buf_json(&out, buf_str(&v->text));
    buf_add(&out, STR("}\n"));
    print_buf(stdout, &out);
    buf_release(&out);
}

static int verify(const struct common_options *o)
{
    struct generation *g = NULL;
    struct diags diags = {0};
    struct verify_report report = {0};
    struct err err = {0};

    if (!generation_load(&g, &o->generation, &diags))
        return report_diags(&diags, EXIT_USAGE);
    diags_release(&diags); /* warnings, which are check's matter */
    bool ok = verify_ledger(g, &report, &err);
    generation_release(g);
    if (!ok)
        fprintf(stderr, "spendwarden ledger: %s\n", err.text);
    else if (o->json)
        print_json(&report);
    else
        print_text(&report);
    buf_release(&report.text);
    if (!ok)
        return EXIT_USAGE;
    return report.differences ? EXIT_FOUND : EXIT_OK;
}

int verb_ledger(int argc, char **argv)
{
    static const struct option options[] = {COMMON_OPTIONS, {0}};
    struct common_options common = {.verb = "spendwarden ledger"};
    int option;

    while ((option = getopt_long(argc, argv, "c:h", options, NULL)) != -1) {
        if (option == OPTION_HELP)
            return fputs(help, stdout), EXIT_OK;
        if (!common_option(&common, option, optarg))
            return wrong_option("spendwarden ledger");
    }
    common_done(&common);
    if (optind == argc)
        return usage_error("spendwarden ledger", "what to do is missing: verify");
    if (optind != argc - 1 || strcmp(argv[optind], "verify") != 0)
        return usage_error("spendwarden ledger", "verify and nothing else, not \"%s\"",
                           argv[argc - 1]);
    if (!common.generation.config_path && !common.generation.override_count)
        return usage_error("spendwarden ledger", "--config FILE is needed");
    return verify(&common);
}
