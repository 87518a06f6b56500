#include "spendwarden/tally.h"

#include <stdlib.h>
#include <string.h>

#include "spendwarden/hash.h"

enum { PLACES_MIN = 64, ROWS_MIN = 32 };

static size_t width(const struct tally *t)
{
    return t->key_count + t->sum_count;
}

/* Where the key is, or would go. */
static size_t place_of(const struct tally *t, const int64_t *key)
{
    struct str bytes = {(const char *)key, t->key_count * sizeof *key};
    size_t i = hash_of(bytes, 0) & (t->place_count - 1);

    while (t->places[i] && memcmp(tally_row(t, t->places[i] - 1), key, bytes.size) != 0)
        i = (i + 1) & (t->place_count - 1);
    return i;
}

static bool grow_places(struct tally *t)
{
    size_t count = t->place_count ? t->place_count * 2 : PLACES_MIN;
    uint32_t *places = calloc(count, sizeof *places);

    if (!places)
        return false;
    free(t->places);
    t->places = places;
    t->place_count = count;
    for (size_t i = 0; i < t->count; i++)
        places[place_of(t, tally_row(t, i))] = (uint32_t)i + 1;
    return true;
}

static bool make_room(struct tally *t)
{
    if (t->count == t->capacity) {
        size_t capacity = t->capacity ? t->capacity * 2 : ROWS_MIN;
        int64_t *rows = realloc(t->rows, capacity * width(t) * sizeof *rows);
        if (!rows)
            return false;
        t->rows = rows;
        t->capacity = capacity;
    }
    return t->count * 2 < t->place_count || grow_places(t);
}

int64_t *tally_at(struct tally *t, const int64_t *key)
{
    size_t place = 0;

    if (t->place_count && t->places[place = place_of(t, key)])
        return t->rows + (t->places[place] - 1) * width(t) + t->key_count;
    if (t->count >= t->rows_max || !make_room(t))
        return NULL;
    int64_t *row = t->rows + t->count * width(t);
    memcpy(row, key, t->key_count * sizeof *key);
    memset(row + t->key_count, 0, t->sum_count * sizeof *row);
    t->places[place_of(t, key)] = (uint32_t)++t->count;
    return row + t->key_count;
}

const int64_t *tally_find(const struct tally *t, const int64_t *key)
{
    size_t place = 0;

    if (!t->place_count || !t->places[place = place_of(t, key)])
        return NULL;
    return tally_row(t, t->places[place] - 1) + t->key_count;
}

static int compare(const void *a, const void *b, void *key_count)
{
    const int64_t *left = a, *right = b;

    for (size_t i = 0; i < *(const size_t *)key_count; i++)
        if (left[i] != right[i])
            return left[i] < right[i] ? -1 : 1;
    return 0;
}

void tally_sort(struct tally *t)
{
    if (t->count)
        qsort_r(t->rows, t->count, width(t) * sizeof *t->rows, compare, &t->key_count);
}

void tally_release(struct tally *t)
{
    free(t->rows);
    free(t->places);
    t->rows = NULL;
    t->places = NULL;
    t->count = t->capacity = t->place_count = 0;
}

bool sums_add(int64_t *sums, const int64_t *more, size_t count)
{
    int64_t ignored;

    for (size_t i = 0; i < count; i++)
        if (__builtin_add_overflow(sums[i], more[i], &ignored))
            return false;
    for (size_t i = 0; i < count; i++)
        sums[i] += more[i];
    return true;
}
