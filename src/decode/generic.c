/* The generic body: the event's own names, alone or as the data of a CloudEvents 1.0
 * envelope. Strict: a wrong type rejects the event and names the field. */
#include "generic.h"

static const char *const paths[GENERIC_FIXED_COUNT] = {
    [GENERIC_SPEC_VERSION] = "specversion",   [GENERIC_DATA] = "data",
    [GENERIC_DATA_BASE64] = "data_base64",    [GENERIC_SOURCE] = "source",
    [GENERIC_CURRENCY] = "reported_currency", [GENERIC_STATUS] = "status",
    [GENERIC_CACHE_HIT] = "cache_hit",        [GENERIC_STREAM] = "stream",
    [GENERIC_REPORTED] = "reported_usd",      [GENERIC_TAGS] = "tags",
    [GENERIC_METADATA] = "metadata",
};

static bool compile(struct source *s, struct err *err)
{
    const struct generic_field *fields;
    size_t count = generic_fields(&fields);
    unsigned slot;

    for (unsigned i = 0; i < GENERIC_FIXED_COUNT; i++)
        if (!source_want(s, str_of(paths[i]), &slot, err))
            return false;
    for (size_t i = 0; i < count; i++)
        if (!source_want(s, str_of(fields[i].name), &slot, err))
            return false;
    return true;
}

static bool is_absent(const struct json_value *v)
{
    return v->type == JSON_ABSENT || v->type == JSON_NULL;
}

static const struct json_value *slot_of(const struct decoding *d, const char *name)
{
    const struct generic_field *fields;
    size_t count = generic_fields(&fields);

    for (size_t i = 0; i < count; i++)
        if (strcmp(fields[i].name, name) == 0)
            return &d->slots[GENERIC_FIXED_COUNT + i];
    return NULL;
}

/* "...Z" or "...+02:00": what says neither may be any clock's. */
static bool has_zone(struct str time)
{
    struct str clock = str_from(time, STR("2026-11-24T").size);

    return clock.size &&
           (memchr(clock.at, 'Z', clock.size) || memchr(clock.at, 'z', clock.size) ||
            memchr(clock.at, '+', clock.size) || memchr(clock.at, '-', clock.size));
}

/* Seconds or milliseconds as a number would be guesses: refused. */
static bool read_time(const struct decoding *d, const struct json_value *v, int64_t *out)
{
    struct str text = decode_text(d, v);
    bool ok = v->type == JSON_NUMBER ? str_to_int64(v->raw, out)
                                     : v->type == JSON_STRING && has_zone(text) &&
                                           timestamp_parse(out, text);

    return ok && *out >= TIME_LEAST_NS;
}

static bool read_count(struct event *ev, unsigned index, const struct json_value *v)
{
    int64_t count = v->type == JSON_NUMBER ? decode_count(v) : -1;

    ev->count[index] = count;
    return count >= 0 && (index != COUNT_HTTP_STATUS || count <= 999);
}

static bool read_field(struct decoding *d, struct field field, const struct json_value *v)
{
    struct event *ev = &d->record->ev;
    int64_t *times[] = {&ev->start_ns, &ev->end_ns, &ev->first_token_ns};

    switch (field.kind) {
    case FIELD_TEXT:
        ev->text[field.index] = decode_text(d, v);
        return v->type == JSON_STRING;
    case FIELD_TIME:
        return read_time(d, v, times[field.index]);
    default:
        return read_count(ev, field.index, v);
    }
}

static const char *read_fields(struct decoding *d)
{
    const struct generic_field *fields;
    size_t count = generic_fields(&fields);

    for (size_t i = 0; i < count; i++) {
        const struct json_value *v = &d->slots[GENERIC_FIXED_COUNT + i];
        if (!is_absent(v) && !read_field(d, fields[i].field, v))
            return fields[i].wrong;
    }
    return NULL;
}

static bool is_right_label(const struct label_map *map, const struct json_value *v)
{
    if (map->field.kind == FIELD_TEXT)
        return v->type == JSON_STRING;
    int64_t depth = v->type == JSON_NUMBER ? decode_count(v) : -1;
    return depth >= 0 && depth <= RETRY_DEPTH_MAX;
}

static const char *check_labels(const struct decoding *d)
{
    for (size_t i = 0; i < d->source->map_count; i++) {
        const struct label_map *map = &d->source->maps[i];
        for (size_t j = 0; j < map->path_count; j++) {
            const struct json_value *v = &d->slots[map->paths[j].slot];
            if (map->paths[j].strict && !is_absent(v) && !is_right_label(map, v))
                return generic_label_wrong(map->field);
        }
    }
    return NULL;
}

static const char *read_status(struct decoding *d)
{
    struct event *ev = &d->record->ev;
    struct str status = decode_text(d, &d->slots[GENERIC_STATUS]);

    if (is_absent(&d->slots[GENERIC_STATUS])) {
        bool failed =
            ev->text[TEXT_ERROR_CLASS].size || ev->count[COUNT_HTTP_STATUS] >= 400;
        ev->outcome = failed ? OUTCOME_FAILURE : OUTCOME_SUCCESS;
        return NULL;
    }
    for (unsigned i = OUTCOME_SUCCESS; i <= OUTCOME_CANCELLED; i++)
        if (d->slots[GENERIC_STATUS].type == JSON_STRING &&
            str_eq(status, outcome_name((enum outcome)i))) {
            ev->outcome = (enum outcome)i;
            return NULL;
        }
    return "status must be success, failure or cancelled";
}

static bool read_flag(const struct json_value *v, bool *out)
{
    *out = json_true(v);
    return is_absent(v) || v->type == JSON_BOOL;
}

static const char *read_flags(struct decoding *d)
{
    struct event *ev = &d->record->ev;

    if (!read_flag(&d->slots[GENERIC_CACHE_HIT], &ev->cache_hit))
        return "cache_hit must be true or false";
    if (!read_flag(&d->slots[GENERIC_STREAM], &ev->stream))
        return "stream must be true or false";
    return NULL;
}

static const char *read_cost(struct decoding *d)
{
    static const char wrong[] = "reported_usd must be a decimal from 0 to 1000000";
    static const char wrong_currency[] = "reported_currency must be a currency's code";
    const struct json_value *v = &d->slots[GENERIC_REPORTED],
                            *of = &d->slots[GENERIC_CURRENCY];
    struct event *ev = &d->record->ev;
    struct str amount = decode_text(d, v), currency = decode_text(d, of);
    struct money cost;

    if (!is_absent(of) && (of->type != JSON_STRING || !currency.size))
        return wrong_currency;
    if (is_absent(v))
        return NULL;
    if ((v->type != JSON_NUMBER && v->type != JSON_STRING) ||
        !money_parse(&cost, amount) || cost.nanousd < 0 ||
        cost.nanousd > REPORTED_MOST_USD * NANO_PER_USD)
        return wrong;
    if (!is_absent(of) && !str_eq_nocase(currency, STR("USD")))
        return decode_other_cost(d, amount, currency) ? NULL : wrong_currency;
    ev->reported_usd = cost;
    ev->reported = cost.nanousd > 0 ? REPORTED_COST : REPORTED_INCLUDED;
    return NULL;
}

static const char *check_lists(const struct decoding *d)
{
    const struct json_value *tags = &d->slots[GENERIC_TAGS],
                            *metadata = &d->slots[GENERIC_METADATA];

    if (!is_absent(tags) && tags->type != JSON_ARRAY)
        return "tags must be an array of texts";
    for (size_t i = 0; i < d->element->item_count; i++)
        if (d->element->items[i].group == d->tag_group &&
            d->element->items[i].value.type != JSON_STRING)
            return "tags must be an array of texts";
    if (!is_absent(metadata) && metadata->type != JSON_OBJECT)
        return "metadata must be an object";
    return NULL;
}

static bool tells_of_a_call(const struct event *ev)
{
    return ev->text[TEXT_REQUESTED_MODEL].size || ev->text[TEXT_RESPONSE_MODEL].size ||
           ev->count[COUNT_INPUT_TOKENS] >= 0 || ev->count[COUNT_OUTPUT_TOKENS] >= 0 ||
           ev->reported != REPORTED_NONE || ev->text[TEXT_REPORTED_OTHER].size;
}

static bool has_an_id(const struct event *ev)
{
    return ev->text[TEXT_ID].size || ev->text[TEXT_CALL_ID].size ||
           ev->text[TEXT_TRACE_ID].size || ev->text[TEXT_SPAN_ID].size;
}

/* Without an id: what tells two requests apart. Without even a time or a call, two equal
 * events may be two requests, and none is a repetition. */
static void read_identity(struct decoding *d, const struct json_value *id,
                          const struct json_value *source)
{
    static const char *const parts[] = {"call_id",      "trace_id",     "span_id",
                                        "start",        "end",          "requested_model",
                                        "input_tokens", "output_tokens"};
    struct event *ev = &d->record->ev;

    if (id->type == JSON_STRING && id->raw.size) {
        decode_identity(d, id);
        decode_identity(d, source);
        return;
    }
    if (!ev->text[TEXT_CALL_ID].size && !ev->text[TEXT_SPAN_ID].size && !ev->start_ns &&
        !ev->end_ns)
        return;
    for (size_t i = 0; i < IDENTITY_MAX; i++)
        decode_identity(d, slot_of(d, parts[i]));
}

static const char *read_event(struct decoding *d)
{
    const char *wrong = read_fields(d);

    wrong = wrong ? wrong : check_labels(d);
    wrong = wrong ? wrong : check_lists(d);
    wrong = wrong ? wrong : read_status(d);
    wrong = wrong ? wrong : read_flags(d);
    wrong = wrong ? wrong : read_cost(d);
    d->foreign = !tells_of_a_call(&d->record->ev);
    if (wrong)
        return wrong;
    if (d->foreign && !has_an_id(&d->record->ev))
        return "no event: it has no id, no model, no tokens and no cost";
    decode_labels(d);
    decode_tags(d);
    decode_metadata(d);
    return NULL;
}

/* An envelope's id and source stand in for the data's own. */
static const char *read_generic(struct decoding *d)
{
    const struct json_value *outer = d->slots;
    unsigned id_slot = (unsigned)(slot_of(d, "id") - d->slots);
    const struct json_value *id = &outer[id_slot], *source = &outer[GENERIC_SOURCE];

    if (outer[GENERIC_SPEC_VERSION].type != JSON_ABSENT) {
        if (outer[GENERIC_DATA_BASE64].type != JSON_ABSENT)
            return "a CloudEvent's data must be JSON, not data_base64";
        if (outer[GENERIC_DATA].type != JSON_OBJECT)
            return "a CloudEvent's data must be an object";
        d->slots += ENVELOPE_STRIDE;
        d->tag_group = GROUP_TAGS_IN_ENVELOPE;
        if (!is_absent(&d->slots[id_slot])) {
            id = &d->slots[id_slot];
            if (!is_absent(&d->slots[GENERIC_SOURCE]))
                source = &d->slots[GENERIC_SOURCE];
        }
    }
    if (!is_absent(source) && source->type != JSON_STRING)
        return "source must be text";
    const char *wrong = read_event(d);
    if (wrong)
        return wrong;
    struct event *ev = &d->record->ev;
    if (!ev->text[TEXT_ID].size && id->type == JSON_STRING)
        ev->text[TEXT_ID] = decode_text(d, id);
    ev->text[TEXT_SCOPE] = decode_text(d, source);
    read_identity(d, id, source);
    return NULL;
}

const struct format format_generic = {
    .name = STR("generic"),
    .tags = "tags",
    .enveloped = true,
    .own_names = true,
    .metadata_roots = {"metadata"},
    .compile = compile,
    .read = read_generic,
};
