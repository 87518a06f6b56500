/* LiteLLM's gauges of budgets, from policies and from the gateway. */
#include "../unit.h"

#include <stdio.h>

#include "spendwarden/litellm_budgets.h"

#define NOW_NS (INT64_C(1795482000) * NS_PER_SECOND)

static struct metrics *opened(bool litellm_names)
{
    struct metrics_options options = {.max_series = 10, .litellm_names = litellm_names};
    struct err err = {0};
    struct metrics *m;

    assert_true(metrics_open(&m, &options, &err));
    return m;
}

static void apply(struct metrics *m, enum limit_of of, const char *id, int64_t max,
                  int64_t spent, int64_t reset_ns)
{
    struct gateway g = {.limit_count = 1,
                        .limits = {{.of = of,
                                    .id = str_of(id),
                                    .alias = str_of(of == LIMIT_OF_USER ? "" : "Alias"),
                                    .max = {max},
                                    .spent = {spent},
                                    .reset_ns = reset_ns}}};
    struct record r;

    record_init(&r);
    r.ev.gateway = &g;
    r.charge.charge.nanousd = 250000000;
    metrics_apply(m, &r);
}

static struct buf shown(const struct metrics *m, const struct tick_view *v)
{
    struct metrics_copy *copy = metrics_copy(m, NOW_NS);
    struct buf out = {0};
    struct exposition x = {.out = &out, .zero_from_ns = INT64_MAX};

    litellm_budgets_expose(v, copy, &x);
    metrics_copy_free(copy);
    buf_byte(&out, '\0');
    assert_false(out.failed);
    return out;
}

static void expect(const struct buf *text, const char *line)
{
    struct buf wanted = {0};

    buf_format(&wanted, "\n%s\n", line);
    if (!strstr(text->at, wanted.at))
        fail_msg("no %s in\n%s", line, text->at);
    buf_release(&wanted);
}

static struct budget_gauge by(const char *name, const char *value, int64_t limit,
                              int64_t spent)
{
    return (struct budget_gauge){.label_count = 1,
                                 .labels = {{str_of(name), str_of(value)}},
                                 .limit = {limit},
                                 .spent = {spent}};
}

TEST(the_gateway_s_budgets_are_shown_less_the_charge)
{
    struct metrics *m = opened(true);

    apply(m, LIMIT_OF_TEAM, "a", 500000000000, 7000000000, 0);
    apply(m, LIMIT_OF_KEY, "k1", 1000000000, 1000000000, NOW_NS + 90 * NS_PER_MINUTE);
    apply(m, LIMIT_OF_USER, "ann", 0, 0, NOW_NS - 1);
    struct buf text = shown(m, NULL);
    expect(&text, "litellm_remaining_team_budget_metric{team=\"a\",team_alias=\"Alias\"} "
                  "492.75");
    expect(&text, "litellm_team_max_budget_metric{team=\"a\",team_alias=\"Alias\"} 500");
    expect(&text, "litellm_remaining_api_key_budget_metric{hashed_api_key=\"k1\","
                  "api_key_alias=\"Alias\"} -0.25");
    expect(&text, "litellm_api_key_budget_remaining_hours_metric{hashed_api_key=\"k1\","
                  "api_key_alias=\"Alias\"} 1.5");
    expect(&text, "litellm_remaining_user_budget_metric{user=\"ann\"} -0.25");
    expect(&text, "litellm_user_budget_remaining_hours_metric{user=\"ann\"} 0");
    assert_null(strstr(text.at, "litellm_team_budget_remaining_hours_metric{"));
    buf_release(&text);
    metrics_close(m);
}

TEST(a_policy_s_budget_wins_and_the_first_of_several)
{
    struct metrics *m = opened(true);
    struct budget_gauge budgets[] = {by("team", "a", 100000000000, 40000000000),
                                     by("team", "a", 5000000000, 0),
                                     by("org", "eu", 9000000000, 10000000000),
                                     by("tenant", "t", 1, 1),
                                     by("team", "", 1, 1),
                                     by("team", "b", 3000000000, 0)};
    struct tick_view view = {.budget_count = 6, .budgets = budgets};

    budgets[0].period_end_ns = NOW_NS + 36 * NS_PER_HOUR;
    budgets[5].label_count = 2;
    apply(m, LIMIT_OF_TEAM, "a", 500000000000, 7000000000, 0);
    struct buf text = shown(m, &view);
    expect(&text, "litellm_remaining_team_budget_metric{team=\"a\",team_alias=\"Alias\"} "
                  "60");
    expect(&text, "litellm_team_max_budget_metric{team=\"a\",team_alias=\"Alias\"} 100");
    expect(&text, "litellm_team_budget_remaining_hours_metric{team=\"a\","
                  "team_alias=\"Alias\"} 36");
    expect(&text, "litellm_remaining_org_budget_metric{org_id=\"eu\",org_alias=\"None\"} "
                  "-1");
    size_t teams = 0;
    for (const char *at = text.at; (at = strstr(at, "litellm_team_max_budget_metric{"));
         at++)
        teams++;
    assert_int_equal(teams, 1);
    buf_release(&text);
    metrics_close(m);
}

TEST(without_the_option_there_is_nothing)
{
    struct metrics *m = opened(false);
    struct budget_gauge budget = by("team", "a", 1, 1);
    struct tick_view view = {.budget_count = 1, .budgets = &budget};
    struct buf text = shown(m, &view);

    assert_string_equal(text.at, "");
    buf_release(&text);
    metrics_close(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_gateway_s_budgets_are_shown_less_the_charge),
        cmocka_unit_test(a_policy_s_budget_wins_and_the_first_of_several),
        cmocka_unit_test(without_the_option_there_is_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
