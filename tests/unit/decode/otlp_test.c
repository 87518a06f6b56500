/* Spans and log records, made field by field. */
#include "otlp_counts.h"

TEST(a_call_seen_from_two_sides_is_one_event_with_what_both_say)
{
    struct session *s = session_of("otlp");
    struct buf body = {0};

    put_span(&body, &(struct made_span){TRACE,
                                        "parent--",
                                        NULL,
                                        "instrumentation",
                                        3,
                                        {CALL, "team.id", "search", NULL}});
    put_span(&body,
             &(struct made_span){TRACE, "between-", "parent--", "http", 2, {NULL}});
    put_span(&body, &(struct made_span){
                        TRACE,
                        "child---",
                        "between-",
                        "sdk",
                        1,
                        {USAGE, "gen_ai.usage.cache_write.input_tokens", "9", NULL}});
    assert_counts(decode_all(s, &body), 1, 2, 0, 0);
    assert_text(s, "span_id", "6368696c642d2d2d");
    assert_text(s, "team", "search");
    assert_text(s, "project", "shop");
    assert_str(s->record.ev.service, "shop");
    assert_number(s, "input_tokens", 100);
    assert_number(s, "cache_write_tokens", 9);
    session_close(s);
}

TEST(what_holds_two_calls_is_none)
{
    struct session *s = session_of("otlp");
    struct buf body = {0};

    put_span(&body, &(struct made_span){TRACE, "parent--", NULL, "a", 9, {USAGE, NULL}});
    put_span(&body,
             &(struct made_span){TRACE, "child--1", "parent--", "a", 1, {USAGE, NULL}});
    put_span(&body,
             &(struct made_span){TRACE, "child--2", "parent--", "a", 1, {USAGE, NULL}});
    assert_counts(decode_all(s, &body), 2, 1, 0, 0);
    session_close(s);
}

TEST(one_response_id_is_one_call_of_two_emitters_and_two_of_one)
{
    struct session *s = session_of("otlp");
    struct buf body = {0};
    struct made_span span = {TRACE, "span---1",
                             NULL,  "a",
                             1,     {USAGE, "gen_ai.response.id", "chatcmpl-7", NULL}};

    put_span(&body, &span);
    span.id = "span---2";
    put_span(&body, &span);
    span.id = "span---3";
    span.scope = "b";
    put_span(&body, &span);
    assert_counts(decode_all(s, &body), 2, 1, 0, 0);
    session_close(s);
}

TEST(many_spans_are_looked_at_a_few_at_a_time)
{
    enum { SPANS = 3000 };
    struct session *s = session_of("otlp");
    struct buf body = {0};
    char id[9], parent[9];

    for (unsigned i = 0; i < SPANS; i += 2) { /* pairs, of which the second is nearer */
        snprintf(parent, sizeof parent, "%08u", i);
        snprintf(id, sizeof id, "%08u", i + 1);
        put_span(&body, &(struct made_span){TRACE, parent, NULL, "a", 9, {USAGE, NULL}});
        put_span(&body, &(struct made_span){TRACE, id, parent, "b", 1, {USAGE, NULL}});
    }
    struct counts c = decode_all(s, &body);
    assert_counts(c, SPANS / 2, SPANS / 2, 0, 0);
    assert_int_equal(c.more, 5);
    session_close(s);
}

/* A span in a message of 123 bytes: "\n{", as some JSON begins. */
TEST(a_message_that_begins_like_json_is_none)
{
    static const char json[] =
        "\n{\n\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{\"traceId\":"
        "\"30313233343536373839616263646566\",\"spanId\":\"7370616e2d2d2d31\","
        "\"attributes\":[{\"key\":\"gen_ai.operation.name\",\"value\":{\"stringValue\":"
        "\"chat\"}}]}]}]}]}";
    struct session *s = session_of("otlp");
    struct buf span = {0}, scope = {0}, resource = {0}, body = {0};

    put_bytes(&span, 1, STR(TRACE));
    put_bytes(&span, 2, STR("span---1"));
    put_attribute(&span, 9, "gen_ai.operation.name", "chat");
    put_bytes(&span, 5, STR("a name that makes it 123 bytes, lengths and all, no more"));
    put_message(&scope, 2, &span);
    put_message(&resource, 2, &scope);
    put_message(&body, 1, &resource);
    assert_memory_equal(body.at, "\n{", 2);
    assert_counts(decode_all(s, &body), 1, 0, 0, 0);
    buf_add(&body, str_of(json));
    assert_counts(decode_all(s, &body), 1, 0, 0, 0);
    session_close(s);
}

/* More than are kept between finding the calls and reading them, or few of them. */
static void decode_repeated(struct session *s, unsigned times)
{
    struct buf span = {0}, body = {0}, any = {0}, list = {0}, pair = {0};
    char value[16];

    put_bytes(&span, 1, STR(TRACE));
    put_bytes(&span, 2, STR("span---1"));
    put_attribute(&span, 9, "gen_ai.operation.name", "chat");
    put_bytes(&any, 1, STR("a tag"));
    put_message(&list, 1, &any);
    put_message(&any, 5, &list);
    put_bytes(&pair, 1, STR("tag.tags"));
    put_message(&pair, 2, &any);
    put_message(&span, 9, &pair);
    for (unsigned i = 1; i <= times; i++) {
        snprintf(value, sizeof value, "%u", i);
        put_attribute(&span, 9, "gen_ai.usage.input_tokens", value);
    }
    put_item(&body, "a scope", &span);
    assert_counts(decode_all(s, &body), 1, 0, 0, 0);
}

TEST(the_last_of_equal_attributes_counts_however_many_they_are)
{
    static const unsigned times[] = {1, 2, 318, 319, 5000};
    struct session *s = session_of("otlp");

    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        decode_repeated(s, times[i]);
        assert_number(s, "input_tokens", times[i]);
        assert_int_equal(s->record.ev.tag_count, 1);
        assert_str(s->record.ev.tags[0], "a tag");
    }
    session_close(s);
}

TEST(a_bad_id_loses_its_span_alone)
{
    struct session *s = session_of("otlp");
    struct buf body = {0};

    put_span(&body,
             &(struct made_span){"short", "span---1", NULL, "a", 1, {USAGE, NULL}});
    put_span(&body, &(struct made_span){TRACE, "span---2", NULL, "a", 1, {USAGE, NULL}});
    put_span(&body,
             &(struct made_span){TRACE, "tooshort-id", NULL, "a", 1, {USAGE, NULL}});
    assert_counts(decode_all(s, &body), 1, 0, 2, 0);
    session_close(s);
}

TEST(a_body_that_is_cut_yields_what_came_before)
{
    struct session *s = session_of("otlp");
    struct buf whole = {0};

    put_span(&whole, &(struct made_span){TRACE, "span---1", NULL, "a", 1, {USAGE, NULL}});
    size_t first = whole.size;
    put_span(&whole, &(struct made_span){TRACE, "span---2", NULL, "a", 1, {USAGE, NULL}});
    for (size_t size = first + 1; size < whole.size; size++) {
        struct buf part = {0};
        buf_add(&part, (struct str){whole.at, size});
        struct counts c = decode_all(s, &part);
        assert_true(c.events >= 1);
        assert_int_equal(c.broken, 1);
    }
    buf_release(&whole);
    session_close(s);
}

/* 0x0A is the tag of the first field and a line break, 123 its length and a brace. */
TEST(protobuf_that_begins_as_json_might_is_protobuf)
{
    struct session *s = session_of("otlp");
    char padding[64] = "";
    bool found = false;

    for (size_t i = 0; i < sizeof padding - 1 && !found; i++) {
        struct buf body = {0};
        padding[i] = 'x';
        put_span(&body,
                 &(struct made_span){
                     TRACE, "span---1", NULL, "a", 1, {"some.key", padding, NULL}});
        found = body.at[1] == '{' && body.size == 2 + 123;
        if (!found) {
            buf_release(&body);
            continue;
        }
        put_span(&body,
                 &(struct made_span){TRACE, "span---2", NULL, "a", 1, {USAGE, NULL}});
        assert_counts(decode_all(s, &body), 1, 1, 0, 0);
    }
    assert_true(found);
    session_close(s);
}

TEST(numbers_may_be_anything_and_are_taken_only_within_bounds)
{
    static const char *const values[] = {
        "-1", "9223372036854775807", "1e400", "NaN", "true", ""};
    struct session *s = session_of("otlp");

    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        struct buf body = {0};
        put_span(&body, &(struct made_span){TRACE,
                                            "span---1",
                                            NULL,
                                            "a",
                                            1,
                                            {CALL, "gen_ai.usage.input_tokens", values[i],
                                             "gen_ai.usage.cost", values[i], NULL}});
        assert_counts(decode_all(s, &body), 1, 0, 0, 0);
        assert_number(s, "input_tokens", -1);
        assert_int_equal(s->record.ev.reported, REPORTED_NONE);
    }
    session_close(s);
}

TEST(the_span_wins_over_its_resource_and_text_may_hold_json)
{
    struct session *s = session_of("otlp");
    struct buf body = {0};

    put_span(&body,
             &(struct made_span){
                 TRACE,
                 "span---1",
                 NULL,
                 "a",
                 1,
                 {"openinference.span.kind", "LLM", "service.name", "own", "metadata",
                  "{\"team\":\"ml\",\"tenant.id\":\"t\",\"x\":[1,{\"team\":2}]}",
                  "llm.invocation_parameters", "{\"model\":\"m\"", NULL}});
    assert_counts(decode_all(s, &body), 1, 0, 0, 0);
    assert_text(s, "project", "own");
    assert_text(s, "team", "ml");
    assert_text(s, "tenant", "t");
    session_close(s);
}

static struct buf wire_record(const char *const *attributes, const char *body)
{
    struct buf b = {0}, any = {0};

    put_fixed64(&b, 1, (uint64_t)RECEIVED_NS);
    if (body) {
        put_bytes(&any, 1, str_of(body));
        put_message(&b, 5, &any);
    }
    for (size_t i = 0; attributes[i]; i += 2)
        put_attribute(&b, 6, attributes[i], attributes[i + 1]);
    return b;
}

static struct counts decode_record(struct session *s, const char *const *attributes,
                                   const char *text)
{
    struct buf body = {0}, record = wire_record(attributes, text);

    put_item(&body, "agent", &record);
    return decode_all(s, &body);
}

static const char *const claude[] = {"model",
                                     "claude-sonnet-4-5",
                                     "input_tokens",
                                     "10",
                                     "output_tokens",
                                     "20",
                                     "cache_read_tokens",
                                     "1000",
                                     "cost_usd",
                                     "0.0123",
                                     "duration_ms",
                                     "1500",
                                     "request_id",
                                     "req_1",
                                     "session.id",
                                     "s",
                                     "user.email",
                                     "a@b.c",
                                     NULL};
static const char *const codex[] = {"event.name",
                                    "codex.sse_event",
                                    "event.kind",
                                    "response.completed",
                                    "input_token_count",
                                    "100",
                                    "cached_token_count",
                                    "40",
                                    "output_token_count",
                                    "9",
                                    "reasoning_token_count",
                                    "5",
                                    "conversation.id",
                                    "c",
                                    "model",
                                    "gpt-5",
                                    NULL};
static const char *const gemini[] = {"event.name",
                                     "gemini_cli.api_response",
                                     "model",
                                     "gemini-2.5-pro",
                                     "input_token_count",
                                     "100",
                                     "output_token_count",
                                     "9",
                                     "thoughts_token_count",
                                     "30",
                                     "session.id",
                                     "g",
                                     NULL};
static const char *const prompt[] = {"event.name", "user_prompt", "prompt", "secret",
                                     NULL};

TEST(coding_agents_say_what_a_call_cost_in_a_log_record)
{
    struct session *s = session_of("otlp_logs");

    assert_counts(decode_record(s, claude, "claude_code.api_request"), 1, 0, 0, 0);
    assert_text(s, "source", "otlp");
    assert_text(s, "ai_system", "anthropic");
    assert_text(s, "user", "a@b.c");
    assert_number(s, "input_tokens", 1010);
    assert_number(s, "reported_usd", 12300000);
    assert_int_equal(s->record.ev.end_ns - s->record.ev.start_ns, 1500 * NS_PER_MS);
    assert_int_equal(s->record.ev.identity_count, 3);
    assert_counts(decode_record(s, codex, NULL), 1, 0, 0, 0);
    assert_text(s, "ai_system", "openai");
    assert_number(s, "input_tokens", 100);
    assert_number(s, "output_tokens", 9);
    assert_counts(decode_record(s, gemini, NULL), 1, 0, 0, 0);
    assert_number(s, "output_tokens", 39);
    assert_counts(decode_record(s, prompt, "secret"), 0, 1, 0, 0);
    session_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_seen_from_two_sides_is_one_event_with_what_both_say),
        cmocka_unit_test(what_holds_two_calls_is_none),
        cmocka_unit_test(one_response_id_is_one_call_of_two_emitters_and_two_of_one),
        cmocka_unit_test(many_spans_are_looked_at_a_few_at_a_time),
        cmocka_unit_test(a_message_that_begins_like_json_is_none),
        cmocka_unit_test(the_last_of_equal_attributes_counts_however_many_they_are),
        cmocka_unit_test(a_bad_id_loses_its_span_alone),
        cmocka_unit_test(a_body_that_is_cut_yields_what_came_before),
        cmocka_unit_test(protobuf_that_begins_as_json_might_is_protobuf),
        cmocka_unit_test(numbers_may_be_anything_and_are_taken_only_within_bounds),
        cmocka_unit_test(the_span_wins_over_its_resource_and_text_may_hold_json),
        cmocka_unit_test(coding_agents_say_what_a_call_cost_in_a_log_record),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
