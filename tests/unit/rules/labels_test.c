#include "simulation.h"

TEST(the_fingerprint_is_alertmanagers)
{
    const struct pair song[] = {{STR("fear"), STR("love is not enough")},
                                {STR("name"), STR("garland, briggs")}};
    const struct pair burn[] = {{STR("alertname"), STR("BudgetBurn")},
                                {STR("team"), STR("ml")}};

    assert_true(alert_fingerprint(NULL, 0) == 0xcbf29ce484222325u);
    assert_true(alert_fingerprint(song, 2) == 0x507a62d79ee76c9au);
    assert_true(alert_fingerprint(burn, 2) == 0xef7b8dffe841d420u);
}

TEST(labels_are_sorted_and_empty_ones_left_out)
{
    struct simulation s = simulation_begin();

    s.rule.label_count = 2;
    s.rule.labels[0] = (struct pair){STR("zone"), STR("eu")};
    s.rule.labels[1] = (struct pair){STR("team"), STR("not the group's")};
    tick(&s, 4);
    struct alert a = first_alert(&s);
    static const char *const names[] = {"alertname", "policy", "severity", "team",
                                        "zone"};
    assert_int_equal(a.label_count, 5);
    for (size_t i = 0; i < 5; i++)
        assert_true(str_eq(a.labels[i].name, str_of(names[i])));
    assert_string_equal(label_of(&a, "team"), "ml");
    assert_true(a.fingerprint == alert_fingerprint(a.labels, a.label_count));
    simulation_end(&s);
}

TEST(a_value_that_no_json_can_hold_spoils_no_batch)
{
    struct simulation s = simulation_begin();

    s.group[0].value = STR("\xff\xfe");
    s.rule.annotation_count = 1;
    s.rule.annotations[0] = (struct pair){STR("runbook"), STR("\xc0\xaf")};
    ticks(&s, 2, 4);
    assert_int_equal(in_state(&s, ALERT_FIRING), 1);
    struct alert a = first_alert(&s);
    assert_string_equal(label_of(&a, "team"), "__invalid__");
    assert_null(annotation_of(&a, "runbook"));
    simulation_end(&s);
}

TEST(annotations_are_templates_with_defaults)
{
    struct simulation s = simulation_begin();

    s.rule.annotation_count = 2;
    s.rule.annotations[0] = (struct pair){
        STR("summary"), STR("{{team}}{{tenant}} at {{ value }} over {{threshold}} {{x}")};
    s.rule.annotations[1] =
        (struct pair){STR("runbook_url"), STR("https://wiki/{{alertname}}")};
    tick(&s, 3.3000000000000003);
    struct alert a = first_alert(&s);
    assert_string_equal(annotation_of(&a, "summary"), "ml at 3.3 over 3 {{x}");
    assert_string_equal(annotation_of(&a, "runbook_url"), "https://wiki/Spike");
    assert_string_equal(annotation_of(&a, "description"),
                        "Rule Spike of policy finops (p.lua:3): value "
                        "3.3, threshold 3");
    s.rule.annotation_count = 0;
    tick(&s, 4);
    a = first_alert(&s);
    assert_string_equal(annotation_of(&a, "summary"), "Spike for team=ml: 4 is above 3");
    simulation_end(&s);
}

TEST(people_read_no_exponents)
{
    struct simulation s = simulation_begin();

    s.rule.annotation_count = 1;
    s.rule.annotations[0] = (struct pair){STR("summary"), STR("{{value}}")};
    tick(&s, 1234567.891);
    struct alert a = first_alert(&s);
    assert_string_equal(annotation_of(&a, "summary"), "1234568");
    assert_string_equal(annotation_of(&a, "value"), "1234567.891");
    simulation_end(&s);
}

TEST(numbers_have_no_digits_that_mean_nothing)
{
    struct simulation s = simulation_begin();

    s.rule.annotation_count = 1;
    s.rule.annotations[0] =
        (struct pair){STR("summary"),
                      STR("{{value:1}}, {{ value:0 }}, {{value:2}}; {{value}}; {{a:9}}")};
    tick(&s, 252.07849199999998);
    struct alert a = first_alert(&s);
    assert_string_equal(annotation_of(&a, "summary"), "252.1, 252, 252.08; 252.078; ");
    assert_string_equal(annotation_of(&a, "value"), "252.078492");
    simulation_end(&s);
}

TEST(a_group_that_has_no_label_is_said_to)
{
    static const struct pair pairs[] = {
        {STR("team"), {NULL, 0}}, {STR("user"), {NULL, 0}}, {STR("tenant"), STR("acme")}};
    const struct answer answer = {ANSWER_NUMBER, 4};
    struct simulation s = simulation_begin();

    tick_begin(&s, TICK_NS);
    rules_observe(s.rules, &s.rule, (struct group_labels){2, pairs}, answer, 100);
    rules_observe(s.rules, &s.rule, (struct group_labels){3, pairs}, answer, 100);
    rules_end(s.rules);
    const struct alert *alerts;
    assert_int_equal(rules_alerts(s.rules, &alerts), 2);
    assert_string_equal(annotation_of(&alerts[0], "summary"),
                        "Spike without team, user: 4 is above 3");
    assert_string_equal(annotation_of(&alerts[1], "summary"),
                        "Spike for tenant=acme: 4 is above 3");
    simulation_end(&s);
}

TEST(an_annotation_is_cut_at_a_character)
{
    static char text[9001];
    struct simulation s = simulation_begin();

    for (size_t i = 0; i < 9000; i += 3)
        memcpy(text + i, "\xe2\x82\xac", 3);
    s.rule.annotation_count = 1;
    s.rule.annotations[0] = (struct pair){STR("runbook"), str_of(text)};
    tick(&s, 4);
    struct alert a = first_alert(&s);
    assert_int_equal(strlen(annotation_of(&a, "runbook")), 4095);
    simulation_end(&s);
}

TEST(annotations_outlive_the_policy_that_wrote_them)
{
    struct simulation s = simulation_begin();
    char name[] = "runbook", value[] = "https://wiki";

    s.rule.annotation_count = 1;
    s.rule.annotations[0] = (struct pair){str_of(name), str_of(value)};
    tick(&s, 4);
    memset(name, 'x', sizeof name - 1);
    memset(value, 'x', sizeof value - 1);
    tick_begin(&s, TICK_NS);
    rules_keep(s.rules, &s.rule);
    rules_end(s.rules);
    struct alert a = first_alert(&s);
    assert_string_equal(annotation_of(&a, "runbook"), "https://wiki");
    simulation_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_fingerprint_is_alertmanagers),
        cmocka_unit_test(labels_are_sorted_and_empty_ones_left_out),
        cmocka_unit_test(a_value_that_no_json_can_hold_spoils_no_batch),
        cmocka_unit_test(annotations_are_templates_with_defaults),
        cmocka_unit_test(people_read_no_exponents),
        cmocka_unit_test(numbers_have_no_digits_that_mean_nothing),
        cmocka_unit_test(a_group_that_has_no_label_is_said_to),
        cmocka_unit_test(an_annotation_is_cut_at_a_character),
        cmocka_unit_test(annotations_outlive_the_policy_that_wrote_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
