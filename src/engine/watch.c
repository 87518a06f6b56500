#include "watch.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "spendwarden/hash.h"

enum { WATCHED_MAX = 4096 };

struct watched {
    const char *path;
    uint64_t identity; /* 0: there is none */
};

struct look {
    struct arena arena;
    size_t count;
    struct watched *files; /* WATCHED_MAX */
};

struct watch {
    const struct generation_options *options; /* borrowed */
    struct config *config;    /* the last one that could be read, or NULL */
    uint64_t config_identity; /* when it was */
    struct look now, before;
};

static uint64_t identity_of(const char *path)
{
    struct stat st;

    if (stat(path, &st) != 0)
        return 0;
    const int64_t parts[] = {
        (int64_t)st.st_dev,         (int64_t)st.st_ino,
        (int64_t)st.st_size,        (int64_t)st.st_mode,
        (int64_t)st.st_mtim.tv_sec, (int64_t)st.st_mtim.tv_nsec,
        (int64_t)st.st_ctim.tv_sec, (int64_t)st.st_ctim.tv_nsec,
    };
    return hash_of((struct str){(const char *)parts, sizeof parts}, 0) | 1;
}

static void add(struct look *l, const char *path)
{
    char *copy =
        path && l->count < WATCHED_MAX ? arena_cstr(&l->arena, str_of(path)) : NULL;

    if (copy)
        l->files[l->count++] = (struct watched){copy, identity_of(path)};
}

/* As policies are chosen from a folder (policy/read.c): names that begin with a dot are
 * Kubernetes' own, or an editor's. */
static int is_lua(const struct dirent *entry)
{
    struct str name = str_of(entry->d_name);

    return name.at[0] != '.' && str_ends(name, STR(".lua"));
}

static int is_policy(const struct dirent *entry)
{
    return is_lua(entry) && !str_ends(str_of(entry->d_name), STR("_test.lua"));
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static void add_beside(struct look *l, const char *path)
{
    char *file;

    if (str_ends(str_of(path), STR(".lua")) &&
        asprintf(&file, "%.*s_test.lua", (int)strlen(path) - 4, path) >= 0) {
        add(l, file);
        free(file);
    }
}

static void add_policies(struct look *l, const char *path, bool with_tests)
{
    struct dirent **entries;
    int count = scandir(path, &entries, with_tests ? is_lua : is_policy, by_name);

    if (count < 0) {
        add(l, path);
        if (with_tests)
            add_beside(l, path);
        return;
    }
    for (int i = 0; i < count; i++) {
        char *file;
        if (asprintf(&file, "%s/%s", path, entries[i]->d_name) >= 0) {
            add(l, file);
            free(file);
        }
        free(entries[i]);
    }
    free(entries);
}

static void add_all(struct look *l, const struct config *c)
{
    for (size_t i = 0; i < c->policies.path_count; i++)
        add_policies(l, c->policies.paths[i], c->test_on_load);
    for (size_t i = 0; i < c->shadow.path_count; i++)
        add_policies(l, c->shadow.paths[i], false);
    for (size_t i = 0; i < c->policies.data_count; i++)
        add(l, c->policies.data[i].path);
    for (size_t i = 0; i < c->shadow.data_count; i++)
        add(l, c->shadow.data[i].path);
    for (size_t i = 0; i < c->prices.overlay_count; i++)
        add(l, c->prices.overlays[i]);
    for (size_t i = 0; i < c->token_count; i++)
        add(l, c->tokens[i].file);
    add(l, c->hash_key_file);
    for (size_t i = 0; i < c->setup_count; i++) {
        add(l, c->setups[i].mapping);
        add(l, c->setups[i].secret_file);
    }
}

/* A configuration that cannot be read leaves the list as it was. */
static void read_config(struct watch *w)
{
    const struct generation_options *o = w->options;
    uint64_t identity = identity_of(o->config_path);
    struct diags diags = {0};
    struct config *c;

    if (identity == w->config_identity)
        return;
    w->config_identity = identity;
    if (config_load(&c, o->config_path, o->overrides, o->override_count, &diags)) {
        config_free(w->config);
        w->config = c;
    }
    diags_release(&diags);
}

static void look(struct watch *w)
{
    struct look *l = &w->now;

    arena_reset(&l->arena);
    l->count = 0;
    l->files = arena_alloc(&l->arena, WATCHED_MAX * sizeof *l->files);
    if (!l->files)
        return;
    add(l, w->options->config_path);
    read_config(w);
    if (w->config)
        add_all(l, w->config);
}

struct watch *watch_new(const struct generation_options *options)
{
    struct watch *w = calloc(1, sizeof *w);

    if (!w)
        return NULL;
    w->options = options;
    arena_init(&w->now.arena, 0);
    arena_init(&w->before.arena, 0);
    look(w);
    return w;
}

void watch_free(struct watch *w)
{
    if (!w)
        return;
    config_free(w->config);
    arena_release(&w->now.arena);
    arena_release(&w->before.arena);
    free(w);
}

static const struct watched *find(const struct look *l, const char *path)
{
    for (size_t i = 0; i < l->count; i++)
        if (strcmp(l->files[i].path, path) == 0)
            return &l->files[i];
    return NULL;
}

/* How many files of `a` are not so in `b`; *first: one of them. */
static size_t differing(const struct look *a, const struct look *b, bool only_missing,
                        const char **first)
{
    size_t count = 0;

    for (size_t i = 0; i < a->count; i++) {
        /* Nearly always at the same place. */
        const struct watched *file = &a->files[i], *same = NULL;
        if (i < b->count && strcmp(b->files[i].path, file->path) == 0)
            same = &b->files[i];
        else
            same = find(b, file->path);
        if (same && (only_missing || same->identity == file->identity))
            continue;
        if (count++ == 0 && !*first)
            *first = file->path;
    }
    return count;
}

bool watch_look(struct watch *w, char what[WATCH_TEXT_SIZE])
{
    struct look before = w->now;
    const char *first = NULL;

    w->now = w->before;
    w->before = before;
    look(w);
    size_t changed = differing(&w->now, &w->before, false, &first) +
                     differing(&w->before, &w->now, true, &first);
    if (changed == 0)
        return false;
    const char *name = strrchr(first, '/') ? strrchr(first, '/') + 1 : first;
    if (changed == 1)
        snprintf(what, WATCH_TEXT_SIZE, "%s", name);
    else
        snprintf(what, WATCH_TEXT_SIZE, "%s and %zu more", name, changed - 1);
    return true;
}
