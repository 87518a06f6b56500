/* Data points of OTLP metrics, one after the other, at any depth of the body: what is
 * walked through stands in four readers, one in the other. */
#include "spendwarden/decode_points.h"

#include <stdlib.h>

#include "otlp.h"
#include "otlp_json.h"
#include "protobuf.h"
#include "spendwarden/hash.h"

enum { STEPS_AT_ONCE = 512 };
enum { DELTA = 1, CUMULATIVE = 2 };

/* No client has used so many; sums of them stay exact enough. */
#define TOKENS_MOST 1e15

/* A metric whose name does not say it tells by an attribute what it counts. */
struct token_metric {
    struct str name;
    uint64_t kind; /* equal ones are parts of one count */
    bool typed;
};

static const struct token_metric token_metrics[] = {
    {STR("gen_ai.client.token.usage"), 1, true},
    {STR("gen_ai.client.inference.usage.input_tokens"), 2, false},
    {STR("gen_ai.client.inference.usage.output_tokens"), 2, false},
    {STR("gen_ai.client.inference.operation.input_tokens"), 3, false},
    {STR("gen_ai.client.inference.operation.output_tokens"), 3, false},
};

/* Field numbers of a data point; times are 2 and 3 in each. */
struct point_layout {
    unsigned data; /* of the kind of metric, in Metric */
    unsigned attributes, sum, as_int, flags;
};

static const struct point_layout point_layouts[] = {
    {.data = 7, .attributes = 7, .sum = 4, .as_int = 6, .flags = 8},
    {.data = 9, .attributes = 9, .sum = 5, .flags = 10},
    {.data = 10, .attributes = 1, .sum = 5, .flags = 10},
};

struct points_reader {
    uint64_t seed;
    struct otlp_json *json;
    struct buf transcoded;
    struct teller *teller; /* NULL: not needed yet */
    struct arena *arena;
    struct str body_text;
    struct pb body, resourced, scoped, points;
    const struct token_metric *metric; /* of `points` */
    const struct point_layout *layout; /* of `points` */
    int64_t temporality;
    struct str service;
    uint64_t resource, scope, scope_name; /* hashes */
    const char *failed;                   /* static: why the rest cannot be read */
    bool told;
    size_t index;
};

bool points_open(struct points_reader **out, uint64_t seed, struct err *err)
{
    struct points_reader *r = calloc(1, sizeof *r);

    *out = NULL;
    if (r)
        r->json = otlp_json_open();
    if (!r || !r->json) {
        points_close(r);
        return err_set(err, ERR_MEMORY, "no memory for a reader of metrics");
    }
    r->seed = seed;
    *out = r;
    return true;
}

void points_close(struct points_reader *r)
{
    if (!r)
        return;
    otlp_json_close(r->json);
    teller_close(r->teller);
    buf_release(&r->transcoded);
    free(r);
}

static void tell_empty(struct points_reader *r, struct str body)
{
    if (!r->teller)
        r->teller = teller_open();
    r->failed = teller_tell_empty(r->teller, body, STR("otlp_metrics"), r->failed);
}

void points_begin(struct points_reader *r, struct str body, struct arena *arena)
{
    const struct pb none = pb_of((struct str){NULL, 0});

    r->body_text =
        otlp_protobuf(r->json, &r->transcoded, OTLP_METRICS, body, arena, &r->failed);
    if (!r->body_text.size)
        tell_empty(r, body);
    r->arena = arena;
    r->body = pb_of(r->body_text);
    r->resourced = r->scoped = r->points = none;
    r->told = false;
    r->index = 0;
}

/* --- what a point belongs to --- */

/* Whatever their order is. */
static uint64_t hash_of_attributes(const struct points_reader *r, struct str message,
                                   unsigned number)
{
    struct pb attributes = pb_of(message);
    struct pb_field f;
    uint64_t sum = 0;

    while (pb_next(&attributes, &f))
        if (f.number == number && f.wire == PB_BYTES)
            sum += hash_of(f.bytes, r->seed);
    return sum;
}

static void enter_resource(struct points_reader *r, struct str message)
{
    struct str resource = otlp_message_in(message, 1);

    r->resourced = pb_of(message);
    r->service = otlp_service(resource, r->arena);
    r->resource = hash_of_attributes(r, resource, 1);
}

static void enter_scope(struct points_reader *r, struct str message)
{
    struct str scope = otlp_message_in(message, 1);

    r->scoped = pb_of(message);
    r->scope = hash_of(scope, r->seed);
    r->scope_name = hash_of(otlp_message_in(scope, 1), r->seed);
}

static const struct token_metric *find_metric(struct str name)
{
    for (size_t i = 0; i < sizeof token_metrics / sizeof *token_metrics; i++)
        if (str_eq(token_metrics[i].name, name))
            return &token_metrics[i];
    return NULL;
}

static const struct point_layout *find_layout(unsigned data)
{
    for (size_t i = 0; i < sizeof point_layouts / sizeof *point_layouts; i++)
        if (point_layouts[i].data == data)
            return &point_layouts[i];
    return NULL;
}

static int64_t number_in(struct str message, unsigned number)
{
    struct pb r = pb_of(message);
    struct pb_field f;
    int64_t value = 0;

    while (pb_next(&r, &f))
        if (f.number == number && f.wire == PB_VARINT)
            value = (int64_t)f.value;
    return value;
}

static void note_broken(struct points_reader *r, const struct pb *message)
{
    if (message->broken && !r->failed)
        r->failed = "the body is no OTLP protobuf or JSON, from somewhere on";
}

static void enter_metric(struct points_reader *r, struct str message)
{
    struct pb metric = pb_of(message);
    struct pb_field f;

    r->metric = find_metric(otlp_message_in(message, 1));
    if (!r->metric)
        return;
    while (pb_next(&metric, &f)) {
        const struct point_layout *layout = find_layout(f.number);
        if (!layout || f.wire != PB_BYTES)
            continue;
        r->layout = layout;
        r->points = pb_of(f.bytes);
        r->temporality = number_in(f.bytes, 2);
    }
    note_broken(r, &metric);
}

/* --- a point --- */

struct point_text {
    struct str type, provider;
    double tokens;
    bool has_tokens, empty; /* empty: it says itself that nothing was recorded */
};

static void read_attribute(struct point_text *t, struct str key_value)
{
    struct str key = otlp_message_in(key_value, 1);
    struct str text = otlp_message_in(otlp_message_in(key_value, 2), 1);

    if (str_eq(key, STR("gen_ai.token.type")))
        t->type = text;
    else if (str_eq(key, STR("gen_ai.provider.name")) ||
             (str_eq(key, STR("gen_ai.system")) && !t->provider.size))
        t->provider = text;
}

static void read_field(struct point_text *t, struct token_point *p,
                       const struct point_layout *at, const struct pb_field *f)
{
    if (f->wire == PB_BYTES && f->number == at->attributes) {
        read_attribute(t, f->bytes);
    } else if (f->wire == PB_FIXED64 && f->number == 2) {
        p->start_ns = otlp_time(f->value);
    } else if (f->wire == PB_FIXED64 && f->number == 3) {
        p->time_ns = otlp_time(f->value);
    } else if (f->wire == PB_FIXED64 && f->number == at->sum) {
        t->tokens = pb_double(f->value);
        t->has_tokens = true;
    } else if (f->wire == PB_FIXED64 && f->number == at->as_int && at->as_int) {
        t->tokens = (double)(int64_t)f->value;
        t->has_tokens = true;
    } else if (f->wire == PB_VARINT && f->number == at->flags) {
        t->empty = f->value & 1;
    }
}

static bool counts_tokens(const struct points_reader *r, const struct point_text *t)
{
    bool typed = str_eq(t->type, STR("input")) || str_eq(t->type, STR("output")) ||
                 str_eq(t->type, STR("completion"));

    return t->has_tokens && !t->empty && (typed || !r->metric->typed);
}

static const char *problem(const struct points_reader *r, const struct point_text *t,
                           const struct token_point *p)
{
    if (r->temporality != DELTA && r->temporality != CUMULATIVE)
        return "the metric's temporality is neither delta nor cumulative";
    if (p->time_ns == 0)
        return "the data point has no time";
    if (!(t->tokens >= 0 && t->tokens <= TOKENS_MOST))
        return "the data point has no possible number of tokens";
    return NULL;
}

static uint64_t series_of(const struct points_reader *r, struct str point, int64_t start)
{
    const uint64_t parts[] = {r->resource,
                              r->scope,
                              hash_of(r->metric->name, r->seed),
                              hash_of_attributes(r, point, r->layout->attributes),
                              (uint64_t)start,
                              (uint64_t)r->temporality};

    return hash_of((struct str){(const char *)parts, sizeof parts}, r->seed);
}

static enum verdict read_point(struct points_reader *r, struct str message,
                               struct token_point *out, struct verdict_reason *why)
{
    struct point_text t = {.tokens = 0};
    struct pb point = pb_of(message);
    struct pb_field f;

    *out = (struct token_point){.service = r->service};
    while (pb_next(&point, &f))
        read_field(&t, out, r->layout, &f);
    if (!point.broken && !counts_tokens(r, &t)) {
        why->text = "no tokens of input or output";
        return VERDICT_SKIPPED;
    }
    why->text = point.broken ? "the data point is no OTLP protobuf" : problem(r, &t, out);
    if (why->text)
        return VERDICT_REJECTED;
    out->series = series_of(r, message, out->start_ns);
    out->provider = hash_of(t.provider, r->seed);
    out->counter = r->scope_name + r->metric->kind;
    out->cumulative = r->temporality == CUMULATIVE;
    out->tokens = t.tokens;
    return VERDICT_EVENT;
}

/* --- the walk --- */

/* The next message of that number in *at, which may be over. */
static bool next_message(struct points_reader *r, struct pb *at, unsigned number,
                         struct str *out)
{
    struct pb_field f;
    bool found = false;

    while (!found && !at->broken && pb_next(at, &f))
        found = f.number == number && f.wire == PB_BYTES;
    note_broken(r, at);
    if (found)
        *out = f.bytes;
    return found;
}

static enum verdict end_of(struct points_reader *r, struct verdict_reason *why)
{
    if (!r->failed || r->told)
        return VERDICT_END;
    r->told = true;
    why->text = r->failed;
    return VERDICT_BROKEN;
}

enum verdict points_next(struct points_reader *r, struct token_point *out,
                         struct verdict_reason *why)
{
    struct str message;

    *why = (struct verdict_reason){.index = r->index};
    for (size_t i = 0; i < STEPS_AT_ONCE; i++) {
        if (next_message(r, &r->points, 1, &message)) {
            why->position = (size_t)(message.at - r->body_text.at);
            r->index++;
            return read_point(r, message, out, why);
        }
        if (next_message(r, &r->scoped, 2, &message))
            enter_metric(r, message);
        else if (next_message(r, &r->resourced, 2, &message))
            enter_scope(r, message);
        else if (next_message(r, &r->body, 1, &message))
            enter_resource(r, message);
        else
            return end_of(r, why);
    }
    return VERDICT_MORE;
}
