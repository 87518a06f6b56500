#include "../unit.h"

#include "helpers.h"

struct fixture {
    struct price_book *book;
    struct price_cache *cache;
};

static struct fixture with(enum charge_basis basis, size_t count,
                           const char *const *texts)
{
    struct fixture f = {load_book(basis, count, texts), NULL};

    f.cache = price_cache_new(f.book);
    assert_non_null(f.cache);
    return f;
}

static void end(struct fixture *f)
{
    price_cache_free(f->cache);
    price_book_free(f->book);
}

#define EXPECT(f, r, expected_status, expected)                                          \
    do {                                                                                 \
        price_record((f).book, (f).cache, &(r));                                         \
        assert_int_equal((r).charge.status, expected_status);                            \
        assert_int_equal((r).charge.charge.nanousd, expected);                           \
    } while (0)

#define MATCHED(r, entry_id, how)                                                        \
    do {                                                                                 \
        assert_true(str_eq((r).charge.entry, STR(entry_id)));                            \
        assert_true(str_eq((r).charge.matched_by, STR(how)));                            \
    } while (0)

TEST(the_built_in_book_is_whole_and_nearly_all_of_it_within_bounds)
{
    struct price_book *book = load_book(CHARGE_COMPUTED, 0, NULL);

    assert_in_range(price_book_entries(book), 1300, 10000);
    assert_in_range(price_book_quarantined(book), 0, 5);
    assert_true(str_eq(price_book_name(book), STR("2026-08-21")));
    price_book_free(book);
}

TEST(each_part_of_the_usage_is_a_component_and_they_add_up)
{
    struct fixture f = with(CHARGE_COMPUTED, 0, NULL);
    struct record r = usage("anthropic", "claude-sonnet-4-5-20250929", 4521, 88);
    int64_t sum = 0;

    r.ev.count[COUNT_CACHE_READ_TOKENS] = 1500;
    r.ev.count[COUNT_CACHE_WRITE_TOKENS] = 3000;
    r.ev.count[COUNT_CACHE_WRITE_1H_TOKENS] = 1000;
    EXPECT(f, r, PRICE_EXACT, 15333000);
    assert_int_equal(r.charge.component_count, 5);
    for (size_t i = 0; i < r.charge.component_count; i++)
        sum += r.charge.components[i].amount.nanousd;
    assert_int_equal(sum, 15333000);
    assert_true(str_eq(r.charge.components[0].unit, STR("input_tokens")));
    assert_int_equal(r.charge.components[0].quantity, 21);
    assert_int_equal(r.charge.components[0].rate.picousd, 3000000);
    assert_int_equal(r.charge.billed.nanousd, 15333000);
    MATCHED(r, "anthropic/claude-sonnet-4-5", "prefix");
    end(&f);
}

TEST(the_reported_cost_is_booked_and_the_computed_one_kept_apart)
{
    struct fixture reported = with(CHARGE_REPORTED, 0, NULL);
    struct fixture computed = with(CHARGE_COMPUTED, 0, NULL);
    struct record r = usage("openai", "gpt-4o-mini", 1000, 0);

    r.ev.reported = REPORTED_COST;
    r.ev.reported_usd.nanousd = 99;
    EXPECT(reported, r, PRICE_EXACT, 99);
    assert_int_equal(r.charge.computed.nanousd, 150000);
    EXPECT(computed, r, PRICE_EXACT, 150000);

    r.ev.text[TEXT_RESPONSE_MODEL] = STR("acme-1");
    EXPECT(computed, r, PRICE_UNPRICED, 99);
    assert_false(r.charge.has_computed);
    assert_false(charge_is_unpriced(&r.charge, &r.ev));
    end(&reported);
    end(&computed);
}

TEST(an_unknown_model_is_unpriced_and_a_reported_zero_is_no_price)
{
    struct fixture f = with(CHARGE_REPORTED, 0, NULL);
    struct record r = usage("openai", "acme-llm-9", 120, 45);

    r.ev.reported = REPORTED_ZERO;
    EXPECT(f, r, PRICE_UNPRICED, 0);
    assert_true(charge_is_unpriced(&r.charge, &r.ev));
    assert_int_equal(r.charge.entry.size, 0);

    r.ev.text[TEXT_RESPONSE_MODEL] = STR("gpt-4o-mini");
    EXPECT(f, r, PRICE_EXACT, 45000);

    r = usage("openai", "", 120, 45);
    EXPECT(f, r, PRICE_MODEL_MISSING, 0);
    assert_true(charge_is_unpriced(&r.charge, &r.ev));
    end(&f);
}

TEST(a_provider_that_no_book_knows_is_not_priced_as_another)
{
    struct fixture f = with(CHARGE_REPORTED, 0, NULL);
    struct record r = usage("our-vllm", "gpt-4o", 120, 45);

    EXPECT(f, r, PRICE_UNPRICED, 0);
    end(&f);
}

TEST(what_the_gateway_gave_from_its_cache_or_for_nothing_is_included)
{
    struct fixture f = with(CHARGE_COMPUTED, 0, NULL);
    struct record r = usage("openai", "gpt-4o-mini", 120, 45);

    r.ev.reported = REPORTED_INCLUDED;
    EXPECT(f, r, PRICE_INCLUDED, 0);
    assert_true(r.charge.has_computed);
    assert_int_equal(r.charge.computed.nanousd, 45000);
    assert_false(charge_is_unpriced(&r.charge, &r.ev));

    r.ev.reported = REPORTED_ZERO;
    r.ev.cache_hit = true;
    EXPECT(f, r, PRICE_INCLUDED, 0);
    end(&f);
}

TEST(failures_cost_nothing_and_successes_without_usage_are_told)
{
    struct fixture f = with(CHARGE_REPORTED, 0, NULL);
    struct record r = call("openai", "gpt-4o");

    EXPECT(f, r, PRICE_USAGE_MISSING, 0);
    assert_true(charge_is_unpriced(&r.charge, &r.ev));
    r = usage("openai", "gpt-4o", 0, 0);
    EXPECT(f, r, PRICE_USAGE_MISSING, 0);

    r.ev.outcome = OUTCOME_FAILURE;
    EXPECT(f, r, PRICE_EXACT, 0);
    r = call("", "no-such-model");
    r.ev.outcome = OUTCOME_FAILURE;
    EXPECT(f, r, PRICE_EXACT, 0);

    r = usage("openai", "gpt-4o-mini", 1000, 0);
    r.ev.outcome = OUTCOME_FAILURE;
    EXPECT(f, r, PRICE_EXACT, 150000);
    end(&f);
}

TEST(parts_that_exceed_their_whole_are_invalid)
{
    struct fixture f = with(CHARGE_REPORTED, 0, NULL);
    struct record r = usage("openai", "gpt-4o", 100, 10);

    r.ev.count[COUNT_CACHE_READ_TOKENS] = 101;
    EXPECT(f, r, PRICE_INVALID_USAGE, 0);
    assert_int_equal(r.charge.component_count, 0);
    r.ev.count[COUNT_CACHE_READ_TOKENS] = 100;
    r.ev.count[COUNT_REASONING_TOKENS] = 11;
    EXPECT(f, r, PRICE_INVALID_USAGE, 0);

    r = usage("openai", "gpt-4o", INT64_MAX, 0);
    EXPECT(f, r, PRICE_INVALID_USAGE, 0);
    r.ev.count[COUNT_CACHE_READ_TOKENS] = INT64_MAX;
    r.ev.count[COUNT_CACHE_WRITE_TOKENS] = INT64_MAX;
    EXPECT(f, r, PRICE_INVALID_USAGE, 0);
    assert_true(charge_is_unpriced(&r.charge, &r.ev));
    end(&f);
}

TEST(a_context_tier_begins_behind_its_bound_and_xais_at_it)
{
    struct fixture f = with(CHARGE_COMPUTED, 0, NULL);
    struct record r = usage("anthropic", "claude-sonnet-4-5", 200000, 0);

    EXPECT(f, r, PRICE_EXACT, 600000000);
    r.ev.count[COUNT_INPUT_TOKENS] = 200001;
    EXPECT(f, r, PRICE_EXACT, 1200006000);

    r = usage("xai", "grok-4-fast-reasoning", 127999, 0);
    EXPECT(f, r, PRICE_EXACT, 25599800);
    r.ev.count[COUNT_INPUT_TOKENS] = 128000;
    EXPECT(f, r, PRICE_EXACT, 51200000);
    end(&f);
}

TEST(a_price_begins_at_midnight_utc_and_is_that_of_the_start)
{
    struct fixture f = with(CHARGE_COMPUTED, 0, NULL);
    struct record r = usage("openai", "o3", 1000, 0);

    r.ev.start_ns = at("2025-06-09T23:59:59.999999999Z");
    r.ev.end_ns = at("2025-06-10T00:00:05Z");
    EXPECT(f, r, PRICE_EXACT, 10000000);
    MATCHED(r, "openai/o3", "exact");
    r.ev.start_ns = at("2025-06-10T00:00:00Z");
    EXPECT(f, r, PRICE_EXACT, 2000000);
    MATCHED(r, "openai/o3@2025-06-10", "exact");
    r.ev.start_ns = 0;
    r.ev.end_ns = at("2025-06-09T00:00:00Z");
    EXPECT(f, r, PRICE_EXACT, 10000000);
    r.ev.end_ns = 0;
    r.ev.received_ns = at("2025-06-11T00:00:00Z");
    EXPECT(f, r, PRICE_EXACT, 2000000);
    end(&f);
}

TEST(deepseeks_day_price_holds_from_half_past_midnight_to_half_past_four)
{
    static const struct {
        const char *time;
        int64_t nanousd;
    } cases[] = {{"2025-06-01T00:29:59Z", 135000},
                 {"2025-06-01T00:30:00Z", 270000},
                 {"2025-06-01T16:29:59Z", 270000},
                 {"2025-06-01T16:30:00Z", 135000}};
    struct fixture f = with(CHARGE_COMPUTED, 0, NULL);

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct record r = usage("deepseek", "deepseek-chat", 1000, 0);
        r.ev.start_ns = at(cases[i].time);
        EXPECT(f, r, PRICE_EXACT, cases[i].nanousd);
    }
    end(&f);
}

TEST(a_service_tier_has_its_own_rates_and_else_the_standard_ones)
{
    struct fixture f = with(CHARGE_COMPUTED, 0, NULL);
    struct record r = usage("openai", "gpt-5-mini", 1000, 500);

    r.ev.text[TEXT_SERVICE_TIER] = STR("priority");
    r.ev.count[COUNT_CACHE_READ_TOKENS] = 256;
    EXPECT(f, r, PRICE_EXACT, 2146320);
    MATCHED(r, "openai/gpt-5-mini+priority", "exact");
    r.ev.text[TEXT_SERVICE_TIER] = STR("default");
    EXPECT(f, r, PRICE_EXACT, 1192400);

    r = usage("openai", "gpt-4", 1000, 0);
    r.ev.text[TEXT_SERVICE_TIER] = STR("flex");
    EXPECT(f, r, PRICE_EXACT, 30000000);
    r.ev.text[TEXT_SERVICE_TIER] = STR("warp");
    EXPECT(f, r, PRICE_PARTIAL, 30000000);
    end(&f);
}

TEST(the_ladder_finds_models_under_the_names_that_gateways_give_them)
{
    static const struct {
        const char *provider, *model;
        enum price_status status;
        int64_t nanousd;
        const char *how;
    } cases[] = {
        {"openai", "GPT-4o", PRICE_EXACT, 2500000, "exact"},
        {"openai", "gpt-4o-2024-08-06", PRICE_EXACT, 2500000, "alias"},
        {"openai", "gpt-4o-2024-05-13", PRICE_EXACT, 5000000, "exact"},
        {"openai", "openai/gpt-4o", PRICE_EXACT, 2500000, "gateway prefix stripped"},
        {"openai", "gpt-4.1-2099-01-01", PRICE_PARTIAL, 2000000, "date stripped"},
        {"openai", "gpt-4o:free", PRICE_PARTIAL, 2500000, "variant stripped"},
        {"openai", "gpt-4.1@x", PRICE_EXACT, 2000000, "@version stripped"},
        {"openai", "ft:gpt-4.1-2025-04-14:acme::abc", PRICE_EXACT, 3000000, "fine-tuned"},
        {"azure", "gpt-5-mini-2025-08-07", PRICE_EXACT, 250000,
         "fallback provider, alias"},
        {"", "claude-haiku-4-5", PRICE_EXACT, 1000000, "provider by model, exact"},
        {"", "groq/llama-3.3-70b-versatile", PRICE_EXACT, 590000,
         "provider by model, gateway prefix stripped"},
        {"vertex_ai", "claude-3-haiku", PRICE_EXACT, 250000, "pattern"},
        {"bedrock", "us.anthropic.claude-3-5-sonnet-20241022-v2:0", PRICE_EXACT, 3000000,
         "pattern"},
        {"bedrock", "anthropic.claude-sonnet-4-5-20250929-v1:0", PRICE_EXACT, 3300000,
         "prefix"},
        {"bedrock", "global.anthropic.claude-sonnet-4-5-20250929-v1:0", PRICE_EXACT,
         3000000, "pattern"},
        {"azure", "phi-4-reasoning:free", PRICE_EXACT, 0, "exact"},
        {"gemini", "gemini-2.5-flash", PRICE_EXACT, 300000, "exact"},
    };
    struct fixture f = with(CHARGE_COMPUTED, 0, NULL);
    size_t wrong = 0;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct record r = usage(cases[i].provider, cases[i].model, 1000, 0);
        price_record(f.book, f.cache, &r);
        if (r.charge.status == cases[i].status &&
            r.charge.charge.nanousd == cases[i].nanousd &&
            str_eq(r.charge.matched_by, str_of(cases[i].how)))
            continue;
        print_error("%s: status %d, %ld, %.*s by %.*s\n", cases[i].model, r.charge.status,
                    (long)r.charge.charge.nanousd, STR_ARG(r.charge.entry),
                    STR_ARG(r.charge.matched_by));
        wrong++;
    }
    assert_int_equal(wrong, 0);
    end(&f);
}

TEST(the_response_model_comes_before_the_requested_one)
{
    struct fixture f = with(CHARGE_COMPUTED, 0, NULL);
    struct record r = usage("openai", "gpt-4o-mini", 1000, 0);

    r.ev.text[TEXT_REQUESTED_MODEL] = STR("gpt-4o");
    EXPECT(f, r, PRICE_EXACT, 150000);
    r.ev.text[TEXT_RESPONSE_MODEL] = STR("our-deployment");
    EXPECT(f, r, PRICE_EXACT, 2500000);
    end(&f);
}

TEST(tells_what_another_model_would_have_cost)
{
    struct fixture f = with(CHARGE_COMPUTED, 0, NULL);
    struct record r = usage("openai", "gpt-4o-mini", 1000, 0);
    struct money other = {7};

    assert_true(price_at_model(f.book, f.cache, &r, STR("gpt-4o"), &other));
    assert_int_equal(other.nanousd, 2500000);
    assert_false(price_at_model(f.book, f.cache, &r, STR("acme"), &other));
    assert_int_equal(other.nanousd, 2500000);
    end(&f);
}

TEST(the_cache_gives_the_same_answers_when_full_of_strangers)
{
    struct fixture f = with(CHARGE_COMPUTED, 0, NULL);
    char name[40];

    for (int i = 0; i < 6000; i++) {
        struct record r = usage("openai", "gpt-4o-mini", 1000, 0);
        EXPECT(f, r, PRICE_EXACT, 150000);
        snprintf(name, sizeof name, "stranger-%d", i);
        r.ev.text[TEXT_RESPONSE_MODEL] = str_of(name);
        EXPECT(f, r, PRICE_UNPRICED, 0);
    }
    end(&f);
}

TEST(names_of_any_bytes_are_only_unknown)
{
    static const char *const names[] = {
        "/",   "////", "@", ":",        "ft:",       "ft::", "us.",
        "-v1", "v",    "-", "\xff\xfe", "-20250101", "a@",   ":free"};
    struct fixture f = with(CHARGE_COMPUTED, 0, NULL);
    char longest[1000];

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct record r = usage("openai", names[i], 10, 10);
        EXPECT(f, r, PRICE_UNPRICED, 0);
        r.ev.text[TEXT_AI_SYSTEM] = (struct str){NULL, 0};
        EXPECT(f, r, PRICE_UNPRICED, 0);
    }
    memset(longest, '/', sizeof longest);
    struct record r = usage("mistral", "", 10, 10);
    r.ev.text[TEXT_RESPONSE_MODEL] = (struct str){longest, sizeof longest};
    EXPECT(f, r, PRICE_UNPRICED, 0);
    end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_built_in_book_is_whole_and_nearly_all_of_it_within_bounds),
        cmocka_unit_test(each_part_of_the_usage_is_a_component_and_they_add_up),
        cmocka_unit_test(the_reported_cost_is_booked_and_the_computed_one_kept_apart),
        cmocka_unit_test(an_unknown_model_is_unpriced_and_a_reported_zero_is_no_price),
        cmocka_unit_test(a_provider_that_no_book_knows_is_not_priced_as_another),
        cmocka_unit_test(what_the_gateway_gave_from_its_cache_or_for_nothing_is_included),
        cmocka_unit_test(failures_cost_nothing_and_successes_without_usage_are_told),
        cmocka_unit_test(parts_that_exceed_their_whole_are_invalid),
        cmocka_unit_test(a_context_tier_begins_behind_its_bound_and_xais_at_it),
        cmocka_unit_test(a_price_begins_at_midnight_utc_and_is_that_of_the_start),
        cmocka_unit_test(
            deepseeks_day_price_holds_from_half_past_midnight_to_half_past_four),
        cmocka_unit_test(a_service_tier_has_its_own_rates_and_else_the_standard_ones),
        cmocka_unit_test(the_ladder_finds_models_under_the_names_that_gateways_give_them),
        cmocka_unit_test(the_response_model_comes_before_the_requested_one),
        cmocka_unit_test(tells_what_another_model_would_have_cost),
        cmocka_unit_test(the_cache_gives_the_same_answers_when_full_of_strangers),
        cmocka_unit_test(names_of_any_bytes_are_only_unknown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
