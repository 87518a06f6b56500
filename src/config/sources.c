/* Readers of `sources`, and which sources there are. */
#include "reader.h"

enum { SOURCES_NAMED_MAX = 64 };

static size_t builtin_names(const char **out)
{
    size_t count = 0;

    for (; source_builtin(count); count++)
        out[count] = source_builtin(count);
    return count;
}

/* True also where a mapping could not be read, and may have any name: loading says why.
 */
static bool is_own(const struct config *c, struct str name)
{
    for (size_t i = 0; i < c->setup_count; i++)
        if (c->setups[i].mapping &&
            (!c->setups[i].name.size || str_eq(c->setups[i].name, name)))
            return true;
    return false;
}

static void complain_source(struct reader *r, const struct setting *s,
                            const struct yaml_node *n, const char *const *names,
                            size_t count)
{
    const char *near = str_nearest(n->text, names, count);

    if (near)
        complain(r, n, "%s: there is no source \"%.*s\": did you mean \"%s\"?", s->path,
                 STR_ARG(n->text), near);
    else
        complain(r, n, "%s: there is no source \"%.*s\": docs/sources.md lists them",
                 s->path, STR_ARG(n->text));
}

bool is_source(struct reader *r, const struct setting *s, const struct yaml_node *n)
{
    const struct config *c = r->config;
    const char *names[SOURCES_NAMED_MAX];
    size_t count = builtin_names(names);

    if (source_is_builtin(n->text) || is_own(c, n->text))
        return true;
    for (size_t i = 0; i < c->setup_count && count < SOURCES_NAMED_MAX; i++)
        if (c->setups[i].mapping)
            names[count++] = c->setups[i].name.at;
    complain_source(r, s, n, names, count);
    return false;
}

void read_builtin_name(struct reader *r, const struct setting *s,
                       const struct yaml_node *n, char *base)
{
    struct str name = str_of(text_of(r, s, n));
    const char *names[SOURCES_NAMED_MAX];

    if (name.at && source_is_builtin(name))
        *(struct str *)(base + s->offset) = name;
    else if (name.at)
        complain_source(r, s, n, names, builtin_names(names));
}

void read_setups(struct reader *r, const struct setting *s, const struct yaml_node *n,
                 char *base)
{
    struct config *c = r->config;

    read_items(r, s, n, base);
    struct source_setup *list = (struct source_setup *)c->setups;
    for (size_t i = 0; i < c->setup_count; i++) {
        struct source_setup *setup = &list[i];
        struct arena scratch;
        struct str name;
        if (!setup->mapping)
            continue;
        if (setup->name.size)
            complain(r, n,
                     "%s: name and mapping do not go together: a mapping has its own",
                     s->path);
        arena_init(&scratch, 0);
        setup->name = (struct str){NULL, 0};
        if (source_mapping_name(&name, setup->mapping, &scratch))
            setup->name = keep_text(r, name);
        arena_release(&scratch);
    }
}

static void check_setup(struct reader *r, const struct source_setup *setup)
{
    const struct config *c = r->config;

    if (!setup->mapping && !setup->name.size)
        complain_at(r, "sources", "each needs a mapping or a name");
    else if (setup->replace && !setup->mapping)
        complain_at(r, "sources", "replace is for mappings");
    else if (setup->signature_header && !setup->secret_file)
        complain_at(r, "sources", "signature.header needs signature.secret_file");
    for (const struct source_setup *other = c->setups; other < setup; other++)
        if (setup->name.size && str_eq(other->name, setup->name)) {
            complain_at(r, "sources", "two of them have the same name");
            return;
        }
}

void check_setups(struct reader *r)
{
    for (size_t i = 0; i < r->config->setup_count; i++)
        check_setup(r, &r->config->setups[i]);
}
