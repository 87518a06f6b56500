/* Lines that ran, by file, and those that could have. */
#include "lines.h"

#include <lauxlib.h>
#include <lualib.h>
#include <stdlib.h>

#include "bindings.h"

/* lua/lines.lua */
extern const char policy_lines_frame[], policy_lines_frame_end[];

enum { FILES_MAX = 512, LINES_MAX = 1 << 20, FILE_BYTES_MAX = 16 * 1024 * 1024 };

struct file {
    char *path;   /* owned */
    size_t size;  /* bytes of `ran` */
    uint8_t *ran; /* owned; a bit a line */
};

struct policy_lines {
    size_t count;
    struct file files[FILES_MAX]; /* by path */
};

struct policy_lines *policy_lines_new(void)
{
    return calloc(1, sizeof(struct policy_lines));
}

void policy_lines_free(struct policy_lines *l)
{
    for (size_t i = 0; l && i < l->count; i++) {
        free(l->files[i].path);
        free(l->files[i].ran);
    }
    free(l);
}

/* Where the path is, or belongs. */
static size_t find(const struct policy_lines *l, const char *path, bool *found)
{
    size_t i = 0;
    int order = 1;

    while (i < l->count && (order = strcmp(l->files[i].path, path)) < 0)
        i++;
    *found = i < l->count && order == 0;
    return i;
}

static struct file *file_of(struct policy_lines *l, const char *path)
{
    bool found;
    size_t at = find(l, path, &found);

    if (found)
        return &l->files[at];
    char *copy = l->count < FILES_MAX ? strdup(path) : NULL;
    if (!copy)
        return NULL;
    memmove(l->files + at + 1, l->files + at, (l->count - at) * sizeof *l->files);
    l->files[at] = (struct file){.path = copy};
    l->count++;
    return &l->files[at];
}

static bool has_ran(const struct file *f, size_t line)
{
    return line / 8 < f->size && f->ran[line / 8] >> (line % 8) & 1;
}

static void mark(struct file *f, size_t line)
{
    if (line / 8 >= f->size) {
        size_t size = 2 * (line / 8) + 64;
        uint8_t *grown = realloc(f->ran, size);
        if (!grown)
            return;
        memset(grown + f->size, 0, size - f->size);
        f->ran = grown;
        f->size = size;
    }
    f->ran[line / 8] |= (uint8_t)(1 << (line % 8));
}

void lines_note(struct policy_lines *l, lua_State *L, lua_Debug *ar)
{
    if (!lua_getinfo(L, "S", ar) || *ar->source != '@' || ar->currentline < 1 ||
        ar->currentline > LINES_MAX)
        return;
    struct file *f = file_of(l, ar->source + 1);
    if (f)
        mark(f, (size_t)ar->currentline);
}

/* --- the report --- */

/* (text): the list of lines, by lua/lines.lua. */
static int list_lines(lua_State *L)
{
    struct str *text = lua_touserdata(L, 1);

    luaL_openlibs(L);
    if (luaL_loadbuffer(L, policy_lines_frame,
                        (size_t)(policy_lines_frame_end - policy_lines_frame),
                        "=lines") != 0)
        return lua_error(L);
    lua_pushlstring(L, text->at, text->size);
    lua_call(L, 1, 1);
    lua_setglobal(L, "lines");
    return 0;
}

static void add_range(struct buf *out, size_t first, size_t last)
{
    if (out->size)
        buf_add(out, STR(", "));
    buf_format(out, first == last ? "%zu" : "%zu-%zu", first, last);
}

/* Of the list on the stack. */
static void compare(lua_State *L, const struct file *f, struct policy_file_lines *out,
                    struct buf *missing)
{
    size_t first = 0, last = 0;

    out->lines = lua_objlen(L, -1);
    for (size_t i = 1; i <= out->lines; i++) {
        lua_rawgeti(L, -1, (int)i);
        size_t line = (size_t)lua_tointeger(L, -1);
        lua_pop(L, 1);
        bool ran = has_ran(f, line);
        out->run += ran;
        if (ran && first)
            add_range(missing, first, last);
        first = ran ? 0 : first ? first : line;
        last = line;
    }
    if (first)
        add_range(missing, first, last);
}

static bool report_file(const struct file *f, struct arena *arena,
                        struct policy_file_lines *out, struct err *err)
{
    struct buf missing = {0};
    struct str text;

    out->path = arena_cstr(arena, str_of(f->path));
    if (!file_read(arena, f->path, FILE_BYTES_MAX, &text))
        return err_set(err, ERR_IO, "%s: cannot be read again: %m", f->path);
    lua_State *L = luaL_newstate();
    bool ok = L && lua_cpcall(L, list_lines, &text) == 0;
    if (ok) {
        lua_getglobal(L, "lines");
        compare(L, f, out, &missing);
        out->missing = arena_copy(arena, buf_str(&missing));
    } else {
        err_set(err, ERR_POLICY, "%s: its lines cannot be listed", f->path);
    }
    if (L)
        lua_close(L);
    buf_release(&missing);
    return ok;
}

bool policy_lines_report(const struct policy_lines *l, struct arena *arena,
                         const struct policy_file_lines **out, size_t *count,
                         struct err *err)
{
    struct policy_file_lines *files = arena_zalloc(arena, (l->count + 1) * sizeof *files);

    *count = 0;
    if (!files)
        return err_set(err, ERR_MEMORY, "no memory for the lines of policies");
    for (size_t i = 0; i < l->count; i++)
        if (!report_file(&l->files[i], arena, &files[i], err))
            return false;
    *out = files;
    *count = l->count;
    return true;
}
