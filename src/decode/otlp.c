#include "otlp.h"

#include <stdlib.h>

#include "protobuf.h"
#include "spendwarden/hash.h"

enum { ITEMS_KEPT = 4096 };

struct otlp {
    const struct source *source;
    struct arena *arena;
    struct str body;
    int64_t received_ns;
    struct embedded_reader *embedded;
    struct otlp_item *items; /* owned */
    size_t item_count, item_capacity, next;
    bool broken, told;    /* the rest of the body cannot be read; it was said so */
    const char *failed;   /* static: no item can be read at all */
    const char *resource; /* whose attributes are in resource_slots; NULL: nobody's */
    bool has_resource;
    struct json_element element;
    struct json_item tags[TAGS_LOOKED_AT];
    struct json_value resource_slots[JSON_SLOTS_MAX];
    struct record other;
};

/* Where each message has what; protobuf field numbers. */
struct layout {
    unsigned attributes, trace_id, span_id, parent, name, kind, start, end, status, body,
        event_name;
};

static const struct layout spans = {.trace_id = 1,
                                    .span_id = 2,
                                    .parent = 4,
                                    .name = 5,
                                    .kind = 6,
                                    .start = 7,
                                    .end = 8,
                                    .attributes = 9,
                                    .status = 15};
static const struct layout logs = {
    .end = 1, .body = 5, .attributes = 6, .trace_id = 9, .span_id = 10, .event_name = 12};

static const struct layout *layout_of(const struct source *s)
{
    return s->mapping->logs ? &logs : &spans;
}

struct otlp *otlp_open(void)
{
    struct otlp *o = calloc(1, sizeof *o);

    if (o)
        o->element.items = o->tags;
    return o;
}

void otlp_close(struct otlp *o)
{
    if (!o)
        return;
    free(o->items);
    free(o);
}

/* --- finding the items --- */

static bool more_room(struct otlp *o)
{
    size_t capacity = o->item_capacity ? 2 * o->item_capacity : 256;

    if (o->item_count < o->item_capacity)
        return true;
    struct otlp_item *grown = realloc(o->items, capacity * sizeof *grown);
    if (!grown)
        return false;
    o->items = grown;
    o->item_capacity = capacity;
    return true;
}

static void add_item(struct otlp *o, struct str bytes, struct str resource,
                     struct str scope)
{
    if (o->item_count == OTLP_SPANS_MAX)
        o->failed = "the rest was not read: more than 65536 spans or records in one body";
    else if (!more_room(o))
        o->failed = "the rest was not read: no memory";
    else
        o->items[o->item_count++] =
            (struct otlp_item){.bytes = bytes, .resource = resource, .scope = scope};
}

/* The first field of that number that is a message. */
static struct str message_in(struct str message, unsigned number)
{
    struct pb r = pb_of(message);
    struct pb_field f;

    while (pb_next(&r, &f))
        if (f.number == number && f.wire == PB_BYTES)
            return f.bytes;
    return (struct str){NULL, 0};
}

static void find_in_scope(struct otlp *o, struct str message, struct str resource)
{
    struct str scope = message_in(message_in(message, 1), 1);
    struct pb r = pb_of(message);
    struct pb_field f;

    while (!o->failed && pb_next(&r, &f))
        if (f.number == 2 && f.wire == PB_BYTES)
            add_item(o, f.bytes, resource, scope);
    o->broken |= r.broken;
}

static void find_items(struct otlp *o)
{
    struct pb body = pb_of(o->body), r;
    struct pb_field f, g;

    while (!o->failed && pb_next(&body, &f)) {
        if (f.number != 1 || f.wire != PB_BYTES)
            continue;
        struct str resource = message_in(f.bytes, 1);
        r = pb_of(f.bytes);
        while (!o->failed && pb_next(&r, &g))
            if (g.number == 2 && g.wire == PB_BYTES)
                find_in_scope(o, g.bytes, resource);
        o->broken |= r.broken;
    }
    o->broken |= body.broken;
}

/* --- one item --- */

static void load_resource(struct otlp *o, struct str resource)
{
    if (o->has_resource && o->resource == resource.at)
        return;
    o->has_resource = true;
    o->resource = resource.at;
    memset(o->element.slots, 0, o->source->slot_count * sizeof *o->element.slots);
    otlp_attributes(resource, 1, o->source, &o->element, o->arena);
    memcpy(o->resource_slots, o->element.slots,
           o->source->slot_count * sizeof *o->element.slots);
}

static const char *hex_of(struct str id, size_t size, struct arena *arena,
                          struct str *out)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char any = 0;
    char *text = id.size == size ? arena_alloc(arena, 2 * size) : NULL;

    *out = (struct str){NULL, 0};
    if (!text)
        return "the span has no valid trace id and span id";
    for (size_t i = 0; i < size; i++) {
        unsigned char byte = (unsigned char)id.at[i];
        any |= byte;
        text[2 * i] = digits[byte >> 4];
        text[2 * i + 1] = digits[byte & 15];
    }
    if (!any)
        return "the span has no valid trace id and span id";
    *out = (struct str){text, 2 * size};
    return NULL;
}

static int64_t time_of(uint64_t ns)
{
    return ns > INT64_MAX || (int64_t)ns < TIME_LEAST_NS ? 0 : (int64_t)ns;
}

/* What an item has beside its attributes. */
struct beside_attributes {
    struct str trace_id, span_id, parent, name, body, event_name;
    int64_t kind, status, start_ns, end_ns;
};

static int64_t status_code(struct str status)
{
    struct pb r = pb_of(status);
    struct pb_field f;
    int64_t code = 0;

    while (pb_next(&r, &f))
        if (f.number == 3 && f.wire == PB_VARINT)
            code = (int64_t)f.value;
    return code;
}

static void read_bytes(struct beside_attributes *out, const struct pb_field *f,
                       const struct layout *at)
{
    if (f->number == at->trace_id)
        out->trace_id = f->bytes;
    else if (f->number == at->span_id)
        out->span_id = f->bytes;
    else if (f->number == at->parent)
        out->parent = f->bytes;
    else if (f->number == at->name)
        out->name = f->bytes;
    else if (f->number == at->event_name)
        out->event_name = f->bytes;
    else if (f->number == at->body)
        out->body = message_in(f->bytes, 1);
    else if (f->number == at->status)
        out->status = status_code(f->bytes);
}

static void read_beside(struct beside_attributes *out, struct str bytes,
                        const struct layout *at)
{
    struct pb r = pb_of(bytes);
    struct pb_field f;

    *out = (struct beside_attributes){.status = 0};
    while (pb_next(&r, &f)) {
        if (f.wire == PB_BYTES)
            read_bytes(out, &f, at);
        else if (f.wire == PB_VARINT && f.number == at->kind)
            out->kind = (int64_t)f.value;
        else if (f.wire == PB_FIXED64 && f.number == at->start)
            out->start_ns = time_of(f.value);
        else if (f.wire == PB_FIXED64 && f.number == at->end)
            out->end_ns = time_of(f.value);
    }
}

static void load_slots(struct otlp *o, const struct otlp_item *item,
                       const struct beside_attributes *b)
{
    const struct source *s = o->source;
    struct json_element *e = &o->element;

    load_resource(o, item->resource);
    memcpy(e->slots, o->resource_slots, s->slot_count * sizeof *e->slots);
    e->item_count = 0;
    otlp_attributes(item->bytes, layout_of(s)->attributes, s, e, o->arena);
    otlp_set_text(s, e, "scope.name", item->scope);
    otlp_set_text(s, e, "span.name", b->name);
    otlp_set_text(s, e, "event.name", b->event_name);
    otlp_set_number(s, e, "record.time", b->end_ns, o->arena);
    otlp_set_text(s, e, "body", b->body);
    otlp_set_number(s, e, "span.kind", b->kind, o->arena);
    otlp_set_number(s, e, "status.code", b->status, o->arena);
}

static struct decoding decoding_of(struct otlp *o, struct record *out)
{
    return (struct decoding){.source = o->source,
                             .element = &o->element,
                             .slots = o->element.slots,
                             .tag_group = GROUP_TAGS,
                             .arena = o->arena,
                             .record = out,
                             .embedded = o->embedded};
}

static uint64_t hash_of_ids(struct str trace, struct str span)
{
    if (!trace.size || !span.size)
        return 0;
    return hash_of(trace, hash_of(span, 0)) | 1;
}

/* Which call it is, for the groups. */
static void look_at(struct otlp *o, struct otlp_item *item)
{
    struct decoding d = decoding_of(o, &o->other);
    struct beside_attributes b;
    const char *skip = NULL;

    read_beside(&b, item->bytes, layout_of(o->source));
    item->self = hash_of_ids(b.trace_id, b.span_id);
    item->parent = hash_of_ids(b.trace_id, b.parent);
    item->start_ns = b.start_ns;
    item->end_ns = b.end_ns;
    load_slots(o, item, &b);
    if (!mapping_case(&d, &o->source->mapping->events, &skip))
        skip = "no_model_call";
    item->why = skip;
    item->call = !skip;
    if (skip)
        return;
    struct str response = mapping_text(&d, TEXT_RESPONSE_ID);
    item->response = response.size ? hash_of(response, 0) | 1 : 0;
    item->has_usage = mapping_has(&d, COUNT_INPUT_TOKENS);
}

void otlp_begin(struct otlp *o, const struct source *source, struct str body,
                struct arena *arena, int64_t received_ns,
                struct embedded_reader *embedded)
{
    o->source = source;
    o->body = body;
    o->arena = arena;
    o->received_ns = received_ns;
    o->embedded = embedded;
    o->item_count = o->next = 0;
    o->broken = o->told = false;
    o->failed = NULL;
    o->has_resource = false;
    if (o->item_capacity > ITEMS_KEPT) {
        free(o->items);
        o->items = NULL;
        o->item_capacity = 0;
    }
    find_items(o);
    for (size_t i = 0; i < o->item_count; i++)
        look_at(o, &o->items[i]);
    if (!otlp_group(o->items, o->item_count, arena))
        o->failed = "no memory for so many spans";
}

void otlp_rest(struct otlp *o, const char *why)
{
    if (why && !o->failed)
        o->failed = why;
}

/* --- handing out --- */

static const char *read_item(struct otlp *o, const struct otlp_item *item,
                             struct record *out)
{
    struct decoding d = decoding_of(o, out);
    struct event *ev = &out->ev;
    struct beside_attributes b;

    record_init(out);
    read_beside(&b, item->bytes, layout_of(o->source));
    load_slots(o, item, &b);
    ev->received_ns = o->received_ns;
    ev->start_ns = b.start_ns;
    ev->end_ns = b.end_ns;
    ev->text[TEXT_SCOPE] = otlp_text(&d, item->scope);
    const char *trace = hex_of(b.trace_id, 16, o->arena, &ev->text[TEXT_TRACE_ID]);
    const char *span = hex_of(b.span_id, 8, o->arena, &ev->text[TEXT_SPAN_ID]);
    if (!o->source->mapping->logs) {
        if (trace || span)
            return trace ? trace : span;
        ev->identity[ev->identity_count++] = ev->text[TEXT_TRACE_ID];
        ev->identity[ev->identity_count++] = ev->text[TEXT_SPAN_ID];
        ev->is_span = true;
        hex_of(b.parent, 8, o->arena, &ev->parent_span_id);
    }
    return mapping_read(&d);
}

static void merge_others(struct otlp *o, unsigned index, struct record *out)
{
    for (unsigned i = otlp_group_of(o->items, index) + 1; i; i = o->items[i - 1].member)
        if (i - 1 != index && !read_item(o, &o->items[i - 1], &o->other))
            otlp_merge(out, &o->other);
}

static enum verdict end_of(struct otlp *o, struct verdict_reason *why)
{
    if ((!o->broken && !o->failed) || o->told)
        return VERDICT_END;
    o->told = true;
    why->text = o->failed ? o->failed : "the body is no OTLP protobuf, from somewhere on";
    return VERDICT_BROKEN;
}

enum verdict otlp_next(struct otlp *o, struct record *out, struct verdict_reason *why)
{
    *why = (struct verdict_reason){.index = o->next};
    if (o->next == o->item_count)
        return end_of(o, why);
    unsigned index = (unsigned)o->next++;
    struct otlp_item *item = &o->items[index];
    why->position = (size_t)(item->bytes.at - o->body.at);
    if (item->call && item->holds_calls)
        item->why = "wrapper";
    else if (item->call && o->items[otlp_group_of(o->items, index)].primary != index)
        item->why = "merged";
    why->text = item->why;
    if (why->text)
        return VERDICT_SKIPPED;
    why->text = read_item(o, item, out);
    if (why->text)
        return VERDICT_REJECTED;
    merge_others(o, index, out);
    return VERDICT_EVENT;
}
