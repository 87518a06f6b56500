#include "../unit.h"

#include "spendwarden/pack.h"

static const int64_t numbers[] = {0, 1, -1, 63, 64, -64, -65, INT64_MAX, INT64_MIN};
enum { NUMBERS = sizeof numbers / sizeof *numbers };

static void pack_all(struct buf *out)
{
    size_t start;

    pack_begin(out, "TST1", &start);
    for (size_t i = 0; i < NUMBERS; i++)
        pack_int(out, numbers[i]);
    pack_str(out, STR("team"));
    pack_str(out, STR(""));
    pack_seal(out, start);
}

TEST(what_is_packed_reads_back)
{
    struct buf out = {0};
    struct unpack u;

    buf_add(&out, STR("before"));
    pack_all(&out);
    assert_true(unpack_begin(&u, str_from(buf_str(&out), 6), "TST1"));
    for (size_t i = 0; i < NUMBERS; i++)
        assert_int_equal(unpack_int(&u), numbers[i]);
    assert_false(unpack_end(&u));
    assert_true(str_eq(unpack_str(&u), STR("team")));
    assert_true(str_eq(unpack_str(&u), STR("")));
    assert_true(unpack_end(&u));
    unpack_int(&u);
    assert_true(u.failed);
    buf_release(&out);
}

TEST(an_altered_or_cut_state_is_refused)
{
    struct buf out = {0};
    struct unpack u;

    pack_all(&out);
    assert_false(unpack_begin(&u, buf_str(&out), "TST2"));
    for (size_t i = 0; i < out.size; i++) {
        assert_false(unpack_begin(&u, (struct str){out.at, i}, "TST1"));
        out.at[i] ^= 0x10;
        assert_false(unpack_begin(&u, buf_str(&out), "TST1"));
        out.at[i] ^= 0x10;
    }
    assert_true(u.failed);
    assert_int_equal(unpack_int(&u), 0);
    buf_release(&out);
}

TEST(counts_of_what_cannot_be_there_are_failures)
{
    struct unpack u = {.rest = STR("\x08\x01\x01\x01")}; /* 4 items in 3 bytes */

    assert_int_equal(unpack_count(&u, 1), 0);
    assert_true(u.failed);
    u = (struct unpack){.rest = STR("\x01")}; /* -1 */
    unpack_count(&u, 1);
    assert_true(u.failed);
    u = (struct unpack){.rest = STR("\x10")};
    unpack_range(&u, 0, 7);
    assert_true(u.failed);
    u = (struct unpack){.rest = STR("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01")};
    unpack_int(&u);
    assert_true(u.failed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_packed_reads_back),
        cmocka_unit_test(an_altered_or_cut_state_is_refused),
        cmocka_unit_test(counts_of_what_cannot_be_there_are_failures),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
