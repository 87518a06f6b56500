/* A copy of the registry as text. */
#include <stdio.h>

#include "internal.h"

/* What the samples of one series need. */
struct sample {
    struct exposition *x;
    const struct family *family;
    const struct series_set *set;
    size_t index;
    bool at_zero; /* the scraper has not seen it begin */
};

/* "name{labels,extra} ", where each part may be empty. */
static void put_series(const struct sample *s, const char *suffix, const char *extra_name,
                       const char *extra_value)
{
    struct buf *out = s->x->out;
    struct str labels = s->set->labels[s->index];

    buf_add(out, str_of(s->family->name));
    buf_add(out, str_of(suffix));
    if (labels.size > 0 || extra_name) {
        buf_byte(out, '{');
        buf_add(out, labels);
        if (labels.size > 0 && extra_name)
            buf_byte(out, ',');
        if (extra_name)
            buf_format(out, "%s=\"%s\"", extra_name, extra_value);
        buf_byte(out, '}');
    }
    buf_byte(out, ' ');
}

/* Integers of 10^-9 or 10^-6 units as decimals. */
static void put_scaled(struct buf *out, enum unit unit, int64_t value)
{
    if (unit == UNIT_NANO) {
        expose_nano(out, value);
        return;
    }
    if (unit == UNIT_COUNT) {
        buf_int(out, value);
        return;
    }
    buf_int(out, value / 1000000);
    if (value % 1000000 != 0)
        buf_format(out, ".%06d", (int)(value % 1000000));
}

/* OpenMetrics: " # {trace_id="..."} value seconds", behind a sample. */
static void put_exemplar(const struct sample *s, size_t which)
{
    const struct exemplar *e =
        s->set->exemplars + s->index * s->set->exemplar_count + which;
    struct buf *out = s->x->out;

    if (!s->x->openmetrics || !s->family->has_exemplar || s->at_zero || !e->at_ns)
        return;
    buf_add(out, STR(" # {trace_id="));
    expose_label_value(out, (struct str){e->trace_id, e->size});
    buf_add(out, STR("} "));
    put_scaled(out, s->family->unit, e->value);
    buf_byte(out, ' ');
    expose_nano(out, e->at_ns);
}

static const int64_t *born_of(const struct sample *s, size_t cell)
{
    const struct series_set *set = s->set;
    bool late = cell >= set->late_first && cell - set->late_first < set->late_count;

    return series_born(set, s->index) + (late ? 1 + cell - set->late_first : 0);
}

/* OpenMetrics: when it was 0. */
static void put_created(const struct sample *s)
{
    const struct family *f = s->family;
    struct family created = *f;
    struct sample line = *s;
    char name[TEXT_VALUE_MAX + sizeof "_created"];
    struct str stem = str_of(f->name);

    if (!s->x->openmetrics || strcmp(f->type, "gauge") == 0 || !*born_of(s, f->cell))
        return;
    if (!f->bound_count)
        stem.size -= STR("_total").size;
    snprintf(name, sizeof name, "%.*s", STR_ARG(stem));
    created.name = name;
    line.family = &created;
    put_series(&line, "_created", f->extra_name, f->extra_value);
    expose_nano(s->x->out, *born_of(s, f->cell));
    buf_byte(s->x->out, '\n');
}

/* The bound as text. OpenMetrics writes them all as floats. */
static void put_bound(struct buf *bound, const struct sample *s, size_t index)
{
    const struct family *f = s->family;

    buf_reset(bound);
    if (index == f->bound_count) {
        buf_add(bound, STR("+Inf"));
    } else {
        expose_nano(bound, f->bounds[index] * (f->unit == UNIT_MICRO ? 1000 : 1));
        if (s->x->openmetrics && !memchr(bound->at, '.', bound->size))
            buf_add(bound, STR(".0"));
    }
    buf_byte(bound, '\0');
}

static void put_histogram(const struct sample *s, const int64_t *cells, struct buf *bound)
{
    size_t count = s->family->bound_count;
    struct buf *out = s->x->out;
    int64_t total = 0;

    for (size_t i = 0; i <= count; i++) {
        total += s->at_zero ? 0 : cells[i];
        put_bound(bound, s, i);
        put_series(s, "_bucket", "le", bound->at ? bound->at : "");
        buf_int(out, total);
        put_exemplar(s, s->family->exemplar + i);
        buf_byte(out, '\n');
    }
    put_series(s, "_sum", NULL, NULL);
    put_scaled(out, s->family->unit, s->at_zero ? 0 : cells[count + 1]);
    buf_byte(out, '\n');
    put_series(s, "_count", NULL, NULL);
    buf_int(out, total);
    buf_byte(out, '\n');
    put_created(s);
}

static void put_samples(struct exposition *x, const struct family *f,
                        const struct series_set *set, struct buf *bound)
{
    bool counts = strcmp(f->type, "gauge") != 0;

    for (size_t i = 0; i < set->count; i++) {
        const int64_t *cells = set->cells + i * set->cell_count + f->cell;
        struct sample s = {.x = x, .family = f, .set = set, .index = i};
        if (f->when_seen && *cells == 0)
            continue;
        s.at_zero = counts && *born_of(&s, f->cell) >= x->zero_from_ns;
        if (f->bound_count) {
            put_histogram(&s, cells, bound);
            continue;
        }
        put_series(&s, "", f->extra_name, f->extra_value);
        put_scaled(x->out, f->unit, s.at_zero ? 0 : *cells);
        put_exemplar(&s, f->exemplar);
        buf_byte(x->out, '\n');
        put_created(&s);
    }
}

static void put_policy_metric(struct exposition *x, const struct series_set *set,
                              struct buf *name, struct buf *help, struct buf *bound)
{
    static const char fallback[] = "Counted by a policy.";

    buf_reset(name);
    buf_reset(help);
    buf_add(name, set->name);
    buf_byte(name, '\0');
    buf_add(help, set->help);
    buf_byte(help, '\0');
    if (name->failed || help->failed) {
        x->out->failed = true;
        return;
    }
    struct family f = {.name = name->at,
                       .type = set->bound_count ? "histogram" : "counter",
                       .unit = UNIT_NANO,
                       .bound_count = set->bound_count,
                       .bounds = set->bounds};
    expose_family(x, f.name, set->help.size ? help->at : fallback, f.type);
    put_samples(x, &f, set, bound);
}

/* --- the registry's own state: how near the cap of series is --- */

enum size_of { SIZE_SERIES, SIZE_OVERFLOWED, SIZE_RETIRED };

static void put_size(struct exposition *x, const struct metrics_copy *c,
                     enum size_of which, const char *name, const char *help,
                     const char *type)
{
    expose_family(x, name, help, type);
    for (size_t i = 0; i < c->set_count; i++) {
        const struct series_set *set = &c->sets[i];
        struct pair label = {STR("set"), set_name(set)};
        expose_sample_int(x, name, &label, 1,
                          which == SIZE_SERIES       ? (int64_t)set->count
                          : which == SIZE_OVERFLOWED ? set->overflowed
                                                     : set->retired);
    }
    if (c->fixed_count == SET_LITELLM_FIRST)
        return;
    struct pair limits = {STR("set"), STR("litellm_limits")};
    expose_sample_int(x, name, &limits, 1,
                      which == SIZE_SERIES       ? (int64_t)c->limit_count
                      : which == SIZE_OVERFLOWED ? c->limits_refused
                                                 : 0);
}

static void put_sizes(struct exposition *x, const struct metrics_copy *c)
{
    put_size(x, c, SIZE_SERIES, "spendwarden_metric_series",
             "Label sets in use, by set of families.", "gauge");
    put_size(x, c, SIZE_OVERFLOWED, "spendwarden_metric_overflow_events_total",
             "Events counted under __other__ because all series were in use.", "counter");
    put_size(x, c, SIZE_RETIRED, "spendwarden_metric_retired_series_total",
             "Label sets that ended, for want of events.", "counter");
}

void metrics_render(const struct metrics_copy *c, struct exposition *x)
{
    struct buf name = {0}, help = {0}, bound = {0};

    const struct family *f, *before = NULL;

    for (size_t i = 0; (f = family_at(i, c->fixed_count)); i++, before = f) {
        if (!before || strcmp(f->name, before->name) != 0)
            expose_family(x, f->name, f->help, f->type);
        put_samples(x, f, &c->sets[f->set], &bound);
    }
    for (size_t i = c->fixed_count; i < c->set_count; i++)
        put_policy_metric(x, &c->sets[i], &name, &help, &bound);
    put_sizes(x, c);
    buf_release(&name);
    buf_release(&help);
    buf_release(&bound);
}
