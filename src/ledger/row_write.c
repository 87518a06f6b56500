#include "columns.h"
#include "provenance.h"
#include "row.h"

static const char insert_sql[] =
    "INSERT INTO entries "
    "VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,"
    "?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)";

_Static_assert(COLUMN_COUNT <= 64, "a column is a bit");

static void bind_int(struct row_writer *w, unsigned column, int64_t value)
{
    w->bound |= UINT64_C(1) << column;
    sqlite3_bind_int64(w->insert, (int)column + 1, value);
}

static void bind_text(struct row_writer *w, unsigned column, struct str text)
{
    if (!text.size)
        return;
    w->bound |= UINT64_C(1) << column;
    db_bind_text(w->insert, (int)column + 1, text);
}

/* What only the row before had is absent. Clearing all of them costs more. */
static void bind_absent(struct row_writer *w)
{
    uint64_t stale = w->bound_before & ~w->bound;

    for (; stale; stale &= stale - 1)
        sqlite3_bind_null(w->insert, __builtin_ctzll(stale) + 1);
}

static bool bind_repeated(struct row_writer *w, unsigned column, struct str text,
                          struct err *err)
{
    int64_t id;

    if (!text.size)
        return true;
    if (!dict_id(w->dict, text, &id, err))
        return false;
    bind_int(w, column, id);
    return true;
}

static bool bind_texts(struct row_writer *w, const struct record *r, struct err *err)
{
    int64_t provenance;

    for (unsigned i = 0; i < COLUMN_TEXT_COUNT; i++)
        if (!bind_repeated(w, COLUMN_TEXTS + i, r->ev.text[column_texts[i]], err))
            return false;
    if (!bind_repeated(w, COLUMN_CLASS, r->class, err) ||
        !bind_repeated(w, COLUMN_PRICE_ENTRY, r->charge.entry, err) ||
        !bind_repeated(w, COLUMN_MATCHED_BY, r->charge.matched_by, err) ||
        !provenance_id(w->dict, r, w->schema, &w->provenance, &provenance, err))
        return false;
    if (provenance)
        bind_int(w, COLUMN_PROVENANCE, provenance);
    for (unsigned i = 0; i < COLUMN_ID_COUNT; i++)
        bind_text(w, COLUMN_IDS + i, r->ev.text[TEXT_ID + i]);
    return true;
}

static void bind_times(struct row_writer *w, const struct record *r)
{
    const int64_t times[] = {r->ev.start_ns, r->ev.end_ns, r->ev.first_token_ns,
                             r->ev.received_ns};

    bind_int(w, COLUMN_BOOKED, r->booked_ns);
    for (unsigned i = 0; i < 4; i++)
        if (times[i])
            bind_int(w, COLUMN_START + i, times[i]);
}

static void bind_money(struct row_writer *w, const struct record *r)
{
    const struct charge *c = &r->charge;

    bind_int(w, COLUMN_CHARGE, c->charge.nanousd);
    if (c->billed.nanousd != c->charge.nanousd)
        bind_int(w, COLUMN_BILLED, c->billed.nanousd);
    if (c->has_computed)
        bind_int(w, COLUMN_COMPUTED, c->computed.nanousd);
    if (r->ev.reported != REPORTED_NONE)
        bind_int(w, COLUMN_REPORTED, r->ev.reported_usd.nanousd);
}

static void bind_numbers(struct row_writer *w, const struct record *r)
{
    unsigned flags = (r->late ? FLAG_LATE : 0u) | (r->future ? FLAG_FUTURE : 0u) |
                     (r->ev.cache_hit ? FLAG_CACHE_HIT : 0u) |
                     (r->ev.stream ? FLAG_STREAM : 0u) |
                     (record_lacks_price(r) ? FLAG_LACKS_PRICE : 0u) |
                     (unsigned)r->ev.reported << FLAG_REPORTED_SHIFT |
                     (unsigned)r->completes << FLAG_COMPLETES_SHIFT;

    bind_int(w, COLUMN_SEQ, (int64_t)r->seq);
    bind_int(w, COLUMN_KIND, r->kind);
    bind_int(w, COLUMN_GENERATION, r->generation);
    bind_int(w, COLUMN_STATUS, r->ev.outcome);
    bind_int(w, COLUMN_PRICE_STATUS, r->charge.status);
    bind_int(w, COLUMN_FLAGS, flags);
    for (unsigned i = 0; i < COLUMN_COUNT_COUNT; i++)
        if (r->ev.count[column_counts[i]] != -1)
            bind_int(w, COLUMN_COUNTS + i, r->ev.count[column_counts[i]]);
}

bool row_write(struct row_writer *w, const struct record *r, struct err *err)
{
    w->bound_before |= w->bound; /* also of a row that was given up halfway */
    w->bound = 0;
    bind_numbers(w, r);
    bind_times(w, r);
    bind_money(w, r);
    if (!bind_texts(w, r, err))
        return false;
    detail_write(&w->detail, r, w->schema);
    if (w->detail.failed)
        return err_set(err, ERR_MEMORY, "ledger: no memory for a row");
    bind_text(w, COLUMN_DETAIL, buf_str(&w->detail));
    bind_absent(w);
    w->bound_before = 0;
    return db_run(w->insert, err);
}

bool row_writer_open(struct row_writer *w, sqlite3 *db, struct dict *dict,
                     const struct schema *schema, struct err *err)
{
    *w = (struct row_writer){.dict = dict, .schema = schema};
    return db_prepare(db, &w->insert, insert_sql, err);
}

void row_writer_close(struct row_writer *w)
{
    sqlite3_finalize(w->insert);
    buf_release(&w->detail);
    buf_release(&w->provenance);
    *w = (struct row_writer){0};
}
