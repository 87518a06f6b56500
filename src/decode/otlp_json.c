/* One walk over the tokens, guided by the table of fields. */
#include "otlp_json.h"

#include <assert.h>
#include <stdlib.h>

#include "otlp_json_fields.h"
#include "spendwarden/json_tokens.h"

enum { TEXT_KEPT = 1024 * 1024 };

struct otlp_json {
    struct json_tokenizer *tokenizer;
    struct json_walk walk;
    struct buf *out; /* of the body being read; borrowed */
    size_t whole;    /* its size behind the last element that is there as a whole */
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

static enum walked walk_message(struct otlp_json *t, const struct otlp_message *m,
                                unsigned depth);

static enum walked take_message(struct otlp_json *t, const struct otlp_field *f,
                                unsigned depth)
{
    if (json_peek(&t->walk) != '{' || depth == OTLP_JSON_DEPTH_MAX)
        return json_skip_value(&t->walk);
    size_t begin = otlp_put_message(t->out, f);
    enum walked walked = walk_message(t, f->message, depth + 1);
    otlp_end_message(t->out, begin);
    return walked;
}

static enum walked take_messages(struct otlp_json *t, const struct otlp_field *f,
                                 unsigned depth)
{
    struct json_walk *w = &t->walk;
    enum walked walked;

    if (json_peek(w) != '[')
        return json_skip_value(w);
    w->next++;
    if (json_peek(w) == ']') {
        w->next++;
        return WALK_OK;
    }
    do {
        walked = take_message(t, f, depth);
        if (walked != WALK_OK)
            return walked;
        if (depth == 0)
            t->whole = t->out->size;
    } while (json_more(w, ']', &walked));
    return walked;
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

static enum walked take_field(struct otlp_json *t, const struct otlp_field *f,
                              unsigned depth)
{
    if (!f)
        return json_skip_value(&t->walk);
    if (f->repeated)
        return take_messages(t, f, depth);
    return f->kind == OTLP_MESSAGE ? take_message(t, f, depth) : take_value(t, f);
}

static enum walked walk_message(struct otlp_json *t, const struct otlp_message *m,
                                unsigned depth)
{
    struct json_walk *w = &t->walk;
    enum walked walked;

    w->next++;
    if (json_peek(w) == '}') {
        w->next++;
        return WALK_OK;
    }
    do {
        struct str key;
        walked = json_take_key(w, &key);
        if (walked == WALK_OK)
            walked = take_field(t, otlp_field_named(m, key), depth);
        if (walked != WALK_OK)
            return walked;
    } while (json_more(w, '}', &walked));
    return walked;
}

static enum walked walk_request(struct otlp_json *t, enum otlp_signal signal)
{
    struct json_walk *w = &t->walk;

    if (w->tokens.count == 0)
        return WALK_OK;
    if (json_peek(w) != '{')
        return json_broken(w, "the body is no object");
    enum walked walked = walk_message(t, otlp_requests[signal], 0);
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

bool otlp_json_transcode(struct otlp_json *t, struct buf *out, enum otlp_signal signal,
                         struct str body, struct otlp_json_error *why)
{
    const struct json_walk *w = &t->walk;
    size_t before = out->size, mark = str_starts(body, STR("\xEF\xBB\xBF")) ? 3 : 0;

    *why = (struct otlp_json_error){NULL, 0, false};
    if (body.size > OTLP_JSON_BODY_MAX) {
        explain(why, "the body is longer than 256 MiB", 0);
        return false;
    }
    json_tokenizer_shrink(t->tokenizer, TEXT_KEPT);
    if (!json_tokenize(t->tokenizer, &t->walk, body.at + mark, body.size - mark))
        return no_memory(why);
    t->out = out;
    t->whole = before;
    enum walked walked = walk_request(t, signal);
    if (walked != WALK_OK) {
        explain(why, w->error,
                mark + (walked == WALK_BROKEN ? w->tokens.at[w->next] : w->size));
        out->size = t->whole;
    }
    /* The least that becomes something: "{}," is 6 bytes, a byte of no UTF-8 is 3. */
    assert(out->size - before <= OTLP_JSON_GROWTH * body.size);
    if (out->failed) {
        out->size = before;
        return no_memory(why);
    }
    return walked == WALK_OK || t->whole > before;
}

/* Some say JSON and send protobuf: the first byte tells. No message begins with '{', but
 * one of 123 bytes does with a line break and that. */
static bool is_json(struct str body)
{
    size_t i = 0;

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
    if (!is_json(body))
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
