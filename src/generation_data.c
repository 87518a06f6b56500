#include "generation_data.h"

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

void generation_check_data(const struct generation *g, const char *config_path,
                           struct diags *diags)
{
    const struct policy_options *policies = &g->config->policies;
    const char *known[KNOWN_MAX];
    size_t count = add_names(g->policies, known, 0);

    if (g->shadow)
        count = add_names(g->shadow->policies, known, count);
    for (size_t i = 0; i < policies->data_count; i++) {
        struct str name = policies->data[i].name;
        if (is_known(name, known, count))
            continue;
        const char *near = str_nearest(name, known, count);
        diags_add_code(diags, "W405", config_path, 0, 0,
                       "policies.data: no policy reads '%.*s'%s%s%s", STR_ARG(name),
                       near ? "; did you mean '" : "", near ? near : "",
                       near ? "'?" : "");
    }
}
