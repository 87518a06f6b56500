#include "../unit.h"

#include <stdlib.h>

#include "spendwarden/guess.h"

enum { MANY = 20000 };

struct call {
    struct record r;
    struct dedupe_key key;
};

/* A span of the emitter, booked as row `seq`, from start to end. */
static struct call span(uint64_t emitter, uint64_t seq, int64_t start_ms, int64_t end_ms,
                        int64_t input_tokens)
{
    struct call c = {.key = {.emitter = emitter, .start_ms = start_ms, .end_ms = end_ms}};

    record_init(&c.r);
    c.r.seq = seq;
    c.r.ev.is_span = true;
    c.r.ev.resource = 1;
    c.r.ev.count[COUNT_INPUT_TOKENS] = input_tokens;
    return c;
}

static struct call answered(struct call c, const char *response_id)
{
    c.r.ev.text[TEXT_RESPONSE_ID] = str_of(response_id);
    return c;
}

static struct call ruled(struct call c, enum scope_rule rule)
{
    c.r.ev.scope_rule = rule;
    return c;
}

static void add(struct guesses *g, struct call c)
{
    guesses_add(g, &c.r, &c.key);
}

/* *seq stays as it was where there is no guess. */
static enum guess look(const struct guesses *g, struct call c, uint64_t *seq)
{
    struct guessed guessed = {.seq = *seq};
    enum guess guess = guesses_look(g, &c.r, &c.key, &guessed);

    *seq = guessed.seq;
    return guess;
}

TEST(a_span_within_another_of_one_process_with_its_tokens_is_perhaps_its_call)
{
    struct guesses *g = guesses_open();
    struct call elsewhere = span(2, 0, 1100, 1900, 70);
    uint64_t seq = 0;

    assert_non_null(g);
    elsewhere.r.ev.resource = 2;
    add(g, span(1, 5, 1000, 2000, 70));
    assert_int_equal(look(g, span(1, 0, 1100, 1900, 70), &seq), GUESS_NONE);
    assert_int_equal(look(g, span(2, 0, 1100, 2100, 70), &seq), GUESS_NONE);
    assert_int_equal(look(g, span(2, 0, 1100, 1900, 71), &seq), GUESS_NONE);
    assert_int_equal(look(g, elsewhere, &seq), GUESS_NONE);
    assert_int_equal(seq, 0);
    assert_int_equal(look(g, span(2, 0, 1100, 1900, 70), &seq), GUESS_TELL);
    assert_int_equal(look(g, answered(span(2, 0, 900, 2100, 70), "id"), &seq),
                     GUESS_TELL);
    assert_int_equal(seq, 5);
    guesses_close(g);
}

TEST(what_no_tokens_or_two_ids_tell_apart_is_no_guess)
{
    struct guesses *g = guesses_open();
    uint64_t seq = 0;

    add(g, span(1, 5, 1000, 2000, -1));
    add(g, answered(span(1, 6, 1000, 2000, 70), "one"));
    assert_int_equal(look(g, span(2, 0, 1000, 2000, -1), &seq), GUESS_NONE);
    assert_int_equal(look(g, answered(span(2, 0, 1000, 2000, 70), "two"), &seq),
                     GUESS_NONE);
    guesses_close(g);
}

TEST(a_scopes_rule_decides_whichever_of_the_two_has_it)
{
    struct guesses *g = guesses_open();
    uint64_t seq = 0;

    add(g, ruled(span(1, 5, 1000, 2000, 70), SCOPE_JOINED));
    add(g, ruled(span(1, 6, 1000, 2000, 80), SCOPE_KEPT));
    add(g, span(1, 7, 1000, 2000, 90));
    assert_int_equal(look(g, span(2, 0, 1000, 2000, 70), &seq), GUESS_JOIN);
    assert_int_equal(look(g, span(2, 0, 1000, 2000, 80), &seq), GUESS_NONE);
    assert_int_equal(look(g, ruled(span(2, 0, 1000, 2000, 80), SCOPE_JOINED), &seq),
                     GUESS_NONE);
    assert_int_equal(look(g, ruled(span(2, 0, 1000, 2000, 90), SCOPE_JOINED), &seq),
                     GUESS_JOIN);
    guesses_close(g);
}

TEST(a_failed_commit_is_taken_back)
{
    struct guesses *g = guesses_open();
    uint64_t seq = 0;

    add(g, span(1, 5, 1000, 2000, 70));
    uint64_t mark = guesses_mark(g);
    add(g, span(1, 6, 1000, 2000, 70));
    add(g, span(1, 7, 1000, 2000, 80));
    guesses_rewind(g, mark);
    assert_int_equal(look(g, span(2, 0, 1000, 2000, 80), &seq), GUESS_NONE);
    assert_int_equal(look(g, span(2, 0, 1000, 2000, 70), &seq), GUESS_TELL);
    assert_int_equal(seq, 5);
    guesses_close(g);
}

TEST(only_the_last_spans_are_known_and_many_equal_ones_cost_little)
{
    struct guesses *g = guesses_open();
    uint64_t seq = 0;

    add(g, span(1, 1, 1000, 2000, 70));
    for (uint64_t i = 2; i <= MANY; i++)
        add(g, span(1, i, 5000, 6000, 80));
    assert_int_equal(look(g, span(2, 0, 1000, 2000, 70), &seq), GUESS_NONE);
    assert_int_equal(look(g, span(2, 0, 1, 2, 80), &seq), GUESS_NONE);
    assert_int_equal(look(g, span(2, 0, 5000, 6000, 80), &seq), GUESS_TELL);
    assert_int_equal(seq, MANY);
    guesses_close(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            a_span_within_another_of_one_process_with_its_tokens_is_perhaps_its_call),
        cmocka_unit_test(what_no_tokens_or_two_ids_tell_apart_is_no_guess),
        cmocka_unit_test(a_scopes_rule_decides_whichever_of_the_two_has_it),
        cmocka_unit_test(a_failed_commit_is_taken_back),
        cmocka_unit_test(only_the_last_spans_are_known_and_many_equal_ones_cost_little),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
