/* Copies of the registry, and their text. */
#include <stdlib.h>

#include "internal.h"

static bool copy_set(struct series_set *to, const struct series_set *from)
{
    size_t cells = from->count * from->cell_count;

    *to = *from;
    to->keys = NULL;
    to->slots = NULL;
    to->slot_count = 0;
    to->labels = malloc((from->count + 1) * sizeof *to->labels);
    to->cells = malloc((cells + 1) * sizeof *to->cells);
    if (!to->labels || !to->cells)
        return false;
    if (from->count == 0)
        return true;
    memcpy(to->labels, from->labels, from->count * sizeof *to->labels);
    memcpy(to->cells, from->cells, cells * sizeof *to->cells);
    return true;
}

struct metrics_copy *metrics_copy(const struct metrics *m)
{
    struct metrics_copy *c = calloc(1, sizeof *c);

    if (!c)
        return NULL;
    c->texts = m->texts;
    atomic_fetch_add(&c->texts->users, 1);
    c->sets = calloc(m->set_count, sizeof *c->sets);
    for (size_t i = 0; c->sets && i < m->set_count; i++) {
        c->set_count++;
        if (!copy_set(&c->sets[i], &m->sets[i])) {
            metrics_copy_free(c);
            return NULL;
        }
    }
    if (c->sets)
        return c;
    metrics_copy_free(c);
    return NULL;
}

void metrics_copy_free(struct metrics_copy *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < c->set_count; i++)
        set_release(&c->sets[i]);
    free(c->sets);
    texts_drop(c->texts);
    free(c);
}

/* "name{labels,extra} ", where each part may be empty. */
static void put_series(struct buf *out, const char *name, const char *suffix,
                       struct str labels, const char *extra_name, const char *extra_value)
{
    buf_add(out, str_of(name));
    buf_add(out, str_of(suffix));
    if (labels.size > 0 || extra_name) {
        buf_byte(out, '{');
        buf_add(out, labels);
        if (labels.size > 0 && extra_name)
            buf_byte(out, ',');
        if (extra_name) {
            buf_add(out, str_of(extra_name));
            buf_add(out, STR("=\""));
            buf_add(out, str_of(extra_value));
            buf_byte(out, '"');
        }
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
    buf_int(out, value / 1000000);
    if (value % 1000000 != 0)
        buf_format(out, ".%06d", (int)(value % 1000000));
}

static void put_bound(struct buf *bound, const struct family *f, size_t index)
{
    buf_reset(bound);
    if (index == f->bound_count)
        buf_add(bound, STR("+Inf"));
    else
        expose_nano(bound, f->bounds[index] * (f->unit == UNIT_MICRO ? 1000 : 1));
    buf_byte(bound, '\0');
}

static void put_histogram(struct buf *out, const struct family *f, struct str labels,
                          const int64_t *cells, struct buf *bound)
{
    size_t count = f->bound_count;
    int64_t total = 0;

    for (size_t i = 0; i <= count; i++) {
        total += cells[i];
        put_bound(bound, f, i);
        put_series(out, f->name, "_bucket", labels, "le", bound->at ? bound->at : "");
        buf_int(out, total);
        buf_byte(out, '\n');
    }
    put_series(out, f->name, "_sum", labels, NULL, NULL);
    put_scaled(out, f->unit, cells[count + 1]);
    buf_byte(out, '\n');
    put_series(out, f->name, "_count", labels, NULL, NULL);
    buf_int(out, total);
    buf_byte(out, '\n');
}

static void put_samples(struct buf *out, const struct family *f,
                        const struct series_set *set, struct buf *bound)
{
    for (size_t i = 0; i < set->count; i++) {
        const int64_t *cells = set->cells + i * set->cell_count + f->cell;
        if (f->when_seen && *cells == 0)
            continue;
        if (f->bound_count) {
            put_histogram(out, f, set->labels[i], cells, bound);
            continue;
        }
        put_series(out, f->name, "", set->labels[i], f->extra_name, f->extra_value);
        if (f->unit == UNIT_NANO)
            expose_nano(out, *cells);
        else
            buf_int(out, *cells);
        buf_byte(out, '\n');
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
    put_samples(x->out, &f, set, bound);
}

/* The registry's own state: how near the cap of series is. */
static void put_sizes(struct exposition *x, const struct metrics_copy *c)
{
    static const char *const names[SET_FIXED_COUNT] = {
        "spend", "model", "unpriced", "attributed", "unattributed", "derived"};
    const char *gauge = "spendwarden_metric_series";
    const char *counter = "spendwarden_metric_overflow_events_total";

    expose_family(x, gauge, "Label sets in use, by set of families.", "gauge");
    for (size_t i = 0; i < c->set_count; i++) {
        struct str name = i < SET_FIXED_COUNT ? str_of(names[i]) : c->sets[i].name;
        expose_sample_int(x, gauge, &(struct pair){STR("set"), name}, 1,
                          (int64_t)c->sets[i].count);
    }
    expose_family(x, counter,
                  "Events counted under __other__ because all series were in use.",
                  "counter");
    for (size_t i = 0; i < c->set_count; i++) {
        struct str name = i < SET_FIXED_COUNT ? str_of(names[i]) : c->sets[i].name;
        expose_sample_int(x, counter, &(struct pair){STR("set"), name}, 1,
                          c->sets[i].overflowed);
    }
}

void metrics_render(const struct metrics_copy *c, struct exposition *x)
{
    struct buf name = {0}, help = {0}, bound = {0};

    for (size_t i = 0; i < family_count; i++) {
        const struct family *f = &families[i];
        if (i == 0 || strcmp(f->name, f[-1].name) != 0)
            expose_family(x, f->name, f->help, f->type);
        put_samples(x->out, f, &c->sets[f->set], &bound);
    }
    for (size_t i = SET_FIXED_COUNT; i < c->set_count; i++)
        put_policy_metric(x, &c->sets[i], &name, &help, &bound);
    put_sizes(x, c);
    buf_release(&name);
    buf_release(&help);
    buf_release(&bound);
}
