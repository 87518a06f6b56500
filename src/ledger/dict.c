#include "dict.h"

#include <stdlib.h>

enum { SLOTS = 1 << 16, YOUNG_MAX = SLOTS / 4 * 3 };

static bool is_free(const struct dict_slot *slot)
{
    return slot->id == 0 && slot->hash.low == 0 && slot->hash.high == 0;
}

/* Its slot, or the free one where it would go. */
static struct dict_slot *slot_of(struct dict_slot *slots, struct hash128 hash)
{
    size_t i = hash.low & (SLOTS - 1);

    while (!is_free(&slots[i]) &&
           (slots[i].hash.low != hash.low || slots[i].hash.high != hash.high))
        i = (i + 1) & (SLOTS - 1);
    return &slots[i];
}

static void remember(struct dict *d, struct hash128 hash, int64_t id)
{
    if (d->young_used >= YOUNG_MAX) {
        struct dict_slot *emptied = d->old;
        d->old = d->young;
        d->young = emptied;
        memset(emptied, 0, SLOTS * sizeof *emptied);
        d->young_used = 0;
    }
    struct dict_slot *slot = slot_of(d->young, hash);
    d->young_used += is_free(slot);
    *slot = (struct dict_slot){hash, id};
}

bool dict_find(struct dict *d, struct hash128 hash, int64_t *id)
{
    *id = slot_of(d->young, hash)->id;
    if (*id)
        return true;
    *id = slot_of(d->old, hash)->id;
    if (*id)
        remember(d, hash, *id);
    return *id != 0;
}

bool dict_add(struct dict *d, struct hash128 hash, struct str text, int64_t *id,
              struct err *err)
{
    sqlite3_bind_int64(d->insert, 1, d->last_id + 1);
    db_bind_text(d->insert, 2, text);
    if (!db_run(d->insert, err))
        return false;
    *id = ++d->last_id;
    remember(d, hash, *id);
    return true;
}

bool dict_id(struct dict *d, struct str text, int64_t *id, struct err *err)
{
    struct hash128 hash = hash128_of(text, d->seed);

    return dict_find(d, hash, id) || dict_add(d, hash, text, id, err);
}

void dict_commit(struct dict *d)
{
    d->committed_id = d->last_id;
}

static void take_back(struct dict_slot *slots, int64_t last_id)
{
    for (size_t i = 0; i < SLOTS; i++)
        if (slots[i].id > last_id)
            slots[i].id = 0;
}

void dict_rollback(struct dict *d)
{
    if (d->last_id == d->committed_id)
        return;
    take_back(d->young, d->committed_id);
    take_back(d->old, d->committed_id);
    d->last_id = d->committed_id;
}

static bool read_back(struct dict *d, sqlite3 *db, struct err *err)
{
    sqlite3_stmt *select = NULL;
    bool row = false;

    if (!db_int64(db, "SELECT max(id) FROM dict", &d->last_id, err))
        return false;
    d->committed_id = d->last_id;
    bool ok = db_prepare(db, &select, "SELECT id, text FROM dict WHERE id > ?", err);
    if (ok)
        sqlite3_bind_int64(select, 1, d->last_id - YOUNG_MAX);
    while (ok && (ok = db_next(select, &row, err)) && row)
        remember(d, hash128_of(db_text(select, 1), d->seed),
                 sqlite3_column_int64(select, 0));
    sqlite3_finalize(select);
    return ok;
}

bool dict_open(struct dict *d, sqlite3 *db, uint64_t seed, struct err *err)
{
    *d = (struct dict){.seed = seed};
    d->young = calloc(SLOTS, sizeof *d->young);
    d->old = calloc(SLOTS, sizeof *d->old);
    bool ok = d->young && d->old;
    if (!ok)
        err_set(err, ERR_MEMORY, "ledger: no memory for the dictionary");
    if (ok && db_prepare(db, &d->insert, "INSERT INTO dict VALUES(?, ?)", err) &&
        read_back(d, db, err))
        return true;
    dict_close(d);
    return false;
}

void dict_close(struct dict *d)
{
    sqlite3_finalize(d->insert);
    free(d->young);
    free(d->old);
    *d = (struct dict){0};
}
