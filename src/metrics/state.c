/* Checkpoints of the registry. */
#include <stdlib.h>

#include "internal.h"
#include "spendwarden/pack.h"

static const char magic[] = "SWM3";

static void save_cells(struct buf *out, const int64_t *cells, size_t count)
{
    pack_int(out, (int64_t)count);
    for (size_t i = 0; i < count; i++)
        pack_int(out, cells[i]);
}

static void save_shape(const struct series_set *set, struct buf *out)
{
    pack_int(out, (int64_t)set->label_count);
    for (size_t i = 0; i < set->label_count; i++)
        pack_str(out, set->label_names[i]);
    pack_int(out, (int64_t)set->cell_count);
    pack_int(out, set->overflowed);
    pack_int(out, set->retired);
    pack_int(out, set->swept_ns);
    save_cells(out, set->gone, set->gone ? set->cell_count : 0);
}

/* Behind its labels: when it was born, as are its late cells, and its last event. */
static void save_times(const struct series_set *set, size_t index, struct buf *out)
{
    const int64_t *born = series_born(set, index);

    pack_int(out, born[0]);
    pack_int(out, set->keys[index].last_ns - born[0]);
    for (size_t i = 1; i <= set->late_count; i++)
        pack_int(out, born[i] - born[0]);
}

static void save_series(const struct series_set *set, struct buf *out)
{
    size_t cells = set->cell_count;

    pack_int(out, (int64_t)set->count);
    pack_int(out, set->shown_less != NULL);
    for (size_t i = 0; i < set->count; i++) {
        for (size_t j = 0; j < set->label_count; j++)
            pack_str(out, set->keys[i].values[j]);
        save_times(set, i, out);
        for (size_t j = 0; j < cells; j++)
            pack_int(out, set->cells[i * cells + j]);
        for (size_t j = 0; set->shown_less && j < cells; j++)
            pack_int(out, set->shown_less[i * cells + j]);
    }
}

static void save_coverage(const struct metrics *m, struct buf *out)
{
    pack_int(out, (int64_t)m->options.coverage_count);
    for (size_t i = 0; i < m->options.coverage_count; i++)
        pack_str(out, m->sets[SET_ATTRIBUTED].keys[i].values[0]);
}

/* Behind the shape of a histogram. */
static void save_bounds(const struct series_set *set, struct buf *out)
{
    pack_int(out, (int64_t)set->bound_count);
    for (size_t i = 0; i < set->bound_count; i++)
        pack_int(out, set->bounds[i]);
}

static void load_bounds(struct unpack *u, struct metric_decl *metric)
{
    metric->kind = METRIC_HISTOGRAM;
    metric->bound_count = (size_t)unpack_range(u, 1, METRIC_BOUNDS_MAX);
    for (size_t i = 0; i < metric->bound_count; i++)
        metric->bounds_nano[i] = unpack_int(u);
}

void metrics_save(const struct metrics *m, struct buf *out)
{
    size_t start;

    pack_begin(out, magic, &start);
    save_coverage(m, out);
    pack_int(out, (int64_t)m->fixed_count);
    pack_int(out, (int64_t)(m->set_count - m->fixed_count));
    for (size_t i = 0; i < m->set_count; i++) {
        if (i >= m->fixed_count) {
            pack_str(out, m->sets[i].name);
            pack_str(out, m->sets[i].help);
        }
        save_shape(&m->sets[i], out);
        if (m->sets[i].bound_count)
            save_bounds(&m->sets[i], out);
        save_series(&m->sets[i], out);
    }
    limits_save(&m->limits, out);
    pack_seal(out, start);
}

/* As saved before the series of a set. */
struct shape {
    size_t label_count, cell_count;
    struct str label_names[SERIES_LABELS_MAX];
    int64_t overflowed, retired, swept_ns;
    size_t gone_count;
    int64_t gone[SPEND_CELLS + MODEL_CELLS];
    size_t late_count; /* as by its kind */
};

static void load_shape(struct unpack *u, struct shape *shape)
{
    shape->label_count = (size_t)unpack_range(u, 0, SERIES_LABELS_MAX);
    for (size_t i = 0; i < shape->label_count; i++)
        shape->label_names[i] = unpack_str(u);
    shape->cell_count = (size_t)unpack_range(u, 1, SPEND_CELLS + MODEL_CELLS);
    shape->overflowed = unpack_range(u, 0, INT64_MAX);
    shape->retired = unpack_range(u, 0, INT64_MAX);
    shape->swept_ns = unpack_int(u);
    shape->gone_count = (size_t)unpack_range(u, 0, (int64_t)shape->cell_count);
    for (size_t i = 0; i < shape->gone_count; i++)
        shape->gone[i] = unpack_int(u);
}

static bool same_shape(const struct series_set *set, const struct shape *shape)
{
    if (set->label_count != shape->label_count || set->cell_count != shape->cell_count)
        return false;
    for (size_t i = 0; i < set->label_count; i++)
        if (!str_eq(set->label_names[i], shape->label_names[i]))
            return false;
    return true;
}

static void load_times(struct series_set *set, size_t index, struct unpack *u)
{
    int64_t *born = series_born(set, index);

    born[0] = unpack_int(u);
    set->keys[index].last_ns = born[0] + unpack_int(u);
    for (size_t i = 1; i <= set->late_count; i++)
        born[i] = born[0] + unpack_int(u);
}

/* One that the registry does not have any more: reads past it. */
static void skip_series(size_t late_count, size_t cells, struct unpack *u)
{
    for (size_t i = 0; i < 2 + late_count + cells; i++)
        unpack_int(u);
}

static void load_one(struct metrics *m, struct series_set *set, const struct shape *shape,
                     bool shown_less, struct unpack *u)
{
    size_t count = shape->cell_count;
    struct str values[SERIES_LABELS_MAX];

    for (size_t j = 0; j < shape->label_count; j++)
        values[j] = unpack_str(u);
    if (!set) {
        skip_series(shape->late_count, shown_less ? 2 * count : count, u);
        return;
    }
    int64_t *cells = u->failed ? NULL : set_restore(m, set, values);
    u->failed |= cells == NULL;
    if (u->failed)
        return;
    size_t index = series_of(set, cells);
    load_times(set, index, u);
    for (size_t j = 0; j < count; j++)
        cells[j] = unpack_int(u);
    for (size_t j = 0; shown_less && j < count; j++)
        set->shown_less[index * count + j] = unpack_int(u);
}

/* `set` NULL: reads past them. */
static void load_series(struct metrics *m, struct series_set *set,
                        const struct shape *shape, struct unpack *u)
{
    size_t count = unpack_count(u, shape->label_count + shape->cell_count);
    bool shown_less = unpack_range(u, 0, 1) == 1;

    if (set && shown_less && !u->failed)
        u->failed |= !set_show_less(set);
    if (set && shape->gone_count && !u->failed) {
        set->gone = calloc(shape->cell_count, sizeof *set->gone);
        u->failed |= set->gone == NULL;
        for (size_t i = 0; set->gone && i < shape->gone_count; i++)
            set->gone[i] = shape->gone[i];
    }
    for (size_t i = 0; i < count && !u->failed; i++)
        load_one(m, set, shape, shown_less, u);
    if (!set || u->failed)
        return;
    set->overflowed = shape->overflowed;
    set->retired = shape->retired;
    set->swept_ns = shape->swept_ns;
}

static size_t late_count_of(enum set_kind kind)
{
    struct series_set set;

    set_init(&set, kind, 1);
    return set.late_count;
}

/* False: other labels, or of another version; LiteLLM's may be so with `apart`. */
static bool load_fixed(struct metrics *m, enum set_kind kind, bool apart,
                       struct unpack *u)
{
    struct series_set *set = kind < m->fixed_count ? &m->sets[kind] : NULL;
    struct shape shape = {.late_count = late_count_of(kind)};

    load_shape(u, &shape);
    if (u->failed)
        return false;
    if (set && !same_shape(set, &shape)) {
        if (!apart || kind < SET_LITELLM_FIRST)
            return false;
        set = NULL;
    }
    load_series(m, set, &shape, u);
    return !u->failed;
}

static bool same_bounds(const struct series_set *set, const struct metric_decl *metric)
{
    return set->bound_count == metric->bound_count &&
           (set->bound_count == 0 || memcmp(set->bounds, metric->bounds_nano,
                                            set->bound_count * sizeof *set->bounds) == 0);
}

/* One that the policies declare with other labels or buckets by now begins anew. */
static bool load_policy_metric(struct metrics *m, struct unpack *u)
{
    struct str name = unpack_str(u), help = unpack_str(u);
    struct metric_decl saved = {.name = name, .help = help};
    struct shape shape = {0};

    load_shape(u, &shape);
    if (u->failed || shape.label_count > EFFECT_LABEL_NAMES_MAX)
        return false;
    if (shape.cell_count > 1)
        load_bounds(u, &saved);
    if (shape.cell_count != (saved.bound_count ? saved.bound_count + 2 : 1))
        return false;
    saved.label_count = shape.label_count;
    memcpy(saved.labels, shape.label_names, sizeof saved.labels);
    if (!policy_set_find(m, saved.name) && !metrics_declare(m, &saved, NULL))
        return false;
    struct series_set *set = policy_set_find(m, saved.name);
    bool same = same_shape(set, &shape) && same_bounds(set, &saved);
    load_series(m, same ? set : NULL, &shape, u);
    return !u->failed;
}

static bool same_coverage(const struct metrics *m, struct unpack *u)
{
    size_t count = (size_t)unpack_range(u, 0, COVERAGE_LABELS_MAX);
    bool same = count == m->options.coverage_count;

    for (size_t i = 0; i < count && !u->failed; i++) {
        struct field field = m->options.coverage[i];
        struct str name = unpack_str(u);
        same = same && str_eq(name, field_name(m->options.schema, field));
    }
    return same && !u->failed;
}

/* apply.c finds attributed spend by position: it must be that of the options. */
static bool attributed_in_order(const struct metrics *m)
{
    const struct series_set *set = &m->sets[SET_ATTRIBUTED];

    if (set->count != m->options.coverage_count)
        return false;
    for (size_t i = 0; i < set->count; i++)
        if (!str_eq(set->keys[i].values[0],
                    field_name(m->options.schema, m->options.coverage[i])))
            return false;
    return true;
}

/* How many sets were saved that are always there, or there by option. */
static bool load_fixed_sets(struct metrics *m, bool apart, struct unpack *u)
{
    size_t saved = (size_t)unpack_range(u, SET_LITELLM_FIRST, SET_FIXED_COUNT);
    size_t counters = (size_t)unpack_range(u, 0, POLICY_METRICS_MAX);
    bool ok = !u->failed && (apart || saved == m->fixed_count);

    for (size_t i = 0; ok && i < saved; i++)
        ok = load_fixed(m, (enum set_kind)i, apart, u);
    for (size_t i = 0; ok && i < counters; i++)
        ok = load_policy_metric(m, u);
    if (ok)
        limits_load(m->fixed_count > SET_LITELLM_FIRST ? &m->limits : NULL, u);
    return ok && !u->failed;
}

static void clear(struct metrics *m)
{
    for (size_t i = 0; i < m->set_count; i++)
        set_clear(&m->sets[i]);
    limits_clear(&m->limits);
}

/* Why not, as far as the head of the state tells: the options of which the sets are. */
static bool refuse(const struct metrics *m, struct str state, struct err *err)
{
    struct unpack u;
    struct shape spend = {0};

    if (!unpack_begin(&u, state, magic))
        return err_set(err, ERR_INPUT,
                       "the saved ones are damaged, or of another version");
    bool coverage = same_coverage(m, &u);
    bool names =
        unpack_range(&u, SET_LITELLM_FIRST, SET_FIXED_COUNT) == (int64_t)m->fixed_count;
    unpack_int(&u);
    load_shape(&u, &spend);
    bool labels = same_shape(&m->sets[SET_SPEND], &spend);
    if (u.failed || (coverage && names && labels))
        return err_set(err, ERR_INPUT, "the saved ones are of another version");
    return err_set(err, ERR_INPUT, "since they were saved, these have changed:%s%s%s",
                   labels ? "" : " metrics.labels", coverage ? "" : " metrics.coverage",
                   names ? "" : " metrics.litellm_names");
}

static bool load(struct metrics *m, struct str state, bool apart, struct err *err)
{
    struct unpack u;

    clear(m);
    if (unpack_begin(&u, state, magic) && same_coverage(m, &u) &&
        load_fixed_sets(m, apart, &u) && unpack_end(&u) && attributed_in_order(m))
        return true;
    clear(m);
    if (!metrics_prepare(m))
        return err_set(err, ERR_MEMORY, "metrics: no memory");
    return refuse(m, state, err);
}

bool metrics_load(struct metrics *m, struct str state, struct err *err)
{
    return load(m, state, false, err);
}

bool metrics_load_opening(struct metrics *m, struct str state, struct err *err)
{
    return load(m, state, true, err);
}
