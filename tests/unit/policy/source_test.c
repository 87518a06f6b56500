/* Sources that nobody writes: they load or are refused, soon, and the file behind them is
 * looked at all the same. */
#include "support.h"

#include "spendwarden/log.h"
#include "spendwarden/timestamp.h"

enum { SECONDS_MAX = 20, MANY = 100 };

/* `before`, then `open` so many times, `middle`, `close` as often, `after`. */
struct shape {
    const char *name, *before, *open;
    int times;
    const char *middle, *close, *after;
};

static const struct shape shapes[] = {
    {"parentheses", "local x = ", "(", 200, "1", ")", ""},
    {"many parentheses", "local x = ", "(", 50000, "1", ")", ""},
    {"tables", "local x = ", "{", 20000, "", "}", ""},
    {"table fields", "local x = { ", "a = 1, ", 30000, "", "", "}"},
    {"table items", "local x = { ", "1, ", 80000, "", "", "}"},
    {"table texts", "local x = { ", "'x', ", 40000, "", "", "}"},
    {"functions", "", "local f = function() ", 3000, "", " end", ""},
    {"calls", "local f f", "(f", 5000, "", ")", ""},
    {"call chains", "local f f", "()", 100000, "", "", ""},
    {"methods", "local x = ('x')", ":rep(1)", 30000, "", "", ""},
    {"indexing", "local x = {} x", "[x", 10000, "", "]", " = 1"},
    {"fields", "local x = {} x = x", ".a", 100000, "", "", ""},
    {"negations", "local x = ", "- ", 100000, "1", "", ""},
    {"not", "local x = ", "not ", 50000, "1", "", ""},
    {"additions", "local x = 1", " + 1", 50000, "", "", ""},
    {"powers", "local x = 1", " ^ 1", 10000, "", "", ""},
    {"concatenations", "local x = 'a'", " .. 'a'", 20000, "", "", ""},
    {"comparisons", "local x = 1", " < 1", 10000, "", "", ""},
    {"and and or", "local x = 1", " and 1 or 2", 20000, "", "", ""},
    {"locals", "", "local a ", 5000, "", "", ""},
    {"names of one local", "local a", ", a", 20000, " = 1", "", ""},
    {"parameters", "local function f(a", ", a", 20000, ")", "", " end"},
    {"assignments", "local a a", ", a", 20000, " = 1", "", ""},
    {"returns", "return 1", ", 1", 50000, "", "", ""},
    {"if", "", "if 1 then ", 5000, "", " end", ""},
    {"elseif", "if 1 then ", "elseif 1 then ", 15000, "", "", " end"},
    {"while", "", "while nil do ", 5000, "", " end", ""},
    {"do", "", "do ", 20000, "", " end", ""},
    {"repeat", "", "repeat ", 5000, "", " until 1", ""},
    {"for", "", "for i = 1, 1 do ", 3000, "", " end", ""},
    {"goto", "", "goto a ", 20000, "::a::", "", ""},
    {"breaks", "while nil do ", "if 1 then break end ", 10000, "", "", " end"},
    {"semicolons", "local x ", ";", 200000, "", "", ""},
    {"comment", "--", "x", 200000, "", "", ""},
    {"long comment", "--[==[", "]=]", 60000, "]==]", "", ""},
    {"unfinished comment", "--[==[", "]=]", 60000, "", "", ""},
    {"text", "local x = '", "x", 200000, "'", "", ""},
    {"escapes", "local x = '", "\\0\\255", 30000, "'", "", ""},
    {"unfinished text", "local x = '", "x", 200000, "", "", ""},
    {"long text", "local x = [[", "]\n", 100000, "]]", "", ""},
    {"name", "local ", "x", 200000, "", "", ""},
    {"number", "local x = ", "9", 200000, "", "", ""},
    {"hexadecimal number", "local x = 0x", "f", 200000, "", "", ""},
    {"exponent", "local x = 1e", "9", 200000, "", "", ""},
    {"lines", "", "\r\n", 100000, "", "", ""},
    {"blanks", "", "\t ", 100000, "", "", ""},
    {"bytes", "", "\377\376\300\200", 10, "", "", ""},
    {"controls", "local x = '", "\001\033\177", 10, "'", "", ""},
    {"mark of UTF-8", "\357\273\277", "", 0, "local x = 1", "", ""},
    {"hash line", "#!", "x", 100, "\nlocal x = 1", "", ""},
    {"policies", "", "policy { name = 'q' } ", 2000, "", "", ""},
    {"declarations", "", "derive('team', {}, print) ", 5000, "", "", ""},
    {"windows", "local w ", "w = window { count = true, over = '5m' } ", 3000, "", "",
     ""},
    {"needs", "derive('team', { needs = {", "'team', ", 10000, "} }", "", ", print)"},
    {"classes", "classify({ ", "'a', ", 20000, "", "", "}, {}, print)"},
    {"settings", "policy { name = 'q', settings = { ", "a = 1, ", 10000, "", "", "} }"},
};

static void repeat(FILE *file, const char *text, int times)
{
    for (int i = 0; i < times; i++)
        fputs(text, file);
}

static void write_shape(const struct fixture *f, const struct shape *s)
{
    FILE *file = fopen(f->paths[0], "w");

    assert_non_null(file);
    fputs("policy { name = 'p' }\n", file);
    fputs(s->before, file);
    repeat(file, s->open, s->times);
    fputs(s->middle, file);
    repeat(file, s->close, s->times);
    fputs(s->after, file);
    fclose(file);
}

static void loads_or_is_refused(const struct shape *s, bool unchecked)
{
    int64_t start = timestamp_monotonic();
    struct fixture *f = fixture_new();
    struct err err = {0};

    f->options.unchecked = unchecked;
    f->options.limits.file_bytes = 1024 * 1024;
    add_policy(f, "shape.lua", "");
    add_policy(f, "behind.lua", "policy { name = 'behind' }\nderive('teem', {}, error)");
    write_shape(f, s);
    const char *errors = load_errors(f);
    if (!strstr(errors, "there is no field 'teem'") && f->diags.more == 0 &&
        f->diags.count < MANY)
        fail_msg("%s: %s", s->name, errors);
    if (strstr(errors, "load_time"))
        fail_msg("%s: stopped by the clock: %s", s->name, errors);
    if (!strstr(errors, "shape.lua")) { /* so it works alone */
        diags_release(&f->diags);
        f->path_count = 1;
        if (*load_errors(f) || !policy_vm_open(&f->vm, f->set, &err))
            fail_msg("%s: %s%s", s->name, load_errors(f), err.text);
    }
    fixture_free(f);
    int64_t took = timestamp_monotonic() - start;
    if (took > SECONDS_MAX * NS_PER_SECOND)
        fail_msg("%s took %lld ms", s->name, (long long)(took / NS_PER_MS));
}

TEST(a_source_of_any_shape_ends_soon)
{
    log_set_level(LOG_ERROR);
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        loads_or_is_refused(&shapes[i], true);
        loads_or_is_refused(&shapes[i], false);
    }
}

TEST(a_nul_in_a_source_is_no_end_of_it)
{
    static const char text[] = "policy { name = 'p' }\nlocal x = 'a\0b'\n"
                               "derive('team', {}, function() return #x .. '' end)\n\0";
    struct fixture *f = fixture_new();
    FILE *file;

    add_policy(f, "p.lua", "");
    file = fopen(f->paths[0], "w");
    assert_non_null(file);
    fwrite(text, 1, sizeof text - 2, file);
    fclose(file);
    open_vm(f);
    new_record(f);
    decide(f);
    assert_str(f->record.ev.text[TEXT_TEAM], "3");
    fixture_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_source_of_any_shape_ends_soon),
        cmocka_unit_test(a_nul_in_a_source_is_no_end_of_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
