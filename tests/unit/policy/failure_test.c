#include "support.h"

static void fails_as(const char *policy, const char *reason)
{
    struct fixture *f = decided(policy, aliased);

    assert_int_equal(failures(f, reason), 1);
    assert_int_equal(f->record.ev.text[TEXT_WORKFLOW_ID].size, 0);
    assert_null(f->record.class_by);
    assert_int_equal(f->record.charge.charge.nanousd, 500000000);
    assert_int_equal(f->record.charge.step_count, 0);
    assert_int_equal(f->record.effect_count, 0);
    fixture_free(f);
}

TEST(a_failing_function_leaves_the_record_as_it_was)
{
    fails_as("derive('workflow_id', {}, function(ev) return nil .. 'x' end)", "runtime");
    fails_as("derive('workflow_id', {}, function(ev) error() end)", "runtime");
    fails_as("derive('workflow_id', {}, function(ev) error({}) end)", "runtime");
    fails_as("derive('workflow_id', {}, function(ev) return ev.teem end)", "runtime");
    fails_as("derive('workflow_id', {}, function(ev) return ev.charge_usd end)",
             "runtime");
    fails_as("derive('workflow_id', {}, function(ev) ev.team = 'x' end)", "runtime");
    fails_as("derive('workflow_id', {}, function(ev) x = 1 end)", "runtime");
    fails_as("derive('workflow_id', {}, function(ev) return {} end)", "value");
    fails_as("derive('workflow_id', {}, function(ev) return 'x', {} end)", "value");
    fails_as("derive('workflow_id', {}, function(ev) return ('x'):rep(300) end)",
             "value");
    fails_as("derive('workflow_id', {}, function(ev) return '\\255' end)", "value");
    fails_as("derive('workflow_id', {}, function(ev) return '\\237\\160\\128' end)",
             "value");
    fails_as("derive({ 'workflow_id', 'tenant' }, {}, function(ev)\n"
             "  return { workflow_id = 'x', tenant = {} } end)",
             "value");
    fails_as("classify({ 'a' }, {}, function(ev) return 'b' end)", "value");
    fails_as("classify({ 'a' }, {}, function(ev) while true do end end)", "instructions");
    fails_as("classify({ 'a' }, {}, function(ev)\n"
             "  while true do pcall(function() while true do end end) end end)",
             "instructions");
    fails_as("price({}, function(ev) return -1 end)", "value");
    fails_as("price({}, function(ev) return 0/0 end)", "value");
    fails_as("price({}, function(ev) return 1e7 end)", "value");
    fails_as("price({}, function(ev) return 'free' end)", "value");
    fails_as("counter('a_total', { help = 'h' }, function(ev) return -1 end)", "value");
    fails_as("counter('a_total', { help = 'h', labels = { 'l' } },\n"
             "  function(ev) return 1, {} end)",
             "value");
    fails_as("window { name = 'w', sum = function() return 'x' end, over = '1h' }",
             "value");
}

TEST(a_kept_event_cannot_be_read_later)
{
    struct fixture *f = decided("local kept\n"
                                "derive('workflow_id', {}, function(ev)\n"
                                "  if kept then return kept.team end\n"
                                "  kept = ev end)",
                                aliased);

    assert_int_equal(failures(f, "runtime"), 0);
    new_record(f);
    decide(f);
    assert_int_equal(failures(f, "runtime"), 1);
    fixture_free(f);
}

TEST(one_policy_cannot_use_up_what_the_others_need_without_being_counted)
{
    struct fixture *f = fixture_new();
    static const char greedy[] =
        "policy { name = 'greedy' }\n"
        "for i = 1, 6 do\n"
        "  derive('agent', {}, function(ev) while true do end end)\n"
        "end\n"
        "derive('team', {}, function(ev) return 'late' end)";

    add_policy(f, "greedy.lua", greedy);
    open_vm(f);
    new_record(f);
    decide(f);
    assert_int_equal(failures(f, "instructions"), 7);
    assert_int_equal(f->record.ev.text[TEXT_TEAM].size, 0);
    fixture_free(f);
}

static void note_skipped(void *ctx, const struct policy_trace_step *step)
{
    int *skipped = ctx;

    *skipped += strcmp(step->outcome, "skipped: disabled") == 0;
}

TEST(a_disabled_policy_is_not_asked_and_the_others_are)
{
    struct fixture *f = fixture_new();
    struct policy_mask second = {0};
    int skipped = 0;

    policy_mask_add(&second, 1);
    add_policy(f, "a.lua",
               "policy { name = 'a' }\n"
               "derive('team', {}, function() return 'a' end)");
    add_policy(f, "b.lua",
               "policy { name = 'b' }\n"
               "derive('agent', {}, function() return 'b' end)");
    add_policy(f, "c.lua",
               "policy { name = 'c' }\n"
               "derive('org', {}, function() error('no') end)");
    open_vm(f);
    policy_vm_trace(f->vm, note_skipped, &skipped);
    policy_vm_disable(f->vm, &second);
    new_record(f);
    decide(f);
    assert_int_equal(skipped, 1);
    assert_str(f->record.ev.text[TEXT_TEAM], "a");
    assert_int_equal(f->record.ev.text[TEXT_AGENT].size, 0);
    assert_int_equal(f->record.marks.answered.bits[0], 1);
    assert_int_equal(f->record.marks.failed.bits[0], 1 << 2);
    fixture_free(f);
}

TEST(the_last_failure_is_kept_as_text_that_anybody_can_take)
{
    struct fixture *f = decided(
        "derive('team', {}, function() error('a\\nb\\0c\\255\\237\\160\\128') end)",
        NULL);
    struct policy_failure last;

    assert_true(policy_last_failure(f->set, STR("p"), &last));
    assert_string_equal(last.reason, "runtime");
    assert_non_null(strstr(last.message, "p.lua:2: a b"));
    assert_null(strpbrk(last.message, "\n\377\355"));
    assert_false(policy_last_failure(f->set, STR("q"), &last));
    fixture_free(f);
}

TEST(memory_is_limited_and_comes_back)
{
    struct fixture *f = fixture_new();
    static const char policy[] =
        "policy { name = 'p' }\n"
        "derive('team', {}, function(ev)\n"
        "  if not ev.region then return 'fine' end\n"
        "  local t = {} for i = 1, 1e9 do t[i] = ('x'):rep(16000) .. i end\n"
        "end)";

    f->options.limits.memory_bytes = 8 * 1024 * 1024;
    f->options.limits.call_instructions = 50 * 1000 * 1000;
    f->options.limits.event_instructions = 50 * 1000 * 1000;
    add_policy(f, "p.lua", policy);
    open_vm(f);
    for (int i = 0; i < 3; i++) {
        new_record(f)->ev.text[TEXT_REGION] = STR("eu");
        decide(f);
        assert_int_equal(failures(f, "memory"), i + 1);
        new_record(f);
        decide(f);
        assert_str(f->record.ev.text[TEXT_TEAM], "fine");
    }
    fixture_free(f);
}

TEST(the_clock_stops_what_the_instructions_do_not)
{
    struct fixture *f = fixture_new();

    f->options.limits.call_ms = 1;
    f->options.limits.call_instructions = f->options.limits.event_instructions =
        INT64_C(1) << 40;
    add_policy(f, "p.lua",
               "policy { name = 'p' }\n"
               "derive('team', {}, function() while true do end end)");
    open_vm(f);
    new_record(f);
    decide(f);
    assert_int_equal(failures(f, "wall"), 1);
    fixture_free(f);
}

static void ignore_step(void *ctx, const struct policy_trace_step *step)
{
    *(int64_t *)ctx = step->instructions;
}

TEST(a_trace_counts_exactly_and_changes_no_verdict)
{
    for (int turns = 49000; turns <= 50500; turns += 100) {
        struct fixture *f = fixture_new();
        char policy[256];
        int64_t instructions = 0;

        snprintf(policy, sizeof policy,
                 "policy { name = 'p' }\n"
                 "derive('team', {}, function() for i = 1, %d do end return 'x' end)",
                 turns);
        add_policy(f, "p.lua", policy);
        open_vm(f);
        new_record(f);
        decide(f);
        int64_t before = failures(f, "instructions");
        policy_vm_trace(f->vm, ignore_step, &instructions);
        new_record(f);
        decide(f);
        assert_int_equal(failures(f, "instructions"), 2 * before);
        assert_in_range(instructions, turns < 50000 ? turns : 49000, 51000);
        fixture_free(f);
    }
}

/* What the annotations' function of a rule says, and whether it was taken. */
static bool annotated(const char *annotations)
{
    const struct window_group group = {.value = 1};
    struct fixture *f = fixture_new();
    char text[500];

    snprintf(text, sizeof text,
             "policy { name = 'p' }\n"
             "rule('R', { over = window { count = true, over = '1h' },\n"
             "  annotations = function() return %s end }, function() return true end)\n",
             annotations);
    add_policy(f, "p.lua", text);
    open_vm(f);
    const struct window_sums sums = {.group_count = 1, .groups = &group};
    struct pair said[DECL_LABELS_MAX];
    size_t count;
    policy_tick_begin(f->vm, &sums);
    bool ok = policy_annotate(f->vm, 0, &group, (struct answer){ANSWER_TRUE, 1},
                              &f->arena, said, &count);
    policy_tick_end(f->vm);
    assert_int_equal(failures(f, "value"), !ok);
    assert_int_equal(count, ok);
    fixture_free(f);
    return ok;
}

TEST(annotations_have_names_that_every_receiver_takes)
{
    assert_true(annotated("{ run_book_2 = 'x' }"));
    assert_false(annotated("{ ['run book'] = 'x' }"));
    assert_false(annotated("{ [''] = 'x' }"));
    assert_false(annotated("{ ['2nd'] = 'x' }"));
    assert_false(annotated("{ 'x' }"));
}

/* Asks the first budget, by team, for each of them. */
static struct policy_marks asked(struct fixture *f, const char *const *teams,
                                 size_t count, bool answered[])
{
    struct window_sums sums[32] = {0};
    struct policy_marks marks;
    struct money limit;
    bool has;

    policy_tick_begin(f->vm, sums);
    for (size_t i = 0; i < count; i++) {
        struct str team = str_of(teams[i]);
        const struct window_group group = {.by = &team};
        answered[i] = policy_budget(f->vm, 0, &group, &has, &limit) && has;
    }
    policy_tick_end(f->vm);
    policy_tick_marks(f->vm, &marks);
    return marks;
}

static struct fixture *limited(const char *limit)
{
    struct fixture *f = fixture_new();
    char text[400];

    snprintf(text, sizeof text,
             "policy { name = 'p', data = { 'limits' } }\n"
             "budget('b', { by = { 'team' }, over = '1h' }, function(group)\n"
             "  local limit = data.limits[group.team]\n"
             "  %s end)\n",
             limit);
    add_policy(f, "p.lua", text);
    add_data(f, "limits",
             "search: 10\nml: 2O\ndebt: -5\nlist: [1]\nlog: \"7\"\nfree: 0\n");
    open_vm(f);
    return f;
}

static void last_says(const struct fixture *f, const char *message)
{
    struct policy_failure last;

    assert_true(policy_last_failure(f->set, STR("p"), &last));
    assert_non_null(strstr(last.message, message));
}

TEST(a_bad_limit_of_one_group_is_that_groups_failure_alone)
{
    static const char *const teams[] = {"ml", "search", "debt", "log", "list", "free"};
    struct fixture *f = limited("return limit");
    bool answered[6];

    const struct policy_marks marks = asked(f, teams, 6, answered);
    assert_false(answered[0] || answered[2] || answered[3] || answered[4]);
    assert_true(answered[1] && answered[5]);
    assert_int_equal(failures(f, "value"), 4);
    assert_true(policy_mask_empty(&marks.failed));
    assert_true(policy_mask_has(&marks.answered, 0));
    last_says(f,
              "budget b: the limit of team='list' is a table; it must be a number of ");
    asked(f, teams, 1, answered);
    last_says(f, "budget b: the limit of team='ml' is a string; ");
    asked(f, teams + 2, 1, answered);
    last_says(f, "budget b: the limit of team='debt' is -5; ");
    fixture_free(f);
}

TEST(a_tick_is_a_failure_where_a_function_fails_for_all_its_groups)
{
    static const char *const teams[] = {"ml", "debt"};
    struct fixture *f = limited("return limit");
    bool answered[2];

    const struct policy_marks marks = asked(f, teams, 2, answered);
    assert_true(policy_mask_has(&marks.failed, 0));
    assert_false(policy_mask_has(&marks.answered, 0));
    fixture_free(f);
}

TEST(an_error_for_one_group_is_no_failure_of_the_tick_but_a_limit_that_is_hit_is_one)
{
    static const char *const teams[] = {"ml", "search"};
    struct fixture *f = limited("return limit + 0");
    bool answered[2];

    struct policy_marks marks = asked(f, teams, 2, answered);
    assert_int_equal(failures(f, "runtime"), 1);
    assert_true(policy_mask_empty(&marks.failed));
    fixture_free(f);

    f = limited("while group.team == 'ml' do end return limit");
    marks = asked(f, teams, 2, answered);
    assert_true(answered[1]);
    assert_int_equal(failures(f, "instructions"), 1);
    assert_true(policy_mask_has(&marks.failed, 0));
    fixture_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failing_function_leaves_the_record_as_it_was),
        cmocka_unit_test(a_kept_event_cannot_be_read_later),
        cmocka_unit_test(
            one_policy_cannot_use_up_what_the_others_need_without_being_counted),
        cmocka_unit_test(a_disabled_policy_is_not_asked_and_the_others_are),
        cmocka_unit_test(the_last_failure_is_kept_as_text_that_anybody_can_take),
        cmocka_unit_test(annotations_have_names_that_every_receiver_takes),
        cmocka_unit_test(a_bad_limit_of_one_group_is_that_groups_failure_alone),
        cmocka_unit_test(a_tick_is_a_failure_where_a_function_fails_for_all_its_groups),
        cmocka_unit_test(
            an_error_for_one_group_is_no_failure_of_the_tick_but_a_limit_that_is_hit_is_one),
        cmocka_unit_test(memory_is_limited_and_comes_back),
        cmocka_unit_test(the_clock_stops_what_the_instructions_do_not),
        cmocka_unit_test(a_trace_counts_exactly_and_changes_no_verdict),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
