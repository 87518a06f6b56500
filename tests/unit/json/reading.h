/* What the JSON tests share: a reader on a body in memory of its own. */
#pragma once
#include "../unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "spendwarden/buf.h"
#include "spendwarden/json.h"

enum { SLOT_A, SLOT_B, SLOT_DEEP, SLOT_OBJECT, GROUP = 7, GROUP_MOST = 4 };

struct reading {
    struct json_shape *shape;
    struct json_reader *reader;
    struct arena arena;
    char *body;
    struct json_element element;
};

static inline void want(struct json_shape *shape, const char *path, unsigned slot)
{
    struct err err = {0};

    assert_true(json_shape_want(shape, str_of(path), slot, &err));
}

/* The body in memory of its own, with exactly the padding that is promised. */
static inline struct reading *begin(const char *text, size_t size)
{
    struct reading *r = calloc(1, sizeof *r);
    struct err err = {0};

    r->shape = json_shape_new();
    want(r->shape, "a", SLOT_A);
    want(r->shape, "b", SLOT_B);
    want(r->shape, "x.y.z", SLOT_DEEP);
    want(r->shape, "x", SLOT_OBJECT);
    assert_true(json_shape_collect(r->shape, STR("list"), GROUP, GROUP_MOST, &err));
    assert_true(json_shape_collect(r->shape, STR("map"), GROUP + 1, GROUP_MOST, &err));
    assert_true(json_reader_open(&r->reader, &err));
    arena_init(&r->arena, 0);
    r->body = malloc(size + JSON_PADDING);
    memcpy(r->body, text, size);
    memset(r->body + size, ' ', JSON_PADDING);
    json_begin(r->reader, r->shape, (struct str){r->body, size}, &r->arena);
    return r;
}

static inline struct reading *begin_text(const char *text)
{
    return begin(text, strlen(text));
}

static inline void end(struct reading *r)
{
    json_reader_close(r->reader);
    json_shape_free(r->shape);
    arena_release(&r->arena);
    free(r->body);
    free(r);
}

static inline bool next(struct reading *r)
{
    return json_next(r->reader, &r->element);
}

static inline void assert_str(struct str text, const char *expected)
{
    assert_int_equal(text.size, strlen(expected));
    assert_memory_equal(text.at, expected, text.size);
}

static inline void assert_raw(struct reading *r, unsigned slot, enum json_type type,
                              const char *raw)
{
    assert_int_equal(r->element.slots[slot].type, type);
    assert_str(r->element.slots[slot].raw, raw);
}

static inline void assert_element(struct reading *r, const char *a)
{
    assert_true(next(r));
    assert_null(r->element.error);
    assert_raw(r, SLOT_A, JSON_NUMBER, a);
}

static inline void assert_error(struct reading *r, bool ends)
{
    assert_true(next(r));
    assert_non_null(r->element.error);
    assert_int_equal(r->element.type, JSON_ABSENT);
    assert_int_equal(r->element.slots[SLOT_A].type, JSON_ABSENT);
    assert_int_equal(r->element.ends, ends);
}

static inline void assert_text(const char *json, const char *expected)
{
    struct reading *r = begin_text(json);

    assert_true(next(r));
    assert_null(r->element.error);
    assert_str(json_text(&r->element.slots[SLOT_A], &r->arena), expected);
    end(r);
}
