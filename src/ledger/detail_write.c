#include "columns.h"
#include "detail.h"
#include "provenance.h"

/* Opens `"name":` of the object; commas are set by what already stands there. */
static void section(struct buf *out, struct str name)
{
    buf_add(out, out->size ? STR(",\"") : STR("{\""));
    buf_add(out, name);
    buf_add(out, STR("\":"));
}

/* Between the elements of a list that began with one bracket. */
static void separate(struct buf *out, size_t position)
{
    if (position)
        buf_byte(out, ',');
}

static void write_pair(struct buf *out, struct str name, struct str value)
{
    buf_json(out, name);
    buf_byte(out, ':');
    buf_json(out, value);
}

static void write_labels(struct buf *out, const struct record *r,
                         const struct schema *schema)
{
    size_t written = 0;

    for (size_t i = 0; schema && i < schema->declared_count; i++) {
        struct str value = r->ev.text[TEXT_DECLARED_FIRST + i];
        if (!value.size)
            continue;
        if (written == 0) {
            section(out, STR("labels"));
            buf_byte(out, '{');
        }
        separate(out, written++);
        write_pair(out, schema->declared[i], value);
    }
    if (written)
        buf_byte(out, '}');
}

static void write_counts(struct buf *out, const struct record *r)
{
    size_t written = 0;

    for (uint8_t i = 0; i < COUNT_COUNT; i++) {
        if (r->ev.count[i] == -1 || count_has_column(i))
            continue;
        if (written == 0) {
            section(out, STR("counts"));
            buf_byte(out, '{');
        }
        separate(out, written++);
        buf_json(out, field_name(NULL, (struct field){FIELD_COUNT, i, STAGE_DECODE}));
        buf_byte(out, ':');
        buf_int(out, r->ev.count[i]);
    }
    if (written)
        buf_byte(out, '}');
}

/* Decimal digits at `at`; returns what follows them. */
static char *put_int(char *at, int64_t value)
{
    char digits[20];
    size_t count = 0;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;

    if (value < 0)
        *at++ = '-';
    for (; rest > 9; rest /= 10)
        digits[count++] = (char)('0' + rest % 10);
    digits[count++] = (char)('0' + rest);
    while (count)
        *at++ = digits[--count];
    return at;
}

/* Every event has some: written without a call for each byte. */
static void write_component(struct buf *out, const struct component *c)
{
    enum { NUMBERS_SIZE = 3 * 21 + 2 };

    buf_json(out, c->unit);
    char *from = buf_reserve(out, NUMBERS_SIZE), *at = from;
    if (!from)
        return;
    *at++ = ',';
    at = put_int(at, c->quantity);
    *at++ = ',';
    at = put_int(at, c->rate.picousd);
    *at++ = ',';
    at = put_int(at, c->amount.nanousd);
    *at++ = ']';
    out->size += (size_t)(at - from);
}

static void write_components(struct buf *out, const struct charge *charge)
{
    if (!charge->component_count)
        return;
    section(out, STR("components"));
    buf_byte(out, '[');
    for (size_t i = 0; i < charge->component_count; i++) {
        buf_add(out, i ? STR(",[") : STR("["));
        write_component(out, &charge->components[i]);
    }
    buf_byte(out, ']');
}

static void write_steps(struct buf *out, const struct charge *charge)
{
    if (!charge->step_count)
        return;
    section(out, STR("steps"));
    buf_byte(out, '[');
    for (size_t i = 0; i < charge->step_count; i++) {
        const struct price_step *s = &charge->steps[i];
        buf_add(out, i ? STR(",{\"before\":") : STR("{\"before\":"));
        buf_int(out, s->before.nanousd);
        buf_add(out, STR(",\"after\":"));
        buf_int(out, s->after.nanousd);
        buf_add(out, s->billed ? STR(",\"billed\":true") : STR(""));
        if (s->by) {
            buf_add(out, STR(",\"by\":"));
            provenance_write(out, s->by);
        }
        buf_byte(out, '}');
    }
    buf_byte(out, ']');
}

static void write_effects(struct buf *out, const struct record *r)
{
    if (!r->effect_count)
        return;
    section(out, STR("effects"));
    buf_byte(out, '[');
    for (size_t i = 0; i < r->effect_count; i++) {
        const struct effect *e = &r->effects[i];
        buf_add(out, i ? STR(",[") : STR("["));
        buf_json(out, e->name);
        buf_byte(out, ',');
        buf_int(out, e->nano);
        buf_add(out, STR(",{"));
        for (size_t j = 0; j < e->label_count; j++) {
            separate(out, j);
            write_pair(out, e->labels[j].name, e->labels[j].value);
        }
        buf_add(out, STR("}]"));
    }
    buf_byte(out, ']');
}

static void write_tags(struct buf *out, const struct event *ev)
{
    if (!ev->tag_count)
        return;
    section(out, STR("tags"));
    for (size_t i = 0; i < ev->tag_count; i++) {
        buf_byte(out, i ? ',' : '[');
        buf_json(out, ev->tags[i]);
    }
    buf_byte(out, ']');
}

static void write_metadata(struct buf *out, const struct event *ev)
{
    if (!ev->metadata_count)
        return;
    section(out, STR("metadata"));
    for (size_t i = 0; i < ev->metadata_count; i++) {
        buf_byte(out, i ? ',' : '{');
        write_pair(out, ev->metadata[i].name, ev->metadata[i].value);
    }
    buf_byte(out, '}');
}

static void write_gateway(struct buf *out, const struct gateway *g)
{
    size_t written = 0;

    for (unsigned i = 0; i < GATEWAY_TEXT_COUNT; i++) {
        if (!g->text[i].size)
            continue;
        if (written == 0) {
            section(out, STR("gateway"));
            buf_byte(out, '{');
        }
        separate(out, written++);
        write_pair(out, gateway_text_name((enum gateway_text)i), g->text[i]);
    }
    if (written)
        buf_byte(out, '}');
}

static void write_limits(struct buf *out, const struct gateway *g)
{
    if (!g->limit_count)
        return;
    section(out, STR("limits"));
    buf_byte(out, '[');
    for (size_t i = 0; i < g->limit_count; i++) {
        const struct limit *limit = &g->limits[i];
        separate(out, i);
        buf_byte(out, '[');
        buf_json(out, limit_of_name(limit->of));
        buf_byte(out, ',');
        buf_json(out, limit->id);
        buf_byte(out, ',');
        buf_json(out, limit->alias);
        buf_byte(out, ',');
        buf_int(out, limit->max.nanousd);
        buf_byte(out, ',');
        buf_int(out, limit->spent.nanousd);
        buf_byte(out, ',');
        buf_int(out, limit->reset_ns);
        buf_byte(out, ']');
    }
    buf_byte(out, ']');
}

void detail_write(struct buf *out, const struct record *r, const struct schema *schema)
{
    buf_reset(out);
    write_labels(out, r, schema);
    write_counts(out, r);
    write_components(out, &r->charge);
    write_steps(out, &r->charge);
    write_effects(out, r);
    write_tags(out, &r->ev);
    write_metadata(out, &r->ev);
    if (r->ev.text[TEXT_REPORTED_OTHER].size) {
        section(out, STR("reported_other"));
        buf_json(out, r->ev.text[TEXT_REPORTED_OTHER]);
    }
    if (r->ev.gateway) {
        write_gateway(out, r->ev.gateway);
        write_limits(out, r->ev.gateway);
    }
    if (out->size)
        buf_byte(out, '}');
}
