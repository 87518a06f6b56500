/* The entry for whoever runs tests of policies from C: bounds, and results as
 * diagnostics. */
#include "../unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "spendwarden/testing.h"

struct fixture {
    char directory[64];
    struct generation *generation;
    struct testing_report report;
    struct diags diags;
};

static void write_file(const struct fixture *f, const char *name, const char *text)
{
    char path[128];

    snprintf(path, sizeof path, "%s/%s", f->directory, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static struct fixture *set_up(const char *tests)
{
    const struct generation_options options = {.bare = true};
    struct fixture *f = calloc(1, sizeof *f);

    assert_non_null(f);
    snprintf(f->directory, sizeof f->directory, "/tmp/spendwarden-testing-XXXXXX");
    assert_non_null(mkdtemp(f->directory));
    write_file(f, "policy.lua", "policy { name = 'p' }\n");
    write_file(f, "policy_test.lua", tests);
    assert_true(generation_load(&f->generation, &options, &f->diags));
    return f;
}

static void tear_down(struct fixture *f)
{
    char command[128];

    testing_release(&f->report);
    generation_release(f->generation);
    diags_release(&f->diags);
    snprintf(command, sizeof command, "rm -r %s", f->directory);
    assert_int_equal(system(command), 0);
    free(f);
}

static bool run(struct fixture *f, struct testing_options options)
{
    const char *paths[] = {f->directory};

    options.generation = f->generation;
    options.paths = paths;
    options.path_count = 1;
    return testing_run(&f->report, &options, NULL, &f->diags);
}

static bool has(const struct diags *diags, const char *text)
{
    for (size_t i = 0; i < diags->count; i++)
        if (strstr(diags->items[i].text, text))
            return true;
    return false;
}

TEST(a_failure_is_a_diagnostic_of_its_file_and_line)
{
    struct fixture *f = set_up("test('holds', function(t) t:eq(1, 1) end)\n"
                               "test('fails', function(t)\n"
                               "  t:eq({ a = 1, b = 2 }, {})\n"
                               "end)\n"
                               "test('breaks', function(t) t:nothing() end)\n");

    assert_true(run(f, (struct testing_options){0}));
    assert_int_equal(f->report.by_status[TEST_PASSED], 1);
    testing_diags(&f->report, &f->diags);
    assert_int_equal(f->diags.count, 2);
    assert_int_equal(f->diags.items[0].line, 3);
    assert_string_equal(f->diags.items[0].text,
                        "test \"fails\": .a: got 1, expected nil");
    assert_int_equal(f->diags.items[1].line, 5);
    tear_down(f);
}

TEST(instructions_of_a_test_are_bounded)
{
    struct fixture *f = set_up("test('loops', function() while true do end end)\n"
                               "test('after', function() end)\n");

    assert_true(run(f, (struct testing_options){.test_instructions = 1000000}));
    assert_int_equal(f->report.by_status[TEST_BROKEN], 1);
    assert_int_equal(f->report.by_status[TEST_PASSED], 1);
    testing_diags(&f->report, &f->diags);
    assert_true(has(&f->diags, "takes more than 1000000 instructions"));
    tear_down(f);
}

/* A minute of simulated milliseconds, then nothing. */
TEST(the_time_of_all_tests_is_bounded)
{
    struct fixture *f =
        set_up("test('slow', function(t) t:every('1ms', '2h', { team = 'a' }) end)\n"
               "test('never begins', function() end)\n");
    int64_t began_ns = timestamp_monotonic();

    assert_false(run(f, (struct testing_options){.test_ms = 60000, .total_ms = 300}));
    assert_true(timestamp_monotonic() - began_ns < 20 * NS_PER_SECOND);
    assert_int_equal(f->report.by_status[TEST_PASSED], 0);
    assert_true(has(&f->diags, "the time for all tests is over"));
    tear_down(f);
}

TEST(the_clock_does_not_run_past_its_end)
{
    struct fixture *f = set_up("test('long', function(t)\n"
                               "  t:every('1000d', '100000d', { team = 'a' })\n"
                               "end)\n");

    assert_true(run(f, (struct testing_options){0}));
    assert_int_equal(f->report.by_status[TEST_BROKEN], 1);
    testing_diags(&f->report, &f->diags);
    assert_true(has(&f->diags, "the clock goes on by 10 years at most"));
    assert_int_equal(f->diags.items[0].line, 2);
    tear_down(f);
}

/* Thousands of ticks of nine million instructions each. */
TEST(it_is_bounded_where_ticks_are_slow)
{
    struct fixture *f = set_up("test('slow', function(t)\n"
                               "  local events = {}\n"
                               "  for i = 1, 200 do events[i] = { team = 't' .. i } end\n"
                               "  t:every('1m', '1m', events)\n"
                               "  t:advance('20h')\n"
                               "end)\n");
    int64_t began_ns = timestamp_monotonic();

    write_file(
        f, "policy.lua",
        "policy { name = 'p' }\n"
        "rule('R', { over = window { count = true, by = { 'team' }, over = '24h' } },\n"
        "  function(group) for i = 1, 40000 do end return group.age < 0 end)\n");
    run(f, (struct testing_options){.test_ms = 60000, .total_ms = 300});
    assert_true(timestamp_monotonic() - began_ns < 30 * NS_PER_SECOND);
    assert_int_equal(f->report.by_status[TEST_PASSED], 0);
    tear_down(f);
}

TEST(files_that_were_not_run_for_want_of_time_have_not_passed)
{
    struct fixture *f = set_up("test('never begins', function() end)\n");

    assert_false(run(f, (struct testing_options){.total_ms = -1}));
    assert_int_equal(f->report.count, 0);
    assert_true(has(&f->diags, "the time for all tests is over"));
    tear_down(f);
}

TEST(a_file_that_does_not_load_is_told_and_the_others_run)
{
    struct fixture *f = set_up("test('holds', function(t) t:eq(1, 1) end)\n");

    write_file(f, "broken_test.lua", "test(");
    assert_false(run(f, (struct testing_options){0}));
    assert_int_equal(f->report.by_status[TEST_PASSED], 1);
    assert_int_equal(f->diags.count, 1);
    assert_non_null(strstr(f->diags.items[0].file, "broken_test.lua"));
    tear_down(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failure_is_a_diagnostic_of_its_file_and_line),
        cmocka_unit_test(instructions_of_a_test_are_bounded),
        cmocka_unit_test(the_time_of_all_tests_is_bounded),
        cmocka_unit_test(the_clock_does_not_run_past_its_end),
        cmocka_unit_test(it_is_bounded_where_ticks_are_slow),
        cmocka_unit_test(files_that_were_not_run_for_want_of_time_have_not_passed),
        cmocka_unit_test(a_file_that_does_not_load_is_told_and_the_others_run),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
