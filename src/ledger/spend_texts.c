#include "spend_texts.h"

#include <stdlib.h>

enum { TEXTS_MAX = 500000, TEXT_BYTES_MAX = 64 << 20 };

static bool no_memory(struct err *err)
{
    return err_set(err, ERR_MEMORY, "spend: no memory");
}

static bool keep_text(struct spend_texts *t, struct str text, struct err *err)
{
    if (t->count >= TEXTS_MAX)
        return err_set(err, ERR_LIMIT,
                       "more than %d different labels: group by fewer of them, or ask "
                       "for less time",
                       TEXTS_MAX);
    if (t->count == t->capacity) {
        size_t capacity = t->capacity ? t->capacity * 2 : 64;
        struct str *texts = realloc(t->texts, capacity * sizeof *texts);
        if (!texts)
            return no_memory(err);
        t->texts = texts;
        t->capacity = capacity;
    }
    struct str copy = arena_copy(&t->arena, text);
    if (copy.size != text.size)
        return no_memory(err);
    t->texts[t->count++] = copy;
    return true;
}

bool spend_text_index(struct spend_texts *t, const struct ledger_reader *r,
                      struct str text, int64_t *index, struct err *err)
{
    struct hash128 hash = hash128_of(text, r->seed);
    const int64_t key[] = {(int64_t)hash.low, (int64_t)hash.high};

    *index = 0;
    if (text.size == 0)
        return true;
    int64_t *known = tally_at(&t->by_hash, key);
    if (!known)
        return no_memory(err);
    if (!*known) {
        if (!keep_text(t, text, err))
            return false;
        *known = (int64_t)t->count - 1;
    }
    *index = *known;
    return true;
}

bool spend_id_index(struct spend_texts *t, struct ledger_reader *r, int64_t id,
                    int64_t *index, struct err *err)
{
    struct str text;

    *index = 0;
    if (id == 0)
        return true;
    int64_t *known = tally_at(&t->by_id, &id);
    if (!known)
        return no_memory(err);
    if (!*known) {
        texts_next_row(&r->row.texts);
        if (!texts_get(&r->row.texts, id, &text, err) ||
            !spend_text_index(t, r, text, known, err))
            return false;
    }
    *index = *known;
    return true;
}

bool spend_texts_open(struct spend_texts *t, struct err *err)
{
    arena_init(&t->arena, TEXT_BYTES_MAX);
    t->by_hash =
        (struct tally){.key_count = 2, .sum_count = 1, .rows_max = 2 * TEXTS_MAX};
    t->by_id = (struct tally){.key_count = 1, .sum_count = 1, .rows_max = 2 * TEXTS_MAX};
    return keep_text(t, STR(""), err);
}

void spend_texts_release(struct spend_texts *t)
{
    tally_release(&t->by_hash);
    tally_release(&t->by_id);
    arena_release(&t->arena);
    free(t->texts);
}
