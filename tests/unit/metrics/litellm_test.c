/* LiteLLM's own names. */
#include "litellm_support.h"

#define K " api_key_alias hashed_api_key team team_alias "
#define U K "end_user user "
#define OURS "tenant workflow_id retry_depth "
#define ORG "org_id org_alias "
#define CLIENT "client_ip user_agent "
#define MODEL "model requested_model model_id api_provider "
#define EXCEPTION "exception_status exception_class "
#define DEPLOYED                                                                         \
    K "requested_model litellm_model_name model_id model_group api_base api_provider "   \
      "" CLIENT
#define PROXY U "requested_model user_email route model_id api_provider " CLIENT ORG OURS
#define TOKENS U "user_email " MODEL OURS

/* Of LiteLLM 1.106.2: what its /metrics shows, and our three. */
static const struct {
    const char *family, *labels;
} expected[] = {
    {"litellm_spend_metric_total", U "user_email service_tier " MODEL CLIENT ORG OURS},
    {"litellm_requests_metric_total", U "user_email " MODEL CLIENT ORG OURS},
    {"litellm_total_tokens_metric_total", TOKENS ORG},
    {"litellm_input_tokens_metric_total", TOKENS ORG},
    {"litellm_output_tokens_metric_total", TOKENS ORG},
    {"litellm_input_cached_tokens_metric_total", TOKENS},
    {"litellm_input_cache_creation_tokens_metric_total", TOKENS},
    {"litellm_input_audio_tokens_metric_total", TOKENS},
    {"litellm_output_reasoning_tokens_metric_total", TOKENS},
    {"litellm_output_audio_tokens_metric_total", TOKENS},
    {"litellm_proxy_total_requests_metric_total", PROXY "status_code "},
    {"litellm_proxy_failed_requests_metric_total", PROXY EXCEPTION},
    {"litellm_llm_api_failed_requests_metric_total", U "model model_id " OURS},
    {"litellm_deployment_success_responses_total", DEPLOYED},
    {"litellm_deployment_total_requests_total", DEPLOYED},
    {"litellm_deployment_failure_responses_total", DEPLOYED EXCEPTION},
    {"litellm_request_total_latency_metric_count",
     U MODEL "service_tier model_group " ORG OURS},
    {"litellm_llm_api_time_to_first_token_metric_count",
     U MODEL "service_tier model_group " ORG OURS},
};

enum { EXPECTED_COUNT = sizeof expected / sizeof *expected };

/* The first sample's line of a family, behind its name; fails without one. */
static const char *sample_of(const char *text, const char *family)
{
    char start[200];

    snprintf(start, sizeof start, "\n%s{", family);
    const char *found = strstr(text, start);
    if (!found)
        fail_msg("no %s", family);
    return found ? found + strlen(start) : "";
}

static size_t words_of(const char *text)
{
    size_t count = 0;

    for (; *text; text++)
        count += *text != ' ' && (text[1] == ' ' || text[1] == '\0');
    return count;
}

static void expect_labels(const char *text, const char *family, const char *labels)
{
    const char *at = sample_of(text, family);
    char word[100];
    size_t count = 0;

    for (; *at != '}' && *at != '\n'; count++) {
        size_t size = strcspn(at, "=");
        snprintf(word, sizeof word, " %.*s ", (int)size, at);
        if (!strstr(labels, word))
            fail_msg("%s has%s", family, word);
        at += size + 2;
        at += strcspn(at, "\"") + 1;
        at += *at == ',';
    }
    if (count != words_of(labels))
        fail_msg("%s has %zu labels", family, count);
}

TEST(every_family_has_the_labels_that_litellm_gives_it)
{
    struct metrics *m = litellm(100, false);
    struct gateway g, of_failure;
    struct record r = full(&g), f = failed(&of_failure, 429);

    metrics_apply(m, &r);
    metrics_apply(m, &f);
    struct buf text = rendered(m);
    for (size_t i = 0; i < EXPECTED_COUNT; i++)
        expect_labels(text.at, expected[i].family, expected[i].labels);
    size_t families = 0;
    for (const char *at = text.at; (at = strstr(at, "\n# TYPE litellm_")); at++)
        families++;
    assert_int_equal(families, EXPECTED_COUNT);
    buf_release(&text);
    metrics_close(m);
}

TEST(a_request_is_counted_as_litellm_counts_it)
{
    struct metrics *m = litellm(100, false);
    struct gateway g;
    struct record r = full(&g);

    metrics_apply(m, &r);
    expect_line(m, "litellm_spend_metric_total{end_user=\"None\",hashed_api_key=\"k1\","
                   "api_key_alias=\"alpha\",team=\"payments\",team_alias=\"Payments\","
                   "org_id=\"eu\",org_alias=\"Europe\",user=\"ann\","
                   "user_email=\"ann@example.test\",model=\"gpt-4o\","
                   "requested_model=\"chat\",model_id=\"id1\",api_provider=\"openai\","
                   "service_tier=\"flex\",client_ip=\"10.0.0.1\",user_agent=\"curl\","
                   "tenant=\"acme\",workflow_id=\"w1\",retry_depth=\"0\"} 0.012");
    struct buf text = rendered(m);
    assert_non_null(strstr(text.at, "status_code=\"200\""));
    assert_non_null(strstr(text.at, "route=\"/v1/chat\""));
    assert_non_null(strstr(text.at, "retry_depth=\"0\",le=\"0.5\"} 1\n"));
    assert_null(strstr(text.at, "litellm_proxy_failed_requests_metric_total{"));
    assert_null(strstr(text.at, "\"eve\""));
    buf_release(&text);
    metrics_close(m);
}

TEST(an_event_of_another_gateway_has_none_where_it_has_nothing)
{
    struct metrics *m = litellm(100, true);
    struct record r = charge("payments", "chat", 5);

    r.ev.text[TEXT_SOURCE] = STR("kong");
    r.ev.text[TEXT_RESPONSE_MODEL] = STR("gpt-4o-2024-08-06");
    metrics_apply(m, &r);
    expect_line(m, "litellm_spend_metric_total{end_user=\"None\",hashed_api_key=\"None\","
                   "api_key_alias=\"None\",team=\"payments\",team_alias=\"None\","
                   "org_id=\"None\",org_alias=\"None\",user=\"None\",user_email=\"None\","
                   "model=\"gpt-4o-2024-08-06\",requested_model=\"chat\","
                   "model_id=\"None\",api_provider=\"openai\",service_tier=\"None\","
                   "client_ip=\"None\",user_agent=\"None\",tenant=\"None\","
                   "workflow_id=\"None\",retry_depth=\"0\"} 0.000000005");
    metrics_close(m);
}

static void expect_part(const struct metrics *m, const char *part)
{
    struct buf text = rendered(m);

    if (!strstr(text.at, part))
        fail_msg("no %s in:\n%s", part, text.at);
    buf_release(&text);
}

TEST(an_event_with_one_model_only_was_answered_by_that_model)
{
    struct metrics *m = litellm(100, false);
    struct gateway g;
    struct record r = charge("payments", "chat", 5), of_litellm = full(&g);

    r.ev.text[TEXT_RESPONSE_MODEL] = (struct str){NULL, 0};
    metrics_apply(m, &r);
    expect_part(m, "model=\"chat\",requested_model=\"chat\",model_id=\"None\"");
    expect_part(m, "requested_model=\"chat\",model_id=\"None\",model_group=\"chat\","
                   "litellm_model_name=\"chat\"");
    g.text[GATEWAY_MODEL] = (struct str){NULL, 0}; /* no deployment was chosen */
    of_litellm.ev.text[TEXT_RESPONSE_MODEL] = (struct str){NULL, 0};
    metrics_apply(m, &of_litellm);
    expect_part(m, "model=\"None\",requested_model=\"chat\",model_id=\"id1\"");
    metrics_close(m);
}

TEST(end_users_are_told_apart_only_on_demand)
{
    struct metrics *m = litellm(100, true);
    struct gateway g;
    struct record r = full(&g);

    metrics_apply(m, &r);
    struct buf text = rendered(m);
    assert_non_null(strstr(text.at, "litellm_spend_metric_total{end_user=\"eve\""));
    buf_release(&text);
    metrics_close(m);
}

TEST(a_failure_is_counted_but_begins_no_series_of_spend)
{
    struct metrics *m = litellm(100, false);
    struct gateway g;
    struct record r = failed(&g, 429);

    metrics_apply(m, &r);
    struct buf text = rendered(m);
    assert_non_null(
        strstr(text.at, "exception_status=\"429\",exception_class=\"Openai."));
    assert_non_null(strstr(text.at, "litellm_deployment_failure_responses_total{"));
    assert_null(strstr(text.at, "litellm_spend_metric_total{"));
    assert_null(strstr(text.at, "litellm_total_tokens_metric_total{"));
    assert_null(strstr(text.at, "litellm_requests_metric_total{"));
    buf_release(&text);
    metrics_close(m);
}

TEST(a_failure_that_cost_something_is_in_the_sums)
{
    struct metrics *m = litellm(100, false);
    struct gateway g;
    struct record r = failed(&g, 500);

    r.charge.charge.nanousd = 3;
    r.ev.count[COUNT_OUTPUT_TOKENS] = 4;
    metrics_apply(m, &r);
    struct buf text = rendered(m);
    assert_non_null(strstr(text.at, "retry_depth=\"0\"} 0.000000003\n"));
    assert_non_null(strstr(text.at, "litellm_output_tokens_metric_total{"));
    buf_release(&text);
    metrics_close(m);
}

TEST(a_refused_key_is_no_failure_of_a_model)
{
    struct metrics *m = litellm(100, false);
    struct gateway g;
    struct record r = failed(&g, 401);

    metrics_apply(m, &r);
    struct buf text = rendered(m);
    assert_non_null(strstr(text.at, "litellm_proxy_failed_requests_metric_total{"));
    assert_null(strstr(text.at, "litellm_llm_api_failed_requests_metric_total{"));
    assert_null(strstr(text.at, "litellm_deployment_total_requests_total{"));
    buf_release(&text);
    metrics_close(m);
}

TEST(sums_agree_beyond_the_cap_too)
{
    struct metrics *m = litellm(10, true);
    struct gateway g;
    char user[50];

    for (int i = 0; i < 100; i++) {
        struct record r = full(&g);
        r.charge.charge.nanousd = i + 1;
        snprintf(user, sizeof user, "user-%d", i);
        r.ev.text[TEXT_END_USER] = str_of(user);
        metrics_apply(m, &r);
    }
    assert_int_equal(sum_of(m, "llm_spend_usd_total"), 5050);
    assert_int_equal(sum_of(m, "litellm_spend_metric_total"), 5050);
    assert_int_equal(sum_of(m, "litellm_input_tokens_metric_total") / 1000000000, 10000);
    expect_line(m, "spendwarden_metric_overflow_events_total{set=\"litellm_spend\"} 90");
    metrics_close(m);
}

TEST(the_size_of_every_set_tells_all_of_its_labels)
{
    struct metrics *m = litellm(100, true);
    struct gateway g;
    struct record r = full(&g);
    struct set_size size;
    size_t most = 0;

    metrics_apply(m, &r);
    struct metrics_copy *copy = metrics_copy(m, 0);
    for (size_t i = 0; metrics_copy_size(copy, i, 0, &size); i++) {
        for (size_t j = 0; size.series && j < size.label_count; j++)
            assert_int_equal(size.labels[j].values, 1);
        most = size.label_count > most ? size.label_count : most;
    }
    assert_int_equal(most, 20);
    metrics_copy_free(copy);
    metrics_close(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_family_has_the_labels_that_litellm_gives_it),
        cmocka_unit_test(a_request_is_counted_as_litellm_counts_it),
        cmocka_unit_test(an_event_of_another_gateway_has_none_where_it_has_nothing),
        cmocka_unit_test(an_event_with_one_model_only_was_answered_by_that_model),
        cmocka_unit_test(end_users_are_told_apart_only_on_demand),
        cmocka_unit_test(a_failure_is_counted_but_begins_no_series_of_spend),
        cmocka_unit_test(a_failure_that_cost_something_is_in_the_sums),
        cmocka_unit_test(a_refused_key_is_no_failure_of_a_model),
        cmocka_unit_test(sums_agree_beyond_the_cap_too),
        cmocka_unit_test(the_size_of_every_set_tells_all_of_its_labels),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
