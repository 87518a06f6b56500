#include "otlp.h"

#include <stdlib.h>

#include "protobuf.h"
#include "spendwarden/hash.h"

enum {
    ITEMS_KEPT = 4096,
    LOOKED_AT_ONCE = 512,
    VALUES_KEPT = 65536, /* of one body: 2 MiB */
    UNREAD_COUNTED = 1 << 20,
};

/* What has a name like an attribute's. */
enum named_beside {
    BESIDE_SCOPE,
    BESIDE_NAME,
    BESIDE_EVENT,
    BESIDE_TIME,
    BESIDE_BODY,
    BESIDE_KIND,
    BESIDE_STATUS,
    BESIDE_EXCEPTION,
    BESIDE_COUNT
};

static const char *const beside_names[BESIDE_COUNT] = {
    [BESIDE_SCOPE] = "scope.name",   [BESIDE_NAME] = "span.name",
    [BESIDE_EVENT] = "event.name",   [BESIDE_TIME] = "record.time",
    [BESIDE_BODY] = "body",          [BESIDE_KIND] = "span.kind",
    [BESIDE_STATUS] = "status.code", [BESIDE_EXCEPTION] = "exception.type"};

struct otlp {
    uint64_t seed; /* of hashes of ids, which clients choose */
    const struct source *source;
    const struct otlp_layout *layout;
    const struct attribute *beside[BESIDE_COUNT]; /* of the source; NULL: not wanted */
    struct arena *arena;
    struct str body;
    int64_t received_ns;
    struct embedded_reader *embedded;
    struct otlp_item *items; /* owned */
    size_t item_count, item_capacity, looked_at, next, values_kept;
    size_t unread;        /* items beyond what is kept */
    bool broken, told;    /* the rest of the body cannot be read; it was said so */
    const char *failed;   /* static: no item can be read at all */
    const char *resource; /* whose attributes are in resource_slots; NULL: nobody's */
    bool has_resource;
    uint64_t resource_hash; /* the same for equal ones, in any body */
    struct str service;     /* of that resource */
    struct json_element element;
    struct json_item tags[TAGS_LOOKED_AT];
    struct json_value resource_slots[JSON_SLOTS_MAX];
    struct otlp_values values; /* of the item that was read last */
    struct record other;
};

struct otlp *otlp_open(void)
{
    struct otlp *o = calloc(1, sizeof *o);
    struct err err = {0};

    if (!o || !random_bytes(&o->seed, sizeof o->seed, &err)) {
        free(o);
        return NULL;
    }
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

static void add_item(struct otlp *o, const struct otlp_item *item)
{
    if (o->item_count < OTLP_SPANS_MAX && !o->unread && more_room(o))
        o->items[o->item_count++] = *item;
    else
        o->unread++;
}

static void find_in_scope(struct otlp *o, struct str message, struct str resource)
{
    struct otlp_item item = {.resource = resource,
                             .scope = otlp_message_in(otlp_message_in(message, 1), 1)};
    struct pb r = pb_of(message);
    struct pb_field f;

    item.rule = source_scope_rule(o->source, item.scope);
    while (o->unread < UNREAD_COUNTED && pb_next(&r, &f)) {
        item.bytes = f.bytes;
        if (f.number == 2 && f.wire == PB_BYTES)
            add_item(o, &item);
    }
    o->broken |= r.broken;
}

static void find_items(struct otlp *o)
{
    struct pb body = pb_of(o->body), r;
    struct pb_field f, g;

    while (o->unread < UNREAD_COUNTED && pb_next(&body, &f)) {
        if (f.number != 1 || f.wire != PB_BYTES)
            continue;
        struct str resource = otlp_message_in(f.bytes, 1);
        r = pb_of(f.bytes);
        while (o->unread < UNREAD_COUNTED && pb_next(&r, &g))
            if (g.number == 2 && g.wire == PB_BYTES)
                find_in_scope(o, g.bytes, resource);
        o->broken |= r.broken;
    }
    o->broken |= body.broken;
    if (o->unread && o->item_count == OTLP_SPANS_MAX)
        o->failed = "the rest was not read: more than 65536 spans or records in one body";
    else if (o->unread)
        o->failed = "the rest was not read: no memory";
}

/* --- one item --- */

static void load_resource(struct otlp *o, struct str resource)
{
    if (o->has_resource && o->resource == resource.at)
        return;
    o->has_resource = true;
    o->resource = resource.at;
    o->resource_hash = resource.size ? hash_of(resource, 0) | 1 : 0;
    o->service = otlp_service(resource, o->arena);
    memset(o->element.slots, 0, o->source->slot_count * sizeof *o->element.slots);
    otlp_attributes(resource, 1, o->source, &o->element, &o->values, o->arena);
    memcpy(o->resource_slots, o->element.slots,
           o->source->slot_count * sizeof *o->element.slots);
}

/* OTel's Status.StatusCode */
enum { STATUS_ERROR = 2 };

static void load_slots(struct otlp *o, const struct otlp_item *item,
                       const struct otlp_beside *b)
{
    struct json_element *e = &o->element;

    load_resource(o, item->resource);
    memcpy(e->slots, o->resource_slots, o->source->slot_count * sizeof *e->slots);
    e->item_count = 0;
    /* What was caught, and tried again, is not what became of the call. */
    if (b->status == STATUS_ERROR)
        otlp_set_text(o->beside[BESIDE_EXCEPTION], e, otlp_exception_type(b->exception));
    for (unsigned i = 0; i < item->value_count; i++)
        otlp_set_value(&item->values[i], e, o->arena);
    if (!item->values)
        otlp_attributes(item->bytes, o->layout->attributes, o->source, e, &o->values,
                        o->arena);
    otlp_set_text(o->beside[BESIDE_SCOPE], e, item->scope);
    otlp_set_text(o->beside[BESIDE_NAME], e, b->name);
    otlp_set_text(o->beside[BESIDE_EVENT], e, b->event_name);
    otlp_set_text(o->beside[BESIDE_BODY], e, b->body);
    otlp_set_number(o->beside[BESIDE_TIME], e, b->end_ns, o->arena);
    otlp_set_number(o->beside[BESIDE_KIND], e, b->kind, o->arena);
    otlp_set_number(o->beside[BESIDE_STATUS], e, b->status, o->arena);
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

static uint64_t hash_of_ids(const struct otlp *o, struct str trace, struct str span)
{
    if (!trace.size || !span.size)
        return 0;
    return hash_of(trace, hash_of(span, o->seed)) | 1;
}

/* So that a call is not parsed twice. Of a huge body's calls most are: its memory counts
 * more. */
static void keep_values(struct otlp *o, struct otlp_item *item)
{
    size_t count = o->values.count;

    if (count == 0 || count > JSON_SLOTS_MAX || o->values_kept + count > VALUES_KEPT)
        return;
    struct otlp_value *kept = arena_alloc(o->arena, count * sizeof *kept);
    if (!kept)
        return;
    memcpy(kept, o->values.at, count * sizeof *kept);
    item->values = kept;
    item->value_count = (unsigned)count;
    o->values_kept += count;
}

/* Which call it is, for the groups. */
static void look_at(struct otlp *o, struct otlp_item *item)
{
    struct decoding d = decoding_of(o, &o->other);
    struct otlp_beside b;
    const char *skip = NULL;

    otlp_read_beside(&b, item->bytes, o->layout);
    item->self = hash_of_ids(o, b.trace_id, b.span_id);
    item->parent = hash_of_ids(o, b.trace_id, b.parent);
    item->start_ns = b.start_ns;
    item->end_ns = b.end_ns;
    load_slots(o, item, &b);
    if (!mapping_case(&d, &o->source->mapping->events, &skip))
        skip = "no_model_call";
    if (!skip && item->rule == SCOPE_SKIPPED)
        skip = "scope";
    item->why = skip;
    item->call = !skip;
    if (skip)
        return;
    struct str response = mapping_response_id(&d);
    item->response = response.size ? hash_of(response, o->seed) | 1 : 0;
    item->has_usage = mapping_has(&d, COUNT_INPUT_TOKENS);
    keep_values(o, item);
}

static void follow_source(struct otlp *o, const struct source *source)
{
    o->source = source;
    o->layout = source->mapping->signal == OTLP_LOGS ? &otlp_logs : &otlp_spans;
    for (size_t i = 0; i < BESIDE_COUNT; i++)
        o->beside[i] = attribute_find(source->attributes, str_of(beside_names[i]));
}

void otlp_begin(struct otlp *o, const struct source *source, struct str body,
                struct arena *arena, int64_t received_ns,
                struct embedded_reader *embedded)
{
    follow_source(o, source);
    o->body = body;
    o->arena = arena;
    o->received_ns = received_ns;
    o->embedded = embedded;
    o->item_count = o->looked_at = o->next = o->values_kept = o->unread = 0;
    o->broken = o->told = false;
    o->failed = NULL;
    o->has_resource = false;
    if (o->item_capacity > ITEMS_KEPT) {
        free(o->items);
        o->items = NULL;
        o->item_capacity = 0;
    }
    find_items(o);
}

/* All of them are looked at before the first is handed out: a call may be in several. */
static bool look_at_some(struct otlp *o)
{
    for (size_t i = 0; i < LOOKED_AT_ONCE && o->looked_at < o->item_count; i++)
        look_at(o, &o->items[o->looked_at++]);
    if (o->looked_at < o->item_count)
        return false;
    if (!otlp_group(o->items, o->item_count, o->arena))
        o->failed = "no memory for so many spans";
    return true;
}

bool otlp_is_empty(const struct otlp *o)
{
    return o->item_count == 0;
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
    struct otlp_beside b;

    record_init(out);
    otlp_read_beside(&b, item->bytes, o->layout);
    load_slots(o, item, &b);
    ev->received_ns = o->received_ns;
    ev->start_ns = b.start_ns;
    ev->end_ns = b.end_ns;
    ev->text[TEXT_SCOPE] = otlp_text(&d, item->scope);
    ev->scope_rule = item->rule;
    ev->resource = o->resource_hash;
    ev->service = o->service;
    ev->text[TEXT_TRACE_ID] = otlp_hex(b.trace_id, 16, o->arena);
    ev->text[TEXT_SPAN_ID] = otlp_hex(b.span_id, 8, o->arena);
    if (o->layout == &otlp_spans) {
        if (!ev->text[TEXT_TRACE_ID].size || !ev->text[TEXT_SPAN_ID].size)
            return "the span has no valid trace id and span id";
        ev->identity[ev->identity_count++] = ev->text[TEXT_TRACE_ID];
        ev->identity[ev->identity_count++] = ev->text[TEXT_SPAN_ID];
        ev->is_span = true;
        ev->parent_span_id = otlp_hex(b.parent, 8, o->arena);
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
    why->unread = o->unread ? o->unread - 1 : 0;
    why->text = o->failed       ? o->failed
                : o->item_count ? "the rest of the body is no OTLP protobuf"
                                : "the body is neither OTLP protobuf nor JSON";
    return VERDICT_BROKEN;
}

enum verdict otlp_next(struct otlp *o, struct record *out, struct verdict_reason *why)
{
    *why = (struct verdict_reason){.index = o->next};
    if (o->next == 0 && !look_at_some(o))
        return VERDICT_MORE;
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
