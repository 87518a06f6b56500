/* spendwarden types: what policies may use, for editors and linters. */
#include <getopt.h>
#include <stdio.h>

#include "cli.h"
#include "spendwarden/policy_names.h"

/* lua/spendwarden.meta.lua */
extern const char policy_meta[], policy_meta_end[];

static const char help[] =
    "Usage: spendwarden types [--config FILE] [--luacheck]\n"
    "Prints what policies may use, as this very binary has it: a definition file for "
    "the\n"
    "Lua language server (LuaLS), or the configuration of luacheck. docs/editors.md "
    "tells\n"
    "where to put them.\n\n"
    "  spendwarden types --config spendwarden.yaml > spendwarden.meta.lua\n"
    "  spendwarden types --luacheck > .luacheckrc\n\n"
    "  -c, --config FILE     its declared labels become fields of the event, its data "
    "files\n"
    "                        members of `data`\n"
    "      --set KEY=VALUE   override one key of the configuration\n"
    "      --luacheck        for luacheck instead: the globals, and the members of "
    "string,\n"
    "                        table and math, that exist; a policy that uses others is\n"
    "                        warned of. What `check` finds goes further\n"
    "  -h, --help            this text\n\n"
    "Exit status: 0 done, 2 wrong usage or configuration.\n";

enum { OPTION_LUACHECK = 2000, LINE_MAX_SIZE = 96 };

/* --- the definition file --- */

static struct str next_line(struct str *rest)
{
    const char *end = memchr(rest->at, '\n', rest->size);
    size_t size = end ? (size_t)(end - rest->at) + 1 : rest->size;
    struct str line = {rest->at, size};

    *rest = str_from(*rest, size);
    return line;
}

/* The line again, with another name where `name` stands. */
static void print_for(struct buf *out, struct str line, struct str name, struct str other)
{
    const char *at = memmem(line.at, line.size, name.at, name.size);
    size_t before = (size_t)(at - line.at);

    buf_add(out, (struct str){line.at, before});
    buf_add(out, other);
    buf_add(out, str_from(line, before + name.size));
}

/* Behind the last built-in label, wherever labels are listed, come the declared ones. */
static void print_declared(struct buf *out, struct str line, const struct config *c)
{
    struct field last = {FIELD_TEXT, TEXT_DECLARED_FIRST - 1, STAGE_DECODE};
    struct str name = field_name(NULL, last);

    if (!memmem(line.at, line.size, name.at, name.size))
        return;
    for (size_t i = 0; i < c->schema.declared_count; i++)
        print_for(out, line, name, c->schema.declared[i]);
}

static void print_data(struct buf *out, struct str line, const struct config *c)
{
    struct str name = STR("[string]");

    if (!str_starts(line, STR("---@field [string] table")))
        return;
    for (size_t i = 0; i < c->policies.data_count; i++)
        print_for(out, line, name, c->policies.data[i].name);
}

static void print_definitions(struct buf *out, const struct config *c)
{
    struct str rest = {policy_meta, (size_t)(policy_meta_end - policy_meta)};

    while (rest.size) {
        struct str line = next_line(&rest);
        buf_add(out, line);
        if (c) {
            print_declared(out, line, c);
            print_data(out, line, c);
        }
    }
}

/* --- luacheck --- */

struct listing {
    struct buf *out;
    size_t line_start;
    const char *indent;
};

static void list_name(struct listing *l, struct str name)
{
    if (l->out->size - l->line_start + name.size + 4 > LINE_MAX_SIZE) {
        buf_format(l->out, "\n%s", l->indent);
        l->line_start = l->out->size - strlen(l->indent);
    }
    buf_format(l->out, " \"%.*s\",", STR_ARG(name));
}

static struct listing begin_list(struct buf *out, const char *indent)
{
    struct listing l = {out, out->size, indent};

    buf_add(out, str_of(indent));
    return l;
}

static bool is_global(struct str name)
{
    return !memchr(name.at, '.', name.size) && !memchr(name.at, ':', name.size);
}

static struct str library_of(struct str name)
{
    const char *dot = memchr(name.at, '.', name.size);
    struct str library = {name.at, dot ? (size_t)(dot - name.at) : 0};

    /* Event.team and the like are no globals. */
    return library.size && *name.at >= 'a' ? library : (struct str){NULL, 0};
}

static struct str without_break(struct str line)
{
    return (struct str){line.at, line.size - 1};
}

static void list_globals(struct buf *out, struct str names)
{
    struct listing l = begin_list(out, "   ");

    while (names.size) {
        struct str name = without_break(next_line(&names));
        if (is_global(name))
            list_name(&l, name);
    }
    buf_byte(out, '\n');
}

/* Names are sorted: those of a library stand together. */
static void list_libraries(struct buf *out, struct str names)
{
    struct str library = {NULL, 0};
    struct listing l;

    while (names.size) {
        struct str name = without_break(next_line(&names));
        struct str of = library_of(name);
        if (library.size && !str_eq(of, library))
            buf_add(out, STR("\n    } },\n"));
        if (of.size && !str_eq(of, library)) {
            buf_format(out, "    %.*s = { fields = {\n", STR_ARG(of));
            l = begin_list(out, "     ");
        }
        if (of.size)
            list_name(&l, str_from(name, of.size + 1));
        library = of;
    }
    if (library.size)
        buf_add(out, STR("\n    } },\n"));
}

static void print_standard(struct buf *out, const char *name, const struct buf *names)
{
    buf_format(out, "stds.%s = {\n  read_globals = {\n", name);
    list_globals(out, buf_str(names));
    list_libraries(out, buf_str(names));
    buf_add(out, STR("  },\n}\n\n"));
}

static bool print_luacheck(struct buf *out, struct err *err)
{
    struct buf policies = {0}, tests = {0};
    bool ok = policy_names(&policies, NULL, err) && policy_test_names(&tests, err);

    if (ok) {
        buf_add(out,
                STR("-- For luacheck: what policies and their tests may use. Made by "
                    "`spendwarden types --luacheck`.\n"));
        print_standard(out, "spendwarden", &policies);
        print_standard(out, "spendwarden_test", &tests);
        buf_add(out,
                STR("std = \"spendwarden\"\n"
                    "files[\"**/*_test.lua\"] = { std = \"spendwarden_test\" }\n"
                    "exclude_files = { \"**/*.meta.lua\" }\n"
                    "unused_args = false -- a function may ignore its event or group\n"
                    "max_line_length = false\n"));
    }
    buf_release(&policies);
    buf_release(&tests);
    return ok;
}

/* --- the verb --- */

static int print_types(const struct common_options *o, bool luacheck)
{
    const struct generation_options *g = &o->generation;
    struct config *config = NULL;
    struct diags diags = {0};
    struct buf out = {0};
    struct err err = {0};
    int code = EXIT_OK;

    if ((g->config_path || g->override_count) &&
        !config_load(&config, g->config_path, g->overrides, g->override_count, &diags))
        return report_diags(&diags, EXIT_USAGE);
    if (!luacheck)
        print_definitions(&out, config);
    else if (!print_luacheck(&out, &err))
        code = EXIT_USAGE;
    if (code == EXIT_OK)
        print_buf(stdout, &out);
    else
        fprintf(stderr, "spendwarden types: %s\n", err.text);
    buf_release(&out);
    config_free(config);
    diags_release(&diags);
    return code;
}

int verb_types(int argc, char **argv)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, OPTION_CONFIG},
        {"set", required_argument, NULL, OPTION_SET},
        {"luacheck", no_argument, NULL, OPTION_LUACHECK},
        {"help", no_argument, NULL, OPTION_HELP},
        {0},
    };
    struct common_options common = {.verb = "spendwarden types"};
    bool luacheck = false;
    int option;

    while ((option = getopt_long(argc, argv, "c:h", options, NULL)) != -1) {
        if (option == OPTION_HELP)
            return fputs(help, stdout), EXIT_OK;
        if (option == OPTION_LUACHECK)
            luacheck = true;
        else if (!common_option(&common, option, optarg))
            return wrong_option("spendwarden types");
    }
    common_done(&common);
    if (optind < argc)
        return usage_error("spendwarden types", "unexpected argument \"%s\"",
                           argv[optind]);
    return print_types(&common, luacheck);
}
