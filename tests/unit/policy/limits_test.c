/* Each limit: what it stops, under which reason, and that the text says how to raise it.
 */
#include "support.h"

enum { POLICY_MAX = 2048 };

typedef void change_limits(struct policy_limits *l);

static struct fixture *limited(const char *body, change_limits *change)
{
    struct fixture *f = fixture_new();
    char policy[POLICY_MAX];

    snprintf(policy, sizeof policy,
             "policy { name = 'p' }\n"
             "derive({ 'team', 'agent', 'org', 'user' }, {}, function(ev)\n%s\nend)",
             body);
    if (change)
        change(&f->options.limits);
    add_policy(f, "p.lua", policy);
    open_vm(f);
    new_record(f);
    decide(f);
    return f;
}

static void stops(const char *body, change_limits *change, const char *reason,
                  const char *message)
{
    struct fixture *f = limited(body, change);
    struct policy_failure last;

    if (!policy_last_failure(f->set, STR("p"), &last))
        fail_msg("this did not fail: %s", body);
    assert_string_equal(last.reason, reason);
    if (!strstr(last.message, message))
        fail_msg("%s\ndoes not say: %s", last.message, message);
    assert_int_equal(failures(f, reason), 1);
    assert_int_equal(f->record.ev.text[TEXT_TEAM].size, 0);
    fixture_free(f);
}

TEST(a_text_may_get_so_long)
{
    static const char message[] =
        "stopped: a text gets longer than 16KiB (policies.limits.string)";

    stops("return { team = ('x'):rep(16385) }", NULL, "string",
          "p.lua:3: stopped: a text");
    stops("local s = 'x' while true do s = s .. s end", NULL, "string", message);
    stops("local t = {} for i = 1, 40 do t[i] = ('x'):rep(500) end\n"
          "return { team = table.concat(t) }",
          NULL, "string", message);
    stops("local s = ('x'):rep(9000) return { team = ('%s%s'):format(s, s) }", NULL,
          "string", message);
    stops("return { team = ('x'):rep(200):gsub('x', ('y'):rep(200)) }", NULL, "string",
          message);
    stops("pcall(string.rep, 'x', 1e9) return { team = 'caught' }", NULL, "string",
          message);
    stops("pcall(function() local s = 'x' while true do s = s .. s end end)\n"
          "return { team = 'caught' }",
          NULL, "string", message);
}

static void longer_texts(struct policy_limits *l)
{
    l->string_bytes = 100000;
}

TEST(a_text_may_be_as_long_as_the_limit_says)
{
    struct fixture *f = limited("return { team = tostring(#('x'):rep(16384)) }", NULL);

    assert_str(f->record.ev.text[TEXT_TEAM], "16384");
    fixture_free(f);
    f = limited("local s = ('x'):rep(50000)\n"
                "return { team = tostring(#(s .. s)), agent = tostring(#s:upper()) }",
                longer_texts);
    assert_str(f->record.ev.text[TEXT_TEAM], "100000");
    assert_str(f->record.ev.text[TEXT_AGENT], "50000");
    fixture_free(f);
}

static void much(struct policy_limits *l)
{
    l->call_instructions = l->event_instructions = 200 * 1000 * 1000;
}

TEST(a_table_may_get_so_large)
{
    stops("local t = {} for i = 1, 1e9 do t[i] = i end", much, "table",
          "stopped: a table gets larger than 2MiB (policies.limits.table)");
    stops("local t = {} for i = 1, 1e9 do t['k' .. i] = i end", much, "table",
          "stopped: a table gets larger than 2MiB (policies.limits.table)");
}

static void little_memory(struct policy_limits *l)
{
    much(l);
    l->memory_bytes = 8 * 1024 * 1024;
}

TEST(a_state_may_need_so_much_memory)
{
    stops("local t = {} for i = 1, 1e9 do t[i] = ('x'):rep(16000 + i) end", little_memory,
          "memory",
          "stopped: a state needs more memory than 8MiB (policies.limits.memory)");
    stops("local t = {} while true do t = { t } end", little_memory, "memory",
          "policies.limits.memory");
}

static void in_a_moment(struct policy_limits *l)
{
    much(l);
    l->call_instructions = l->event_instructions = INT64_C(1) << 40;
    l->call_ms = 1;
}

TEST(a_call_may_take_so_long)
{
    stops("while true do end", NULL, "instructions",
          "p.lua:3: stopped: a call takes more than 50000 instructions "
          "(policies.limits.call_instructions)");
    stops("while true do end", in_a_moment, "wall",
          "p.lua:3: stopped: a call takes longer than 1ms (policies.limits.call_time)");
}

static void little_left(struct policy_limits *l)
{
    l->event_instructions = 20000;
}

TEST(an_event_may_take_so_long)
{
    stops("while true do end", little_left, "instructions",
          "p.lua:3: stopped: an event, all policies together, takes more than 20000 "
          "instructions (policies.limits.event_instructions)");
}

static void short_answers(struct policy_limits *l)
{
    l->output_bytes = 600;
}

TEST(an_answer_may_have_so_much_text)
{
    static const char three[] =
        "local t = {} for _, l in ipairs { 'team', 'agent', 'org' } do\n"
        "t[l] = ('x'):rep(200) end return t, 'r'";
    struct fixture *f = limited(three, NULL);

    assert_int_equal(f->record.ev.text[TEXT_ORG].size, 200);
    fixture_free(f);
    stops(three, short_answers, "output",
          "the answer has more than 600 bytes of text (policies.limits.output)");
}

TEST(loading_a_file_has_its_own_limits)
{
    struct fixture *f = fixture_new();

    f->options.limits.load_ms = 10;
    f->options.limits.load_instructions = INT64_C(1) << 40;
    f->options.limits.data_bytes = 10;
    add_policy(f, "p.lua", "policy { name = 'p' }\nwhile true do end");
    add_policy(f, "q.lua", "policy { name = 'q' }\nlocal s = ('x'):rep(1e6)");
    add_data(f, "d", "a: 12345678");
    assert_string_equal(
        load_errors(f),
        "d.yaml: error[E904]: has more than 10 bytes (policies.limits.data)\n"
        "p.lua:2: error[E901]: stopped: loading one file takes longer than 10ms "
        "(policies.limits.load_time)\n"
        "q.lua:2: error[E901]: stopped: a text gets longer than 16KiB "
        "(policies.limits.string)\n");
    fixture_free(f);
}

static bool fits(struct fixture *f, struct str region)
{
    new_record(f)->ev.text[TEXT_REGION] = region;
    decide(f);
    return f->record.ev.text[TEXT_TEAM].size > 0;
}

/* What a state still knows of earlier calls must not decide: a text that is there already
 * need not be made. */
TEST(the_verdict_of_a_call_does_not_depend_on_what_ran_before)
{
    static const char policy[] =
        "policy { name = 'p' }\n"
        "local kept = {}\n"
        "derive('team', {}, function(ev)\n"
        "  local s = ('x'):rep(60000)\n"
        "  for i = 0, 6 do kept[i] = ev.region and s .. i end\n"
        "  for i = 1, ev.region and 0 or %d do local t = s .. i %% 7 t = s:rep(1) end\n"
        "  return 'fits'\n"
        "end)";
    int fitted = 0, tries = 0;

    for (int turns = 2; turns < 20; turns++, tries++) {
        struct fixture *f = fixture_new();
        char text[500];
        snprintf(text, sizeof text, policy, turns);
        longer_texts(&f->options.limits);
        add_policy(f, "p.lua", text);
        open_vm(f);
        bool at_first = fits(f, (struct str){0});
        assert_true(fits(f, STR("eu")));
        assert_int_equal(fits(f, (struct str){0}), at_first);
        fitted += at_first;
        fixture_free(f);
    }
    assert_in_range(fitted, 1, tries - 1);
}

/* Data is charged to nobody while it is copied into the state, which may end halfway. */
TEST(data_that_does_not_fit_leaves_the_limits_of_the_next_file_as_they_are)
{
    struct fixture *f = fixture_new();
    struct buf data = {0};

    for (int i = 0; i < 200000; i++)
        buf_format(&data, "- some text, and of each a different one: %d\n", i);
    buf_byte(&data, '\0');
    assert_false(data.failed);
    little_memory(&f->options.limits);
    add_data(f, "large", data.at);
    add_policy(f, "p.lua", "policy { name = 'p', data = { 'large' } }");
    add_policy(f, "q.lua", "policy { name = 'q' } while true do end");
    assert_string_equal(
        load_errors(f),
        "p.lua: error[E901]: stopped: a state needs more memory than 8MiB "
        "(policies.limits.memory)\n"
        "q.lua:1: error[E901]: stopped: loading one file takes more than 5000000 "
        "instructions (policies.limits.load_instructions)\n");
    buf_release(&data);
    fixture_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_may_get_so_long),
        cmocka_unit_test(a_text_may_be_as_long_as_the_limit_says),
        cmocka_unit_test(a_table_may_get_so_large),
        cmocka_unit_test(a_state_may_need_so_much_memory),
        cmocka_unit_test(a_call_may_take_so_long),
        cmocka_unit_test(an_event_may_take_so_long),
        cmocka_unit_test(an_answer_may_have_so_much_text),
        cmocka_unit_test(loading_a_file_has_its_own_limits),
        cmocka_unit_test(
            data_that_does_not_fit_leaves_the_limits_of_the_next_file_as_they_are),
        cmocka_unit_test(the_verdict_of_a_call_does_not_depend_on_what_ran_before),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
