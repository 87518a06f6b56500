#include "../unit.h"

#include <stdlib.h>

#include "../../../src/alerts/queue.h"

static struct queue *queue_of(size_t alerts_max, size_t bytes_max, bool replaces)
{
    struct queue *q = calloc(1, sizeof *q);

    assert_non_null(q);
    q->alerts_max = alerts_max;
    q->bytes_max = bytes_max;
    q->replaces = replaces;
    return q;
}

static void end(struct queue *q)
{
    queue_release(q);
    assert_int_equal(q->alerts, 0);
    assert_int_equal(q->bytes, 0);
    assert_null(q->newest);
    free(q);
}

static void takes(struct queue *q, const char *text)
{
    struct item *item = queue_take(q);

    assert_non_null(item);
    assert_true(str_eq((struct str){item->text, item->size}, str_of(text)));
    free(item);
}

TEST(gives_back_in_order)
{
    struct queue *q = queue_of(10, 4096, false);

    assert_null(queue_take(q));
    assert_int_equal(queue_put(q, 1, 1, STR("a")), 0);
    assert_int_equal(queue_put(q, 1, 2, STR("b")), 0);
    assert_int_equal(q->alerts, 3);
    takes(q, "a");
    assert_int_equal(queue_put(q, 1, 1, STR("c")), 0);
    takes(q, "b");
    takes(q, "c");
    assert_null(queue_take(q));
    end(q);
}

TEST(a_replacement_keeps_the_place_at_either_end_and_between)
{
    struct queue *q = queue_of(10, 4096, true);

    queue_put(q, 1, 1, STR("a"));
    queue_put(q, 1 + QUEUE_BUCKETS, 1, STR("b")); /* of the same bucket */
    queue_put(q, 3, 1, STR("c"));
    queue_put(q, 3, 1, STR("C"));
    queue_put(q, 1, 1, STR("A"));
    queue_put(q, 1 + QUEUE_BUCKETS, 1, STR("B"));
    assert_int_equal(q->alerts, 3);
    takes(q, "A");
    takes(q, "B");
    takes(q, "C");
    end(q);
}

TEST(drops_the_oldest_when_there_are_too_many)
{
    struct queue *q = queue_of(5, 4096, false);

    queue_put(q, 1, 3, STR("a"));
    queue_put(q, 2, 2, STR("b"));
    assert_int_equal(queue_put(q, 3, 1, STR("c")), 3);
    takes(q, "b");
    end(q);
}

TEST(is_bounded_in_bytes_too)
{
    static char text[2100];
    struct queue *q = queue_of(1000, 4096, true);

    assert_int_equal(queue_put(q, 1, 1, (struct str){text, 1000}), 0);
    assert_int_equal(queue_put(q, 2, 1, (struct str){text, 1000}), 0);
    assert_int_equal(queue_put(q, 3, 1, (struct str){text, 2100}), 1);
    assert_true(q->bytes <= 4096);
    assert_int_equal(queue_put(q, 2, 1, (struct str){text, 2100}), 1); /* it grew */
    assert_true(q->bytes <= 4096);
    assert_int_equal(q->alerts, 1);
    assert_int_equal(queue_put(q, 4, 7, (struct str){text, 4096}), 7);
    end(q);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_back_in_order),
        cmocka_unit_test(a_replacement_keeps_the_place_at_either_end_and_between),
        cmocka_unit_test(drops_the_oldest_when_there_are_too_many),
        cmocka_unit_test(is_bounded_in_bytes_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
