#include "find.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { DEPTH_MAX = 16 };

static bool complain(struct diags *diags, const char *path, const char *what)
{
    diags_add(diags, path, 0, 0, "%s", what);
    return false;
}

static bool add(struct found *f, const char *path, struct arena *arena,
                struct diags *diags)
{
    if (f->count == FOUND_MAX)
        return complain(diags, path, "too many files of tests");
    if (f->count == f->capacity) {
        size_t capacity = f->capacity ? 2 * f->capacity : 16;
        const char **grown = realloc(f->files, capacity * sizeof *grown);
        if (!grown)
            return complain(diags, path, "no memory");
        f->files = grown;
        f->capacity = capacity;
    }
    f->files[f->count] = arena_cstr(arena, str_of(path));
    return f->files[f->count++] || complain(diags, path, "no memory");
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static bool find_below(struct found *f, const char *folder, int depth,
                       struct arena *arena, struct diags *diags);

static bool find_entry(struct found *f, const char *path, int depth, struct arena *arena,
                       struct diags *diags)
{
    struct stat st;

    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
        return depth == DEPTH_MAX || find_below(f, path, depth + 1, arena, diags);
    return !str_ends(str_of(path), STR("_test.lua")) || add(f, path, arena, diags);
}

static bool find_below(struct found *f, const char *folder, int depth,
                       struct arena *arena, struct diags *diags)
{
    struct dirent **entries;
    const char *slash = str_ends(str_of(folder), STR("/")) ? "" : "/";
    int count = scandir(folder, &entries, is_visible, by_name);
    bool ok = true;

    if (count < 0)
        return complain(diags, folder, strerror(errno));
    for (int i = 0; i < count; i++) {
        char *path;
        if (asprintf(&path, "%s%s%s", folder, slash, entries[i]->d_name) >= 0) {
            ok = find_entry(f, path, depth, arena, diags) && ok;
            free(path);
        }
        free(entries[i]);
    }
    free(entries);
    return ok;
}

static bool add_file(struct found *f, const char *path, struct arena *arena,
                     struct diags *diags)
{
    struct stat st;
    char *beside;

    if (str_ends(str_of(path), STR("_test.lua")))
        return add(f, path, arena, diags);
    if (!str_ends(str_of(path), STR(".lua")))
        return complain(diags, path, "is no Lua file");
    if (asprintf(&beside, "%.*s_test.lua", (int)(strlen(path) - 4), path) < 0)
        return complain(diags, path, "no memory");
    bool ok = stat(beside, &st) == 0 ? add(f, beside, arena, diags)
                                     : complain(diags, beside, strerror(errno));
    free(beside);
    return ok;
}

bool find_tests(struct found *f, const char *path, struct arena *arena,
                struct diags *diags)
{
    struct stat st;

    if (stat(path, &st) == -1)
        return complain(diags, path, strerror(errno));
    if (S_ISDIR(st.st_mode))
        return find_below(f, path, 0, arena, diags);
    return add_file(f, path, arena, diags);
}

static int is_policy(const struct dirent *entry)
{
    const char *name = entry->d_name;

    return is_visible(entry) && str_ends(str_of(name), STR(".lua")) &&
           !str_ends(str_of(name), STR("_test.lua"));
}

bool holds_policy(const char *folder)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, is_policy, NULL);

    for (int i = 0; i < count; i++)
        free(entries[i]);
    if (count >= 0)
        free(entries);
    return count > 0;
}

/* Takes "b/" off the end of "a/b/"; false: there is no such part, or it is ".." too. */
static bool take_last(struct buf *text)
{
    size_t end = text->size, start = end ? end - 1 : 0;

    while (start > 0 && text->at[start - 1] != '/')
        start--;
    struct str last = {text->at + start, end - start};
    if (end < 2 || str_eq(last, STR("../")) || str_eq(last, STR("./")))
        return false;
    text->size = start;
    return true;
}

const char *path_below(struct arena *arena, struct str folder, struct str path)
{
    struct buf text = {0};

    if (path.at[0] != '/')
        buf_add(&text, folder);
    while (str_starts(path, STR("../")) && take_last(&text))
        path = str_from(path, STR("../").size);
    buf_add(&text, path);
    const char *copy = text.failed ? NULL : arena_cstr(arena, buf_str(&text));
    buf_release(&text);
    return copy;
}

void found_release(struct found *f)
{
    free(f->files);
    *f = (struct found){0};
}
