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

static char *copy(const char *text)
{
    return text ? strdup(text) : NULL;
}

void diags_add_copy(struct diags *d, const struct diag *item)
{
    if (d->count == DIAGS_MAX || !make_room(d)) {
        d->more++;
        return;
    }
    struct diag *to = &d->items[d->count++];
    *to = *item;
    to->file = copy(item->file);
    to->text = copy(item->text);
    to->help = copy(item->help);
    to->excerpt = copy(item->excerpt);
}

static void add(struct diags *d, struct diag item, const char *format, va_list args)
{
    char text[1024];

    vsnprintf(text, sizeof text, format, args);
    for (char *c = text; *c; c++)
        if (*c == '\n')
            *c = ' ';
    item.text = text;
    diags_add_copy(d, &item);
}

void diags_add(struct diags *d, const char *file, int line, int column,
               const char *format, ...)
{
    va_list args;

    va_start(args, format);
    add(d, (struct diag){.file = (char *)file, .line = line, .column = column}, format,
        args);
    va_end(args);
}

void diags_add_code(struct diags *d, const char *code, const char *file, int line,
                    int column, const char *format, ...)
{
    struct diag item = {.file = (char *)file,
                        .line = line,
                        .column = column,
                        .code = code,
                        .warning = code[0] == 'W'};
    va_list args;

    va_start(args, format);
    add(d, item, format, args);
    va_end(args);
}

void diags_copy(struct diags *d, const struct diags *from)
{
    for (size_t i = 0; i < from->count; i++)
        diags_add_copy(d, &from->items[i]);
    d->more += from->more;
}

static int compare(const void *left, const void *right)
{
    const struct diag *a = left, *b = right;
    int order = a->file && b->file ? strcmp(a->file, b->file) : 0;

    if (order == 0)
        order = (a->line > b->line) - (a->line < b->line);
    if (order == 0)
        order = (a->column > b->column) - (a->column < b->column);
    return order == 0 && a->text && b->text ? strcmp(a->text, b->text) : order;
}

size_t diags_errors(const struct diags *d)
{
    size_t count = d->more;

    for (size_t i = 0; i < d->count; i++)
        count += !d->items[i].warning;
    return count;
}

void diags_sort(struct diags *d)
{
    if (d->count)
        qsort(d->items, d->count, sizeof *d->items, compare);
}

void diag_heading(const struct diag *item, struct buf *out)
{
    buf_add(out, str_of(item->file ? item->file : "?"));
    if (item->line)
        buf_format(out, ":%d", item->line);
    if (item->line && item->column)
        buf_format(out, ":%d", item->column);
    if (item->code)
        buf_format(out, ": %s[%s]", item->warning ? "warning" : "error", item->code);
    buf_format(out, ": %s", item->text ? item->text : "no memory");
}

void diags_print(struct diags *d, struct buf *out)
{
    diags_sort(d);
    for (size_t i = 0; i < d->count; i++) {
        const struct diag *item = &d->items[i];
        diag_heading(item, out);
        buf_byte(out, '\n');
        if (item->excerpt)
            buf_add(out, str_of(item->excerpt));
        if (item->help)
            buf_format(out, "    help: %s\n", item->help);
    }
    if (d->more)
        buf_format(out, "and %zu more\n", d->more);
}

void diags_release(struct diags *d)
{
    for (size_t i = 0; i < d->count; i++) {
        free(d->items[i].file);
        free(d->items[i].text);
        free(d->items[i].help);
        free(d->items[i].excerpt);
    }
    free(d->items);
    *d = (struct diags){0};
}
