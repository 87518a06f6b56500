#include "spend_table.h"

#include <stdlib.h>

static bool too_large(struct err *err)
{
    return err_set(err, ERR_LIMIT, "a sum is too large: ask for less time");
}

static bool no_memory(struct err *err)
{
    return err_set(err, ERR_MEMORY, "spend: no memory");
}

static bool add_up(struct spend_table *t, const struct spend *s, struct err *err)
{
    for (size_t i = 0; i < s->cell_count; i++) {
        const int64_t *cell = spend_cell(s, i);
        const int64_t *sums = cell + 1 + s->by_count;
        int64_t *group = tally_at(&t->groups, cell + 1);
        if (!group)
            return no_memory(err);
        if (!sums_add(group, sums, SPEND_SUM_COUNT) ||
            !sums_add(t->total, sums, SPEND_SUM_COUNT))
            return too_large(err);
    }
    return true;
}

/* --- ranks --- */

struct order {
    const struct spend *spend;
    const struct tally *groups;
    enum spend_sum sort;
};

/* More first; equal ones by their labels, so that the order is the same every time. */
static int compare_groups(const void *a, const void *b, void *ctx)
{
    const struct order *o = ctx;
    const int64_t *left = tally_row(o->groups, *(const size_t *)a),
                  *right = tally_row(o->groups, *(const size_t *)b);
    int64_t left_sum = left[o->spend->by_count + o->sort],
            right_sum = right[o->spend->by_count + o->sort];
    int order = 0;

    if (left_sum != right_sum)
        return left_sum > right_sum ? -1 : 1;
    for (size_t i = 0; order == 0 && i < o->spend->by_count; i++)
        order = str_compare(o->spend->texts[left[i]], o->spend->texts[right[i]]);
    return order;
}

static bool rank(struct spend_table *t, const struct spend *s, enum spend_sum sort,
                 size_t limit, struct err *err)
{
    struct order order = {s, &t->groups, sort};
    size_t *sorted = calloc(t->group_count + 1, sizeof *sorted);

    t->ranks = calloc(t->group_count + 1, sizeof *t->ranks);
    if (!sorted || !t->ranks) {
        free(sorted);
        return no_memory(err);
    }
    for (size_t i = 0; i < t->group_count; i++)
        sorted[i] = i;
    qsort_r(sorted, t->group_count, sizeof *sorted, compare_groups, &order);
    for (size_t i = 0; i < t->group_count; i++)
        t->ranks[sorted[i]] = i < limit ? i : limit;
    free(sorted);
    t->shown_count = t->group_count < limit ? t->group_count : limit;
    return true;
}

/* --- rows --- */

static size_t rank_of(const struct spend_table *t, const struct spend *s,
                      const int64_t *texts)
{
    size_t width = s->by_count + SPEND_SUM_COUNT;
    const int64_t *sums = tally_find(&t->groups, texts);

    return t->ranks[(size_t)(sums - s->by_count - t->groups.rows) / width];
}

static bool add_row(struct spend_table *t, struct table_row row, struct err *err)
{
    if (t->row_count == TABLE_ROWS_MAX)
        return err_set(err, ERR_LIMIT,
                       "more than %d rows: take a smaller limit, a larger step, or ask "
                       "for less time",
                       TABLE_ROWS_MAX);
    t->rows[t->row_count++] = row;
    return true;
}

static bool list_rows(struct spend_table *t, const struct spend *s, struct err *err)
{
    for (size_t i = 0; i < s->cell_count; i++) {
        const int64_t *cell = spend_cell(s, i), *sums = cell + 1 + s->by_count;
        size_t place = rank_of(t, s, cell + 1);
        if (place < t->shown_count) {
            if (!add_row(t, (struct table_row){cell[0], place, cell + 1, sums}, err))
                return false;
            continue;
        }
        int64_t *rest = tally_at(&t->rest, cell);
        if (!rest)
            return no_memory(err);
        if (!sums_add(rest, sums, SPEND_SUM_COUNT))
            return too_large(err);
    }
    for (size_t i = 0; i < t->rest.count; i++) {
        const int64_t *rest = tally_row(&t->rest, i);
        if (!add_row(t, (struct table_row){rest[0], t->shown_count, NULL, rest + 1}, err))
            return false;
    }
    return true;
}

static int compare_rows(const void *a, const void *b)
{
    const struct table_row *left = a, *right = b;

    if (left->step != right->step)
        return left->step < right->step ? -1 : 1;
    return left->rank < right->rank ? -1 : left->rank > right->rank;
}

bool spend_table_make(struct spend_table *t, const struct spend *s, enum spend_sum sort,
                      size_t limit, struct err *err)
{
    *t = (struct spend_table){
        .groups = {.key_count = s->by_count,
                   .sum_count = SPEND_SUM_COUNT,
                   .rows_max = SPEND_CELLS_MAX},
        .rest = {.key_count = 1,
                 .sum_count = SPEND_SUM_COUNT,
                 .rows_max = SPEND_STEPS_MAX},
    };
    if (!add_up(t, s, err))
        return false;
    t->group_count = t->groups.count;
    size_t most = s->cell_count + SPEND_STEPS_MAX;
    t->rows = calloc(most < TABLE_ROWS_MAX ? most : TABLE_ROWS_MAX, sizeof *t->rows);
    if (!t->rows)
        return no_memory(err);
    if (!rank(t, s, sort, limit, err) || !list_rows(t, s, err))
        return false;
    qsort(t->rows, t->row_count, sizeof *t->rows, compare_rows);
    return true;
}

void spend_table_release(struct spend_table *t)
{
    tally_release(&t->groups);
    tally_release(&t->rest);
    free(t->rows);
    free(t->ranks);
}
