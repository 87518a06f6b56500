#include "spendwarden/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "spendwarden/utf8.h"

char *buf_reserve(struct buf *b, size_t size)
{
    if (b->failed)
        return NULL;
    if (b->capacity - b->size >= size)
        return b->at + b->size;

    size_t capacity = b->capacity ? b->capacity : 256;
    while (capacity - b->size < size && capacity <= SIZE_MAX / 2)
        capacity *= 2;
    char *grown = capacity - b->size < size ? NULL : realloc(b->at, capacity);
    if (!grown) {
        b->failed = true;
        return NULL;
    }
    b->at = grown;
    b->capacity = capacity;
    return b->at + b->size;
}

void buf_add(struct buf *b, struct str text)
{
    char *room = text.size ? buf_reserve(b, text.size) : NULL;

    if (!room)
        return;
    memcpy(room, text.at, text.size);
    b->size += text.size;
}

void buf_byte(struct buf *b, char byte)
{
    buf_add(b, (struct str){&byte, 1});
}

void buf_format(struct buf *b, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    int size = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (size < 0) {
        b->failed = true;
        return;
    }
    char *room = buf_reserve(b, (size_t)size + 1); /* vsnprintf terminates */
    if (!room)
        return;
    va_start(args, format);
    vsnprintf(room, (size_t)size + 1, format, args);
    va_end(args);
    b->size += (size_t)size;
}

void buf_int(struct buf *b, int64_t value)
{
    char digits[INT64_TEXT_MAX];

    buf_add(b, str_of_int64(value, digits));
}

static void json_byte(struct buf *b, unsigned char byte)
{
    switch (byte) {
    case '"':
        buf_add(b, STR("\\\""));
        break;
    case '\\':
        buf_add(b, STR("\\\\"));
        break;
    case '\n':
        buf_add(b, STR("\\n"));
        break;
    case '\r':
        buf_add(b, STR("\\r"));
        break;
    case '\t':
        buf_add(b, STR("\\t"));
        break;
    default:
        buf_format(b, "\\u%04x", byte);
    }
}

static bool is_plain(unsigned char byte)
{
    return byte >= 0x20 && byte < 0x7F && byte != '"' && byte != '\\';
}

void buf_json(struct buf *b, struct str text)
{
    size_t plain = 0; /* start of what is copied as it is */

    buf_byte(b, '"');
    for (size_t i = 0; i < text.size;) {
        unsigned char byte = (unsigned char)text.at[i];
        if (is_plain(byte)) { /* nearly all of it */
            i++;
            continue;
        }
        size_t length = utf8_length(text.at + i, text.size - i);
        if (length > 1) {
            i += length;
            continue;
        }
        buf_add(b, (struct str){text.at + plain, i - plain});
        if (length)
            json_byte(b, byte);
        else
            buf_add(b, STR("\xEF\xBF\xBD"));
        plain = ++i;
    }
    if (plain < text.size)
        buf_add(b, str_from(text, plain));
    buf_byte(b, '"');
}

static int compare_lines(const void *left, const void *right)
{
    const struct str *a = left, *b = right;

    return str_compare(*a, *b);
}

void buf_sorted_lines(struct buf *b, struct str lines)
{
    size_t count = 0;

    for (size_t i = 0; i < lines.size; i++)
        count += lines.at[i] == '\n';
    struct str *sorted = calloc(count + 1, sizeof *sorted);
    if (!sorted) {
        b->failed = true;
        return;
    }
    for (size_t i = 0; i < count; i++) {
        const char *end = memchr(lines.at, '\n', lines.size);
        sorted[i] = (struct str){lines.at, (size_t)(end - lines.at) + 1};
        lines = str_from(lines, sorted[i].size);
    }
    qsort(sorted, count, sizeof *sorted, compare_lines);
    for (size_t i = 0; i < count; i++)
        buf_add(b, sorted[i]);
    free(sorted);
}

void buf_reset(struct buf *b)
{
    b->size = 0;
    b->failed = false;
}

void buf_release(struct buf *b)
{
    free(b->at);
    *b = (struct buf){0};
}
