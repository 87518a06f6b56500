#include "../unit.h"

#include "spendwarden/arena.h"

TEST(memory_is_aligned_and_apart)
{
    struct arena a;

    arena_init(&a, 0);
    char *previous = NULL;
    for (size_t size = 1; size < 200; size++) {
        char *memory = arena_zalloc(&a, size);
        assert_non_null(memory);
        assert_int_equal((uintptr_t)memory % 16, 0);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(memory[i], 0);
        memset(memory, 0xAA, size);
        assert_ptr_not_equal(memory, previous);
        previous = memory;
    }
    arena_release(&a);
    arena_release(&a);
}

TEST(a_limit_ends_it_and_leaves_the_rest_usable)
{
    struct arena a;

    arena_init(&a, 200 * 1024);
    char *first = arena_alloc(&a, 16);
    assert_non_null(first);
    memset(first, 1, 16);
    assert_null(arena_alloc(&a, 300 * 1024));
    assert_null(arena_alloc(&a, SIZE_MAX));
    assert_null(arena_alloc(&a, SIZE_MAX - 8));
    assert_non_null(arena_alloc(&a, 100));
    assert_int_equal(first[15], 1);
    size_t taken = 0;
    while (arena_alloc(&a, 1024))
        taken += 1024;
    assert_in_range(taken, 1024, 200 * 1024);
    arena_release(&a);
}

TEST(a_reset_keeps_one_common_chunk)
{
    struct arena a;

    arena_init(&a, 0);
    assert_non_null(arena_alloc(&a, 10));
    assert_non_null(arena_alloc(&a, 1000000));
    arena_reset(&a);
    assert_in_range(a.used, 1, 100000);
    void *memory = arena_alloc(&a, 60000);
    assert_non_null(memory);
    assert_in_range(a.used, 1, 100000);
    arena_release(&a);
    arena_init(&a, 0);
    assert_non_null(arena_alloc(&a, 1000000)); /* the only chunk is a huge one */
    arena_reset(&a);
    assert_int_equal(a.used, 0);
    assert_non_null(arena_alloc(&a, 1));
    arena_release(&a);
}

TEST(copies_text)
{
    struct arena a;

    arena_init(&a, 0);
    assert_true(str_eq(arena_copy(&a, STR("team")), STR("team")));
    assert_int_equal(arena_copy(&a, (struct str){NULL, 0}).size, 0);
    assert_string_equal(arena_cstr(&a, (struct str){"teamwork", 4}), "team");
    assert_string_equal(arena_cstr(&a, (struct str){NULL, 0}), "");
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_aligned_and_apart),
        cmocka_unit_test(a_limit_ends_it_and_leaves_the_rest_usable),
        cmocka_unit_test(a_reset_keeps_one_common_chunk),
        cmocka_unit_test(copies_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
