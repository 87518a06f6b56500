#include "otlp.h"
#include "otlp_json.h"

#include <stdlib.h>

struct decoder {
    struct json_reader *reader;
    struct embedded_reader *embedded;
    struct otlp *otlp;
    struct otlp_json *otlp_json;
    struct buf transcoded; /* of this body, until it is in the arena */
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

static void begin_otlp(struct decoder *d)
{
    const char *why;
    struct str protobuf =
        otlp_protobuf(d->otlp_json, &d->transcoded, d->source->mapping->signal, d->body,
                      d->arena, &why);

    otlp_begin(d->otlp, d->source, protobuf, d->arena, d->received_ns, d->embedded);
    if (otlp_is_empty(d->otlp) && !source_is_binary(d->body))
        why = teller_tell_empty(teller_of(d), d->body, d->source->name, why);
    otlp_rest(d->otlp, why);
}

void decode_begin(struct decoder *d, const struct source *source, struct str body,
                  struct arena *arena, int64_t received_ns)
{
    d->source = source;
    d->arena = arena;
    d->received_ns = received_ns;
    d->body = body;
    d->told = d->foreign = false;
    if (source->attributes)
        begin_otlp(d);
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

    if (d->source->attributes)
        return otlp_next(d->otlp, out, why);
    if (d->foreign || !json_next(d->reader, &d->element))
        return VERDICT_END;
    *why = (struct verdict_reason){e->index, e->position, e->error};
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
