#include "spendwarden/yaml.h"

#include <stdio.h>

enum { READ_STEP = 64 * 1024 };

static bool read_all(struct buf *out, FILE *file, size_t max_bytes)
{
    while (out->size <= max_bytes) {
        char *room = buf_reserve(out, READ_STEP);
        if (!room)
            return false;
        size_t got = fread(room, 1, READ_STEP, file);
        out->size += got;
        if (got < READ_STEP)
            return !ferror(file);
    }
    return true;
}

bool yaml_read(struct buf *out, const char *path, size_t max_bytes, struct diags *diags)
{
    FILE *file = fopen(path, "rbe");

    if (!file) {
        diags_add(diags, path, 0, 0, "cannot be read: %m");
        return false;
    }
    bool ok = read_all(out, file, max_bytes);
    if (!ok)
        diags_add(diags, path, 0, 0, "cannot be read: %m");
    else if (out->size > max_bytes)
        diags_add(diags, path, 0, 0, "is larger than %zu bytes", max_bytes);
    fclose(file);
    return ok && out->size <= max_bytes;
}

bool yaml_load(struct yaml_node **out, const char *path, size_t max_bytes,
               struct arena *arena, struct diags *diags)
{
    struct buf text = {0};
    bool ok = yaml_read(&text, path, max_bytes, diags) &&
              yaml_parse(out, buf_str(&text), path, arena, diags);

    if (!ok)
        *out = NULL;
    buf_release(&text);
    return ok;
}
