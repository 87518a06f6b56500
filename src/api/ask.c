#include "ask.h"

#include <stdio.h>
#include <stdlib.h>

#include "spendwarden/zone.h"

#define PAGE_LIMIT_NS (5 * NS_PER_SECOND)

enum { DATE_SIZE = 10, DEFAULT_RANGE_HOURS = 24 };

static bool refuse(struct err *err, const char *name, const char *what, const char *got)
{
    return err_set(err, ERR_INPUT, "%s: %s, not \"%.100s\"", name, what, got);
}

/* --- which there are --- */

struct known {
    const char *const *names;
    const char *seen[HTTP_QUERY_MAX];
    size_t count;
    struct err *err;
};

static bool is_named(const char *const *names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

static bool check_name(void *ctx, const char *name, const char *value)
{
    struct known *k = ctx;
    size_t count = 0;
    struct buf all = {0};

    while (k->names[count])
        buf_format(&all, "%s%s", count ? ", " : "", k->names[count]), count++;
    bool ok = is_named(k->names, count, name);
    if (!ok)
        err_set(k->err, ERR_INPUT, "there is no parameter \"%.60s\" here%s%.*s", name,
                count ? ", only: " : ": this path takes none", STR_ARG(buf_str(&all)));
    else if (k->count == HTTP_QUERY_MAX)
        ok = err_set(k->err, ERR_INPUT, "%s: more than %d parameters", name,
                     HTTP_QUERY_MAX);
    else if (!value)
        ok = err_set(k->err, ERR_INPUT, "%s: it has no value: write %s=...", name, name);
    else if (strcmp(name, "filter") != 0 && is_named(k->seen, k->count, name))
        ok = err_set(k->err, ERR_INPUT, "%s: it is given twice; once is enough", name);
    else
        k->seen[k->count++] = name;
    buf_release(&all);
    return ok;
}

bool ask_known(const struct ask *a, const char *const *names, struct err *err)
{
    struct known k = {.names = names, .err = err};

    return http_query_each(a->request, check_name, &k);
}

/* --- numbers, times, words --- */

bool ask_number(const struct ask *a, const char *name, int64_t least, int64_t most,
                int64_t *value, struct err *err)
{
    const char *text = http_query(a->request, name);
    int64_t number;

    if (!text)
        return true;
    if (!str_to_int64(str_of(text), &number) || number < least || number > most)
        return err_set(err, ERR_INPUT,
                       "%s: a whole number from %lld to %lld, not \"%.60s\"", name,
                       (long long)least, (long long)most, text);
    *value = number;
    return true;
}

/* The first moment of that day where the engine counts days. */
static bool parse_date(const struct ask *a, const char *text, int64_t *ns)
{
    char noon[DATE_SIZE + sizeof "T12:00:00Z"];
    int64_t at, end;

    if (strlen(text) != DATE_SIZE)
        return false;
    snprintf(noon, sizeof noon, "%sT12:00:00Z", text);
    if (!timestamp_parse(&at, str_of(noon)))
        return false;
    at -= zone_offset(a->config->zone, at) * NS_PER_SECOND;
    zone_period(a->config->zone, PERIOD_DAY, START_DAY_USUAL, at, ns, &end);
    return true;
}

static bool parse_time(const struct ask *a, const char *text, int64_t *ns)
{
    const int64_t last = civil_to_days((struct civil){ASK_YEAR_LAST, 1, 1}) * NS_PER_DAY;

    return (decimal_parse(ns, str_of(text), 9, NULL) || parse_date(a, text, ns) ||
            timestamp_parse(ns, str_of(text))) &&
           *ns >= 0 && *ns <= last;
}

bool ask_time(const struct ask *a, const char *name, int64_t *ns, struct err *err)
{
    const char *text = http_query(a->request, name);
    int64_t time;

    if (!text)
        return true;
    if (!parse_time(a, text, &time)) {
        const char *hint = strchr(text, ' ') ? "; a + is written %2B here" : "";
        return err_set(err, ERR_INPUT,
                       "%s: a time as 2026-11-01T00:00:00Z, a date as 2026-11-01, or "
                       "seconds since 1970, before the year 2200, not \"%.100s\"%s",
                       name, text, hint);
    }
    *ns = time;
    return true;
}

static bool ask_window(const struct ask *a, int64_t *ns, struct err *err)
{
    const char *text = http_query(a->request, "window");
    int64_t span;

    if (!text)
        return true;
    if (http_query(a->request, "start"))
        return err_set(err, ERR_INPUT, "window: it is given with start; one is enough");
    if (!duration_parse(&span, str_of(text)) || span <= 0)
        return refuse(err, "window", "a duration as 24h or 7d", text);
    *ns = span;
    return true;
}

static int64_t to_slot(int64_t ns)
{
    return ns - ns % SPEND_SLOT_NS;
}

bool ask_range(const struct ask *a, bool whole, int64_t *start_ns, int64_t *end_ns,
               struct err *err)
{
    int64_t span_ns = DEFAULT_RANGE_HOURS * NS_PER_HOUR;

    *end_ns = a->now_ns;
    if (!ask_time(a, "end", end_ns, err) || !ask_window(a, &span_ns, err))
        return false;
    *start_ns = *end_ns > span_ns ? *end_ns - span_ns : 0;
    if (!ask_time(a, "start", start_ns, err))
        return false;
    if (*start_ns >= *end_ns)
        return err_set(err, ERR_INPUT, "start: it is not before end");
    if (whole) {
        *start_ns = to_slot(*start_ns);
        *end_ns = to_slot(*end_ns + SPEND_SLOT_NS - 1);
    }
    return true;
}

bool ask_choice(const struct ask *a, const char *name, const char *const *choices,
                size_t *index, struct err *err)
{
    const char *text = http_query(a->request, name);
    struct buf all = {0};

    if (!text)
        return true;
    for (size_t i = 0; choices[i]; i++) {
        if (strcmp(choices[i], text) == 0) {
            *index = i;
            buf_release(&all);
            return true;
        }
        buf_format(&all, "%s%s", i ? ", " : "", choices[i]);
    }
    err_set(err, ERR_INPUT, "%s: one of %.*s, not \"%.60s\"", name,
            STR_ARG(buf_str(&all)), text);
    buf_release(&all);
    return false;
}

bool ask_flag(const struct ask *a, const char *name, bool *flag, struct err *err)
{
    static const char *const choices[] = {"false", "true", NULL};
    size_t index = *flag;

    if (!ask_choice(a, name, choices, &index, err))
        return false;
    *flag = index == 1;
    return true;
}

/* --- labels --- */

/* What has few values: labels, models, outcomes; and ids, to filter by. */
static bool is_label(struct field field)
{
    switch (field.kind) {
    case FIELD_TEXT:
        return field.index != TEXT_SCOPE && field.index != TEXT_REPORTED_OTHER;
    case FIELD_COUNT:
        return field.index >= COUNT_RETRY_DEPTH;
    case FIELD_DERIVED:
        return field.index <= DERIVED_STREAM;
    default:
        return false;
    }
}

static bool find_label(const struct ask *a, const char *name, struct str text,
                       struct field *out, struct err *err)
{
    const struct schema *schema = &a->config->schema;

    *out = field_find(schema, text);
    if (is_label(*out))
        return true;
    struct str near = field_suggest(schema, text);
    if (near.size && is_label(field_find(schema, near)))
        return err_set(err, ERR_INPUT, "%s: \"%.*s\" is no label; did you mean \"%.*s\"?",
                       name, text.size < 60 ? (int)text.size : 60, text.at,
                       STR_ARG(near));
    return err_set(err, ERR_INPUT,
                   "%s: \"%.*s\" is no label; labels are team, tenant, workflow_id, "
                   "requested_model, class and the others of docs/api.md",
                   name, text.size < 60 ? (int)text.size : 60, text.at);
}

static bool has_field(const struct field *fields, size_t count, struct field field)
{
    for (size_t i = 0; i < count; i++)
        if (fields[i].kind == field.kind && fields[i].index == field.index)
            return true;
    return false;
}

bool ask_by(const struct ask *a, struct field by[SPEND_BY_MAX], size_t *count,
            struct err *err)
{
    struct str rest = str_of(http_query(a->request, "by"));

    *count = 0;
    while (rest.size) {
        const char *comma = memchr(rest.at, ',', rest.size);
        struct str name = {rest.at, comma ? (size_t)(comma - rest.at) : rest.size};
        rest = str_from(rest, name.size + (comma ? 1 : 0));
        if (*count == SPEND_BY_MAX)
            return err_set(err, ERR_INPUT, "by: at most %d labels", SPEND_BY_MAX);
        if (!find_label(a, "by", name, &by[*count], err))
            return false;
        if (has_field(by, *count, by[*count]))
            return err_set(err, ERR_INPUT, "by: \"%.*s\" is given twice", STR_ARG(name));
        (*count)++;
    }
    return true;
}

/* Of what has few values a wrong one is a mistake, not an empty answer. */
static bool check_value(struct field field, const char *value, struct err *err)
{
    struct buf all = {0};
    struct str name = {NULL, 0};
    bool known = field.kind != FIELD_DERIVED || field.index == DERIVED_CLASS;
    bool outcome = field.index == DERIVED_STATUS,
         price = field.index == DERIVED_PRICE_STATUS;
    size_t count = outcome ? OUTCOME_CANCELLED + 1u : price ? PRICE_STATUS_COUNT : 2u;

    for (size_t i = 0; !known && i < count; i++) {
        name = outcome ? outcome_name((enum outcome)i)
               : price ? price_status_name((enum price_status)i)
               : i     ? STR("true")
                       : STR("false");
        known = str_eq(name, str_of(value));
        buf_format(&all, "%s%.*s", i ? ", " : "", STR_ARG(name));
    }
    if (!known)
        err_set(err, ERR_INPUT, "filter: one of %.*s, not \"%.60s\"",
                STR_ARG(buf_str(&all)), value);
    buf_release(&all);
    return known;
}

struct filters {
    const struct ask *ask;
    struct record_filter *items;
    size_t count;
    struct err *err;
};

static bool add_value(struct filters *f, struct record_filter *filter, struct str value)
{
    if (!filter->values)
        filter->values =
            arena_alloc(f->ask->request->arena, ASK_VALUES_MAX * sizeof *filter->values);
    if (!filter->values)
        return err_set(f->err, ERR_MEMORY, "filter: no memory");
    if (filter->value_count == ASK_VALUES_MAX)
        return err_set(f->err, ERR_INPUT, "filter: at most %d values of one label",
                       ASK_VALUES_MAX);
    ((struct str *)filter->values)[filter->value_count++] = value;
    return true;
}

static bool add_filter(void *ctx, const char *name, const char *value)
{
    struct filters *f = ctx;
    struct field field;
    size_t i = 0;

    if (strcmp(name, "filter") != 0)
        return true;
    const char *colon = strchr(value, ':');
    if (!colon)
        return refuse(f->err, "filter", "LABEL:VALUE, or LABEL: for requests without it",
                      value);
    struct str label = {value, (size_t)(colon - value)};
    if (!find_label(f->ask, "filter", label, &field, f->err) ||
        !check_value(field, colon + 1, f->err))
        return false;
    while (i < f->count && !has_field(&f->items[i].field, 1, field))
        i++;
    if (i == SPEND_FILTERS_MAX)
        return err_set(f->err, ERR_INPUT, "filter: at most %d labels", SPEND_FILTERS_MAX);
    if (i == f->count)
        f->items[f->count++] = (struct record_filter){.field = field};
    return add_value(f, &f->items[i], str_of(colon + 1));
}

bool ask_filters(const struct ask *a, struct record_filter filters[SPEND_FILTERS_MAX],
                 size_t *count, struct err *err)
{
    struct filters f = {a, filters, 0, err};

    bool ok = http_query_each(a->request, add_filter, &f);
    *count = f.count;
    return ok;
}

bool ask_page(const struct ask *a, int64_t fallback, struct browse *page, struct err *err)
{
    int64_t limit = fallback, before = 0;

    *page = (struct browse){.end_ns = INT64_MAX, .limit_ns = PAGE_LIMIT_NS};
    bool ranged = http_query(a->request, "window") || http_query(a->request, "start");

    if (ranged ? !ask_range(a, false, &page->start_ns, &page->end_ns, err)
               : !ask_time(a, "end", &page->end_ns, err))
        return false;
    if (!ask_number(a, "limit", 1, ASK_PAGE_MAX, &limit, err) ||
        !ask_number(a, "cursor", 1, INT64_MAX, &before, err))
        return false;
    page->limit = (size_t)limit;
    page->before = (uint64_t)before;
    return true;
}
