/* libyaml's events to a tree, with a stack of our own: no recursion, whatever the file.
 */
#include "spendwarden/yaml.h"

#include <stdlib.h>
#include <yaml.h>

struct frame {
    size_t first; /* of its children among the nodes that wait for their parent */
    struct yaml_node node;
};

struct builder {
    const char *name;
    struct arena *arena;     /* borrowed */
    struct diags *diags;     /* borrowed */
    struct yaml_node *nodes; /* owned; complete, but their parent is not */
    size_t count, capacity;
    struct frame frames[YAML_DEPTH_MAX];
    size_t depth;
    size_t documents;
    bool wrong;   /* something was refused; go on for more errors */
    bool stopped; /* no sense in going on */
};

static void refuse(struct builder *b, yaml_mark_t at, const char *text)
{
    diags_add(b->diags, b->name, (int)at.line + 1, (int)at.column + 1, "%s", text);
    b->wrong = true;
}

static void stop(struct builder *b, yaml_mark_t at, const char *text)
{
    refuse(b, at, text);
    b->stopped = true;
}

static void out_of_memory(struct builder *b)
{
    diags_add(b->diags, b->name, 0, 0, "needs more memory than it may have");
    b->wrong = b->stopped = true;
}

static void push(struct builder *b, struct yaml_node node)
{
    if (b->count == b->capacity) {
        size_t capacity = b->capacity ? b->capacity * 2 : 64;
        void *grown = realloc(b->nodes, capacity * sizeof *b->nodes);
        if (!grown) {
            out_of_memory(b);
            return;
        }
        b->nodes = grown;
        b->capacity = capacity;
    }
    b->nodes[b->count++] = node;
}

static struct yaml_node node_at(enum yaml_kind kind, yaml_mark_t at)
{
    return (struct yaml_node){
        .kind = kind, .line = (int)at.line + 1, .column = (int)at.column + 1};
}

/* The next node of a map, if it stands where a key does. */
static bool is_key(const struct builder *b)
{
    if (b->depth == 0)
        return false;
    const struct frame *parent = &b->frames[b->depth - 1];
    return parent->node.kind == YAML_MAP && (b->count - parent->first) % 2 == 0;
}

static void refuse_extras(struct builder *b, const yaml_event_t *e, const void *anchor,
                          const void *tag)
{
    if (anchor)
        refuse(b, e->start_mark, "anchors (&name) are not allowed: write the value out");
    if (tag)
        refuse(b, e->start_mark, "tags (!name) are not allowed");
}

static void on_scalar(struct builder *b, const yaml_event_t *e)
{
    struct yaml_node node = node_at(YAML_SCALAR, e->start_mark);
    struct str text = {(const char *)e->data.scalar.value, e->data.scalar.length};

    refuse_extras(b, e, e->data.scalar.anchor, e->data.scalar.tag);
    if (text.size && memchr(text.at, '\0', text.size))
        refuse(b, e->start_mark, "text must not hold a NUL character");
    node.quoted = e->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    node.text = (struct str){arena_cstr(b->arena, text), text.size};
    if (node.text.at)
        push(b, node);
    else
        out_of_memory(b);
}

static void on_alias(struct builder *b, const yaml_event_t *e)
{
    struct yaml_node node = node_at(YAML_SCALAR, e->start_mark);

    refuse(b, e->start_mark, "aliases (*name) are not allowed: write the value out");
    node.text = STR("");
    push(b, node);
}

static void on_start(struct builder *b, enum yaml_kind kind, const yaml_event_t *e,
                     const void *anchor, const void *tag)
{
    refuse_extras(b, e, anchor, tag);
    if (is_key(b)) {
        stop(b, e->start_mark, "a key must be a text, not a list or a map");
    } else if (b->depth == YAML_DEPTH_MAX) {
        stop(b, e->start_mark, "is nested too deeply");
    } else {
        struct frame *frame = &b->frames[b->depth++];
        frame->first = b->count;
        frame->node = node_at(kind, e->start_mark);
    }
}

static int compare_keys(const void *left, const void *right)
{
    const struct yaml_node *a = *(const struct yaml_node *const *)left;
    const struct yaml_node *b = *(const struct yaml_node *const *)right;
    int order = str_compare(a->text, b->text);

    return order != 0 ? order : (a > b) - (a < b);
}

/* By sorting: a map may have a hundred thousand keys. */
static void refuse_repeated_keys(struct builder *b, const struct yaml_node *map)
{
    const struct yaml_node **sorted = calloc(map->count + 1, sizeof *sorted);

    if (!sorted) {
        out_of_memory(b);
        return;
    }
    for (size_t i = 0; i < map->count; i++)
        sorted[i] = &map->keys[i];
    qsort(sorted, map->count, sizeof *sorted, compare_keys);
    for (size_t i = 1; i < map->count; i++) {
        const struct yaml_node *before = sorted[i - 1], *key = sorted[i];
        if (!str_eq(before->text, key->text))
            continue;
        diags_add(b->diags, b->name, key->line, key->column,
                  "key \"%.*s\" is already in line %d", STR_ARG(key->text), before->line);
        b->wrong = true;
    }
    free(sorted);
}

static struct yaml_node *copy_nodes(struct builder *b, size_t first, size_t step,
                                    size_t count)
{
    struct yaml_node *copy = arena_alloc(b->arena, (count + 1) * sizeof *copy);

    if (!copy) {
        out_of_memory(b);
        return NULL;
    }
    for (size_t i = 0; i < count; i++)
        copy[i] = b->nodes[first + i * step];
    return copy;
}

static void on_end(struct builder *b)
{
    struct frame *frame = &b->frames[--b->depth];
    struct yaml_node node = frame->node;
    bool map = node.kind == YAML_MAP;
    size_t step = map ? 2 : 1;

    node.count = (b->count - frame->first) / step;
    node.values = copy_nodes(b, frame->first + (map ? 1 : 0), step, node.count);
    if (map)
        node.keys = copy_nodes(b, frame->first, step, node.count);
    if (b->stopped)
        return;
    if (map)
        refuse_repeated_keys(b, &node);
    b->count = frame->first;
    push(b, node);
}

static void on_event(struct builder *b, const yaml_event_t *e)
{
    switch (e->type) {
    case YAML_DOCUMENT_START_EVENT:
        if (b->documents++)
            stop(b, e->start_mark, "a second document (---) is not allowed");
        break;
    case YAML_SCALAR_EVENT:
        on_scalar(b, e);
        break;
    case YAML_ALIAS_EVENT:
        on_alias(b, e);
        break;
    case YAML_SEQUENCE_START_EVENT:
        on_start(b, YAML_LIST, e, e->data.sequence_start.anchor,
                 e->data.sequence_start.tag);
        break;
    case YAML_MAPPING_START_EVENT:
        on_start(b, YAML_MAP, e, e->data.mapping_start.anchor, e->data.mapping_start.tag);
        break;
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        on_end(b);
        break;
    case YAML_STREAM_END_EVENT:
        b->stopped = true;
        break;
    default:
        break;
    }
}

/* The reader knows only the byte at which the text stopped being UTF-8. */
static yaml_mark_t mark_of_byte(struct str text, size_t offset)
{
    yaml_mark_t at = {.index = offset};

    for (size_t i = 0; i < offset && i < text.size; i++) {
        bool newline = text.at[i] == '\n';
        bool continued = ((unsigned char)text.at[i] & 0xc0) == 0x80;
        at.line += newline;
        at.column = newline ? 0 : at.column + !continued;
    }
    return at;
}

/* A mark's index counts characters. */
static bool is_tab_at(struct str text, size_t index)
{
    size_t i = 0;

    for (; i < text.size; i++) {
        bool continued = ((unsigned char)text.at[i] & 0xc0) == 0x80;
        if (!continued && index-- == 0)
            break;
    }
    return i < text.size && text.at[i] == '\t';
}

static void refuse_syntax(struct builder *b, const yaml_parser_t *p, struct str text)
{
    const char *problem = p->problem ? p->problem : "cannot be parsed";
    yaml_mark_t at = p->problem_mark;

    if (p->error == YAML_MEMORY_ERROR) {
        out_of_memory(b);
        return;
    }
    if (p->error == YAML_READER_ERROR)
        at = mark_of_byte(text, p->problem_offset);
    else if (p->error == YAML_SCANNER_ERROR && is_tab_at(text, at.index))
        problem = "a tab, where YAML wants spaces";
    diags_add(b->diags, b->name, (int)at.line + 1, (int)at.column + 1,
              p->context ? "not YAML: %s (%s, line %d)" : "not YAML: %s", problem,
              p->context, (int)p->context_mark.line + 1);
    b->wrong = b->stopped = true;
}

static void run(struct builder *b, yaml_parser_t *p, struct str text)
{
    yaml_event_t event;

    while (!b->stopped) {
        if (!yaml_parser_parse(p, &event)) {
            refuse_syntax(b, p, text);
            return;
        }
        on_event(b, &event);
        yaml_event_delete(&event);
    }
}

/* The one node that is left, or an empty map. */
static bool finish(struct builder *b, struct yaml_node **out)
{
    struct yaml_node root = {.kind = YAML_MAP, .line = 1, .column = 1};

    if (b->wrong)
        return false;
    if (b->count && !(yaml_is_null(&b->nodes[0]) && b->nodes[0].text.size == 0))
        root = b->nodes[0];
    *out = arena_alloc(b->arena, sizeof **out);
    if (!*out) {
        out_of_memory(b);
        return false;
    }
    **out = root;
    return true;
}

bool yaml_parse(struct yaml_node **out, struct str text, const char *name,
                struct arena *arena, struct diags *diags)
{
    struct builder b = {.name = name, .arena = arena, .diags = diags};
    yaml_parser_t parser;

    *out = NULL;
    if (!yaml_parser_initialize(&parser)) {
        out_of_memory(&b);
        return false;
    }
    yaml_parser_set_input_string(&parser, (const unsigned char *)(text.at ? text.at : ""),
                                 text.size);
    run(&b, &parser, text);
    bool ok = finish(&b, out);
    yaml_parser_delete(&parser);
    free(b.nodes);
    return ok;
}
