/* What the files of src/json/ share: tokens, the shape as a tree, one walk. */
#pragma once
#include "spendwarden/json_tokens.h"

#ifdef __cplusplus
extern "C" {
#endif

struct json_index; /* simdjson and its memory (reader.cc) */

struct json_index *json_index_open(void); /* NULL: no memory */
void json_index_close(struct json_index *x);

/* Gives memory back that only a huge text needed. */
void json_index_shrink(struct json_index *x, size_t capacity);

/* False: simdjson refuses the text as a whole (invalid UTF-8, an open string, a control
 * character in a string). JSON_PADDING readable bytes follow it. */
bool json_index_make(struct json_index *x, const char *text, size_t size,
                     struct json_tokens *out);

#ifdef __cplusplus
}
#endif

/* The same for text that simdjson refuses; slower, never fails. `at` has room for
 * size + 1. A string that is still open at a line break ends there: a token at the line
 * break says so. */
size_t json_scan(const char *text, size_t size, uint32_t *at);

/* From text[i] on, to what is no space. */
size_t json_skip_space(struct str text, size_t i);

/* Where the array begins that is the member `key` of the object `text`; 0: nowhere. */
size_t json_array_in(struct str text, struct str key);

enum { NODES_MAX = 1024 };

struct json_target {
    unsigned slot;
    struct json_target *next;
};

/* One key of the wanted paths. */
struct json_node {
    struct str key; /* owned */
    unsigned id;    /* below NODES_MAX */
    struct json_node *children, *sibling;
    unsigned child_count;
    struct json_node **table; /* of the children, by json_key_hash */
    unsigned table_mask;
    struct json_target *targets;
    bool collects;
    unsigned group;
    size_t group_most;
};

struct json_shape {
    struct json_node root;
    bool flat;
    unsigned node_count, slot_count; /* slot_count: the highest wanted one + 1 */
    size_t item_count;               /* sum of all groups' most */
};

struct json_node *json_node_child(const struct json_node *n, struct str key);

/* Whom a walk asks what is wanted. */
struct json_guide {
    struct json_walk *walk; /* borrowed */
    const struct json_shape *shape;
    struct arena *arena;
    uint64_t seen[NODES_MAX / 64];
};

/* Reads the element that is next and moves behind it. */
enum walked json_walk_element(struct json_guide *g, struct json_element *out);

/* Reads later bodies in windows of so many bytes: tests make them small. */
void json_reader_window(struct json_reader *r, size_t size);
