/* One pass over the tokens of an element, guided by the shape. Depth of recursion is the
 * shape's; what is not wanted is skipped by counting brackets, whatever its depth. */
#include "internal.h"

static const signed char bracket_step[256] = {
    ['{'] = 1, ['['] = 1, ['}'] = -1, [']'] = -1};

static enum walked broken(struct json_walk *w, const char *why)
{
    w->error = why;
    return WALK_BROKEN;
}

/* The character at which the next token begins; 0 if there is none. */
static inline char peek(const struct json_walk *w)
{
    return w->next < w->tokens.count ? w->text[w->tokens.at[w->next]] : 0;
}

static inline size_t token_end(const struct json_walk *w)
{
    size_t end = w->next + 1 < w->tokens.count ? w->tokens.at[w->next + 1] : w->size;
    size_t start = w->tokens.at[w->next];

    while (end > start + 1 && (unsigned char)w->text[end - 1] <= ' ')
        end--;
    return end;
}

/* The text between the quotes of the string token that is next. */
static inline enum walked take_string(struct json_walk *w, struct str *raw)
{
    size_t start = w->tokens.at[w->next] + (size_t)1, end = token_end(w);

    if (end <= start || w->text[end - 1] != '"')
        return w->next + 1 == w->tokens.count ? WALK_SHORT
                                              : broken(w, "a string is not closed");
    *raw = (struct str){w->text + start, end - 1 - start};
    w->next++;
    return WALK_OK;
}

/* Behind an opening bracket: to behind the one that closes it. */
static enum walked skip_to_close(struct json_walk *w)
{
    const uint32_t *at = w->tokens.at;
    size_t i = w->next, count = w->tokens.count;

    for (int64_t depth = 1; i < count;) {
        depth += bracket_step[(unsigned char)w->text[at[i++]]];
        if (depth == 0) {
            w->next = i;
            return WALK_OK;
        }
    }
    return WALK_SHORT;
}

static enum walked skip_value(struct json_walk *w)
{
    switch (peek(w)) {
    case 0:
        return w->next < w->tokens.count ? broken(w, "a NUL byte") : WALK_SHORT;
    case '{':
    case '[':
        w->next++;
        return skip_to_close(w);
    case '}':
    case ']':
    case ':':
    case ',':
    case '\n':
        return broken(w, "a value is missing");
    default:
        w->next++;
        return WALK_OK;
    }
}

/* Of a number's characters; whoever converts it sees whether it is one. */
static bool is_number(struct str raw)
{
    for (size_t i = 0; i < raw.size; i++) {
        char c = raw.at[i];
        bool digit = c >= '0' && c <= '9';
        if (!digit && c != '.' && c != '-' && c != '+' && c != 'e' && c != 'E')
            return str_eq(raw, STR("-Infinity"));
    }
    return raw.at[0] == '-' || (raw.at[0] >= '0' && raw.at[0] <= '9');
}

static enum json_type scalar_type(struct str raw)
{
    switch (raw.at[0]) {
    case 't':
        return str_eq(raw, STR("true")) ? JSON_BOOL : JSON_ABSENT;
    case 'f':
        return str_eq(raw, STR("false")) ? JSON_BOOL : JSON_ABSENT;
    case 'n':
        return str_eq(raw, STR("null")) ? JSON_NULL : JSON_ABSENT;
    case 'N':
        return str_eq(raw, STR("NaN")) ? JSON_NUMBER : JSON_ABSENT;
    case 'I':
        return str_eq(raw, STR("Infinity")) ? JSON_NUMBER : JSON_ABSENT;
    default:
        return is_number(raw) ? JSON_NUMBER : JSON_ABSENT;
    }
}

static bool has_backslash(struct str raw)
{
    return raw.size && memchr(raw.at, '\\', raw.size) != NULL;
}

static enum walked take_scalar(struct json_walk *w, struct json_value *out)
{
    if (peek(w) == '"') {
        enum walked walked = take_string(w, &out->raw);
        out->type = walked == WALK_OK ? JSON_STRING : JSON_ABSENT;
        out->escaped = walked == WALK_OK && (w->dirty || has_backslash(out->raw));
        return walked;
    }
    size_t start = w->tokens.at[w->next];
    out->raw = (struct str){w->text + start, token_end(w) - start};
    out->type = scalar_type(out->raw);
    out->escaped = false;
    if (out->type == JSON_ABSENT) {
        out->raw.size = 0;
        return broken(w, "a value is no JSON");
    }
    w->next++;
    return WALK_OK;
}

static void deliver(struct json_element *out, const struct json_node *n,
                    const struct json_value *value)
{
    for (const struct json_target *t = n->targets; t; t = t->next)
        out->slots[t->slot] = *value;
}

static bool is_scalar(char c)
{
    return c != 0 && !strchr("{}[]:,\n", c);
}

/* A member or element that nothing else wants, into its group. */
static enum walked collect(struct json_walk *w, const struct json_node *n, struct str key,
                           size_t *used, struct json_element *out)
{
    struct json_item *item = &out->items[out->item_count];

    if (!n->collects || !is_scalar(peek(w)) || *used == n->group_most)
        return skip_value(w);
    enum walked walked = take_scalar(w, &item->value);
    if (walked != WALK_OK)
        return walked;
    item->group = n->group;
    item->key = key;
    if (has_backslash(key))
        item->key = json_text(&(struct json_value){JSON_STRING, true, key}, w->arena);
    (*used)++;
    out->item_count++;
    return WALK_OK;
}

static enum walked walk_value(struct json_walk *w, const struct json_node *n,
                              struct json_element *out);

/* The wanted child of that key, unless an earlier key was the same. */
static const struct json_node *wanted(struct json_walk *w, const struct json_node *n,
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
    if (w->seen[child->id / 64] & bit)
        return NULL;
    w->seen[child->id / 64] |= bit;
    return child;
}

static enum walked take_key(struct json_walk *w, struct str *key)
{
    if (w->next >= w->tokens.count)
        return WALK_SHORT;
    if (peek(w) != '"')
        return broken(w, "a key is missing");
    enum walked walked = take_string(w, key);
    if (walked != WALK_OK)
        return walked;
    if (w->next >= w->tokens.count)
        return WALK_SHORT;
    if (peek(w) != ':')
        return broken(w, "a key has no value");
    w->next++;
    return WALK_OK;
}

/* Behind a member or element: true if another one follows. */
static bool more(struct json_walk *w, char closing, enum walked *walked)
{
    char c = peek(w);

    *walked = WALK_OK;
    if (c == ',' || c == closing) {
        w->next++;
        return c == ',';
    }
    *walked = w->next < w->tokens.count ? broken(w, "a comma or a bracket is missing")
                                        : WALK_SHORT;
    return false;
}

static enum walked walk_object(struct json_walk *w, const struct json_node *n,
                               struct json_element *out)
{
    unsigned left = n->child_count;
    size_t used = 0;
    enum walked walked;

    if (peek(w) == '}') {
        w->next++;
        return WALK_OK;
    }
    do {
        struct str key;
        /* The first of equal keys counts: nothing can come once all were there. */
        if (left == 0 && !n->collects)
            return skip_to_close(w);
        walked = take_key(w, &key);
        if (walked != WALK_OK)
            return walked;
        const struct json_node *child = wanted(w, n, key);
        left -= child != NULL;
        walked = child ? walk_value(w, child, out) : collect(w, n, key, &used, out);
        if (walked != WALK_OK)
            return walked;
    } while (more(w, '}', &walked));
    return walked;
}

static enum walked walk_array(struct json_walk *w, const struct json_node *n,
                              struct json_element *out)
{
    size_t used = 0;
    enum walked walked;

    if (!n->collects)
        return skip_to_close(w);
    if (peek(w) == ']') {
        w->next++;
        return WALK_OK;
    }
    do {
        walked = collect(w, n, (struct str){NULL, 0}, &used, out);
        if (walked != WALK_OK)
            return walked;
    } while (more(w, ']', &walked));
    return walked;
}

static enum walked walk_value(struct json_walk *w, const struct json_node *n,
                              struct json_element *out)
{
    struct json_value value = {JSON_ABSENT, false, {NULL, 0}};
    char c = peek(w);

    if (!is_scalar(c) && c != '{' && c != '[')
        return skip_value(w); /* fails, with the reason */
    if (c == '{' || c == '[') {
        value.type = c == '{' ? JSON_OBJECT : JSON_ARRAY;
        deliver(out, n, &value);
        w->next++;
        return c == '{' ? walk_object(w, n, out) : walk_array(w, n, out);
    }
    enum walked walked = take_scalar(w, &value);
    if (walked == WALK_OK)
        deliver(out, n, &value);
    return walked;
}

enum walked json_walk_element(struct json_walk *w, struct json_element *out)
{
    struct json_value value;
    char c = peek(w);

    memset(w->seen, 0, (w->shape->node_count + 63) / 64 * sizeof *w->seen);
    if (c == '{') {
        out->type = JSON_OBJECT;
        w->next++;
        return walk_object(w, &w->shape->root, out);
    }
    if (c == '[') {
        out->type = JSON_ARRAY;
        w->next++;
        return skip_to_close(w);
    }
    if (!is_scalar(c))
        return skip_value(w);
    enum walked walked = take_scalar(w, &value);
    if (walked == WALK_OK)
        out->type = value.type;
    return walked;
}
