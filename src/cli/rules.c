/* spendwarden rules: recording rules, alerts and dashboards of this very configuration.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli.h"
#include "facts.h"
#include "rules_files.h"

static const char help[] =
    "Usage: spendwarden rules prometheus|alerts|grafana [OPTION]...\n"
    "Prints, for the labels, budgets and names of one configuration:\n\n"
    "  prometheus  recording rules of Prometheus, by the names of the field's playbook\n"
    "  alerts      alerting rules, for what spendwarden cannot tell by itself\n"
    "  grafana     dashboards: one JSON array, or with --output a file each\n\n"
    "  spendwarden rules alerts --config spendwarden.yaml > spendwarden-alerts.yaml\n"
    "  spendwarden rules grafana --config spendwarden.yaml --output dashboards\n\n"
    "  -c, --config FILE     configuration; without it the defaults\n"
    "      --policies PATH   policies, not the configured ones; repeatable\n"
    "      --set KEY=VALUE   override one key of the configuration\n"
    "      --owner NAME      who alerts of budgets, spikes and coverage: spendwarden\n"
    "                        (default), or prometheus. Never both: that is two pages\n"
    "      --job NAME        of the scrape job (default spendwarden)\n"
    "      --runbooks URL    where docs/runbooks.md is to be read: each alert then has "
    "a\n"
    "                        runbook_url there\n"
    "      --format FORMAT   of rules: yaml (default) or json\n"
    "      --output FOLDER   write files into it, which it names\n"
    "  -h, --help            this text\n\n"
    "Exit status: 0 done, 2 wrong usage or configuration, or it cannot be written.\n";

enum { OPTION_OWNER = 2000, OPTION_JOB, OPTION_RUNBOOKS, OPTION_OUTPUT };

#define VERB "spendwarden rules"

struct request {
    struct common_options common;
    struct facts_options rules;
    const char *output; /* NULL: standard output */
    bool yaml;          /* was asked for */
};

static bool is_plain(const char *text)
{
    return *text && strspn(text, FACT_TEXT) == strlen(text);
}

static bool set_owner(struct request *r, const char *owner)
{
    r->rules.prometheus_owns = strcmp(owner, "prometheus") == 0;
    return r->rules.prometheus_owns || strcmp(owner, "spendwarden") == 0;
}

/* False: said what is wrong. */
static bool set_option(struct request *r, int option, const char *argument)
{
    switch (option) {
    case OPTION_OWNER:
        if (set_owner(r, argument))
            return true;
        usage_error(VERB, "--owner: spendwarden or prometheus, not \"%s\"", argument);
        return false;
    case OPTION_JOB:
    case OPTION_RUNBOOKS:
        *(option == OPTION_JOB ? &r->rules.job : &r->rules.runbooks) = argument;
        if (is_plain(argument))
            return true;
        usage_error(VERB, "--%s: letters, digits and ._/:~%%?&=#+-, not \"%s\"",
                    option == OPTION_JOB ? "job" : "runbooks", argument);
        return false;
    case OPTION_OUTPUT:
        r->output = argument;
        return true;
    case OPTION_FORMAT:
        r->common.json = strcmp(argument, "json") == 0;
        r->yaml = strcmp(argument, "yaml") == 0;
        if (r->common.json || r->yaml)
            return true;
        usage_error(VERB, "--format: yaml or json, not \"%s\"", argument);
        return false;
    default:
        if (common_option(&r->common, option, argument))
            return true;
        wrong_option(VERB);
        return false;
    }
}

static bool write_file(const char *folder, const struct rules_file *file)
{
    char path[4096];
    FILE *out = NULL;
    bool ok =
        (size_t)snprintf(path, sizeof path, "%s/%s", folder, file->name) < sizeof path;

    if (!ok)
        errno = ENAMETOOLONG;
    ok = ok && (out = fopen(path, "we")) != NULL;
    if (ok) {
        print_buf(out, &file->text);
        ok = is_written(out);
    }
    int cause = errno;
    if (out && fclose(out) != 0 && ok) {
        ok = false;
        cause = errno;
    }
    if (ok)
        printf("%s\n", path);
    else
        fprintf(stderr, VERB ": %s/%s: %s\n", folder, file->name, strerror(cause));
    return ok;
}

static bool write_files(const char *folder, const struct rules_files *files)
{
    for (size_t i = 0; i < files->count; i++)
        if (!write_file(folder, &files->items[i]))
            return false;
    return true;
}

static int print_rules(const struct request *r, const struct rules_kind *kind)
{
    struct generation *g = NULL;
    struct diags diags = {0};
    struct arena arena = {0};
    struct facts *facts = calloc(1, sizeof *facts);
    struct rules_files files = {0};
    struct err err = {0};

    if (!generation_load(&g, &r->common.generation, &diags)) {
        free(facts);
        return report_diags(&diags, EXIT_USAGE);
    }
    diags_release(&diags); /* warnings, which are check's matter */
    if (facts)
        facts_collect(facts, g, &r->rules, &arena);
    bool ok = facts ? kind->make(&files, facts, r->common.json, &err)
                    : err_set(&err, ERR_MEMORY, "no memory");
    if (!ok)
        fprintf(stderr, VERB ": %s\n", err.text);
    else if (r->output)
        ok = write_files(r->output, &files);
    else
        rules_files_print(&files);
    rules_files_release(&files);
    generation_release(g);
    arena_release(&arena);
    free(facts);
    return ok ? EXIT_OK : EXIT_USAGE;
}

int verb_rules(int argc, char **argv)
{
    static const struct option options[] = {
        COMMON_OPTIONS,
        {"owner", required_argument, NULL, OPTION_OWNER},
        {"job", required_argument, NULL, OPTION_JOB},
        {"runbooks", required_argument, NULL, OPTION_RUNBOOKS},
        {"output", required_argument, NULL, OPTION_OUTPUT},
        {0},
    };
    struct request r = {.common = {.verb = VERB}, .rules = {.job = DEFAULT_JOB}};
    int option;

    while ((option = getopt_long(argc, argv, "c:h", options, NULL)) != -1) {
        if (option == OPTION_HELP)
            return fputs(help, stdout), EXIT_OK;
        if (!set_option(&r, option, optarg))
            return EXIT_USAGE;
    }
    common_done(&r.common);
    r.rules.generation = &r.common.generation;
    if (optind == argc)
        return usage_error(VERB,
                           "what to print is missing: prometheus, alerts or grafana");
    const struct rules_kind *kind = rules_kind(argv[optind]);
    if (optind != argc - 1 || !kind)
        return usage_error(VERB, "prometheus, alerts or grafana, not \"%s\"",
                           argv[argc - 1]);
    if (r.yaml && kind->json_only)
        return usage_error(VERB, "--format yaml: %s prints JSON", kind->name);
    return print_rules(&r, kind);
}
