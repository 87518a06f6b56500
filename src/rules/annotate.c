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
    size_t count;
    struct {
        size_t name, value, end;
    } spans[ALERT_ANNOTATIONS_MAX];
};

int number_format(char out[NUMBER_TEXT_SIZE], double number)
{
    int length = 0;

    for (int digits = 15; digits <= 17; digits++) {
        length = snprintf(out, NUMBER_TEXT_SIZE, "%.*g", digits, number);
        if (strtod(out, NULL) == number)
            break;
    }
    return length;
}

static void add_number(struct writer *w, double number)
{
    char text[NUMBER_TEXT_SIZE];
    int length = w->rounded ? snprintf(text, sizeof text, "%.6g", number)
                            : number_format(text, number);

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

static void add_period(struct writer *w)
{
    char start[TIMESTAMP_TEXT_SIZE], end[TIMESTAMP_TEXT_SIZE];

    timestamp_format(start, w->subject->period_start_ns);
    timestamp_format(end, w->subject->period_end_ns);
    buf_format(w->out, "%s/%s", start, end);
}

static void add_group(struct writer *w)
{
    const char *before = " for ";

    for (size_t i = 0; i < w->subject->group_count; i++) {
        const struct pair *label = &w->subject->group[i];
        if (label->value.size == 0)
            continue;
        buf_add(w->out, str_of(before));
        buf_add(w->out, label->name);
        buf_byte(w->out, '=');
        buf_add(w->out, label->value);
        before = ", ";
    }
}

static void add_summary(struct writer *w)
{
    buf_add(w->out, w->subject->alertname);
    add_group(w);
    buf_add(w->out, STR(": "));
    if (w->subject->period_end_ns) {
        add_spent(w);
        buf_add(w->out, STR(" of "));
        add_limit(w);
        buf_add(w->out, STR(" USD spent"));
        return;
    }
    add_value(w);
    if (!w->reading->relation)
        return;
    buf_format(w->out, " is %s ", w->reading->relation);
    add_threshold(w);
}

static void add_description(struct writer *w)
{
    const struct subject *s = w->subject;

    buf_format(w->out, "%s %.*s of policy %.*s (%.*s): value ",
               s->period_end_ns ? "Budget" : "Rule", STR_ARG(s->name), STR_ARG(s->policy),
               STR_ARG(s->where));
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

static const struct {
    struct str name;
    void (*add)(struct writer *w);
    bool needs_bound, of_budget;
} built_in[] = {
    {{"value", 5}, add_value, false, false},
    {{"threshold", 9}, add_threshold, true, false},
    {{"spent", 5}, add_spent, false, true},
    {{"limit", 5}, add_limit, false, true},
    {{"period", 6}, add_period, false, true},
    {{"summary", 7}, add_summary, false, false},
    {{"description", 11}, add_description, false, false},
};

/* The last two are made of the others, and no template may name them. */
enum {
    BUILT_IN_COUNT = sizeof built_in / sizeof *built_in,
    NAMEABLE_COUNT = BUILT_IN_COUNT - 2
};

static struct str trimmed(struct str text)
{
    while (text.size && text.at[0] == ' ')
        text = str_from(text, 1);
    while (text.size && text.at[text.size - 1] == ' ')
        text.size--;
    return text;
}

/* What {{name}} stands for: a built-in text, a label, else nothing. */
static void add_named(struct writer *w, struct str name)
{
    const struct alert *alert = &w->instance->alert;

    for (size_t i = 0; i < NAMEABLE_COUNT; i++)
        if (str_eq(name, built_in[i].name) &&
            (w->subject->period_end_ns || !built_in[i].of_budget)) {
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
        add_named(w, trimmed((struct str){rest.at, length}));
        text = str_from(rest, length + 2);
    }
    w->rounded = false;
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

static bool is_declared(const struct subject *s, struct str name)
{
    for (size_t i = 0; i < s->annotation_count; i++)
        if (str_eq(s->annotations[i].name, name))
            return true;
    return false;
}

static void add_built_in(struct writer *w)
{
    for (size_t i = 0; i < BUILT_IN_COUNT; i++) {
        if (is_declared(w->subject, built_in[i].name) ||
            (built_in[i].of_budget && !w->subject->period_end_ns) ||
            (built_in[i].needs_bound && !w->reading->relation) ||
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
    struct writer w = {.out = &i->notes, .instance = i, .subject = s, .reading = reading};

    i->alert.annotation_count = 0;
    buf_reset(w.out);
    for (size_t at = 0; at < s->annotation_count; at++) {
        if (!begin(&w, s->annotations[at].name))
            continue;
        add_template(&w, s->annotations[at].value);
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
