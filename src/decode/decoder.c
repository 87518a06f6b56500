#include "otlp.h"
#include "otlp_json.h"

#include <stdlib.h>

/* Of an OTLP body in JSON, on its way to protobuf. */
enum preparing { PREPARED, TRANSCODING, COPYING };

struct decoder {
    struct json_reader *reader;
    struct embedded_reader *embedded;
    struct otlp *otlp;
    struct otlp_json *otlp_json;
    enum preparing preparing;
    struct buf transcoded; /* of this body, until it is in the arena */
    struct otlp_json_error error;
    char *protobuf; /* in the arena; NULL: no memory */
    size_t copied;
    struct teller *teller; /* from the first time that it is needed on */
    struct str body;
    bool told;    /* of this body */
    bool foreign; /* all of this body */
    const char *looks_like;
    const struct source *source;
    struct arena *arena;
    int64_t received_ns;
    struct json_element element;
};

bool decoder_open(struct decoder **out, struct err *err)
{
    struct decoder *d = calloc(1, sizeof *d);

    *out = NULL;
    if (!d)
        return err_set(err, ERR_MEMORY, "no memory for a decoder");
    d->embedded = embedded_reader_open();
    d->otlp = otlp_open();
    d->otlp_json = otlp_json_open();
    if (!d->embedded || !d->otlp || !d->otlp_json)
        err_set(err, ERR_MEMORY, "no memory for a decoder");
    if (err->kind != ERR_NONE || !json_reader_open(&d->reader, err)) {
        decoder_close(d);
        return false;
    }
    *out = d;
    return true;
}

void decoder_close(struct decoder *d)
{
    if (!d)
        return;
    json_reader_close(d->reader);
    embedded_reader_close(d->embedded);
    otlp_close(d->otlp);
    otlp_json_close(d->otlp_json);
    buf_release(&d->transcoded);
    teller_close(d->teller);
    free(d);
}

static struct teller *teller_of(struct decoder *d)
{
    if (!d->teller)
        d->teller = teller_open();
    return d->teller;
}

static void begin_otlp(struct decoder *d, struct str protobuf, const char *why)
{
    otlp_begin(d->otlp, d->source, protobuf, d->arena, d->received_ns, d->embedded);
    if (otlp_is_empty(d->otlp) && !source_is_binary(d->body))
        why = teller_tell_empty(teller_of(d), d->body, d->source->name, why);
    otlp_rest(d->otlp, why);
    d->preparing = PREPARED;
}

static void begin_json(struct decoder *d)
{
    buf_reset(&d->transcoded);
    if (otlp_json_begin(d->otlp_json, &d->transcoded, d->source->mapping->signal, d->body,
                        &d->error))
        d->preparing = TRANSCODING;
    else
        begin_otlp(d, (struct str){NULL, 0}, d->error.text);
}

/* Records borrow from the arena: the next body may be begun before they are booked. */
static void end_json(struct decoder *d)
{
    enum { KEPT = 1 << 20 };
    bool lost = d->transcoded.failed || (d->transcoded.size && !d->protobuf);
    struct str protobuf = {d->protobuf, lost ? 0 : d->transcoded.size};

    begin_otlp(d, protobuf, lost ? "no memory for the body in protobuf" : d->error.text);
    if (d->transcoded.capacity > KEPT)
        buf_release(&d->transcoded);
}

/* For a moment. False: there is more to do. */
static bool prepare(struct decoder *d)
{
    enum { COPIED_AT_ONCE = 1 << 20 };

    if (d->preparing == TRANSCODING) {
        if (otlp_json_next(d->otlp_json, &d->error) == OTLP_JSON_MORE)
            return false;
        d->preparing = COPYING;
        d->copied = 0;
        d->protobuf = arena_alloc(d->arena, d->transcoded.size);
    }
    size_t left = d->protobuf ? d->transcoded.size - d->copied : 0;
    size_t size = left < COPIED_AT_ONCE ? left : COPIED_AT_ONCE;
    if (size)
        memcpy(d->protobuf + d->copied, d->transcoded.at + d->copied, size);
    d->copied += size;
    if (size < left)
        return false;
    end_json(d);
    return true;
}

void decode_begin(struct decoder *d, const struct source *source, struct str body,
                  struct arena *arena, int64_t received_ns)
{
    d->source = source;
    d->arena = arena;
    d->received_ns = received_ns;
    d->body = body;
    d->told = d->foreign = false;
    if (source->attributes && otlp_is_json(body))
        begin_json(d);
    else if (source->attributes)
        begin_otlp(d, body, NULL);
    else if (source->format->events_in)
        json_begin_in(d->reader, source->shape, str_of(source->format->events_in), body,
                      arena);
    else
        json_begin(d->reader, source->shape, body, arena);
}

/* Of the first such element: the others of a body are alike. */
static const char *looks_like(struct decoder *d)
{
    if (d->told)
        return d->looks_like;
    d->told = true;
    d->looks_like = teller_tell(teller_of(d), str_from(d->body, d->element.position),
                                d->source->name);
    return d->looks_like;
}

static enum verdict read_event(struct decoder *d, struct record *out, const char **why)
{
    struct decoding decoding = {
        .source = d->source,
        .element = &d->element,
        .slots = d->element.slots,
        .tag_group = GROUP_TAGS,
        .arena = d->arena,
        .record = out,
        .embedded = d->embedded,
    };

    record_init(out);
    out->ev.text[TEXT_SOURCE] = d->source->name;
    out->ev.received_ns = d->received_ns;
    *why = d->source->format->read(&decoding);
    if (decoding.foreign && looks_like(d))
        *why = d->looks_like;
    return !*why ? VERDICT_EVENT : decoding.skipped ? VERDICT_SKIPPED : VERDICT_REJECTED;
}

enum verdict decode_next(struct decoder *d, struct record *out,
                         struct verdict_reason *why)
{
    const struct json_element *e = &d->element;

    if (d->source->attributes && d->preparing != PREPARED && !prepare(d)) {
        *why = (struct verdict_reason){.index = 0};
        return VERDICT_MORE;
    }
    if (d->source->attributes)
        return otlp_next(d->otlp, out, why);
    if (d->foreign || !json_next(d->reader, &d->element))
        return VERDICT_END;
    *why = (struct verdict_reason){e->index, e->position, e->error, 0};
    if (e->error && e->index == 0 && tell_binary(d->body)) {
        d->foreign = true;
        why->text = tell_binary(d->body);
        return VERDICT_REJECTED;
    }
    if (e->error)
        return e->ends ? VERDICT_BROKEN : VERDICT_REJECTED;
    if (e->type == JSON_NULL) {
        why->text = "null instead of an event";
        return VERDICT_SKIPPED;
    }
    if (e->type == JSON_OBJECT)
        return read_event(d, out, &why->text);
    why->text = "an event is an object";
    return VERDICT_REJECTED;
}
