#include "otlp_transcode.h"

static void assert_request(enum otlp_signal signal, const char *json, const char *wanted)
{
    struct transcoded o = transcode_bytes(signal, str_of(json));

    assert_true(o.ok);
    assert_null(o.why.text);
    assert_string_equal(o.text.at, wanted);
    end(&o);
}

/* The members of the only span, log record, metric or attribute's value. */
static void assert_in(enum otlp_signal signal, const char *json_around,
                      const char *wanted_around, const char *json, const char *wanted)
{
    struct buf body = {0}, text = {0};

    buf_format(&body, json_around, json);
    buf_format(&text, wanted_around, wanted);
    buf_byte(&body, '\0');
    buf_byte(&text, '\0');
    assert_request(signal, body.at, text.at);
    buf_release(&body);
    buf_release(&text);
}

static void assert_span(const char *json, const char *wanted)
{
    assert_in(OTLP_TRACES, "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{%s}]}]}]}",
              "1{2{2{%s} } } ", json, wanted);
}

static void assert_log(const char *json, const char *wanted)
{
    assert_in(OTLP_LOGS, "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{%s}]}]}]}",
              "1{2{2{%s} } } ", json, wanted);
}

static void assert_metric(const char *json, const char *wanted)
{
    assert_in(OTLP_METRICS,
              "{\"resourceMetrics\":[{\"scopeMetrics\":[{\"metrics\":[{%s}]}]}]}",
              "1{2{2{%s} } } ", json, wanted);
}

static void assert_value(const char *json, const char *wanted)
{
    assert_in(OTLP_LOGS,
              "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{\"body\":{%s}}]}]}]}",
              "1{2{2{5{%s} } } } ", json, wanted);
}

TEST(keeps_of_a_span_what_it_costs_and_whose_it_is)
{
    assert_request(
        OTLP_TRACES,
        "{\"resourceSpans\": [{\"resource\": {\"attributes\": [{\"key\": \"a\", "
        "\"value\": {\"stringValue\": \"b\"}}], \"droppedAttributesCount\": 1}, "
        "\"schemaUrl\": \"x\", \"scopeSpans\": [{\"scope\": {\"name\": \"s\", "
        "\"version\": \"2\", \"attributes\": [{}]}, \"spans\": [{\"traceState\": \"t\", "
        "\"flags\": 256, \"links\": [{\"traceId\": \"00\"}], \"name\": \"chat\"}, "
        "{}]}]}, "
        "{}]}",
        "1{1{1{1:a 2{1:b } } } 2{1{1:s 2:2 3{} } 2{5:chat } 2{} } } 1{} ");
    assert_span(
        "\"traceId\":\"0102030405060708090A0b0c0d0e0fFf\",\"spanId\":"
        "\"a1b2c3d4e5f60718\",\"parentSpanId\":\"0000000000000000\","
        "\"events\":[{\"name\":\"exception\",\"timeUnixNano\":1,\"attributes\":[{}]}],"
        "\"startTimeUnixNano\":\"1795482996822000001\",\"endTimeUnixNano\":"
        "1795482996865131797,\"kind\":3,\"attributes\":[{\"key\":\"k\"}],"
        "\"status\":{\"code\":2,\"message\":\"no\"}",
        "1#0102030405060708090a0b0c0d0e0fff 2#a1b2c3d4e5f60718 "
        "4#0000000000000000 6=3 7=1795482996822000001 8=1795482996865131797 "
        "9{1:k } 11{2:exception 3{} } 15{2:no 3=2 } ");
}

TEST(keeps_of_a_log_record_what_it_says)
{
    assert_log(
        "\"timeUnixNano\":\"5\",\"observedTimeUnixNano\":\"6\",\"severityNumber\":9,"
        "\"severityText\":\"INFO\",\"eventName\":\"e\",\"body\":{\"kvlistValue\":"
        "{\"values\":[{\"key\":\"k\",\"value\":{\"arrayValue\":{\"values\":[{"
        "\"intValue\":\"1\"},{\"boolValue\":true}]}}}]}},\"attributes\":[{\"key\":"
        "\"x\",\"value\":{}}],\"traceId\":\"0102030405060708090A0b0c0d0e0fFf\","
        "\"spanId\":\"a1b2c3d4e5f60718\"",
        "1=5 5{6{1{1:k 2{5{1{3=1 } 1{2=1 } } } } } } 6{1:x 2{} } "
        "9#0102030405060708090a0b0c0d0e0fff 10#a1b2c3d4e5f60718 11=6 12:e ");
}

TEST(keeps_of_metrics_sums_and_counts)
{
    assert_metric(
        "\"name\":\"m\",\"unit\":\"USD\",\"description\":\"d\",\"sum\":{"
        "\"dataPoints\":[{\"attributes\":[{\"key\":\"a\"}],\"startTimeUnixNano\":"
        "\"1\",\"timeUnixNano\":\"2\",\"asInt\":\"-3\",\"exemplars\":[{\"asInt\":"
        "\"9\"}]},{\"asDouble\":0.5}],\"aggregationTemporality\":2,"
        "\"isMonotonic\":true}",
        "1:m 3:USD 7{1{2=1 3=2 6=-3 7{1:a } } 1{4~0.5 } 2=2 3=1 } ");
    assert_metric("\"histogram\":{\"dataPoints\":[{\"attributes\":[{}],"
                  "\"startTimeUnixNano\":1,\"timeUnixNano\":2,\"count\":\"7\",\"sum\":12,"
                  "\"bucketCounts\":[\"1\"],\"explicitBounds\":[1.5],\"min\":1}],"
                  "\"aggregationTemporality\":1}",
                  "9{1{2=1 3=2 4=7 5~12 9{} } 2=1 } ");
    assert_metric(
        "\"exponentialHistogram\":{\"dataPoints\":[{\"attributes\":[{}],"
        "\"startTimeUnixNano\":1,\"timeUnixNano\":2,\"count\":7,\"sum\":\"1.5\","
        "\"scale\":3,\"positive\":{\"offset\":1}}],\"aggregationTemporality\":1}",
        "10{1{1{} 2=1 3=2 4=7 5~1.5 } 2=1 } ");
    assert_metric("\"gauge\":{\"dataPoints\":[{\"asInt\":1}]},\"name\":\"g\"", "1:g ");
}

TEST(drops_an_id_that_is_none_and_keeps_its_span)
{
    const char *bad[] = {"\"a1b2c3d4e5f6071\"", "\"a1b2c3d4e5f607180\"", "\"\"", "12"};
    char json[100];

    for (size_t i = 0; i < 4; i++) {
        snprintf(json, sizeof json, "\"spanId\":%s,\"name\":\"n\"", bad[i]);
        assert_span(json, "5:n ");
    }
}

TEST(takes_an_id_in_base64_as_the_mapping_of_protobuf_to_json_has_it)
{
    assert_span("\"spanId\":\"obLD1OX2Bxg=\"", "2#a1b2c3d4e5f60718 ");
    assert_span("\"parentSpanId\":\"obLD1OX2Bxg\"", "4#a1b2c3d4e5f60718 ");
    assert_span("\"traceId\":\"AQIDBAUGBwgJCgsMDQ4P/w==\"",
                "1#0102030405060708090a0b0c0d0e0fff ");
}

TEST(tells_ids_that_an_emitter_made_up_apart_by_a_hash)
{
    assert_span("\"traceId\":\"abc123...\"", "1#caaeafca58a605336cb948a7a02f33e6 ");
    assert_span("\"spanId\":\"def456...\"", "2#bda753339421ff41 ");
    assert_span("\"spanId\":\"g1b2c3d4e5f60718\"", "2#f6fbd37736c5bdd7 ");
}

TEST(takes_integers_however_they_are_written)
{
    assert_value("\"intValue\":12", "3=12 ");
    assert_value("\"intValue\":\"12\"", "3=12 ");
    assert_value("\"intValue\":-12.0", "3=-12 ");
    assert_value("\"intValue\":1.2e3", "3=1200 ");
    assert_value("\"intValue\":9223372036854775807", "3=9223372036854775807 ");
    assert_value("\"intValue\":\"-9223372036854775808\"", "3=-9223372036854775808 ");
    assert_span("\"startTimeUnixNano\":1.795482996822e+18", "7=1795482996822000000 ");
    assert_span("\"startTimeUnixNano\":1795482996822000000.0", "7=1795482996822000000 ");
    assert_span("\"startTimeUnixNano\":0", "7=0 ");
}

TEST(leaves_out_integers_that_do_not_fit)
{
    assert_value("\"intValue\":9223372036854775808", "");
    assert_value("\"intValue\":\"-9223372036854775809\"", "");
    assert_value("\"intValue\":1e30", "");
    assert_value("\"intValue\":12.5", "");
    assert_value("\"intValue\":\"\"", "");
    assert_value("\"intValue\":\"0x10\"", "");
    assert_value("\"intValue\":\"12 \"", "");
    assert_value("\"intValue\":NaN", "");
    assert_span("\"endTimeUnixNano\":-1", "");
    assert_span("\"kind\":3000000000", "");
}

TEST(takes_doubles_however_they_are_written)
{
    assert_value("\"doubleValue\":0.000045", "4~4.5000000000000003e-05 ");
    assert_value("\"doubleValue\":\"4.5e-05\"", "4~4.5000000000000003e-05 ");
    assert_value("\"doubleValue\":-0", "4~-0 ");
    assert_value("\"doubleValue\":0", "4~0 ");
    assert_value("\"doubleValue\":\"Infinity\"", "4~inf ");
    assert_value("\"doubleValue\":\"-Infinity\"", "4~-inf ");
    assert_value("\"doubleValue\":\"NaN\"", "4~nan ");
    assert_value("\"doubleValue\":NaN", "4~nan ");
    assert_value("\"doubleValue\":-Infinity", "4~-inf ");
}

TEST(leaves_out_doubles_that_are_none)
{
    const char *bad[] = {"\"\"",     "\"nan\"", "\"0x1p3\"", "\"1,5\"", "\"1.5 \"",
                         "\" 1.5\"", "\"inf\"", "\"1e\"",    "1-2",     "\"NaN1\""};
    char json[100];

    for (size_t i = 0; i < 10; i++) {
        snprintf(json, sizeof json, "\"doubleValue\":%s", bad[i]);
        assert_value(json, "");
    }
}

TEST(takes_enums_by_number_and_by_name)
{
    assert_span("\"kind\":\"SPAN_KIND_CLIENT\"", "6=3 ");
    assert_span("\"kind\":\"3\"", "6=3 ");
    assert_span("\"kind\":-1", "6=-1 ");
    assert_span("\"kind\":\"CLIENT\",\"status\":{\"code\":\"STATUS_CODE_ERROR\"}",
                "15{3=2 } ");
    assert_metric(
        "\"sum\":{\"aggregationTemporality\":\"AGGREGATION_TEMPORALITY_DELTA\"}",
        "7{2=1 } ");
}

TEST(takes_names_in_snake_case_and_with_escapes)
{
    assert_request(
        OTLP_TRACES,
        "{\"resource_spans\":[{\"scope_spans\":[{\"spans\":[{"
        "\"start_time_unix_nano\":1,\"end_time_unix_nano\":2,\"\\u006e\\u0061me\":"
        "\"n\",\"attributes\":[{\"key\":\"k\",\"value\":{\"array_value\":{"
        "\"values\":[{\"string_value\":\"s\"}]}}}]}]}]}]}",
        "1{2{2{5:n 7=1 8=2 9{1:k 2{5{1{1:s } } } } } } } ");
    assert_span("\"\":1,\"_name\":\"a\",\"Name\":\"b\",\"na_me\":\"c\",\"name_\":\"d\","
                "\"_\":1,\"name\\u0000x\":\"e\","
                "\"a_name_that_is_longer_than_any_name_that_otlp_has\":\"f\"",
                "");
}

TEST(gives_text_as_utf8_without_escapes)
{
    assert_value("\"stringValue\":\"a\\n\\\"\\u00e9\\ud83d\\ude00\"",
                 "1:a\n\"\xC3\xA9\xF0\x9F\x98\x80 ");
    assert_value("\"stringValue\":\"\\ud83d!\"", "1:\xEF\xBF\xBD! ");
    assert_value("\"stringValue\":\"a\\u0000b\"", "1:ab ");
    assert_value("\"stringValue\":\"\xFF\xFF\"", "1:\xEF\xBF\xBD\xEF\xBF\xBD ");
    assert_value("\"stringValue\":\"\"", "1: ");
}

TEST(takes_bytes_in_base64)
{
    assert_value("\"bytesValue\":\"AP8Q\"", "7#00ff10 ");
    assert_value("\"bytesValue\":\"AP8=\"", "7#00ff ");
    assert_value("\"bytesValue\":\"_-8\"", "7#ffef ");
    assert_value("\"bytesValue\":\"\"", "7# ");
    assert_value("\"bytesValue\":\"AP8QA\"", "");
    assert_value("\"bytesValue\":\"A*==\"", "");
}

TEST(adds_equal_names_in_their_order)
{
    assert_span("\"name\":\"a\",\"attributes\":[{\"key\":\"x\"}],\"name\":\"b\","
                "\"attributes\":[{\"key\":\"y\"}],\"name\":7",
                "5:a 5:b 9{1:x } 9{1:y } ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_of_a_span_what_it_costs_and_whose_it_is),
        cmocka_unit_test(keeps_of_a_log_record_what_it_says),
        cmocka_unit_test(keeps_of_metrics_sums_and_counts),
        cmocka_unit_test(drops_an_id_that_is_none_and_keeps_its_span),
        cmocka_unit_test(takes_an_id_in_base64_as_the_mapping_of_protobuf_to_json_has_it),
        cmocka_unit_test(tells_ids_that_an_emitter_made_up_apart_by_a_hash),
        cmocka_unit_test(takes_integers_however_they_are_written),
        cmocka_unit_test(leaves_out_integers_that_do_not_fit),
        cmocka_unit_test(takes_doubles_however_they_are_written),
        cmocka_unit_test(leaves_out_doubles_that_are_none),
        cmocka_unit_test(takes_enums_by_number_and_by_name),
        cmocka_unit_test(takes_names_in_snake_case_and_with_escapes),
        cmocka_unit_test(gives_text_as_utf8_without_escapes),
        cmocka_unit_test(takes_bytes_in_base64),
        cmocka_unit_test(adds_equal_names_in_their_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
