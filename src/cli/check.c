/* spendwarden check: does this configuration load, and do its policies make sense? */
#include <ctype.h>
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "check_prometheus.h"
#include "cli.h"
#include "folders.h"
#include "spendwarden/server.h"

static const char help[] =
    "Usage: spendwarden check [--config FILE] [--prometheus URL] [PATH]...\n"
    "Loads a configuration with its policies, data and prices as `run` would, looks\n"
    "into every policy, and prints all that is wrong, of all files at once. Silent\n"
    "when all is fine.\n\n"
    "  spendwarden check policies/mine.lua\n"
    "  spendwarden check sources/gateway.yaml\n"
    "  spendwarden check --config spendwarden.yaml --strict\n"
    "  spendwarden check --config spendwarden.yaml --prometheus http://127.0.0.1:9090\n"
    "  spendwarden check --explain E201\n\n"
    "PATH: policies, not the configured ones: files, or folders, with those below\n"
    "them, that hold *.lua other than tests. They are loaded together. Or mappings of\n"
    "gateways (gateway.yaml).\n\n"
    "  -c, --config FILE     configuration; without it the defaults\n"
    "      --policies PATH   a file or one folder, as `run` takes them; repeatable\n"
    "      --set KEY=VALUE   override one key of the configuration\n"
    "      --prometheus URL  ask this Prometheus as well: does it scrape the engine, "
    "and\n"
    "                        does another job expose metrics of the same names?\n"
    "      --strict          warnings count as errors\n"
    "      --format FORMAT   text (default, on standard error) or json (on standard\n"
    "                        output)\n"
    "      --explain CODE    what an error means, with a wrong and a right example\n"
    "  -h, --help            this text\n\n"
    "Exit status: 0 fine, 1 errors were found, 2 wrong usage, or\n"
    "Prometheus does not answer.\n";

enum { MAPPINGS_LISTED_MAX = 16 };

enum { OPTION_STRICT = 2000, OPTION_EXPLAIN, OPTION_PROMETHEUS };

/* docs/errors/, one page behind the other */
extern const char check_error_pages[], check_error_pages_end[];

/* An example may have a line that begins with "# ", too. */
static const char *page_end(const char *page)
{
    const char *end = page;

    while ((end = strstr(end + 1, "\n# ")))
        if ((end[3] == 'E' || end[3] == 'W') && isdigit((unsigned char)end[4]))
            return end;
    return check_error_pages_end - 1;
}

/* A page begins "# E201: " and goes as far as the next one. */
static int explain(const char *code)
{
    char head[32];

    snprintf(head, sizeof head, "# %.20s: ", code);
    head[2] = (char)toupper((unsigned char)head[2]);
    const char *page = strstr(check_error_pages, head);
    if (!page)
        return usage_error("spendwarden check",
                           "there is no error \"%s\"; docs/errors/README.md lists them",
                           code);
    fwrite(page, 1, (size_t)(page_end(page) + 1 - page), stdout);
    return EXIT_OK;
}

static void set_number(json_t *to, const char *key, int number)
{
    if (number)
        json_object_set_new(to, key, json_integer(number));
}

static void set_text(json_t *to, const char *key, const char *text)
{
    json_t *value = text ? json_string(text) : NULL;

    if (text && !value)
        value = json_string("(not UTF-8)"); /* a path: our own texts are */
    if (value)
        json_object_set_new(to, key, value);
}

static json_t *json_of(const struct diag *item)
{
    json_t *out = json_object();

    set_text(out, "file", item->file);
    set_number(out, "line", item->line);
    set_number(out, "column", item->line ? item->column : 0);
    set_number(out, "end_column", item->line ? item->end_column : 0);
    set_text(out, "severity", item->warning ? "warning" : "error");
    set_text(out, "code", item->code);
    set_text(out, "message", item->text);
    set_text(out, "help", item->help);
    return out;
}

/* False: it could not be written. */
static bool print_json(struct diags *diags)
{
    json_t *list = json_array();
    size_t errors = diags_errors(diags);

    diags_sort(diags);
    for (size_t i = 0; i < diags->count; i++)
        json_array_append_new(list, json_of(&diags->items[i]));
    json_t *all =
        json_pack("{s:o,s:I,s:I,s:I}", "errors", list, "error_count", (json_int_t)errors,
                  "warning_count", (json_int_t)(diags->count + diags->more - errors),
                  "omitted", (json_int_t)diags->more);
    bool ok = all && json_dumpf(all, stdout, JSON_INDENT(2)) == 0 && putchar('\n') != EOF;
    json_decref(all);
    return ok;
}

static int finish(struct diags *diags, const struct common_options *o, bool ok)
{
    int code = ok ? EXIT_OK : EXIT_FOUND;

    if (!o->json)
        return report_diags(diags, code);
    if (!print_json(diags))
        code = EXIT_USAGE;
    diags_release(diags);
    return code;
}

struct mappings {
    size_t count;
    const char *paths[MAPPINGS_LISTED_MAX];
};

static bool add_mapping(struct mappings *m, const char *path)
{
    if (m->count == MAPPINGS_LISTED_MAX)
        return false;
    m->paths[m->count++] = path;
    return true;
}

/* What the command line names, or what the configuration does. */
static bool load(struct common_options *o, char **paths, int count, struct diags *diags)
{
    struct arena arena = {0};
    struct folders folders = {0};
    struct mappings mappings = {0};
    struct generation *g = NULL;
    bool ok = true;

    for (size_t i = 0; ok && i < o->generation.policy_count; i++)
        ok = folders_add(&folders, o->policies[i]);
    for (int i = 0; ok && i < count; i++)
        ok = is_yaml_path(paths[i]) ? add_mapping(&mappings, paths[i])
                                    : folders_find(&folders, &arena, paths[i]);
    o->generation.mapping_count = mappings.count;
    o->generation.mappings = mappings.paths;
    o->generation.policy_count = folders.count;
    o->generation.policies = folders.paths;
    if (!ok)
        diags_add(diags, paths[0], 0, 0, "more than %d folders and files, or %d mappings",
                  FOLDERS_LISTED_MAX, MAPPINGS_LISTED_MAX);
    ok = ok && generation_load(&g, &o->generation, diags) &&
         server_check(g->config, diags);
    if (g) {
        generation_check_policies(g, diags);
        generation_check_ledger(g, diags);
    }
    generation_release(g);
    arena_release(&arena);
    return ok;
}

/* What is left of the command line makes sense; otherwise says what does not. */
static bool usage_is_right(const struct common_options *o, char **paths, int count,
                           const char *prometheus)
{
    const struct generation_options *g = &o->generation;

    if (count == 0 && !g->config_path && g->policy_count + g->override_count == 0 &&
        !prometheus) {
        usage_error("spendwarden check",
                    "nothing to check: a PATH or --config is needed");
        return false;
    }
    for (int i = 0; i < count; i++)
        if (is_yaml_path(paths[i]) && !source_is_mapping(paths[i])) {
            usage_error("spendwarden check",
                        "%s is neither policy nor mapping; a configuration is given with "
                        "--config",
                        paths[i]);
            return false;
        }
    return true;
}

/* An exit code. `prometheus` may be NULL. */
static int check(struct common_options *o, char **paths, int count,
                 const char *prometheus, bool strict)
{
    struct diags diags = {0};
    struct err err = {0};

    bool ok = load(o, paths, count, &diags);
    size_t before = diags_errors(&diags);
    bool asked = !prometheus || check_prometheus(prometheus, &diags, &err);
    ok = ok && diags_errors(&diags) == before;
    int code = finish(&diags, o, ok && !(strict && diags.count));
    if (asked)
        return code;
    fprintf(stderr, "spendwarden check: %s\n", err.text);
    return EXIT_USAGE;
}

int verb_check(int argc, char **argv)
{
    static const struct option options[] = {
        COMMON_OPTIONS,
        {"strict", no_argument, NULL, OPTION_STRICT},
        {"explain", required_argument, NULL, OPTION_EXPLAIN},
        {"prometheus", required_argument, NULL, OPTION_PROMETHEUS},
        {0},
    };
    struct common_options common = {.verb = "spendwarden check"};
    const char *prometheus = NULL;
    bool strict = false;
    int option;

    while ((option = getopt_long(argc, argv, "c:h", options, NULL)) != -1) {
        if (option == OPTION_HELP)
            return fputs(help, stdout), EXIT_OK;
        if (option == OPTION_EXPLAIN && optind < argc)
            return usage_error("spendwarden check",
                               "--explain: one CODE and nothing else");
        if (option == OPTION_EXPLAIN)
            return explain(optarg);
        if (option == OPTION_STRICT)
            strict = true;
        else if (option == OPTION_PROMETHEUS)
            prometheus = optarg;
        else if (!common_option(&common, option, optarg))
            return wrong_option("spendwarden check");
    }
    if (!usage_is_right(&common, argv + optind, argc - optind, prometheus))
        return EXIT_USAGE;
    common_done(&common);
    return check(&common, argv + optind, argc - optind, prometheus, strict);
}
