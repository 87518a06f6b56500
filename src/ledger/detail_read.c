#include "detail.h"
#include "provenance.h"

struct reading {
    struct cursor *c;
    struct record *r;
    struct detail_store *store;
    const struct schema *schema;
};

/* False ends the section: more than a record holds. */
static bool room(struct cursor *c, size_t count, size_t max)
{
    c->failed = c->failed || count >= max;
    return !c->failed;
}

static void read_labels(struct reading *in)
{
    cursor_enter(in->c, '{');
    while (cursor_more(in->c, '}')) {
        struct field field = field_find(in->schema, cursor_key(in->c));
        struct str value = cursor_string(in->c);
        if (field.kind == FIELD_TEXT && text_is_label(field.index))
            in->r->ev.text[field.index] = value;
    }
}

static void read_counts(struct reading *in)
{
    cursor_enter(in->c, '{');
    while (cursor_more(in->c, '}')) {
        struct field field = field_find(NULL, cursor_key(in->c));
        int64_t value = cursor_int(in->c);
        if (field.kind == FIELD_COUNT)
            in->r->ev.count[field.index] = value;
    }
}

static void expect(struct cursor *c, char byte)
{
    if (c->at < c->end && *c->at == byte)
        c->at++;
    else
        c->failed = true;
}

static void read_components(struct reading *in)
{
    struct charge *charge = &in->r->charge;

    cursor_enter(in->c, '[');
    while (cursor_more(in->c, ']')) {
        if (!room(in->c, charge->component_count, COMPONENTS_MAX))
            return;
        struct component *out = &charge->components[charge->component_count++];
        cursor_enter(in->c, '[');
        out->unit = cursor_string(in->c);
        expect(in->c, ',');
        out->quantity = cursor_int(in->c);
        expect(in->c, ',');
        out->rate.picousd = cursor_int(in->c);
        expect(in->c, ',');
        out->amount.nanousd = cursor_int(in->c);
        expect(in->c, ']');
    }
}

static void read_step(struct reading *in, struct price_step *out, struct provenance *by)
{
    *out = (struct price_step){.by = NULL};
    cursor_enter(in->c, '{');
    while (cursor_more(in->c, '}')) {
        struct str key = cursor_key(in->c);
        if (str_eq(key, STR("before"))) {
            out->before.nanousd = cursor_int(in->c);
        } else if (str_eq(key, STR("after"))) {
            out->after.nanousd = cursor_int(in->c);
        } else if (str_eq(key, STR("billed"))) {
            out->billed = cursor_bool(in->c);
        } else if (str_eq(key, STR("by"))) {
            provenance_read(in->c, by);
            out->by = by;
        } else {
            in->c->failed = true;
            return;
        }
    }
}

static void read_steps(struct reading *in)
{
    struct charge *charge = &in->r->charge;

    cursor_enter(in->c, '[');
    while (cursor_more(in->c, ']')) {
        if (!room(in->c, charge->step_count, PRICE_STEPS_MAX))
            return;
        size_t i = charge->step_count++;
        read_step(in, &charge->steps[i], &in->store->step_by[i]);
    }
}

static void read_effect(struct cursor *c, struct effect *out)
{
    cursor_enter(c, '[');
    out->name = cursor_string(c);
    expect(c, ',');
    out->nano = cursor_int(c);
    expect(c, ',');
    out->label_count = 0;
    cursor_enter(c, '{');
    while (cursor_more(c, '}') && room(c, out->label_count, EFFECT_LABELS_MAX)) {
        struct pair *label = &out->labels[out->label_count++];
        label->name = cursor_key(c);
        label->value = cursor_string(c);
    }
    expect(c, ']');
}

static void read_effects(struct reading *in)
{
    in->r->effects = in->store->effects;
    cursor_enter(in->c, '[');
    while (cursor_more(in->c, ']') && room(in->c, in->r->effect_count, EFFECTS_MAX))
        read_effect(in->c, &in->r->effects[in->r->effect_count++]);
}

static void read_tags(struct reading *in)
{
    struct event *ev = &in->r->ev;

    cursor_enter(in->c, '[');
    while (cursor_more(in->c, ']') && room(in->c, ev->tag_count, TAGS_MAX))
        ev->tags[ev->tag_count++] = cursor_string(in->c);
}

static void read_metadata(struct reading *in)
{
    struct event *ev = &in->r->ev;

    cursor_enter(in->c, '{');
    while (cursor_more(in->c, '}') && room(in->c, ev->metadata_count, METADATA_MAX)) {
        struct pair *out = &ev->metadata[ev->metadata_count++];
        out->name = cursor_key(in->c);
        out->value = cursor_string(in->c);
    }
}

static void read_reported_other(struct reading *in)
{
    in->r->ev.text[TEXT_REPORTED_OTHER] = cursor_string(in->c);
}

static struct gateway *take_gateway(struct reading *in)
{
    if (!in->r->ev.gateway) {
        in->store->gateway = (struct gateway){.limit_count = 0};
        in->r->ev.gateway = &in->store->gateway;
    }
    return in->r->ev.gateway;
}

static void read_gateway(struct reading *in)
{
    struct gateway *g = take_gateway(in);
    enum gateway_text text;

    cursor_enter(in->c, '{');
    while (cursor_more(in->c, '}')) {
        struct str name = cursor_key(in->c), value = cursor_string(in->c);
        if (gateway_text_find(name, &text))
            g->text[text] = value;
    }
}

static void read_limit(struct cursor *c, struct limit *out)
{
    cursor_enter(c, '[');
    c->failed |= !limit_of_find(cursor_string(c), &out->of);
    expect(c, ',');
    out->id = cursor_string(c);
    expect(c, ',');
    out->alias = cursor_string(c);
    expect(c, ',');
    out->max.nanousd = cursor_int(c);
    expect(c, ',');
    out->spent.nanousd = cursor_int(c);
    expect(c, ',');
    out->reset_ns = cursor_int(c);
    expect(c, ']');
}

static void read_limits(struct reading *in)
{
    struct gateway *g = take_gateway(in);

    cursor_enter(in->c, '[');
    while (cursor_more(in->c, ']') && room(in->c, g->limit_count, LIMIT_OF_COUNT))
        read_limit(in->c, &g->limits[g->limit_count++]);
}

static const struct {
    struct str name;
    void (*read)(struct reading *in);
} sections[] = {
    {STR("components"), read_components}, {STR("labels"), read_labels},
    {STR("counts"), read_counts},         {STR("steps"), read_steps},
    {STR("effects"), read_effects},       {STR("tags"), read_tags},
    {STR("metadata"), read_metadata},     {STR("reported_other"), read_reported_other},
    {STR("gateway"), read_gateway},       {STR("limits"), read_limits},
};

static void read_section(struct reading *in, struct str name)
{
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++)
        if (str_eq(sections[i].name, name)) {
            sections[i].read(in);
            return;
        }
    in->c->failed = true;
}

void detail_read(struct cursor *c, struct record *r, struct detail_store *store,
                 const struct schema *schema)
{
    struct reading in = {c, r, store, schema};

    cursor_enter(c, '{');
    while (cursor_more(c, '}'))
        read_section(&in, cursor_key(c));
}
