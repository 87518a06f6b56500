/* A mapping run over one element. */
#include "litellm.h"
#include "mapping.h"

/* NaN and Infinity are no numbers here, and an empty text says nothing. */
static bool is_there(const struct json_value *v)
{
    return v->type != JSON_ABSENT && v->type != JSON_NULL &&
           (v->type != JSON_STRING || v->raw.size);
}

/* "2.0" is 2: some send every number as a double. */
static bool is_text(const struct decoding *d, const struct json_value *v, struct str text)
{
    int64_t number, wanted;

    if (str_eq(decode_text(d, v), text))
        return true;
    return v->type == JSON_NUMBER && json_int64(v, &number) &&
           str_to_int64(text, &wanted) && number == wanted;
}

static bool holds(struct decoding *d, const struct map_condition *c)
{
    const struct json_value *v = decode_slot(d, c->slot);
    int64_t number;

    switch (c->test) {
    case TEST_PRESENT:
        return is_there(v);
    case TEST_ABSENT:
        return !is_there(v);
    case TEST_AT_LEAST:
        return json_int64(v, &number) && number >= c->least;
    case TEST_ONE_OF:
        break;
    }
    for (size_t i = 0; i < c->text_count; i++)
        if (is_text(d, v, c->texts[i]))
            return true;
    return false;
}

bool mapping_case(struct decoding *d, const struct map_cases *cases, const char **skip)
{
    for (size_t i = 0; i < cases->count; i++) {
        const struct map_case *c = &cases->cases[i];
        size_t k = 0;
        while (k < c->condition_count && holds(d, &c->conditions[k]))
            k++;
        if (k < c->condition_count)
            continue;
        *skip = c->skip;
        return true;
    }
    return false;
}

static bool any_case(struct decoding *d, const struct map_cases *cases)
{
    const char *skip;

    return mapping_case(d, cases, &skip);
}

/* --- fields --- */

/* A number in the unit, or RFC 3339, as nanoseconds. */
static bool read_ns(const struct decoding *d, const struct json_value *v,
                    enum map_unit unit, int64_t *out)
{
    static const int scales[] = {
        [UNIT_NONE] = 9, [UNIT_S] = 9, [UNIT_MS] = 6, [UNIT_US] = 3, [UNIT_NS] = 0};
    struct str text = decode_text(d, v);

    return decimal_parse(out, text, scales[unit], NULL) ||
           (v->type == JSON_STRING && timestamp_parse(out, text));
}

static bool read_time(struct decoding *d, const struct json_value *v, enum map_unit unit,
                      unsigned index)
{
    struct event *ev = &d->record->ev;
    int64_t *times[] = {&ev->start_ns, &ev->end_ns, &ev->first_token_ns};
    int64_t ns;

    if (!read_ns(d, v, unit, &ns) || ns < TIME_LEAST_NS)
        return false;
    *times[index] = ns;
    return true;
}

static struct str renamed(const struct map_value *value, struct str text)
{
    for (size_t i = 0; i < value->prefix_count; i++)
        if (str_starts(text, value->prefixes[i].begins))
            return value->prefixes[i].becomes;
    return text;
}

static bool read_text(struct decoding *d, const struct map_value *value,
                      const struct json_value *v, enum map_unit unit)
{
    struct event *ev = &d->record->ev;
    struct str text = decode_text(d, v);

    if (unit == UNIT_MODEL)
        text = litellm_bare_model(text, ev->text[TEXT_AI_SYSTEM]);
    else if (unit == UNIT_PROVIDER)
        text = litellm_provider_before(text);
    ev->text[value->field.index] = renamed(value, text);
    return ev->text[value->field.index].size > 0;
}

static bool read_field(struct decoding *d, const struct map_value *value,
                       const struct json_value *v, enum map_unit unit)
{
    struct event *ev = &d->record->ev;
    struct field field = value->field;

    switch (field.kind) {
    case FIELD_TEXT:
        return read_text(d, value, v, unit);
    case FIELD_TIME:
        return read_time(d, v, unit, field.index);
    default:
        ev->count[field.index] = decode_count(v);
        if (field.index == COUNT_HTTP_STATUS &&
            (ev->count[field.index] < 100 || ev->count[field.index] > 599))
            ev->count[field.index] = -1;
        return ev->count[field.index] >= 0;
    }
}

static bool read_cost(struct decoding *d, const struct json_value *v, enum map_unit unit)
{
    static const int scales[] = {[UNIT_USD] = 9, [UNIT_CENTS] = 7, [UNIT_MICROUSD] = 3};
    struct event *ev = &d->record->ev;
    int64_t nano;

    if (!decimal_parse(&nano, decode_text(d, v), scales[unit], NULL) || nano < 0 ||
        nano > REPORTED_MOST_USD * NANO_PER_USD)
        return false;
    ev->reported_usd = (struct money){nano};
    ev->reported = nano > 0 ? REPORTED_COST : REPORTED_ZERO;
    return true;
}

static bool read_span(const struct decoding *d, const struct json_value *v,
                      enum map_unit unit, int64_t *out)
{
    return read_ns(d, v, unit, out) && *out >= 0 && *out <= NS_PER_DAY;
}

static bool read_flag(const struct decoding *d, const struct json_value *v, bool *out)
{
    struct str text = decode_text(d, v);
    int64_t number = 0;
    bool counted = v->type == JSON_NUMBER && json_int64(v, &number);

    *out = json_true(v) || str_eq_nocase(text, STR("true")) || number == 1;
    return *out || v->type == JSON_BOOL || str_eq_nocase(text, STR("false")) || counted;
}

static const struct json_value *find_value(struct decoding *d, enum field_kind kind,
                                           unsigned index)
{
    const struct mapping *m = d->source->mapping;

    for (size_t i = 0; i < m->value_count; i++) {
        const struct map_value *value = &m->values[i];
        if (value->target != TARGET_FIELD || value->field.kind != kind ||
            value->field.index != index)
            continue;
        for (size_t k = 0; k < value->path_count; k++)
            if (is_there(decode_slot(d, value->paths[k].slot)))
                return decode_slot(d, value->paths[k].slot);
    }
    return NULL;
}

struct str mapping_text(struct decoding *d, enum text_field text)
{
    const struct json_value *v = find_value(d, FIELD_TEXT, text);

    return v ? decode_text(d, v) : (struct str){NULL, 0};
}

bool mapping_has(struct decoding *d, enum count_field count)
{
    return find_value(d, FIELD_COUNT, count) != NULL;
}

struct str mapping_response_id(struct decoding *d)
{
    const struct json_value *v = find_value(d, FIELD_TEXT, TEXT_RESPONSE_ID);
    struct str id = v ? decode_text(d, v) : (struct str){NULL, 0};

    if (!id.size || v->raw.size > TEXT_VALUE_MAX ||
        str_eq(id, mapping_text(d, TEXT_CALL_ID)))
        return (struct str){NULL, 0};
    return id;
}

/* What waits until all fields are read. */
struct pending {
    int64_t duration_ns, to_first_token_ns; /* -1: absent */
    struct str currency;
};

static bool read_target(struct decoding *d, const struct map_value *value,
                        const struct json_value *v, enum map_unit unit,
                        struct pending *pending)
{
    switch (value->target) {
    case TARGET_FIELD:
        return read_field(d, value, v, unit);
    case TARGET_DURATION:
        return read_span(d, v, unit, &pending->duration_ns);
    case TARGET_TO_FIRST_TOKEN:
        return read_span(d, v, unit, &pending->to_first_token_ns);
    case TARGET_REPORTED:
        return read_cost(d, v, unit);
    case TARGET_CURRENCY:
        pending->currency = decode_text(d, v);
        return pending->currency.size > 0;
    case TARGET_STREAM:
        return read_flag(d, v, &d->record->ev.stream);
    }
    return false;
}

static void read_value(struct decoding *d, const struct map_value *value,
                       struct pending *pending)
{
    for (size_t k = 0; k < value->path_count; k++) {
        const struct json_value *v = decode_slot(d, value->paths[k].slot);
        if (is_there(v) && read_target(d, value, v, value->paths[k].unit, pending))
            return;
    }
    if (value->constant.size)
        d->record->ev.text[value->field.index] = value->constant;
}

static void read_values(struct decoding *d, struct pending *pending)
{
    const struct mapping *m = d->source->mapping;

    for (size_t i = 0; i < m->value_count; i++)
        read_value(d, &m->values[i], pending);
}

static void settle_times(struct event *ev, struct pending *p)
{
    if (p->duration_ns >= 0 && ev->start_ns && !ev->end_ns)
        ev->end_ns = ev->start_ns + p->duration_ns;
    else if (p->duration_ns >= 0 && ev->end_ns && !ev->start_ns)
        ev->start_ns = ev->end_ns - p->duration_ns;
    if (p->to_first_token_ns >= 0 && ev->start_ns && !ev->first_token_ns)
        ev->first_token_ns = ev->start_ns + p->to_first_token_ns;
    /* With an answer from a cache, some tell of the one that was kept. */
    if (ev->end_ns && ev->first_token_ns > ev->end_ns)
        ev->first_token_ns = 0;
}

static int64_t at_least_zero(int64_t count)
{
    return count > 0 ? count : 0;
}

/* -1: beyond what a count may be. */
static int64_t sum_of(int64_t a, int64_t b)
{
    return a + b <= COUNT_MOST ? a + b : -1;
}

/* Input that leaves the cache out gets it added: the event's is inclusive. */
static void settle_usage(struct decoding *d)
{
    const struct mapping *m = d->source->mapping;
    int64_t *count = d->record->ev.count;
    int64_t cached = at_least_zero(count[COUNT_CACHE_READ_TOKENS]);

    cached += at_least_zero(count[COUNT_CACHE_WRITE_TOKENS]);
    bool beside =
        m->cache == CACHE_BESIDE ||
        (m->cache == CACHE_BESIDE_IF_LARGER && cached > count[COUNT_INPUT_TOKENS]) ||
        any_case(d, &m->cache_beside_input);
    if (beside && count[COUNT_INPUT_TOKENS] >= 0)
        count[COUNT_INPUT_TOKENS] = sum_of(count[COUNT_INPUT_TOKENS], cached);
    if (count[COUNT_OUTPUT_TOKENS] >= 0 && any_case(d, &m->reasoning_beside_output))
        count[COUNT_OUTPUT_TOKENS] = sum_of(count[COUNT_OUTPUT_TOKENS],
                                            at_least_zero(count[COUNT_REASONING_TOKENS]));
}

static void settle_outcome(struct decoding *d)
{
    const struct mapping *m = d->source->mapping;
    struct event *ev = &d->record->ev;

    ev->cache_hit = any_case(d, &m->cache_hit);
    ev->outcome = any_case(d, &m->cancelled) ? OUTCOME_CANCELLED
                  : any_case(d, &m->failure) ? OUTCOME_FAILURE
                                             : OUTCOME_SUCCESS;
    if (ev->cache_hit && ev->reported == REPORTED_ZERO)
        ev->reported = REPORTED_INCLUDED;
}

/* Another currency is kept as text, and not charged. */
static void settle_cost(struct decoding *d, struct str currency)
{
    struct event *ev = &d->record->ev;

    if (!currency.size || ev->reported == REPORTED_NONE ||
        str_eq_nocase(currency, STR("USD")))
        return;
    char amount[MONEY_TEXT_SIZE];
    money_format(amount, ev->reported_usd);
    decode_other_cost(d, str_of(amount), currency);
    ev->reported = REPORTED_NONE;
    ev->reported_usd = (struct money){0};
}

static const struct json_value *first_of(struct decoding *d, const struct map_any *any)
{
    for (size_t i = 0; i < any->count; i++)
        if (is_there(decode_slot(d, any->slots[i])))
            return decode_slot(d, any->slots[i]);
    return NULL;
}

static void read_identity(struct decoding *d)
{
    const struct mapping *m = d->source->mapping;

    for (size_t i = 0; i < m->identity_count; i++)
        if (!first_of(d, &m->identity[i]))
            return; /* without all of them two equal events may be two requests */
    for (size_t i = 0; i < m->identity_count; i++)
        decode_identity(d, first_of(d, &m->identity[i]));
}

static const char *select(struct decoding *d)
{
    const struct mapping *m = d->source->mapping;
    const char *skip = NULL;

    d->foreign = m->events.count && !mapping_case(d, &m->events, &skip);
    if (d->foreign)
        return "no event of this source: it has nothing of what its mapping asks for";
    d->skipped = skip != NULL;
    return skip;
}

const char *mapping_read(struct decoding *d)
{
    const struct mapping *m = d->source->mapping;
    struct pending pending = {-1, -1, {NULL, 0}};
    const char *why = select(d);

    if (why)
        return why;
    d->record->ev.text[TEXT_SOURCE] = m->source;
    read_values(d, &pending);
    d->record->ev.text[TEXT_RESPONSE_ID] = mapping_response_id(d);
    settle_times(&d->record->ev, &pending);
    settle_usage(d);
    settle_outcome(d);
    settle_cost(d, pending.currency);
    read_identity(d);
    decode_labels(d);
    decode_tags(d);
    decode_metadata(d);
    return NULL;
}

/* An event may be in "data", as an API answers, or stand alone. */
static const char *read_mapped(struct decoding *d)
{
    if (d->source->format->enveloped &&
        d->slots[d->source->mapping->data_slot].type == JSON_OBJECT) {
        d->slots += ENVELOPE_STRIDE;
        d->tag_group = GROUP_TAGS_IN_ENVELOPE;
    }
    return mapping_read(d);
}

const struct format format_mapped = {.read = read_mapped};
