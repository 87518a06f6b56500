#include "simulation.h"

TEST(a_firing_alert_is_sent_at_once_and_then_each_minute)
{
    struct simulation s = simulation_begin();
    const struct alert *alerts;

    tick(&s, 4);
    assert_int_equal(rules_due(s.rules, &alerts), 1);
    assert_true(alerts[0].changed);
    assert_int_equal(due(&s), 0);
    for (int i = 0; i < 3; i++) {
        tick(&s, 4);
        assert_int_equal(due(&s), 0);
    }
    tick(&s, 5);
    assert_int_equal(rules_due(s.rules, &alerts), 1);
    assert_false(alerts[0].changed);
    assert_string_equal(annotation_of(&alerts[0], "value"), "5");
    simulation_end(&s);
}

TEST(a_resolved_alert_is_sent_for_fifteen_minutes)
{
    struct simulation s = simulation_begin();
    size_t sent = 0;

    tick(&s, 4);
    assert_int_equal(due(&s), 1);
    tick(&s, 1);
    for (int i = 0; i <= 60; i++) { /* 15 min of ticks, both ends */
        sent += due(&s);
        assert_int_equal(in_state(&s, ALERT_RESOLVED), 1);
        if (i < 60)
            tick(&s, 1);
    }
    assert_int_equal(sent, 16);
    tick(&s, 1);
    assert_int_equal(in_state(&s, ALERT_RESOLVED), 0);
    assert_int_equal(due(&s), 0);
    simulation_end(&s);
}

TEST(resolved_retention_ends_for_a_rule_that_keeps_failing)
{
    struct simulation s = simulation_begin();

    tick(&s, 4);
    tick(&s, 1);
    for (int i = 0; i <= 60; i++) {
        tick_begin(&s, TICK_NS);
        rules_keep(s.rules, &s.rule);
        rules_end(s.rules);
    }
    assert_int_equal(in_state(&s, ALERT_RESOLVED), 0);
    simulation_end(&s);
}

TEST(the_other_steps_are_sent_with_the_one_that_changed)
{
    struct simulation s = simulation_begin();
    const struct alert *alerts;

    tick_budget(&s, 500, 1000);
    assert_int_equal(due(&s), 1);
    tick_budget(&s, 800, 1000);
    assert_int_equal(rules_due(s.rules, &alerts), 2);
    assert_false(alerts[0].changed);
    assert_true(alerts[1].changed);
    simulation_end(&s);
}

/* Runs a life of one alert, with a restart before tick `at` (-1: none), and writes down
 * after each tick what a receiver would see. */
static void live(int at, char *log, size_t size)
{
    static const double values[] = {1, 4, 4, 4, 4, 1, 1, 1, 4, 4, 1, 1, 1, 1, 1, 4, 4, 4};
    struct simulation s = simulation_begin();
    size_t used = 0;

    s.rule.hold_ns = 30 * NS_PER_SECOND;
    s.rule.keep_ns = 15 * NS_PER_SECOND;
    s.rule.has_clear = true;
    s.rule.clear = 2;
    for (int i = 0; i < (int)(sizeof values / sizeof *values); i++) {
        const struct alert *alerts;
        if (i == at)
            restart(&s);
        tick(&s, values[i]);
        size_t count = rules_due(s.rules, &alerts);
        used += (size_t)snprintf(log + used, size - used, "%d:", i);
        for (size_t j = 0; j < count; j++)
            used += (size_t)snprintf(log + used, size - used,
                                     " %d%d %lld %lld %016llx %s", alerts[j].state,
                                     alerts[j].changed, (long long)alerts[j].starts_ns,
                                     (long long)alerts[j].resolved_ns,
                                     (unsigned long long)alerts[j].fingerprint,
                                     annotation_of(&alerts[j], "summary"));
        used += (size_t)snprintf(log + used, size - used, " p%zu f%zu r%zu\n",
                                 in_state(&s, ALERT_PENDING), in_state(&s, ALERT_FIRING),
                                 in_state(&s, ALERT_RESOLVED));
    }
    simulation_end(&s);
}

TEST(a_restart_at_any_point_of_its_life_changes_nothing)
{
    char expected[8192], actual[8192];

    live(-1, expected, sizeof expected);
    assert_non_null(strstr(expected, "f1"));
    assert_non_null(strstr(expected, "r1"));
    for (int at = 0; at < 18; at++) {
        live(at, actual, sizeof actual);
        assert_string_equal(actual, expected);
    }
}

TEST(a_restart_neither_resolves_nor_fires_again_what_goes_on)
{
    struct simulation s = simulation_begin();
    const struct alert_change *changes;

    tick(&s, 4);
    int64_t starts_ns = s.now_ns;
    assert_int_equal(due(&s), 1);
    restart(&s);
    assert_int_equal(first_alert(&s).starts_ns, starts_ns);
    s.now_ns += 4 * NS_PER_MINUTE;
    tick(&s, 4);
    assert_int_equal(rules_changes(s.rules, &changes), 0);
    const struct alert *alerts;
    assert_int_equal(rules_due(s.rules, &alerts), 1); /* a resend, not news */
    assert_false(alerts[0].changed);
    assert_int_equal(alerts[0].starts_ns, starts_ns);
    simulation_end(&s);
}

static bool saves(struct simulation *s)
{
    struct buf saved = {0};
    bool unsaved = rules_unsaved(s->rules);

    if (unsaved) {
        rules_save(s->rules, &saved);
        assert_true(rules_unsaved(s->rules)); /* until it is durable */
        rules_saved(s->rules);
    }
    assert_false(rules_unsaved(s->rules));
    buf_release(&saved);
    return unsaved;
}

TEST(it_asks_to_be_saved_for_changes_and_after_they_were_sent)
{
    struct simulation s = simulation_begin();

    s.rule.hold_ns = 30 * NS_PER_SECOND;
    tick(&s, 1);
    assert_false(saves(&s));
    tick(&s, 4);
    assert_true(saves(&s));
    tick(&s, 4); /* held time counts up */
    assert_true(saves(&s));
    tick(&s, 4);
    assert_true(saves(&s));
    assert_int_equal(due(&s), 1);
    assert_false(saves(&s)); /* it may be on its way yet */
    rules_delivered(s.rules);
    assert_true(saves(&s));
    ticks(&s, 4, 4);
    assert_int_equal(due(&s), 1); /* a resend */
    assert_false(saves(&s));
    simulation_end(&s);
}

TEST(what_was_not_delivered_is_told_again_after_a_restart)
{
    struct simulation s = simulation_begin();
    const struct alert *alerts;
    struct buf saved = {0};

    tick(&s, 4);
    assert_int_equal(due(&s), 1);
    rules_save(s.rules, &saved);
    rules_close(s.rules);
    s.rules = opened_rules(s.max_alerts);
    assert_true(rules_load(s.rules, buf_str(&saved), NULL));
    tick(&s, 4);
    assert_int_equal(rules_due(s.rules, &alerts), 1);
    assert_true(alerts[0].changed);
    buf_release(&saved);
    simulation_end(&s);
}

static void refuses(const char *state)
{
    struct simulation s = simulation_begin();
    struct err err = {0};
    const struct alert *alerts;

    assert_false(rules_load(s.rules, str_of(state), &err));
    assert_int_equal(err.kind, ERR_INPUT);
    assert_int_equal(rules_alerts(s.rules, &alerts), 0);
    tick(&s, 4);
    assert_int_equal(in_state(&s, ALERT_FIRING), 1);
    simulation_end(&s);
}

TEST(garbage_is_a_clean_error_and_leaves_it_empty)
{
    refuses("");
    refuses("\x00\xff");
    refuses("[]");
    refuses("{}");
    refuses("{\"version\":2,\"tick_ns\":0,\"refused\":0,\"alerts\":[]}");
    refuses("{\"version\":1,\"tick_ns\":-1,\"refused\":0,\"alerts\":[]}");
    refuses("{\"version\":1,\"tick_ns\":1,\"refused\":0,\"alerts\":{}}");
    refuses("{\"version\":1,\"tick_ns\":1,\"refused\":0,\"alerts\":[null]}");
    refuses("{\"version\":1,\"tick_ns\":1,\"refused\":0,\"alerts\":[{\"policy\":\"p\","
            "\"rule\":\"r\",\"labels\":{\"a\":1}}]}");
    refuses("{\"version\":1,\"tick_ns\":1,\"refused\":0,\"alerts\":[{\"policy\":\"p\","
            "\"rule\":\"r\",\"labels\":{\"a\":\"1\"}}]}");
}

TEST(every_cut_of_a_saved_state_is_a_clean_error)
{
    struct simulation s = simulation_begin();
    struct buf saved = {0};

    tick_budget(&s, 900, 1000);
    rules_save(s.rules, &saved);
    for (size_t size = 0; size < saved.size; size++) {
        struct err err = {0};
        assert_false(rules_load(s.rules, (struct str){saved.at, size}, &err));
        assert_int_equal(err.kind, ERR_INPUT);
    }
    assert_true(rules_load(s.rules, buf_str(&saved), NULL));
    assert_int_equal(in_state(&s, ALERT_FIRING), 2);
    buf_release(&saved);
    simulation_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_firing_alert_is_sent_at_once_and_then_each_minute),
        cmocka_unit_test(a_resolved_alert_is_sent_for_fifteen_minutes),
        cmocka_unit_test(resolved_retention_ends_for_a_rule_that_keeps_failing),
        cmocka_unit_test(the_other_steps_are_sent_with_the_one_that_changed),
        cmocka_unit_test(a_restart_at_any_point_of_its_life_changes_nothing),
        cmocka_unit_test(a_restart_neither_resolves_nor_fires_again_what_goes_on),
        cmocka_unit_test(what_was_not_delivered_is_told_again_after_a_restart),
        cmocka_unit_test(it_asks_to_be_saved_for_changes_and_after_they_were_sent),
        cmocka_unit_test(garbage_is_a_clean_error_and_leaves_it_empty),
        cmocka_unit_test(every_cut_of_a_saved_state_is_a_clean_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
