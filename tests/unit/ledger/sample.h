/* Random records that use every field, and their comparison. */
#pragma once
#include "../unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "spendwarden/record.h"

/* A record with its memory; everything that it points to is in here. */
struct sample {
    struct record record;
    struct effect effects[EFFECTS_MAX];
    struct gateway gateway;
    struct provenance by[LABEL_COUNT + 2 + PRICE_STEPS_MAX];
    char texts[64 * 1024];
    size_t used;
};

/* Text with what JSON must escape, unless `plain`. */
static inline struct str sample_text(struct sample *s, bool plain)
{
    static const char *const parts[] = {"a",        "Team ", "\"",   "\\",
                                        "\n",       "\t",    "\x01", "\x7f",
                                        "\xc3\xa4", "{",     "]",    "\xf0\x9f\x92\xb8",
                                        ",",        "0"};
    char *at = s->texts + s->used;
    size_t size = 0, count = 1 + (size_t)random() % 6;

    for (size_t i = 0; i < count; i++) {
        const char *part = parts[plain ? 0 : (size_t)random() % 14];
        memcpy(at + size, part, strlen(part));
        size += strlen(part);
    }
    size += (size_t)snprintf(at + size, 8, "%ld", random() % 50);
    s->used += size;
    assert_true(s->used < sizeof s->texts - 64);
    return (struct str){at, size};
}

static inline const struct provenance *sample_by(struct sample *s, size_t i)
{
    struct provenance *p = &s->by[i];

    p->from = (enum provenance_from)(random() % 4);
    p->field = p->from == FROM_GATEWAY || p->from == FROM_CALLER ? sample_text(s, false)
                                                                 : STR("");
    if (p->from != FROM_POLICY)
        return p;
    p->policy = sample_text(s, true);
    p->rule = sample_text(s, false);
    p->reason = random() % 2 ? sample_text(s, false) : STR("");
    p->was = random() % 2 ? sample_text(s, false) : STR("");
    return p;
}

static inline void sample_event(struct sample *s)
{
    struct event *ev = &s->record.ev;

    for (unsigned i = 0; i < TEXT_DECLARED_FIRST + 2; i++)
        if (random() % 3)
            ev->text[i] = sample_text(s, false);
    for (size_t i = 0; i < COUNT_COUNT; i++)
        ev->count[i] = random() % 2 ? random() % 100000 : -1;
    ev->start_ns = 1795000000000000000 + random() % 1000000000;
    ev->end_ns = random() % 8 ? ev->start_ns + random() : 0;
    ev->first_token_ns = random() % 2 ? ev->start_ns + 5 : 0;
    ev->received_ns = ev->start_ns + 1000000000;
    ev->outcome = (enum outcome)(random() % 3);
    ev->reported = (enum reported)(random() % 4);
    if (ev->reported == REPORTED_COST)
        ev->reported_usd.nanousd = random();
    ev->cache_hit = random() % 2;
    ev->stream = random() % 2;
    ev->tag_count = (uint8_t)(random() % 4);
    for (size_t i = 0; i < ev->tag_count; i++)
        ev->tags[i] = sample_text(s, false);
    ev->metadata_count = (uint8_t)(random() % 4);
    for (size_t i = 0; i < ev->metadata_count; i++)
        ev->metadata[i] = (struct pair){sample_text(s, true), sample_text(s, false)};
}

static inline void sample_gateway(struct sample *s)
{
    struct gateway *g = &s->gateway;

    s->record.ev.gateway = g;
    g->text[GATEWAY_ROUTE] = sample_text(s, true); /* an empty one reads back as none */
    for (size_t i = 0; i < GATEWAY_ROUTE; i++)
        if (random() % 2)
            g->text[i] = sample_text(s, false);
    g->limit_count = (uint8_t)(random() % (LIMIT_OF_COUNT + 1));
    for (size_t i = 0; i < g->limit_count; i++)
        g->limits[i] =
            (struct limit){.of = (enum limit_of)i,
                           .id = sample_text(s, false),
                           .alias = random() % 2 ? sample_text(s, false) : STR(""),
                           .max = {random() * random()},
                           .spent = {random()},
                           .reset_ns = random() % 2 ? random() : 0};
}

static inline void sample_charge(struct sample *s)
{
    struct charge *c = &s->record.charge;

    c->status = (enum price_status)(random() % PRICE_STATUS_COUNT);
    c->has_computed = random() % 2;
    c->computed.nanousd = c->has_computed ? random() : 0;
    c->charge.nanousd = random() * 1000;
    c->billed.nanousd = random() % 2 ? c->charge.nanousd : -random();
    c->entry = random() % 2 ? sample_text(s, false) : STR("");
    c->matched_by = random() % 2 ? STR("exact") : STR("");
    c->component_count = (uint8_t)(random() % 5);
    for (size_t i = 0; i < c->component_count; i++)
        c->components[i] = (struct component){
            STR("cache_read_tokens"), random(), {random()}, {-random() * random()}};
    c->step_count = (uint8_t)(random() % 4);
    for (size_t i = 0; i < c->step_count; i++)
        c->steps[i] = (struct price_step){
            sample_by(s, LABEL_COUNT + 2 + i), random() % 2, {random()}, {-random()}};
}

static inline void sample_effects(struct sample *s)
{
    s->record.effect_count = (uint8_t)(random() % 4);
    s->record.effects = s->effects;
    for (size_t i = 0; i < s->record.effect_count; i++) {
        struct effect *e = &s->effects[i];
        *e = (struct effect){.name = sample_text(s, true), .nano = random() - random()};
        e->label_count = (uint8_t)(random() % (EFFECT_LABELS_MAX + 1));
        for (size_t j = 0; j < e->label_count; j++)
            e->labels[j] = (struct pair){sample_text(s, true), sample_text(s, false)};
    }
}

/* Random, but the same for the same `seed`. */
static inline void sample_make(struct sample *s, unsigned seed)
{
    struct record *r = &s->record;

    memset(s, 0, sizeof *s);
    srandom(seed);
    record_init(r);
    r->kind = (enum record_kind)(random() % 4);
    r->generation = (uint32_t)random();
    r->booked_ns = 1795000000000000000 + seed;
    r->late = random() % 2;
    r->future = random() % 2;
    sample_event(s);
    sample_charge(s);
    sample_effects(s);
    if (random() % 2)
        sample_gateway(s);
    if (random() % 2)
        r->class = sample_text(s, true);
    if (random() % 2)
        r->class_by = sample_by(s, LABEL_COUNT);
    if (random() % 2)
        r->retry_depth_by = sample_by(s, LABEL_COUNT + 1);
    for (size_t i = 0; i < LABEL_COUNT; i++)
        if (r->ev.text[TEXT_LABEL_FIRST + i].size)
            r->label_by[i] = sample_by(s, i);
}

static inline void assert_str_equal(struct str a, struct str b)
{
    if (!str_eq(a, b))
        fail_msg("'%.*s' is not '%.*s'", STR_ARG(a), STR_ARG(b));
}

static inline void assert_by_equal(const struct provenance *a, const struct provenance *b)
{
    assert_int_equal(a == NULL, b == NULL);
    if (!a)
        return;
    assert_int_equal(a->from, b->from);
    assert_str_equal(a->field, b->field);
    assert_str_equal(a->policy, b->policy);
    assert_str_equal(a->rule, b->rule);
    assert_str_equal(a->reason, b->reason);
    assert_str_equal(a->was, b->was);
}

static inline void assert_pairs_equal(const struct pair *a, const struct pair *b,
                                      size_t count)
{
    for (size_t i = 0; i < count; i++) {
        assert_str_equal(a[i].name, b[i].name);
        assert_str_equal(a[i].value, b[i].value);
    }
}

static inline void assert_gateway_equal(const struct gateway *a, const struct gateway *b)
{
    assert_int_equal(a == NULL, b == NULL);
    for (size_t i = 0; a && i < GATEWAY_TEXT_COUNT; i++)
        assert_str_equal(a->text[i], b->text[i]);
    assert_int_equal(a ? a->limit_count : 0, b ? b->limit_count : 0);
    for (size_t i = 0; a && i < a->limit_count; i++) {
        assert_int_equal(a->limits[i].of, b->limits[i].of);
        assert_str_equal(a->limits[i].id, b->limits[i].id);
        assert_str_equal(a->limits[i].alias, b->limits[i].alias);
        assert_int_equal(a->limits[i].max.nanousd, b->limits[i].max.nanousd);
        assert_int_equal(a->limits[i].spent.nanousd, b->limits[i].spent.nanousd);
        assert_int_equal(a->limits[i].reset_ns, b->limits[i].reset_ns);
    }
}

static inline void assert_event_equal(const struct event *a, const struct event *b)
{
    for (size_t i = 0; i < TEXT_COUNT; i++)
        assert_str_equal(a->text[i], b->text[i]);
    assert_memory_equal(a->count, b->count, sizeof a->count);
    assert_int_equal(a->start_ns, b->start_ns);
    assert_int_equal(a->end_ns, b->end_ns);
    assert_int_equal(a->first_token_ns, b->first_token_ns);
    assert_int_equal(a->received_ns, b->received_ns);
    assert_int_equal(a->outcome, b->outcome);
    assert_int_equal(a->reported, b->reported);
    assert_int_equal(a->reported_usd.nanousd, b->reported_usd.nanousd);
    assert_int_equal(a->cache_hit, b->cache_hit);
    assert_int_equal(a->stream, b->stream);
    assert_int_equal(a->tag_count, b->tag_count);
    for (size_t i = 0; i < a->tag_count; i++)
        assert_str_equal(a->tags[i], b->tags[i]);
    assert_int_equal(a->metadata_count, b->metadata_count);
    assert_pairs_equal(a->metadata, b->metadata, a->metadata_count);
    assert_gateway_equal(a->gateway, b->gateway);
}

static inline void assert_charge_equal(const struct charge *a, const struct charge *b)
{
    assert_int_equal(a->status, b->status);
    assert_int_equal(a->has_computed, b->has_computed);
    assert_int_equal(a->computed.nanousd, b->computed.nanousd);
    assert_int_equal(a->charge.nanousd, b->charge.nanousd);
    assert_int_equal(a->billed.nanousd, b->billed.nanousd);
    assert_str_equal(a->entry, b->entry);
    assert_str_equal(a->matched_by, b->matched_by);
    assert_int_equal(a->component_count, b->component_count);
    for (size_t i = 0; i < a->component_count; i++) {
        assert_str_equal(a->components[i].unit, b->components[i].unit);
        assert_int_equal(a->components[i].quantity, b->components[i].quantity);
        assert_int_equal(a->components[i].rate.picousd, b->components[i].rate.picousd);
        assert_int_equal(a->components[i].amount.nanousd,
                         b->components[i].amount.nanousd);
    }
    assert_int_equal(a->step_count, b->step_count);
    for (size_t i = 0; i < a->step_count; i++) {
        assert_by_equal(a->steps[i].by, b->steps[i].by);
        assert_int_equal(a->steps[i].billed, b->steps[i].billed);
        assert_int_equal(a->steps[i].before.nanousd, b->steps[i].before.nanousd);
        assert_int_equal(a->steps[i].after.nanousd, b->steps[i].after.nanousd);
    }
}

static inline void assert_record_equal(const struct record *a, const struct record *b)
{
    assert_int_equal(a->seq, b->seq);
    assert_int_equal(a->kind, b->kind);
    assert_int_equal(a->generation, b->generation);
    assert_int_equal(a->booked_ns, b->booked_ns);
    assert_int_equal(a->late, b->late);
    assert_int_equal(a->future, b->future);
    assert_event_equal(&a->ev, &b->ev);
    assert_charge_equal(&a->charge, &b->charge);
    assert_str_equal(a->class, b->class);
    assert_by_equal(a->class_by, b->class_by);
    assert_by_equal(a->retry_depth_by, b->retry_depth_by);
    for (size_t i = 0; i < LABEL_COUNT; i++)
        assert_by_equal(a->label_by[i], b->label_by[i]);
    assert_int_equal(a->effect_count, b->effect_count);
    for (size_t i = 0; i < a->effect_count; i++) {
        assert_str_equal(a->effects[i].name, b->effects[i].name);
        assert_int_equal(a->effects[i].nano, b->effects[i].nano);
        assert_int_equal(a->effects[i].label_count, b->effects[i].label_count);
        assert_pairs_equal(a->effects[i].labels, b->effects[i].labels,
                           a->effects[i].label_count);
    }
}
