#include <math.h>

#include "simulation.h"

TEST(fires_at_once_without_a_hold_and_resolves_when_over)
{
    struct simulation s = simulation_begin();
    const struct alert_change *changes;

    tick(&s, 3);
    assert_int_equal(in_state(&s, ALERT_FIRING), 0);
    tick(&s, 3.5);
    assert_int_equal(rules_changes(s.rules, &changes), 1);
    assert_int_equal(changes[0].from, ALERT_INACTIVE);
    assert_int_equal(changes[0].to, ALERT_FIRING);
    assert_int_equal(changes[0].alert->starts_ns, s.now_ns);
    tick(&s, 2);
    assert_int_equal(rules_changes(s.rules, &changes), 1);
    assert_int_equal(changes[0].to, ALERT_RESOLVED);
    assert_int_equal(changes[0].alert->resolved_ns, s.now_ns);
    assert_float_equal(changes[0].alert->value, 3.5, 0);
    simulation_end(&s);
}

TEST(holds_before_it_fires)
{
    struct simulation s = simulation_begin();

    s.rule.hold_ns = NS_PER_MINUTE;
    ticks(&s, 4, 4);
    assert_int_equal(in_state(&s, ALERT_PENDING), 1);
    assert_int_equal(due(&s), 0);
    tick(&s, 4);
    assert_int_equal(in_state(&s, ALERT_FIRING), 1);
    struct alert a = first_alert(&s);
    assert_int_equal(a.starts_ns, s.now_ns);
    assert_int_equal(a.pending_ns, s.now_ns - NS_PER_MINUTE);
    simulation_end(&s);
}

TEST(a_longer_tick_counts_toward_the_hold_once_the_options_follow)
{
    struct simulation s = simulation_begin();
    const struct rules_options slower = {
        .max_alerts = 100,
        .resend_ns = NS_PER_MINUTE,
        .resolved_ns = 15 * NS_PER_MINUTE,
        .gap_ns = 15 * NS_PER_MINUTE,
    };

    s.rule.hold_ns = 10 * NS_PER_MINUTE;
    tick(&s, 4);
    rules_follow(s.rules, &slower);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(in_state(&s, ALERT_PENDING), 1);
        tick_begin(&s, 5 * NS_PER_MINUTE);
        rules_observe(s.rules, &s.rule, (struct group_labels){2, s.group},
                      (struct answer){ANSWER_NUMBER, 4}, 100);
        rules_end(s.rules);
    }
    assert_int_equal(in_state(&s, ALERT_FIRING), 1);
    simulation_end(&s);
}

TEST(one_false_tick_resets_the_hold)
{
    struct simulation s = simulation_begin();

    s.rule.hold_ns = NS_PER_MINUTE;
    ticks(&s, 4, 4);
    tick(&s, 1);
    assert_int_equal(in_state(&s, ALERT_PENDING), 0);
    ticks(&s, 4, 4);
    assert_int_equal(in_state(&s, ALERT_PENDING), 1);
    tick(&s, 4);
    assert_int_equal(in_state(&s, ALERT_FIRING), 1);
    simulation_end(&s);
}

TEST(time_in_which_the_engine_was_down_does_not_count_toward_the_hold)
{
    struct simulation s = simulation_begin();

    s.rule.hold_ns = NS_PER_MINUTE;
    ticks(&s, 3, 4); /* 30 s held */
    s.now_ns += NS_PER_HOUR;
    tick(&s, 4);
    assert_int_equal(in_state(&s, ALERT_PENDING), 1);
    tick(&s, 4);
    assert_int_equal(in_state(&s, ALERT_PENDING), 1);
    tick(&s, 4);
    assert_int_equal(in_state(&s, ALERT_FIRING), 1);
    simulation_end(&s);
}

TEST(keeps_firing_for_a_while_after_the_condition_ended)
{
    struct simulation s = simulation_begin();

    s.rule.keep_ns = 30 * NS_PER_SECOND;
    tick(&s, 4);
    ticks(&s, 2, 1);
    assert_int_equal(in_state(&s, ALERT_FIRING), 1);
    tick(&s, 4); /* starts the wait anew */
    ticks(&s, 2, 1);
    assert_int_equal(in_state(&s, ALERT_FIRING), 1);
    tick(&s, 1);
    assert_int_equal(in_state(&s, ALERT_RESOLVED), 1);
    simulation_end(&s);
}

TEST(stays_true_until_it_passes_the_clear_bound_back)
{
    struct simulation s = simulation_begin();

    s.rule.has_clear = true;
    s.rule.clear = 2;
    tick(&s, 2.5);
    assert_int_equal(in_state(&s, ALERT_FIRING), 0);
    tick(&s, 3.1);
    ticks(&s, 3, 2);
    assert_int_equal(in_state(&s, ALERT_FIRING), 1);
    tick(&s, 1.9);
    assert_int_equal(in_state(&s, ALERT_RESOLVED), 1);
    tick(&s, 2.5);
    assert_int_equal(in_state(&s, ALERT_RESOLVED), 1);
    simulation_end(&s);
}

TEST(a_lower_bound_and_its_clear_are_mirrored)
{
    struct simulation s = simulation_begin();

    s.rule.has_above = false;
    s.rule.has_below = s.rule.has_clear = true;
    s.rule.below = 0.95;
    s.rule.clear = 0.97;
    tick(&s, 0.95);
    assert_int_equal(in_state(&s, ALERT_FIRING), 0);
    tick(&s, 0.94);
    tick(&s, 0.97);
    assert_int_equal(in_state(&s, ALERT_FIRING), 1);
    tick(&s, 0.98);
    assert_int_equal(in_state(&s, ALERT_RESOLVED), 1);
    simulation_end(&s);
}

TEST(the_window_must_reach_the_minimum)
{
    struct simulation s = simulation_begin();

    s.rule.min = 100;
    tick(&s, 4);
    assert_int_equal(in_state(&s, ALERT_FIRING), 1);
    s.rule.min = 100.5;
    tick(&s, 4);
    assert_int_equal(in_state(&s, ALERT_RESOLVED), 1);
    simulation_end(&s);
}

TEST(nan_is_never_true)
{
    struct simulation s = simulation_begin();

    s.rule.has_clear = true;
    s.rule.clear = 2;
    tick(&s, NAN);
    assert_int_equal(in_state(&s, ALERT_FIRING), 0);
    tick(&s, INFINITY);
    assert_int_equal(in_state(&s, ALERT_FIRING), 1);
    tick(&s, NAN);
    assert_int_equal(in_state(&s, ALERT_RESOLVED), 1);
    simulation_end(&s);
}

TEST(a_rule_without_a_bound_answers_true_or_false)
{
    struct simulation s = simulation_begin();

    s.rule.has_above = false;
    tick_begin(&s, TICK_NS);
    rules_observe(s.rules, &s.rule, (struct group_labels){2, s.group},
                  (struct answer){ANSWER_TRUE, 0}, 0);
    rules_end(s.rules);
    assert_int_equal(in_state(&s, ALERT_FIRING), 1);
    struct alert a = first_alert(&s);
    assert_string_equal(annotation_of(&a, "value"), "1");
    assert_null(annotation_of(&a, "threshold"));
    tick_begin(&s, TICK_NS);
    rules_observe(s.rules, &s.rule, (struct group_labels){2, s.group},
                  (struct answer){ANSWER_FALSE, 0}, 0);
    rules_end(s.rules);
    assert_int_equal(in_state(&s, ALERT_RESOLVED), 1);
    simulation_end(&s);
}

TEST(each_step_reached_is_an_alert_of_its_own_and_lower_ones_keep_firing)
{
    struct simulation s = simulation_begin();
    const struct alert *alerts;

    s.rule.above = 0; /* steps go before bounds */
    s.rule.step_count = 2;
    s.rule.steps[0] = (struct step){0.5, STR("info")};
    s.rule.steps[1] = (struct step){0.8, STR("warning")};
    tick(&s, 0.4);
    assert_int_equal(rules_alerts(s.rules, &alerts), 0);
    tick(&s, 0.5);
    assert_int_equal(rules_alerts(s.rules, &alerts), 1);
    tick(&s, 0.9);
    assert_int_equal(rules_alerts(s.rules, &alerts), 2);
    assert_string_equal(label_of(&alerts[0], "step"), "0.5");
    assert_string_equal(label_of(&alerts[0], "severity"), "info");
    assert_string_equal(label_of(&alerts[1], "step"), "0.8");
    assert_string_equal(label_of(&alerts[1], "severity"), "warning");
    assert_int_equal(in_state(&s, ALERT_FIRING), 2);
    tick(&s, 0.6);
    assert_int_equal(in_state(&s, ALERT_FIRING), 1);
    assert_int_equal(in_state(&s, ALERT_RESOLVED), 1);
    simulation_end(&s);
}

TEST(a_group_that_is_not_observed_any_more_is_over)
{
    struct simulation s = simulation_begin();

    tick(&s, 4);
    tick_begin(&s, TICK_NS);
    rules_end(s.rules);
    assert_int_equal(in_state(&s, ALERT_RESOLVED), 1);
    simulation_end(&s);
}

TEST(a_rule_that_failed_keeps_its_states)
{
    struct simulation s = simulation_begin();

    s.rule.hold_ns = 30 * NS_PER_SECOND;
    tick(&s, 4);
    tick_begin(&s, TICK_NS);
    rules_keep(s.rules, &s.rule);
    rules_end(s.rules);
    assert_int_equal(in_state(&s, ALERT_PENDING), 1);
    ticks(&s, 2, 4);
    assert_int_equal(in_state(&s, ALERT_FIRING), 1);
    tick_begin(&s, TICK_NS);
    rules_keep(s.rules, &s.rule);
    rules_end(s.rules);
    assert_int_equal(in_state(&s, ALERT_FIRING), 1);
    simulation_end(&s);
}

TEST(a_failure_for_one_group_holds_no_other_back)
{
    struct simulation s = simulation_begin();

    tick(&s, 4);
    tick_begin(&s, TICK_NS);
    rules_keep(s.rules, &s.rule);
    rules_observe(s.rules, &s.rule, (struct group_labels){2, s.group},
                  (struct answer){ANSWER_NUMBER, 1}, 0);
    rules_end(s.rules);
    assert_int_equal(in_state(&s, ALERT_RESOLVED), 1);
    simulation_end(&s);
}

TEST(what_has_no_room_is_refused_and_counted)
{
    struct simulation s = simulation_begin();
    size_t by_state[4];
    int64_t refused;

    rules_close(s.rules);
    s.rules = opened_rules(2);
    tick_begin(&s, TICK_NS);
    for (int i = 0; i < 5; i++) {
        char team[] = {(char)('a' + i)};
        struct pair group = {STR("team"), {team, 1}};
        rules_observe(s.rules, &s.rule, (struct group_labels){1, &group},
                      (struct answer){ANSWER_NUMBER, 4}, 0);
    }
    rules_end(s.rules);
    rules_count(s.rules, by_state, &refused);
    assert_int_equal(by_state[ALERT_FIRING], 2);
    assert_int_equal(refused, 3);
    simulation_end(&s);
}

TEST(hundreds_of_groups_come_and_go_in_the_same_memory)
{
    struct simulation s = simulation_begin();

    rules_close(s.rules);
    s.rules = opened_rules(500);
    s.rule.hold_ns = NS_PER_HOUR;
    for (int round = 0; round < 20; round++) {
        tick_begin(&s, TICK_NS);
        for (int i = 0; i < 400; i++) {
            char team[32];
            int size = snprintf(team, sizeof team, "team-%d-%d", round, i);
            struct pair group = {STR("team"), {team, (size_t)size}};
            rules_observe(s.rules, &s.rule, (struct group_labels){1, &group},
                          (struct answer){ANSWER_NUMBER, round % 2 ? 4 : 1}, 0);
        }
        rules_end(s.rules);
        assert_int_equal(in_state(&s, ALERT_PENDING), round % 2 ? 400 : 0);
    }
    simulation_end(&s);
}

static bool observe(struct simulation *s, double value)
{
    tick_begin(s, TICK_NS);
    return rules_observe(s->rules, &s->rule, (struct group_labels){2, s->group},
                         (struct answer){ANSWER_NUMBER, value}, 100);
}

static void say(struct simulation *s, double value, const char *text)
{
    const struct pair said[] = {{STR("runbook"), str_of(text)},
                                {STR("summary"), STR("S")}};

    rules_annotate(s->rules, &s->rule, (struct group_labels){2, s->group},
                   (struct answer){ANSWER_NUMBER, value}, said, 2);
}

static void expect_said(struct simulation *s, const char *runbook, const char *value)
{
    rules_end(s->rules);
    struct alert a = first_alert(s);
    assert_string_equal(annotation_of(&a, "runbook"), runbook);
    assert_string_equal(annotation_of(&a, "summary"), "S");
    assert_string_equal(annotation_of(&a, "value"), value);
}

TEST(annotations_of_a_function_are_asked_for_when_a_state_begins_and_stay)
{
    struct simulation s = simulation_begin();

    s.rule.annotates = true;
    s.rule.hold_ns = 2 * TICK_NS;
    assert_true(observe(&s, 4));
    say(&s, 4, "pending");
    expect_said(&s, "pending", "4");
    assert_false(observe(&s, 5));
    expect_said(&s, "pending", "5");
    assert_true(observe(&s, 6));
    say(&s, 6, "firing {{value}}");
    expect_said(&s, "firing 6", "6");
    restart(&s);
    assert_false(observe(&s, 7));
    expect_said(&s, "firing 7", "7");
    assert_false(observe(&s, 1));
    expect_said(&s, "firing 7", "7");
    assert_int_equal(in_state(&s, ALERT_RESOLVED), 1);
    simulation_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fires_at_once_without_a_hold_and_resolves_when_over),
        cmocka_unit_test(holds_before_it_fires),
        cmocka_unit_test(a_longer_tick_counts_toward_the_hold_once_the_options_follow),
        cmocka_unit_test(one_false_tick_resets_the_hold),
        cmocka_unit_test(
            time_in_which_the_engine_was_down_does_not_count_toward_the_hold),
        cmocka_unit_test(keeps_firing_for_a_while_after_the_condition_ended),
        cmocka_unit_test(stays_true_until_it_passes_the_clear_bound_back),
        cmocka_unit_test(a_lower_bound_and_its_clear_are_mirrored),
        cmocka_unit_test(the_window_must_reach_the_minimum),
        cmocka_unit_test(nan_is_never_true),
        cmocka_unit_test(a_rule_without_a_bound_answers_true_or_false),
        cmocka_unit_test(
            each_step_reached_is_an_alert_of_its_own_and_lower_ones_keep_firing),
        cmocka_unit_test(a_group_that_is_not_observed_any_more_is_over),
        cmocka_unit_test(a_rule_that_failed_keeps_its_states),
        cmocka_unit_test(a_failure_for_one_group_holds_no_other_back),
        cmocka_unit_test(what_has_no_room_is_refused_and_counted),
        cmocka_unit_test(hundreds_of_groups_come_and_go_in_the_same_memory),
        cmocka_unit_test(
            annotations_of_a_function_are_asked_for_when_a_state_begins_and_stay),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
