#include "../unit.h"

#include "spendwarden/buf.h"
#include "spendwarden/utf8.h"

static void expect(struct buf *b, const char *text)
{
    assert_true(str_eq(buf_str(b), str_of(text)));
    buf_reset(b);
}

TEST(grows_with_what_is_added)
{
    struct buf b = {0};

    for (int i = 0; i < 10000; i++)
        buf_add(&b, STR("0123456789"));
    assert_int_equal(b.size, 100000);
    assert_memory_equal(b.at + 99990, "0123456789", 10);
    assert_false(b.failed);
    buf_release(&b);
    assert_null(b.at);
}

TEST(writes_every_integer)
{
    struct buf b = {0};

    buf_int(&b, 0);
    expect(&b, "0");
    buf_int(&b, INT64_MIN);
    expect(&b, "-9223372036854775808");
    buf_int(&b, INT64_MAX);
    expect(&b, "9223372036854775807");
    buf_format(&b, "%s-%d", "a", 7);
    expect(&b, "a-7");
    buf_release(&b);
}

TEST(quotes_text_for_json)
{
    struct buf b = {0};

    buf_json(&b, STR("a\"b\\c\n\r\t\x01\x7F\xC3\xA9"));
    expect(&b, "\"a\\\"b\\\\c\\n\\r\\t\\u0001\\u007f\xC3\xA9\"");
    buf_json(&b, (struct str){NULL, 0});
    expect(&b, "\"\"");
    buf_json(&b, STR("\xFFx\xC3"));
    expect(&b, "\"\xEF\xBF\xBDx\xEF\xBF\xBD\"");
    buf_release(&b);
}

TEST(knows_valid_utf8)
{
    static const struct {
        const char *text;
        size_t length;
    } cases[] = {{"a", 1},
                 {"\xC3\xA9", 2},
                 {"\xE2\x82\xAC", 3},
                 {"\xF0\x9F\x98\x80", 4},
                 {"\xC0\x80", 0},
                 {"\xC3", 0},
                 {"\x80", 0},
                 {"\xED\xA0\x80", 0},
                 {"\xE0\x80\x80", 0},
                 {"\xF4\x90\x80\x80", 0},
                 {"\xF0\x80\x80\x80", 0},
                 {"\xFF", 0}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(utf8_length(cases[i].text, strlen(cases[i].text)),
                         cases[i].length);
}

TEST(refuses_room_that_cannot_be_and_stays_failed)
{
    struct buf b = {0};

    buf_byte(&b, 'x');
    assert_null(buf_reserve(&b, SIZE_MAX - 16));
    assert_true(b.failed);
    buf_byte(&b, 'y');
    assert_int_equal(b.size, 1);
    buf_reset(&b);
    assert_false(b.failed);
    buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grows_with_what_is_added),
        cmocka_unit_test(writes_every_integer),
        cmocka_unit_test(quotes_text_for_json),
        cmocka_unit_test(knows_valid_utf8),
        cmocka_unit_test(refuses_room_that_cannot_be_and_stays_failed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
