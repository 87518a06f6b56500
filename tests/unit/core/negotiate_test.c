#include "../unit.h"

#include <string.h>

#include "../../../src/api/negotiate.h"
#include "spendwarden/gzip.h"

TEST(the_format_is_the_one_with_the_most_weight)
{
    static const struct {
        const char *accept;
        bool openmetrics;
    } cases[] = {
        {NULL, false},
        {"", false},
        {"*/*", false},
        {"text/plain", false},
        {"application/json", false},
        {"application/openmetrics-text", true},
        {"application/openmetrics-text; version=1.0.0", true},
        {"application/openmetrics-text; version=0.0.1", false},
        {"application/openmetrics-text;version=2.0.0", false},
        {"application/openmetrics-text;q=0", false},
        {"application/openmetrics-text;q=0.1,text/plain;q=0.5", false},
        {"text/plain;q=0.5, application/openmetrics-text ; version=1.0.0 ; q=0.6", true},
        {"text/plain;version=1.0.0;q=0.9,application/openmetrics-text;q=0.1", true},
        {"Application/OpenMetrics-Text", true},
        {"application/openmetrics-text;q=none", false},
        {";;,,=;q=1", false},
        /* Prometheus 2.42 and 3.16 */
        {"application/openmetrics-text;version=1.0.0,application/openmetrics-text;"
         "version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
         true},
        {"application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
         "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;"
         "escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
         true},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (accepts_openmetrics(cases[i].accept) != cases[i].openmetrics)
            fail_msg("%s", cases[i].accept);
}

TEST(answers_are_compressed_for_who_says_so)
{
    assert_false(accepts_gzip(NULL));
    assert_false(accepts_gzip("identity"));
    assert_false(accepts_gzip("deflate, br"));
    assert_false(accepts_gzip("gzip;q=0, *"));
    assert_true(accepts_gzip("gzip"));
    assert_true(accepts_gzip("deflate, GZIP;q=0.1"));
    assert_true(accepts_gzip("*"));
}

TEST(a_compressed_text_is_shorter_and_stands_behind_what_was_there)
{
    struct buf plain = {0}, packed = {0};

    for (int i = 0; i < 1000; i++)
        buf_format(&plain, "llm_spend_usd_total{team=\"%d\"} 1\n", i);
    buf_add(&packed, STR("before"));
    gzip_text(&packed, buf_str(&plain));
    assert_false(packed.failed);
    assert_memory_equal(packed.at, "before\x1f\x8b", 8);
    assert_true(packed.size < plain.size / 5);
    gzip_text(&packed, STR(""));
    assert_false(packed.failed);
    buf_release(&plain);
    buf_release(&packed);
}

TEST(csv_is_for_who_wants_it_as_much_as_json)
{
    assert_false(accepts_csv(NULL));
    assert_false(accepts_csv("*/*"));
    assert_false(accepts_csv("application/json"));
    assert_false(accepts_csv("text/csv;q=0.5, application/json"));
    assert_false(accepts_csv("text/csv;q=0"));
    assert_true(accepts_csv("text/csv"));
    assert_true(accepts_csv("Text/CSV, */*;q=0.1"));
    assert_true(accepts_csv("application/json;q=0.9, text/csv"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(csv_is_for_who_wants_it_as_much_as_json),
        cmocka_unit_test(the_format_is_the_one_with_the_most_weight),
        cmocka_unit_test(answers_are_compressed_for_who_says_so),
        cmocka_unit_test(a_compressed_text_is_shorter_and_stands_behind_what_was_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
