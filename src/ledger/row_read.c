#include "columns.h"
#include "row.h"

static bool is_null(sqlite3_stmt *s, unsigned column)
{
    return sqlite3_column_type(s, (int)column) == SQLITE_NULL;
}

static int64_t get(sqlite3_stmt *s, unsigned column)
{
    return sqlite3_column_int64(s, (int)column); /* NULL: 0 */
}

/* *in_range turns false if the value is not below `count`. */
static unsigned get_enum(sqlite3_stmt *s, unsigned column, unsigned count, bool *in_range)
{
    int64_t value = get(s, column);

    if (value >= 0 && value < count)
        return (unsigned)value;
    *in_range = false;
    return 0;
}

static bool read_numbers(sqlite3_stmt *s, struct record *r)
{
    int64_t flags = get(s, COLUMN_FLAGS);
    bool ok = true;

    r->seq = (uint64_t)get(s, COLUMN_SEQ);
    r->kind = get_enum(s, COLUMN_KIND, RECORD_OPENING + 1, &ok);
    r->generation = (uint32_t)get(s, COLUMN_GENERATION);
    r->late = flags & FLAG_LATE;
    r->future = flags & FLAG_FUTURE;
    r->ev.cache_hit = flags & FLAG_CACHE_HIT;
    r->ev.stream = flags & FLAG_STREAM;
    r->ev.reported = (enum reported)(flags >> FLAG_REPORTED_SHIFT & 3);
    r->completes = (enum completes)(flags >> FLAG_COMPLETES_SHIFT & 3);
    r->ev.outcome = get_enum(s, COLUMN_STATUS, OUTCOME_CANCELLED + 1, &ok);
    r->charge.status = get_enum(s, COLUMN_PRICE_STATUS, PRICE_STATUS_COUNT, &ok);
    for (unsigned i = 0; i < COLUMN_COUNT_COUNT; i++)
        if (!is_null(s, COLUMN_COUNTS + i))
            r->ev.count[column_counts[i]] = get(s, COLUMN_COUNTS + i);
    return ok;
}

static void read_times(sqlite3_stmt *s, struct record *r)
{
    r->booked_ns = get(s, COLUMN_BOOKED);
    r->ev.start_ns = get(s, COLUMN_START);
    r->ev.end_ns = get(s, COLUMN_END);
    r->ev.first_token_ns = get(s, COLUMN_FIRST_TOKEN);
    r->ev.received_ns = get(s, COLUMN_RECEIVED);
}

static void read_money(sqlite3_stmt *s, struct record *r)
{
    struct charge *c = &r->charge;

    c->charge.nanousd = get(s, COLUMN_CHARGE);
    c->billed = c->charge;
    if (!is_null(s, COLUMN_BILLED))
        c->billed.nanousd = get(s, COLUMN_BILLED);
    c->has_computed = !is_null(s, COLUMN_COMPUTED);
    c->computed.nanousd = get(s, COLUMN_COMPUTED);
    r->ev.reported_usd.nanousd = get(s, COLUMN_REPORTED);
}

static bool read_repeated(struct row_reader *in, sqlite3_stmt *s, unsigned column,
                          struct str *out, struct err *err)
{
    int64_t id = get(s, column);

    return id == 0 || texts_get(&in->texts, id, out, err);
}

static bool read_provenances(struct row_reader *in, sqlite3_stmt *s, struct err *err)
{
    int64_t id = get(s, COLUMN_PROVENANCE);
    const struct provenances *all;

    if (id == 0)
        return true;
    if (!texts_provenances(&in->texts, id, &all, err))
        return false;
    memcpy(in->record.label_by, all->label_by, sizeof all->label_by);
    in->record.class_by = all->class_by;
    in->record.retry_depth_by = all->retry_depth_by;
    return true;
}

static bool read_texts(struct row_reader *in, sqlite3_stmt *s, struct err *err)
{
    struct record *r = &in->record;

    for (unsigned i = 0; i < COLUMN_TEXT_COUNT; i++)
        if (!read_repeated(in, s, COLUMN_TEXTS + i, &r->ev.text[column_texts[i]], err))
            return false;
    for (unsigned i = 0; i < COLUMN_ID_COUNT; i++)
        r->ev.text[TEXT_ID + i] = db_text(s, (int)(COLUMN_IDS + i));
    return read_repeated(in, s, COLUMN_CLASS, &r->class, err) &&
           read_repeated(in, s, COLUMN_PRICE_ENTRY, &r->charge.entry, err) &&
           read_repeated(in, s, COLUMN_MATCHED_BY, &r->charge.matched_by, err) &&
           read_provenances(in, s, err);
}

static bool read_detail(struct row_reader *in, sqlite3_stmt *s)
{
    struct str text = db_text(s, COLUMN_DETAIL);

    if (text.size == 0)
        return true;
    struct cursor c = {text.at, text.at + text.size, &in->arena, false};
    detail_read(&c, &in->record, &in->store, in->schema);
    return !c.failed && c.at == c.end;
}

bool row_read(struct row_reader *in, sqlite3_stmt *row, struct err *err)
{
    arena_reset(&in->arena);
    texts_next_row(&in->texts);
    record_init(&in->record);
    bool ok = read_numbers(row, &in->record);
    read_times(row, &in->record);
    read_money(row, &in->record);
    if (!read_texts(in, row, err))
        return false;
    if (!read_detail(in, row) || !ok)
        return err_set(err, ERR_IO, "ledger: row %llu is damaged",
                       (unsigned long long)in->record.seq);
    return true;
}

bool row_reader_open(struct row_reader *r, sqlite3 *db, const struct schema *schema,
                     struct err *err)
{
    arena_init(&r->arena, 0);
    r->schema = schema;
    return texts_open(&r->texts, db, schema, err);
}

void row_reader_close(struct row_reader *r)
{
    texts_close(&r->texts);
    arena_release(&r->arena);
}
