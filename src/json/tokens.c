/* Tokens, and the values that begin at them. */
#include "internal.h"

#include <stdlib.h>

struct json_tokenizer {
    struct json_index *index;
    uint32_t *scanned; /* tokens of a text that simdjson refused; owned */
    size_t scanned_capacity;
};

struct json_tokenizer *json_tokenizer_open(void)
{
    struct json_tokenizer *t = calloc(1, sizeof *t);

    if (t)
        t->index = json_index_open();
    if (!t || !t->index) {
        json_tokenizer_close(t);
        return NULL;
    }
    return t;
}

void json_tokenizer_close(struct json_tokenizer *t)
{
    if (!t)
        return;
    json_index_close(t->index);
    free(t->scanned);
    free(t);
}

void json_tokenizer_shrink(struct json_tokenizer *t, size_t size)
{
    json_index_shrink(t->index, size);
    if (t->scanned_capacity > size + 1) {
        free(t->scanned);
        t->scanned = NULL;
        t->scanned_capacity = 0;
    }
}

static bool scan(struct json_tokenizer *t, struct json_walk *w)
{
    if (w->size + 1 > t->scanned_capacity) {
        uint32_t *grown = realloc(t->scanned, (w->size + 1) * sizeof *grown);
        if (!grown)
            return false;
        t->scanned = grown;
        t->scanned_capacity = w->size + 1;
    }
    w->tokens.count = json_scan(w->text, w->size, t->scanned);
    w->tokens.at = t->scanned;
    return true;
}

bool json_tokenize(struct json_tokenizer *t, struct json_walk *w, const char *text,
                   size_t size)
{
    w->text = text;
    w->size = size;
    w->next = 0;
    w->dirty = !json_index_make(t->index, text, size, &w->tokens);
    return !w->dirty || scan(t, w);
}

static const signed char bracket_step[256] = {
    ['{'] = 1, ['['] = 1, ['}'] = -1, [']'] = -1};

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
                                              : json_broken(w, "a string is not closed");
    *raw = (struct str){w->text + start, end - 1 - start};
    w->next++;
    return WALK_OK;
}

enum walked json_skip_to_close(struct json_walk *w)
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

enum walked json_skip_value(struct json_walk *w)
{
    switch (json_peek(w)) {
    case 0:
        return w->next < w->tokens.count ? json_broken(w, "a NUL byte") : WALK_SHORT;
    case '{':
    case '[':
        w->next++;
        return json_skip_to_close(w);
    case '}':
    case ']':
    case ':':
    case ',':
    case '\n':
        return json_broken(w, "a value is missing");
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

enum walked json_take_scalar(struct json_walk *w, struct json_value *out)
{
    if (json_peek(w) == '"') {
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
        return json_broken(w, "a value is no JSON");
    }
    w->next++;
    return WALK_OK;
}

enum walked json_take_key(struct json_walk *w, struct str *key)
{
    if (w->next >= w->tokens.count)
        return WALK_SHORT;
    if (json_peek(w) != '"')
        return json_broken(w, "a key is missing");
    enum walked walked = take_string(w, key);
    if (walked != WALK_OK)
        return walked;
    if (w->next >= w->tokens.count)
        return WALK_SHORT;
    if (json_peek(w) != ':')
        return json_broken(w, "a key has no value");
    w->next++;
    return WALK_OK;
}
