#include "simulation.h"

TEST(a_budget_alerts_at_each_step_with_its_figures)
{
    struct simulation s = simulation_begin();
    const struct alert *alerts;

    tick_budget(&s, 499.999999999, 1000);
    assert_int_equal(in_state(&s, ALERT_FIRING), 0);
    tick_budget(&s, 812.5, 1000);
    assert_int_equal(rules_alerts(s.rules, &alerts), 2);
    const struct alert *a = &alerts[1];
    assert_string_equal(label_of(a, "alertname"), "TeamBudget");
    assert_string_equal(label_of(a, "step"), "0.8");
    assert_string_equal(annotation_of(a, "value"), "0.8125");
    assert_string_equal(annotation_of(a, "threshold"), "0.8");
    assert_string_equal(annotation_of(a, "spent"), "812.5");
    assert_string_equal(annotation_of(a, "limit"), "1000");
    assert_string_equal(annotation_of(a, "period"),
                        "2026-08-21T10:00:00.000Z/2026-08-23T10:00:00.000Z");
    assert_string_equal(annotation_of(a, "summary"),
                        "TeamBudget for team=ml: 812.50 of 1000.00 USD spent");
    tick_budget(&s, 1000, 1000);
    assert_int_equal(in_state(&s, ALERT_FIRING), 3);
    simulation_end(&s);
}

TEST(a_new_period_resolves_the_alerts_of_the_old_one)
{
    struct simulation s = simulation_begin();

    tick_budget(&s, 900, 1000);
    assert_int_equal(in_state(&s, ALERT_FIRING), 2);
    s.period_start_ns = s.now_ns;
    tick_budget(&s, 1, 1000);
    assert_int_equal(in_state(&s, ALERT_RESOLVED), 2);
    simulation_end(&s);
}

TEST(a_new_period_that_is_over_its_step_at_once_starts_an_alert_of_its_own)
{
    struct simulation s = simulation_begin();
    const struct alert_change *changes;
    const struct alert *sent;

    s.budget.step_count = 1;
    tick_budget(&s, 900, 1000);
    assert_int_equal(due(&s), 1);
    s.period_start_ns = s.now_ns;
    tick_budget(&s, 600, 1000);
    assert_int_equal(rules_changes(s.rules, &changes), 2);
    assert_int_equal(changes[0].to, ALERT_RESOLVED);
    assert_int_equal(changes[1].from, ALERT_RESOLVED);
    assert_int_equal(changes[1].to, ALERT_FIRING);
    assert_int_equal(first_alert(&s).starts_ns, s.now_ns);
    assert_int_equal(rules_due(s.rules, &sent), 1);
    assert_true(sent[0].changed);
    simulation_end(&s);
}

TEST(a_period_that_is_over_never_alerts)
{
    struct simulation s = simulation_begin();

    s.period_end_ns = s.now_ns + TICK_NS;
    tick_budget(&s, 2000, 1000);
    assert_int_equal(in_state(&s, ALERT_FIRING), 0);
    s.period_end_ns = s.now_ns + TICK_NS + 1;
    tick_budget(&s, 2000, 1000);
    assert_int_equal(in_state(&s, ALERT_FIRING), 3);
    tick_budget(&s, 2000, 1000);
    assert_int_equal(in_state(&s, ALERT_FIRING), 0);
    assert_int_equal(in_state(&s, ALERT_RESOLVED), 3);
    simulation_end(&s);
}

TEST(a_budget_of_nothing_is_used_up_by_the_first_cent)
{
    struct simulation s = simulation_begin();

    tick_budget(&s, 0, 0);
    assert_int_equal(in_state(&s, ALERT_FIRING), 0);
    tick_budget(&s, 0.01, 0);
    assert_int_equal(in_state(&s, ALERT_FIRING), 3);
    assert_float_equal(first_alert(&s).value, 1, 0);
    restart(&s);
    assert_int_equal(in_state(&s, ALERT_FIRING), 3);
    simulation_end(&s);
}

TEST(a_raised_limit_resolves_only_below_the_clear_bound)
{
    struct simulation s = simulation_begin();

    s.budget.step_count = 1;
    s.budget.has_clear = true;
    s.budget.clear = 0.4;
    tick_budget(&s, 500, 1000);
    tick_budget(&s, 500, 1200);
    assert_int_equal(in_state(&s, ALERT_FIRING), 1);
    tick_budget(&s, 500, 1300);
    assert_int_equal(in_state(&s, ALERT_RESOLVED), 1);
    simulation_end(&s);
}

TEST(a_budget_whose_function_failed_keeps_its_alerts)
{
    struct simulation s = simulation_begin();

    tick_budget(&s, 900, 1000);
    tick_begin(&s, TICK_NS);
    rules_keep_budget(s.rules, &s.budget);
    rules_end(s.rules);
    assert_int_equal(in_state(&s, ALERT_FIRING), 2);
    simulation_end(&s);
}

static void tick_burn(struct simulation *s, double long_rate, double short_rate,
                      int64_t period_ns)
{
    const struct spending spending = {10, 1000, s->period_start_ns, s->period_end_ns,
                                      false};

    tick_begin(s, TICK_NS);
    rules_observe_burn(s->rules, &s->budget, 0, (struct group_labels){2, s->group},
                       &spending, period_ns, long_rate, short_rate);
    rules_end(s->rules);
}

static struct simulation burning(void)
{
    struct simulation s = simulation_begin();

    s.budget.burn_count = 1;
    s.budget.burns[0] = (struct burn){.long_ns = NS_PER_HOUR,
                                      .short_ns = 5 * NS_PER_MINUTE,
                                      .factor = 14.4,
                                      .severity = STR("critical")};
    return s;
}

TEST(a_burn_rate_alerts_while_both_windows_are_above_it)
{
    struct simulation s = burning();

    tick_burn(&s, 20, 14, 30 * NS_PER_DAY);
    assert_int_equal(in_state(&s, ALERT_FIRING), 0);
    tick_burn(&s, 14.4, 20, 30 * NS_PER_DAY);
    assert_int_equal(in_state(&s, ALERT_FIRING), 0);
    tick_burn(&s, 14.5, 20, 30 * NS_PER_DAY);
    struct alert a = first_alert(&s);
    assert_string_equal(label_of(&a, "alertname"), "TeamBudgetBurn");
    assert_string_equal(label_of(&a, "budget"), "team-month");
    assert_string_equal(label_of(&a, "window"), "1h");
    assert_string_equal(label_of(&a, "severity"), "critical");
    assert_string_equal(annotation_of(&a, "threshold"), "14.4");
    assert_string_equal(annotation_of(&a, "summary"),
                        "TeamBudgetBurn for team=ml: the last 1h was spent at 14.5 times "
                        "the rate at which 1000.00 USD last the whole period");
    tick_burn(&s, 20, 1, 30 * NS_PER_DAY);
    assert_int_equal(in_state(&s, ALERT_RESOLVED), 1);
    simulation_end(&s);
}

TEST(a_burn_rate_is_scaled_to_the_period)
{
    struct simulation s = burning();

    tick_burn(&s, 3.3, 5, 7 * NS_PER_DAY);
    assert_int_equal(in_state(&s, ALERT_FIRING), 0);
    tick_burn(&s, 3.4, 5, 7 * NS_PER_DAY);
    assert_int_equal(in_state(&s, ALERT_FIRING), 1);
    simulation_end(&s);
}

static void tick_forecast(struct simulation *s, int64_t forecast_usd)
{
    const struct outlook outlook = {.has_total = true,
                                    .total = {forecast_usd * 1000000000},
                                    .has_band = true,
                                    .low = {INT64_C(900500000000)},
                                    .high = {INT64_C(1500000000000)},
                                    .exhausts = true,
                                    .exhausts_in_ns = 26 * NS_PER_HOUR + 5};
    const struct spending spending = {400, 1000, s->period_start_ns, s->period_end_ns,
                                      false};

    tick_begin(s, TICK_NS);
    rules_observe_forecast(s->rules, &s->budget, (struct group_labels){2, s->group},
                           &spending, &outlook);
    rules_end(s->rules);
}

TEST(a_forecast_alerts_above_its_share_and_clears_below_it)
{
    struct simulation s = simulation_begin();

    s.budget.forecast = 1.2;
    s.budget.forecast_severity = STR("warning");
    tick_forecast(&s, 1200);
    assert_int_equal(in_state(&s, ALERT_FIRING), 0);
    tick_forecast(&s, 1201);
    struct alert a = first_alert(&s);
    assert_string_equal(label_of(&a, "alertname"), "TeamBudgetForecast");
    assert_string_equal(annotation_of(&a, "forecast"), "1201");
    assert_string_equal(annotation_of(&a, "summary"),
                        "TeamBudgetForecast for team=ml: 1201.00 USD by the end of the "
                        "period, the limit is 1000.00");
    assert_string_equal(annotation_of(&a, "forecast_low"), "900.5");
    assert_string_equal(annotation_of(&a, "forecast_high"), "1500");
    assert_string_equal(annotation_of(&a, "exhausts_in"), "1d2h");
    tick_forecast(&s, 1141);
    assert_int_equal(in_state(&s, ALERT_FIRING), 1);
    tick_forecast(&s, 1139);
    assert_int_equal(in_state(&s, ALERT_RESOLVED), 1);
    simulation_end(&s);
}

TEST(an_alert_of_a_period_not_seen_from_its_start_says_so)
{
    struct simulation s = simulation_begin();
    struct spending spending = {600, 1000, s.period_start_ns, s.period_end_ns, true};

    tick_begin(&s, TICK_NS);
    rules_observe_budget(s.rules, &s.budget, (struct group_labels){2, s.group},
                         &spending);
    rules_end(s.rules);
    struct alert a = first_alert(&s);
    assert_string_equal(annotation_of(&a, "partial"), "true");
    tick_budget(&s, 600, 1000);
    a = first_alert(&s);
    assert_null(annotation_of(&a, "partial"));
    simulation_end(&s);
}

TEST(a_rolling_budget_has_no_period_that_ends)
{
    struct simulation s = simulation_begin();

    s.period_start_ns = s.period_end_ns = 0;
    tick_budget(&s, 600, 1000);
    struct alert a = first_alert(&s);
    assert_int_equal(a.state, ALERT_FIRING);
    assert_string_equal(annotation_of(&a, "spent"), "600");
    assert_null(annotation_of(&a, "period"));
    tick_budget(&s, 400, 1000);
    assert_int_equal(in_state(&s, ALERT_RESOLVED), 1);
    simulation_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_budget_alerts_at_each_step_with_its_figures),
        cmocka_unit_test(a_new_period_resolves_the_alerts_of_the_old_one),
        cmocka_unit_test(
            a_new_period_that_is_over_its_step_at_once_starts_an_alert_of_its_own),
        cmocka_unit_test(a_period_that_is_over_never_alerts),
        cmocka_unit_test(a_budget_of_nothing_is_used_up_by_the_first_cent),
        cmocka_unit_test(a_raised_limit_resolves_only_below_the_clear_bound),
        cmocka_unit_test(a_budget_whose_function_failed_keeps_its_alerts),
        cmocka_unit_test(a_burn_rate_alerts_while_both_windows_are_above_it),
        cmocka_unit_test(a_burn_rate_is_scaled_to_the_period),
        cmocka_unit_test(a_forecast_alerts_above_its_share_and_clears_below_it),
        cmocka_unit_test(an_alert_of_a_period_not_seen_from_its_start_says_so),
        cmocka_unit_test(a_rolling_budget_has_no_period_that_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
