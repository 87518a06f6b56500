#include "texts.h"

#include <stdlib.h>

enum { SLOTS = 1 << 14, ARENA_MAX_BYTES = 32 << 20 };

static bool no_memory(struct err *err)
{
    return err_set(err, ERR_MEMORY, "ledger: no memory for texts");
}

static bool read_text(struct texts *t, int64_t id, struct text_slot *slot,
                      struct err *err)
{
    bool row;

    sqlite3_bind_int64(t->select, 1, id);
    if (!db_next(t->select, &row, err))
        return false;
    if (!row)
        return err_set(err, ERR_IO, "ledger: the dictionary has no text %lld",
                       (long long)id);
    struct str found = db_text(t->select, 0);
    struct str copy = arena_copy(&t->arena, found);
    bool ok = copy.size == found.size;
    if (ok)
        *slot = (struct text_slot){.id = id, .text = copy};
    sqlite3_reset(t->select);
    return ok || no_memory(err);
}

static struct text_slot *slot_of(struct texts *t, int64_t id, struct err *err)
{
    struct text_slot *slot = &t->slots[(uint64_t)id & (SLOTS - 1)];

    return slot->id == id || read_text(t, id, slot, err) ? slot : NULL;
}

bool texts_get(struct texts *t, int64_t id, struct str *out, struct err *err)
{
    const struct text_slot *slot = slot_of(t, id, err);

    if (slot)
        *out = slot->text;
    return slot != NULL;
}

bool texts_provenances(struct texts *t, int64_t id, const struct provenances **out,
                       struct err *err)
{
    struct text_slot *slot = slot_of(t, id, err);

    if (!slot)
        return false;
    if (!slot->provenances) {
        struct cursor c = {slot->text.at, slot->text.at + slot->text.size, &t->arena,
                           false};
        slot->provenances = provenances_read(&c, t->schema);
        if (c.failed) {
            slot->provenances = NULL;
            return err_set(err, ERR_IO, "ledger: text %lld is no provenance",
                           (long long)id);
        }
    }
    *out = slot->provenances;
    return true;
}

void texts_next_row(struct texts *t)
{
    if (t->arena.used < ARENA_MAX_BYTES)
        return;
    arena_reset(&t->arena);
    memset(t->slots, 0, SLOTS * sizeof *t->slots);
}

bool texts_open(struct texts *t, sqlite3 *db, const struct schema *schema,
                struct err *err)
{
    *t = (struct texts){.schema = schema};
    arena_init(&t->arena, 0);
    t->slots = calloc(SLOTS, sizeof *t->slots);
    if (!t->slots)
        return no_memory(err);
    return db_prepare(db, &t->select, "SELECT text FROM dict WHERE id = ?", err);
}

void texts_close(struct texts *t)
{
    sqlite3_finalize(t->select);
    free(t->slots);
    arena_release(&t->arena);
    *t = (struct texts){0};
}
