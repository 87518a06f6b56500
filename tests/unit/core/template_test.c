#include "../unit.h"

#include <stdio.h>
#include <string.h>

#include "../../../src/cli/template.h"

static void know(struct facts *f, const char *name, const char *text)
{
    facts_add(f, str_of(name), str_of(text));
}

/* What becomes of a template, with two facts: `a` and `b:c`. */
static bool expand(char out[200], const char *template, struct err *err)
{
    static struct facts facts;
    struct buf text = {0};

    facts.count = 0;
    know(&facts, "a", "A");
    know(&facts, "b:c", "");
    bool ok = template_expand(&text, str_of(template), &facts, err);
    snprintf(out, 200, "%.*s", STR_ARG(buf_str(&text)));
    buf_release(&text);
    return ok;
}

TEST(a_hole_is_filled_with_its_text)
{
    static const char *const cases[][2] = {
        {"", ""},
        {"no hole", "no hole"},
        {"%{a}", "A"},
        {"x%{a}y%{b:c}z%{a}\n", "xAyzA\n"},
        {"5 % 3 {a} {{%{a}}} 100%\n", "5 % 3 {a} {{A}} 100%\n"},
    };
    struct err err = {0};
    char out[200];

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_true(expand(out, cases[i][0], &err));
        assert_string_equal(out, cases[i][1]);
    }
}

TEST(a_block_stays_if_its_fact_is_known)
{
    static const char *const cases[][2] = {
        {"1\n#@ if a\n2\n#@ end\n3\n", "1\n2\n3\n"},
        {"1\n#@ if x\n2\n#@ end\n3\n", "1\n3\n"},
        {"#@ if not x\n2\n#@ end\n", "2\n"},
        {"#@ if not b:c\n2\n#@ else\n3\n#@ end\n", "3\n"},
        {"#@ if a\n2\n#@ else\n3\n#@ end\n", "2\n"},
        {"#@ if x\n#@ if a\n1\n#@ else\n2\n#@ end\n#@ else\n3\n#@ end\n4", "3\n4"},
        {"#@ if a\n#@ if x\n1\n#@ else\n2\n#@ end\n#@ else\n3\n#@ end\n", "2\n"},
        {"#@ if x\n%{nowhere}\n#@ end\n", ""}, /* what is dropped need not be known */
    };
    struct err err = {0};
    char out[200];

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_true(expand(out, cases[i][0], &err));
        assert_string_equal(out, cases[i][1]);
    }
}

TEST(a_template_that_is_wrong_is_refused_with_its_line)
{
    static const char *const cases[][2] = {
        {"1\n%{nowhere}\n", "line 2: no \"nowhere\""},
        {"%{a", "line 1: no \"\""},
        {"#@ if a\n", "not closed"},
        {"#@ end\n", "line 1: \"end\""},
        {"#@ else\n", "line 1: \"else\""},
        {"#@ unless a\n#@ end\n", "line 1: \"unless a\""},
        {"#@ if a\n#@ if a\n#@ if a\n#@ if a\n#@ if a\n#@ if a\n#@ if a\n#@ if a\n"
         "#@ if a\n",
         "line 9"},
    };
    char out[200];

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct err err = {0};
        assert_false(expand(out, cases[i][0], &err));
        assert_non_null(strstr(err.text, cases[i][1]));
    }
}

TEST(more_facts_than_there_is_room_for_are_an_error)
{
    static struct facts facts;
    struct buf text = {0};
    struct err err = {0};

    for (size_t i = 0; i <= FACTS_MAX; i++)
        know(&facts, "a", "A");
    assert_false(template_expand(&text, STR("%{a}"), &facts, &err));
    assert_non_null(strstr(err.text, "512"));
    buf_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hole_is_filled_with_its_text),
        cmocka_unit_test(a_block_stays_if_its_fact_is_known),
        cmocka_unit_test(a_template_that_is_wrong_is_refused_with_its_line),
        cmocka_unit_test(more_facts_than_there_is_room_for_are_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
