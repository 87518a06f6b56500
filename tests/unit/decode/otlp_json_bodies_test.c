/* Bodies as a whole: empty, broken, deep, large. */
#include "otlp_transcode.h"

TEST(leaves_out_values_that_are_too_deep)
{
    enum { ARRAYS = 100000 };
    struct buf body = {0};

    buf_add(&body,
            STR("{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{\"body\":{"));
    for (int i = 0; i < ARRAYS; i++)
        buf_add(&body, STR("\"arrayValue\":{\"values\":[{"));
    for (int i = 0; i < ARRAYS; i++)
        buf_add(&body, STR("}]}"));
    buf_add(&body, STR("},\"eventName\":\"e\"}]}]}]}"));
    struct transcoded o = transcode_bytes(OTLP_LOGS, buf_str(&body));
    assert_true(o.ok);
    assert_null(o.why.text);
    assert_non_null(strstr(o.text.at, "12:e "));
    assert_true(o.out.size <= 6 * OTLP_JSON_DEPTH_MAX + 10);
    end(&o);
    buf_release(&body);
}

static void assert_empty(const char *json)
{
    struct transcoded o = transcode_bytes(OTLP_TRACES, str_of(json));

    assert_true(o.ok);
    assert_null(o.why.text);
    assert_string_equal(o.text.at, "");
    end(&o);
}

TEST(an_empty_body_is_an_empty_request)
{
    const char *bodies[] = {"",
                            " \n",
                            "{}",
                            "\xEF\xBB\xBF{ }\n",
                            "{\"resourceSpans\":[]}",
                            "{\"resourceSpans\":null,\"x\":[1,{\"y\":2}]}"};

    for (size_t i = 0; i < 6; i++)
        assert_empty(bodies[i]);
}

TEST(refuses_what_is_no_request)
{
    const char *bodies[] = {"[]",          "5",
                            "null",        "\"resourceSpans\"",
                            "x",           "{\"resourceSpans\"",
                            "{\"a\" 1}",   "{} {}",
                            "{,}",         "{\"resourceSpans\":[{\"scopeSpans\":[{}]",
                            "{\"a\":\"\n", "{\"resourceSpans\":[}"};

    for (size_t i = 0; i < 12; i++) {
        struct transcoded o = transcode_bytes(OTLP_TRACES, str_of(bodies[i]));
        assert_false(o.ok);
        assert_non_null(o.why.text);
        assert_false(o.why.memory);
        assert_true(o.why.position <= strlen(bodies[i]));
        assert_int_equal(o.out.size, 0);
        end(&o);
    }
}

#define TWO_CALLS                                                                        \
    "{\"resourceSpans\":[{\"resource\":{\"attributes\":[]},\"scopeSpans\":[{\"spans\":[" \
    "{\"name\":\"one\"}]}]}, {\"scopeSpans\":[{\"spans\":[{\"name\":\"two\","            \
    "\"status\":{\"code\":2}}]}]}]}"

TEST(a_body_cut_anywhere_gives_the_whole_elements_before)
{
    struct str body = STR(TWO_CALLS);
    size_t first = (size_t)(strstr(body.at, ", {") - body.at);
    size_t second = body.size - 2;

    for (size_t size = 1; size < body.size; size++) {
        struct transcoded o = transcode_bytes(OTLP_TRACES, (struct str){body.at, size});
        assert_int_equal(o.ok, size >= first);
        assert_string_equal(o.text.at, size < first    ? ""
                                       : size < second ? "1{1{} 2{2{5:one } } } "
                                                       : "1{1{} 2{2{5:one } } } "
                                                         "1{2{2{5:two 15{3=2 } } } } ");
        assert_string_equal(o.why.text, "the body ends inside the request");
        assert_int_equal(o.why.position, size);
        end(&o);
    }
}

TEST(says_from_where_a_body_is_broken_but_not_what_it_holds)
{
    const char *body = "{\"resourceSpans\":[{}, {\"scopeSpans\":[{\"spans\":[{\"name\":"
                       "\"secret\", \"kind\":secret}]}]},{}]}";
    struct transcoded o = transcode_bytes(OTLP_TRACES, str_of(body));

    assert_true(o.ok);
    assert_string_equal(o.text.at, "1{} ");
    assert_string_equal(o.why.text, "a value is no JSON");
    assert_int_equal(o.why.position, strstr(body, "secret}") - body);
    end(&o);
}

TEST(adds_behind_what_is_there_and_reads_one_body_after_another)
{
    static const char body[sizeof TWO_CALLS + JSON_PADDING] = TWO_CALLS;
    struct str whole = {body, sizeof TWO_CALLS - 1};
    struct otlp_json *t = otlp_json_open();
    struct otlp_json_error why;
    struct buf out = {0};

    buf_add(&out, STR("before"));
    assert_false(otlp_json_transcode(t, &out, OTLP_TRACES, STR("["), &why));
    assert_int_equal(out.size, 6);
    assert_true(otlp_json_transcode(t, &out, OTLP_TRACES, whole, &why));
    size_t once = out.size - 6;
    assert_true(otlp_json_transcode(t, &out, OTLP_TRACES, whole, &why));
    assert_int_equal(out.size, 6 + 2 * once);
    assert_memory_equal(out.at, "before\n", 7);
    assert_memory_equal(out.at + 6, out.at + 6 + once, once);
    buf_release(&out);
    otlp_json_close(t);
}

TEST(grows_no_more_than_it_says)
{
    struct buf body = {0};

    buf_add(&body, STR("{\"resourceSpans\":["));
    for (int i = 0; i < 1000; i++)
        buf_add(&body, STR("{},"));
    buf_add(&body, STR("{\"resource\":{\"attributes\":[{\"key\":\""));
    for (int i = 0; i < 10000; i++)
        buf_byte(&body, '\xFF');
    buf_add(&body, STR("\"}]}}]}"));
    struct transcoded o = transcode_bytes(OTLP_TRACES, buf_str(&body));
    assert_true(o.ok);
    assert_true(o.out.size > 2 * body.size);
    end(&o);
    buf_release(&body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leaves_out_values_that_are_too_deep),
        cmocka_unit_test(an_empty_body_is_an_empty_request),
        cmocka_unit_test(refuses_what_is_no_request),
        cmocka_unit_test(a_body_cut_anywhere_gives_the_whole_elements_before),
        cmocka_unit_test(says_from_where_a_body_is_broken_but_not_what_it_holds),
        cmocka_unit_test(adds_behind_what_is_there_and_reads_one_body_after_another),
        cmocka_unit_test(grows_no_more_than_it_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
