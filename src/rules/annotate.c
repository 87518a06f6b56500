#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "internal.h"

/* Annotations being written: offsets, because the buffer may move while it grows. */
struct writer {
    struct buf *out;
    const struct instance *instance;
    const struct subject *subject;
    const struct reading *reading;
    bool rounded; /* for people; the annotations "value", "spent" and so on are exact */
    int decimals; /* of a rounded number; -1: as many as six digits allow */
    size_t count;
    struct {
        size_t name, value, end;
    } spans[ALERT_ANNOTATIONS_MAX];
};

static void add_number(struct writer *w, double number)
{
    char text[NUMBER_TEXT_SIZE];
    int length =
        w->rounded ? number_round(text, number, w->decimals) : number_clean(text, number);

    buf_add(w->out, (struct str){text, (size_t)length});
}

/* Exact to the nano-dollar where an amount can be. */
static void add_usd(struct writer *w, double usd)
{
    char text[MONEY_TEXT_SIZE];

    if (!(fabs(usd) < 9e9)) {
        add_number(w, usd);
        return;
    }
    if (w->rounded) {
        buf_format(w->out, "%.2f", usd);
        return;
    }
    int length = money_format(text, (struct money){llrint(usd * 1e9)});
    buf_add(w->out, (struct str){text, (size_t)length});
}

static void add_value(struct writer *w)
{
    add_number(w, w->reading->value);
}

static void add_threshold(struct writer *w)
{
    if (w->reading->relation)
        add_number(w, w->reading->threshold);
}

static void add_spent(struct writer *w)
{
    add_usd(w, w->reading->spent_usd);
}

static void add_limit(struct writer *w)
{
    add_usd(w, w->reading->limit_usd);
}

static void add_forecast(struct writer *w)
{
    add_usd(w, money_to_double(w->reading->outlook->total));
}

static void add_period(struct writer *w)
{
    char start[TIMESTAMP_TEXT_SIZE], end[TIMESTAMP_TEXT_SIZE];

    timestamp_format(start, w->subject->period_start_ns);
    timestamp_format(end, w->subject->period_end_ns);
    buf_format(w->out, "%s/%s", start, end);
}

static void add_group(struct writer *w)
{
    const struct group_labels *group = &w->subject->group;
    const char *before = " for ";

    for (size_t i = 0; i < group->count; i++) {
        const struct pair *label = &group->pairs[i];
        if (label->value.size == 0)
            continue;
        buf_format(w->out, "%s%.*s=%.*s", before, STR_ARG(label->name),
                   STR_ARG(label->value));
        before = ", ";
    }
    bool has_none = *before == ' '; /* else what it has says enough */

    before = " without ";
    for (size_t i = 0; has_none && i < group->count; i++) {
        buf_format(w->out, "%s%.*s", before, STR_ARG(group->pairs[i].name));
        before = ", ";
    }
}

static void add_summary(struct writer *w)
{
    buf_add(w->out, w->subject->alertname);
    add_group(w);
    buf_add(w->out, STR(": "));
    switch (w->subject->kind) {
    case SUBJECT_BUDGET:
        add_spent(w);
        buf_add(w->out, STR(" of "));
        add_limit(w);
        buf_add(w->out, STR(" USD spent"));
        break;
    case SUBJECT_FORECAST:
        add_forecast(w);
        buf_add(w->out, STR(" USD by the end of the period, the limit is "));
        add_limit(w);
        break;
    case SUBJECT_BURN:
        buf_format(w->out, "the last %.*s was spent at %.1f times the rate at which ",
                   STR_ARG(w->subject->extra.value), w->reading->value);
        add_limit(w);
        buf_add(w->out, STR(" USD last the whole period"));
        break;
    case SUBJECT_RULE:
        add_value(w);
        if (!w->reading->relation)
            return;
        buf_format(w->out, " is %s ", w->reading->relation);
        add_threshold(w);
        break;
    }
}

static void add_description(struct writer *w)
{
    const struct subject *s = w->subject;

    buf_format(w->out, "%s %.*s of policy %.*s (%.*s): value ",
               s->kind == SUBJECT_RULE ? "Rule" : "Budget", STR_ARG(s->name),
               STR_ARG(s->policy), STR_ARG(s->where));
    add_value(w);
    if (w->reading->relation) {
        buf_add(w->out, STR(", threshold "));
        add_threshold(w);
    }
    if (s->period_end_ns) {
        buf_add(w->out, STR(", period "));
        add_period(w);
    }
}

static void add_low(struct writer *w)
{
    add_usd(w, money_to_double(w->reading->outlook->low));
}

static void add_high(struct writer *w)
{
    add_usd(w, money_to_double(w->reading->outlook->high));
}

/* To the hour: the rate is a mean of days. */
static void add_exhausts_in(struct writer *w)
{
    int64_t ns = w->reading->outlook->exhausts_in_ns;
    char text[TIMESTAMP_TEXT_SIZE];

    duration_format(text, ns - ns % NS_PER_HOUR);
    buf_add(w->out, str_of(text));
}

static void add_partial(struct writer *w)
{
    buf_add(w->out, STR("true"));
}

/* What an annotation is there for. */
enum built_in_of {
    OF_ALL,
    OF_BOUNDS,
    OF_BUDGETS,
    OF_PERIODS,
    OF_PARTIAL_PERIODS,
    OF_FORECASTS,
    OF_BANDS,
    OF_EXHAUSTIONS,
};

static const struct {
    struct str name;
    void (*add)(struct writer *w);
    enum built_in_of of;
} built_in[] = {
    {STR("value"), add_value, OF_ALL},
    {STR("threshold"), add_threshold, OF_BOUNDS},
    {STR("spent"), add_spent, OF_BUDGETS},
    {STR("limit"), add_limit, OF_BUDGETS},
    {STR("forecast"), add_forecast, OF_FORECASTS},
    {STR("forecast_low"), add_low, OF_BANDS},
    {STR("forecast_high"), add_high, OF_BANDS},
    {STR("exhausts_in"), add_exhausts_in, OF_EXHAUSTIONS},
    {STR("partial"), add_partial, OF_PARTIAL_PERIODS},
    {STR("period"), add_period, OF_PERIODS},
    {STR("summary"), add_summary, OF_ALL},
    {STR("description"), add_description, OF_ALL},
};

static bool has_built_in(const struct writer *w, size_t which)
{
    const struct subject *s = w->subject;

    switch (built_in[which].of) {
    case OF_BOUNDS:
        return w->reading->relation != NULL;
    case OF_BUDGETS:
        return s->kind != SUBJECT_RULE;
    case OF_PERIODS:
        return s->period_end_ns != 0;
    case OF_PARTIAL_PERIODS:
        return w->reading->partial && s->period_end_ns != 0;
    case OF_FORECASTS:
        return s->kind == SUBJECT_FORECAST;
    case OF_BANDS:
        return w->reading->outlook && w->reading->outlook->has_band;
    case OF_EXHAUSTIONS:
        return w->reading->outlook && w->reading->outlook->exhausts;
    case OF_ALL:
        break;
    }
    return true;
}

/* The last two are made of the others, and no template may name them. */
enum {
    BUILT_IN_COUNT = sizeof built_in / sizeof *built_in,
    NAMEABLE_COUNT = BUILT_IN_COUNT - 2
};

/* "value:1" is the value with one decimal. */
static int take_decimals(struct str *name)
{
    size_t size = name->size;

    if (size < 3 || name->at[size - 2] != ':' || name->at[size - 1] < '0' ||
        name->at[size - 1] > '6')
        return -1;
    name->size -= 2;
    return name->at[size - 1] - '0';
}

/* What {{name}} stands for: a built-in text, a label, else nothing. */
static void add_named(struct writer *w, struct str name)
{
    const struct alert *alert = &w->instance->alert;

    w->decimals = take_decimals(&name);
    for (size_t i = 0; i < NAMEABLE_COUNT; i++)
        if (str_eq(name, built_in[i].name) && has_built_in(w, i)) {
            built_in[i].add(w);
            return;
        }
    for (size_t i = 0; i < alert->label_count; i++)
        if (str_eq(name, alert->labels[i].name))
            buf_add(w->out, alert->labels[i].value);
}

static void add_template(struct writer *w, struct str text)
{
    w->rounded = true;
    while (text.size) {
        const char *open = memmem(text.at, text.size, "{{", 2);
        size_t plain = open ? (size_t)(open - text.at) : text.size;
        struct str rest = str_from(text, plain + 2);
        const char *close = rest.size ? memmem(rest.at, rest.size, "}}", 2) : NULL;
        if (!close)
            plain = text.size;
        buf_add(w->out, (struct str){text.at, plain});
        if (!close)
            break;
        size_t length = (size_t)(close - rest.at);
        add_named(w, str_trim((struct str){rest.at, length}));
        text = str_from(rest, length + 2);
    }
    w->rounded = false;
    w->decimals = -1;
}

static bool begin(struct writer *w, struct str name)
{
    if (w->count == ALERT_ANNOTATIONS_MAX || name.size == 0)
        return false;
    w->spans[w->count].name = w->out->size;
    buf_add(w->out, name);
    w->spans[w->count].value = w->out->size;
    return true;
}

/* Cuts what is too long, at a character, and replaces what no JSON could hold. */
static void end(struct writer *w)
{
    size_t value = w->spans[w->count].value;

    if (w->out->failed)
        return;
    if (w->out->size - value > ANNOTATION_BYTES_MAX) {
        w->out->size = value + ANNOTATION_BYTES_MAX;
        while (w->out->size > value && (w->out->at[w->out->size] & 0xC0) == 0x80)
            w->out->size--;
    }
    size_t name = w->spans[w->count].name;
    if (!text_is_utf8((struct str){w->out->at + name, w->out->size - name})) {
        w->out->size = name;
        return;
    }
    w->spans[w->count++].end = w->out->size;
}

static bool is_named(const struct pair *pairs, size_t count, struct str name)
{
    for (size_t i = 0; i < count; i++)
        if (str_eq(pairs[i].name, name))
            return true;
    return false;
}

static bool is_declared(const struct writer *w, struct str name)
{
    const struct subject *s = w->subject;

    return is_named(s->annotations, s->annotation_count, name) ||
           (s->annotates &&
            is_named(w->instance->said_pairs, w->instance->said_count, name));
}

static void add_built_in(struct writer *w)
{
    for (size_t i = 0; i < BUILT_IN_COUNT; i++) {
        if (is_declared(w, built_in[i].name) || !has_built_in(w, i) ||
            !begin(w, built_in[i].name))
            continue;
        w->rounded = i >= NAMEABLE_COUNT;
        built_in[i].add(w);
        end(w);
    }
    w->rounded = false;
}

bool annotate(struct instance *i, const struct subject *s, const struct reading *reading)
{
    struct writer w = {.out = &i->notes,
                       .instance = i,
                       .subject = s,
                       .reading = reading,
                       .decimals = -1};

    i->alert.annotation_count = 0;
    buf_reset(w.out);
    for (size_t at = 0; at < s->annotation_count; at++) {
        if (!begin(&w, s->annotations[at].name))
            continue;
        add_template(&w, s->annotations[at].value);
        end(&w);
    }
    for (size_t at = 0; s->annotates && at < i->said_count; at++) {
        if (!begin(&w, i->said_pairs[at].name))
            continue;
        add_template(&w, i->said_pairs[at].value);
        end(&w);
    }
    add_built_in(&w);
    if (w.out->failed)
        return false;
    for (size_t at = 0; at < w.count; at++) {
        const char *text = w.out->at;
        i->annotations[at].name =
            (struct str){text + w.spans[at].name, w.spans[at].value - w.spans[at].name};
        i->annotations[at].value =
            (struct str){text + w.spans[at].value, w.spans[at].end - w.spans[at].value};
    }
    i->alert.annotation_count = w.count;
    return true;
}
