/* One pass over the tokens of an element, guided by the shape. Depth of recursion is the
 * shape's; what is not wanted is skipped by counting brackets, whatever its depth. */
#include "internal.h"

static void deliver(struct json_element *out, const struct json_node *n,
                    const struct json_value *value)
{
    for (const struct json_target *t = n->targets; t; t = t->next)
        out->slots[t->slot] = *value;
}

static bool has_backslash(struct str raw)
{
    return raw.size && memchr(raw.at, '\\', raw.size) != NULL;
}

/* A member or element that nothing else wants, into its group. */
static enum walked collect(struct json_guide *g, const struct json_node *n,
                           struct str key, size_t *used, struct json_element *out)
{
    struct json_walk *w = g->walk;

    if (!n->collects || !json_is_scalar(json_peek(w)) || *used == n->group_most)
        return json_skip_value(w);
    struct json_item *item = &out->items[out->item_count]; /* no items: no groups */
    enum walked walked = json_take_scalar(w, &item->value);
    if (walked != WALK_OK)
        return walked;
    item->group = n->group;
    item->key = key;
    if (has_backslash(key))
        item->key = json_text(&(struct json_value){JSON_STRING, true, key}, g->arena);
    (*used)++;
    out->item_count++;
    return WALK_OK;
}

static enum walked walk_value(struct json_guide *g, const struct json_node *n,
                              struct json_element *out);

/* The wanted child of that key, unless an earlier key was the same. */
static const struct json_node *wanted(struct json_guide *g, const struct json_node *n,
                                      struct str key)
{
    const struct json_node *child = json_node_child(n, key);

    if (!child && n->child_count && has_backslash(key)) {
        char text[JSON_PATH_MAX + 1]; /* a key that fills it is no wanted one */
        key = (struct str){text, json_rewrite(key, text, sizeof text)};
        child = json_node_child(n, key);
    }
    if (!child)
        return NULL;
    uint64_t bit = UINT64_C(1) << (child->id % 64);
    if (g->seen[child->id / 64] & bit)
        return NULL;
    g->seen[child->id / 64] |= bit;
    return child;
}

static enum walked walk_object(struct json_guide *g, const struct json_node *n,
                               struct json_element *out)
{
    struct json_walk *w = g->walk;
    unsigned left = n->child_count;
    size_t used = 0;
    enum walked walked;

    if (json_peek(w) == '}') {
        w->next++;
        return WALK_OK;
    }
    do {
        struct str key;
        /* The first of equal keys counts: nothing can come once all were there. */
        if (left == 0 && !n->collects)
            return json_skip_to_close(w);
        walked = json_take_key(w, &key);
        if (walked != WALK_OK)
            return walked;
        const struct json_node *child = wanted(g, n, key);
        left -= child != NULL;
        walked = child ? walk_value(g, child, out) : collect(g, n, key, &used, out);
        if (walked != WALK_OK)
            return walked;
    } while (json_more(w, '}', &walked));
    return walked;
}

static enum walked walk_array(struct json_guide *g, const struct json_node *n,
                              struct json_element *out)
{
    struct json_walk *w = g->walk;
    size_t used = 0;
    enum walked walked;

    if (!n->collects)
        return json_skip_to_close(w);
    if (json_peek(w) == ']') {
        w->next++;
        return WALK_OK;
    }
    do {
        walked = collect(g, n, (struct str){NULL, 0}, &used, out);
        if (walked != WALK_OK)
            return walked;
    } while (json_more(w, ']', &walked));
    return walked;
}

static enum walked walk_value(struct json_guide *g, const struct json_node *n,
                              struct json_element *out)
{
    struct json_value value = {JSON_ABSENT, false, {NULL, 0}};
    struct json_walk *w = g->walk;
    char c = json_peek(w);

    if (!json_is_scalar(c) && c != '{' && c != '[')
        return json_skip_value(w); /* fails, with the reason */
    if (c == '{' || c == '[') {
        value.type = c == '{' ? JSON_OBJECT : JSON_ARRAY;
        deliver(out, n, &value);
        w->next++;
        return c == '{' ? walk_object(g, n, out) : walk_array(g, n, out);
    }
    enum walked walked = json_take_scalar(w, &value);
    if (walked == WALK_OK)
        deliver(out, n, &value);
    return walked;
}

enum walked json_walk_element(struct json_guide *g, struct json_element *out)
{
    struct json_walk *w = g->walk;
    struct json_value value;
    char c = json_peek(w);

    memset(g->seen, 0, (g->shape->node_count + 63) / 64 * sizeof *g->seen);
    if (c == '{') {
        out->type = JSON_OBJECT;
        w->next++;
        return walk_object(g, &g->shape->root, out);
    }
    if (c == '[') {
        out->type = JSON_ARRAY;
        w->next++;
        return json_skip_to_close(w);
    }
    if (!json_is_scalar(c))
        return json_skip_value(w);
    enum walked walked = json_take_scalar(w, &value);
    if (walked == WALK_OK)
        out->type = value.type;
    return walked;
}
