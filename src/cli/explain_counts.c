/* Which budgets, rules and gauges an event counts in: by their own window, not by what
 * their functions read besides. */
#include "explain_counts.h"
#include "spendwarden/value.h"
#include "spendwarden/window.h"

static const struct effect *effect_of(const struct record *r, struct str name)
{
    for (size_t i = 0; i < r->effect_count; i++)
        if (str_eq(r->effects[i].name, name))
            return &r->effects[i];
    return NULL;
}

static void number_text(struct buf *out, struct field field, int64_t number)
{
    char text[MONEY_TEXT_SIZE];

    if (field_is_whole(field)) {
        buf_int(out, number);
        return;
    }
    money_format(text, (struct money){number}); /* seconds are kept the same way */
    buf_add(out, str_of(text));
}

/* What the window takes of the event, as text; false: nothing. */
static bool take(struct buf *out, const struct window_decl *window,
                 const struct record *r)
{
    char digits[VALUE_TEXT_SIZE];
    int64_t number;

    if (!window_where(window, r))
        return false;
    if (window->effect.size) {
        const struct effect *effect = effect_of(r, window->effect);
        if (effect)
            number_text(out, (struct field){FIELD_MONEY, 0, STAGE_COUNT}, effect->nano);
        return effect != NULL;
    }
    if (window->aggregate == AGGREGATE_DISTINCT) {
        struct str value = record_value(r, window->field, digits);
        buf_add(out, value);
        return value.size > 0;
    }
    if (window->field.kind == FIELD_NONE) {
        buf_byte(out, '1');
        return true;
    }
    if (!record_number(r, window->field, &number))
        return false;
    number_text(out, window->field, number);
    return true;
}

static void count(const struct explain_counts *c, const char *kind, struct str policy,
                  struct str name, int window)
{
    const struct window_decl *decl = &c->decls->windows[window];
    struct explain_count found = {.kind = kind, .policy = policy, .name = name};
    char digits[WINDOW_BY_MAX][VALUE_TEXT_SIZE];
    struct buf value = {0};

    if (take(&value, decl, c->record)) {
        found.aggregate = decl->aggregate;
        found.value = buf_str(&value);
        found.label_count = decl->by_count;
        for (size_t i = 0; i < decl->by_count; i++)
            found.labels[i] =
                (struct pair){field_name(c->schema, decl->by[i]),
                              record_value(c->record, decl->by[i], digits[i])};
        c->each(c->ctx, &found);
    }
    buf_release(&value);
}

void explain_counts(const struct explain_counts *c)
{
    const struct decls *d = c->decls;

    for (size_t i = 0; i < d->budget_count; i++)
        count(c, "budget", d->budgets[i].policy, d->budgets[i].name,
              d->budgets[i].window);
    for (size_t i = 0; i < d->rule_count; i++)
        count(c, "rule", d->rules[i].policy, d->rules[i].name, d->rules[i].window);
    for (size_t i = 0; i < d->gauge_count; i++)
        count(c, "gauge", d->gauges[i].policy, d->gauges[i].name, d->gauges[i].window);
}
