/* One walk over the tokens, guided by the table of fields, some tokens at a time. */
#include "otlp_json.h"

#include <assert.h>
#include <stdlib.h>

#include "otlp_json_fields.h"
#include "spendwarden/json_tokens.h"

enum {
    TEXT_KEPT = 1024 * 1024,
    TOKENS_AT_ONCE = 16 * 1024,
    LEVELS_MAX = 2 * (OTLP_JSON_DEPTH_MAX + 1), /* a message, and the array around it */
};

/* A bracket that is open. */
struct level {
    const struct otlp_message *message; /* NULL: an array of messages */
    const struct otlp_field *field;     /* that it becomes; NULL: the request */
    size_t begin;                       /* of a message in *out, behind its length */
};

struct otlp_json {
    struct json_tokenizer *tokenizer;
    struct json_walk walk; /* in front of a member or element of the innermost level */
    enum walked walked;    /* so far */
    struct level levels[LEVELS_MAX];
    size_t depth, messages; /* levels; those that are messages within the request */
    size_t body_size, mark; /* of the body; of what is before its text */
    struct buf *out;        /* of the body being read; borrowed */
    size_t before;          /* its size then */
    size_t whole;           /* behind the last element that is there as a whole */
};

struct otlp_json *otlp_json_open(void)
{
    struct otlp_json *t = calloc(1, sizeof *t);

    if (t)
        t->tokenizer = json_tokenizer_open();
    if (!t || !t->tokenizer) {
        otlp_json_close(t);
        return NULL;
    }
    return t;
}

void otlp_json_close(struct otlp_json *t)
{
    if (!t)
        return;
    json_tokenizer_close(t->tokenizer);
    free(t);
}

/* --- brackets --- */

static void push(struct otlp_json *t, const struct otlp_message *m,
                 const struct otlp_field *f, size_t begin)
{
    assert(t->depth < LEVELS_MAX);
    t->levels[t->depth++] = (struct level){m, f, begin};
    t->walk.next++;
}

static void leave(struct otlp_json *t)
{
    const struct level *level = &t->levels[--t->depth];

    if (!level->message || !level->field)
        return;
    t->messages--;
    otlp_end_message(t->out, level->begin);
    if (t->depth == 2 && !t->levels[1].message)
        t->whole = t->out->size;
}

/* To the innermost level that goes on, or out of all of them. */
static enum walked leave_closed(struct otlp_json *t)
{
    enum walked walked = WALK_OK;

    while (t->depth > 0) {
        char closing = t->levels[t->depth - 1].message ? '}' : ']';
        if (json_more(&t->walk, closing, &walked) || walked != WALK_OK)
            break;
        leave(t);
    }
    return walked;
}

/* True: there is nothing in it, and it is closed. */
static bool leave_empty(struct otlp_json *t)
{
    if (json_peek(&t->walk) != (t->levels[t->depth - 1].message ? '}' : ']'))
        return false;
    t->walk.next++;
    leave(t);
    return true;
}

/* --- what is in them --- */

static enum walked take_message(struct otlp_json *t, const struct otlp_field *f)
{
    if (json_peek(&t->walk) != '{' || t->messages == OTLP_JSON_DEPTH_MAX)
        return json_skip_value(&t->walk);
    push(t, f->message, f, otlp_put_message(t->out, f));
    t->messages++;
    leave_empty(t);
    return WALK_OK;
}

static enum walked take_messages(struct otlp_json *t, const struct otlp_field *f)
{
    if (json_peek(&t->walk) != '[')
        return json_skip_value(&t->walk);
    push(t, NULL, f, 0);
    leave_empty(t);
    return WALK_OK;
}

static enum walked take_value(struct otlp_json *t, const struct otlp_field *f)
{
    struct json_value value;

    if (!json_is_scalar(json_peek(&t->walk)))
        return json_skip_value(&t->walk);
    enum walked walked = json_take_scalar(&t->walk, &value);
    if (walked == WALK_OK)
        otlp_put_value(t->out, f, &value);
    return walked;
}

static enum walked take_member(struct otlp_json *t, const struct otlp_message *m)
{
    struct str key;
    enum walked walked = json_take_key(&t->walk, &key);

    if (walked != WALK_OK)
        return walked;
    const struct otlp_field *f = otlp_field_named(m, key);
    if (!f)
        return json_skip_value(&t->walk);
    if (f->repeated)
        return take_messages(t, f);
    return f->kind == OTLP_MESSAGE ? take_message(t, f) : take_value(t, f);
}

/* One member or element, or only the bracket that opens it. */
static enum walked take_one(struct otlp_json *t)
{
    const struct level *level = &t->levels[t->depth - 1];
    size_t depth = t->depth;
    enum walked walked =
        level->message ? take_member(t, level->message) : take_message(t, level->field);

    return walked == WALK_OK && t->depth <= depth ? leave_closed(t) : walked;
}

/* --- the request --- */

static enum walked enter_request(struct otlp_json *t, enum otlp_signal signal)
{
    t->depth = t->messages = 0;
    if (t->walk.tokens.count == 0)
        return WALK_OK;
    if (json_peek(&t->walk) != '{')
        return json_broken(&t->walk, "the body is no object");
    push(t, otlp_requests[signal], NULL, 0);
    leave_empty(t);
    return WALK_OK;
}

static enum walked end_request(struct json_walk *w, enum walked walked)
{
    if (walked == WALK_OK && w->next < w->tokens.count)
        return json_broken(w, "there is text behind the request");
    if (walked == WALK_SHORT)
        w->error = "the body ends inside the request";
    return walked;
}

static void explain(struct otlp_json_error *why, const char *text, size_t position)
{
    why->text = text;
    why->position = position;
}

static bool no_memory(struct otlp_json_error *why)
{
    explain(why, "no memory", 0);
    why->memory = true;
    return false;
}

bool otlp_json_begin(struct otlp_json *t, struct buf *out, enum otlp_signal signal,
                     struct str body, struct otlp_json_error *why)
{
    *why = (struct otlp_json_error){NULL, 0, false};
    if (body.size > OTLP_JSON_BODY_MAX) {
        explain(why, "the body is longer than 256 MiB", 0);
        return false;
    }
    t->mark = str_starts(body, STR("\xEF\xBB\xBF")) ? 3 : 0;
    t->body_size = body.size;
    json_tokenizer_shrink(t->tokenizer, TEXT_KEPT);
    if (!json_tokenize(t->tokenizer, &t->walk, body.at + t->mark, body.size - t->mark))
        return no_memory(why);
    t->out = out;
    t->before = t->whole = out->size;
    t->walked = enter_request(t, signal);
    return true;
}

static bool finish(struct otlp_json *t, struct otlp_json_error *why)
{
    struct json_walk *w = &t->walk;

    t->walked = end_request(w, t->walked);
    if (t->walked != WALK_OK) {
        explain(why, w->error,
                t->mark + (t->walked == WALK_BROKEN ? w->tokens.at[w->next] : w->size));
        t->out->size = t->whole;
    }
    /* The least that becomes something: "{}," is 6 bytes, a byte of no UTF-8 is 3. */
    assert(t->out->size - t->before <= OTLP_JSON_GROWTH * t->body_size);
    if (t->out->failed) {
        t->out->size = t->before;
        return no_memory(why);
    }
    return t->walked == WALK_OK || t->whole > t->before;
}

enum otlp_json_state otlp_json_next(struct otlp_json *t, struct otlp_json_error *why)
{
    size_t end = t->walk.next + TOKENS_AT_ONCE;

    while (t->walked == WALK_OK && t->depth > 0 && t->walk.next < end)
        t->walked = take_one(t);
    if (t->walked == WALK_OK && t->depth > 0 && !t->out->failed)
        return OTLP_JSON_MORE;
    return finish(t, why) ? OTLP_JSON_DONE : OTLP_JSON_FAILED;
}

bool otlp_json_transcode(struct otlp_json *t, struct buf *out, enum otlp_signal signal,
                         struct str body, struct otlp_json_error *why)
{
    enum otlp_json_state state = OTLP_JSON_FAILED;

    if (otlp_json_begin(t, out, signal, body, why))
        while ((state = otlp_json_next(t, why)) == OTLP_JSON_MORE)
            ;
    return state == OTLP_JSON_DONE;
}

/* No message begins with '{', but one of 123 bytes does with a line break and that. */
bool otlp_is_json(struct str body)
{
    size_t i = str_starts(body, STR("\xEF\xBB\xBF")) ? 3 : 0;

    if (source_is_binary(body))
        return false;
    while (i < body.size && memchr(" \t\r\n", body.at[i], 4))
        i++;
    return i < body.size && body.at[i] == '{';
}

struct str otlp_protobuf(struct otlp_json *t, struct buf *transcoded,
                         enum otlp_signal signal, struct str body, struct arena *arena,
                         const char **why)
{
    enum { KEPT = 1 << 20 };
    struct otlp_json_error error = {.text = NULL};

    *why = NULL;
    if (!otlp_is_json(body))
        return body;
    buf_reset(transcoded);
    if (transcoded->capacity > KEPT)
        buf_release(transcoded);
    otlp_json_transcode(t, transcoded, signal, body, &error);
    struct str text = arena_copy(arena, buf_str(transcoded));
    *why = error.text;
    if (transcoded->failed || text.size < transcoded->size)
        *why = "no memory for the body in protobuf";
    return text;
}
