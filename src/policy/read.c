/* Files of a generation: policies and their data, read once. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bindings.h"
#include "set.h"

bool file_read(struct arena *arena, const char *path, size_t max, struct str *out)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe would wait */
    bool ok = false;

    if (fd == -1)
        return false;
    if (fstat(fd, &st) == -1)
        goto done;
    if (!S_ISREG(st.st_mode) || (size_t)st.st_size > max) {
        errno = S_ISREG(st.st_mode) ? EFBIG : EINVAL;
        goto done;
    }
    char *at = arena_alloc(arena, (size_t)st.st_size + 1);
    size_t used = 0;
    ssize_t got = 0;
    while (at && used < (size_t)st.st_size &&
           (got = read(fd, at + used, (size_t)st.st_size - used)) > 0)
        used += (size_t)got;
    ok = at && got >= 0;
    *out = (struct str){at, used};

done:;
    int saved = errno;
    close(fd);
    errno = saved;
    return ok;
}

static void too_large(struct diags *diags, const char *path, size_t most, const char *key)
{
    diags_add_code(diags, "E904", path, 0, 0,
                   "has more than %zu bytes (policies.limits.%s)", most, key);
}

static void add_file(struct policy_set *s, const char *path, struct diags *diags)
{
    struct source_file *file = &s->files[s->file_count];

    if (s->file_count == FILES_MAX) {
        diags_add_code(diags, "E904", path, 0, 0, "more than %d policy files", FILES_MAX);
        return;
    }
    file->path = arena_cstr(&s->arena, str_of(path));
    if (!file->path)
        diags_add(diags, path, 0, 0, "no memory");
    else if (file_read(&s->arena, path, s->options.limits.file_bytes, &file->text))
        s->file_count++;
    else if (errno == EFBIG)
        too_large(diags, path, s->options.limits.file_bytes, "file");
    else
        diags_add_code(diags, "E001", path, 0, 0, "cannot be read: %s", strerror(errno));
}

/* Kubernetes keeps a volume's real files under names that begin with "..". Definitions
 * for editors lie beside the policies that they are for. */
static int wanted(const struct dirent *entry)
{
    struct str name = str_of(entry->d_name);

    return name.at[0] != '.' && str_ends(name, STR(".lua")) &&
           !str_ends(name, STR("_test.lua")) && !str_ends(name, STR(".meta.lua"));
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static void add_directory(struct policy_set *s, const char *path, struct diags *diags)
{
    struct dirent **entries;
    size_t length = strlen(path);
    const char *slash = length && path[length - 1] == '/' ? "" : "/";
    int count = scandir(path, &entries, wanted, by_name);

    if (count < 0) {
        diags_add_code(diags, "E001", path, 0, 0, "cannot be read: %s", strerror(errno));
        return;
    }
    if (count == 0)
        diags_add_code(diags, "E002", path, 0, 0, "holds no policy (*.lua)");
    for (int i = 0; i < count; i++) {
        char *file;
        if (asprintf(&file, "%s%s%s", path, slash, entries[i]->d_name) >= 0) {
            add_file(s, file, diags);
            free(file);
        }
        free(entries[i]);
    }
    free(entries);
}

static void read_policies(struct policy_set *s, struct diags *diags)
{
    for (size_t i = 0; i < s->options.path_count; i++) {
        const char *path = s->options.paths[i];
        struct stat st;
        if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
            add_directory(s, path, diags);
        else
            add_file(s, path, diags);
    }
}

static bool read_bytes(struct policy_set *s, const struct policy_data *data,
                       struct str *out)
{
    if (!data->text.at)
        return file_read(&s->arena, data->path, s->options.limits.data_bytes, out);
    *out = arena_copy(&s->arena, data->text);
    return true;
}

static void read_data(struct policy_set *s, struct diags *diags)
{
    for (size_t i = 0; i < s->options.data_count; i++) {
        struct data_file *file = &s->data[i];
        const char *path = s->options.data[i].path;
        file->name = s->options.data[i].name;
        file->path = arena_cstr(&s->arena, str_of(path));
        if (read_bytes(s, &s->options.data[i], &file->bytes))
            yaml_parse(&file->root, file->bytes, path, &s->arena, diags);
        else if (errno == EFBIG)
            too_large(diags, path, s->options.limits.data_bytes, "data");
        else if (errno != ENOENT) /* then an empty table */
            diags_add(diags, path, 0, 0, "cannot be read: %s", strerror(errno));
    }
}

/* Lengths between the parts, so that no two generations look alike. */
static void add_part(struct buf *b, struct str part)
{
    buf_format(b, "%zu:", part.size);
    buf_add(b, part);
}

static void hash_sources(struct policy_set *s)
{
    struct buf all = {0};

    for (size_t i = 0; i < s->file_count; i++) {
        add_part(&all, str_of(s->files[i].path));
        add_part(&all, s->files[i].text);
        sha256_text(s->files[i].sha256, s->files[i].text);
    }
    sha256_text(s->hash, buf_str(&all));
    buf_reset(&all);
    for (size_t i = 0; i < s->options.data_count; i++) {
        add_part(&all, s->data[i].name);
        add_part(&all, s->data[i].bytes);
    }
    for (size_t i = 0; i < s->options.setting_count; i++) {
        add_part(&all, s->options.settings[i].policy);
        add_part(&all, s->options.settings[i].key);
        add_part(&all, s->options.settings[i].value);
    }
    sha256_text(s->data_hash, buf_str(&all));
    buf_release(&all);
}

/* Settings are read again when a state opens: they must live as long as the set. */
static bool copy_settings(struct policy_set *s)
{
    size_t count = s->options.setting_count;
    struct policy_setting *copy = arena_alloc(&s->arena, (count + 1) * sizeof *copy);

    for (size_t i = 0; copy && i < count; i++) {
        const struct policy_setting *from = &s->options.settings[i];
        copy[i] = *from;
        copy[i].policy = arena_copy(&s->arena, from->policy);
        copy[i].key = arena_copy(&s->arena, from->key);
        copy[i].value = arena_copy(&s->arena, from->value);
    }
    s->options.settings = copy;
    s->data = arena_zalloc(&s->arena, (s->options.data_count + 1) * sizeof *s->data);
    return copy && s->data;
}

bool set_read(struct policy_set *s, const struct policy_options *options,
              struct diags *diags)
{
    size_t before = diags->count + diags->more;

    arena_init(&s->arena, 0);
    s->options = *options;
    if (!copy_settings(s)) {
        diags_add(diags, "policies", 0, 0, "no memory");
        return false;
    }
    read_policies(s, diags);
    read_data(s, diags);
    for (size_t i = 0; i < s->options.data_count; i++)
        s->data[i].name = arena_copy(&s->arena, s->data[i].name);
    hash_sources(s);
    s->options.paths = NULL;
    s->options.data = NULL;
    return diags->count + diags->more == before;
}
