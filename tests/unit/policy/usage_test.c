/* What functions of policies were asked and took. */
#include "support.h"

#include <pthread.h>

#include "spendwarden/policy_measure.h"
#include "spendwarden/policy_usage.h"

static const char policy[] =
    "policy { name = 'p', version = '7', owner = 'finops@example.com' }\n"
    "derive('team', { needs = { 'key_alias' } }, function(ev)\n"
    "  return ev.key_alias == 'a' and 'search' end)\n"
    "classify({ 'x' }, { default = 'x' }, function(ev)\n"
    "  if ev.team == 'bad' then error('no') end\n"
    "  local n = 0\n"
    "  for i = 1, 100 do n = n + i end\nend)\n"
    "local hour = window { sum = 'charge_usd', over = '1h' }\n"
    "rule('R', { over = hour }, function() return hour:get() > 0 end)";

static struct policy_usage usage_of(const struct fixture *f, size_t function)
{
    struct policy_usage usage;

    policy_usage(f->set, function, &usage);
    return usage;
}

static void decide_one(struct fixture *f, const char *alias, const char *team)
{
    struct record *r = new_record(f);

    r->ev.text[TEXT_KEY_ALIAS] = str_of(alias);
    r->ev.text[TEXT_TEAM] = str_of(team);
    decide(f);
}

TEST(each_outcome_of_each_function_is_counted)
{
    struct fixture *f = fixture_new();

    add_policy(f, "p.lua", policy);
    open_vm(f);
    decide_one(f, "a", "");
    decide_one(f, "b", "");
    decide_one(f, "", "");
    decide_one(f, "a", "bad");
    struct policy_usage derive = usage_of(f, 0), classify = usage_of(f, 1);
    assert_int_equal(derive.outcomes[POLICY_ANSWERED], 1);
    assert_int_equal(derive.outcomes[POLICY_NIL], 1);
    assert_int_equal(derive.outcomes[POLICY_SKIPPED_NEEDS], 1);
    assert_int_equal(derive.outcomes[POLICY_SKIPPED_LABEL], 1);
    assert_int_equal(derive.outcomes[POLICY_FAILED], 0);
    assert_int_equal(classify.outcomes[POLICY_NIL], 3);
    assert_int_equal(classify.outcomes[POLICY_FAILED], 1);
    fixture_free(f);
}

TEST(rules_that_wait_for_history_are_counted_as_that)
{
    struct fixture *f = fixture_new();
    struct window_sums sums = {.at_ns = NS_PER_HOUR, .filling = true};
    struct answer answer;

    add_policy(f, "p.lua", policy);
    open_vm(f);
    policy_tick_begin(f->vm, &sums);
    assert_false(policy_rule(f->vm, 0, NULL, &answer));
    sums.filling = false;
    assert_true(policy_rule(f->vm, 0, NULL, &answer));
    policy_tick_end(f->vm);
    struct policy_usage rule = usage_of(f, 2);
    assert_int_equal(rule.outcomes[POLICY_SKIPPED_FILLING], 1);
    assert_int_equal(rule.outcomes[POLICY_NIL], 1);
    assert_true(rule.time_ns > 0);
    assert_true(rule.instructions > 0);
    fixture_free(f);
}

/* False: the estimated time is not in the order of what it took. */
static bool estimates_well(void)
{
    struct fixture *f = fixture_new();
    enum { EVENTS = 5000 };

    add_policy(f, "p.lua", policy);
    open_vm(f);
    int64_t began = timestamp_monotonic();
    for (int i = 0; i < EVENTS; i++)
        decide_one(f, "b", "");
    int64_t took = timestamp_monotonic() - began;
    struct policy_usage classify = usage_of(f, 1);
    assert_int_equal(classify.outcomes[POLICY_NIL], EVENTS);
    /* Two instructions a turn of its loop, and a few around it; the same each time. */
    assert_in_range(classify.instructions / EVENTS, 150, 450);
    assert_true(classify.time_ns > 0);
    fixture_free(f);
    return classify.time_ns <= 3 * took;
}

/* A pause of the thread counts for all the calls that the measured one stands for;
 * another try may have none in a measured one. */
TEST(time_and_instructions_are_estimated_from_samples)
{
    bool good = false;

    for (int i = 0; i < 50 && !good; i++)
        good = estimates_well();
    assert_true(good);
}

static void *decide_and_close(void *set)
{
    struct fixture *f = fixture_new();
    struct err err = {0};

    if (!policy_vm_open(&f->vm, set, &err))
        return NULL;
    for (int i = 0; i < 1000; i++)
        decide_one(f, "a", "");
    fixture_free(f);
    return set;
}

TEST(states_of_many_threads_add_up_also_when_they_are_gone)
{
    struct fixture *f = fixture_new();
    pthread_t threads[4];
    void *done;

    add_policy(f, "p.lua", policy);
    open_vm(f);
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, decide_and_close, f->set), 0);
    for (int i = 0; i < 100; i++)
        assert_in_range(usage_of(f, 0).outcomes[POLICY_ANSWERED], 0, 4000);
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], &done);
        assert_non_null(done);
    }
    decide_one(f, "a", "");
    assert_int_equal(usage_of(f, 0).outcomes[POLICY_ANSWERED], 4001);
    fixture_free(f);
}

TEST(a_policy_tells_what_it_is_and_which_windows_it_declares)
{
    struct fixture *f = fixture_new();
    const struct policy_file *files;

    add_policy(f, "p.lua", policy);
    add_policy(f, "q.lua",
               "policy { name = 'q' }\n"
               "local a = window { sum = 'charge_usd', over = '1h' }\n"
               "local b = window { sum = 'charge_usd', over = '2h' }");
    assert_string_equal(load_errors(f), "");
    assert_int_equal(policy_files(f->set, &files), 2);
    assert_true(str_eq(files[0].version, STR("7")));
    assert_true(str_eq(files[0].owner, STR("finops@example.com")));
    assert_int_equal(strlen(files[0].sha256), 64);
    assert_string_not_equal(files[0].sha256, files[1].sha256);
    assert_int_equal(files[1].version.size, 0);
    assert_true(policy_declares(f->set, 0, 0));
    assert_false(policy_declares(f->set, 0, 1));
    assert_true(policy_declares(f->set, 1, 0));
    assert_true(policy_declares(f->set, 1, 1));
    fixture_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_outcome_of_each_function_is_counted),
        cmocka_unit_test(rules_that_wait_for_history_are_counted_as_that),
        cmocka_unit_test(time_and_instructions_are_estimated_from_samples),
        cmocka_unit_test(states_of_many_threads_add_up_also_when_they_are_gone),
        cmocka_unit_test(a_policy_tells_what_it_is_and_which_windows_it_declares),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
