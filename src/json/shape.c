#include "internal.h"

#include <stdlib.h>

/* The keys of one object mostly differ in length and in these three bytes. */
static unsigned key_hash(struct str key)
{
    if (key.size == 0)
        return 0;
    unsigned char first = (unsigned char)key.at[0];
    unsigned char middle = (unsigned char)key.at[key.size / 2];
    unsigned char last = (unsigned char)key.at[key.size - 1];
    return (unsigned)key.size * 5U + first * 31U + middle * 127U + last * 7U;
}

struct json_node *json_node_child(const struct json_node *n, struct str key)
{
    if (!n->table)
        return NULL;
    for (unsigned i = key_hash(key) & n->table_mask;; i = (i + 1) & n->table_mask) {
        struct json_node *child = n->table[i];
        if (!child || str_eq(child->key, key))
            return child;
    }
}

static void put(struct json_node *n, struct json_node *child)
{
    unsigned i = key_hash(child->key) & n->table_mask;

    while (n->table[i])
        i = (i + 1) & n->table_mask;
    n->table[i] = child;
}

/* Four places a child: the walk looks up many keys that are not there. */
static bool index_children(struct json_node *n)
{
    unsigned places = 4;

    while (places < 4 * (n->child_count + 1))
        places *= 2;
    if (places > n->table_mask + 1 || !n->table) {
        struct json_node **table = calloc(places, sizeof *table);
        if (!table)
            return false;
        free((void *)n->table);
        n->table = table;
        n->table_mask = places - 1;
        for (struct json_node *child = n->children; child; child = child->sibling)
            put(n, child);
    }
    return true;
}

static void node_free(struct json_node *n)
{
    if (!n)
        return;
    free((void *)n->key.at);
    free(n);
}

static struct json_node *node_new(struct str key, unsigned id)
{
    struct json_node *n = calloc(1, sizeof *n);
    char *copy = malloc(key.size + 1);

    if (!n || !copy) {
        free(n);
        free(copy);
        return NULL;
    }
    memcpy(copy, key.at, key.size);
    n->key = (struct str){copy, key.size};
    n->id = id;
    return n;
}

static struct json_node *add_child(struct json_shape *s, struct json_node *parent,
                                   struct str key)
{
    struct json_node *child = json_node_child(parent, key);

    if (child)
        return child;
    if (s->node_count == NODES_MAX || !index_children(parent))
        return NULL;
    child = node_new(key, s->node_count);
    if (!child)
        return NULL;
    s->node_count++;
    child->sibling = parent->children;
    parent->children = child;
    parent->child_count++;
    put(parent, child);
    return child;
}

/* Up to the next dot that has no backslash before it, which goes; *end is behind it. */
static struct str next_key(struct str path, size_t first, bool flat, char *room,
                           size_t *end)
{
    size_t size = 0, i = first;

    while (i < path.size && (flat || path.at[i] != '.')) {
        if (!flat && path.at[i] == '\\' && i + 1 < path.size && path.at[i + 1] == '.')
            i++;
        room[size++] = path.at[i++];
    }
    *end = i;
    return (struct str){room, size};
}

static struct json_node *add_path(struct json_shape *s, struct str path, struct err *err)
{
    struct json_node *n = &s->root;
    char room[JSON_PATH_MAX];
    size_t depth = 0;

    if (path.size == 0 || path.size > JSON_PATH_MAX) {
        err_set(err, ERR_CONFIG, "a path has 1 to %d bytes", JSON_PATH_MAX);
        return NULL;
    }
    for (size_t first = 0, end; first <= path.size; first = end + 1) {
        struct str key = next_key(path, first, s->flat, room, &end);
        if (end == first || ++depth > JSON_DEPTH_MAX) {
            err_set(err, ERR_CONFIG, "path \"%.*s\": an empty key, or more than %d keys",
                    STR_ARG(path), JSON_DEPTH_MAX);
            return NULL;
        }
        n = add_child(s, n, key);
        if (!n) {
            err_set(err, ERR_LIMIT, "path \"%.*s\": too many paths", STR_ARG(path));
            return NULL;
        }
    }
    return n;
}

struct json_shape *json_shape_new(void)
{
    struct json_shape *s = calloc(1, sizeof *s);

    if (s)
        s->node_count = 1; /* the root */
    return s;
}

void json_shape_flat(struct json_shape *s)
{
    s->flat = true;
}

static void free_targets(struct json_node *n)
{
    while (n->targets) {
        struct json_target *next = n->targets->next;
        free(n->targets);
        n->targets = next;
    }
}

/* Depth is at most JSON_DEPTH_MAX. */
static void free_below(struct json_node *n)
{
    while (n->children) {
        struct json_node *child = n->children;
        n->children = child->sibling;
        free_below(child);
        node_free(child);
    }
    free_targets(n);
    free((void *)n->table);
}

void json_shape_free(struct json_shape *s)
{
    if (!s)
        return;
    free_below(&s->root);
    free(s);
}

bool json_shape_want(struct json_shape *s, struct str path, unsigned slot,
                     struct err *err)
{
    if (slot >= JSON_SLOTS_MAX)
        return err_set(err, ERR_LIMIT, "path \"%.*s\": more than %d paths", STR_ARG(path),
                       JSON_SLOTS_MAX);
    struct json_node *n = add_path(s, path, err);
    if (!n)
        return false;
    struct json_target *target = malloc(sizeof *target);
    if (!target)
        return err_set(err, ERR_MEMORY, "no memory for a path");
    *target = (struct json_target){slot, n->targets};
    n->targets = target;
    if (slot >= s->slot_count)
        s->slot_count = slot + 1;
    return true;
}

bool json_shape_collect(struct json_shape *s, struct str path, unsigned group,
                        size_t most, struct err *err)
{
    struct json_node *n = add_path(s, path, err);

    if (!n)
        return false;
    if (n->collects || most > JSON_ITEMS_MAX - s->item_count)
        return err_set(err, ERR_LIMIT,
                       "path \"%.*s\": collected twice, or too many items",
                       STR_ARG(path));
    n->collects = true;
    n->group = group;
    n->group_most = most;
    s->item_count += most;
    return true;
}
