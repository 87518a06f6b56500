/* What clients of the API are told, and cells of CSV. */
#include "../unit.h"

#include "../../../src/api/internal.h"

static void assert_cell(struct str text, const char *expected)
{
    struct buf out = {0};

    csv_text(&out, text);
    assert_true(str_eq(buf_str(&out), str_of(expected)));
    buf_release(&out);
}

TEST(cells_are_quoted_where_rfc_4180_wants_it)
{
    assert_cell(STR(""), "");
    assert_cell(STR("payments"), "payments");
    assert_cell(STR("a,b"), "\"a,b\"");
    assert_cell(STR("say \"hi\""), "\"say \"\"hi\"\"\"");
    assert_cell(STR("two\nlines"), "\"two\nlines\"");
    assert_cell(STR(" 1-2=3"), " 1-2=3");
}

TEST(what_a_spreadsheet_would_run_is_marked_as_text)
{
    assert_cell(STR("=1+1"), "'=1+1");
    assert_cell(STR("+cmd"), "'+cmd");
    assert_cell(STR("-2"), "'-2");
    assert_cell(STR("@SUM(A1)"), "'@SUM(A1)");
    assert_cell(STR("\t=1"), "'\t=1");
    assert_cell(STR("\r=1"), "\"'\r=1\"");
    assert_cell(STR("=HYPERLINK(\"x\",\"y\")"), "\"'=HYPERLINK(\"\"x\"\",\"\"y\"\")\"");
}

static void assert_answer(enum err_kind kind, unsigned status, const char *body)
{
    const struct err err = {kind, "say \"why\""};
    struct http_response out = {.status = 200};

    begin_data(&out); /* which is taken back */
    respond_error(&out, &err);
    assert_int_equal(out.status, status);
    assert_string_equal(out.content_type, "application/json");
    assert_true(str_eq(buf_str(&out.body), str_of(body)));
    buf_release(&out.body);
}

TEST(an_error_tells_what_kind_it_is)
{
    assert_answer(ERR_INPUT, 400,
                  "{\"status\":\"error\",\"errorType\":\"bad_data\","
                  "\"error\":\"say \\\"why\\\"\"}\n");
    assert_answer(ERR_LIMIT, 422,
                  "{\"status\":\"error\",\"errorType\":\"execution\","
                  "\"error\":\"say \\\"why\\\"\"}\n");
    assert_answer(ERR_BUSY, 503,
                  "{\"status\":\"error\",\"errorType\":\"timeout\","
                  "\"error\":\"say \\\"why\\\"\"}\n");
    assert_answer(ERR_MEMORY, 503,
                  "{\"status\":\"error\",\"errorType\":\"unavailable\","
                  "\"error\":\"say \\\"why\\\"\"}\n");
    assert_answer(ERR_IO, 500,
                  "{\"status\":\"error\",\"errorType\":\"internal\","
                  "\"error\":\"say \\\"why\\\"\"}\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cells_are_quoted_where_rfc_4180_wants_it),
        cmocka_unit_test(what_a_spreadsheet_would_run_is_marked_as_text),
        cmocka_unit_test(an_error_tells_what_kind_it_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
