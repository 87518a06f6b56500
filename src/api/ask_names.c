/* Parameters that name what is loaded. */
#include "ask.h"

bool ask_name(const struct ask *a, const char *name, const char *of,
              const struct str *known, size_t count, struct err *err)
{
    const char *text = http_query(a->request, name);
    struct buf all = {0};
    bool found = !text;

    for (size_t i = 0; i < count && !found; i++) {
        found = str_eq(known[i], str_of(text));
        buf_format(&all, "%s%.*s", i ? ", " : "", STR_ARG(known[i]));
    }
    if (!found)
        err_set(err, ERR_INPUT, "%s: \"%.60s\" is none of the %s%s%.*s", name, text, of,
                count ? ": " : "; there is none", STR_ARG(buf_str(&all)));
    buf_release(&all);
    return found;
}

bool ask_policy(const struct ask *a, const struct policy_set *policies,
                struct str *policy, struct err *err)
{
    const struct policy_file *files = NULL;
    size_t count = policies ? policy_files(policies, &files) : 0;
    struct str *names = arena_alloc(a->request->arena, (count + 1) * sizeof *names);

    if (!names)
        return err_set(err, ERR_MEMORY, "policy: no memory");
    for (size_t i = 0; i < count; i++)
        names[i] = files[i].name;
    *policy = str_of(http_query(a->request, "policy"));
    return ask_name(a, "policy", "policies that are loaded", names, count, err);
}
