/* Who has seen which counters begin, over time. */
#include "../unit.h"

#include "../../../src/api/scrapers.h"

enum { START_S = 100000 };

/* Counters that began before the answer, in seconds, are shown at their value. */
static int64_t see(struct scrapers *s, struct http_peer *peer, int64_t at_s)
{
    return scrapers_see(s, peer, at_s * NS_PER_SECOND) / NS_PER_SECOND;
}

static struct scrapers opened(void)
{
    struct scrapers s;

    scrapers_open(&s, START_S * NS_PER_SECOND);
    return s;
}

TEST(one_scraper_sees_a_counter_at_zero_once)
{
    struct scrapers s = opened();
    struct http_peer *a = http_peer_open("10.0.0.1");

    assert_int_equal(see(&s, a, START_S + 10), START_S); /* began at +5: 0 */
    assert_int_equal(see(&s, a, START_S + 25), START_S + 10);
    assert_int_equal(see(&s, a, START_S + 40), START_S + 25);
    scrapers_close(&s);
    http_peer_close(a);
}

TEST(what_was_there_at_the_start_is_never_at_zero)
{
    struct scrapers s = opened();
    struct http_peer *a = http_peer_open("10.0.0.1");

    assert_true(see(&s, a, START_S + 1) >= START_S);
    scrapers_close(&s);
    http_peer_close(a);
}

TEST(a_value_waits_until_all_scrapers_have_seen_the_zero)
{
    struct scrapers s = opened();
    struct http_peer *a = http_peer_open("10.0.0.1"), *b = http_peer_open("10.0.0.2");

    see(&s, a, START_S + 10);
    see(&s, b, START_S + 12);
    assert_int_equal(see(&s, a, START_S + 25), START_S + 10); /* b saw +10 at +12 */
    /* One that began at +13: a sees 0 at +25, b at +27, both its value after. */
    assert_int_equal(see(&s, b, START_S + 27), START_S + 12);
    assert_int_equal(see(&s, a, START_S + 40), START_S + 25);
    scrapers_close(&s);
    http_peer_close(a);
    http_peer_close(b);
}

TEST(two_scrapers_of_one_address_are_told_apart_by_their_connections)
{
    struct scrapers s = opened();
    struct http_peer *a = http_peer_open("10.0.0.1"), *b = http_peer_open("10.0.0.1");

    see(&s, a, START_S + 10);
    see(&s, b, START_S + 12);
    assert_int_equal(s.count, 2);
    assert_int_equal(see(&s, a, START_S + 25), START_S + 10);
    assert_int_equal(see(&s, b, START_S + 27), START_S + 12);
    scrapers_close(&s);
    http_peer_close(a);
    http_peer_close(b);
}

TEST(a_scraper_that_connects_anew_is_the_same)
{
    struct scrapers s = opened();

    for (int i = 1; i <= 5; i++) {
        struct http_peer *each = http_peer_open("10.0.0.1");
        int64_t released_s = see(&s, each, START_S + 15 * i);
        assert_int_equal(released_s, START_S + (i == 1 ? 0 : 15 * (i - 1)));
        assert_int_equal(s.count, 1);
        http_peer_close(each);
    }
    scrapers_close(&s);
}

TEST(a_scraper_that_stopped_is_waited_for_two_minutes)
{
    struct scrapers s = opened();
    struct http_peer *a = http_peer_open("10.0.0.1"), *b = http_peer_open("10.0.0.2");

    see(&s, b, START_S + 1);
    see(&s, b, START_S + 16);
    for (int at = 20; at <= 136; at += 4)
        assert_true(see(&s, a, START_S + at) <= START_S + 16);
    assert_int_equal(see(&s, a, START_S + 140), START_S + 136);
    scrapers_close(&s);
    http_peer_close(a);
    http_peer_close(b);
}

TEST(a_slow_scraper_is_waited_for)
{
    struct scrapers s = opened();
    struct http_peer *fast = http_peer_open("10.0.0.1"),
                     *slow = http_peer_open("10.0.0.2");
    int64_t seen_s = START_S;

    see(&s, slow, START_S + 180);
    for (int at = 200; at < 2000; at += 20) {
        if (at % 180 == 0) {
            see(&s, slow, START_S + at);
            seen_s = START_S + at;
        } else if (at > 380) {
            assert_true(see(&s, fast, START_S + at) <= seen_s);
        }
    }
    scrapers_close(&s);
    http_peer_close(fast);
    http_peer_close(slow);
}

/* Hours of spend would look like the spend of one scrape. */
TEST(who_comes_late_sees_what_is_older_than_five_minutes_at_its_value)
{
    struct scrapers s = opened();
    struct http_peer *a = http_peer_open("10.0.0.1");

    assert_int_equal(see(&s, a, START_S + 7200), START_S + 7200 - 300);
    scrapers_close(&s);
    http_peer_close(a);
}

TEST(a_value_that_was_shown_is_never_taken_back)
{
    struct scrapers s = opened();
    struct http_peer *a = http_peer_open("10.0.0.1"), *b = http_peer_open("10.0.0.2");

    see(&s, a, START_S + 100);
    int64_t released_s = see(&s, a, START_S + 115);
    assert_true(see(&s, b, START_S + 116) >= released_s);
    assert_true(see(&s, a, START_S + 130) >= released_s);
    scrapers_close(&s);
    http_peer_close(a);
    http_peer_close(b);
}

TEST(more_scrapers_than_there_is_room_for_push_out_the_oldest)
{
    struct http_peer *peers[2 * SCRAPERS_MAX];
    struct scrapers s = opened();

    for (int i = 0; i < 2 * SCRAPERS_MAX; i++) {
        peers[i] = http_peer_open("10.0.0.1");
        see(&s, peers[i], START_S + i);
    }
    assert_int_equal(s.count, SCRAPERS_MAX);
    scrapers_close(&s);
    for (int i = 0; i < 2 * SCRAPERS_MAX; i++)
        http_peer_close(peers[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_scraper_sees_a_counter_at_zero_once),
        cmocka_unit_test(what_was_there_at_the_start_is_never_at_zero),
        cmocka_unit_test(a_value_waits_until_all_scrapers_have_seen_the_zero),
        cmocka_unit_test(two_scrapers_of_one_address_are_told_apart_by_their_connections),
        cmocka_unit_test(a_scraper_that_connects_anew_is_the_same),
        cmocka_unit_test(a_scraper_that_stopped_is_waited_for_two_minutes),
        cmocka_unit_test(a_slow_scraper_is_waited_for),
        cmocka_unit_test(
            who_comes_late_sees_what_is_older_than_five_minutes_at_its_value),
        cmocka_unit_test(a_value_that_was_shown_is_never_taken_back),
        cmocka_unit_test(more_scrapers_than_there_is_room_for_push_out_the_oldest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
