/* Reads ingest JSON at speed: only wanted paths are looked at, the rest is skipped.
 * Tolerates what gateways really send: bare NaN and Infinity, integers over 64 bits,
 * lone surrogates, invalid UTF-8, a body cut off in the middle. simdjson behind one
 * C interface (json/reader.cc); jansson serves everything that is not ingest. */
#pragma once
#include "spendwarden/arena.h"
#include "spendwarden/err.h"

enum {
    JSON_PADDING = 64,
    JSON_SLOTS_MAX = 320,
    JSON_ITEMS_MAX = 1024, /* of all groups of a shape together */
    JSON_PATH_MAX = 200,
    JSON_DEPTH_MAX = 16, /* keys in a path */
};

enum json_type {
    JSON_ABSENT,
    JSON_NULL,
    JSON_BOOL,
    JSON_NUMBER, /* also NaN and Infinity: whoever converts it refuses them */
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT,
};

/* A value as it stands in the body. */
struct json_value {
    enum json_type type;
    bool escaped; /* a string to be rewritten: a backslash, or bytes that may be no UTF-8
                   */
    struct str raw; /* borrowed from the body; a string without its quotes; arrays and
                       objects: empty */
};

/* Which paths are wanted, compiled to a tree. Immutable after building: any thread. */
struct json_shape;

struct json_shape *json_shape_new(void); /* NULL: no memory */
void json_shape_free(struct json_shape *s);

/* A path is one key from now on, dots and all. */
void json_shape_flat(struct json_shape *s);

/* `path` is keys joined by '.', from the element's root; "\\." is a dot in a key. The
 * value is delivered in slot `slot`. A path may be added to several slots. */
bool json_shape_want(struct json_shape *s, struct str path, unsigned slot,
                     struct err *err);

/* The scalar members of the object, or the scalar elements of the array, at `path` are
 * delivered as items of group `group` (members by key, elements with an empty key);
 * wanted slots below it work as well. At most `most` items per element, then the rest
 * is skipped. */
bool json_shape_collect(struct json_shape *s, struct str path, unsigned group,
                        size_t most, struct err *err);

struct json_item {
    unsigned group;
    struct str key; /* unescaped, in the arena if it had to be */
    struct json_value value;
};

/* One element as read. */
struct json_element {
    size_t index;        /* in the body, from 0 */
    size_t position;     /* byte offset of its first byte */
    enum json_type type; /* of the element itself; JSON_ABSENT: it could not be read */
    const char *error;   /* static; why it could not be read, else NULL */
    bool ends;           /* with an error: nothing behind it can be read either */
    struct json_value slots[JSON_SLOTS_MAX];
    size_t item_count;
    struct json_item *items; /* valid until the next element */
};

/* One per thread; keeps its buffers between bodies. */
struct json_reader;

bool json_reader_open(struct json_reader **out, struct err *err);
void json_reader_close(struct json_reader *r);

/* Begins a body: one object, an array of elements, or objects separated by white
 * space (NDJSON), told apart by the body. JSON_PADDING bytes behind it must be
 * readable. Elements that repeat a key keep its first value. Bodies that are broken
 * are read as far as possible. `body` and `arena` must live until the last element
 * is done with. */
void json_begin(struct json_reader *r, const struct json_shape *shape, struct str body,
                struct arena *arena);

/* The same where the elements are in the array that is the body's member `key`; without
 * one, as above. What follows the array is not looked at. */
void json_begin_in(struct json_reader *r, const struct json_shape *shape, struct str key,
                   struct str body, struct arena *arena);

/* The next element, also one that could not be read (type JSON_ABSENT, error set); a
 * body that breaks in the middle yields what came before, then one such element.
 * False: no more. */
bool json_next(struct json_reader *r, struct json_element *out);

/* --- values --- */

/* The text of a string; unescaped into the arena if needed, lone surrogates and invalid
 * UTF-8 as U+FFFD, NUL dropped. Empty for other types. */
struct str json_text(const struct json_value *v, struct arena *arena);

/* The same, cut at `most` bytes at the most, at a character: what a client may choose at
 * any length costs no more than that. */
struct str json_text_most(const struct json_value *v, size_t most, struct arena *arena);

/* A string as above, or the raw text of a number or a bool. Empty otherwise. */
struct str json_scalar(const struct json_value *v, struct arena *arena);

/* An integer that fits, also written as 12.0, 1.2e1 or "12". False otherwise. */
bool json_int64(const struct json_value *v, int64_t *out);

static inline bool json_true(const struct json_value *v)
{
    return v->type == JSON_BOOL && v->raw.size == 4;
}
