/* Sums by labels over time. */
#include <stdlib.h>

#include "rollup.h"
#include "spend_texts.h"
#include "spendwarden/value.h"

struct spend_store {
    struct tally cells;
    struct spend_texts texts;
};

struct run {
    struct ledger_reader *reader;
    const struct spend_query *query;
    struct spend_store *store;
    /* Of the rolled way: where in a row's key the fields are, and what filters want. */
    uint8_t by_at[SPEND_BY_MAX], filter_at[SPEND_FILTERS_MAX];
    int64_t *wanted[SPEND_FILTERS_MAX]; /* in the arena; one per value */
    uint64_t missing_rows;
};

static bool no_memory(struct err *err)
{
    return err_set(err, ERR_MEMORY, "spend: no memory");
}

/* --- cells --- */

/* -1: outside of all. */
static int64_t step_of(const struct spend_query *q, int64_t booked_ns)
{
    size_t low = 0, high = q->bound_count - 1;

    if (booked_ns < q->bounds[0] || booked_ns >= q->bounds[high])
        return -1;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (booked_ns < q->bounds[middle])
            high = middle;
        else
            low = middle;
    }
    return (int64_t)low;
}

/* `key`: the step, then indices. */
static bool add(struct run *run, const int64_t *key, const int64_t *sums, struct err *err)
{
    struct tally *cells = &run->store->cells;
    int64_t *cell = tally_at(cells, key);

    if (!cell && cells->count < cells->rows_max)
        return no_memory(err);
    if (!cell)
        return err_set(err, ERR_LIMIT,
                       "more than %d sums: group by fewer labels, take a larger step, or "
                       "ask for less time",
                       SPEND_CELLS_MAX);
    return sums_add(cell, sums, SPEND_SUM_COUNT) ||
           err_set(err, ERR_LIMIT, "a sum is too large: ask for less time");
}

/* --- by rollups --- */

static bool is_wanted(const int64_t *wanted, size_t count, int64_t index)
{
    for (size_t i = 0; i < count; i++)
        if (wanted[i] == index)
            return true;
    return false;
}

static bool add_rolled(struct run *run, const struct rolled *row, struct err *err)
{
    const struct spend_query *q = run->query;
    int64_t key[1 + SPEND_BY_MAX] = {step_of(q, row->key[0])}, index;

    if (!row->counts || key[0] < 0)
        return true;
    for (size_t i = 0; i < q->filter_count; i++) {
        if (!spend_id_index(&run->store->texts, run->reader, row->key[run->filter_at[i]],
                            &index, err))
            return false;
        if (!is_wanted(run->wanted[i], q->filters[i].value_count, index))
            return true;
    }
    for (size_t i = 0; i < q->by_count; i++)
        if (!spend_id_index(&run->store->texts, run->reader, row->key[run->by_at[i]],
                            &key[1 + i], err))
            return false;
    return add(run, key, row->sums, err);
}

static uint8_t place_in_key(struct field field)
{
    uint8_t i = 0;

    while (i < sizeof rollup_texts &&
           (field.kind != FIELD_TEXT || rollup_texts[i] != field.index))
        i++;
    return (uint8_t)(1 + i); /* past the texts: the class */
}

static bool find_wanted(struct run *run, struct err *err)
{
    const struct spend_query *q = run->query;

    for (size_t i = 0; i < q->by_count; i++)
        run->by_at[i] = place_in_key(q->by[i]);
    for (size_t i = 0; i < q->filter_count; i++) {
        const struct record_filter *f = &q->filters[i];
        run->filter_at[i] = place_in_key(f->field);
        run->wanted[i] =
            arena_alloc(&run->store->texts.arena, (f->value_count + 1) * sizeof(int64_t));
        if (!run->wanted[i])
            return no_memory(err);
        for (size_t k = 0; k < f->value_count; k++)
            if (!spend_text_index(&run->store->texts, run->reader, f->values[k],
                                  &run->wanted[i][k], err))
                return false;
    }
    return true;
}

/* The ranges that overlap the time asked for, and what of them does. */
static bool add_groups(struct run *run, struct err *err)
{
    static const char batches_sql[] = "SELECT last_seq FROM rollup_batches"
                                      " WHERE from_ns < ? AND until_ns > ?";
    const struct spend_query *q = run->query;
    const int64_t from_ns = q->bounds[0], until_ns = q->bounds[q->bound_count - 1];
    sqlite3_stmt *batches = NULL, *groups = NULL;
    struct rolled row;
    bool batch = true, some;

    bool ok = db_prepare(run->reader->db, &batches, batches_sql, err);
    if (ok) {
        sqlite3_bind_int64(batches, 1, until_ns);
        sqlite3_bind_int64(batches, 2, from_ns);
    }
    while (ok && (ok = db_next(batches, &batch, err)) && batch) {
        ok = rolled_groups(run->reader, &groups,
                           (uint64_t)sqlite3_column_int64(batches, 0), from_ns, until_ns,
                           err);
        for (some = true; ok && (ok = db_next(groups, &some, err)) && some;) {
            rolled_group(groups, &row);
            ok = add_rolled(run, &row, err);
        }
    }
    sqlite3_finalize(groups);
    sqlite3_finalize(batches);
    return ok;
}

static bool add_entries(struct run *run, uint64_t after, struct err *err)
{
    sqlite3_stmt *rows = NULL;
    struct rolled row;
    bool some;

    bool ok = rolled_entries(run->reader, &rows, after, INT64_MAX, err);
    while (ok && (ok = db_next(rows, &some, err)) && some) {
        rolled_entry(rows, &row);
        ok = add_rolled(run, &row, err);
    }
    sqlite3_finalize(rows);
    return ok;
}

static bool by_rollups(struct run *run, struct err *err)
{
    struct ledger_reader *r = run->reader;
    int64_t opening, first = 0;
    uint64_t rolled, after;

    if (!reader_opening(r, &opening, err) || !ledger_rolled_seq(r, &rolled, err) ||
        !ledger_seq_before(r, run->query->bounds[0], &after, err) ||
        !find_wanted(run, err) ||
        (rolled &&
         !db_int64(r->db, "SELECT min(first_seq) FROM rollup_batches", &first, err)))
        return false;
    run->missing_rows = rolled ? (uint64_t)first - 1 : (uint64_t)opening;
    if ((uint64_t)opening > after)
        after = (uint64_t)opening;
    if (rolled > after)
        after = rolled;
    return (rolled == 0 || add_groups(run, err)) && add_entries(run, after, err);
}

/* --- by rows --- */

static bool add_record(void *ctx, const struct record *r, struct err *err)
{
    struct run *run = ctx;
    const struct spend_query *q = run->query;
    int64_t key[1 + SPEND_BY_MAX] = {step_of(q, r->booked_ns)}, sums[SPEND_SUM_COUNT];
    char digits[VALUE_TEXT_SIZE];

    if (key[0] < 0 || !spend_of_record(sums, r) ||
        !record_passes(r, q->filters, q->filter_count))
        return true;
    for (size_t i = 0; i < q->by_count; i++)
        if (!spend_text_index(&run->store->texts, run->reader,
                              record_value(r, q->by[i], digits), &key[1 + i], err))
            return false;
    return add(run, key, sums, err);
}

/* Of the fields asked for the first that rollups lack. */
static struct str unrolled_name(const struct run *run)
{
    const struct spend_query *q = run->query;
    struct field field = {FIELD_NONE, 0, STAGE_DECODE};

    for (size_t i = 0; i < q->by_count && field.kind == FIELD_NONE; i++)
        if (!spend_is_rolled(q->by[i]))
            field = q->by[i];
    for (size_t i = 0; i < q->filter_count && field.kind == FIELD_NONE; i++)
        if (!spend_is_rolled(q->filters[i].field))
            field = q->filters[i].field;
    return field.kind == FIELD_NONE ? STR("")
                                    : field_name(run->reader->row.schema, field);
}

/* A time that no pruned row was booked at or after. */
static bool refuse_pruned(struct run *run, int64_t opening, struct err *err)
{
    char since[TIMESTAMP_TEXT_SIZE];
    bool found;

    if (!reader_commit_of(run->reader, (uint64_t)opening + 1, &found, err))
        return false;
    int64_t peak = found ? run->reader->commit.booked_peak_ns : 0;
    timestamp_format(since, peak - peak % SPEND_SLOT_NS + SPEND_SLOT_NS);
    return err_set(err, ERR_LIMIT,
                   "no rollup has \"%.*s\", and some rows of that time are pruned: ask "
                   "from start=%s on, or without \"%.*s\"",
                   STR_ARG(unrolled_name(run)), since, STR_ARG(unrolled_name(run)));
}

static bool by_rows(struct run *run, struct err *err)
{
    struct ledger_reader *r = run->reader;
    uint64_t after;
    int64_t opening;

    if (!ledger_seq_before(r, run->query->bounds[0], &after, err) ||
        !reader_opening(r, &opening, err))
        return false;
    if (opening && after <= (uint64_t)opening)
        return refuse_pruned(run, opening, err);
    return ledger_scan(r, after, INT64_MAX, add_record, run, err);
}

/* --- both --- */

static bool in_time(struct run *run, struct err *err)
{
    struct err why = {0};
    struct str name = unrolled_name(run);
    double seconds = (double)run->query->limit_ns / 1e9;

    reader_limit(run->reader, run->query->limit_ns);
    bool ok = name.size ? by_rows(run, &why) : by_rollups(run, &why);
    if (!reader_unlimit(run->reader) && !ok) {
        if (name.size)
            return err_set(err, ERR_BUSY,
                           "not within %.9g s: no rollup has \"%.*s\", so every row of "
                           "that time is read: ask for less time, or without it",
                           seconds, STR_ARG(name));
        return err_set(err, ERR_BUSY,
                       "not within %.9g s: ask for less time, or later if rows are still "
                       "being rolled up (spendwarden_ledger_unrolled_rows)",
                       seconds);
    }
    return ok || err_set(err, why.kind, "%s", why.text);
}

static bool open_store(struct spend_store **out, const struct spend_query *q,
                       struct err *err)
{
    struct spend_store *s = calloc(1, sizeof *s);

    *out = s;
    if (!s)
        return no_memory(err);
    s->cells = (struct tally){.key_count = 1 + q->by_count,
                              .sum_count = SPEND_SUM_COUNT,
                              .rows_max = SPEND_CELLS_MAX};
    return spend_texts_open(&s->texts, err);
}

bool ledger_spend(struct ledger_reader *r, const struct spend_query *q, struct spend *out,
                  struct err *err)
{
    struct run run = {.reader = r, .query = q};
    const bool held = r->held;

    *out = (struct spend){.by_count = q->by_count};
    bool ok = open_store(&out->store, q, err) && ledger_reader_hold(r, err);
    run.store = out->store;
    ok = ok && in_time(&run, err);
    r->held = held;
    reader_end(r, ok);
    if (!ok) {
        spend_release(out);
        return false;
    }
    out->cells = out->store->cells.rows;
    out->cell_count = out->store->cells.count;
    out->texts = out->store->texts.texts;
    out->text_count = out->store->texts.count;
    out->missing_rows = run.missing_rows;
    return true;
}

void spend_release(struct spend *s)
{
    struct spend_store *store = s->store;

    *s = (struct spend){0};
    if (!store)
        return;
    tally_release(&store->cells);
    spend_texts_release(&store->texts);
    free(store);
}
