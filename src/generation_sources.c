#include "generation_sources.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "spendwarden/hash.h"
#include "spendwarden/yaml.h"

enum { SECRET_MAX = 1024 };

static bool read_hash_key(const struct config *c, uint8_t key[32], struct diags *diags)
{
    const char *path = c->hash_key_file;
    char text[SECRET_MAX], digest[SHA256_TEXT_SIZE];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t size = fd == -1 ? -1 : read(fd, text, sizeof text);

    int error = errno;
    if (fd != -1)
        close(fd);
    if (size < 0) {
        const struct config_place at = config_place(c, path);
        diags_add(diags, at.file, at.line, at.column, "labels.hash_key_file: %s: %s",
                  path, strerror(error));
        return false;
    }
    if (size < 16) {
        diags_add(diags, path, 0, 0, "labels.hash_key_file: needs 16 bytes");
        return false;
    }
    sha256_text(digest, (struct str){text, (size_t)size});
    memcpy(key, digest, 32);
    return true;
}

static bool read_secrets(const char *path, struct buf *out, struct diags *diags)
{
    if (!yaml_read(out, path, SECRET_MAX, diags))
        return false;
    for (size_t i = 0; i < out->size; i++)
        if (out->at[i] != '\n' && out->at[i] != '\r' && out->at[i] != ' ')
            return true;
    diags_add(diags, path, 0, 0, "signature.secret_file: is empty");
    return false;
}

/* NULL: the configuration says nothing of it. */
static const struct source_setup *setup_of(const struct config *c, struct str name)
{
    for (size_t i = 0; i < c->setup_count; i++)
        if (str_eq(c->setups[i].name, name))
            return &c->setups[i];
    return NULL;
}

static void set_labels(struct source_options *options, const struct config *c,
                       struct str name)
{
    for (size_t i = 0; i < c->source_count; i++) {
        if (!str_eq(c->sources[i].name, name))
            continue;
        options->rule_count = c->sources[i].rule_count;
        options->rules = c->sources[i].rules;
    }
}

static void set_up(struct source_options *options, const struct source_setup *setup)
{
    options->mapping = setup->mapping;
    options->replace = setup->replace;
    memcpy(options->scopes, setup->scopes, sizeof options->scopes);
    if (setup->signature_header)
        options->signature_header = str_of(setup->signature_header);
}

static bool compile_source(struct generation *g, struct str name,
                           const struct source_setup *setup, struct diags *diags)
{
    const struct config *c = g->config;
    struct source_options options = {
        .name = name,
        .schema = &c->schema,
        .metadata_count = c->metadata_count,
        .metadata_keys = c->metadata_keys,
        .gateway = c->metrics.litellm_names,
    };
    struct buf secrets = {0};

    memcpy(options.hash_label, c->hash_label, sizeof options.hash_label);
    if (g->source_count == GENERATION_SOURCES_MAX) {
        diags_add(diags, c->path, 0, 0, "sources: more than %d with those built in",
                  GENERATION_SOURCES_MAX);
        return false;
    }
    if (c->hash_key_file && !read_hash_key(c, options.hash_key, diags))
        return false;
    set_labels(&options, c, name);
    if (setup)
        set_up(&options, setup);
    bool ok = !setup || !setup->secret_file ||
              read_secrets(setup->secret_file, &secrets, diags);
    options.signature_secrets = buf_str(&secrets);
    ok = ok && source_compile(&g->sources[g->source_count], &options, diags);
    if (secrets.at)
        explicit_bzero(secrets.at, secrets.size);
    buf_release(&secrets);
    g->source_count += ok;
    return ok;
}

/* One that the command line names, as if `sources` did. */
static bool compile_named(struct generation *g, const char *path, struct diags *diags)
{
    struct source_setup setup = {.mapping = path, .replace = true};
    struct arena scratch;

    arena_init(&scratch, 0);
    if (!source_mapping_name(&setup.name, path, &scratch))
        setup.name = STR("");
    bool ok = compile_source(g, setup.name, &setup, diags);
    arena_release(&scratch);
    return ok;
}

bool generation_compile_sources(struct generation *g,
                                const struct generation_options *options,
                                struct diags *diags)
{
    const struct config *c = g->config;
    bool ok = true;

    for (size_t i = 0; source_builtin(i); i++) {
        struct str name = str_of(source_builtin(i));
        ok = compile_source(g, name, setup_of(c, name), diags) && ok;
    }
    for (size_t i = 0; i < c->setup_count; i++)
        if (!source_is_builtin(c->setups[i].name))
            ok = compile_source(g, c->setups[i].name, &c->setups[i], diags) && ok;
    for (size_t i = 0; i < options->mapping_count; i++)
        ok = compile_named(g, options->mappings[i], diags) && ok;
    return ok;
}
