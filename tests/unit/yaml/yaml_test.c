#include "../unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "spendwarden/yaml.h"

struct fixture {
    struct arena arena;
    struct diags diags;
    struct buf text;
    struct yaml_node *root;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    arena_init(&f->arena, 0);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    arena_release(&f->arena);
    diags_release(&f->diags);
    buf_release(&f->text);
    free(f);
    return 0;
}

static const struct yaml_node *parsed(struct fixture *f, const char *text)
{
    if (!yaml_parse(&f->root, str_of(text), "f.yaml", &f->arena, &f->diags)) {
        diags_print(&f->diags, &f->text);
        fail_msg("%.*s", STR_ARG(buf_str(&f->text)));
    }
    return f->root;
}

static void assert_errors(struct fixture *f, const char *expected)
{
    diags_print(&f->diags, &f->text);
    buf_byte(&f->text, '\0');
    assert_string_equal(f->text.at, expected);
}

static void assert_refused(void **state, struct str text, const char *expected)
{
    struct fixture *f = *state;

    assert_false(yaml_parse(&f->root, text, "f.yaml", &f->arena, &f->diags));
    assert_null(f->root);
    assert_errors(f, expected);
}

static void assert_text(const struct yaml_node *n, const char *expected)
{
    assert_non_null(n);
    assert_int_equal(n->kind, YAML_SCALAR);
    assert_string_equal(n->text.at, expected);
    assert_int_equal(n->text.size, strlen(expected));
}

TEST(remembers_where_each_value_stood)
{
    const struct yaml_node *root = parsed(*state, "a: 1\nb:\n  - x\n  - {c: ü, d: z}\n");

    assert_int_equal(root->kind, YAML_MAP);
    assert_int_equal(root->count, 2);
    const struct yaml_node *list = yaml_get(root, STR("b"));
    assert_int_equal(list->kind, YAML_LIST);
    assert_int_equal(list->count, 2);
    assert_text(&list->values[0], "x");
    const struct yaml_node *d = yaml_get(&list->values[1], STR("d"));
    assert_text(d, "z");
    assert_int_equal(d->line, 4);
    assert_int_equal(d->column, 15);
    assert_null(yaml_get(root, STR("c")));
    assert_null(yaml_get(list, STR("c")));
}

TEST(reads_json)
{
    const struct yaml_node *root =
        parsed(*state, "{\"a\": [1, -2.5e3, true, null, \"t\\u00e4\\/\"],\n\t\"b\": {}}");
    const struct yaml_node *list = yaml_get(root, STR("a"));
    int64_t integer;
    double number;
    bool flag;

    assert_int_equal(list->count, 5);
    assert_true(yaml_int64(&list->values[0], &integer));
    assert_int_equal(integer, 1);
    assert_true(yaml_double(&list->values[1], &number));
    assert_float_equal(number, -2500, 0);
    assert_true(yaml_bool(&list->values[2], &flag));
    assert_true(flag);
    assert_true(yaml_is_null(&list->values[3]));
    assert_text(&list->values[4], "tä/");
    assert_int_equal(yaml_get(root, STR("b"))->count, 0);
}

TEST(an_empty_file_is_an_empty_map)
{
    static const char *const empty[] = {"", "\n\n", "# only a comment\n", "---\n"};

    for (size_t i = 0; i < sizeof empty / sizeof *empty; i++) {
        const struct yaml_node *root = parsed(*state, empty[i]);
        assert_int_equal(root->kind, YAML_MAP);
        assert_int_equal(root->count, 0);
    }
}

TEST(quoted_values_are_text_whatever_they_look_like)
{
    const struct yaml_node *root =
        parsed(*state, "a: '1'\nb: \"true\"\nc: 'null'\nd: |\n  1\n");
    int64_t integer = 7;
    double number;
    bool flag;

    assert_false(yaml_int64(yaml_get(root, STR("a")), &integer));
    assert_false(yaml_double(yaml_get(root, STR("a")), &number));
    assert_false(yaml_bool(yaml_get(root, STR("b")), &flag));
    assert_false(yaml_is_null(yaml_get(root, STR("c"))));
    assert_false(yaml_int64(yaml_get(root, STR("d")), &integer));
    assert_int_equal(integer, 7);
}

TEST(only_true_and_false_are_flags)
{
    static const char *const others[] = {"yes",  "no", "on", "off",
                                         "True", "1",  "~",  "[]"};
    bool flag = true;

    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_false(yaml_bool(parsed(*state, others[i]), &flag));
    assert_true(yaml_bool(parsed(*state, "false"), &flag));
    assert_false(flag);
}

TEST(numbers_are_decimal_and_finite)
{
    static const char *const bad[] = {"0x10", ".inf", "-.inf", ".nan",  "1e999", "e",
                                      "1e",   "1_0",  "--1",   "9 9",   "+-1",   "nan",
                                      "",     "12h",  "1.2.3", "[1, 2]"};
    double number = 7;
    int64_t integer = 7;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(yaml_double(parsed(*state, bad[i]), &number));
        assert_false(yaml_int64(parsed(*state, bad[i]), &integer));
    }
    assert_float_equal(number, 7, 0);
    assert_int_equal(integer, 7);
    assert_true(yaml_double(parsed(*state, "+0.25"), &number));
    assert_float_equal(number, 0.25, 0);
    assert_true(yaml_int64(parsed(*state, "+12"), &integer));
    assert_int_equal(integer, 12);
    assert_false(yaml_int64(parsed(*state, "9223372036854775808"), &integer));
}

TEST(reports_every_refusal_of_a_file_at_once)
{
    assert_refused(state, STR("a: &x 1\nb: *x\nc: !!str 2\na: 3\nd: \"\\0\"\n"),
                   "f.yaml:1:4: anchors (&name) are not allowed: write the value out\n"
                   "f.yaml:2:4: aliases (*name) are not allowed: write the value out\n"
                   "f.yaml:3:4: tags (!name) are not allowed\n"
                   "f.yaml:4:1: key \"a\" is already in line 1\n"
                   "f.yaml:5:4: text must not hold a NUL character\n");
}

TEST(a_second_document_is_refused)
{
    assert_refused(state, STR("a: 1\n---\nb: 2\n"),
                   "f.yaml:2:1: a second document (---) is not allowed\n");
}

TEST(a_list_cannot_be_a_key)
{
    assert_refused(state, STR("? [a, b]\n: 1\n"),
                   "f.yaml:1:3: a key must be a text, not a list or a map\n");
}

TEST(syntax_errors_have_a_place)
{
    assert_refused(
        state, STR("a: [1, 2\nb: 3\n"),
        "f.yaml:2:2: not YAML: did not find expected ',' or ']' (while parsing "
        "a flow sequence, line 1)\n");
}

TEST(a_tab_is_called_one_whatever_characters_are_before_it)
{
    assert_refused(state, STR("ä: ö\nb:\n\tc: 1\n"),
                   "f.yaml:3:1: not YAML: a tab, where YAML wants spaces (while scanning "
                   "for the next token, line 3)\n");
}

TEST(another_character_that_begins_nothing_is_no_tab)
{
    assert_refused(state, STR("ä: ö\nb: @\t\n"),
                   "f.yaml:2:4: not YAML: found character that cannot start any token "
                   "(while scanning for the next token, line 2)\n");
}

TEST(bytes_that_are_no_utf8_have_a_place)
{
    assert_refused(state, STR("a: 1\nb: ä\xff\n"),
                   "f.yaml:2:5: not YAML: invalid leading UTF-8 octet\n");
}

TEST(surrogate_pairs_of_json_are_refused_and_not_garbled)
{
    assert_refused(state, STR("{\"a\": \"\\ud83d\\ude00\"}"),
                   "f.yaml:1:10: not YAML: found invalid Unicode character escape code "
                   "(while parsing a quoted scalar, line 1)\n");
}

TEST(deep_nesting_is_refused_without_deep_work)
{
    char text[100000];

    memset(text, '[', sizeof text);
    assert_refused(state, (struct str){text, sizeof text},
                   "f.yaml:1:33: is nested too deeply\n");
}

TEST(nesting_up_to_the_limit_is_read)
{
    char text[2 * YAML_DEPTH_MAX + 1];

    memset(text, '[', YAML_DEPTH_MAX);
    memset(text + YAML_DEPTH_MAX, ']', YAML_DEPTH_MAX);
    text[2 * YAML_DEPTH_MAX] = '\0';
    assert_int_equal(parsed(*state, text)->kind, YAML_LIST);
}

TEST(a_bounded_arena_bounds_the_tree)
{
    struct fixture *f = *state;
    struct buf text = {0};

    for (int i = 0; i < 20000; i++)
        buf_format(&text, "- %d\n", i);
    arena_init(&f->arena, 128 * 1024);
    assert_false(yaml_parse(&f->root, buf_str(&text), "f.yaml", &f->arena, &f->diags));
    buf_release(&text);
    assert_errors(f, "f.yaml: needs more memory than it may have\n");
}

TEST(many_keys_are_read_in_order)
{
    struct fixture *f = *state;
    struct buf text = {0};

    for (int i = 0; i < 20000; i++)
        buf_format(&text, "key%d: %d\n", i * 7919 % 20000, i);
    assert_true(yaml_parse(&f->root, buf_str(&text), "f.yaml", &f->arena, &f->diags));
    buf_release(&text);
    assert_int_equal(f->root->count, 20000);
    assert_text(&f->root->keys[1], "key7919");
    assert_text(&f->root->values[19999], "19999");
}

TEST(a_file_that_is_missing_or_too_large_is_named)
{
    struct fixture *f = *state;
    char path[] = "/tmp/yaml_test_XXXXXX";
    int fd = mkstemp(path);

    assert_int_equal(write(fd, "a: 123456\n", 10), 10);
    close(fd);
    assert_true(yaml_load(&f->root, path, 10, &f->arena, &f->diags));
    assert_text(yaml_get(f->root, STR("a")), "123456");
    assert_false(yaml_load(&f->root, path, 9, &f->arena, &f->diags));
    unlink(path);
    assert_false(yaml_load(&f->root, "none.yaml", 9, &f->arena, &f->diags));
    assert_false(yaml_load(&f->root, "/", 9, &f->arena, &f->diags));
    assert_int_equal(f->diags.count, 3);
    assert_string_equal(f->diags.items[0].text, "is larger than 9 bytes");
    assert_string_equal(f->diags.items[1].text,
                        "cannot be read: No such file or directory");
    assert_string_equal(f->diags.items[2].text, "cannot be read: Is a directory");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(remembers_where_each_value_stood),
        CASE(reads_json),
        CASE(an_empty_file_is_an_empty_map),
        CASE(quoted_values_are_text_whatever_they_look_like),
        CASE(only_true_and_false_are_flags),
        CASE(numbers_are_decimal_and_finite),
        CASE(reports_every_refusal_of_a_file_at_once),
        CASE(a_second_document_is_refused),
        CASE(a_list_cannot_be_a_key),
        CASE(syntax_errors_have_a_place),
        CASE(a_tab_is_called_one_whatever_characters_are_before_it),
        CASE(another_character_that_begins_nothing_is_no_tab),
        CASE(bytes_that_are_no_utf8_have_a_place),
        CASE(surrogate_pairs_of_json_are_refused_and_not_garbled),
        CASE(deep_nesting_is_refused_without_deep_work),
        CASE(nesting_up_to_the_limit_is_read),
        CASE(a_bounded_arena_bounds_the_tree),
        CASE(many_keys_are_read_in_order),
        CASE(a_file_that_is_missing_or_too_large_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
