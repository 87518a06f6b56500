/* JSON as tokens, for whoever walks all of a text instead of asking for paths (json.h),
 * and as tolerant. */
#pragma once
#include "spendwarden/json.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Where structural characters, strings and other scalars begin. */
struct json_tokens {
    const uint32_t *at; /* borrowed from the tokenizer */
    size_t count;
};

enum walked {
    WALK_OK,
    WALK_SHORT,  /* the tokens end inside of it */
    WALK_BROKEN, /* w->error says why */
};

/* On the way through a text, from token to token. */
struct json_walk {
    const char *text; /* borrowed */
    size_t size;      /* of the text */
    struct json_tokens tokens;
    size_t next; /* token */
    bool dirty;  /* text that simdjson refused: strings may be no UTF-8 */
    const char *error;
};

/* One per thread; keeps its memory between texts, 4 bytes a token. */
struct json_tokenizer;

struct json_tokenizer *json_tokenizer_open(void); /* NULL: no memory */
void json_tokenizer_close(struct json_tokenizer *t);

/* Gives memory back that only a text of more than `size` bytes needed. */
void json_tokenizer_shrink(struct json_tokenizer *t, size_t size);

/* Puts *w in front of the text, below 4 GiB, behind which JSON_PADDING bytes must be
 * readable. False: no memory. */
bool json_tokenize(struct json_tokenizer *t, struct json_walk *w, const char *text,
                   size_t size);

/* --- what is next; each moves behind it, unless it fails --- */

/* Whatever its type and depth. A scalar need not be valid. */
enum walked json_skip_value(struct json_walk *w);

/* Behind an opening bracket: to behind the one that closes it. */
enum walked json_skip_to_close(struct json_walk *w);

/* Only where json_is_scalar(json_peek(w)). */
enum walked json_take_scalar(struct json_walk *w, struct json_value *out);

/* Unescapes as json_text does, up to `room` bytes: at most 3 for each byte of `raw`. */
size_t json_rewrite(struct str raw, char *out, size_t room);

static inline enum walked json_broken(struct json_walk *w, const char *why)
{
    w->error = why;
    return WALK_BROKEN;
}

/* The character at which the next token begins; 0 if there is none. */
static inline char json_peek(const struct json_walk *w)
{
    return w->next < w->tokens.count ? w->text[w->tokens.at[w->next]] : 0;
}

/* A key, to behind its colon. Not unescaped. */
enum walked json_take_key(struct json_walk *w, struct str *key);

static inline bool json_is_scalar(char c)
{
    return c != 0 && c != '{' && c != '}' && c != '[' && c != ']' && c != ':' &&
           c != ',' && c != '\n';
}

/* Behind a member or element: true if another one follows. */
static inline bool json_more(struct json_walk *w, char closing, enum walked *walked)
{
    char c = json_peek(w);

    *walked = WALK_OK;
    if (c == ',' || c == closing) {
        w->next++;
        return c == ',';
    }
    *walked = w->next < w->tokens.count
                  ? json_broken(w, "a comma or a bracket is missing")
                  : WALK_SHORT;
    return false;
}

#ifdef __cplusplus
}
#endif
