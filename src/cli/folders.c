/* Folders of policies below a folder. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "folders.h"

enum { DEPTH_MAX = 16 };

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static bool is_folder(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static char *join(struct arena *arena, const char *folder, const char *name)
{
    char *path = NULL, *kept = NULL;

    if (asprintf(&path, "%s%s%s", folder, str_ends(str_of(folder), STR("/")) ? "" : "/",
                 name) >= 0)
        kept = arena_cstr(arena, str_of(path));
    free(path);
    return kept;
}

static bool add_below(struct folders *f, struct arena *arena, const char *folder,
                      int depth);

static bool add_entries(struct folders *f, struct arena *arena, const char *folder,
                        struct dirent **entries, int count, int depth)
{
    bool ok = true, here = false;

    for (int i = 0; i < count; i++)
        here |= str_ends(str_of(entries[i]->d_name), STR(".lua")) &&
                !str_ends(str_of(entries[i]->d_name), STR("_test.lua"));
    if (here)
        ok = folders_add(f, folder);
    for (int i = 0; ok && i < count; i++) {
        const char *path = join(arena, folder, entries[i]->d_name);
        ok = path && (!is_folder(path) || add_below(f, arena, path, depth + 1));
    }
    return ok;
}

static bool add_below(struct folders *f, struct arena *arena, const char *folder,
                      int depth)
{
    struct dirent **entries;
    int count = depth > DEPTH_MAX ? 0 : scandir(folder, &entries, is_visible, by_name);

    if (count <= 0) /* whoever loads the folder says what is wrong with it */
        return true;
    bool ok = add_entries(f, arena, folder, entries, count, depth);
    for (int i = 0; i < count; i++)
        free(entries[i]);
    free(entries);
    return ok;
}

bool folders_add(struct folders *f, const char *path)
{
    if (f->count == FOLDERS_LISTED_MAX)
        return false;
    f->paths[f->count++] = path;
    return true;
}

bool folders_find(struct folders *f, struct arena *arena, const char *path)
{
    size_t before = f->count;

    if (is_folder(path) && !add_below(f, arena, path, 0))
        return false;
    return f->count > before || folders_add(f, path);
}
