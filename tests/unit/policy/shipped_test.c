/* The policies that come with the program. */
#include "support.h"

#define POLICY(name) SOURCE_DIR "/policies/" name

static const int64_t at_ns = 500000 * NS_PER_HOUR;

static struct record *decide_now(struct fixture *f)
{
    record_book(&f->record);
    decide(f);
    return &f->record;
}

static struct fixture *attribution(void)
{
    struct fixture *f = fixture_new();

    add_policy_file(f, POLICY("attribution"));
    add_data(f, "workflow_by_key", "checkout-prod: checkout\n\"abc123\": nightly\n");
    add_data(f, "team_by_key", "checkout-prod: payments\n");
    add_data(f, "tenant_by_key", NULL);
    open_vm(f);
    return f;
}

static const char *reason_of_label(const struct record *r, unsigned label)
{
    static char text[64];
    const struct provenance *by = r->label_by[label - TEXT_LABEL_FIRST];

    snprintf(text, sizeof text, "%.*s", STR_ARG(by->reason));
    return text;
}

TEST(attribution_knows_keys_by_alias_and_by_hash)
{
    struct fixture *f = attribution();

    new_record(f)->ev.text[TEXT_KEY_ALIAS] = STR("checkout-prod");
    f->record.ev.text[TEXT_HASHED_API_KEY] = STR("abc123");
    decide_now(f);
    assert_str(f->record.ev.text[TEXT_WORKFLOW_ID], "checkout");
    assert_string_equal(reason_of_label(&f->record, TEXT_WORKFLOW_ID), "key alias");
    assert_str(f->record.ev.text[TEXT_TEAM], "payments");
    assert_int_equal(f->record.ev.text[TEXT_TENANT].size, 0);

    new_record(f)->ev.text[TEXT_HASHED_API_KEY] = STR("abc123");
    decide_now(f);
    assert_str(f->record.ev.text[TEXT_WORKFLOW_ID], "nightly");
    assert_string_equal(reason_of_label(&f->record, TEXT_WORKFLOW_ID), "hashed key");
    fixture_free(f);
}

TEST(attribution_falls_back_to_tags_and_then_to_metadata)
{
    struct fixture *f = attribution();
    struct event *ev = &new_record(f)->ev;

    ev->tags[0] = STR("urgent");
    ev->tags[1] = STR("team:search");
    ev->tag_count = 2;
    ev->metadata[0] = (struct pair){STR("team"), STR("ignored")};
    ev->metadata[1] = (struct pair){STR("tenant"), STR("acme")};
    ev->metadata[2] = (struct pair){STR("workflow"), STR("report")};
    ev->metadata_count = 3;
    decide_now(f);
    assert_str(ev->text[TEXT_TEAM], "search");
    assert_string_equal(reason_of_label(&f->record, TEXT_TEAM), "tag");
    assert_str(ev->text[TEXT_TENANT], "acme");
    assert_string_equal(reason_of_label(&f->record, TEXT_TENANT), "metadata");
    assert_str(ev->text[TEXT_WORKFLOW_ID], "report");
    fixture_free(f);
}

TEST(spend_class_tells_waste_from_prod_and_experiment)
{
    struct fixture *f = fixture_new();

    add_policy_file(f, POLICY("spend-class"));
    open_vm(f);
    new_record(f)->ev.text[TEXT_ENVIRONMENT] = STR("production");
    assert_str(decide_now(f)->class, "prod");
    f->record.class_by = NULL;
    f->record.ev.outcome = OUTCOME_FAILURE;
    assert_str(decide_now(f)->class, "prod");
    f->record.class_by = NULL;
    f->record.ev.count[COUNT_RETRY_DEPTH] = 2;
    assert_str(decide_now(f)->class, "retry_waste");
    new_record(f);
    assert_str(decide_now(f)->class, "experiment");
    assert_str(f->record.class_by->reason, "default");
    fixture_free(f);
}

TEST(budgets_exist_for_teams_with_a_limit)
{
    struct fixture *f = fixture_new();
    struct window_sums sums[32] = {0};
    struct str by[1] = {STR("search")};
    struct window_group group = {.by = by, .sum = NANO_PER_USD};
    struct money limit;
    bool has;

    add_policy_file(f, POLICY("budgets"));
    add_data(f, "budgets", "search: 2000\ncheckout: 750.5\n");
    open_vm(f);
    const struct decls *d = policy_decls(f->set);
    assert_int_equal(d->budget_count, 2);
    assert_str(d->budgets[0].name, "team-month");
    assert_str(d->budgets[0].alert, "LLMBudgetThreshold");
    assert_int_equal(d->budgets[0].group_count, 2);
    assert_str(d->budgets[0].groups[0], "checkout");
    assert_int_equal(d->budgets[0].step_count, 3);
    assert_int_equal(d->windows[d->budgets[0].window].span, SPAN_CALENDAR);
    assert_true(d->window_count <= 32);
    policy_tick_begin(f->vm, sums);
    assert_true(policy_budget(f->vm, 0, &group, &has, &limit));
    assert_true(has);
    assert_int_equal(limit.nanousd, 2000 * NANO_PER_USD);
    by[0] = STR("unknown");
    assert_true(policy_budget(f->vm, 0, &group, &has, &limit));
    assert_false(has);
    by[0] = (struct str){NULL, 0};
    assert_true(policy_budget(f->vm, 1, &group, &has, &limit));
    assert_false(has);
    policy_tick_end(f->vm);
    fixture_free(f);
}

static void refuses_budgets(const char *limits, const char *error)
{
    struct fixture *f = fixture_new();

    add_policy_file(f, POLICY("budgets"));
    add_data(f, "budgets", limits);
    const char *said = load_errors(f);
    if (strncmp(said, error, strlen(error)) != 0)
        fail_msg("%s", said);
    assert_non_null(strchr(said, '\n'));
    assert_string_equal(strchr(said, '\n'), "\n");
    fixture_free(f);
}

TEST(a_limit_that_is_no_number_is_refused_at_its_place)
{
    refuses_budgets(
        "search: 10\nsupport: 2O\n",
        "budgets.yaml:2:1: error[E112]: data.budgets['support']: a limit is a number of "
        "USD a month, 0 to 1000000000, without quotes or a unit; this is the text '2O'");
    refuses_budgets("log: lots", "budgets.yaml:1:1: error[E112]: data.budgets['log']: ");
    refuses_budgets("a: 1\nb: -5", "budgets.yaml:2:1: error[E112]: data.budgets['b']: ");
    refuses_budgets("a: \"100\"", "budgets.yaml:1:1: error[E112]: data.budgets['a']: ");
    refuses_budgets("it's: 1e10",
                    "budgets.yaml:1:1: error[E112]: data.budgets['it's']: ");
    refuses_budgets("a: [1]", "budgets.yaml:1:1: error[E112]: data.budgets['a']: ");
    refuses_budgets("[10]", "budgets.yaml: error[E112]: data.budgets: must be a map ");
    refuses_budgets("ten", "budgets.yaml: error[E112]: data.budgets: must be a map ");
}

TEST(settings_of_the_configuration_win)
{
    struct fixture *f = fixture_new();
    const struct policy_setting setting = {
        .policy = STR("spikes"), .key = STR("factor"), .value = {"4.59", 3}};

    add_policy_file(f, POLICY("spikes"));
    f->options.setting_count = 1;
    f->options.settings = &setting;
    open_vm(f);
    assert_float_equal(policy_decls(f->set)->rules[0].above, 4.5, 0);
    fixture_free(f);
}

/* --- coverage --- */

TEST(coverage_is_the_share_of_spend_with_the_label)
{
    struct fixture *f = fixture_new();
    struct window_group all = {NULL, 100 * NANO_PER_USD, 9, 100, 1},
                        known = {NULL, 90 * NANO_PER_USD, 8, 90, 1};
    struct window_sums sums[7] = {{.at_ns = at_ns, .group_count = 1, .groups = &all},
                                  {.at_ns = at_ns, .group_count = 1, .groups = &known}};
    struct answer answer;

    add_policy_file(f, POLICY("coverage"));
    open_vm(f);
    assert_int_equal(policy_decls(f->set)->window_count, 7);
    assert_str(policy_decls(f->set)->rules[0].labels[0].value, "team");
    policy_tick_begin(f->vm, sums);
    assert_true(policy_rule(f->vm, 0, &all, &answer));
    assert_float_equal(answer.number, 0.9, 1e-9);
    assert_true(policy_rule(f->vm, 1, &all, &answer));
    assert_int_equal(answer.kind, ANSWER_NUMBER);
    assert_float_equal(answer.number, 0, 0);
    assert_true(policy_rule(f->vm, 2, NULL, &answer));
    assert_int_equal(answer.kind, ANSWER_FALSE);
    policy_tick_end(f->vm);
    fixture_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(attribution_knows_keys_by_alias_and_by_hash),
        cmocka_unit_test(attribution_falls_back_to_tags_and_then_to_metadata),
        cmocka_unit_test(spend_class_tells_waste_from_prod_and_experiment),
        cmocka_unit_test(budgets_exist_for_teams_with_a_limit),
        cmocka_unit_test(a_limit_that_is_no_number_is_refused_at_its_place),
        cmocka_unit_test(settings_of_the_configuration_win),
        cmocka_unit_test(coverage_is_the_share_of_spend_with_the_label),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
