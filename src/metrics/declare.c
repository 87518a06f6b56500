/* Metrics of policies. */
#include "internal.h"

static bool labels_are_sound(const struct metric_decl *metric)
{
    for (size_t i = 0; i < metric->label_count; i++) {
        if (!is_metric_name(metric->labels[i]) || is_reserved_label(metric->labels[i]))
            return false;
        for (size_t j = 0; j < i; j++)
            if (str_eq(metric->labels[i], metric->labels[j]))
                return false;
    }
    return metric->label_count <= EFFECT_LABEL_NAMES_MAX;
}

static bool bounds_are_sound(const struct metric_decl *metric)
{
    if (metric->kind == METRIC_COUNTER)
        return metric->bound_count == 0;
    for (size_t i = 1; i < metric->bound_count; i++)
        if (metric->bounds_nano[i] <= metric->bounds_nano[i - 1])
            return false;
    return metric->bound_count > 0 && metric->bound_count <= METRIC_BOUNDS_MAX;
}

/* A histogram's own series end in these. */
static bool name_ends_well(const struct metric_decl *metric)
{
    static const struct str suffixes[] = {STR("_bucket"), STR("_count"), STR("_sum")};

    if (metric->kind == METRIC_COUNTER)
        return str_ends(metric->name, STR("_total")) &&
               metric->name.size > STR("_total").size;
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++)
        if (str_ends(metric->name, suffixes[i]))
            return false;
    return !str_ends(metric->name, STR("_total"));
}

static bool is_taken(const struct metrics *m, struct str name)
{
    bool taken = str_starts(name, STR("spendwarden_")) &&
                 !str_starts(name, STR("spendwarden_candidate_"));
    const struct family *f;

    for (size_t i = 0; (f = family_at(i, m->fixed_count)); i++)
        taken |= str_eq(name, str_of(f->name));
    return taken;
}

static bool metric_is_sound(const struct metrics *m, const struct metric_decl *metric,
                            struct err *err)
{
    struct str name = metric->name;

    if (!is_metric_name(name) || !name_ends_well(metric))
        return err_set(err, ERR_CONFIG,
                       "metric \"%.*s\": a name has letters, digits and _; a counter's "
                       "ends in _total, a histogram's not in _total, _bucket, _count or "
                       "_sum",
                       STR_ARG(name));
    if (is_taken(m, name))
        return err_set(err, ERR_CONFIG, "metric \"%.*s\": the name is taken",
                       STR_ARG(name));
    if (!labels_are_sound(metric))
        return err_set(err, ERR_CONFIG, "metric \"%.*s\": bad labels", STR_ARG(name));
    return bounds_are_sound(metric) ||
           err_set(err, ERR_CONFIG, "metric \"%.*s\": bad buckets", STR_ARG(name));
}

struct series_set *policy_set_find(const struct metrics *m, struct str name)
{
    for (size_t i = m->fixed_count; i < m->set_count; i++)
        if (str_eq(m->sets[i].name, name))
            return &m->sets[i];
    return NULL;
}

static bool same_shape(const struct series_set *set, const struct metric_decl *metric)
{
    size_t bounds = metric->bound_count * sizeof *metric->bounds_nano;

    if (set->label_count != metric->label_count ||
        set->bound_count != metric->bound_count ||
        (bounds && memcmp(set->bounds, metric->bounds_nano, bounds) != 0))
        return false;
    for (size_t i = 0; i < set->label_count; i++)
        if (!str_eq(set->label_names[i], metric->labels[i]))
            return false;
    return true;
}

static size_t cells_of(const struct metric_decl *metric)
{
    return metric->bound_count ? metric->bound_count + 2 : 1;
}

/* An empty set with the labels and buckets of the declaration. */
static bool take_shape(struct metrics *m, struct series_set *set,
                       const struct metric_decl *metric)
{
    size_t size = metric->bound_count * sizeof *set->bounds;
    int64_t *bounds = arena_alloc(&m->texts->arena, size + 1);
    bool ok = bounds != NULL;

    set_release(set);
    set->cell_count = cells_of(metric);
    set->overflowed = 0;
    set->bounds = bounds;
    set->bound_count = ok ? metric->bound_count : 0;
    if (ok)
        memcpy(bounds, metric->bounds_nano, size);
    set->label_count = metric->label_count;
    for (size_t i = 0; i < metric->label_count; i++) {
        set->label_names[i] = metric->labels[i];
        ok = ok && text_copy(m, &set->label_names[i]);
    }
    return ok;
}

static bool set_texts(struct metrics *m, struct series_set *set,
                      const struct metric_decl *metric)
{
    bool ok = true;

    if (!str_eq(set->help, metric->help)) {
        set->help = metric->help;
        ok = text_copy(m, &set->help);
    }
    return same_shape(set, metric) ? ok : take_shape(m, set, metric) && ok;
}

bool metrics_declare(struct metrics *m, const struct metric_decl *metric, struct err *err)
{
    if (!metric_is_sound(m, metric, err))
        return false;
    struct series_set *set = policy_set_find(m, metric->name);
    if (!set && m->set_count - m->fixed_count == POLICY_METRICS_MAX)
        return err_set(err, ERR_LIMIT, "more than %d metrics of policies",
                       POLICY_METRICS_MAX);
    if (!set) {
        set =
            set_add(m, SET_POLICY, cells_of(metric), metric->labels, metric->label_count);
        if (set)
            set->name = metric->name;
        if (set && !text_copy(m, &set->name))
            set = NULL;
    }
    if (!set || !set_texts(m, set, metric))
        return err_set(err, ERR_MEMORY, "metric: no memory");
    return true;
}
