#include "../unit.h"

#include "spendwarden/diag.h"
#include "spendwarden/err.h"

#include <errno.h>

TEST(prints_in_order_of_place)
{
    struct diags d = {0};
    struct buf out = {0};

    diags_add(&d, "b.lua", 2, 0, "second\nfile");
    diags_add(&d, "a.yaml", 10, 1, "ten");
    diags_add(&d, "a.yaml", 9, 7, "nine, %d", 7);
    diags_add(&d, "a.yaml", 9, 3, "nine, 3");
    diags_add(&d, "a.yaml", 0, 0, "whole");
    diags_add_code(&d, "E012", "c.lua", 3, 4, "wrong %s", "name");
    diags_add_code(&d, "W401", "c.lua", 5, 0, "many");
    assert_false(d.items[5].warning);
    assert_true(d.items[6].warning);
    diags_print(&d, &out);
    assert_true(str_eq(buf_str(&out), STR("a.yaml: whole\n"
                                          "a.yaml:9:3: nine, 3\n"
                                          "a.yaml:9:7: nine, 7\n"
                                          "a.yaml:10:1: ten\n"
                                          "b.lua:2: second file\n"
                                          "c.lua:3:4: error[E012]: wrong name\n"
                                          "c.lua:5: warning[W401]: many\n")));
    buf_release(&out);
    diags_release(&d);
    diags_release(&d);
}

TEST(shows_the_source_and_the_help_below_the_text)
{
    struct diag item = {.file = (char *)"a.lua",
                        .line = 2,
                        .column = 8,
                        .end_column = 14,
                        .code = "E201",
                        .text = (char *)"no 'teem'",
                        .help = (char *)"did you mean 'team'?",
                        .excerpt = (char *)"    derive(\"teem\")\n           ^^^^^^\n"};
    struct diags d = {0};
    struct buf out = {0};

    diags_add_copy(&d, &item);
    diags_add_code(&d, "W401", "a.lua", 3, 1, "many");
    assert_ptr_not_equal(d.items[0].help, item.help);
    assert_int_equal(d.items[0].end_column, 14);
    assert_int_equal(diags_errors(&d), 1);
    diags_print(&d, &out);
    assert_true(str_eq(buf_str(&out), STR("a.lua:2:8: error[E201]: no 'teem'\n"
                                          "    derive(\"teem\")\n"
                                          "           ^^^^^^\n"
                                          "    help: did you mean 'team'?\n"
                                          "a.lua:3:1: warning[W401]: many\n")));
    buf_release(&out);
    diags_release(&d);
}

TEST(counts_what_it_does_not_keep)
{
    struct diags d = {0};
    struct buf out = {0};
    const struct str end = STR("and 50 more\n");

    for (int i = 0; i < DIAGS_MAX + 50; i++)
        diags_add(&d, "f", i + 1, 1, "x");
    assert_int_equal(d.count, DIAGS_MAX);
    diags_print(&d, &out);
    assert_true(str_eq(str_from(buf_str(&out), out.size - end.size), end));
    buf_release(&out);
    diags_release(&d);
}

TEST(the_first_cause_of_a_failure_stays)
{
    struct err err = {0};

    errno = ENOENT;
    assert_false(err_set(&err, ERR_IO, "%s: %m", "file"));
    assert_false(err_set(&err, ERR_MEMORY, "later"));
    assert_int_equal(err.kind, ERR_IO);
    assert_string_equal(err.text, "file: No such file or directory");
    assert_false(err_set(NULL, ERR_IO, "nobody asks"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prints_in_order_of_place),
        cmocka_unit_test(shows_the_source_and_the_help_below_the_text),
        cmocka_unit_test(counts_what_it_does_not_keep),
        cmocka_unit_test(the_first_cause_of_a_failure_stays),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
