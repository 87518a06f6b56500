/* Charges of three days, rolled up and asked for. */
#pragma once
#include "look.h"

#include "spendwarden/rollup.h"
#include "spendwarden/spend.h"
#include "spendwarden/value.h"

enum { ROWS = 600, DAYS = 3 };

#define DAY_0 (INT64_C(1795046400) * NS_PER_SECOND) /* 2026-11-19 */

static inline struct field field(const char *name)
{
    return field_find(&test_schema, str_of(name));
}

/* Nothing stands behind a charge of 0, except where the sample has a policy's step. */
static inline void take_price(struct record *r)
{
    r->ev.reported = REPORTED_NONE;
    r->ev.reported_usd = (struct money){0};
    r->charge.status = PRICE_UNPRICED;
    r->charge.has_computed = false;
    r->charge.computed = r->charge.charge = r->charge.billed = (struct money){0};
}

/* Charges of three days, in no order of time, with few different labels. */
static inline void write_rows(struct fixture *f, unsigned first, unsigned last)
{
    static const char *const teams[] = {"payments", "search", ""};
    static const char *const models[] = {"gpt-4o", "claude-opus-4", "o3", "x"};
    struct sample *s = malloc(sizeof *s);
    struct err err = {0};

    assert_true(ledger_begin(f->ledger, &err));
    for (unsigned i = first; i <= last; i++) {
        sample_make(s, i);
        s->record.kind = i % 10 ? RECORD_CHARGE : RECORD_REVISION;
        s->record.booked_ns =
            DAY_0 + random() % DAYS * NS_PER_DAY + random() % 86400 * NS_PER_SECOND;
        s->record.ev.text[TEXT_TEAM] = str_of(teams[i % 3]);
        s->record.ev.text[TEXT_REQUESTED_MODEL] = str_of(models[random() % 4]);
        s->record.ev.text[TEXT_END_USER] = random() % 2 ? STR("ann") : STR("bob");
        if (i % 4 == 0)
            take_price(&s->record);
        else if (i % 7 == 0)
            s->record.completes = i % 2 ? COMPLETES_ALL : COMPLETES_CHARGE;
        if (!ledger_append(f->ledger, &s->record, &err))
            fail_msg("%s", err.text);
    }
    if (!ledger_commit(f->ledger, 1000 + last, &err))
        fail_msg("%s", err.text);
    free(s);
}

/* One range, or false: there is nothing to sum up. */
static inline bool roll_up(struct fixture *f, size_t rows_max)
{
    struct rollup *u = NULL;
    struct err err = {0};

    if (!ledger_roll_up(fixture_reader(f), rows_max, &u, &err))
        fail_msg("%s", err.text);
    if (!u)
        return false;
    for (bool more = true; more;) {
        assert_true(ledger_begin(f->ledger, &err));
        if (!ledger_put_rollup(f->ledger, u, &more, &err) ||
            !ledger_commit(f->ledger, 9000, &err))
            fail_msg("%s", err.text);
    }
    rollup_free(u);
    return true;
}

static inline void open_rows(struct fixture *f)
{
    fixture_open(f);
    for (unsigned i = 0; i < 6; i++)
        write_rows(f, i * ROWS / 6 + 1, (i + 1) * ROWS / 6);
}

/* Days, from one before the rows to one after them. */
static const int64_t days[] = {DAY_0 - NS_PER_DAY, DAY_0, DAY_0 + NS_PER_DAY,
                               DAY_0 + 2 * NS_PER_DAY, DAY_0 + 4 * NS_PER_DAY};

static inline struct spend_query query_by(const char *first, const char *second)
{
    struct spend_query q = {.bounds = days,
                            .bound_count = 5,
                            .by_count = second  ? 2
                                        : first ? 1
                                                : 0,
                            .limit_ns = NS_PER_MINUTE};

    if (first)
        q.by[0] = field(first);
    if (second)
        q.by[1] = field(second);
    return q;
}

static inline struct spend ask(struct fixture *f, const struct spend_query *q)
{
    struct spend spend;
    struct err err = {0};

    if (!ledger_spend(fixture_reader(f), q, &spend, &err))
        fail_msg("%s", err.text);
    return spend;
}

static inline int64_t total(struct fixture *f, const struct record_filter *filters,
                            size_t count)
{
    struct spend_query q = query_by(NULL, NULL);
    int64_t charge = 0;

    q.filters = filters;
    q.filter_count = count;
    struct spend s = ask(f, &q);
    for (size_t i = 0; i < s.cell_count; i++)
        charge += spend_cell(&s, i)[1 + SPEND_CHARGE];
    spend_release(&s);
    return charge;
}

static unsigned found; /* differences */

static inline void note_difference(void *ctx, uint64_t first, uint64_t last,
                                   const char *what)
{
    (void)ctx;
    (void)what;
    assert_true(first <= last);
    found++;
}

static inline struct rollup_audit audit(struct fixture *f)
{
    struct rollup_audit report;
    struct err err = {0};

    found = 0;
    if (!ledger_audit_rollups(fixture_reader(f), &report, note_difference, NULL, &err))
        fail_msg("%s", err.text);
    return report;
}
