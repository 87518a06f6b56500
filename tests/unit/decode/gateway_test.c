/* What only LiteLLM's own metric names need. */
#include "session.h"

static struct session *open_with(bool gateway, const struct label_rule *rules,
                                 size_t rule_count)
{
    return session_open((struct source_options){.name = STR("litellm"),
                                                .gateway = gateway,
                                                .rules = rules,
                                                .rule_count = rule_count});
}

static void read_body(struct session *s, struct str body)
{
    session_begin(s, body);
    if (session_next(s) != VERDICT_EVENT)
        fail_msg("%s", s->why.text);
}

static void read_file(struct session *s, const char *name)
{
    struct str body = read_data(name);

    read_body(s, body);
    free((void *)body.at);
}

static void assert_gateway(const struct session *s, enum gateway_text text,
                           const char *expected)
{
    assert_non_null(s->record.ev.gateway);
    assert_str(s->record.ev.gateway->text[text], expected);
}

TEST(a_success_has_what_the_metrics_of_litellm_show)
{
    struct session *s = open_with(true, NULL, 0);

    read_file(s, "litellm/01_plain.json");
    assert_gateway(s, GATEWAY_TEAM_ALIAS, "Search");
    assert_gateway(s, GATEWAY_ORG_ALIAS, "Europe");
    assert_gateway(s, GATEWAY_USER_EMAIL, "ann@example.test");
    assert_gateway(s, GATEWAY_MODEL, "gpt-4o-mini");
    assert_gateway(s, GATEWAY_MODEL_ID,
                   "32ab58e1f2638ac507a8863bcadfc6d5c5f941f12b4fdd0434493fc7d3114d91");
    assert_gateway(s, GATEWAY_API_BASE, "http://127.0.0.1:9101/plain/v1");
    assert_gateway(s, GATEWAY_ROUTE, "/v1/chat/completions");
    assert_gateway(s, GATEWAY_CLIENT_IP, "127.0.0.1");
    assert_gateway(s, GATEWAY_USER_AGENT, "Python/3.11 aiohttp/3.14.5");
    assert_gateway(s, GATEWAY_EXCEPTION_CLASS, "");
    session_close(s);
}

TEST(the_budgets_of_the_gateway_come_along_as_before_the_request)
{
    struct session *s = open_with(true, NULL, 0);

    read_file(s, "litellm/01_plain.json");
    const struct gateway *g = s->record.ev.gateway;
    assert_int_equal(g->limit_count, 2);
    assert_int_equal(g->limits[0].of, LIMIT_OF_TEAM);
    assert_str(g->limits[0].id, "team-search");
    assert_str(g->limits[0].alias, "Search");
    assert_int_equal(g->limits[0].max.nanousd, INT64_C(500000000000));
    assert_int_equal(g->limits[0].spent.nanousd, INT64_C(7000000000));
    assert_int_equal(g->limits[0].reset_ns, 0);
    assert_int_equal(g->limits[1].of, LIMIT_OF_KEY);
    assert_str(g->limits[1].id,
               "2179e632e89277f18aa600491b68ad55121fd6caa045e047fdeb426088a5a5f1");
    assert_str(g->limits[1].alias, "alpha-key");
    assert_int_equal(g->limits[1].max.nanousd, INT64_C(100000000000));
    assert_int_equal(g->limits[1].spent.nanousd, INT64_C(1500000000));
    session_close(s);
}

TEST(an_exception_is_named_as_litellm_names_it)
{
    struct session *s = open_with(true, NULL, 0);

    read_file(s, "litellm/18_fail_429.json");
    assert_gateway(s, GATEWAY_EXCEPTION_CLASS, "Openai.RateLimitError");
    assert_gateway(s, GATEWAY_MODEL, "gpt-4o");
    read_file(s, "litellm/20_fail_bad_model.json");
    assert_gateway(s, GATEWAY_EXCEPTION_CLASS, "ProxyModelNotFoundError");
    assert_gateway(s, GATEWAY_MODEL, "no-such-model");
    assert_gateway(s, GATEWAY_MODEL_ID, "");
    session_close(s);
}

TEST(the_tier_is_the_one_served_else_a_known_one_asked_for)
{
    static const struct {
        const char *file, *tier;
    } cases[] = {{"litellm/01_plain.json", "default"},
                 {"litellm/06_tier_priority.json", "priority"},
                 {"litellm/08_tier_downgraded.json", "default"},
                 {"litellm/09_anthropic_cache_write.json", "standard"},
                 {"litellm/16_embedding.json", ""}};
    struct session *s = open_with(true, NULL, 0);

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        read_file(s, cases[i].file);
        assert_gateway(s, GATEWAY_SERVICE_TIER, cases[i].tier);
    }
    read_body(s, STR("{\"id\":\"a\",\"model_parameters\":{\"service_tier\":\"flex\"},"
                     "\"response\":{\"service_tier\":\"The answer is 42\"}}"));
    assert_gateway(s, GATEWAY_SERVICE_TIER, "flex");
    read_body(s, STR("{\"id\":\"a\",\"model_parameters\":{\"service_tier\":\"mine\"},"
                     "\"response\":\"redacted-by-litellm\"}"));
    assert_gateway(s, GATEWAY_SERVICE_TIER, "");
    session_close(s);
}

TEST(without_the_option_none_of_it_is_read)
{
    struct session *s = open_with(false, NULL, 0);

    read_file(s, "litellm/01_plain.json");
    assert_null(s->record.ev.gateway);
    session_close(s);
}

TEST(a_reset_and_a_user_s_budget_are_read)
{
    struct session *s = open_with(true, NULL, 0);

    read_body(s, STR("{\"id\":\"a\",\"metadata\":{\"user_api_key_hash\":\"k1\","
                     "\"user_api_key_max_budget\":\"2.5\",\"user_api_key_spend\":null,"
                     "\"user_api_key_budget_reset_at\":\"2026-12-01T00:00:00+00:00\","
                     "\"user_api_key_user_id\":\"ann\","
                     "\"user_api_key_user_max_budget\":0,"
                     "\"user_api_key_user_spend\":0.25}}"));
    const struct gateway *g = s->record.ev.gateway;
    assert_int_equal(g->limit_count, 2);
    assert_int_equal(g->limits[0].max.nanousd, 2500000000);
    assert_int_equal(g->limits[0].spent.nanousd, 0);
    assert_int_equal(g->limits[0].reset_ns, INT64_C(1796083200) * NS_PER_SECOND);
    assert_int_equal(g->limits[1].of, LIMIT_OF_USER);
    assert_str(g->limits[1].id, "ann");
    assert_int_equal(g->limits[1].max.nanousd, 0);
    assert_int_equal(g->limits[1].spent.nanousd, 250000000);
    session_close(s);
}

TEST(budgets_that_are_no_amount_or_nobody_s_are_none)
{
    struct session *s = open_with(true, NULL, 0);

    read_body(s, STR("{\"id\":\"a\",\"metadata\":{\"user_api_key_team_max_budget\":5,"
                     "\"user_api_key_hash\":\"k1\",\"user_api_key_max_budget\":NaN,"
                     "\"user_api_key_user_id\":\"ann\","
                     "\"user_api_key_user_max_budget\":-1,"
                     "\"user_api_key_user_spend\":{\"a\":1}}}"));
    assert_int_equal(s->record.ev.gateway->limit_count, 0);
    read_body(s, STR("{\"id\":\"a\",\"metadata\":{\"user_api_key_user_id\":\"ann\","
                     "\"user_api_key_user_max_budget\":1e308}}"));
    assert_int_equal(s->record.ev.gateway->limit_count, 0);
    session_close(s);
}

TEST(a_base_address_loses_its_secrets)
{
    static const struct {
        const char *given, *kept;
    } cases[] = {
        {"https://ann:s3cret@host:8080/v1?key=s3cret", "https://host:8080/v1"},
        {"https://s3cret@host", "https://host"},
        {"https://host/v1/@me?api-version=2", "https://host/v1/@me"},
        {"host/v1", "host/v1"},
        {"s3cret@host", "host"},
        {"https://ann:s3cret@", "https://"},
        {"?key=s3cret", ""},
        {"://", "://"},
    };
    struct session *s = open_with(true, NULL, 0);
    char body[200];

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(body, sizeof body, "{\"id\":\"a\",\"api_base\":\"%s\"}", cases[i].given);
        read_body(s, str_of(body));
        assert_gateway(s, GATEWAY_API_BASE, cases[i].kept);
    }
    session_close(s);
}

TEST(what_belongs_to_a_hashed_label_is_hashed_as_well)
{
    struct source_options options = {
        .name = STR("litellm"), .gateway = true, .hash_key = {1}};

    options.hash_label[TEXT_USER - TEXT_LABEL_FIRST] = true;
    options.hash_label[TEXT_TEAM - TEXT_LABEL_FIRST] = true;
    struct session *s = session_open(options);
    read_file(s, "litellm/01_plain.json");
    const struct gateway *g = s->record.ev.gateway;
    assert_int_equal(g->text[GATEWAY_USER_EMAIL].size, 32);
    assert_int_equal(g->text[GATEWAY_TEAM_ALIAS].size, 32);
    assert_true(str_eq(g->limits[0].id, s->record.ev.text[TEXT_TEAM]));
    assert_true(str_eq(g->limits[0].alias, g->text[GATEWAY_TEAM_ALIAS]));
    assert_gateway(s, GATEWAY_ORG_ALIAS, "Europe");
    session_close(s);
}

TEST(a_team_read_from_elsewhere_does_not_move_the_gateway_s_budget)
{
    static const struct label_rule rules[] = {
        {STR("team"), 1, {STR("metadata.user_api_key_project_id")}, NULL, 0, 0}};
    struct session *s = open_with(true, rules, 1);

    read_file(s, "litellm/01_plain.json");
    assert_text(s, "team", "proj-1");
    assert_str(s->record.ev.gateway->limits[0].id, "team-search");
    session_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_success_has_what_the_metrics_of_litellm_show),
        cmocka_unit_test(the_budgets_of_the_gateway_come_along_as_before_the_request),
        cmocka_unit_test(an_exception_is_named_as_litellm_names_it),
        cmocka_unit_test(the_tier_is_the_one_served_else_a_known_one_asked_for),
        cmocka_unit_test(without_the_option_none_of_it_is_read),
        cmocka_unit_test(a_reset_and_a_user_s_budget_are_read),
        cmocka_unit_test(budgets_that_are_no_amount_or_nobody_s_are_none),
        cmocka_unit_test(a_base_address_loses_its_secrets),
        cmocka_unit_test(what_belongs_to_a_hashed_label_is_hashed_as_well),
        cmocka_unit_test(a_team_read_from_elsewhere_does_not_move_the_gateway_s_budget),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
