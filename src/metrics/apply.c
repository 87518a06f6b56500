/* One record into all families. No allocation for series that are known. */
#include "litellm.h"

enum { NS_PER_US = 1000 };

static void add_count(int64_t *cell, int64_t count)
{
    if (count > 0)
        add_clamped(cell, count);
}

void add_late(const struct metrics *m, struct series_set *set, int64_t *cells,
              size_t cell, int64_t count)
{
    int64_t less = set->shown_less ? set->shown_less[&cells[cell] - set->cells] : 0;

    if (count > 0 && cells[cell] == less) /* shown as 0 until now */
        series_born(set, series_of(set, cells))[1 + cell - set->late_first] = m->now_ns;
    add_count(&cells[cell], count);
}

/* A trace id of letters, digits and what ids are joined by. Others could be written, but
 * not every reader of OpenMetrics takes escapes in an exemplar. */
static bool has_trace(const struct record *r)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789-_.:/+=@";
    struct str trace = r->ev.text[TEXT_TRACE_ID];

    if (trace.size == 0 || trace.size > EXEMPLAR_TEXT_MAX)
        return false;
    for (size_t i = 0; i < trace.size; i++)
        if (!memchr(allowed, trace.at[i], sizeof allowed - 1))
            return false;
    return true;
}

/* The newest, unless a larger one came within the minute before. */
static void set_exemplar(const struct series_set *set, const int64_t *cells, size_t which,
                         const struct record *r, int64_t value)
{
    struct exemplar *e =
        set->exemplars + series_of(set, cells) * set->exemplar_count + which;
    struct str trace = r->ev.text[TEXT_TRACE_ID];

    if (r->booked_ns < e->at_ns ||
        (value < e->value && r->booked_ns - e->at_ns < NS_PER_MINUTE))
        return;
    e->value = value;
    e->at_ns = r->booked_ns;
    e->size = (uint8_t)trace.size;
    memcpy(e->trace_id, trace.at, trace.size);
}

static void apply_usage(const struct metrics *m, struct series_set *set, int64_t *cells,
                        const int64_t *count)
{
    add_count(&cells[CELL_INPUT], count[COUNT_INPUT_TOKENS]);
    add_count(&cells[CELL_OUTPUT], count[COUNT_OUTPUT_TOKENS]);
    for (size_t i = 0; i < DETAIL_COUNT; i++)
        add_late(m, set, cells, CELL_DETAIL + i, count[COUNT_CACHE_READ_TOKENS + i]);
    add_late(m, set, cells, CELL_WEB_SEARCHES, count[COUNT_WEB_SEARCHES]);
}

static void apply_spend(struct metrics *m, const struct record *r)
{
    const struct metrics_options *options = &m->options;
    struct series_set *set = &m->sets[SET_SPEND];
    char digits[METRIC_LABELS_MAX][VALUE_TEXT_SIZE];
    struct str values[METRIC_LABELS_MAX];

    for (size_t i = 0; i < options->label_count; i++)
        values[i] = record_value(r, options->labels[i], digits[i]);
    int64_t *cells = set_cells(m, set, values);
    if (!cells)
        return;
    int64_t charge = r->charge.charge.nanousd;
    add_clamped(&cells[CELL_SPEND], charge);
    if (r->ev.count[COUNT_RETRY_DEPTH] > 0)
        add_clamped(&cells[CELL_RETRY_SPEND], charge);
    if (r->ev.reported == REPORTED_COST)
        add_count(&cells[CELL_REPORTED], r->ev.reported_usd.nanousd);
    if (r->charge.has_computed)
        add_count(&cells[CELL_COMPUTED], r->charge.computed.nanousd);
    add_clamped(&cells[CELL_STATUS + r->ev.outcome], record_is_request(r));
    if (record_has_usage(r))
        apply_usage(m, set, cells, r->ev.count);
    if (charge > 0 && has_trace(r))
        set_exemplar(set, cells, 0, r, charge);
}

size_t histogram_add(int64_t *cells, const int64_t *bounds, size_t bound_count,
                     int64_t value)
{
    size_t i = 0;

    while (i < bound_count && value > bounds[i])
        i++;
    add_clamped(&cells[i], 1);
    add_clamped(&cells[bound_count + 1], value);
    return i;
}

static void apply_histograms(const struct series_set *set, int64_t *cells,
                             const struct record *r)
{
    struct field duration = {FIELD_DERIVED, DERIVED_DURATION, STAGE_DECODE};
    bool trace = has_trace(r);
    int64_t number;

    if (!charge_is_unpriced(&r->charge, &r->ev)) {
        int64_t charge = r->charge.charge.nanousd;
        size_t bucket =
            histogram_add(&cells[CELL_COST], cost_bounds_nanousd, COST_BOUNDS, charge);
        if (trace)
            set_exemplar(set, cells, EXEMPLAR_COST + bucket, r, charge);
    }
    if (record_is_request(r) && record_number(r, duration, &number)) {
        int64_t us = (number + NS_PER_US / 2) / NS_PER_US;
        size_t bucket =
            histogram_add(&cells[CELL_DURATION], duration_bounds_us, DURATION_BOUNDS, us);
        if (trace)
            set_exemplar(set, cells, EXEMPLAR_DURATION + bucket, r, us);
    }
}

static void apply_model(struct metrics *m, const struct record *r)
{
    struct str values[] = {r->ev.text[TEXT_AI_SYSTEM], r->ev.text[TEXT_REQUESTED_MODEL],
                           price_status_name(r->charge.status)};
    int64_t *cells = set_cells(m, &m->sets[SET_MODEL], values);
    struct field drift = {FIELD_MONEY, MONEY_DRIFT, STAGE_PRICE};
    int64_t number;

    if (cells)
        apply_histograms(&m->sets[SET_MODEL], cells, r);
    if (cells && record_number(r, drift, &number))
        add_clamped(&cells[CELL_DRIFT], number);
    if (!record_lacks_price(r))
        return;
    cells = set_cells(m, &m->sets[SET_UNPRICED], values);
    if (cells)
        add_clamped(&cells[0], 1);
}

static void add_charge(int64_t *cells, const struct record *r)
{
    if (cells)
        add_clamped(cells, r->charge.charge.nanousd);
}

/* Both sets begin with label and source. */
static void apply_unattributed(struct metrics *m, const struct record *r,
                               struct str label)
{
    const struct str values[] = {label, r->ev.text[TEXT_SOURCE],
                                 r->ev.text[TEXT_HASHED_API_KEY],
                                 r->ev.text[TEXT_KEY_ALIAS]};

    add_charge(set_cells(m, &m->sets[SET_UNATTRIBUTED], values), r);
    add_charge(set_cells(m, &m->sets[SET_UNATTRIBUTED_KEY], values), r);
}

static void apply_coverage(struct metrics *m, const struct record *r)
{
    const struct metrics_options *options = &m->options;
    char digits[VALUE_TEXT_SIZE];

    for (size_t i = 0; i < options->coverage_count; i++) {
        if (record_value(r, options->coverage[i], digits).size == 0)
            apply_unattributed(m, r, field_name(options->schema, options->coverage[i]));
        else
            add_charge(&m->sets[SET_ATTRIBUTED].cells[i], r);
    }
}

static void apply_derived(struct metrics *m, const struct record *r)
{
    for (size_t i = 0; i < LABEL_COUNT; i++) {
        const struct provenance *by = r->label_by[i];
        if (!by || by->from != FROM_POLICY)
            continue;
        struct str values[] = {m->label_names[i], by->policy};
        int64_t *cells = set_cells(m, &m->sets[SET_DERIVED], values);
        if (cells)
            add_clamped(cells, r->charge.charge.nanousd);
    }
}

static struct str effect_label(const struct effect *e, size_t position, struct str name)
{
    if (position < e->label_count && str_eq(e->labels[position].name, name))
        return e->labels[position].value;
    for (size_t i = 0; i < e->label_count; i++)
        if (str_eq(e->labels[i].name, name))
            return e->labels[i].value;
    return (struct str){NULL, 0};
}

static void apply_effect(struct metrics *m, const struct effect *e)
{
    struct series_set *set = policy_set_find(m, e->name);
    struct str values[EFFECT_LABEL_NAMES_MAX];

    if (!set)
        return;
    for (size_t i = 0; i < set->label_count; i++)
        values[i] = effect_label(e, i, set->label_names[i]);
    int64_t *cells = set_cells(m, set, values);
    if (cells && set->bound_count)
        histogram_add(cells, set->bounds, set->bound_count, e->nano);
    else if (cells)
        add_count(cells, e->nano);
}

void metrics_apply(struct metrics *m, const struct record *r)
{
    if (r->kind != RECORD_CHARGE)
        return;
    m->now_ns = r->committed_ns;
    apply_spend(m, r);
    apply_model(m, r);
    apply_coverage(m, r);
    apply_derived(m, r);
    if (m->fixed_count > SET_LITELLM_FIRST)
        litellm_apply(m, r);
    for (size_t i = 0; i < r->effect_count; i++)
        apply_effect(m, &r->effects[i]);
}
