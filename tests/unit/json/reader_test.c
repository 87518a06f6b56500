#include "reading.h"

#include "../../../src/json/internal.h"

TEST(delivers_wanted_paths_and_skips_the_rest)
{
    struct reading *r = begin_text("{\"skip\": {\"a\": 9, \"q\": [1, {\"b\": 2}]}, "
                                   "\"x\": {\"a\": 5, \"y\": {\"z\": \"deep\"}},"
                                   " \"a\" : 1 , \"b\":\"text\"}");

    assert_element(r, "1");
    assert_raw(r, SLOT_B, JSON_STRING, "text");
    assert_raw(r, SLOT_DEEP, JSON_STRING, "deep");
    assert_int_equal(r->element.slots[SLOT_OBJECT].type, JSON_OBJECT);
    assert_false(next(r));
    end(r);
}

TEST(tells_arrays_objects_and_lines_apart)
{
    const char *bodies[] = {"[{\"a\":1},{\"a\":2}]", "{\"a\":1}\n{\"a\":2}",
                            " \n{\"a\":1} {\"a\":2}\n\n",
                            "\xEF\xBB\xBF[{\"a\":1}, {\"a\":2}]\n"};

    for (size_t i = 0; i < 4; i++) {
        struct reading *r = begin_text(bodies[i]);
        assert_element(r, "1");
        assert_int_equal(r->element.index, 0);
        assert_element(r, "2");
        assert_int_equal(r->element.index, 1);
        assert_int_equal(r->body[r->element.position], '{');
        assert_false(next(r));
        end(r);
    }
}

TEST(names_the_type_of_elements_that_are_no_objects)
{
    static const enum json_type types[] = {JSON_NULL,   JSON_BOOL,  JSON_NUMBER,
                                           JSON_STRING, JSON_ARRAY, JSON_OBJECT};
    struct reading *r = begin_text("[null, true, -1.5, \"s\", [[1], 2], {}]");

    for (size_t i = 0; i < 6; i++) {
        assert_true(next(r));
        assert_null(r->element.error);
        assert_int_equal(r->element.type, types[i]);
    }
    assert_false(next(r));
    end(r);
}

TEST(reads_past_numbers_that_json_does_not_have)
{
    const char *numbers[] = {"NaN", "Infinity", "-Infinity", "1e400",
                             "123456789012345678901234567890"};
    char body[200];

    for (size_t i = 0; i < 5; i++) {
        int64_t value;
        snprintf(body, sizeof body, "[{\"skipped\": %s, \"a\": %s}, {\"a\": 2}]",
                 numbers[i], numbers[i]);
        struct reading *r = begin_text(body);
        assert_element(r, numbers[i]);
        assert_false(json_int64(&r->element.slots[SLOT_A], &value));
        assert_element(r, "2");
        end(r);
    }
}

TEST(unescapes_and_replaces_lone_surrogates)
{
    assert_text("{\"a\": \"q\\\"\\\\\\/\\b\\f\\n\\r\\t\"}", "q\"\\/\b\f\n\r\t");
    assert_text("{\"a\": \"\\u00e9\\u20ac\\ud83d\\ude00\"}",
                "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80");
    assert_text("{\"a\": \"x\\ud800y\"}", "x\xEF\xBF\xBDy");
    assert_text("{\"a\": \"\\udc00\"}", "\xEF\xBF\xBD");
    assert_text("{\"a\": \"\\ud800\\u0041\"}", "\xEF\xBF\xBD"
                                               "A");
    assert_text("{\"a\": \"n\\u0000ul\"}", "nul");
    assert_text("{\"a\": \"\\q\\u12\"}", "\xEF\xBF\xBD\xEF\xBF\xBD"
                                         "12");
}

TEST(cuts_text_between_characters)
{
    struct reading *r = begin_text("{\"a\": \"ab\xC3\xA9z\", \"b\": \"ab\\u00e9z\"}");

    assert_true(next(r));
    for (unsigned slot = SLOT_A; slot <= SLOT_B; slot++) {
        assert_str(json_text_most(&r->element.slots[slot], 3, &r->arena), "ab");
        assert_str(json_text_most(&r->element.slots[slot], 4, &r->arena), "ab\xC3\xA9");
    }
    end(r);
}

TEST(reads_the_other_events_where_one_has_invalid_utf8)
{
    struct reading *r =
        begin_text("[{\"a\": 1}, {\"a\": 2, \"b\": \"x\xFF\xC3y\xE2\x82\"}, {\"a\": 3, "
                   "\"b\": \"\xC3\xA9\"}]");

    assert_element(r, "1");
    assert_element(r, "2");
    assert_str(json_text(&r->element.slots[SLOT_B], &r->arena),
               "x\xEF\xBF\xBD\xEF\xBF\xBDy\xEF\xBF\xBD\xEF\xBF\xBD");
    assert_element(r, "3");
    assert_str(json_text(&r->element.slots[SLOT_B], &r->arena), "\xC3\xA9");
    assert_false(next(r));
    end(r);
}

TEST(keeps_the_first_of_equal_keys)
{
    struct reading *r =
        begin_text("{\"a\":1,\"a\":2,\"x\":{\"y\":{\"z\":1}},\"x\":{\"y\":{\"z\":2}}}");

    assert_element(r, "1");
    assert_raw(r, SLOT_DEEP, JSON_NUMBER, "1");
    end(r);
}

TEST(finds_a_key_that_is_written_with_escapes)
{
    struct reading *r = begin_text("{\"\\u0061\": 1, \"\\ud800\": 2}");

    assert_element(r, "1");
    end(r);
}

TEST(collects_scalars_up_to_a_bound)
{
    struct reading *r =
        begin_text("{\"list\": [\"p\", 5, {\"k\": 1}, [2], null, \"q\", \"r\"],"
                   " \"map\": {\"k\\u0031\": true, \"o\": {}, \"k2\": \"v\"}}");
    static const char *const raws[] = {"p", "5", "null", "q"};

    assert_true(next(r));
    assert_int_equal(r->element.item_count, 6);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(r->element.items[i].group, GROUP);
        assert_str(r->element.items[i].value.raw, raws[i]);
    }
    assert_str(r->element.items[4].key, "k1");
    assert_str(r->element.items[5].key, "k2");
    end(r);
}

TEST(reads_integers_however_written)
{
    const struct {
        const char *json;
        bool fits;
        int64_t value;
    } cases[] = {
        {"{\"a\":12}", true, 12},
        {"{\"a\":12.0}", true, 12},
        {"{\"a\":1.2e1}", true, 12},
        {"{\"a\":\"12\"}", true, 12},
        {"{\"a\":-3}", true, -3},
        {"{\"a\":12.5}", false, 0},
        {"{\"a\":true}", false, 0},
        {"{\"a\":\"\"}", false, 0},
        {"{\"a\":\"1x\"}", false, 0},
        {"{\"a\":9223372036854775807}", true, INT64_MAX},
        {"{\"a\":9223372036854775808}", false, 0},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t value = 0;
        struct reading *r = begin_text(cases[i].json);
        assert_true(next(r));
        assert_int_equal(json_int64(&r->element.slots[SLOT_A], &value), cases[i].fits);
        assert_int_equal(value, cases[i].value);
        end(r);
    }
}

TEST(reads_the_same_through_windows_of_any_size)
{
    const char *body = "[{\"a\": 1, \"x\": {\"y\": {\"z\": \"}, {\\\"a\\\": 9}\"}}},"
                       " {\"b\": \"{\", \"a\": 2}, 12345678, {\"a\": 3}]";

    for (size_t size = 2; size < strlen(body) + 2; size++) {
        struct reading *r = begin_text(body);
        json_reader_window(r->reader, size);
        json_begin(r->reader, r->shape, (struct str){r->body, strlen(body)}, &r->arena);
        assert_element(r, "1");
        assert_element(r, "2");
        assert_raw(r, SLOT_B, JSON_STRING, "{");
        assert_true(next(r));
        assert_int_equal(r->element.type, JSON_NUMBER);
        assert_element(r, "3");
        assert_false(next(r));
        end(r);
    }
}

TEST(cuts_no_token_in_two_between_windows)
{
    const char *body = "[null, true, -12.5e3, \"te xt\", [1, [2]], {}, null]";

    for (size_t size = 1; size < strlen(body) + 2; size++) {
        static const enum json_type types[] = {JSON_NULL,   JSON_BOOL,  JSON_NUMBER,
                                               JSON_STRING, JSON_ARRAY, JSON_OBJECT,
                                               JSON_NULL};
        struct reading *r = begin_text(body);
        json_reader_window(r->reader, size);
        json_begin(r->reader, r->shape, (struct str){r->body, strlen(body)}, &r->arena);
        for (size_t i = 0; i < 7; i++) {
            assert_true(next(r));
            assert_int_equal(r->element.type, types[i]);
        }
        assert_false(next(r));
        end(r);
    }
}

TEST(refuses_paths_that_it_cannot_hold)
{
    struct json_shape *shape = json_shape_new();
    struct err err = {0};
    char path[300];

    memset(path, 'k', sizeof path);
    assert_false(json_shape_want(shape, (struct str){path, sizeof path}, 0, &err));
    err = (struct err){0};
    assert_false(json_shape_want(shape, STR("a..b"), 0, &err));
    err = (struct err){0};
    assert_false(json_shape_want(shape, STR("a"), JSON_SLOTS_MAX, &err));
    err = (struct err){0};
    assert_false(json_shape_collect(shape, STR("a"), 0, JSON_ITEMS_MAX + 1, &err));
    assert_int_equal(err.kind, ERR_LIMIT);
    json_shape_free(shape);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(delivers_wanted_paths_and_skips_the_rest),
        cmocka_unit_test(tells_arrays_objects_and_lines_apart),
        cmocka_unit_test(names_the_type_of_elements_that_are_no_objects),
        cmocka_unit_test(reads_past_numbers_that_json_does_not_have),
        cmocka_unit_test(unescapes_and_replaces_lone_surrogates),
        cmocka_unit_test(cuts_text_between_characters),
        cmocka_unit_test(reads_the_other_events_where_one_has_invalid_utf8),
        cmocka_unit_test(keeps_the_first_of_equal_keys),
        cmocka_unit_test(finds_a_key_that_is_written_with_escapes),
        cmocka_unit_test(collects_scalars_up_to_a_bound),
        cmocka_unit_test(reads_integers_however_written),
        cmocka_unit_test(reads_the_same_through_windows_of_any_size),
        cmocka_unit_test(cuts_no_token_in_two_between_windows),
        cmocka_unit_test(refuses_paths_that_it_cannot_hold),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
