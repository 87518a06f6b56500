/* A body as a sequence of elements: windows of whole tokens, separators, and how to go
 * on behind what is broken. */
#include "internal.h"

#include <stdlib.h>

enum {
    WINDOW_SIZE = 1024 * 1024,      /* simdjson's index takes 4 bytes a byte */
    ELEMENT_MAX = 64 * 1024 * 1024, /* a longer one cannot be read */
    CUT_SEARCH = 64 * 1024,
};

enum layout { LAYOUT_ARRAY, LAYOUT_SEQUENCE };

struct json_reader {
    struct json_walk walk; /* of the window; its token offsets count from there */
    struct json_guide guide;
    struct json_tokenizer *tokenizer;
    struct json_item *items; /* owned */
    size_t item_capacity;
    struct str body;
    size_t window;      /* where it starts in the body */
    size_t window_most; /* bytes that it might have had */
    size_t window_size; /* bytes of a window that need not be larger */
    bool final;         /* it reaches the end of the body */
    bool done;
    bool inside;    /* the array is a part of the body */
    bool lines_end; /* no further line begins with an object */
    enum layout layout;
    size_t element_count;
};

size_t json_skip_space(struct str text, size_t i)
{
    while (i < text.size && (text.at[i] == ' ' || text.at[i] == '\n' ||
                             text.at[i] == '\r' || text.at[i] == '\t'))
        i++;
    return i;
}

/* An object begins at text[i]: inside a string the quote behind the brace would have a
 * backslash before it. */
static bool object_begins(const char *text, size_t size, size_t i)
{
    return i + 1 < size && text[i] == '{' && text[i + 1] == '"';
}

/* Where a window of at most `size` bytes may end so that no token is cut: before the
 * last object that begins. simdjson refuses it if that was inside a string after all. */
static size_t window_cut(const char *text, size_t size)
{
    size_t least = size > CUT_SEARCH ? size - CUT_SEARCH : 1;

    for (size_t i = size; i > least; i--)
        if (object_begins(text, size, i - 1))
            return i - 1;
    return size;
}

/* Reads the tokens of the `size` bytes from `from`, or of a little less. */
static bool load_window(struct json_reader *r, size_t from, size_t size)
{
    struct str rest = {r->body.at + from, r->body.size - from};

    r->window = from;
    r->window_most = size;
    r->final = rest.size <= size;
    if (!r->final)
        rest.size = window_cut(rest.at, size);
    return json_tokenize(r->tokenizer, &r->walk, rest.at, rest.size);
}

bool json_reader_open(struct json_reader **out, struct err *err)
{
    struct json_reader *r = calloc(1, sizeof *r);

    *out = NULL;
    if (r)
        r->tokenizer = json_tokenizer_open();
    if (!r || !r->tokenizer) {
        json_reader_close(r);
        return err_set(err, ERR_MEMORY, "no memory for a JSON reader");
    }
    r->guide.walk = &r->walk;
    r->done = true;
    r->window_size = WINDOW_SIZE;
    *out = r;
    return true;
}

void json_reader_close(struct json_reader *r)
{
    if (!r)
        return;
    json_tokenizer_close(r->tokenizer);
    free(r->items);
    free(r);
}

void json_reader_window(struct json_reader *r, size_t size)
{
    r->window_size = size;
}

static bool reserve_items(struct json_reader *r, size_t count)
{
    if (count <= r->item_capacity)
        return true;
    struct json_item *grown = realloc(r->items, count * sizeof *grown);
    if (!grown)
        return false;
    r->items = grown;
    r->item_capacity = count;
    return true;
}

static void begin_at(struct json_reader *r, const struct json_shape *shape,
                     struct str body, size_t first, struct arena *arena)
{
    json_tokenizer_shrink(r->tokenizer, WINDOW_SIZE); /* what one huge element needed */
    r->guide.shape = shape;
    r->guide.arena = arena;
    r->walk.tokens.count = 0;
    r->body = body;
    r->element_count = 0;
    r->lines_end = false;
    r->layout =
        first < body.size && body.at[first] == '[' ? LAYOUT_ARRAY : LAYOUT_SEQUENCE;
    r->done =
        !reserve_items(r, shape->item_count) || !load_window(r, first, r->window_size);
    if (!r->done && r->layout == LAYOUT_ARRAY)
        r->walk.next = 1;
}

static size_t first_of(struct str body)
{
    return json_skip_space(body, str_starts(body, STR("\xEF\xBB\xBF")) ? 3 : 0);
}

void json_begin(struct json_reader *r, const struct json_shape *shape, struct str body,
                struct arena *arena)
{
    r->inside = false;
    begin_at(r, shape, body, first_of(body), arena);
}

void json_begin_in(struct json_reader *r, const struct json_shape *shape, struct str key,
                   struct str body, struct arena *arena)
{
    size_t array = json_array_in(body, key);

    r->inside = array > 0;
    begin_at(r, shape, body, array ? array : first_of(body), arena);
}

/* Byte offset in the body of a token; of the window's end behind the last one. */
static size_t token_position(const struct json_reader *r, size_t token)
{
    return r->window +
           (token < r->walk.tokens.count ? r->walk.tokens.at[token] : r->walk.size);
}

static bool give(struct json_reader *r, struct json_element *out, const char *error,
                 bool ends)
{
    out->error = error;
    out->ends = ends;
    if (error) {
        out->type = JSON_ABSENT;
        out->item_count = 0;
        memset(out->slots, 0, r->guide.shape->slot_count * sizeof *out->slots);
    }
    out->index = r->element_count++;
    r->done |= ends;
    return true;
}

/* --- behind what is broken --- */

/* The next line that begins with an object where no line before it goes on. In valid
 * JSON a line break is never inside a string. Position 0: there is none. */
static size_t next_line_object(struct str body, size_t from)
{
    for (size_t i = from; i + 1 < body.size; i++) {
        const char *line = memchr(body.at + i, '\n', body.size - i - 1);
        if (!line)
            return 0;
        i = (size_t)(line - body.at);
        size_t before = i;
        while (before > from && (unsigned char)body.at[before - 1] <= ' ')
            before--;
        bool goes_on = before > from && strchr("{[,:", body.at[before - 1]);
        if (body.at[i + 1] == '{' && !goes_on)
            return i + 1;
    }
    return 0;
}

/* To behind the bracket that closes the one at the token `first`, counting brackets of
 * its kind only, so that a missing one of the other kind does no harm. */
static bool skip_same_kind(struct json_walk *w, size_t first)
{
    char opening = w->text[w->tokens.at[first]];
    char closing = opening == '{' ? '}' : ']';
    size_t depth = 0;

    for (size_t i = first; i < w->tokens.count; i++) {
        char c = w->text[w->tokens.at[i]];
        depth += c == opening;
        depth -= c == closing;
        if (depth == 0) {
            w->next = i + 1;
            return true;
        }
    }
    return false;
}

/* Over tokens that begin nothing, up to an object or the array's end. */
static void skip_stray(struct json_walk *w, size_t first)
{
    for (w->next = first + 1; w->next < w->tokens.count; w->next++) {
        char c = w->text[w->tokens.at[w->next]];
        if (c == '{' || c == '[' || c == ']')
            return;
    }
}

/* A line is loaded as a window of its own, unless this one holds it. */
static bool go_to(struct json_reader *r, size_t position)
{
    while (r->walk.next < r->walk.tokens.count &&
           token_position(r, r->walk.next) < position)
        r->walk.next++;
    if (r->walk.next < r->walk.tokens.count &&
        token_position(r, r->walk.next) == position)
        return true;
    return load_window(r, position, r->window_size);
}

enum resync { RESYNC_OK, RESYNC_SHORT, RESYNC_LOST };

static enum resync resync(struct json_reader *r, size_t first)
{
    char c = r->walk.text[r->walk.tokens.at[first]];

    if (r->layout == LAYOUT_SEQUENCE && !r->lines_end) {
        size_t line = next_line_object(r->body, token_position(r, first));
        r->walk.next = first;
        if (line)
            return go_to(r, line) ? RESYNC_OK : RESYNC_LOST;
        r->lines_end = true;
    }
    if (c != '{' && c != '[') {
        skip_stray(&r->walk, first);
        bool over = r->final && r->walk.next == r->walk.tokens.count;
        return over ? RESYNC_LOST : RESYNC_OK;
    }
    if (skip_same_kind(&r->walk, first))
        return RESYNC_OK;
    return r->final ? RESYNC_LOST : RESYNC_SHORT;
}

/* --- elements --- */

/* The window ended inside what begins at `position`: again from there, in a larger one
 * if there is no other way. */
static bool load_more(struct json_reader *r, size_t position, struct json_element *out)
{
    size_t size = position == r->window ? 2 * r->window_most : r->window_size;

    if (size > ELEMENT_MAX)
        return give(r, out, "an element is longer than 64 MiB", true);
    if (!load_window(r, position, size))
        return give(r, out, "no memory", true);
    return false;
}

static bool at_end(struct json_reader *r, struct json_element *out)
{
    out->position = r->body.size;
    if (r->layout == LAYOUT_ARRAY)
        return give(r, out, "the body ends inside the array", true);
    if (r->element_count == 0)
        return give(r, out, "the body is empty", true);
    r->done = true;
    return false;
}

static bool after_array(struct json_reader *r, struct json_element *out)
{
    size_t position = json_skip_space(r->body, token_position(r, r->walk.next - 1) + 1);

    r->done = true;
    if (position == r->body.size || r->inside)
        return false;
    out->position = position;
    return give(r, out, "there is text behind the array", true);
}

static bool after_broken(struct json_reader *r, size_t first, struct json_element *out)
{
    const char *error = r->walk.error;

    switch (resync(r, first)) {
    case RESYNC_OK:
        return give(r, out, error, false);
    case RESYNC_SHORT:
        return load_more(r, token_position(r, first), out);
    default:
        return give(r, out, error, true);
    }
}

/* True: *out is an element. False: another window was loaded, or it is over. */
static bool step(struct json_reader *r, struct json_element *out)
{
    struct json_walk *w = &r->walk;

    while (w->next < w->tokens.count && w->text[w->tokens.at[w->next]] == ',')
        w->next++;
    size_t first = w->next;
    out->position = token_position(r, first);
    if (first == w->tokens.count)
        return r->final ? at_end(r, out) : load_more(r, out->position, out);
    if (r->layout == LAYOUT_ARRAY && w->text[w->tokens.at[first]] == ']') {
        w->next++;
        return after_array(r, out);
    }
    enum walked walked = json_walk_element(&r->guide, out);
    /* A window may end inside a token: then its last one says nothing. */
    if (!r->final && w->next + 1 >= w->tokens.count &&
        (walked != WALK_OK || (out->type != JSON_OBJECT && out->type != JSON_ARRAY)))
        return load_more(r, out->position, out);
    if (walked == WALK_OK)
        return give(r, out, NULL, false);
    if (walked == WALK_SHORT)
        w->error = "the body ends inside an element";
    return after_broken(r, first, out);
}

bool json_next(struct json_reader *r, struct json_element *out)
{
    while (!r->done) {
        memset(out->slots, 0, r->guide.shape->slot_count * sizeof *out->slots);
        out->items = r->items;
        out->item_count = 0;
        out->type = JSON_ABSENT;
        if (step(r, out))
            return true;
    }
    return false;
}
