/* What is refused at load, in which words, and what is declared. */
#include "support.h"

/* Without the source, and the help behind the text. */
static void one_line_each(struct fixture *f, struct buf *out)
{
    load_errors(f);
    for (size_t i = 0; i < f->diags.count; i++) {
        const struct diag *item = &f->diags.items[i];
        buf_add(out, str_of(item->file));
        if (item->column)
            buf_format(out, ":%d:%d", item->line, item->column);
        buf_format(out, ": error[%s]: %s", item->code, item->text);
        if (item->help)
            buf_format(out, "; %s", item->help);
        buf_byte(out, '\n');
    }
    shorten_paths(f, out);
}

static void refuses(const char *text, const char *errors)
{
    struct fixture *f = fixture_new();
    struct buf got = {0};
    char policy[4096];

    snprintf(policy, sizeof policy, "policy { name = 'p' }\n%s", text);
    f->options.unchecked = false;
    add_policy(f, "p.lua", policy);
    one_line_each(f, &got);
    assert_string_equal(got.at, errors);
    buf_release(&got);
    assert_null(f->set);
    fixture_free(f);
}

TEST(every_error_names_its_line_and_what_was_meant)
{
    static const struct {
        const char *text, *errors;
    } cases[] = {
#include "refused.inc"
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        refuses(cases[i].text, cases[i].errors);
}

TEST(errors_of_all_files_come_at_once)
{
    struct fixture *f = fixture_new();

    add_policy(f, "a.lua",
               "policy { name = 'a' }\nderive('teem', {}, function() end)\n"
               "rule('R', {}, function() end)");
    add_policy(f, "b.lua", "policy { name = 'b' }\n\nthis is no Lua");
    add_policy(f, "c.lua", "derive('team', {}, function() end)");
    add_policy(f, "d.lua", "policy { name = 'a' }\nlocal x = nil .. 'x'");
    add_data(f, "broken", "a: [");
    const char *errors = load_errors(f);
    assert_non_null(strstr(
        errors, "a.lua:2: error[E201]: derive: the label: there is no field 'teem'; "
                "did you mean 'team'?\n"));
    assert_non_null(
        strstr(errors, "a.lua:3: error[E303]: rule: 'over' must be a window\n"));
    assert_non_null(strstr(errors, "b.lua:3: error[E010]: '=' expected near 'is'\n"));
    assert_non_null(strstr(
        errors, "c.lua:1: error[E101]: policy { name = ... } must come before derive\n"));
    assert_non_null(strstr(
        errors, "d.lua:1: error[E103]: policy: another file has the name 'a' already\n"));
    assert_non_null(
        strstr(errors, "d.lua:2: error[E011]: attempt to concatenate a nil value\n"));
    assert_non_null(strstr(errors, "broken.yaml:"));
    fixture_free(f);
}

TEST(files_that_cannot_be_read_are_named)
{
    struct fixture *f = fixture_new();

    add_policy_file(f, "/nonexistent/policy.lua");
    assert_string_equal(load_errors(f),
                        "/nonexistent/policy.lua: error[E001]: cannot be read: "
                        "No such file or directory\n");
    fixture_free(f);
    f = fixture_new();
    f->options.limits.file_bytes = 10;
    add_policy(f, "p.lua", "policy { name = 'p' }");
    assert_string_equal(
        load_errors(f),
        "p.lua: error[E904]: has more than 10 bytes (policies.limits.file)\n");
    fixture_free(f);
}

TEST(a_directory_gives_its_policies_by_name_and_no_other_files)
{
    struct fixture *f = fixture_new();

    add_policy(f, "b.lua", "policy { name = 'b' } classify({ 'b' }, {}, function() end)");
    add_policy(f, "a.lua", "policy { name = 'a' } classify({ 'a' }, {}, function() end)");
    add_policy(f, "a_test.lua", "no Lua");
    add_policy(f, "spendwarden.meta.lua", "no Lua either");
    add_policy(f, "..data.lua", "no Lua");
    add_policy(f, "notes.txt", "no Lua");
    f->path_count = 1;
    f->path_list[0] = f->directory;
    open_vm(f);
    const struct decls *d = policy_decls(f->set);
    assert_int_equal(d->class_count, 2);
    assert_str(d->classes[0], "a");
    fixture_free(f);
}

TEST(equal_windows_are_one_and_different_ones_are_not)
{
    struct fixture *f = fixture_new();

    add_policy(f, "p.lua",
               "policy { name = 'p' }\n"
               "local w = { sum = 'charge_usd', by = { 'team' }, over = '1h' }\n"
               "window(w) window(w)\n"
               "window { sum = 'charge_usd', by = { 'team' }, over = '60m' }\n"
               "window { sum = 'charge_usd', by = { 'tenant' }, over = '1h' }\n"
               "window { count = true, over = '1h', where = { cache_hit = true,\n"
               "  class = { 'a', 'b' }, team = false, tenant = true } }\n"
               "window { sum = 'input_tokens', over = 'week' }");
    open_vm(f);
    const struct decls *d = policy_decls(f->set);
    assert_int_equal(d->window_count, 4);
    assert_int_equal(d->windows[0].over_ns, NS_PER_HOUR);
    assert_int_equal(d->windows[0].by_count, 1);
    const struct window_decl *w = &d->windows[2];
    assert_int_equal(w->aggregate, AGGREGATE_COUNT);
    assert_int_equal(w->where_count, 4);
    assert_int_equal(w->where[0].op, WHERE_IN);
    assert_str(w->where[0].values[0], "true");
    assert_int_equal(w->where[1].value_count, 2);
    assert_int_equal(w->where[2].op, WHERE_MISSING);
    assert_int_equal(w->where[3].op, WHERE_PRESENT);
    assert_int_equal(d->windows[3].span, SPAN_CALENDAR);
    assert_int_equal(d->windows[3].period, PERIOD_WEEK);
    fixture_free(f);
}

TEST(a_rule_declares_all_of_its_options)
{
    struct fixture *f = fixture_new();

    add_policy(
        f, "p.lua",
        "policy { name = 'p' }\n"
        "local w = window { count = true, over = '5m' }\n"
        "rule('R', { over = w, below = 0.5, clear = 0.6, hold = '10m', keep = '1m',\n"
        "  min = 3, severity = 'page', labels = { b = '2', a = '1' },\n"
        "  annotations = { summary = 's' } }, function() end)\n"
        "rule('R', { over = w, steps = { { 1, 'info' }, { 2, 'page' } } },\n"
        "  function() end)");
    open_vm(f);
    const struct rule_decl *r = policy_decls(f->set)->rules;
    assert_true(r->has_below && r->below == 0.5 && r->has_clear && r->clear == 0.6);
    assert_false(r->has_above);
    assert_int_equal(r->hold_ns, 10 * NS_PER_MINUTE);
    assert_int_equal(r->keep_ns, NS_PER_MINUTE);
    assert_true(r->min == 3);
    assert_str(r->severity, "page");
    assert_str(r->labels[0].name, "a");
    assert_str(r->labels[1].value, "2");
    assert_str(r->annotations[0].value, "s");
    assert_non_null(strstr(r->where.at, "p.lua:3"));
    assert_int_equal(r[1].step_count, 2);
    assert_true(r[1].steps[1].at == 2);
    assert_str(r[1].steps[1].severity, "page");
    fixture_free(f);
}

TEST(data_is_read_only_nested_and_empty_where_the_file_is_missing)
{
    struct fixture *f = fixture_new();

    add_data(f, "map", "a: 1\nb: [x, y]\nc: { d: true, e: \"7\" }\nf: ~\ng: text\n");
    add_data(f, "gone", NULL);
    add_policy(
        f, "p.lua",
        "policy { name = 'p', data = { 'map', 'gone', 'unconfigured' } }\n"
        "local m = data.map\n"
        "assert(m.a == 1 and m.b[2] == 'y' and #m.b == 2 and m.c.d == true)\n"
        "assert(m.c.e == '7' and m.f == nil and m.g == 'text' and type(m) == 'table')\n"
        "local keys = {} for key in pairs(m) do keys[#keys + 1] = key end\n"
        "assert(table.concat(keys) == 'abcg')\n"
        "for i, value in ipairs(m.b) do assert(value == ({ 'x', 'y' })[i]) end\n"
        "assert(data.gone.x == nil and data.unconfigured.x == nil)\n"
        "assert(not pcall(function() m.a = 2 end))\n"
        "assert(not pcall(function() data.map = 2 end))\n"
        "assert(not pcall(function() return data.other end))");
    open_vm(f);
    fixture_free(f);
}

TEST(hashes_change_with_sources_and_with_data_apart)
{
    struct fixture *f = fixture_new(), *g = fixture_new();

    add_policy(f, "p.lua", "policy { name = 'p' }");
    add_policy_file(g, f->paths[0]);
    add_data(g, "d", "a: 1");
    open_vm(f);
    open_vm(g);
    assert_int_equal(policy_hash(f->set).size, 64);
    assert_true(str_eq(policy_hash(f->set), policy_hash(g->set)));
    assert_false(str_eq(policy_data_hash(f->set), policy_data_hash(g->set)));
    fixture_free(g);
    fixture_free(f);
}

TEST(pairs_goes_by_number_and_then_by_bytes_in_every_state)
{
    struct fixture *f = fixture_new();

    add_policy(f, "p.lua",
               "policy { name = 'p' }\n"
               "derive('team', {}, function()\n"
               "  local t, out = { zeta = 1, Alpha = 1, [10] = 1, [-1] = 1, beta = 1, "
               "'x' }, {}\n"
               "  for key in pairs(t) do out[#out + 1] = key end\n"
               "  return table.concat(out, ' ')\nend)");
    open_vm(f);
    new_record(f);
    decide(f);
    assert_str(f->record.ev.text[TEXT_TEAM], "-1 1 10 Alpha beta zeta");
    fixture_free(f);
}

TEST(strings_work_as_in_lua)
{
    struct fixture *f = fixture_new();

    add_policy_file(f, SOURCE_DIR "/tests/data/policy/strings.lua");
    open_vm(f);
    fixture_free(f);
}

TEST(windows_are_read_by_label_name_in_rules_only)
{
    struct fixture *f = fixture_new();
    struct str pair[2] = {STR("search"), STR("acme")};
    struct window_group both = {pair, 7, 3, 7, 100 * NS_PER_SECOND},
                        team = {pair, 5, 2, 5, 50 * NS_PER_SECOND};
    struct window_sums sums[2] = {{.at_ns = 160 * NS_PER_SECOND,
                                   .since_ns = 1,
                                   .end_ns = 160 * NS_PER_SECOND,
                                   .by_count = 2,
                                   .group_count = 1,
                                   .groups = &both}};
    struct answer answer;

    sums[1] = sums[0];
    sums[1].by_count = 1;
    sums[1].groups = &team;
    add_policy(
        f, "p.lua",
        "policy { name = 'p' }\n"
        "local both = window { sum = 'charge_usd', by = { 'team', 'tenant' }, over = "
        "'1h' }\n"
        "local team = window { sum = 'charge_usd', by = { 'team' }, over = '1h' }\n"
        "rule('R', { over = both }, function(g)\n"
        "  assert(g.value == 7 and g.count == 3 and g.age == 60)\n"
        "  assert(g.team == 'search' and g.tenant == 'acme')\n"
        "  assert(team:get(g) == 5 and team:count(g) == 2 and team:age(g) == 110)\n"
        "  assert(team:get { team = 'none' } == 0 and team:age { team = 'none' } == "
        "nil)\n"
        "  assert(not pcall(function() return g.agent end))\n"
        "  return true\nend)\n"
        "rule('S', { over = team }, function(g) return both:get(g) > 0 end)\n"
        "derive('agent', {}, function() return team:get {} end)");
    open_vm(f);
    policy_tick_begin(f->vm, sums);
    assert_true(policy_rule(f->vm, 0, &both, &answer));
    assert_int_equal(answer.kind, ANSWER_TRUE);
    assert_false(policy_rule(f->vm, 1, &team, &answer));
    policy_tick_end(f->vm);
    new_record(f);
    decide(f);
    assert_int_equal(f->record.ev.text[TEXT_AGENT].size, 0);
    assert_int_equal(failures(f, "runtime"), 2);
    fixture_free(f);
}

TEST(a_rule_that_reads_a_window_without_its_history_neither_answers_nor_fails)
{
    struct fixture *f = fixture_new();
    struct window_sums sums[2] = {{.at_ns = NS_PER_HOUR}, {.at_ns = NS_PER_HOUR}};
    struct answer answer;

    add_policy(f, "p.lua",
               "policy { name = 'p' }\n"
               "local hour = window { sum = 'charge_usd', over = '1h' }\n"
               "local day = window { sum = 'charge_usd', over = '24h' }\n"
               "rule('Reads', { over = hour }, function() return day:get() == 0 end)\n"
               "rule('Fails', { over = hour }, function() error(day:age()) end)\n"
               "rule('Catches', { over = hour }, function()\n"
               "  return pcall(function() error(day:age()) end) or true\nend)\n"
               "rule('AsksNobody', { over = hour }, function() return true end)");
    open_vm(f);
    sums[1].filling = true;
    policy_tick_begin(f->vm, sums);
    for (size_t rule = 0; rule < 3; rule++)
        assert_false(policy_rule(f->vm, rule, NULL, &answer));
    assert_true(policy_rule(f->vm, 3, NULL, &answer));
    policy_tick_end(f->vm);
    sums[1].filling = false;
    policy_tick_begin(f->vm, sums);
    assert_true(policy_rule(f->vm, 0, NULL, &answer));
    assert_int_equal(answer.kind, ANSWER_TRUE);
    policy_tick_end(f->vm);
    assert_int_equal(failures(f, "runtime"), 0);
    fixture_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_error_names_its_line_and_what_was_meant),
        cmocka_unit_test(errors_of_all_files_come_at_once),
        cmocka_unit_test(files_that_cannot_be_read_are_named),
        cmocka_unit_test(a_directory_gives_its_policies_by_name_and_no_other_files),
        cmocka_unit_test(equal_windows_are_one_and_different_ones_are_not),
        cmocka_unit_test(a_rule_declares_all_of_its_options),
        cmocka_unit_test(data_is_read_only_nested_and_empty_where_the_file_is_missing),
        cmocka_unit_test(hashes_change_with_sources_and_with_data_apart),
        cmocka_unit_test(pairs_goes_by_number_and_then_by_bytes_in_every_state),
        cmocka_unit_test(strings_work_as_in_lua),
        cmocka_unit_test(windows_are_read_by_label_name_in_rules_only),
        cmocka_unit_test(
            a_rule_that_reads_a_window_without_its_history_neither_answers_nor_fails),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
