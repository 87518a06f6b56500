#include "support.h"

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

/* --- traces --- */

static void note_step(void *ctx, const struct policy_trace_step *step)
{
    buf_format(ctx, "%zu %s %.*s %s", step->function, step->stage, STR_ARG(step->label),
               step->outcome);
    if (step->missing.size)
        buf_format(ctx, " %.*s", STR_ARG(step->missing));
    if (step->message)
        buf_format(ctx, " %s: %s", step->reason, strchr(step->message, ' ') + 1);
    buf_byte(ctx, '\n');
}

TEST(a_trace_tells_what_was_asked_and_what_was_not)
{
    struct fixture *f =
        decided("derive('team', {}, function() return 'x' end)\n"
                "derive('tenant', { needs = { 'region' } }, function() return 'x' end)\n"
                "derive('workflow_id', {}, function() end)\n"
                "derive('agent', {}, function() error('no') end)\n"
                "classify({ 'a' }, {}, function() return 'a' end)\n"
                "classify({ 'b' }, {}, function() return 'b' end)\n"
                "counter('a_total', { help = 'h' }, function() return 1 end)",
                NULL);
    struct buf steps = {0};

    policy_vm_trace(f->vm, note_step, &steps);
    new_record(f)->ev.text[TEXT_TEAM] = STR("there");
    decide(f);
    buf_byte(&steps, '\0');
    assert_string_equal(steps.at, "0 derive team skipped: label present\n"
                                  "1 derive tenant skipped: needs region\n"
                                  "2 derive workflow_id nil\n"
                                  "3 derive agent failed runtime: no\n"
                                  "4 classify class answered\n"
                                  "5 classify class skipped: answered already\n"
                                  "6 counter a_total answered\n");
    buf_release(&steps);
    fixture_free(f);
}

TEST(histograms_are_effects_as_counters_are)
{
    struct fixture *f = decided(
        "histogram('acme_usd', { help = 'h', labels = { 'team' }, buckets = { 0.1, 1 } },"
        " function(ev) return ev.charge_usd, ev.team end)\n"
        "histogram('acme_nothing', { help = 'h' }, function() end)\n"
        "histogram('acme_bad', { help = 'h' }, function() return -1 end)",
        aliased);
    const struct metric_decl *metrics = policy_decls(f->set)->metrics;

    assert_int_equal(f->record.effect_count, 1);
    assert_str(f->record.effects[0].name, "acme_usd");
    assert_int_equal(f->record.effects[0].nano, 500000000);
    assert_str(f->record.effects[0].labels[0].value, "search");
    assert_int_equal(failures(f, "value"), 1);
    assert_int_equal(metrics[0].kind, METRIC_HISTOGRAM);
    assert_int_equal(metrics[0].bound_count, 2);
    assert_int_equal(metrics[0].bounds_nano[0], 100000000);
    assert_int_equal(metrics[1].bound_count, 11);
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
        cmocka_unit_test(a_trace_tells_what_was_asked_and_what_was_not),
        cmocka_unit_test(histograms_are_effects_as_counters_are),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
