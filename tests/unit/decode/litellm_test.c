#include "session.h"

TEST(calls_a_chosen_trace_a_session_and_a_random_one_not)
{
    static const struct {
        const char *json, *session;
    } cases[] = {
        {"{\"id\":\"1\",\"trace_id\":\"nightly\",\"session_id\":\"\"}", "nightly"},
        {"{\"id\":\"1\",\"trace_id\":\"nightly\",\"session_id\":\"s\"}", "s"},
        {"{\"id\":\"1\",\"trace_id\":\"c07caa74-73f8-4380-b774-ab8a50c39ed2\"}", ""},
        {"{\"id\":\"1\",\"trace_id\":\"4bf92f3577b34da6a3ce929d0e0e4736\"}", ""},
    };
    struct session *s = session_of("litellm");

    for (size_t i = 0; i < 4; i++) {
        assert_decoded(s, cases[i].json);
        assert_text(s, "session_id", cases[i].session);
    }
    session_close(s);
}

TEST(names_the_model_without_its_route)
{
    static const struct {
        const char *json, *requested, *response;
    } cases[] = {
        {"{\"model\":\"openai/"
         "gpt-4o\",\"model_group\":\"fast\",\"custom_llm_provider\":\"openai\"}",
         "fast", "gpt-4o"},
        {"{\"model\":\"acme/gpt-4o\",\"custom_llm_provider\":\"openai\"}", "acme/gpt-4o",
         "acme/gpt-4o"},
        {"{\"model\":\"acme/gpt-4o\",\"custom_llm_provider\":\"acme\"}", "acme/gpt-4o",
         "gpt-4o"},
        {"{\"model\":\"openrouter/openai/o3\",\"custom_llm_provider\":\"openrouter\"}",
         "openrouter/openai/o3", "openai/o3"},
        {"{\"model\":\"openai/gpt-4o\",\"model_group\":null}", "openai/gpt-4o", ""},
    };
    struct session *s = session_of("litellm");

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_decoded(s, cases[i].json);
        assert_text(s, "requested_model", cases[i].requested);
        assert_text(s, "response_model", cases[i].response);
    }
    session_close(s);
}

#define HASH "ec2a5137d18cbae85db39d1fe661f117a882fd3db9cc3896f5f4ef230075523d"
#define PRICED(cost, rate)                                                               \
    "{\"id\":\"1\",\"model\":\"openai/own\",\"custom_llm_provider\":\"openai\","         \
    "\"response_cost\":" cost ",\"model_map_information\":{\"model_map_value\":"         \
    "{\"key\":\"" HASH "\",\"input_cost_per_token\":" rate "}}}"

TEST(tells_four_kinds_of_reported_cost)
{
    static const struct {
        const char *json;
        enum reported reported;
    } cases[] = {
        {"{\"id\":\"1\",\"response_cost\":4.5e-05}", REPORTED_COST},
        {"{\"id\":\"1\",\"response_cost\":\"4.5e-05\"}", REPORTED_COST},
        {"{\"id\":\"1\",\"response_cost\":0.0}", REPORTED_ZERO},
        {"{\"id\":\"1\",\"response_cost\":0.0,\"cache_hit\":true}", REPORTED_INCLUDED},
        {PRICED("0.0", "0"), REPORTED_INCLUDED},
        {PRICED("0.0", "0.0"), REPORTED_INCLUDED},
        {PRICED("0.0", "2e-06"), REPORTED_ZERO},
        {PRICED("0.0", "1e-30"), REPORTED_ZERO},
        {PRICED("0.0", "null"), REPORTED_ZERO},
        {"{\"id\":\"1\",\"response_cost\":NaN}", REPORTED_NONE},
        {"{\"id\":\"1\",\"response_cost\":Infinity}", REPORTED_NONE},
        {"{\"id\":\"1\",\"response_cost\":1e400}", REPORTED_NONE},
        {"{\"id\":\"1\",\"response_cost\":-0.5}", REPORTED_NONE},
        {"{\"id\":\"1\",\"response_cost\":null}", REPORTED_NONE},
        {"{\"id\":\"1\",\"response_cost\":{}}", REPORTED_NONE},
        {"{\"id\":\"1\"}", REPORTED_NONE},
    };
    struct session *s = session_of("litellm");

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_decoded(s, cases[i].json);
        if (s->record.ev.reported != cases[i].reported)
            fail_msg("%s", cases[i].json);
    }
    assert_decoded(s, PRICED("0.1", "2e-06"));
    assert_text(s, "response_model", "own");
    session_close(s);
}

TEST(takes_the_larger_of_two_places_for_a_count)
{
    struct session *s = session_of("litellm");

    assert_decoded(
        s, "{\"id\":\"1\",\"metadata\":{\"usage_object\":{\"prompt_tokens\":50,"
           "\"completion_tokens\":7,\"cache_read_input_tokens\":24,"
           "\"cache_creation_input_tokens\":9,\"prompt_tokens_details\":{\"cached_"
           "tokens\":0,"
           "\"cache_write_tokens\":5,\"audio_tokens\":3,\"web_search_requests\":1},"
           "\"completion_tokens_details\":null,"
           "\"server_tool_use\":{\"web_search_requests\":2}}}}");
    assert_number(s, "input_tokens", 50);
    assert_number(s, "output_tokens", 7);
    assert_number(s, "cache_read_tokens", 24);
    assert_number(s, "cache_write_tokens", 9);
    assert_number(s, "input_audio_tokens", 3);
    assert_number(s, "web_searches", 2);
    assert_number(s, "reasoning_tokens", 0);
    assert_number(s, "output_audio_tokens", -1);
    session_close(s);
}

TEST(falls_back_to_the_second_usage_object)
{
    struct session *s = session_of("litellm");

    assert_decoded(s,
                   "{\"id\":\"1\",\"metadata\":{\"usage_object\":null},\"hidden_params\":"
                   "{\"usage_object\":{\"prompt_tokens\":5,"
                   "\"prompt_tokens_details\":{\"cached_tokens\":4}}}}");
    assert_number(s, "input_tokens", 5);
    assert_number(s, "cache_read_tokens", 4);
    session_close(s);
}

TEST(treats_absurd_numbers_as_absent)
{
    struct session *s = session_of("litellm");

    assert_decoded(
        s, "{\"id\":\"1\",\"startTime\":0,\"endTime\":1e400,"
           "\"prompt_tokens\":-4,\"completion_tokens\":123456789012345678901234567890,"
           "\"status\":\"failure\",\"error_information\":{\"error_code\":\"9999\"}}");
    assert_int_equal(s->record.ev.start_ns, 0);
    assert_int_equal(s->record.ev.end_ns, 0);
    assert_number(s, "input_tokens", -1);
    assert_number(s, "output_tokens", -1);
    assert_number(s, "http_status", -1);
    session_close(s);
}

TEST(keeps_a_raw_key_out_of_the_record)
{
    struct session *s = session_of("litellm");

    assert_decoded(s,
                   "{\"id\":\"1\",\"metadata\":{\"user_api_key_hash\":\"sk-secret\"}}");
    assert_text(s, "hashed_api_key",
                "746b4ad1ca9129e1caf080bf9406d43531b8bbf97f42cc1597ee4f3d4663938e");
    assert_decoded(
        s,
        "{\"id\":\"1\",\"metadata\":{\"user_api_key_hash\":\"prod_key_4711_abcdef\"}}");
    assert_int_equal(s->record.ev.text[TEXT_HASHED_API_KEY].size, 64);
    assert_decoded(s, "{\"id\":\"1\",\"metadata\":{\"user_api_key_hash\":\"litellm_proxy_"
                      "master_key\"}}");
    assert_text(s, "hashed_api_key", "litellm_proxy_master_key");
    session_close(s);
}

TEST(reads_retry_depth_from_the_first_place_that_has_one)
{
    static const struct {
        const char *json;
        int64_t depth;
    } cases[] = {
        {"{\"id\":\"1\",\"metadata\":{\"spend_logs_metadata\":{\"retry_depth\":\"2\"}},"
         "\"request_tags\":[\"retry_depth:7\"]}",
         2},
        {"{\"id\":\"1\",\"metadata\":{\"spend_logs_metadata\":{\"retry_depth\":5000},"
         "\"requester_custom_headers\":{\"x-stainless-retry-count\":\"1\"}}}",
         1},
        {"{\"id\":\"1\",\"metadata\":{\"spend_logs_metadata\":{\"retry_depth\":NaN}},"
         "\"request_tags\":[4,\"retry_depth:x\",null]}",
         -1},
        {"{\"id\":\"1\",\"request_tags\":[\"retry_depth:7\"]}", 7},
    };
    struct session *s = session_of("litellm");

    for (size_t i = 0; i < 4; i++) {
        assert_decoded(s, cases[i].json);
        assert_number(s, "retry_depth", cases[i].depth);
    }
    session_close(s);
}

TEST(keeps_texts_of_tags_only_and_not_too_many)
{
    struct session *s = session_of("litellm");
    struct buf body = {0};

    buf_add(
        &body,
        STR("{\"id\":\"1\",\"request_tags\":[5,null,{\"k\":1},\"\",\"User-Agent: x\""));
    for (int i = 0; i < 100; i++)
        buf_format(&body, ",\"tag%d\"", i);
    buf_add(&body, STR("]}"));
    session_begin(s, buf_str(&body));
    assert_int_equal(session_next(s), VERDICT_EVENT);
    assert_int_equal(s->record.ev.tag_count, TAGS_MAX);
    assert_str(s->record.ev.tags[0], "tag0");
    buf_release(&body);
    session_close(s);
}

TEST(cuts_and_cleans_what_clients_chose)
{
    struct session *s = session_of("litellm");
    struct buf body = {0};

    buf_add(&body,
            STR("{\"id\":\"1\",\"end_user\":\"a\\nb\\u0007\\ud800\",\"model\":\""));
    for (int i = 0; i < 300; i++)
        buf_add(&body, STR("\xC3\xA9"));
    buf_add(&body, STR("\",\"metadata\":{\"user_api_key_team_id\":\"x"));
    for (int i = 0; i < 300; i++)
        buf_add(&body, STR("\\u00e9"));
    buf_add(&body, STR("\"}}"));
    session_begin(s, buf_str(&body));
    assert_int_equal(session_next(s), VERDICT_EVENT);
    assert_text(s, "end_user", "a?b?\xEF\xBF\xBD");
    assert_int_equal(s->record.ev.text[TEXT_REQUESTED_MODEL].size, 256);
    assert_int_equal(s->record.ev.text[TEXT_TEAM].size, 255);
    buf_release(&body);
    session_close(s);
}

TEST(takes_nothing_for_a_repetition_that_nothing_identifies)
{
    struct session *s = session_of("litellm");

    assert_decoded(s, "{\"model\":\"m\",\"id\":\"None\",\"litellm_call_id\":null}");
    assert_int_equal(s->record.ev.identity_count, 0);
    assert_decoded(s, "{\"model\":\"m\",\"startTime\":1795481240.037034}");
    assert_int_equal(s->record.ev.identity_count, 6);
    session_close(s);
}

TEST(skips_null_and_rejects_what_is_no_event)
{
    struct session *s = session_of("litellm");

    session_begin(s, STR("[null, 5, \"x\", [], {}, {\"id\":7}, {\"id\":\"1\"}]"));
    assert_int_equal(session_next(s), VERDICT_SKIPPED);
    for (size_t i = 1; i <= 5; i++) {
        assert_int_equal(session_next(s), VERDICT_REJECTED);
        assert_int_equal(s->why.index, i);
    }
    assert_int_equal(session_next(s), VERDICT_EVENT);
    assert_int_equal(s->why.index, 6);
    assert_int_equal(session_next(s), VERDICT_END);
    session_close(s);
}

TEST(ends_a_body_that_breaks_in_the_middle)
{
    struct session *s = session_of("litellm");

    session_begin(s, STR("[{\"id\":\"1\"}, {\"id\":}, {\"id\":\"2\"}, {\"id\":\"3"));
    assert_int_equal(session_next(s), VERDICT_EVENT);
    assert_int_equal(session_next(s), VERDICT_REJECTED);
    assert_int_equal(s->why.position, 13);
    assert_int_equal(session_next(s), VERDICT_EVENT);
    assert_int_equal(session_next(s), VERDICT_BROKEN);
    assert_int_equal(s->why.index, 3);
    assert_int_equal(session_next(s), VERDICT_END);
    assert_int_equal(session_decode(s, "no JSON at all"), VERDICT_BROKEN);
    assert_int_equal(session_next(s), VERDICT_END);
    session_close(s);
}

#define BATCH(type, id, rest)                                                            \
    "{\"id\":\"" id "\",\"litellm_call_id\":\"c\",\"call_type\":\"" type                 \
    "\",\"status\":\"success\",\"custom_llm_provider\":\"openai\"" rest "}"

TEST(a_batch_counts_from_its_cost_on_and_goes_by_its_own_id)
{
    /* base64 of "litellm_proxy:model_id:m;llm_batch_id:batch_1" */
    static const char *const costs[] = {
        BATCH("aretrieve_batch", "batch_1", ",\"response_cost\":0.5"),
        BATCH("retrieve_batch", "batch_1_batch_cost", ",\"response_cost\":0.5"),
        BATCH("aretrieve_batch",
              "bGl0ZWxsbV9wcm94eTptb2RlbF9pZDptO2xsbV9iYXRjaF9pZDpiYXRjaF8x",
              ",\"response_cost\":0.5"),
    };
    static const char *const polls[] = {
        BATCH("acreate_batch", "batch_1", ""),
        BATCH("aretrieve_batch", "batch_1", ",\"response_cost\":0.0"),
        BATCH("cancel_batch", "batch_1", ",\"response_cost\":null"),
    };
    struct session *s = session_of("litellm");

    for (size_t i = 0; i < 3; i++) {
        assert_decoded(s, costs[i]);
        assert_text(s, "response_id", "batch_1");
        assert_text(s, "service_tier", "batch");
        assert_true(s->record.ev.identity_is_providers);
        assert_int_equal(s->record.ev.identity_count, 1);
        assert_true(str_eq(s->record.ev.identity[0], STR("batch_1")));
    }
    for (size_t i = 0; i < 3; i++) {
        session_begin(s, str_of(polls[i]));
        assert_int_equal(session_next(s), VERDICT_SKIPPED);
        assert_string_equal(s->why.text, "no_cost_yet");
    }
    session_close(s);
}

TEST(a_batch_that_could_not_be_made_is_a_failed_request)
{
    struct session *s = session_of("litellm");

    assert_decoded(s, "{\"id\":\"x\",\"call_type\":\"acreate_batch\",\"status\":"
                      "\"failure\"}");
    assert_int_equal(s->record.ev.outcome, OUTCOME_FAILURE);
    assert_false(s->record.ev.identity_is_providers);
    session_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_a_chosen_trace_a_session_and_a_random_one_not),
        cmocka_unit_test(names_the_model_without_its_route),
        cmocka_unit_test(a_batch_counts_from_its_cost_on_and_goes_by_its_own_id),
        cmocka_unit_test(a_batch_that_could_not_be_made_is_a_failed_request),
        cmocka_unit_test(tells_four_kinds_of_reported_cost),
        cmocka_unit_test(takes_the_larger_of_two_places_for_a_count),
        cmocka_unit_test(falls_back_to_the_second_usage_object),
        cmocka_unit_test(treats_absurd_numbers_as_absent),
        cmocka_unit_test(keeps_a_raw_key_out_of_the_record),
        cmocka_unit_test(reads_retry_depth_from_the_first_place_that_has_one),
        cmocka_unit_test(keeps_texts_of_tags_only_and_not_too_many),
        cmocka_unit_test(cuts_and_cleans_what_clients_chose),
        cmocka_unit_test(takes_nothing_for_a_repetition_that_nothing_identifies),
        cmocka_unit_test(skips_null_and_rejects_what_is_no_event),
        cmocka_unit_test(ends_a_body_that_breaks_in_the_middle),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
