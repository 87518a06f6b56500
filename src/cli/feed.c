#include "feed.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "spendwarden/inflate.h"
#include "spendwarden/json.h"
#include "spendwarden/source.h"

enum { STEP = 1 << 16, MOST = 1 << 30, GUESS_BYTES = 1 << 20 };

bool feed_open(struct feed *f, const char *path)
{
    bool standard = strcmp(path, "-") == 0;

    *f = (struct feed){.path = standard ? "standard input" : path,
                       .fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)};
    if (f->fd == -1)
        fprintf(stderr, "spendwarden: %s: %s\n", path, strerror(errno));
    else if (standard && isatty(STDIN_FILENO))
        fputs("reading events from the terminal, one JSON object a line; end with "
              "Ctrl-D\n",
              stderr);
    return f->fd != -1;
}

void feed_close(struct feed *f)
{
    if (f->fd > STDIN_FILENO)
        close(f->fd);
    buf_release(&f->text);
}

/* Only brackets outside of strings count; a string ends with its line at the latest. */
static void scan_byte(struct feed *f, char byte)
{
    if (f->in_string) {
        f->in_string = (byte != '"' || f->escaped) && byte != '\n';
        f->escaped = byte == '\\' && !f->escaped;
    } else if (byte == '"') {
        f->in_string = true;
    } else if (byte == '{' || byte == '[') {
        f->depth++;
    } else if (byte == '}' || byte == ']') {
        f->depth -= f->depth > 0;
    }
}

static void scan(struct feed *f)
{
    for (; f->scanned < f->text.size; f->scanned++) {
        scan_byte(f, f->text.at[f->scanned]);
        if (f->depth == 0 && !f->in_string)
            f->complete = f->scanned + 1;
    }
}

static void drop_given(struct feed *f)
{
    for (size_t i = 0; i < f->given; i++)
        f->line += f->text.at[i] == '\n';
    memmove(f->text.at, f->text.at + f->given, f->text.size - f->given);
    f->text.size -= f->given;
    f->scanned -= f->given;
    f->complete = 0;
    f->offset += f->given;
    f->given = 0;
}

static bool read_more(struct feed *f)
{
    char *room = f->text.size < MOST ? buf_reserve(&f->text, STEP + JSON_PADDING) : NULL;
    ssize_t got = -1;

    errno = EFBIG;
    if (room)
        got = read(f->fd, room, STEP);
    if (got < 0) {
        fprintf(stderr, "spendwarden: %s: %s\n", f->path, strerror(errno));
        return false;
    }
    f->ended = got == 0;
    f->text.size += (size_t)got;
    return true;
}

static bool inflate_into(struct feed *f, struct buf *out, enum coding coding,
                         struct err *err)
{
    enum inflating state = INFLATING;
    struct inflater *inflater;
    size_t made;

    if (!inflater_open(&inflater, err))
        return false;
    inflater_begin(inflater, coding, buf_str(&f->text));
    while (state == INFLATING) {
        char *room = out->size < MOST ? buf_reserve(out, STEP + JSON_PADDING) : NULL;
        state = room ? inflater_next(inflater, room, STEP, &made, err) : INFLATE_FAILED;
        out->size += room ? made : 0;
    }
    inflater_close(inflater);
    return state == INFLATE_DONE || err_set(err, ERR_LIMIT, "too large when inflated");
}

static enum coding coding_of(struct str text)
{
    return str_starts(text, STR("\x1F\x8B"))           ? CODING_GZIP
           : str_starts(text, STR("\x28\xB5\x2F\xFD")) ? CODING_ZSTD
                                                       : CODING_IDENTITY;
}

/* The rest, and inflated. */
static bool read_whole(struct feed *f)
{
    enum coding coding = coding_of(buf_str(&f->text));
    struct buf inflated = {0};
    struct err err = {0};

    while (!f->ended)
        if (!read_more(f))
            return false;
    if (coding == CODING_IDENTITY)
        return true;
    bool ok = inflate_into(f, &inflated, coding, &err);
    if (!ok)
        fprintf(stderr, "spendwarden: %s: %s\n", f->path, err.text);
    buf_release(&f->text);
    f->text = inflated;
    return ok;
}

/* Text is given value by value. */
static bool is_whole(const struct feed *f)
{
    struct str text = buf_str(&f->text);

    return f->offset == 0 && (source_is_binary(text) || coding_of(text));
}

static bool is_blank(struct str text)
{
    for (size_t i = 0; i < text.size; i++)
        if (!memchr(" \t\r\n", text.at[i], 4))
            return false;
    return true;
}

bool feed_next(struct feed *f, struct str *out, bool *failed)
{
    *failed = false;
    if (f->given)
        drop_given(f);
    for (;;) {
        struct str whole = {f->text.at, f->ended ? f->text.size : f->complete};
        if (!is_blank(whole)) {
            f->given = whole.size;
            *out = whole;
            return true;
        }
        if (f->ended)
            return false;
        if (!read_more(f) || (is_whole(f) && !read_whole(f))) {
            *failed = true;
            return false;
        }
        scan(f);
    }
}

size_t feed_line(const struct feed *f, size_t position)
{
    size_t line = f->line + 1;

    for (size_t i = 0; i < position && i < f->given; i++)
        line += f->text.at[i] == '\n';
    return line;
}

const char *feed_source(struct str values)
{
    static const char *const keys[] = {"\"litellm_call_id\"", "\"call_type\"",
                                       "\"model_group\"", "\"startTime\""};
    const char *guess = source_guess(values);
    size_t size = values.size < GUESS_BYTES ? values.size : GUESS_BYTES;

    if (guess)
        return guess;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (memmem(values.at, size, keys[i], strlen(keys[i])))
            return "litellm";
    return "generic";
}
