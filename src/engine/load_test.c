#include "load_test.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "spendwarden/log.h"
#include "spendwarden/testing.h"

enum { FILES_MAX = 1024, TOTAL_MS = 60000 };

/* Files of tests, in an arena. */
struct list {
    struct arena arena;
    size_t count;
    const char *files[FILES_MAX];
    bool full; /* or no memory */
};

static const struct str ending = STR("_test.lua");

static void add(struct list *l, const char *path)
{
    for (size_t i = 0; i < l->count; i++)
        if (strcmp(l->files[i], path) == 0)
            return;
    char *copy = arena_cstr(&l->arena, str_of(path));
    l->full |= l->count == FILES_MAX || !copy;
    if (!l->full)
        l->files[l->count++] = copy;
}

static int is_test(const struct dirent *entry)
{
    struct str name = str_of(entry->d_name);

    return name.at[0] != '.' && str_ends(name, ending);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static void add_folder(struct list *l, const char *path)
{
    struct dirent **entries;
    int count = scandir(path, &entries, is_test, by_name);

    for (int i = 0; i < count; i++) {
        char *file;
        if (asprintf(&file, "%s/%s", path, entries[i]->d_name) >= 0) {
            add(l, file);
            free(file);
        }
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
}

/* mine.lua has mine_test.lua, or none. */
static void add_beside(struct list *l, const char *path)
{
    size_t size = strlen(path);
    struct stat st;
    char *file;

    if (!str_ends(str_of(path), STR(".lua")) ||
        asprintf(&file, "%.*s%s", (int)(size - 4), path, ending.at) < 0)
        return;
    if (stat(file, &st) == 0)
        add(l, file);
    free(file);
}

static void collect(struct list *l, const struct config *c)
{
    for (size_t i = 0; i < c->policies.path_count; i++) {
        struct stat st;
        const char *path = c->policies.paths[i];
        if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
            add_folder(l, path);
        else
            add_beside(l, path);
    }
}

static bool run(struct generation *g, const struct list *l, struct diags *diags)
{
    const struct testing_options options = {
        .generation = g,
        .path_count = l->count,
        .paths = l->files,
        .test_ms = TOTAL_MS,
        .total_ms = TOTAL_MS,
    };
    struct testing_report report;

    bool loaded = testing_run(&report, &options, NULL, diags);
    size_t failed = report.by_status[TEST_FAILED] + report.by_status[TEST_BROKEN];
    testing_diags(&report, diags);
    if (loaded && !failed)
        log_line(LOG_INFO, "policies.test_on_load: %zu tests passed in %.2f s",
                 report.by_status[TEST_PASSED], (double)report.duration_ns / 1e9);
    testing_release(&report);
    return loaded && !failed;
}

bool load_test(struct generation *g, struct diags *diags)
{
    struct list *l = g->config->test_on_load ? calloc(1, sizeof *l) : NULL;
    bool ok;

    if (!g->config->test_on_load)
        return true;
    if (!l) {
        diags_add(diags, "policies.test_on_load", 0, 0, "no memory");
        return false;
    }
    arena_init(&l->arena, 0);
    collect(l, g->config);
    ok = !l->full;
    if (!ok)
        diags_add(diags, "policies.test_on_load", 0, 0, "more than %d files of tests",
                  FILES_MAX);
    ok = ok && (l->count == 0 || run(g, l, diags));
    arena_release(&l->arena);
    free(l);
    return ok;
}
