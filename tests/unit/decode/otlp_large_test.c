/* Bodies that are large in one way or another. */
#include "wire.h"

struct told {
    unsigned events, skipped, rejected, broken, more;
    const char *why; /* of the last one that is none */
    size_t unread;
};

static struct told tell(struct session *s, struct buf *body)
{
    struct told t = {0};
    enum verdict v;

    session_begin(s, buf_str(body));
    buf_release(body);
    while ((v = session_next(s)) != VERDICT_END) {
        t.events += v == VERDICT_EVENT;
        t.skipped += v == VERDICT_SKIPPED;
        t.rejected += v == VERDICT_REJECTED;
        t.broken += v == VERDICT_BROKEN;
        t.more += v == VERDICT_MORE;
        t.unread += s->why.unread;
        t.why = s->why.text ? s->why.text : t.why;
    }
    return t;
}

static struct buf json_of(unsigned spans)
{
    struct buf b = {0};

    buf_add(&b, STR("{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":["));
    for (unsigned i = 1; i <= spans; i++)
        buf_format(
            &b,
            "%s{\"traceId\":\"%032x\",\"spanId\":\"%016x\",\"attributes\":["
            "{\"key\":\"gen_ai.operation.name\",\"value\":{\"stringValue\":\"chat\"}},"
            "{\"key\":\"gen_ai.usage.input_tokens\",\"value\":{\"intValue\":%u}},"
            "{\"key\":\"gen_ai.input.messages\",\"value\":{\"stringValue\":"
            "\"%0*u\"}}]}",
            i > 1 ? "," : "", i, i, i, (int)(i % 1000) + 1, i);
    buf_add(&b, STR("]}]}]}"));
    return b;
}

TEST(a_large_body_of_json_is_read_a_moment_at_a_time)
{
    enum { SPANS = 9000 };
    struct session *s = session_of("otlp");
    struct buf body = json_of(SPANS);
    enum verdict v;
    unsigned more = 0;

    session_begin(s, buf_str(&body));
    for (unsigned i = 1; i <= SPANS; i++) {
        while ((v = session_next(s)) == VERDICT_MORE)
            more++;
        assert_int_equal(v, VERDICT_EVENT);
        assert_number(s, "input_tokens", i);
    }
    assert_int_equal(session_next(s), VERDICT_END);
    assert_true(more > 20); /* 30 tokens a span, and looking at them */
    buf_release(&body);
    session_close(s);
}

TEST(of_a_long_text_no_more_is_unescaped_than_is_read)
{
    static const char *const parts[] = {"x", "\\n", "\\u0001", "\xC3\xA4"};
    struct session *s = session_of("otlp");

    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        struct buf body = {0};
        buf_add(&body,
                STR("{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{\"traceId\":"
                    "\"30313233343536373839616263646566\",\"spanId\":"
                    "\"7370616e2d2d2d31\",\"attributes\":[{\"key\":"
                    "\"gen_ai.operation.name\",\"value\":{\"stringValue\":"
                    "\"chat\"}},{\"key\":\"tenant.id\",\"value\":"
                    "{\"stringValue\":\""));
        for (int n = 0; n < 3000000; n++)
            buf_add(&body, str_of(parts[i]));
        buf_add(&body, STR("\"}}]}]}]}]}"));
        assert_int_equal(tell(s, &body).events, 1);
        struct str tenant = s->record.ev.text[TEXT_TENANT];
        assert_int_equal(tenant.size, TEXT_VALUE_MAX);
        assert_true(tenant.at[0] == '?' || tenant.at[0] == parts[i][0]);
        assert_true(s->arena.used < 1 << 20);
        arena_reset(&s->arena);
    }
    session_close(s);
}

TEST(a_body_that_is_left_in_the_middle_leaves_nothing_to_the_next)
{
    struct session *s = session_of("otlp");
    struct buf large = json_of(9000), small = json_of(3), broken = json_of(3);

    session_begin(s, buf_str(&large));
    assert_int_equal(session_next(s), VERDICT_MORE);
    assert_int_equal(tell(s, &small).events, 3);
    session_begin(s, buf_str(&large));
    for (int i = 0; i < 25; i++)
        assert_int_equal(session_next(s), VERDICT_MORE);
    broken.size -= 6;
    struct told t = tell(s, &broken);
    assert_int_equal(t.events, 0);
    assert_int_equal(t.broken, 1);
    buf_release(&large);
    session_close(s);
}

TEST(a_million_empty_spans_are_skipped_up_to_a_bound)
{
    enum { SPANS = 1000000 };
    struct session *s = session_of("otlp");
    struct buf scope = {0}, resource = {0}, body = {0};

    for (unsigned i = 0; i < SPANS; i++)
        put_bytes(&scope, 2, STR(""));
    put_message(&resource, 2, &scope);
    put_message(&body, 1, &resource);
    struct told t = tell(s, &body);
    assert_int_equal(t.skipped, 65536);
    assert_int_equal(t.broken, 1);
    assert_int_equal(t.unread, SPANS - 65536 - 1);
    assert_non_null(strstr(t.why, "more than 65536"));
    assert_true(s->arena.used < 4 << 20);
    session_close(s);
}

/* A value in lists (or in lists of pairs) in each other. */
static struct buf nested(unsigned depth, bool pairs)
{
    struct buf any = {0};

    put_bytes(&any, 1, STR("innermost"));
    for (unsigned i = 0; i < depth; i++) {
        struct buf list = {0}, pair = {0};
        if (pairs)
            put_message(&pair, 2, &any);
        put_message(&list, 1, pairs ? &pair : &any);
        put_message(&any, pairs ? 6 : 5, &list);
    }
    return any;
}

TEST(values_may_be_nested_at_any_depth)
{
    static const char *const names[] = {"tag.tags", "tenant.id", "nobody asks for it"};
    struct session *s = session_of("otlp");

    for (unsigned i = 0; i < 6; i++) {
        struct buf any = nested(5000, i % 2), pair = {0}, span = {0}, body = {0};
        put_bytes(&pair, 1, str_of(names[i / 2]));
        put_message(&pair, 2, &any);
        put_bytes(&span, 1, STR(TRACE));
        put_bytes(&span, 2, STR("span---1"));
        put_attribute(&span, 9, "gen_ai.operation.name", "chat");
        put_message(&span, 9, &pair);
        put_item(&body, "a scope", &span);
        assert_int_equal(tell(s, &body).events, 1);
        assert_text(s, "tenant", "");
        assert_int_equal(s->record.ev.tag_count, 0);
    }
    session_close(s);
}

TEST(one_attribute_a_million_times_costs_what_one_costs)
{
    enum { TIMES = 1000000 };
    struct session *s = session_of("otlp");
    struct buf span = {0}, body = {0};

    put_bytes(&span, 1, STR(TRACE));
    put_bytes(&span, 2, STR("span---1"));
    put_attribute(&span, 9, "gen_ai.operation.name", "chat");
    for (unsigned i = 0; i < TIMES; i++)
        put_attribute(&span, 9, "tenant.id", i + 1 < TIMES ? "first" : "last");
    put_item(&body, "a scope", &span);
    assert_int_equal(tell(s, &body).events, 1);
    assert_text(s, "tenant", "last");
    assert_true(s->arena.used < 1 << 20);
    session_close(s);
}

TEST(a_number_a_million_times_takes_no_more_than_the_body)
{
    enum { TIMES = 1000000 };
    struct session *s = session_of("otlp");
    struct buf span = {0}, body = {0};

    put_bytes(&span, 1, STR(TRACE));
    put_bytes(&span, 2, STR("span---1"));
    put_attribute(&span, 9, "gen_ai.operation.name", "chat");
    for (unsigned i = 0; i < TIMES; i++)
        put_attribute(&span, 9, "gen_ai.usage.input_tokens", "123456789");
    put_item(&body, "a scope", &span);
    size_t size = body.size;
    assert_int_equal(tell(s, &body).events, 1);
    assert_number(s, "input_tokens", 123456789);
    assert_true(s->arena.used < size);
    session_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_large_body_of_json_is_read_a_moment_at_a_time),
        cmocka_unit_test(of_a_long_text_no_more_is_unescaped_than_is_read),
        cmocka_unit_test(a_body_that_is_left_in_the_middle_leaves_nothing_to_the_next),
        cmocka_unit_test(a_million_empty_spans_are_skipped_up_to_a_bound),
        cmocka_unit_test(values_may_be_nested_at_any_depth),
        cmocka_unit_test(one_attribute_a_million_times_costs_what_one_costs),
        cmocka_unit_test(a_number_a_million_times_takes_no_more_than_the_body),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
