/* Which label makes the series of a set many. */
#include <stdlib.h>

#include "internal.h"
#include "spendwarden/hash.h"

struct seen {
    uint64_t value; /* its hash */
    int64_t born_ns;
};

static int by_value(const void *left, const void *right)
{
    const struct seen *a = left, *b = right;

    if (a->value != b->value)
        return a->value < b->value ? -1 : 1;
    return a->born_ns < b->born_ns ? -1 : a->born_ns > b->born_ns;
}

static void count_values(const struct series_set *set, size_t label, struct seen *room,
                         int64_t since_ns, struct label_size *out)
{
    for (size_t i = 0; i < set->count; i++)
        room[i] =
            (struct seen){hash_of(set->keys[i].values[label], 0), *series_born(set, i)};
    qsort(room, set->count, sizeof *room, by_value);
    *out = (struct label_size){.name = set->label_names[label]};
    for (size_t i = 0; i < set->count; i++) {
        if (i > 0 && room[i].value == room[i - 1].value)
            continue;
        out->values++;
        out->fresh += room[i].born_ns >= since_ns;
    }
}

bool metrics_copy_size(const struct metrics_copy *c, size_t index, int64_t since_ns,
                       struct set_size *out)
{
    if (index >= c->set_count)
        return false;
    const struct series_set *set = &c->sets[index];
    struct seen *room = malloc((set->count + 1) * sizeof *room);

    *out = (struct set_size){.name = set_name(set),
                             .series = set->count,
                             .max_series = c->max_series,
                             .overflowed = set->overflowed,
                             .retired = set->retired};
    for (size_t i = 0; i < set->count; i++)
        out->fresh += *series_born(set, i) >= since_ns;
    for (size_t i = 0; room && i < set->label_count; i++)
        count_values(set, i, room, since_ns, &out->labels[out->label_count++]);
    free(room);
    return true;
}
