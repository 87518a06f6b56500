#include <stdlib.h>

#include "internal.h"
#include "spendwarden/hash.h"
#include "spendwarden/pack.h"

int64_t bucket_width(int64_t over_ns)
{
    static const int64_t widths[] = {6 * NS_PER_HOUR,   NS_PER_HOUR,   15 * NS_PER_MINUTE,
                                     5 * NS_PER_MINUTE, NS_PER_MINUTE, 15 * NS_PER_SECOND,
                                     5 * NS_PER_SECOND};
    size_t i = 0;

    while (i + 1 < sizeof widths / sizeof *widths && widths[i] > over_ns / 60)
        i++;
    return widths[i];
}

/* By name where it has one: the index of a declared label moves with the config. */
static void pack_field(struct buf *out, const struct schema *schema, struct field field)
{
    pack_str(out, field_name(schema, field));
    pack_int(out, field.kind);
    if (field.kind != FIELD_TEXT || field.index < TEXT_DECLARED_FIRST)
        pack_int(out, field.index);
}

static void pack_where(struct buf *out, const struct schema *schema,
                       const struct where_clause *clause)
{
    pack_field(out, schema, clause->field);
    pack_int(out, clause->op);
    if (clause->op != WHERE_IN)
        return;
    pack_int(out, (int64_t)clause->value_count);
    for (size_t i = 0; i < clause->value_count; i++)
        pack_str(out, clause->values[i]);
}

void stream_identity(const struct window_decl *decl, const struct schema *schema,
                     struct buf *out)
{
    pack_int(out, decl->aggregate);
    if (decl->aggregate != AGGREGATE_COUNT) {
        pack_field(out, schema, decl->field);
        pack_str(out, decl->effect);
    }
    pack_int(out, (int64_t)decl->by_count);
    for (size_t i = 0; i < decl->by_count; i++)
        pack_field(out, schema, decl->by[i]);
    pack_int(out, (int64_t)decl->where_count);
    for (size_t i = 0; i < decl->where_count; i++)
        pack_where(out, schema, &decl->where[i]);
    pack_int(out, decl->span);
    if (decl->span == SPAN_ROLLING) {
        pack_int(out, bucket_width(decl->over_ns));
    } else {
        pack_int(out, decl->period);
        pack_str(out, str_of(zone_name(decl->zone)));
        if (decl->start_day > START_DAY_USUAL)
            pack_int(out, decl->start_day);
    }
}

static bool copy_text(struct stream *s, struct str *text)
{
    struct str copy = arena_copy(&s->memory, *text);
    bool ok = copy.size == text->size;

    *text = copy;
    return ok;
}

static bool copy_where(struct stream *s, struct where_clause *clause)
{
    size_t count = clause->op == WHERE_IN ? clause->value_count : 0;
    struct str *values = arena_alloc(&s->memory, (count + 1) * sizeof *values);
    bool ok = values != NULL;

    for (size_t i = 0; ok && i < count; i++) {
        values[i] = clause->values[i];
        ok = copy_text(s, &values[i]);
    }
    clause->values = values;
    clause->value_count = count;
    return ok;
}

struct stream *stream_new(const struct window_decl *decl, const struct schema *schema,
                          struct err *err)
{
    struct stream *s = calloc(1, sizeof *s);

    if (!s)
        goto fail;
    s->decl = *decl;
    s->decl.zone = NULL;
    arena_init(&s->memory, 0);
    bool ok = copy_text(s, &s->decl.effect);
    for (size_t i = 0; ok && i < decl->where_count; i++)
        ok = copy_where(s, &s->decl.where[i]);
    if (decl->span == SPAN_CALENDAR) {
        s->zone = zone_copy(decl->zone);
        ok = ok && s->zone;
    } else {
        s->width_ns = bucket_width(decl->over_ns);
    }
    stream_identity(decl, schema, &s->identity);
    if (ok && !s->identity.failed)
        return s;

fail:
    stream_free(s);
    err_set(err, ERR_MEMORY, "window: no memory");
    return NULL;
}

void stream_clear(struct windows *w, struct stream *s)
{
    for (size_t i = 0; i < s->group_count; i++)
        group_release(s, &s->groups[i]);
    w->cell_count -= s->cell_count;
    s->cell_count = s->group_count = 0;
    s->since_ns = s->swept_ns = 0;
    s->loaded = false;
    s->filling = true;
    if (s->slots)
        memset(s->slots, 0, s->slot_count * sizeof *s->slots);
}

void stream_free(struct stream *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->group_count; i++)
        group_release(s, &s->groups[i]);
    free(s->groups);
    free(s->order);
    free(s->slots);
    zone_free(s->zone);
    buf_release(&s->identity);
    arena_release(&s->memory);
    free(s);
}

static void look_up(const struct stream *s, struct span *span, int64_t ns)
{
    if (ns < span->start_ns || ns >= span->end_ns)
        zone_period(s->zone, s->decl.period, s->decl.start_day, ns, &span->start_ns,
                    &span->end_ns);
}

int64_t stream_bucket(struct stream *s, int64_t booked_ns)
{
    if (s->decl.span == SPAN_ROLLING)
        return floor_to(booked_ns, s->width_ns);
    look_up(s, &s->event_period, booked_ns);
    return s->event_period.start_ns;
}

int64_t stream_floor(struct stream *s, int64_t now_ns)
{
    /* One bucket further back than any window reads, whatever its offset. */
    if (s->decl.span == SPAN_ROLLING)
        return now_ns - s->retain_ns - s->width_ns;
    if (now_ns < s->now_period.start_ns || now_ns >= s->now_period.end_ns) {
        struct span previous = {0, 0};
        look_up(s, &s->now_period, now_ns);
        look_up(s, &previous, s->now_period.start_ns - 1);
        s->previous_start_ns = previous.start_ns;
    }
    return s->previous_start_ns - 1;
}

static bool clause_holds(const struct where_clause *clause, const struct record *r)
{
    char digits[VALUE_TEXT_SIZE];
    struct str value = record_value(r, clause->field, digits);

    if (clause->op == WHERE_PRESENT)
        return value.size > 0;
    if (clause->op == WHERE_MISSING)
        return value.size == 0;
    for (size_t i = 0; i < clause->value_count; i++)
        if (str_eq(value, clause->values[i]))
            return true;
    return false;
}

static bool effect_value(const struct stream *s, const struct record *r, int64_t *value)
{
    bool found = false;

    *value = 0;
    for (size_t i = 0; i < r->effect_count; i++)
        if (str_eq(r->effects[i].name, s->decl.effect)) {
            add_clamped(value, r->effects[i].nano);
            found = true;
        }
    return found;
}

bool window_where(const struct window_decl *decl, const struct record *r)
{
    for (size_t i = 0; i < decl->where_count; i++)
        if (!clause_holds(&decl->where[i], r))
            return false;
    return true;
}

static bool value_hash(const struct record *r, struct field field, int64_t *value)
{
    char digits[VALUE_TEXT_SIZE];
    struct str text = record_value(r, field, digits);

    *value = (int64_t)hash_of(text, 0);
    return text.size > 0;
}

static bool is_usage(struct field field)
{
    return field.kind == FIELD_COUNT ||
           (field.kind == FIELD_DERIVED && field.index == DERIVED_TOTAL_TOKENS);
}

bool stream_takes(const struct stream *s, const struct record *r, int64_t *value)
{
    if (!window_where(&s->decl, r))
        return false;
    *value = 1;
    if (s->decl.aggregate == AGGREGATE_COUNT)
        return record_is_request(r);
    if (is_usage(s->decl.field) && !record_has_usage(r))
        return false;
    if (s->decl.aggregate == AGGREGATE_DISTINCT)
        return value_hash(r, s->decl.field, value);
    if (s->decl.field.kind == FIELD_NONE)
        return effect_value(s, r, value);
    return record_number(r, s->decl.field, value);
}
