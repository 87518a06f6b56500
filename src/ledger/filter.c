#include "filter.h"

#include "spendwarden/hash.h"

enum { PROBES = 4 };

/* 16 of the hash's 64 bits name one of the 65536 bits. */
static unsigned bit_of(uint64_t hash, unsigned probe)
{
    return (unsigned)(hash >> (16 * probe)) & 0xFFFF;
}

static void set(struct filter *f, struct str id)
{
    uint64_t hash = hash_of(id, f->seed);

    for (unsigned i = 0; i < PROBES; i++) {
        unsigned bit = bit_of(hash, i);
        f->bits[bit / 8] = (uint8_t)(f->bits[bit / 8] | 1u << bit % 8);
    }
}

bool filter_may_have(struct str bits, struct str id, uint64_t seed)
{
    uint64_t hash = hash_of(id, seed);

    if (bits.size != FILTER_BYTES)
        return true;
    for (unsigned i = 0; i < PROBES; i++) {
        unsigned bit = bit_of(hash, i);
        if (!((unsigned char)bits.at[bit / 8] >> bit % 8 & 1))
            return false;
    }
    return true;
}

static void begin_block(struct filter *f, uint64_t first_seq)
{
    memset(f->bits, 0, sizeof f->bits);
    f->first_seq = first_seq;
}

static bool write_block(struct filter *f, uint64_t last_seq, struct err *err)
{
    sqlite3_bind_int64(f->insert, 1, (int64_t)f->first_seq);
    sqlite3_bind_int64(f->insert, 2, (int64_t)last_seq);
    sqlite3_bind_blob(f->insert, 3, f->bits, sizeof f->bits, SQLITE_STATIC);
    if (!db_run(f->insert, err))
        return false;
    begin_block(f, last_seq + 1);
    return true;
}

bool filter_add(struct filter *f, const struct record *r, struct err *err)
{
    for (size_t i = 0; i < FILTER_ID_COUNT; i++)
        if (r->ev.text[filter_ids[i]].size)
            set(f, r->ev.text[filter_ids[i]]);
    return r->seq - f->first_seq + 1 < FILTER_ROWS || write_block(f, r->seq, err);
}

static bool read_rows(struct filter *f, sqlite3 *db, struct err *err)
{
    sqlite3_stmt *select = NULL;
    bool row = false;
    bool ok = db_prepare(db, &select,
                         "SELECT id, call_id, trace_id, response_id FROM entries"
                         " WHERE seq >= ?",
                         err);

    if (ok)
        sqlite3_bind_int64(select, 1, (int64_t)f->first_seq);
    while (ok && (ok = db_next(select, &row, err)) && row)
        for (int i = 0; i < FILTER_ID_COUNT; i++)
            if (sqlite3_column_type(select, i) != SQLITE_NULL)
                set(f, db_text(select, i));
    sqlite3_finalize(select);
    return ok;
}

bool filter_restore(struct filter *f, sqlite3 *db, struct err *err)
{
    int64_t last_seq = 0;

    if (db_int64(db, "SELECT last_seq FROM filters ORDER BY first_seq DESC LIMIT 1",
                 &last_seq, err)) {
        begin_block(f, (uint64_t)last_seq + 1);
        if (read_rows(f, db, err))
            return true;
    }
    memset(f->bits, 0xFF, sizeof f->bits);
    return false;
}

bool filter_open(struct filter *f, sqlite3 *db, uint64_t seed, struct err *err)
{
    *f = (struct filter){.seed = seed};
    return db_prepare(db, &f->insert, "INSERT INTO filters VALUES(?, ?, ?)", err) &&
           filter_restore(f, db, err);
}

void filter_close(struct filter *f)
{
    sqlite3_finalize(f->insert);
    f->insert = NULL;
}
