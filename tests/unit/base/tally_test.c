#include "../unit.h"

#include <stdlib.h>

#include "spendwarden/tally.h"

enum { KEYS = 1000 };

static struct tally pairs(size_t rows_max)
{
    return (struct tally){.key_count = 2, .sum_count = 1, .rows_max = rows_max};
}

TEST(sums_are_kept_by_key_however_many_there_are)
{
    struct tally t = pairs(KEYS);

    for (int64_t round = 1; round <= 3; round++)
        for (int64_t i = 0; i < KEYS; i++)
            *tally_at(&t, (int64_t[]){i % 10, -i}) += i * round;
    assert_int_equal(t.count, KEYS);
    for (int64_t i = 0; i < KEYS; i++)
        assert_int_equal(*tally_find(&t, (int64_t[]){i % 10, -i}), 6 * i);
    assert_null(tally_find(&t, (int64_t[]){3, 3}));
    tally_release(&t);
}

TEST(a_full_table_takes_known_keys_only)
{
    struct tally t = pairs(2);

    assert_null(tally_find(&t, (int64_t[]){1, 1}));
    assert_non_null(tally_at(&t, (int64_t[]){1, 1}));
    assert_non_null(tally_at(&t, (int64_t[]){1, 2}));
    assert_null(tally_at(&t, (int64_t[]){1, 3}));
    assert_non_null(tally_at(&t, (int64_t[]){1, 2}));
    assert_int_equal(t.count, 2);
    tally_release(&t);
}

TEST(rows_can_be_put_in_order)
{
    static const int64_t sorted[][3] = {{-5, 2, 10}, {1, -1, 30}, {1, 7, 20}};
    struct tally t = pairs(10);

    *tally_at(&t, sorted[2]) = 20;
    *tally_at(&t, sorted[0]) = 10;
    *tally_at(&t, sorted[1]) = 30;
    tally_sort(&t);
    for (size_t i = 0; i < 3; i++)
        assert_memory_equal(tally_row(&t, i), sorted[i], sizeof sorted[i]);
    tally_release(&t);
}

TEST(without_a_key_there_is_one_row)
{
    struct tally t = {.sum_count = 2, .rows_max = 5};
    const int64_t none = 0;

    assert_true(sums_add(tally_at(&t, &none), (int64_t[]){1, 2}, 2));
    assert_true(sums_add(tally_at(&t, &none), (int64_t[]){1, 2}, 2));
    assert_int_equal(t.count, 1);
    assert_int_equal(tally_find(&t, &none)[1], 4);
    tally_release(&t);
}

TEST(what_does_not_fit_adds_nothing)
{
    int64_t sums[] = {5, INT64_MAX};

    assert_false(sums_add(sums, (int64_t[]){1, 1}, 2));
    assert_int_equal(sums[0], 5);
    assert_true(sums_add(sums, (int64_t[]){1, -1}, 2));
    assert_int_equal(sums[1], INT64_MAX - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_are_kept_by_key_however_many_there_are),
        cmocka_unit_test(a_full_table_takes_known_keys_only),
        cmocka_unit_test(rows_can_be_put_in_order),
        cmocka_unit_test(without_a_key_there_is_one_row),
        cmocka_unit_test(what_does_not_fit_adds_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
