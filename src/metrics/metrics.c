#include <stdlib.h>

#include "litellm.h"
#include "spendwarden/hash.h"

bool text_copy(struct metrics *m, struct str *text)
{
    struct str copy = arena_copy(&m->texts->arena, *text);
    bool ok = copy.size == text->size;

    if (ok)
        *text = copy;
    return ok;
}

struct series_set *set_add(struct metrics *m, enum set_kind kind, size_t cells,
                           const struct str *labels, size_t label_count)
{
    struct series_set *grown = realloc(m->sets, (m->set_count + 1) * sizeof *grown);

    if (!grown)
        return NULL;
    m->sets = grown;
    struct series_set *set = &m->sets[m->set_count];
    set_init(set, kind, cells);
    set->label_count = label_count;
    for (size_t i = 0; i < label_count; i++) {
        set->label_names[i] = labels[i];
        if (!text_copy(m, &set->label_names[i]))
            return NULL;
    }
    m->set_count++;
    return set;
}

static bool add_fixed_sets(struct metrics *m)
{
    const struct metrics_options *options = &m->options;
    struct str names[METRIC_LABELS_MAX];
    const struct str model[] = {STR("ai_system"), STR("requested_model"), STR("reason")};
    const struct str label[] = {STR("label"), STR("source"), STR("hashed_api_key"),
                                STR("key_alias")};
    const struct str derived[] = {STR("label"), STR("policy")};

    for (size_t i = 0; i < options->label_count; i++)
        names[i] = field_name(options->schema, options->labels[i]);
    return set_add(m, SET_SPEND, SPEND_CELLS, names, options->label_count) &&
           set_add(m, SET_MODEL, MODEL_CELLS, model, 2) &&
           set_add(m, SET_UNPRICED, 1, model, 3) &&
           set_add(m, SET_ATTRIBUTED, 1, label, 1) &&
           set_add(m, SET_UNATTRIBUTED, 1, label, 2) &&
           set_add(m, SET_UNATTRIBUTED_KEY, 1, label, 4) &&
           set_add(m, SET_DERIVED, 1, derived, 2) &&
           (!options->litellm_names || litellm_add_sets(m));
}

bool metrics_prepare(struct metrics *m)
{
    const struct metrics_options *options = &m->options;

    for (size_t i = 0; i < options->coverage_count; i++) {
        struct str name = field_name(options->schema, options->coverage[i]);
        if (!set_restore(m, &m->sets[SET_ATTRIBUTED], &name))
            return false;
    }
    return true;
}

bool is_metric_name(struct str text)
{
    return str_is_name(text) && text.size <= TEXT_VALUE_MAX;
}

bool is_reserved_label(struct str label)
{
    return str_eq(label, STR("le")) || str_eq(label, STR("quantile")) ||
           str_starts(label, STR("__"));
}

/* Labels that families of spend add themselves. */
static bool is_added(struct str label)
{
    return str_eq(label, STR("status")) || str_eq(label, STR("type"));
}

static bool options_are_sound(const struct metrics_options *options, struct err *err)
{
    if (options->label_count > METRIC_LABELS_MAX)
        return err_set(err, ERR_CONFIG, "metrics: more than %d labels",
                       METRIC_LABELS_MAX);
    if (options->coverage_count > COVERAGE_LABELS_MAX)
        return err_set(err, ERR_CONFIG, "metrics: coverage of more than %d labels",
                       COVERAGE_LABELS_MAX);
    for (size_t i = 0; i < options->label_count; i++) {
        struct str name = field_name(options->schema, options->labels[i]);
        bool twice = false;
        for (size_t j = 0; j < i; j++)
            twice |= str_eq(name, field_name(options->schema, options->labels[j]));
        if (twice || !is_metric_name(name) || is_reserved_label(name) || is_added(name))
            return err_set(err, ERR_CONFIG, "metrics: \"%.*s\" cannot be a label here",
                           STR_ARG(name));
    }
    return true;
}

bool metrics_open(struct metrics **out, const struct metrics_options *options,
                  struct err *err)
{
    *out = NULL;
    if (!options_are_sound(options, err))
        return false;
    struct metrics *m = calloc(1, sizeof *m);
    if (!m)
        return err_set(err, ERR_MEMORY, "metrics: no memory");
    m->options = *options;
    m->fixed_count = options->litellm_names ? SET_FIXED_COUNT : SET_LITELLM_FIRST;
    m->texts = texts_new();
    for (size_t i = 0; i < LABEL_COUNT; i++)
        m->label_names[i] = field_name(
            options->schema,
            (struct field){FIELD_TEXT, (uint8_t)(TEXT_LABEL_FIRST + i), STAGE_DECODE});
    if (!m->texts || !random_bytes(&m->seed, sizeof m->seed, err) || !add_fixed_sets(m) ||
        !metrics_prepare(m)) {
        metrics_close(m);
        return err_set(err, ERR_MEMORY,
                       "metrics: no memory, or coverage of a label twice");
    }
    m->limits = (struct limits){
        .max = options->max_series, .seed = m->seed, .retire_ns = options->retire_ns};
    *out = m;
    return true;
}

void metrics_close(struct metrics *m)
{
    if (!m)
        return;
    for (size_t i = 0; i < m->set_count; i++)
        set_release(&m->sets[i]);
    free(m->sets);
    limits_release(&m->limits);
    texts_drop(m->texts);
    free(m);
}

size_t metrics_memory(const struct metrics *m)
{
    size_t bytes = m->texts->arena.used + limits_memory(&m->limits);

    for (size_t i = 0; i < m->set_count; i++)
        bytes += set_memory(&m->sets[i]);
    return bytes;
}

__int128 metrics_spend_total(const struct metrics *m)
{
    const struct series_set *set = &m->sets[SET_SPEND];
    __int128 total = 0;

    for (size_t i = 0; i < set->count; i++)
        total += set->cells[i * set->cell_count + CELL_SPEND];
    return total + (set->gone ? set->gone[CELL_SPEND] : 0);
}
