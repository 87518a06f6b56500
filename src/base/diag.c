#include "spendwarden/diag.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool make_room(struct diags *d)
{
    if (d->items)
        return true;
    d->items = calloc(DIAGS_MAX, sizeof *d->items);
    return d->items != NULL;
}

void diags_add(struct diags *d, const char *file, int line, int column,
               const char *format, ...)
{
    char text[1024];
    va_list args;

    if (d->count == DIAGS_MAX || !make_room(d)) {
        d->more++;
        return;
    }
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    for (char *c = text; *c; c++)
        if (*c == '\n')
            *c = ' ';
    d->items[d->count++] = (struct diag){strdup(file), line, column, strdup(text)};
}

static int compare(const void *left, const void *right)
{
    const struct diag *a = left, *b = right;
    int order = a->file && b->file ? strcmp(a->file, b->file) : 0;

    if (order == 0)
        order = (a->line > b->line) - (a->line < b->line);
    return order != 0 ? order : (a->column > b->column) - (a->column < b->column);
}

void diags_print(struct diags *d, struct buf *out)
{
    if (d->count)
        qsort(d->items, d->count, sizeof *d->items, compare);
    for (size_t i = 0; i < d->count; i++) {
        const struct diag *item = &d->items[i];
        if (!item->file || !item->text)
            continue;
        buf_add(out, str_of(item->file));
        if (item->line)
            buf_format(out, ":%d", item->line);
        if (item->line && item->column)
            buf_format(out, ":%d", item->column);
        buf_format(out, ": %s\n", item->text);
    }
    if (d->more)
        buf_format(out, "and %zu more\n", d->more);
}

void diags_release(struct diags *d)
{
    for (size_t i = 0; i < d->count; i++) {
        free(d->items[i].file);
        free(d->items[i].text);
    }
    free(d->items);
    *d = (struct diags){0};
}
