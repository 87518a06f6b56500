/* JSON that a value holds as text: usage objects of SDKs, mostly. It is read only when a
 * path into it is asked for, since the names before it usually have the value. */
#include "internal.h"

#include <stdlib.h>

struct embedded_reader {
    struct json_reader *json;
    struct json_element element;
};

struct embedded_reader *embedded_reader_open(void)
{
    struct embedded_reader *r = calloc(1, sizeof *r);
    struct err err = {0};

    if (r && json_reader_open(&r->json, &err))
        return r;
    free(r);
    return NULL;
}

void embedded_reader_close(struct embedded_reader *r)
{
    if (!r)
        return;
    json_reader_close(r->json);
    free(r);
}

/* A copy that may be read beyond its end; empty: too long, or no memory. */
static struct str padded(const struct json_value *v, struct arena *arena)
{
    struct str text = v->type == JSON_STRING && v->raw.size <= EMBEDDED_TEXT_MAX
                          ? json_text(v, arena)
                          : (struct str){NULL, 0};
    char *copy = text.size ? arena_alloc(arena, text.size + JSON_PADDING) : NULL;

    if (!copy)
        return (struct str){NULL, 0};
    memcpy(copy, text.at, text.size);
    memset(copy + text.size, 0, JSON_PADDING);
    return (struct str){copy, text.size};
}

void embedded_read(struct decoding *d, unsigned number)
{
    const struct embedded *e = &d->source->embedded[number - 1];
    struct json_value *slots = d->slots;
    struct json_element *inner = &d->embedded->element;

    d->embedded_read |= 1U << number;
    for (unsigned i = 0; i < e->count; i++)
        slots[e->slots[i]].type = JSON_ABSENT;
    struct str text = padded(&d->slots[e->text_slot], d->arena);
    if (!text.size)
        return;
    json_begin(d->embedded->json, e->shape, text, d->arena);
    if (!json_next(d->embedded->json, inner) || inner->error)
        return;
    for (unsigned i = 0; i < e->count; i++)
        slots[e->slots[i]] = inner->slots[i];
}
