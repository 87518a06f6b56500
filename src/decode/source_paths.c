/* Paths to slots: of JSON, of attributes, and of JSON that an attribute holds as text. */
#include "internal.h"

#include <stdio.h>

#include "mapping.h"
#include "spendwarden/hash.h"

static bool want_below(struct source *s, const char *root, struct str path, unsigned slot,
                       struct err *err)
{
    char whole[JSON_PATH_MAX + 1];
    int size = snprintf(whole, sizeof whole, "%s.%.*s", root, STR_ARG(path));

    if ((size_t)size >= sizeof whole)
        return err_set(err, ERR_CONFIG, "the path has more than %d bytes", JSON_PATH_MAX);
    return json_shape_want(s->shape, str_of(whole), slot, err);
}

static unsigned first_place(struct str name)
{
    return (unsigned)hash_of(name, 0) % ATTRIBUTE_PLACES;
}

const struct attribute *attribute_find(const struct attributes *a, struct str name)
{
    for (unsigned i = first_place(name);; i = (i + 1) % ATTRIBUTE_PLACES) {
        if (!a->places[i].name.size)
            return NULL;
        if (str_eq(a->places[i].name, name))
            return &a->places[i];
    }
}

/* There are fewer slots than places. */
static struct attribute *attribute_add(struct source *s, struct str name)
{
    unsigned i = first_place(name);

    while (s->attributes->places[i].name.size)
        i = (i + 1) % ATTRIBUTE_PLACES;
    s->attributes->places[i].name = name;
    return &s->attributes->places[i];
}

static bool add_slot(struct source *s, struct str path, unsigned *slot, struct err *err)
{
    unsigned most = s->format->enveloped ? ENVELOPE_STRIDE : JSON_SLOTS_MAX;

    if (s->slot_count == most)
        return err_set(err, ERR_LIMIT, "a source reads at most %u paths", most);
    *slot = s->slot_count;
    s->wanted[*slot] = arena_copy(&s->arena, path);
    if (path.size && !s->wanted[*slot].size)
        return err_set(err, ERR_MEMORY, "no memory");
    s->slot_count++;
    return true;
}

static bool find_slot(const struct source *s, struct str path, unsigned *slot)
{
    for (*slot = 0; *slot < s->slot_count; (*slot)++)
        if (str_eq(s->wanted[*slot], path))
            return true;
    return false;
}

static bool want_plain(struct source *s, struct str path, unsigned *slot, struct err *err)
{
    if (s->mapping && find_slot(s, path, slot))
        return true;
    if (!add_slot(s, path, slot, err))
        return false;
    if (s->attributes) {
        if (!path.size)
            return err_set(err, ERR_CONFIG, "an empty path");
        attribute_add(s, s->wanted[*slot])->slot = *slot;
        return true;
    }
    if (!json_shape_want(s->shape, path, *slot, err))
        return false;
    return !s->format->enveloped ||
           want_below(s, "data", path, *slot + ENVELOPE_STRIDE, err);
}

static struct embedded *embedded_in(struct source *s, unsigned text_slot, struct err *err)
{
    for (unsigned i = 0; i < s->embedded_count; i++)
        if (s->embedded[i].text_slot == text_slot)
            return &s->embedded[i];
    if (s->embedded_count == EMBEDDED_MAX) {
        err_set(err, ERR_LIMIT, "a source looks into at most %d texts", EMBEDDED_MAX);
        return NULL;
    }
    if (!s->embedded)
        s->embedded = arena_zalloc(&s->arena, EMBEDDED_MAX * sizeof *s->embedded);
    struct json_shape *shape = s->embedded ? json_shape_new() : NULL;
    if (!shape) {
        err_set(err, ERR_MEMORY, "no memory for a path");
        return NULL;
    }
    struct embedded *e = &s->embedded[s->embedded_count++];
    *e = (struct embedded){.text_slot = text_slot, .shape = shape};
    return e;
}

static bool want_embedded(struct source *s, struct str whole, struct str text,
                          struct str path, unsigned *slot, struct err *err)
{
    unsigned text_slot;

    if (find_slot(s, whole, slot))
        return true;
    if (!want_plain(s, text, &text_slot, err))
        return false;
    struct embedded *e = embedded_in(s, text_slot, err);
    if (!e || !add_slot(s, whole, slot, err) ||
        !json_shape_want(e->shape, path, e->count, err))
        return false;
    e->slots[e->count++] = (uint16_t)*slot;
    s->embedded_of[*slot] = (uint8_t)(e - s->embedded + 1);
    return true;
}

bool source_want(struct source *s, struct str path, unsigned *slot, struct err *err)
{
    const struct str into = STR(" > ");
    const char *at =
        s->mapping && path.size ? memmem(path.at, path.size, into.at, into.size) : NULL;

    if (!at)
        return want_plain(s, path, slot, err);
    struct str text = {path.at, (size_t)(at - path.at)};
    return want_embedded(s, path, text, str_from(path, text.size + into.size), slot, err);
}

bool source_want_tags(struct source *s, struct str path, struct err *err)
{
    char below[JSON_PATH_MAX];
    unsigned slot;

    s->tags_by_caller |= source_is_by_caller(s, path);
    if (s->attributes) {
        if (!want_plain(s, path, &slot, err))
            return false;
        for (unsigned i = 0; i < ATTRIBUTE_PLACES; i++)
            if (str_eq(s->attributes->places[i].name, path))
                s->attributes->places[i].tags = true;
        return true;
    }
    if (!json_shape_collect(s->shape, path, GROUP_TAGS, TAGS_LOOKED_AT, err))
        return false;
    if (!s->format->enveloped)
        return true;
    snprintf(below, sizeof below, "data.%.*s", STR_ARG(path));
    return json_shape_collect(s->shape, str_of(below), GROUP_TAGS_IN_ENVELOPE,
                              TAGS_LOOKED_AT, err);
}

void source_release_paths(struct source *s)
{
    json_shape_free(s->shape);
    for (unsigned i = 0; i < s->embedded_count; i++)
        json_shape_free(s->embedded[i].shape);
}
