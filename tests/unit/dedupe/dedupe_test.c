#include "support.h"

static struct dedupe_key report(uint64_t number)
{
    return (struct dedupe_key){.report = {number * 0x9E3779B97F4A7C15u, number},
                               .start_ms = 1000,
                               .end_ms = 2000};
}

static struct dedupe_key response(uint64_t number, uint64_t response_id, uint64_t emitter,
                                  int64_t start_ms)
{
    struct dedupe_key key = report(number);

    key.response[0] = key.response[1] = response_id;
    key.emitter = emitter;
    key.start_ms = start_ms;
    key.end_ms = start_ms + 1000;
    return key;
}

static enum duplicate add(struct dedupe *d, struct dedupe_key key, int64_t now_ns)
{
    struct dedupe_keys keys = {.count = 1, .list = {key}};

    return dedupe_add(d, &keys, NULL, now_ns).duplicate;
}

static void key_of(struct dedupe_key *out, const struct event *ev, uint64_t seed)
{
    struct record r;

    record_init(&r);
    r.ev = *ev;
    dedupe_key_of(out, &r, seed);
}

TEST(a_report_sent_twice_is_a_duplicate)
{
    struct dedupe *d = opened(NS_PER_DAY, MIB);

    assert_int_equal(add(d, report(1), 10), DUPLICATE_NONE);
    assert_int_equal(add(d, report(2), 10), DUPLICATE_NONE);
    assert_int_equal(add(d, report(1), 11), DUPLICATE_REPORT);
    assert_int_equal(dedupe_count(d), 2);
    dedupe_close(d);
}

TEST(a_report_is_forgotten_after_the_horizon_and_not_before)
{
    struct dedupe *d = opened(100, MIB);

    add(d, report(1), 10);
    assert_int_equal(add(d, report(1), 110), DUPLICATE_REPORT);
    assert_int_equal(add(d, report(1), 111), DUPLICATE_NONE);
    assert_int_equal(dedupe_reach_ns(d, 111), 100);
    dedupe_close(d);
}

TEST(the_memory_bound_forgets_the_oldest_and_shortens_the_reach)
{
    struct dedupe *d = opened(NS_PER_DAY, 64 * 1024);
    uint64_t count = 5000;

    for (uint64_t i = 1; i <= count; i++)
        assert_int_equal(add(d, report(i), (int64_t)i), DUPLICATE_NONE);
    uint64_t kept = dedupe_count(d);
    assert_in_range(kept, 300, 800);
    assert_int_equal(dedupe_reach_ns(d, (int64_t)count), kept);
    assert_int_equal(add(d, report(count - kept + 1), (int64_t)count), DUPLICATE_REPORT);
    assert_int_equal(add(d, report(count - kept), (int64_t)count), DUPLICATE_NONE);
    dedupe_close(d);
}

TEST(a_failed_commit_is_taken_back)
{
    struct dedupe *d = opened(NS_PER_DAY, MIB);

    add(d, response(1, 7, 1, 0), 10);
    add(d, response(2, 7, 1, 0), 10);
    add(d, response(3, 8, 1, 0), 10);
    dedupe_undo(d, 2);
    assert_int_equal(dedupe_count(d), 1);
    assert_int_equal(add(d, response(9, 8, 2, 0), 11), DUPLICATE_NONE);
    assert_int_equal(add(d, response(2, 7, 1, 0), 11), DUPLICATE_NONE);
    assert_int_equal(add(d, response(1, 7, 1, 0), 11), DUPLICATE_REPORT);
    dedupe_undo(d, 100);
    assert_int_equal(dedupe_count(d), 0);
    dedupe_close(d);
}

TEST(two_emitters_of_one_response_within_a_minute_are_one_call)
{
    struct dedupe *d = opened(NS_PER_DAY, MIB);

    add(d, response(1, 7, 1, 1000000), 10);
    assert_int_equal(add(d, response(2, 7, 2, 1061000), 10), DUPLICATE_RESPONSE);
    assert_int_equal(add(d, response(3, 7, 2, 939000), 10), DUPLICATE_RESPONSE);
    assert_int_equal(add(d, response(4, 7, 2, 1061001), 10), DUPLICATE_NONE);
    dedupe_close(d);
}

TEST(one_emitter_may_repeat_a_response_id)
{
    struct dedupe *d = opened(NS_PER_DAY, MIB);

    assert_int_equal(add(d, response(1, 7, 1, 0), 10), DUPLICATE_NONE);
    assert_int_equal(add(d, response(2, 7, 1, 0), 10), DUPLICATE_NONE);
    dedupe_close(d);
}

TEST(the_match_is_found_behind_younger_ones_that_do_not_match)
{
    struct dedupe *d = opened(NS_PER_DAY, MIB);

    add(d, response(1, 7, 1, 0), 10);
    for (uint64_t i = 2; i < 200; i++) /* far in time, the same id and emitter */
        add(d, response(i, 7, 1, (int64_t)i * 1000000), 10);
    for (uint64_t i = 200; i < 3000; i++) /* of the asking emitter: one step */
        assert_int_equal(add(d, response(i, 7, 2, -500000), 10), DUPLICATE_NONE);
    assert_int_equal(add(d, response(5000, 7, 2, 30000), 10), DUPLICATE_RESPONSE);
    dedupe_close(d);
}

TEST(keys_tell_apart_what_a_client_may_try_to_mix_up)
{
    struct event ev = litellm_event();
    struct dedupe_key a, b;

    key_of(&a, &ev, 1);
    key_of(&b, &ev, 1);
    assert_memory_equal(a.report, b.report, sizeof a.report);
    assert_int_equal(a.emitter, b.emitter);
    assert_int_equal(a.start_ms, 5000);
    assert_int_equal(a.end_ms, 7000);
    assert_int_equal(a.response[0] | a.response[1], 0);

    key_of(&b, &ev, 2); /* another ledger's secret */
    assert_memory_not_equal(a.report, b.report, sizeof a.report);

    ev.identity[0] = STR("call-1s"); /* the same bytes in a row */
    ev.identity[1] = STR("uccess");
    key_of(&b, &ev, 1);
    assert_memory_not_equal(a.report, b.report, sizeof a.report);

    ev = litellm_event();
    ev.text[TEXT_HASHED_API_KEY] =
        STR("key-2"); /* one client guesses another's call id */
    key_of(&b, &ev, 1);
    assert_memory_not_equal(a.report, b.report, sizeof a.report);
    assert_int_equal(a.emitter, b.emitter);

    ev.text[TEXT_SCOPE] = STR("other");
    key_of(&b, &ev, 1);
    assert_int_not_equal(a.emitter, b.emitter);
}

TEST(long_identities_are_told_apart_by_their_ends)
{
    static char first[100000], second[100000];
    struct event ev = litellm_event();
    struct dedupe_key a, b;

    second[sizeof second - 1] = 1;
    for (int i = 0; i < IDENTITY_MAX; i++)
        ev.identity[i] = (struct str){first, sizeof first};
    ev.identity_count = IDENTITY_MAX;
    key_of(&a, &ev, 1);
    ev.identity[7].at = second;
    key_of(&b, &ev, 1);
    assert_memory_not_equal(a.report, b.report, sizeof a.report);
}

TEST(an_event_without_identity_is_never_a_duplicate_by_it)
{
    struct dedupe *d = opened(NS_PER_DAY, MIB);
    struct event ev = litellm_event();
    struct dedupe_key key;

    ev.identity_count = 0;
    key_of(&key, &ev, 1);
    assert_int_equal(add(d, key, 10), DUPLICATE_NONE);
    assert_int_equal(add(d, key, 10), DUPLICATE_NONE);
    dedupe_close(d);
}

TEST(absent_times_fall_back_to_the_time_of_receipt)
{
    struct event ev = litellm_event();
    struct dedupe_key key;

    ev.start_ns = ev.end_ns = 0;
    ev.received_ns = 9 * NS_PER_SECOND;
    key_of(&key, &ev, 1);
    assert_int_equal(key.start_ms, 9000);
    assert_int_equal(key.end_ms, 9000);
}

TEST(too_little_memory_is_refused_in_words)
{
    struct dedupe *d;
    struct err err = {0};

    assert_false(dedupe_open(&d, NS_PER_DAY, 100, &err));
    assert_int_equal(err.kind, ERR_CONFIG);
    assert_null(d);
    dedupe_close(d);
}

/* --- against a plain list --- */

enum { MODEL_MAX = 4000 };

struct model {
    struct dedupe_key keys[MODEL_MAX];
    int64_t added_ns[MODEL_MAX];
    size_t first, next;
};

static bool model_is_same_call(const struct dedupe_key *a, const struct dedupe_key *b)
{
    return a->response[0] && a->response[0] == b->response[0] &&
           a->emitter != b->emitter && b->start_ms <= a->end_ms + 60000 &&
           a->start_ms <= b->end_ms + 60000;
}

static enum duplicate model_add(struct model *m, const struct dedupe_key *key,
                                int64_t now_ns, int64_t horizon_ns)
{
    enum duplicate how = DUPLICATE_NONE;

    while (m->first < m->next && now_ns - m->added_ns[m->first] > horizon_ns)
        m->first++;
    for (size_t i = m->first; i < m->next; i++) {
        if (memcmp(m->keys[i].report, key->report, sizeof key->report) == 0)
            return DUPLICATE_REPORT;
        if (model_is_same_call(key, &m->keys[i]))
            how = DUPLICATE_RESPONSE;
    }
    m->keys[m->next] = *key;
    m->added_ns[m->next++] = now_ns;
    return how;
}

TEST(agrees_with_a_plain_list_over_random_histories)
{
    for (unsigned seed = 1; seed <= 20; seed++) {
        struct model *m = calloc(1, sizeof *m);
        struct dedupe *d = opened(400, MIB);
        int64_t now = 0;
        srandom(seed);
        for (int i = 0; i < MODEL_MAX - 1; i++) {
            struct dedupe_key key =
                response((uint64_t)random() % 1500 + 1, (uint64_t)random() % 40,
                         (uint64_t)random() % 3, random() % 2000000);
            now += random() % 3;
            assert_int_equal(add(d, key, now), model_add(m, &key, now, 400));
            assert_int_equal(dedupe_count(d), m->next - m->first);
            size_t back = (size_t)random() % 30;
            if (back < 5 && back <= m->next - m->first) {
                dedupe_undo(d, back);
                m->next -= back;
            }
        }
        dedupe_close(d);
        free(m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_report_sent_twice_is_a_duplicate),
        cmocka_unit_test(a_report_is_forgotten_after_the_horizon_and_not_before),
        cmocka_unit_test(the_memory_bound_forgets_the_oldest_and_shortens_the_reach),
        cmocka_unit_test(a_failed_commit_is_taken_back),
        cmocka_unit_test(two_emitters_of_one_response_within_a_minute_are_one_call),
        cmocka_unit_test(one_emitter_may_repeat_a_response_id),
        cmocka_unit_test(the_match_is_found_behind_younger_ones_that_do_not_match),
        cmocka_unit_test(keys_tell_apart_what_a_client_may_try_to_mix_up),
        cmocka_unit_test(long_identities_are_told_apart_by_their_ends),
        cmocka_unit_test(an_event_without_identity_is_never_a_duplicate_by_it),
        cmocka_unit_test(absent_times_fall_back_to_the_time_of_receipt),
        cmocka_unit_test(too_little_memory_is_refused_in_words),
        cmocka_unit_test(agrees_with_a_plain_list_over_random_histories),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
