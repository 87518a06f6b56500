#include "support.h"

/* One policy, one record that `fill` prepares, decided. */
static struct fixture *decided(const char *policy, void (*fill)(struct record *r))
{
    struct fixture *f = fixture_new();
    char text[8192];

    snprintf(text, sizeof text, "policy { name = 'p' }\n%s", policy);
    add_policy(f, "p.lua", text);
    open_vm(f);
    new_record(f);
    if (fill)
        fill(&f->record);
    record_book(&f->record);
    decide(f);
    return f;
}

static void aliased(struct record *r)
{
    static struct provenance gateway = {.from = FROM_GATEWAY};

    r->ev.text[TEXT_KEY_ALIAS] = STR("checkout-prod");
    r->ev.text[TEXT_TEAM] = STR("search");
    *record_label_by(r, TEXT_TEAM) = &gateway;
    r->ev.text[TEXT_REQUESTED_MODEL] = STR("gpt-big");
    r->ev.count[COUNT_INPUT_TOKENS] = 1000;
    r->ev.count[COUNT_OUTPUT_TOKENS] = 20;
    r->ev.start_ns = 10 * NS_PER_SECOND;
    r->ev.end_ns = 12 * NS_PER_SECOND;
    r->ev.tags[0] = STR("team:x");
    r->ev.tags[1] = STR("fast");
    r->ev.tag_count = 2;
    r->ev.metadata[0] = (struct pair){STR("job"), STR("nightly")};
    r->ev.metadata_count = 1;
    r->charge.charge = r->charge.billed = (struct money){500000000};
    r->charge.status = PRICE_EXACT;
}

TEST(derive_fills_a_missing_label_and_says_why)
{
    struct fixture *f =
        decided("derive('workflow_id', { needs = { 'key_alias' } }, function(ev)\n"
                "  return ev.key_alias:match('^(%a+)-'), 'key alias' end)",
                aliased);
    const struct provenance *by = *record_label_by(&f->record, TEXT_WORKFLOW_ID);

    assert_str(f->record.ev.text[TEXT_WORKFLOW_ID], "checkout");
    assert_int_equal(by->from, FROM_POLICY);
    assert_str(by->policy, "p");
    assert_str(by->reason, "key alias");
    assert_non_null(strstr(by->rule.at, "p.lua:2"));
    assert_int_equal(by->was.size, 0);
    fixture_free(f);
}

TEST(derive_leaves_what_the_gateway_said_unless_it_overrides)
{
    struct fixture *f =
        decided("derive('team', {}, function() return 'other' end)", aliased);
    assert_str(f->record.ev.text[TEXT_TEAM], "search");
    fixture_free(f);

    f = decided("derive('team', { override = true }, function() return 'other' end)",
                aliased);
    assert_str(f->record.ev.text[TEXT_TEAM], "other");
    assert_str((*record_label_by(&f->record, TEXT_TEAM))->was, "search");
    fixture_free(f);
}

TEST(derive_answers_for_several_labels_with_a_table)
{
    struct fixture *f =
        decided("derive({ 'team', 'tenant', 'cost_centre' }, {}, function()\n"
                "  return { team = 'ignored', tenant = 'acme', cost_centre = 42 },"
                " 'contract' end)",
                aliased);

    assert_str(f->record.ev.text[TEXT_TEAM], "search");
    assert_str(f->record.ev.text[TEXT_TENANT], "acme");
    assert_str(f->record.ev.text[TEXT_DECLARED_FIRST], "42");
    assert_str((*record_label_by(&f->record, TEXT_TENANT))->reason, "contract");
    fixture_free(f);
}

TEST(the_first_derive_that_answers_wins_and_later_ones_see_it)
{
    struct fixture *f = decided(
        "derive('workflow_id', {}, function() return nil end)\n"
        "derive('workflow_id', {}, function() return 'first' end)\n"
        "derive('workflow_id', {}, function() return 'second' end)\n"
        "derive('tenant', { needs = { 'workflow_id' } }, function(ev)\n"
        "  return ev.workflow_id .. '-tenant' end)\n"
        "derive('agent', { needs = { 'region' } }, function() return 'never' end)",
        aliased);

    assert_str(f->record.ev.text[TEXT_WORKFLOW_ID], "first");
    assert_str(f->record.ev.text[TEXT_TENANT], "first-tenant");
    assert_int_equal(f->record.ev.text[TEXT_AGENT].size, 0);
    fixture_free(f);
}

TEST(an_event_shows_its_fields_in_units_of_people)
{
    struct fixture *f = decided(
        "classify({ 'yes' }, {}, function(ev)\n"
        "  assert(ev.retry_depth == 0 and ev.cache_read_tokens == nil)\n"
        "  assert(ev.total_tokens == 1020 and ev.input_tokens == 1000)\n"
        "  assert(ev.duration_seconds == 2 and ev.start == 10 and ev.time == 12)\n"
        "  assert(ev.charge_usd == 0.5 and ev.computed_usd == nil)\n"
        "  assert(ev.status == 'success' and ev.cache_hit == false and ev.stream == "
        "false)\n"
        "  assert(ev.price_status == 'exact' and ev.region == nil)\n"
        "  assert(ev.requested_model_usd == 2)\n"
        "  assert(ev:has_tag('fast') and not ev:has_tag('slow'))\n"
        "  assert(#ev.tags == 2 and ev.tags[1] == 'team:x' and ev.tags[3] == nil)\n"
        "  assert(ev.metadata.job == 'nightly' and ev.metadata.none == nil)\n"
        "  local seen = {} for i, tag in ipairs(ev.tags) do seen[i] = tag end\n"
        "  assert(table.concat(seen, ' ') == 'team:x fast')\n"
        "  return 'yes' end)",
        aliased);

    assert_int_equal(failures(f, "runtime"), 0);
    assert_str(f->record.class, "yes");
    fixture_free(f);
}

TEST(the_first_class_wins_and_one_default_fills_in)
{
    static const char policy[] =
        "classify({ 'a', 'b' }, { default = 'b' }, function(ev)\n"
        "  if ev.key_alias then return 'a', 'has an alias' end end)\n"
        "classify({ 'c' }, {}, function(ev) if ev.team then return 'c' end end)";
    struct fixture *f = decided(policy, aliased);
    assert_str(f->record.class, "a");
    assert_str(f->record.class_by->reason, "has an alias");
    fixture_free(f);

    f = decided(policy, NULL);
    assert_str(f->record.class, "b");
    assert_str(f->record.class_by->reason, "default");
    fixture_free(f);
}

TEST(prices_are_changed_one_after_the_other_and_each_step_is_kept)
{
    struct fixture *f = decided(
        "price({}, function(ev) return ev.charge_usd * 0.5, 'contract' end)\n"
        "price({ of = 'billed' }, function(ev) return ev.billed_usd * 2, 'markup' end)\n"
        "price({}, function(ev) return ev.charge_usd / 2 end)\n"
        "price({ needs = { 'region' } }, function() return 0 end)",
        aliased);
    const struct charge *c = &f->record.charge;

    assert_int_equal(c->charge.nanousd, 125000000);
    assert_int_equal(c->billed.nanousd, 500000000);
    assert_int_equal(c->step_count, 3);
    assert_int_equal(c->steps[0].before.nanousd, 500000000);
    assert_int_equal(c->steps[0].after.nanousd, 250000000);
    assert_str(c->steps[0].by->reason, "contract");
    assert_true(c->steps[1].billed);
    fixture_free(f);
}

TEST(counters_and_windows_with_functions_become_effects)
{
    struct fixture *f = decided(
        "counter('acme_spend_usd_total', { help = 'h', labels = { 'team', 'none' } },\n"
        "  function(ev) return ev.charge_usd, ev.team end)\n"
        "counter('acme_never_total', { help = 'h' }, function(ev) end)\n"
        "window { name = 'long', sum = 'charge_usd', by = { 'team' }, over = '1h',\n"
        "  where = function(ev) return ev.duration_seconds > 1 end }\n"
        "window { name = 'double', sum = function(ev) return ev.charge_usd * 2 end,\n"
        "  over = 'day' }\n"
        "window { name = 'calls', count = true, over = '1h',\n"
        "  where = function(ev) return ev.class == nil end }",
        aliased);
    const struct effect *e = f->record.effects;

    assert_int_equal(f->record.effect_count, 4);
    assert_str(e[0].name, "acme_spend_usd_total");
    assert_int_equal(e[0].nano, 500000000);
    assert_int_equal(e[0].label_count, 2);
    assert_str(e[0].labels[0].value, "search");
    assert_int_equal(e[0].labels[1].value.size, 0);
    assert_str(e[1].name, "window:long");
    assert_int_equal(e[1].nano, 500000000);
    assert_str(e[1].labels[0].name, "team");
    assert_str(e[1].labels[0].value, "search");
    assert_int_equal(e[2].nano, 1000000000);
    assert_str(e[3].name, "window:calls");
    assert_int_equal(e[3].nano, 1000000000);
    fixture_free(f);
}

/* --- failures --- */

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

TEST(a_function_that_only_fails_is_disabled_and_says_so_once)
{
    struct fixture *f = decided("derive('team', {}, function(ev) error('no') end)", NULL);

    for (int i = 0; i < 150; i++) {
        new_record(f);
        decide(f);
    }
    assert_int_equal(failures(f, "runtime"), 100);
    assert_int_equal(failures(f, "disabled"), 1);
    fixture_free(f);
}

TEST(memory_is_limited_and_comes_back)
{
    struct fixture *f = fixture_new();
    static const char policy[] =
        "policy { name = 'p' }\n"
        "derive('team', {}, function(ev)\n"
        "  if not ev.region then return 'fine' end\n"
        "  local t = {} for i = 1, 1e9 do t[i] = ('x'):rep(60000) .. i end\n"
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

/* --- traces --- */

static void note_step(void *ctx, const struct policy_trace_step *step)
{
    buf_format(ctx, "%s %.*s %s\n", step->stage, STR_ARG(step->label), step->outcome);
}

TEST(a_trace_tells_what_was_asked_and_what_was_not)
{
    struct fixture *f =
        decided("derive('team', {}, function() return 'x' end)\n"
                "derive('tenant', { needs = { 'region' } }, function() return 'x' end)\n"
                "derive('workflow_id', {}, function() end)\n"
                "derive('agent', {}, function() error('no') end)\n"
                "classify({ 'a' }, {}, function() return 'a' end)\n"
                "counter('a_total', { help = 'h' }, function() return 1 end)",
                NULL);
    struct buf steps = {0};

    policy_vm_trace(f->vm, note_step, &steps);
    new_record(f)->ev.text[TEXT_TEAM] = STR("there");
    decide(f);
    buf_byte(&steps, '\0');
    assert_string_equal(steps.at, "derive team skipped: label present\n"
                                  "derive tenant skipped: needs\n"
                                  "derive workflow_id nil\n"
                                  "derive agent failed\n"
                                  "classify class answered\n"
                                  "counter a_total answered\n");
    buf_release(&steps);
    fixture_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(derive_fills_a_missing_label_and_says_why),
        cmocka_unit_test(derive_leaves_what_the_gateway_said_unless_it_overrides),
        cmocka_unit_test(derive_answers_for_several_labels_with_a_table),
        cmocka_unit_test(the_first_derive_that_answers_wins_and_later_ones_see_it),
        cmocka_unit_test(an_event_shows_its_fields_in_units_of_people),
        cmocka_unit_test(the_first_class_wins_and_one_default_fills_in),
        cmocka_unit_test(prices_are_changed_one_after_the_other_and_each_step_is_kept),
        cmocka_unit_test(counters_and_windows_with_functions_become_effects),
        cmocka_unit_test(a_failing_function_leaves_the_record_as_it_was),
        cmocka_unit_test(a_kept_event_cannot_be_read_later),
        cmocka_unit_test(
            one_policy_cannot_use_up_what_the_others_need_without_being_counted),
        cmocka_unit_test(a_function_that_only_fails_is_disabled_and_says_so_once),
        cmocka_unit_test(memory_is_limited_and_comes_back),
        cmocka_unit_test(the_clock_stops_what_the_instructions_do_not),
        cmocka_unit_test(a_trace_counts_exactly_and_changes_no_verdict),
        cmocka_unit_test(a_trace_tells_what_was_asked_and_what_was_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
