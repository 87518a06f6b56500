#include "generation_data.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

enum { KNOWN_MAX = 512 };

static size_t add_names(const struct policy_set *policies, const char *out[KNOWN_MAX],
                        size_t count)
{
    const struct str *names;
    size_t more = policy_data_names(policies, &names);

    for (size_t i = 0; i < more && count < KNOWN_MAX; i++)
        out[count++] = names[i].at;
    return count;
}

static bool is_known(struct str name, const char *const *known, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (str_eq(name, str_of(known[i])))
            return true;
    return false;
}

struct known {
    const char *names[KNOWN_MAX];
    size_t count;
};

static void warn_of_unread(const struct config *c, const struct policy_data *data,
                           const struct known *known, struct diags *diags)
{
    const struct config_place at = config_place(c, data->path);
    const char *near = str_nearest(data->name, known->names, known->count);

    diags_add_code(diags, "W405", at.file, at.line, at.column,
                   "policies.data: no policy reads '%.*s'%s%s%s", STR_ARG(data->name),
                   near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

/* The policy that reads it works, with an empty table. */
static void warn_of_missing(const struct config *c, const char *key,
                            const struct policy_data *data, struct diags *diags)
{
    const struct config_place at = config_place(c, data->path);
    struct stat st;

    if (stat(data->path, &st) == -1 && errno == ENOENT)
        diags_add_code(diags, "W407", at.file, at.line, at.column,
                       "%s.%.*s: %s does not exist: an empty table", key,
                       STR_ARG(data->name), data->path);
}

void generation_check_data(const struct generation *g, bool is_whole, struct diags *diags)
{
    const struct policy_options *policies = &g->config->policies,
                                *shadow = &g->config->shadow;
    struct known known = {.count = 0};

    known.count = add_names(g->policies, known.names, 0);
    if (g->shadow)
        known.count = add_names(g->shadow->policies, known.names, known.count);
    for (size_t i = 0; i < policies->data_count; i++) {
        const struct policy_data *data = &policies->data[i];
        if (is_known(data->name, known.names, known.count))
            warn_of_missing(g->config, "policies.data", data, diags);
        else if (is_whole)
            warn_of_unread(g->config, data, &known, diags);
    }
    for (size_t i = 0; g->shadow && i < shadow->data_count; i++)
        warn_of_missing(g->config, "policies.shadow_data", &shadow->data[i], diags);
}

void generation_check_policies(const struct generation *g, struct diags *diags)
{
    const struct policy_file *files;

    if (g->config->names_policies || policy_files(g->policies, &files) > 0)
        return;
    diags_add_code(
        diags, "W408", g->config->path, 0, 0,
        "no policies: nothing will be attributed, and nothing will alert; name "
        "some in policies.paths");
}

void generation_check_ledger(const struct generation *g, struct diags *diags)
{
    const char *path = g->config->ledger_path, *slash = strrchr(path, '/');
    const struct config_place at = config_place(g->config, path);
    char folder[PATH_MAX];
    struct stat st;

    if (!slash || slash == path || slash - path >= PATH_MAX)
        return;
    snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path);
    if (stat(folder, &st) == -1 && errno == ENOENT)
        diags_add_code(diags, "W409", at.file, at.line, at.column,
                       "ledger.path: the folder %s does not exist", folder);
}
