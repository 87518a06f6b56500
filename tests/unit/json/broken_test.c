#include "reading.h"

TEST(survives_a_nesting_bomb)
{
    enum { DEPTH = 200000 };
    struct buf body = {0};

    buf_add(&body, STR("[{\"bomb\":"));
    for (int i = 0; i < DEPTH; i++)
        buf_add(&body, STR("[{\"x\":"));
    struct reading *r = begin(body.at, body.size);
    assert_error(r, true);
    assert_false(next(r));
    end(r);
    buf_add(&body, STR("1"));
    for (int i = 0; i < DEPTH; i++)
        buf_add(&body, STR("}]"));
    buf_add(&body, STR(",\"a\":3},{\"a\":4}]"));
    r = begin(body.at, body.size);
    assert_element(r, "3");
    assert_element(r, "4");
    assert_false(next(r));
    end(r);
    buf_release(&body);
}

static struct buf batch(int count)
{
    struct buf body = {0};

    buf_byte(&body, '[');
    for (int i = 0; i < count; i++)
        buf_format(&body,
                   "%s{\"a\": %d, \"m\": [{\"t\": \"}, {\\\"a\\\": 9\"}], \"b\": \"x\"}",
                   i ? ", " : "", i);
    buf_byte(&body, ']');
    return body;
}

/* The array of 512 cut `into` bytes into event 300. */
static void read_cut(const struct buf *body, size_t cut)
{
    struct reading *r = begin(body->at, cut);
    char number[12];

    for (int i = 0; i < 300; i++) {
        snprintf(number, sizeof number, "%d", i);
        assert_element(r, number);
    }
    assert_error(r, true);
    assert_int_equal(r->element.index, 300);
    if (r->element.position < cut)
        assert_memory_equal(body->at + r->element.position, "{\"a\": 300", 9);
    assert_false(next(r));
    end(r);
}

TEST(reads_what_came_before_the_cut)
{
    struct buf body = batch(512);
    char *event = memmem(body.at, body.size, "{\"a\": 300,", 10);
    char *end_of_event = memmem(event, 200, "}, {\"a\": 301", 12);

    for (char *cut = event - 2; cut <= end_of_event; cut++)
        read_cut(&body, (size_t)(cut - body.at));
    buf_release(&body);
}

TEST(goes_on_behind_a_broken_element)
{
    const char *broken[] = {"{\"a\":}",  "{\"a\" 1}",        "{\"a\":1 \"b\":2}",
                            "{\"a\":[}", "{\"list\":[1 2]}", "{\"b\":tru}",
                            "{a:1}",     "{\"a\":1,}"};
    char body[200];

    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        snprintf(body, sizeof body, "[{\"a\":1}, %s, {\"a\":3}]", broken[i]);
        struct reading *r = begin_text(body);
        assert_element(r, "1");
        assert_error(r, false);
        assert_int_equal(r->element.position, 10);
        assert_element(r, "3");
        assert_int_equal(r->element.index, 2);
        assert_false(next(r));
        end(r);
    }
}

TEST(goes_on_at_the_next_line)
{
    const char *broken[] = {"{\"a\":2", "{\"a\":\"open", "{\"a\":{\"b\":[1",
                            "nonsense", "}}]",           "{\"b\":\"x\\"};
    char body[200];

    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        snprintf(body, sizeof body, "{\"a\":1}\n%s\n{\"a\":3}\n{\"a\":4}", broken[i]);
        struct reading *r = begin_text(body);
        assert_element(r, "1");
        assert_error(r, false);
        assert_element(r, "3");
        assert_element(r, "4");
        assert_false(next(r));
        end(r);
    }
}

TEST(takes_no_nested_object_for_an_event)
{
    const char *bodies[] = {
        "[{\"m\": \"open, \"n\": [{\"a\": 1}, {\"a\": 2}]}, {\"a\": 3}]",
        "{\"m\": \"open, \"n\": [\n{\"a\": 1},\n{\"a\": 2}\n]}",
        "[{\"n\": [{\"a\": 1}, {\"a\": 2}",
    };

    for (size_t i = 0; i < 3; i++) {
        struct reading *r = begin_text(bodies[i]);
        while (next(r))
            assert_int_equal(r->element.slots[SLOT_A].type, JSON_ABSENT);
        end(r);
    }
}

TEST(reports_text_behind_the_array_once)
{
    struct reading *r = begin_text("[{\"a\":1}] garbage {\"a\":2}");

    assert_element(r, "1");
    assert_error(r, true);
    assert_int_equal(r->element.position, 10);
    assert_false(next(r));
    end(r);
}

TEST(reports_bodies_without_anything)
{
    const char *bodies[] = {"", "  \n", "[", "\xEF\xBB\xBF"};

    for (size_t i = 0; i < 4; i++) {
        struct reading *r = begin_text(bodies[i]);
        assert_error(r, true);
        assert_false(next(r));
        end(r);
    }
    struct reading *r = begin_text("[]");
    assert_false(next(r));
    end(r);
}

TEST(collapses_a_run_of_stray_characters_into_one_error)
{
    struct reading *r = begin_text("[:::::}}}}::, {\"a\":1}]");

    assert_error(r, false);
    assert_element(r, "1");
    assert_false(next(r));
    end(r);
}

/* Far larger than a window, with one event that is larger than a window by itself. */
TEST(reads_large_bodies_in_windows)
{
    enum { COUNT = 30000, BIG = 17, BIG_SIZE = 3000000 };
    struct buf body = {0};
    char number[12];

    buf_byte(&body, '[');
    for (int i = 0; i < COUNT; i++) {
        buf_format(&body, "%s{\"a\": %d, \"b\": \"", i ? ", " : "", i);
        if (i == BIG)
            memset(buf_reserve(&body, BIG_SIZE), '{', BIG_SIZE), body.size += BIG_SIZE;
        buf_add(&body, STR("}, {\\\"a\\\": 1}, {\", \"pad\": [{\"q\": 1}, {\"q\": 2}]}"));
    }
    buf_byte(&body, ']');
    struct reading *r = begin(body.at, body.size);
    for (int i = 0; i < COUNT; i++) {
        snprintf(number, sizeof number, "%d", i);
        assert_element(r, number);
        assert_int_equal(r->element.index, i);
    }
    assert_false(next(r));
    end(r);
    buf_release(&body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(survives_a_nesting_bomb),
        cmocka_unit_test(reads_what_came_before_the_cut),
        cmocka_unit_test(goes_on_behind_a_broken_element),
        cmocka_unit_test(goes_on_at_the_next_line),
        cmocka_unit_test(takes_no_nested_object_for_an_event),
        cmocka_unit_test(reports_text_behind_the_array_once),
        cmocka_unit_test(reports_bodies_without_anything),
        cmocka_unit_test(collapses_a_run_of_stray_characters_into_one_error),
        cmocka_unit_test(reads_large_bodies_in_windows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
