#include "spendwarden/record_json.h"

#include <stdio.h>

/* A comma where something stands before, then the name. */
static void member(struct buf *out, struct str name)
{
    if (out->size && out->at[out->size - 1] != '{')
        buf_byte(out, ',');
    buf_json(out, name);
    buf_byte(out, ':');
}

static void text_member(struct buf *out, struct str name, struct str value)
{
    if (value.size == 0)
        return;
    member(out, name);
    buf_json(out, value);
}

static void money_value(struct buf *out, struct money amount)
{
    char text[MONEY_TEXT_SIZE];

    money_format(text, amount);
    buf_json(out, str_of(text));
}

static void time_value(struct buf *out, int64_t ns)
{
    char text[TIMESTAMP_TEXT_SIZE];

    timestamp_format(text, ns);
    buf_json(out, str_of(text));
}

static void flag_value(struct buf *out, bool flag)
{
    buf_add(out, flag ? STR("true") : STR("false"));
}

static void derived_member(struct buf *out, const struct record *r, struct str name,
                           struct field field)
{
    int64_t number;

    if (field.index == DERIVED_CACHE_HIT || field.index == DERIVED_STREAM) {
        member(out, name);
        flag_value(out, field.index == DERIVED_STREAM ? r->ev.stream : r->ev.cache_hit);
        return;
    }
    if (!record_number(r, field, &number)) {
        text_member(out, name, record_text(r, field));
        return;
    }
    member(out, name);
    if (field.index == DERIVED_TIME)
        time_value(out, number);
    else if (field.index == DERIVED_TOTAL_TOKENS)
        buf_int(out, number);
    else
        buf_format(out, "%.9g", (double)number / 1e9);
}

static void field_member(struct buf *out, const struct record *r, struct str name,
                         struct field field)
{
    int64_t number;

    switch (field.kind) {
    case FIELD_TEXT:
        text_member(out, name, r->ev.text[field.index]);
        return;
    case FIELD_DERIVED:
        derived_member(out, r, name, field);
        return;
    default:
        break;
    }
    if (!record_number(r, field, &number))
        return;
    member(out, name);
    if (field.kind == FIELD_MONEY)
        money_value(out, (struct money){number});
    else if (field.kind == FIELD_TIME)
        time_value(out, number);
    else
        buf_int(out, number);
}

static void tags_member(struct buf *out, const struct event *ev)
{
    if (ev->tag_count == 0)
        return;
    member(out, STR("tags"));
    for (size_t i = 0; i < ev->tag_count; i++) {
        buf_byte(out, i ? ',' : '[');
        buf_json(out, ev->tags[i]);
    }
    buf_byte(out, ']');
}

static void pairs_member(struct buf *out, struct str name, const struct pair *pairs,
                         size_t count)
{
    if (count == 0)
        return;
    member(out, name);
    buf_byte(out, '{');
    for (size_t i = 0; i < count; i++)
        text_member(out, pairs[i].name, pairs[i].value);
    buf_byte(out, '}');
}

static void gateway_member(struct buf *out, const struct gateway *g)
{
    member(out, STR("gateway"));
    buf_byte(out, '{');
    for (unsigned i = 0; i < GATEWAY_TEXT_COUNT; i++)
        text_member(out, gateway_text_name((enum gateway_text)i), g->text[i]);
    buf_byte(out, '}');
}

static void limits_member(struct buf *out, const struct gateway *g)
{
    if (g->limit_count == 0)
        return;
    member(out, STR("limits"));
    for (size_t i = 0; i < g->limit_count; i++) {
        const struct limit *limit = &g->limits[i];
        buf_byte(out, i ? ',' : '[');
        buf_byte(out, '{');
        text_member(out, STR("of"), limit_of_name(limit->of));
        text_member(out, STR("id"), limit->id);
        text_member(out, STR("alias"), limit->alias);
        member(out, STR("max_usd"));
        money_value(out, limit->max);
        member(out, STR("spent_usd"));
        money_value(out, limit->spent);
        if (limit->reset_ns) {
            member(out, STR("reset"));
            time_value(out, limit->reset_ns);
        }
        buf_byte(out, '}');
    }
    buf_byte(out, ']');
}

static void provenance_value(struct buf *out, const struct provenance *p)
{
    static const struct str from[] = {STR("gateway"), STR("token"), STR("policy"),
                                      STR("caller")};

    buf_byte(out, '{');
    text_member(out, STR("from"), from[p->from]);
    text_member(out, STR("field"), p->field);
    text_member(out, STR("policy"), p->policy);
    text_member(out, STR("rule"), p->rule);
    text_member(out, STR("reason"), p->reason);
    text_member(out, STR("was"), p->was);
    buf_byte(out, '}');
}

static void provenance_member(struct buf *out, const struct record *r,
                              const struct schema *schema)
{
    member(out, STR("provenance"));
    buf_byte(out, '{');
    for (unsigned i = 0; i < LABEL_COUNT; i++) {
        struct field field = {FIELD_TEXT, (uint8_t)(TEXT_LABEL_FIRST + i), STAGE_DECODE};
        if (!r->label_by[i] || r->ev.text[field.index].size == 0)
            continue;
        member(out, field_name(schema, field));
        provenance_value(out, r->label_by[i]);
    }
    if (r->retry_depth_by) {
        member(out, STR("retry_depth"));
        provenance_value(out, r->retry_depth_by);
    }
    if (r->class_by) {
        member(out, STR("class"));
        provenance_value(out, r->class_by);
    }
    buf_byte(out, '}');
}

static void component_member(struct buf *out, const struct component *c)
{
    member(out, c->unit);
    buf_add(out, STR("{\"quantity\":"));
    buf_int(out, c->quantity);
    buf_add(out, STR(",\"rate_picousd\":"));
    buf_int(out, c->rate.picousd);
    buf_add(out, STR(",\"usd\":"));
    money_value(out, c->amount);
    buf_byte(out, '}');
}

static void step_value(struct buf *out, const struct price_step *step)
{
    buf_byte(out, '{');
    text_member(out, STR("of"), step->billed ? STR("billed") : STR("charge"));
    if (step->by) {
        text_member(out, STR("policy"), step->by->policy);
        text_member(out, STR("rule"), step->by->rule);
        text_member(out, STR("reason"), step->by->reason);
    }
    member(out, STR("before_usd"));
    money_value(out, step->before);
    member(out, STR("after_usd"));
    money_value(out, step->after);
    buf_byte(out, '}');
}

static void price_member(struct buf *out, const struct charge *c)
{
    member(out, STR("price"));
    buf_byte(out, '{');
    text_member(out, STR("entry"), c->entry);
    text_member(out, STR("matched_by"), c->matched_by);
    member(out, STR("components"));
    buf_byte(out, '{');
    for (size_t i = 0; i < c->component_count; i++)
        component_member(out, &c->components[i]);
    buf_byte(out, '}');
    member(out, STR("steps"));
    buf_byte(out, '[');
    for (size_t i = 0; i < c->step_count; i++) {
        if (i)
            buf_byte(out, ',');
        step_value(out, &c->steps[i]);
    }
    buf_add(out, STR("]}"));
}

static void effects_member(struct buf *out, const struct record *r)
{
    if (r->effect_count == 0)
        return;
    member(out, STR("effects"));
    for (size_t i = 0; i < r->effect_count; i++) {
        const struct effect *e = &r->effects[i];
        buf_byte(out, i ? ',' : '[');
        buf_byte(out, '{');
        text_member(out, STR("name"), e->name);
        pairs_member(out, STR("labels"), e->labels, e->label_count);
        member(out, STR("value"));
        money_value(out, (struct money){e->nano});
        buf_byte(out, '}');
    }
    buf_byte(out, ']');
}

void record_json(struct buf *out, const struct record *r, const struct schema *schema)
{
    struct field field;

    buf_byte(out, '{');
    if (r->seq) {
        member(out, STR("seq"));
        buf_int(out, (int64_t)r->seq);
    }
    for (size_t i = 0; field_at(schema, i, &field); i++)
        field_member(out, r, field_name(schema, field), field);
    text_member(out, STR("reported_other"), r->ev.text[TEXT_REPORTED_OTHER]);
    tags_member(out, &r->ev);
    pairs_member(out, STR("metadata"), r->ev.metadata, r->ev.metadata_count);
    if (r->ev.gateway) {
        gateway_member(out, r->ev.gateway);
        limits_member(out, r->ev.gateway);
    }
    provenance_member(out, r, schema);
    price_member(out, &r->charge);
    effects_member(out, r);
    buf_byte(out, '}');
}

void alert_change_json(struct buf *out, uint64_t number, const struct alert_row *a)
{
    buf_format(out, "{\"number\":%llu", (unsigned long long)number);
    member(out, STR("time"));
    time_value(out, a->tick_ns);
    text_member(out, STR("policy"), a->policy);
    text_member(out, STR("policy_version"), a->policy_version);
    if (a->generation)
        buf_format(out, ",\"generation\":%u", a->generation);
    text_member(out, STR("rule"), a->rule);
    text_member(out, STR("from"), a->from_state);
    text_member(out, STR("to"), a->to_state);
    buf_format(out, ",\"value\":%.9g,\"labels\":", a->value);
    buf_add(out, a->labels_json); /* JSON as it is */
    buf_add(out, STR(",\"annotations\":"));
    buf_add(out, a->annotations_json);
    buf_byte(out, '}');
}
