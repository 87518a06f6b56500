#include "../unit.h"

#include "helpers.h"

static struct money priced(struct price_book *book, struct record *r)
{
    struct price_cache *cache = price_cache_new(book);

    price_record(book, cache, r);
    price_cache_free(cache);
    return r->charge.charge;
}

TEST(later_overlays_win_over_earlier_ones_and_over_the_built_in_book)
{
    static const char *const texts[] = {
        "entries:\n- { provider: openai, model: gpt-4o, rates: { input_mtok: \"2\" } }\n",
        "{\"entries\": [{\"provider\": \"openai\", \"model\": \"gpt-4o\", \"rates\": "
        "{\"input_mtok\": \"1.5\"}}]}"};
    struct price_book *builtin = load_book(CHARGE_COMPUTED, 0, NULL);
    struct price_book *first = load_book(CHARGE_COMPUTED, 1, texts);
    struct price_book *both = load_book(CHARGE_COMPUTED, 2, texts);
    struct record r = usage("openai", "gpt-4o", 1000, 0);

    assert_int_equal(priced(builtin, &r).nanousd, 2500000);
    assert_int_equal(priced(first, &r).nanousd, 2000000);
    assert_int_equal(priced(both, &r).nanousd, 1500000);
    assert_false(str_eq(price_book_hash(builtin), price_book_hash(first)));
    assert_false(str_eq(price_book_hash(first), price_book_hash(both)));
    assert_int_equal(price_book_hash(both).size, 64);
    assert_true(str_eq(price_book_name(both), STR("2026-08-21")));
    assert_int_equal(price_book_entries(both), price_book_entries(builtin) + 2);
    price_book_free(builtin);
    price_book_free(first);
    price_book_free(both);
}

TEST(an_overlay_without_match_reprices_all_names_of_the_model)
{
    static const char *const texts[] = {
        "entries: [{ provider: openai, model: gpt-4o, rates: { input_mtok: \"2\" } },\n"
        "          { provider: openai, model: gpt-5.6-sol, rates: { input_mtok: \"4\" } "
        "},\n"
        "          { provider: gemini, model: gemini-2.5-pro, rates: { input_mtok: 1 } "
        "}]"};
    struct price_book *book = load_book(CHARGE_COMPUTED, 1, texts);
    struct record r = usage("openai", "gpt-4o-2024-08-06", 1000, 0);

    assert_int_equal(priced(book, &r).nanousd, 2000000);
    r = usage("openai", "gpt-5.6-sol-2026-05-01", 1000, 0);
    assert_int_equal(priced(book, &r).nanousd, 4000000);
    r = usage("vertex_ai", "gemini-2.5-pro-002", 1000, 0);
    assert_int_equal(priced(book, &r).nanousd, 1000000);
    price_book_free(book);
}

TEST(a_contract_with_one_provider_prices_no_other)
{
    static const char *const texts[] = {
        "entries: [{ provider: openai, model: gpt-4o, rates: { input_mtok: \"2\" } }]"};
    struct price_book *book = load_book(CHARGE_COMPUTED, 1, texts);
    struct record r = usage("azure", "gpt-4o", 1000, 0);

    assert_int_equal(priced(book, &r).nanousd, 2500000);
    price_book_free(book);
}

TEST(names_are_taken_over_from_the_nearest_book_below)
{
    static const char *const texts[] = {
        "entries: [{ provider: p, model: m, match: { regex: ^x+$ }, rates: { input_mtok: "
        "1 }"
        " }]",
        "entries: [{ provider: p, model: m, match: { regex: ^y+$ }, rates: { input_mtok: "
        "2 }"
        " }]",
        "entries: [{ provider: p, model: m, rates: { input_mtok: 3 } }]"};
    struct price_book *book = load_book(CHARGE_COMPUTED, 3, texts);
    struct record r = usage("p", "xx", 1000, 0);

    assert_int_equal(priced(book, &r).nanousd, 1000000);
    r.ev.text[TEXT_RESPONSE_MODEL] = STR("yy");
    assert_int_equal(priced(book, &r).nanousd, 3000000);
    price_book_free(book);
}

TEST(outside_its_dates_and_tier_an_overlay_leaves_the_lower_price)
{
    static const char *const texts[] = {"entries: [{ provider: openai, model: "
                                        "gpt-5-mini, from: 2026-01-01, to: 2027-01-01,"
                                        " rates: { input_mtok: \"0.2\" } }]"};
    struct price_book *book = load_book(CHARGE_COMPUTED, 1, texts);
    struct record r = usage("openai", "gpt-5-mini", 1000, 0);

    assert_int_equal(priced(book, &r).nanousd, 200000);
    r.ev.start_ns = at("2025-12-31T23:59:59Z");
    assert_int_equal(priced(book, &r).nanousd, 250000);
    r.ev.start_ns = at("2027-01-01T00:00:00Z");
    assert_int_equal(priced(book, &r).nanousd, 250000);
    r.ev.start_ns = at("2026-06-01T00:00:00Z");
    r.ev.text[TEXT_SERVICE_TIER] = STR("flex");
    assert_int_equal(priced(book, &r).nanousd, 125000);
    price_book_free(book);
}

TEST(included_traffic_costs_nothing_whatever_the_gateway_reports)
{
    static const char *const texts[] = {
        "entries:\n"
        "- { provider: azure, model: ptu, match: { contains: \"-ptu\" }, included: true "
        "}\n"
        "- { provider: our-vllm, model: any, match: { regex: . }, included: true }\n"
        "- { provider: \"*\", model: local, match: { starts_with: local- }, included: "
        "true }\n"};
    struct price_book *book = load_book(CHARGE_REPORTED, 1, texts);
    static const char *const names[][2] = {{"azure", "gpt-4o-ptu"},
                                           {"our-vllm", "llama"},
                                           {"groq", "local-x"},
                                           {"", "local-y"}};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct record r = usage(names[i][0], names[i][1], 1000, 100);
        r.ev.reported = REPORTED_COST;
        r.ev.reported_usd.nanousd = 77;
        r.ev.text[TEXT_SERVICE_TIER] = STR("priority");
        assert_int_equal(priced(book, &r).nanousd, 0);
        assert_int_equal(r.charge.status, PRICE_INCLUDED);
        assert_false(charge_is_unpriced(&r.charge, &r.ev));
    }
    struct record r = usage("azure", "gpt-4o", 1000, 0);
    assert_int_equal(priced(book, &r).nanousd, 2500000);
    assert_int_equal(r.charge.status, PRICE_EXACT);
    price_book_free(book);
}

TEST(regions_missing_rates_and_bases_do_as_the_entry_says)
{
    static const char *const texts[] = {
        "entries:\n"
        "- { provider: p, model: m, rates: { input_mtok: 1 } }\n"
        "- { provider: p, model: m, region: us, rates: { input_mtok: 2 } }\n"
        "- { provider: p, model: m, region: us-east-1, rates: { input_mtok: 3 } }\n"
        "- { provider: p, model: zero, missing_rate_policy: zero, rates: { input_mtok: 1 "
        "} }\n"
        "- { provider: p, model: part, missing_rate_policy: incomplete,"
        " rates: { input_mtok: 1 } }\n"
        "- { provider: p, model: basis, tier_basis: uncached_input,"
        " rates: { input_mtok: 1, cache_read_mtok: 0 },"
        " tiers: [{ above: 100, rates: { input_mtok: 2 } }] }\n"};
    struct price_book *book = load_book(CHARGE_COMPUTED, 1, texts);
    struct record r = usage("p", "m", 1000, 0);

    assert_int_equal(priced(book, &r).nanousd, 1000000);
    r.ev.text[TEXT_REGION] = STR("us-west-2");
    assert_int_equal(priced(book, &r).nanousd, 2000000);
    r.ev.text[TEXT_REGION] = STR("us-east-1");
    assert_int_equal(priced(book, &r).nanousd, 3000000);
    assert_true(str_eq(r.charge.entry, STR("p/m~us-east-1")));
    r.ev.text[TEXT_REGION] = STR("usa");
    assert_int_equal(priced(book, &r).nanousd, 1000000);

    r = usage("p", "zero", 1000, 0);
    r.ev.count[COUNT_CACHE_READ_TOKENS] = 400;
    assert_int_equal(priced(book, &r).nanousd, 600000);
    assert_int_equal(r.charge.status, PRICE_EXACT);
    r.ev.text[TEXT_RESPONSE_MODEL] = STR("part");
    assert_int_equal(priced(book, &r).nanousd, 1000000);
    assert_int_equal(r.charge.status, PRICE_PARTIAL);
    r.ev.text[TEXT_RESPONSE_MODEL] = STR("basis");
    r.ev.count[COUNT_CACHE_READ_TOKENS] = 900;
    assert_int_equal(priced(book, &r).nanousd, 100000);
    r.ev.count[COUNT_CACHE_READ_TOKENS] = 899;
    assert_int_equal(priced(book, &r).nanousd, 202000);
    price_book_free(book);
}

TEST(a_part_that_is_guessed_makes_the_price_partial)
{
    static const char *const texts[] = {
        "entries: [{ provider: p, model: m, rates: { input_mtok: 1 } }]"};
    struct price_book *book = load_book(CHARGE_COMPUTED, 1, texts);
    struct record r = usage("p", "m", 1000, 0);

    r.ev.count[COUNT_INPUT_AUDIO_TOKENS] = 500;
    assert_int_equal(priced(book, &r).nanousd, 1000000);
    assert_int_equal(r.charge.status, PRICE_PARTIAL);
    r = usage("p", "m", 1000, 1);
    assert_int_equal(priced(book, &r).nanousd, 1000000);
    assert_int_equal(r.charge.status, PRICE_PARTIAL);
    r = usage("p", "m", 0, 5);
    assert_int_equal(priced(book, &r).nanousd, 0);
    assert_int_equal(r.charge.status, PRICE_UNPRICED);
    price_book_free(book);
}

TEST(a_schedule_may_wrap_midnight_and_name_its_days)
{
    static const char *const texts[] = {
        "entries:\n- provider: p\n  model: m\n  rates: { input_mtok: 2 }\n"
        "  schedule: [{ start: \"22:00\", end: \"06:00\", days: [1], rates: { "
        "input_mtok: 1 }"
        " }]\n"};
    struct price_book *book = load_book(CHARGE_COMPUTED, 1, texts);
    static const struct {
        const char *time; /* 2026-08-24 is a Monday */
        int64_t nanousd;
    } cases[] = {{"2026-08-24T21:59:59Z", 2000000}, {"2026-08-24T22:00:00Z", 1000000},
                 {"2026-08-25T05:59:59Z", 1000000}, {"2026-08-25T06:00:00Z", 2000000},
                 {"2026-08-25T23:00:00Z", 2000000}, {"2026-08-24T03:00:00Z", 2000000}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct record r = usage("p", "m", 1000, 0);
        r.ev.start_ns = at(cases[i].time);
        assert_int_equal(priced(book, &r).nanousd, cases[i].nanousd);
    }
    price_book_free(book);
}

#define ENTRY(rest) "entries:\n- { provider: p, model: m, " rest " }\n"

/* An overlay, and all that is said of it. */
static const char *const wrong_overlays[][2] = {
    {"entries: 1\n", "FILE:1:1: entries: a list is needed\n"},
    {"currency: EUR\nentries: []\n", "FILE:1:11: currency: only USD\n"},
    {"entries:\n- { model: m }\n", "FILE:2:3: entry 1: provider and model are needed\n"},
    {ENTRY("rate: {}"), "FILE:2:28: entry: unknown key \"rate\"; did you mean "
                        "\"rates\"?\n"},
    {ENTRY("note: x"), "FILE:2:3: p/m: needs rates, or included: true\n"},
    {ENTRY("rates: { input: 1 }"), "FILE:2:37: p/m: unknown rate \"input\"\n"},
    {ENTRY("rates: { input_mtok: -1 }"),
     "FILE:2:49: p/m: input_mtok is not a price in USD that is 0 or more\n"},
    {ENTRY("from: yesterday, rates: { input_mtok: 1 }"),
     "FILE:2:3: p/m@yesterday: from and to are dates, as 2026-08-21\n"},
    {ENTRY("from: 2026-02-01, to: 2026-01-01, rates: { input_mtok: 1 }"),
     "FILE:2:3: p/m@2026-02-01: from must be before to\n"},
    {ENTRY("tier_op: lt, rates: { input_mtok: 1 }"),
     "FILE:2:3: tier_op: \"lt\" is not one of gt, ge\n"},
    {ENTRY("match: { like: x }, rates: { input_mtok: 1 }"),
     "FILE:2:37: match: unknown clause \"like\"; one of equals, starts_with, "
     "contains, "
     "ends_with, regex\n"},
    {ENTRY("match: { regex: \"(\" }, rates: { input_mtok: 1 }"),
     "FILE:2:44: match: \"(\" is not an extended regular expression\n"},
    {ENTRY("rates: { input_mtok: 1 }, tiers: [{ above: 5, rates: {} }, { above: 5, "
           "rates: {} }]"),
     "FILE:2:87: p/m: tiers must ascend by above\n"},
    {ENTRY("tier_mode: graduated, rates: { input_mtok: 1, output_mtok: 1, "
           "cache_read_mtok: 1, cache_write_mtok: 1, output_reasoning_mtok: 1 }, "
           "tiers: "
           "[{ above: 1, rates: {} }, { above: 2, rates: {} }, { above: 3, rates: {} "
           "}, { above: 4, rates: {} }]"),
     "FILE:2:166: p/m: graduated: rates times brackets are more than 20\n"},
    {ENTRY("rates: { input_mtok: 1001 }"), "FILE:2:3: entry 1, p/m: a token rate is "
                                           "above $1000 per million; if it is meant "
                                           "so, give a reason\n"},
    {ENTRY("rates: { input_mtok: 1, cache_read_mtok: 2 }"),
     "FILE:2:3: entry 1, p/m: cache_read_mtok is above input_mtok; if it is meant "
     "so, "
     "give a reason\n"},
    {ENTRY("rates: { input_mtok: 1 } }\n- { provider: p, model: m, from: 2026-01-01, "
           "rates: { input_mtok: 1 }"),
     "FILE:3:3: entry 2, p/m@2026-01-01: its dates overlap those of entry 1\n"},
    {ENTRY("rates: { input_mtok: 1 } }\n- { provider: p, model: m, service_tier: flex, "
           "rates: { input_mtok: 2 }"),
     "FILE:3:3: entry 2, p/m+flex: batch or flex is dearer than standard; if it is "
     "meant so, give a reason\n"},
    {ENTRY("match: { equals: x }, included: true } \n- { provider: p, model: n, "
           "match: { equals: x }, included: true"),
     "FILE:3:3: entry 2, p/n: same match as m\n"},
};

TEST(says_where_an_overlay_is_wrong_and_how)
{
    size_t wrong = 0;

    for (size_t i = 0; i < sizeof wrong_overlays / sizeof *wrong_overlays; i++) {
        char *errors = load_errors(wrong_overlays[i][0]);
        if (!errors || strcmp(errors, wrong_overlays[i][1]) != 0) {
            print_error("%s\n got %s\n not %s\n", wrong_overlays[i][0],
                        errors ? errors : "no error", wrong_overlays[i][1]);
            wrong++;
        }
        free(errors);
    }
    assert_int_equal(wrong, 0);
}

TEST(a_reason_allows_what_the_bounds_forbid_and_imports_are_quarantined)
{
    static const char *const reasoned[] = {
        ENTRY("reason: contract, rates: { input_mtok: 1001 }")};
    static const char *const imported[] = {
        "kind: imported\n" ENTRY("rates: { input_mtok: 1001 }")};
    struct price_book *builtin = load_book(CHARGE_COMPUTED, 0, NULL);
    struct price_book *book = load_book(CHARGE_COMPUTED, 1, reasoned);
    struct record r = usage("p", "m", 1000, 0);

    assert_int_equal(priced(book, &r).nanousd, 1001000000);
    assert_int_equal(price_book_quarantined(book), price_book_quarantined(builtin));
    price_book_free(book);
    book = load_book(CHARGE_COMPUTED, 1, imported);
    assert_int_equal(priced(book, &r).nanousd, 0);
    assert_int_equal(r.charge.status, PRICE_UNPRICED);
    assert_int_equal(price_book_quarantined(book), price_book_quarantined(builtin) + 1);
    price_book_free(book);
    price_book_free(builtin);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(later_overlays_win_over_earlier_ones_and_over_the_built_in_book),
        cmocka_unit_test(an_overlay_without_match_reprices_all_names_of_the_model),
        cmocka_unit_test(a_contract_with_one_provider_prices_no_other),
        cmocka_unit_test(names_are_taken_over_from_the_nearest_book_below),
        cmocka_unit_test(outside_its_dates_and_tier_an_overlay_leaves_the_lower_price),
        cmocka_unit_test(included_traffic_costs_nothing_whatever_the_gateway_reports),
        cmocka_unit_test(regions_missing_rates_and_bases_do_as_the_entry_says),
        cmocka_unit_test(a_part_that_is_guessed_makes_the_price_partial),
        cmocka_unit_test(a_schedule_may_wrap_midnight_and_name_its_days),
        cmocka_unit_test(says_where_an_overlay_is_wrong_and_how),
        cmocka_unit_test(
            a_reason_allows_what_the_bounds_forbid_and_imports_are_quarantined),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
