/* What single emitters do in their own way. */
#include "otlp_counts.h"

static enum provenance_from who_said(struct session *s, const char *name,
                                     const char *value)
{
    struct made_span made = {TRACE, "span---1", NULL, "a", 1, {CALL, name, value, NULL}};
    struct buf body = {0};

    put_span(&body, &made);
    assert_counts(decode_all(s, &body), 1, 0, 0, 0);
    return (*record_label_by(&s->record, TEXT_TEAM))->from;
}

TEST(what_a_client_fills_in_is_told_from_what_the_gateway_says)
{
    struct session *s = session_of("otlp");

    assert_int_equal(who_said(s, "metadata.user_api_key_team_id", "a"), FROM_GATEWAY);
    assert_int_equal(who_said(s, "metadata", "{\"team\":\"a\"}"), FROM_CALLER);
    assert_int_equal(who_said(s, "team.id", "a"), FROM_GATEWAY);
    assert_int_equal(who_said(s, "team", "a"), FROM_CALLER);
    assert_int_equal(who_said(s, "trace.metadata.team_id", "a"), FROM_CALLER);
    session_close(s);
}

TEST(openrouter_names_what_came_from_the_cache_and_who_served_it)
{
    struct session *s = session_of("otlp");
    struct buf body = {0};

    put_span(&body,
             &(struct made_span){TRACE,
                                 "span---1",
                                 NULL,
                                 "openrouter",
                                 1,
                                 {"gen_ai.provider.name", "meta-llama",
                                  "trace.metadata.openrouter.provider_slug", "deepinfra",
                                  "gen_ai.request.model", "meta-llama/llama-3.3-70b",
                                  "gen_ai.usage.input_tokens", "100",
                                  "gen_ai.usage.input_tokens.cached", "40",
                                  "gen_ai.usage.input_tokens.cache_creation", "7",
                                  "gen_ai.usage.output_tokens.reasoning", "3",
                                  "gen_ai.usage.total_cost", "1", NULL}});
    put_span(&body, &(struct made_span){TRACE,
                                        "span---2",
                                        "span---1",
                                        "openrouter",
                                        1,
                                        {"gen_ai.request.model", "x", NULL}});
    assert_counts(decode_all(s, &body), 1, 1, 0, 0);
    assert_text(s, "ai_system", "deepinfra");
    assert_text(s, "requested_model", "meta-llama/llama-3.3-70b");
    assert_number(s, "input_tokens", 100);
    assert_number(s, "cache_read_tokens", 40);
    assert_number(s, "cache_write_tokens", 7);
    assert_number(s, "reasoning_tokens", 3);
    assert_number(s, "reported_usd", NANO_PER_USD);
    session_close(s);
}

/* An event, as SDKs record an exception. */
static void put_event(struct buf *span, const char *name, const char *type)
{
    struct buf event = {0};

    put_fixed64(&event, 1, (uint64_t)RECEIVED_NS);
    put_bytes(&event, 2, str_of(name));
    put_attribute(&event, 3, "exception.message", "canary4711");
    put_attribute(&event, 3, "exception.type", type);
    put_attribute(&event, 3, "exception.stacktrace", "canary4711");
    put_message(span, 11, &event);
}

static void of_failed(struct session *s, const char *error_type, unsigned status)
{
    struct made_span made = {TRACE, "span---1", NULL, "a", 1, {CALL, NULL}};
    struct buf body = {0}, code = {0};

    made.attributes[4] = error_type ? "error.type" : NULL;
    made.attributes[5] = error_type;
    struct buf span = wire_span(&made);
    put_event(&span, "exception", "OldError");
    put_event(&span, "exception", "openai.RateLimitError");
    put_event(&span, "gen_ai.user.message", "canary4711");
    put_bytes(&code, 2, STR("canary4711"));
    put_number(&code, 3, status);
    put_message(&span, 15, &code);
    put_item(&body, "a", &span);
    assert_counts(decode_all(s, &body), 1, 0, 0, 0);
}

TEST(a_failure_is_named_by_its_last_exception_where_the_span_has_no_name_for_it)
{
    struct session *s = session_of("otlp");

    of_failed(s, NULL, 2);
    assert_text(s, "error_class", "openai.RateLimitError");
    assert_text(s, "status", "failure");
    of_failed(s, "429", 2);
    assert_text(s, "error_class", "429");
    of_failed(s, NULL, 1); /* caught, and tried again */
    assert_text(s, "error_class", "");
    assert_text(s, "status", "success");
    session_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_client_fills_in_is_told_from_what_the_gateway_says),
        cmocka_unit_test(openrouter_names_what_came_from_the_cache_and_who_served_it),
        cmocka_unit_test(
            a_failure_is_named_by_its_last_exception_where_the_span_has_no_name_for_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
