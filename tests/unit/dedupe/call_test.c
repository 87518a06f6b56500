/* Several reports of one call, by several emitters. */
#include "support.h"

/* Of one call, without an id of the provider's: an embedding. */
static struct event of_call(const char *call_id, const char *source, int64_t end_ns)
{
    struct event ev = litellm_event();

    ev.text[TEXT_SOURCE] = ev.identity[0] = str_of(source);
    ev.text[TEXT_CALL_ID] = str_of(call_id);
    ev.start_ns = end_ns - NS_PER_SECOND;
    ev.end_ns = end_ns;
    return ev;
}

static enum duplicate add_event(struct dedupe *d, struct event ev)
{
    struct dedupe_keys keys;
    struct record r;

    record_init(&r);
    r.ev = ev;
    dedupe_keys_of(&keys, &r, 7);
    return dedupe_add(d, &keys, NULL, 10).duplicate;
}

/* What became of one call over all its reports. */
struct told {
    int requests, charges, usages;
    bool priced; /* any report had a price */
};

/* One of a few emitters, nested in each other or not, that know more or less of it. */
static void random_report(struct record *r)
{
    static const char *const names[] = {"a", "b", "c", "d"};
    size_t emitter = (size_t)random() % 4, above = (size_t)random() % 4;
    bool priced = random() % 3 == 0;

    record_init(r);
    r->ev = of_call("", names[emitter], 7 * NS_PER_SECOND);
    r->ev.text[TEXT_RESPONSE_ID] = STR("r");
    r->ev.is_span = random() % 2;
    r->ev.text[TEXT_TRACE_ID] = STR("t");
    r->ev.text[TEXT_SPAN_ID] = str_of(names[emitter]);
    if (above < emitter)
        r->ev.parent_span_id = str_of(names[above]);
    if (priced || random() % 2)
        r->ev.count[COUNT_INPUT_TOKENS] = 10;
    r->charge.status = priced ? PRICE_EXACT : PRICE_UNPRICED;
    r->charge.has_computed = priced;
    r->charge.charge.nanousd = priced ? 700 : 0;
}

static void note(struct told *t, const struct record *r, const struct dedupe_found *f)
{
    bool first = f->duplicate == DUPLICATE_NONE, paid = r->charge.charge.nanousd > 0;

    t->requests += first;
    t->charges += paid && (first || f->completes);
    t->usages +=
        r->ev.count[COUNT_INPUT_TOKENS] > 0 && (first || f->completes == COMPLETES_ALL);
    t->priced |= paid;
}

TEST(a_call_is_charged_once_whatever_its_reports_know_and_in_whatever_order)
{
    for (unsigned seed = 1; seed <= 2000; seed++) {
        struct dedupe *d = opened(NS_PER_DAY, MIB);
        struct told told = {.requests = 0};
        srandom(seed);
        for (int i = 0; i < 8; i++) {
            struct record r;
            struct dedupe_keys keys;
            random_report(&r);
            dedupe_keys_of(&keys, &r, 7);
            struct dedupe_found found = dedupe_add(d, &keys, NULL, i);
            note(&told, &r, &found);
        }
        if (told.requests != 1 || told.charges != told.priced || told.usages > 1 ||
            told.usages < told.priced)
            fail_msg("seed %u: %d requests, %d charges, %d usages", seed, told.requests,
                     told.charges, told.usages);
        dedupe_close(d);
    }
}

TEST(a_guess_joins_what_nothing_else_does_and_completes_like_any_report)
{
    struct dedupe *d = opened(NS_PER_DAY, MIB);
    struct dedupe_keys first = {.count = 1}, second = {.count = 1}, third = {.count = 1};

    first.list[0] = (struct dedupe_key){.report = {1, 1}, .call = 1, .unpriced = true};
    second.list[0] = (struct dedupe_key){.report = {2, 2}, .call = 2, .paid = true};
    third.list[0] = (struct dedupe_key){.report = {3, 3}, .call = 3, .paid = true};
    const struct dedupe_key guessed = first.list[0];
    dedupe_add(d, &first, NULL, 1);
    struct dedupe_found found = dedupe_add(d, &second, &guessed, 2);
    assert_int_equal(found.duplicate, DUPLICATE_GUESS);
    assert_int_equal(found.completes, COMPLETES_CHARGE);
    assert_int_equal(second.count, 2);
    found = dedupe_add(d, &third, &guessed, 3);
    assert_int_equal(found.duplicate, DUPLICATE_GUESS);
    assert_int_equal(found.completes, COMPLETES_NOTHING);
    found = dedupe_add(d, &third, &guessed, 4);
    assert_int_equal(found.duplicate, DUPLICATE_REPORT);
    dedupe_close(d);
}

TEST(a_call_without_a_response_id_is_known_by_its_own_id_and_end)
{
    /* A double in seconds, and the same times 1e9. */
    const int64_t end_ns = 1795482257716632000, of_span_ns = 1795482257716631808;
    struct dedupe *d = opened(NS_PER_DAY, MIB);

    assert_int_equal(add_event(d, of_call("a", "litellm", end_ns)), DUPLICATE_NONE);
    struct event later = of_call("a", "otlp", of_span_ns);
    later.start_ns += 9 * NS_PER_MS; /* where the provider is called */
    assert_int_equal(add_event(d, later), DUPLICATE_RESPONSE);
    assert_int_equal(add_event(d, of_call("b", "otlp 2", of_span_ns)), DUPLICATE_NONE);
    assert_int_equal(add_event(d, of_call("a", "otlp 3", end_ns + 1000)), DUPLICATE_NONE);
    assert_int_equal(add_event(d, of_call("", "otlp 4", end_ns)), DUPLICATE_NONE);
    assert_int_equal(add_event(d, of_call("", "otlp 5", end_ns)), DUPLICATE_NONE);
    dedupe_close(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            a_call_is_charged_once_whatever_its_reports_know_and_in_whatever_order),
        cmocka_unit_test(
            a_guess_joins_what_nothing_else_does_and_completes_like_any_report),
        cmocka_unit_test(a_call_without_a_response_id_is_known_by_its_own_id_and_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
