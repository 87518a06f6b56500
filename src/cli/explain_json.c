/* The flat object of record_json.h, with what was not applied. */
#include "explain.h"
#include "explain_counts.h"
#include "spendwarden/record_json.h"
#include "spendwarden/value.h"

static bool is_answer(const struct policy_trace_step *step)
{
    return strcmp(step->outcome, "answered") == 0;
}

static struct str why(const struct policy_trace_step *step)
{
    struct str outcome = str_of(step->outcome), skipped = STR("skipped: ");

    return str_starts(outcome, skipped) ? str_from(outcome, skipped.size) : outcome;
}

static void text_member(struct buf *out, const char *name, struct str value)
{
    if (value.size == 0)
        return;
    buf_format(out, ",\"%s\":", name);
    buf_json(out, value);
}

static void begin_step(struct buf *out, const struct policy_trace_step *step)
{
    buf_format(out, "{\"stage\":\"%s\"", step->stage);
    text_member(out, "policy", step->policy);
    text_member(out, "rule", step->rule);
    text_member(out, "label", step->label);
}

static void count_value(void *ctx, const struct explain_count *count)
{
    struct buf *out = ctx;

    buf_format(out, "%s{\"kind\":\"%s\"", out->at[out->size - 1] == '[' ? "" : ",",
               count->kind);
    text_member(out, "policy", count->policy);
    text_member(out, "name", count->name);
    if (count->label_count) {
        buf_add(out, STR(",\"labels\":"));
        pairs_json(out, count->labels, count->label_count);
    }
    text_member(out, "value", count->value);
    buf_byte(out, '}');
}

static void counts_in(struct buf *out, const struct explained *x)
{
    const struct explain_counts counts = {.decls = x->decls,
                                          .schema = x->schema,
                                          .record = x->record,
                                          .each = count_value,
                                          .ctx = out};

    buf_add(out, STR(",\"counts_in\":["));
    explain_counts(&counts);
    buf_byte(out, ']');
}

static void requested_usd(struct buf *out, const struct explained *x)
{
    char text[MONEY_TEXT_SIZE];

    if (!x->requested_usd)
        return;
    int size = money_format(text, *x->requested_usd);
    text_member(out, "requested_model_usd", (struct str){text, (size_t)size});
}

static void not_applied(struct buf *out, const struct explained *x)
{
    size_t count = 0;

    buf_add(out, STR(",\"not_applied\":["));
    for (size_t i = 0; i < x->step_count; i++) {
        const struct policy_trace_step *step = &x->steps[i];
        if (is_answer(step))
            continue;
        if (count++)
            buf_byte(out, ',');
        begin_step(out, step);
        text_member(out, "why", why(step));
        text_member(out, "missing", step->missing);
        text_member(out, "reason", str_of(step->reason));
        text_member(out, "message", str_of(step->message));
        buf_byte(out, '}');
    }
    buf_byte(out, ']');
}

static void costs(struct buf *out, const struct explained *x)
{
    int64_t total = 0;

    buf_add(out, STR(",\"steps\":["));
    for (size_t i = 0; i < x->step_count; i++) {
        const struct policy_trace_step *step = &x->steps[i];
        if (i)
            buf_byte(out, ',');
        begin_step(out, step);
        buf_format(out, ",\"outcome\":\"%s\",\"instructions\":%lld}", step->outcome,
                   (long long)step->instructions);
        total += step->instructions;
    }
    buf_format(out, "],\"instructions\":%lld", (long long)total);
}

void explain_json(struct buf *out, const struct explained *x)
{
    record_json(out, x->record, x->schema);
    out->size--; /* the closing brace comes after */
    requested_usd(out, x);
    counts_in(out, x);
    not_applied(out, x);
    if (x->cost)
        costs(out, x);
    buf_add(out, STR("}\n"));
}
