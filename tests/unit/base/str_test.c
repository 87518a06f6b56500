#include "../unit.h"

#include "spendwarden/str.h"

#include <stdio.h>

TEST(compares_bytes_and_puts_the_shorter_first)
{
    assert_true(str_compare(STR("a"), STR("b")) < 0);
    assert_true(str_compare(STR("ab"), STR("a")) > 0);
    assert_true(str_compare(STR(""), STR("a")) < 0);
    assert_int_equal(str_compare((struct str){NULL, 0}, STR("")), 0);
    assert_true(str_compare(STR("\xFF"), STR("a")) > 0);
    assert_true(str_eq((struct str){NULL, 0}, STR("")));
    assert_false(str_eq(STR("a"), STR("b")));
}

TEST(ignores_the_case_of_ascii_letters_only)
{
    assert_true(str_eq_nocase(STR("BeArEr"), STR("bearer")));
    assert_false(str_eq_nocase(STR("["), STR("{")));
    assert_false(str_eq_nocase(STR("a"), STR("ab")));
}

TEST(takes_parts_that_may_be_empty)
{
    assert_true(str_eq(str_from(STR("abc"), 1), STR("bc")));
    assert_int_equal(str_from(STR("abc"), 3).size, 0);
    assert_int_equal(str_from(STR("abc"), 99).size, 0);
    assert_true(str_starts(STR("abc"), STR("ab")));
    assert_false(str_starts(STR("a"), STR("ab")));
}

TEST(reads_integers_to_the_last_one)
{
    int64_t value = 0;

    assert_true(str_to_int64(STR("9223372036854775807"), &value));
    assert_int_equal(value, INT64_MAX);
    assert_true(str_to_int64(STR("-9223372036854775808"), &value));
    assert_int_equal(value, INT64_MIN);
    assert_true(str_to_int64(STR("007"), &value));
    assert_int_equal(value, 7);
}

TEST(writes_integers_to_the_last_one)
{
    static const int64_t numbers[] = {0, 7, -1, 10, 1795482000, INT64_MAX, INT64_MIN};
    char room[INT64_TEXT_MAX], expected[24];

    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        snprintf(expected, sizeof expected, "%lld", (long long)numbers[i]);
        assert_true(str_eq(str_of_int64(numbers[i], room), str_of(expected)));
    }
}

TEST(refuses_what_is_no_integer_or_too_large)
{
    static const char *const bad[] = {"",
                                      "-",
                                      "+1",
                                      " 1",
                                      "1 ",
                                      "1.0",
                                      "9223372036854775808",
                                      "-9223372036854775809",
                                      "99999999999999999999999"};
    int64_t value = 7;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(str_to_int64(str_of(bad[i]), &value));
    assert_int_equal(value, 7);
}

TEST(tells_what_is_a_name)
{
    static const char *const names[] = {"a", "_", "Team_2", "__x"};
    static const char *const others[] = {"", "2", "a-b", "a b", "a.b", "\xC3\xA4", "a\n"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_true(str_is_name(str_of(names[i])));
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_false(str_is_name(str_of(others[i])));
}

TEST(knows_the_first_and_last_words_of_a_name)
{
    assert_true(str_is_part(STR("session"), STR("session_id")));
    assert_true(str_is_part(STR("model"), STR("requested_model")));
    assert_false(str_is_part(STR("odel"), STR("requested_model")));
    assert_false(str_is_part(STR("usd"), STR("charge_usd")));
    assert_false(str_is_part(STR("model"), STR("model")));
}

TEST(suggests_the_nearest_word_or_none)
{
    static const char *const words[] = {"team", "tenant", "workflow_id"};

    assert_int_equal(str_distance(STR("kitten"), STR("sitting"), 9), 3);
    assert_int_equal(str_distance(STR("kitten"), STR("sitting"), 1), 2);
    assert_string_equal(str_nearest(STR("taem"), words, 3), "team");
    assert_string_equal(str_nearest(STR("Workflow-ID"), words, 3), "workflow_id");
    assert_string_equal(str_nearest(STR("workflow"), words, 3), "workflow_id");
    assert_null(str_nearest(STR("work"), words, 3));
    assert_null(str_nearest(STR("completely"), words, 3));
    assert_null(str_nearest(STR("team"), words, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compares_bytes_and_puts_the_shorter_first),
        cmocka_unit_test(ignores_the_case_of_ascii_letters_only),
        cmocka_unit_test(takes_parts_that_may_be_empty),
        cmocka_unit_test(reads_integers_to_the_last_one),
        cmocka_unit_test(writes_integers_to_the_last_one),
        cmocka_unit_test(refuses_what_is_no_integer_or_too_large),
        cmocka_unit_test(tells_what_is_a_name),
        cmocka_unit_test(knows_the_first_and_last_words_of_a_name),
        cmocka_unit_test(suggests_the_nearest_word_or_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
