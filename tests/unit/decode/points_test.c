/* Data points of OTLP metrics, made field by field. */
#include <math.h>

#include "points.h"

#define TIMES .start = 1, .time = 60
#define TOTAL .temporality = CUMULATIVE, TIMES
#define USED TOTAL, .type = "input"

static struct token_point point_of(struct reading *r, const struct made_point *made)
{
    struct buf body = {0};

    put_point(&body, made);
    enum verdict verdict = reading_take(r, &body);
    if (verdict != VERDICT_EVENT)
        fail_msg("verdict %d: %s", verdict, r->why.text ? r->why.text : "no reason");
    return r->point;
}

static void assert_verdict(struct reading *r, const struct made_point *made,
                           enum verdict verdict, const char *why)
{
    struct buf body = {0};

    put_point(&body, made);
    assert_int_equal(reading_take(r, &body), verdict);
    if (!strstr(r->why.text, why))
        fail_msg("\"%s\" does not say \"%s\"", r->why.text, why);
    assert_int_equal(reading_next(r), VERDICT_END);
}

TEST(each_kind_of_metric_gives_its_tokens)
{
    struct reading *r = reading_open();
    const struct made_point made[] = {
        {USED, .tokens = 120},
        {USED, .kind = EXPONENTIAL, .tokens = 120},
        {TIMES, .temporality = DELTA, .type = "output", .tokens = 120},
        {TOTAL, .type = "completion", .tokens = 120},
        {TOTAL, .kind = SUM, .tokens = 120, .whole = true,
         .metric = "gen_ai.client.inference.usage.input_tokens"},
        {TOTAL, .kind = SUM, .tokens = 120,
         .metric = "gen_ai.client.inference.usage.output_tokens"},
    };

    for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
        struct token_point p = point_of(r, &made[i]);
        assert_true(p.tokens == 120);
        assert_int_equal(p.start_ns, RECEIVED_NS + NS_PER_SECOND);
        assert_int_equal(p.time_ns, RECEIVED_NS + NS_PER_MINUTE);
        assert_int_equal(p.cumulative, made[i].temporality == CUMULATIVE);
        assert_str(p.service, "shop");
    }
    reading_close(r);
}

TEST(what_counts_no_tokens_of_input_or_output_is_passed_over)
{
    struct reading *r = reading_open();
    struct buf body = {0};

    assert_verdict(r, &(struct made_point){TOTAL, .type = "cached_input", .tokens = 9},
                   VERDICT_SKIPPED, "no tokens");
    assert_verdict(r, &(struct made_point){TOTAL, .tokens = 9}, VERDICT_SKIPPED,
                   "no tokens");
    assert_verdict(r, &(struct made_point){USED, .empty = true}, VERDICT_SKIPPED,
                   "no tokens");
    put_point(&body, &(struct made_point){USED, .metric = "http.server.duration",
                                          .tokens = NAN});
    assert_int_equal(reading_take(r, &body), VERDICT_END);
    reading_close(r);
}

TEST(a_point_that_cannot_be_counted_is_rejected_with_its_reason)
{
    struct reading *r = reading_open();
    const double impossible[] = {-1, NAN, INFINITY, -INFINITY, 1e16};

    for (size_t i = 0; i < sizeof impossible / sizeof *impossible; i++)
        assert_verdict(r, &(struct made_point){USED, .tokens = impossible[i]},
                       VERDICT_REJECTED, "no possible number of tokens");
    assert_verdict(
        r,
        &(struct made_point){
            .temporality = CUMULATIVE, .type = "input", .start = 1, .tokens = 9},
        VERDICT_REJECTED, "no time");
    assert_verdict(r, &(struct made_point){TIMES, .type = "input", .tokens = 9},
                   VERDICT_REJECTED, "temporality");
    reading_close(r);
}

TEST(a_series_is_told_apart_by_all_that_it_has_and_its_start)
{
    struct reading *r = reading_open();
    const struct made_point
        base = {USED, .tokens = 120},
        others[] = {
            {TOTAL, .type = "output"},
            {USED, .model = "gpt-4o"},
            {USED, .scope = "b"},
            {USED, .service = "bot"},
            {.temporality = CUMULATIVE, .type = "input", .start = 2, .time = 60},
            {TIMES, .type = "input", .temporality = DELTA},
            {USED, .provider = "anthropic"},
            {USED, .metric = "gen_ai.client.inference.usage.input_tokens"},
        };
    const uint64_t series = point_of(r, &base).series;
    struct made_point later = base;

    later.time = 120;
    later.tokens = 500;
    assert_int_equal(point_of(r, &later).series, series);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_int_not_equal(point_of(r, &others[i]).series, series);
    reading_close(r);
}

TEST(old_and_new_names_of_one_scope_are_counters_of_their_own)
{
    struct reading *r = reading_open();
    const struct made_point old = {USED};
    const struct made_point input = {
        USED, .kind = SUM, .metric = "gen_ai.client.inference.usage.input_tokens"};
    const struct made_point output = {
        USED, .kind = SUM, .metric = "gen_ai.client.inference.usage.output_tokens"};

    assert_int_not_equal(point_of(r, &old).counter, point_of(r, &input).counter);
    assert_int_equal(point_of(r, &input).counter, point_of(r, &output).counter);
    assert_int_equal(point_of(r, &old).provider, point_of(r, &input).provider);
    reading_close(r);
}

/* Resource and scope come after what they are about, as protobuf allows. */
TEST(the_order_of_fields_does_not_matter)
{
    struct reading *r = reading_open();
    const struct made_point made = {USED, .tokens = 120};
    struct buf point = wire_point(&made), data = {0}, metric = {0}, scope = {0},
               scoped = {0}, resource = {0}, resourced = {0}, body = {0};

    put_number(&data, 2, CUMULATIVE);
    put_message(&data, 1, &point);
    put_message(&metric, HISTOGRAM, &data);
    put_bytes(&metric, 1, STR("gen_ai.client.token.usage"));
    put_bytes(&scope, 1, STR("a scope"));
    put_message(&scoped, 2, &metric);
    put_message(&scoped, 1, &scope);
    put_attribute(&resource, 1, "service.name", "shop");
    put_message(&resourced, 2, &scoped);
    put_message(&resourced, 1, &resource);
    put_message(&body, 1, &resourced);
    const uint64_t series = point_of(r, &made).series;
    assert_int_equal(reading_take(r, &body), VERDICT_EVENT);
    assert_int_equal(r->point.series, series);
    assert_str(r->point.service, "shop");
    reading_close(r);
}

TEST(json_gives_the_same_point_as_protobuf)
{
    struct reading *r = reading_open();
    const char *json =
        "{\"resourceMetrics\":[{\"resource\":{\"attributes\":[{\"key\":\"service.name\","
        "\"value\":{\"stringValue\":\"shop\"}}]},\"scopeMetrics\":[{\"scope\":{\"name\":"
        "\"a scope\"},\"metrics\":[{\"name\":\"gen_ai.client.token.usage\","
        "\"histogram\":{\"aggregationTemporality\":2,\"dataPoints\":[{\"attributes\":["
        "{\"key\":\"gen_ai.token.type\",\"value\":{\"stringValue\":\"input\"}},"
        "{\"key\":\"gen_ai.provider.name\",\"value\":{\"stringValue\":\"openai\"}}],"
        "\"startTimeUnixNano\":\"1795482001000000000\",\"timeUnixNano\":"
        "\"1795482060000000000\",\"sum\":120,\"count\":\"3\"}]}}]}]}]}";

    struct token_point made = point_of(r, &(struct made_point){USED, .tokens = 120});
    reading_begin(r, str_of(json));
    assert_int_equal(reading_next(r), VERDICT_EVENT);
    assert_true(r->point.tokens == 120);
    assert_int_equal(r->point.start_ns, made.start_ns);
    assert_int_equal(r->point.time_ns, made.time_ns);
    assert_int_equal(r->point.counter, made.counter);
    assert_str(r->point.service, "shop");
    assert_int_equal(reading_next(r), VERDICT_END);
    reading_close(r);
}

TEST(a_body_that_is_cut_yields_what_came_before)
{
    struct reading *r = reading_open();
    struct buf whole = {0};

    put_point(&whole, &(struct made_point){USED, .tokens = 1});
    size_t first = whole.size;
    put_point(&whole, &(struct made_point){USED, .tokens = 2});
    for (size_t size = 1; size < whole.size; size++) {
        unsigned points = 0, broken = 0;
        enum verdict v;
        if (size == first)
            continue;
        reading_begin(r, (struct str){whole.at, size});
        while ((v = reading_next(r)) != VERDICT_END) {
            points += v == VERDICT_EVENT;
            broken += v == VERDICT_BROKEN;
        }
        assert_int_equal(points, size > first);
        assert_int_equal(broken, 1);
    }
    buf_release(&whole);
    reading_close(r);
}

TEST(what_is_broken_inside_costs_itself_alone)
{
    struct reading *r = reading_open();
    const struct made_point made = {USED, .tokens = 2};
    struct buf body = {0}, data = {0}, metric = {0}, scoped = {0}, resourced = {0},
               good = wire_point(&made);

    put_bytes(&data, 1, STR("\xff\xff\xff"));
    put_message(&data, 1, &good);
    put_number(&data, 2, DELTA);
    put_bytes(&metric, 1, STR("gen_ai.client.token.usage"));
    put_message(&metric, HISTOGRAM, &data);
    put_message(&scoped, 2, &metric);
    put_message(&resourced, 2, &scoped);
    put_message(&body, 1, &resourced);
    assert_int_equal(reading_take(r, &body), VERDICT_REJECTED);
    assert_int_equal(r->why.index, 0);
    assert_int_equal(reading_next(r), VERDICT_EVENT);
    assert_int_equal(r->point.service.size, 0);
    assert_int_equal(reading_next(r), VERDICT_END);
    reading_close(r);
}

TEST(a_large_body_is_read_a_few_at_a_time)
{
    enum { METRICS = 3000 };
    struct reading *r = reading_open();
    struct buf body = {0};
    unsigned more = 0;
    enum verdict v;

    for (unsigned i = 0; i < METRICS; i++)
        put_point(&body, &(struct made_point){USED, .metric = "other"});
    reading_begin(r, buf_str(&body));
    buf_release(&body);
    while ((v = reading_next(r)) != VERDICT_END)
        more += v == VERDICT_MORE;
    assert_in_range(more, 3 * METRICS / 512, 6 * METRICS / 512);
    reading_close(r);
}

static void assert_all(struct reading *r, const char *body, enum verdict verdict,
                       const char *why)
{
    reading_begin(r, str_of(body));
    assert_int_equal(reading_next(r), verdict);
    if (why && !strstr(r->why.text, why))
        fail_msg("%s: \"%s\" does not say \"%s\"", body, r->why.text, why);
}

TEST(a_body_that_is_no_metrics_is_told_what_it_is)
{
    struct reading *r = reading_open();

    assert_all(r, "", VERDICT_END, NULL);
    assert_all(r, "{}", VERDICT_END, NULL);
    assert_all(r, "{\"resourceMetrics\":[]}", VERDICT_END, NULL);
    assert_all(r, "{\"a\":1}", VERDICT_BROKEN, "no OTLP request");
    assert_all(r, "{\"resourceSpans\":[{}]}", VERDICT_BROKEN, "its path is /v1/traces");
    assert_all(r, "{\"resourceMetrics\":", VERDICT_BROKEN, "ends inside");
    assert_all(r, "hello", VERDICT_BROKEN, "no OTLP protobuf or JSON");
    reading_close(r);
}

TEST(a_service_name_is_text_of_one_line_and_bounded)
{
    struct reading *r = reading_open();
    char longest[TEXT_VALUE_MAX + 50];

    memset(longest, 'x', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    struct token_point p = point_of(r, &(struct made_point){USED, .service = longest});
    assert_int_equal(p.service.size, TEXT_VALUE_MAX);
    p = point_of(r, &(struct made_point){USED, .service = "a\nb"});
    assert_str(p.service, "a?b");
    p = point_of(r, &(struct made_point){USED, .service = "\xff"});
    assert_int_equal(p.service.size, 0);
    reading_close(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_of_metric_gives_its_tokens),
        cmocka_unit_test(what_counts_no_tokens_of_input_or_output_is_passed_over),
        cmocka_unit_test(a_point_that_cannot_be_counted_is_rejected_with_its_reason),
        cmocka_unit_test(a_series_is_told_apart_by_all_that_it_has_and_its_start),
        cmocka_unit_test(old_and_new_names_of_one_scope_are_counters_of_their_own),
        cmocka_unit_test(the_order_of_fields_does_not_matter),
        cmocka_unit_test(json_gives_the_same_point_as_protobuf),
        cmocka_unit_test(a_body_that_is_cut_yields_what_came_before),
        cmocka_unit_test(what_is_broken_inside_costs_itself_alone),
        cmocka_unit_test(a_large_body_is_read_a_few_at_a_time),
        cmocka_unit_test(a_body_that_is_no_metrics_is_told_what_it_is),
        cmocka_unit_test(a_service_name_is_text_of_one_line_and_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
