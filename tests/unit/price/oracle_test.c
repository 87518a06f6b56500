/* Prices of other people's tests, and those that LiteLLM 1.106.2 reported. */
#include "../unit.h"

#include <jansson.h>

#include "helpers.h"

static json_t *load_json(const char *name)
{
    char path[500];
    json_error_t why;
    json_t *root;

    snprintf(path, sizeof path, SOURCE_DIR "/tests/data/price/%s", name);
    root = json_load_file(path, 0, &why);
    if (!root)
        fail_msg("%s: %s", path, why.text);
    return root;
}

static const char *text(const json_t *item, const char *key)
{
    const char *value = json_string_value(json_object_get(item, key));

    return value ? value : "";
}

static struct record record_of(const json_t *c, const json_t *counts)
{
    struct record r = call(text(c, "provider"), text(c, "model"));
    struct schema schema = {0};
    const char *name;
    json_t *value;

    r.ev.text[TEXT_SERVICE_TIER] = str_of(text(c, "service_tier"));
    json_object_foreach((json_t *)(uintptr_t)counts, name, value)
    {
        struct field field = field_find(&schema, str_of(name));
        if (json_is_integer(value)) {
            assert_int_equal(field.kind, FIELD_COUNT);
            r.ev.count[field.index] = json_integer_value(value);
        }
    }
    return r;
}

static bool costs(struct price_book *book, const json_t *c, const char *by)
{
    struct price_cache *cache = price_cache_new(book);
    struct record r = record_of(c, json_object_get(c, "usage"));
    struct money expected;

    r.ev.start_ns = at(text(c, "time"));
    assert_true(money_parse(&expected, str_of(text(c, "total_usd"))));
    price_record(book, cache, &r);
    price_cache_free(cache);
    if (r.charge.status == PRICE_EXACT && r.charge.computed.nanousd == expected.nanousd)
        return true;
    print_error("%s by %s: status %d, %ld nano-USD, not %ld (%.*s)\n", text(c, "id"), by,
                r.charge.status, (long)r.charge.computed.nanousd, (long)expected.nanousd,
                STR_ARG(r.charge.entry));
    return false;
}

TEST(prices_every_worked_example_by_the_built_in_book)
{
    struct price_book *book = load_book(CHARGE_COMPUTED, 0, NULL);
    json_t *root = load_json("oracle.json"), *c;
    size_t index, wrong = 0, priced = 0;

    json_array_foreach(json_object_get(root, "cases"), index, c)
    {
        if (json_object_get(c, "not_in_book")) {
            print_message("not by the book: %s: %s\n", text(c, "id"),
                          text(c, "not_in_book"));
            continue;
        }
        wrong += !costs(book, c, "the book");
        priced++;
    }
    assert_int_equal(wrong, 0);
    assert_true(priced >= 40);
    json_decref(root);
    price_book_free(book);
}

TEST(prices_every_worked_example_by_its_own_rates)
{
    json_t *root = load_json("oracle.json"), *c;
    size_t index, wrong = 0, priced = 0;

    json_array_foreach(json_object_get(root, "cases"), index, c)
    {
        const json_t *overlay = json_object_get(c, "overlay");
        char *overlay_text = overlay ? json_dumps(overlay, 0) : NULL;
        struct price_book *book;
        if (!overlay)
            continue;
        book = load_book(CHARGE_COMPUTED, 1, (const char *const *)&overlay_text);
        wrong += !costs(book, c, "its rates");
        priced++;
        price_book_free(book);
        free(overlay_text);
    }
    assert_int_equal(wrong, 0);
    assert_int_equal(priced, 58);
    json_decref(root);
}

TEST(computes_what_litellm_reported)
{
    struct price_book *book = load_book(CHARGE_REPORTED, 0, NULL);
    struct price_cache *cache = price_cache_new(book);
    json_t *root = load_json("litellm_1.106.2.json"), *event;
    size_t index, priced = 0;

    json_array_foreach(json_object_get(root, "events"), index, event)
    {
        struct record r = record_of(event, event);
        r.ev.text[TEXT_AI_SYSTEM] = str_of(text(event, "ai_system"));
        r.ev.text[TEXT_REQUESTED_MODEL] = str_of(text(event, "requested_model"));
        r.ev.text[TEXT_RESPONSE_MODEL] = str_of(text(event, "response_model"));
        r.ev.start_ns = at(text(event, "start"));
        r.ev.reported = REPORTED_COST;
        assert_true(money_parse(&r.ev.reported_usd, str_of(text(event, "reported_usd"))));
        price_record(book, cache, &r);
        if (r.charge.status != PRICE_EXACT ||
            r.charge.computed.nanousd != r.ev.reported_usd.nanousd)
            fail_msg("%s: status %d, %ld, reported %ld", text(event, "file"),
                     r.charge.status, (long)r.charge.computed.nanousd,
                     (long)r.ev.reported_usd.nanousd);
        assert_int_equal(r.charge.charge.nanousd, r.ev.reported_usd.nanousd);
        priced++;
    }
    assert_int_equal(priced, 17);
    json_decref(root);
    price_cache_free(cache);
    price_book_free(book);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prices_every_worked_example_by_the_built_in_book),
        cmocka_unit_test(prices_every_worked_example_by_its_own_rates),
        cmocka_unit_test(computes_what_litellm_reported),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
