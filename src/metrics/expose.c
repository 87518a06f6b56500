/* Prometheus' text format, version 0.0.4, and OpenMetrics 1.0. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "internal.h"
#include "spendwarden/utf8.h"

void expose_label_value(struct buf *out, struct str value)
{
    size_t plain = 0; /* start of what is copied as it is */

    buf_byte(out, '"');
    for (size_t i = 0; i < value.size;) {
        char byte = value.at[i];
        size_t length = utf8_length(value.at + i, value.size - i);
        if (length && byte != '"' && byte != '\\' && byte != '\n') {
            i += length;
            continue;
        }
        buf_add(out, (struct str){value.at + plain, i - plain});
        buf_add(out, !length        ? STR("\xEF\xBF\xBD")
                     : byte == '\n' ? STR("\\n")
                     : byte == '"'  ? STR("\\\"")
                                    : STR("\\\\"));
        plain = ++i;
    }
    buf_add(out, str_from(value, plain));
    buf_byte(out, '"');
}

static void put_help(const struct exposition *x, const char *help)
{
    for (; *help; help++) {
        if (*help == '\n')
            buf_add(x->out, STR("\\n"));
        else if (*help == '\\')
            buf_add(x->out, STR("\\\\"));
        else if (*help == '"' && x->openmetrics)
            buf_add(x->out, STR("\\\""));
        else
            buf_byte(x->out, *help);
    }
}

/* OpenMetrics names the unit, which must be how the name ends. */
static void put_unit(struct buf *out, struct str name)
{
    static const struct str units[] = {STR("_seconds"), STR("_bytes"), STR("_usd"),
                                       STR("_ratio")};

    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (str_ends(name, units[i]))
            buf_format(out, "# UNIT %.*s %.*s\n", STR_ARG(name),
                       STR_ARG(str_from(units[i], 1)));
}

void expose_family(struct exposition *x, const char *name, const char *help,
                   const char *type)
{
    struct str family = str_of(name);

    x->counts = strcmp(type, "counter") == 0;
    if (x->openmetrics && x->counts)
        family.size -= STR("_total").size;
    buf_format(x->out, "# HELP %.*s ", STR_ARG(family));
    put_help(x, help);
    buf_format(x->out, "\n# TYPE %.*s %s\n", STR_ARG(family), type);
    if (x->openmetrics)
        put_unit(x->out, family);
}

void expose_end(struct exposition *x)
{
    if (x->openmetrics)
        buf_add(x->out, STR("# EOF\n"));
}

static void put_labels(struct buf *out, const struct pair *labels, size_t label_count)
{
    char opening = '{';

    for (size_t i = 0; i < label_count; i++) {
        if (labels[i].name.size == 0)
            continue;
        buf_byte(out, opening);
        buf_add(out, labels[i].name);
        buf_byte(out, '=');
        expose_label_value(out, labels[i].value);
        opening = ',';
    }
    if (opening == ',')
        buf_byte(out, '}');
}

/* Name and labels. False: it has begun since, so that its value is 0, which is written.
 */
static bool begin_sample(struct exposition *x, const char *name,
                         const struct pair *labels, size_t label_count)
{
    size_t start = x->out->size;

    buf_add(x->out, str_of(name));
    put_labels(x->out, labels, label_count);
    struct str series = {x->out->at + start, x->out->size - start};
    bool at_zero = x->counts && label_count > 0 && x->beginnings && !x->out->failed &&
                   beginnings_born(x->beginnings, series) >= x->zero_from_ns;
    buf_add(x->out, at_zero ? STR(" 0\n") : STR(" "));
    return !at_zero;
}

/* The shortest decimal that reads back as the same number. */
static void put_double(struct buf *out, double value)
{
    char text[32];

    if (isnan(value)) {
        buf_add(out, STR("NaN"));
        return;
    }
    if (isinf(value)) {
        buf_add(out, value > 0 ? STR("+Inf") : STR("-Inf"));
        return;
    }
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    buf_add(out, str_of(text));
}

void expose_nano(struct buf *out, int64_t nano)
{
    char text[MONEY_TEXT_SIZE];
    int length = money_format(text, (struct money){nano});

    buf_add(out, (struct str){text, (size_t)length});
}

void expose_sample(struct exposition *x, const char *name, const struct pair *labels,
                   size_t label_count, double value)
{
    if (!begin_sample(x, name, labels, label_count))
        return;
    put_double(x->out, value);
    buf_byte(x->out, '\n');
}

void expose_sample_int(struct exposition *x, const char *name, const struct pair *labels,
                       size_t label_count, int64_t value)
{
    if (!begin_sample(x, name, labels, label_count))
        return;
    buf_int(x->out, value);
    buf_byte(x->out, '\n');
}

void expose_sample_money(struct exposition *x, const char *name,
                         const struct pair *labels, size_t label_count,
                         struct money value)
{
    if (!begin_sample(x, name, labels, label_count))
        return;
    expose_nano(x->out, value.nanousd);
    buf_byte(x->out, '\n');
}
