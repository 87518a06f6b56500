/* For people: what the event is, then each thing that was decided with who decided it,
 * then what was not. */
#include <stdio.h>

#include "explain_counts.h"
#include "explain_rows.h"

/* --- the event itself --- */

static void add_number(struct buf *out, struct field field, int64_t number)
{
    char text[TIMESTAMP_TEXT_SIZE];
    bool derived = field.kind == FIELD_DERIVED;

    if (field.kind == FIELD_TIME || (derived && field.index == DERIVED_TIME))
        timestamp_format(text, number);
    else if (derived && field.index != DERIVED_TOTAL_TOKENS)
        duration_format(text, number);
    else
        snprintf(text, sizeof text, "%lld", (long long)number);
    buf_add(out, str_of(text));
}

static bool is_label(struct field field)
{
    return (field.kind == FIELD_TEXT && text_is_label(field.index)) ||
           (field.kind == FIELD_COUNT && field.index == COUNT_RETRY_DEPTH);
}

/* Labels, price and class have places of their own. */
static bool is_plain(struct field field)
{
    return !is_label(field) && field.kind != FIELD_MONEY &&
           !(field.kind == FIELD_DERIVED &&
             (field.index == DERIVED_CLASS || field.index == DERIVED_PRICE_STATUS));
}

static void show_field(struct buf *out, const struct record *r, struct str name,
                       struct field field)
{
    struct str text = record_text(r, field);
    int64_t number;

    if (text.size == 0 && !record_number(r, field, &number))
        return;
    row_begin(out, name);
    if (text.size)
        plain_add(out, text);
    else
        add_number(out, field, number);
    row_end(out);
}

static void show_tags(struct buf *out, const struct event *ev)
{
    if (ev->tag_count == 0)
        return;
    row_begin(out, STR("tags"));
    for (size_t i = 0; i < ev->tag_count; i++) {
        if (i)
            buf_add(out, STR(", "));
        plain_add(out, ev->tags[i]);
    }
    row_end(out);
}

static void show_metadata(struct buf *out, const struct event *ev)
{
    for (size_t i = 0; i < ev->metadata_count; i++) {
        size_t from = out->size;
        buf_add(out, STR("    metadata."));
        plain_add(out, ev->metadata[i].name);
        row_pad(out, from, ROW_NAME + 5);
        plain_add(out, ev->metadata[i].value);
        row_end(out);
    }
}

static void show_event(struct buf *out, const struct explained *x)
{
    struct field field;

    row_title(out, "the event");
    for (size_t i = 0; field_at(x->schema, i, &field); i++)
        if (is_plain(field))
            show_field(out, x->record, field_name(x->schema, field), field);
    show_tags(out, &x->record->ev);
    show_metadata(out, &x->record->ev);
}

/* --- labels --- */

static void show_label(struct buf *out, const struct record *r, struct str name,
                       struct field field)
{
    const struct provenance *by = field.kind == FIELD_TEXT
                                      ? r->label_by[field.index - TEXT_LABEL_FIRST]
                                      : r->retry_depth_by;

    row_begin(out, name);
    size_t from = out->size;
    if (field.kind == FIELD_TEXT)
        plain_add(out, r->ev.text[field.index]);
    else
        buf_int(out, r->ev.count[field.index]);
    if (by) {
        row_pad(out, from, ROW_VALUE);
        row_provenance(out, by);
    }
    row_end(out);
}

static bool has_label(const struct record *r, struct field field)
{
    return field.kind == FIELD_TEXT ? r->ev.text[field.index].size > 0
                                    : r->ev.count[field.index] >= 0;
}

static void show_labels(struct buf *out, const struct explained *x)
{
    struct field field;
    size_t absent = 0;

    row_title(out, "labels, and who gave them");
    for (size_t i = 0; field_at(x->schema, i, &field); i++)
        if (is_label(field) && has_label(x->record, field))
            show_label(out, x->record, field_name(x->schema, field), field);
    for (size_t i = 0; field_at(x->schema, i, &field); i++) {
        if (!is_label(field) || has_label(x->record, field))
            continue;
        struct str name = field_name(x->schema, field);
        if (absent++ == 0)
            row_begin(out, STR("absent:"));
        buf_format(out, "%s%.*s", absent > 1 ? ", " : "", STR_ARG(name));
    }
    if (absent)
        row_end(out);
}

/* --- class and effects --- */

static void show_class(struct buf *out, const struct record *r)
{
    row_title(out, "class");
    row_begin(out, r->class.size ? r->class : STR("none"));
    if (r->class_by)
        row_provenance(out, r->class_by);
    row_end(out);
}

/* {team="search",...}; a label that is absent has no part. */
static void add_labels(struct buf *out, const struct pair *labels, size_t count)
{
    bool any = false;

    for (size_t i = 0; i < count; i++) {
        if (labels[i].value.size == 0)
            continue;
        buf_format(out, "%s%.*s=\"", any ? "," : "{", STR_ARG(labels[i].name));
        plain_add(out, labels[i].value);
        buf_byte(out, '"');
        any = true;
    }
    if (any)
        buf_byte(out, '}');
}

static void show_effect(struct buf *out, const struct effect *e)
{
    buf_format(out, "    %.*s", STR_ARG(e->name));
    add_labels(out, e->labels, e->label_count);
    buf_add(out, STR(" + "));
    row_money(out, (struct money){e->nano});
    row_end(out);
}

static void show_count(void *ctx, const struct explain_count *count)
{
    static const char *const verbs[] = {[AGGREGATE_SUM] = " + ",
                                        [AGGREGATE_COUNT] = " + ",
                                        [AGGREGATE_MAX] = " of at least ",
                                        [AGGREGATE_DISTINCT] = " with "};
    struct buf *out = ctx;

    buf_format(out, "    %s %.*s", count->kind, STR_ARG(count->name));
    add_labels(out, count->labels, count->label_count);
    buf_add(out, str_of(verbs[count->aggregate]));
    plain_add(out, count->value);
    row_end(out);
}

static void show_effects(struct buf *out, const struct explained *x)
{
    const struct record *r = x->record;
    const struct explain_counts counts = {.decls = x->decls,
                                          .schema = x->schema,
                                          .record = r,
                                          .each = show_count,
                                          .ctx = out};
    size_t before = out->size;

    row_title(out, "adds to");
    size_t title = out->size;
    for (size_t i = 0; i < r->effect_count; i++)
        show_effect(out, &r->effects[i]);
    explain_counts(&counts);
    if (out->size == title)
        out->size = before;
}

/* --- what did not come to anything --- */

static bool has_outcome(const struct policy_trace_step *step, const char *outcome)
{
    return strncmp(step->outcome, outcome, strlen(outcome)) == 0;
}

static void begin_step(struct buf *out, const struct policy_trace_step *step)
{
    size_t from = out->size;

    buf_format(out, "    %-8s %.*s", step->stage, STR_ARG(step->label));
    row_pad(out, from, ROW_NAME + 5);
}

static void show_failed(struct buf *out, const struct policy_trace_step *step)
{
    begin_step(out, step);
    plain_add(out, str_of(step->message));
    buf_format(out, " [%s, policy %.*s, %.*s]\n", step->reason, STR_ARG(step->policy),
               STR_ARG(step->rule));
}

static void show_silent(struct buf *out, const struct policy_trace_step *step)
{
    begin_step(out, step);
    buf_format(out, "policy %.*s (%.*s)\n", STR_ARG(step->policy), STR_ARG(step->rule));
}

static void show_skipped(struct buf *out, const struct policy_trace_step *step)
{
    begin_step(out, step);
    size_t from = out->size;
    if (step->missing.size)
        buf_format(out, "no %.*s", STR_ARG(step->missing));
    else
        buf_add(out, str_from(str_of(step->outcome), STR("skipped: ").size));
    row_pad(out, from, ROW_VALUE);
    buf_format(out, "policy %.*s (%.*s)\n", STR_ARG(step->policy), STR_ARG(step->rule));
}

static void show_steps_of(struct buf *out, const struct explained *x, const char *title,
                          const char *outcome,
                          void show(struct buf *, const struct policy_trace_step *))
{
    size_t count = 0;

    for (size_t i = 0; i < x->step_count; i++) {
        if (!has_outcome(&x->steps[i], outcome))
            continue;
        if (count++ == 0)
            row_title(out, title);
        show(out, &x->steps[i]);
    }
}

static void show_cost(struct buf *out, const struct explained *x)
{
    int64_t total = 0, calls = 0;

    row_title(out, "cost, in instructions");
    for (size_t i = 0; i < x->step_count; i++) {
        const struct policy_trace_step *step = &x->steps[i];
        if (has_outcome(step, "skipped"))
            continue;
        begin_step(out, step);
        buf_format(out, "%7lld  %-8s  %.*s\n", (long long)step->instructions,
                   step->outcome, STR_ARG(step->rule));
        total += step->instructions;
        calls++;
    }
    row_begin(out, STR("all"));
    buf_format(out, "%7lld  in %lld calls\n", (long long)total, (long long)calls);
}

void explain_text(struct buf *out, const struct explained *x)
{
    const struct record *r = x->record;
    char time[TIMESTAMP_TEXT_SIZE];

    timestamp_format(time, r->booked_ns);
    buf_format(out, "%sevent %zu: %.*s, %.*s, booked at %s\n", x->number > 1 ? "\n" : "",
               x->number, STR_ARG(r->ev.text[TEXT_SOURCE]),
               STR_ARG(outcome_name(r->ev.outcome)), time);
    show_event(out, x);
    show_labels(out, x);
    explain_price(out, r, x->requested_usd);
    show_class(out, r);
    show_effects(out, x);
    show_steps_of(out, x, "failed", "failed", show_failed);
    show_steps_of(out, x, "asked, and had no answer", "nil", show_silent);
    show_steps_of(out, x, "not asked", "skipped", show_skipped);
    if (x->cost)
        show_cost(out, x);
}
