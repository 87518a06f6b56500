#include "../unit.h"

#include <math.h>

#include "spendwarden/money.h"

static int64_t parsed(const char *text)
{
    struct money amount = {-1};

    assert_true(money_parse(&amount, str_of(text)));
    return amount.nanousd;
}

TEST(refuses_a_charge_it_cannot_hold)
{
    struct money charge = {7};

    assert_false(money_of_units(&charge, UINT64_MAX, (struct rate){INT64_MAX}));
    assert_int_equal(charge.nanousd, 7);
    assert_false(money_of_units(&charge, 1, (struct rate){-1}));
    assert_int_equal(charge.nanousd, 7);
}

TEST(rounds_half_to_even_once)
{
    struct money amount;

    assert_true(money_of_units(&amount, 1, (struct rate){500}));
    assert_int_equal(amount.nanousd, 0);
    assert_true(money_of_units(&amount, 1, (struct rate){1500}));
    assert_int_equal(amount.nanousd, 2);
    assert_true(money_of_units(&amount, 3, (struct rate){500}));
    assert_int_equal(amount.nanousd, 2);
    assert_true(money_of_units(&amount, 1, (struct rate){501}));
    assert_int_equal(amount.nanousd, 1);
}

TEST(reads_the_numbers_that_gateways_write)
{
    assert_int_equal(parsed("4.5e-05"), 45000);
    assert_int_equal(parsed("0.015333000000000001"), 15333000);
    assert_int_equal(parsed("4.8e-07"), 480);
    assert_int_equal(parsed("-1.5"), -1500000000);
    assert_int_equal(parsed("1E3"), 1000000000000);
    assert_int_equal(parsed("0.0000000005"), 0);
    assert_int_equal(parsed("0.0000000015"), 2);
    assert_int_equal(parsed("0.00000000050000000000000000000000000000000000000001"), 1);
    assert_int_equal(parsed("1e-400"), 0);
    assert_int_equal(parsed("0e999"), 0);
}

TEST(refuses_what_is_no_amount)
{
    static const char *const bad[] = {"",   "-",     ".",          "NaN",  "Infinity",
                                      "1e", "1e+",   "1.2.3",      "0x10", " 1",
                                      "1 ", "1e400", "9300000000", "--1"};
    struct money amount = {7};

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(money_parse(&amount, str_of(bad[i])));
        assert_int_equal(amount.nanousd, 7);
    }
}

TEST(formats_exactly_without_trailing_zeros)
{
    char text[MONEY_TEXT_SIZE];

    money_format(text, (struct money){45000});
    assert_string_equal(text, "0.000045");
    money_format(text, (struct money){-12000000000});
    assert_string_equal(text, "-12");
    money_format(text, (struct money){0});
    assert_string_equal(text, "0");
    money_format(text, (struct money){INT64_MIN});
    assert_string_equal(text, "-9223372036.854775808");
}

TEST(rates_are_exact_to_the_pico_dollar_per_unit)
{
    struct rate rate;
    bool exact;

    assert_true(rate_parse(&rate, STR("0.15"), 1000000, &exact));
    assert_int_equal(rate.picousd, 150000);
    assert_true(exact);
    assert_true(rate_parse(&rate, STR("3e-7"), 1, &exact));
    assert_int_equal(rate.picousd, 300000);
    assert_true(rate_parse(&rate, STR("0.0000001"), 1000000, &exact));
    assert_false(exact);
    assert_true(rate_parse(&rate, STR("0.36"), 3600, &exact));
    assert_int_equal(rate.picousd, 100000000);
    assert_true(exact);
}

TEST(a_policy_cannot_return_an_amount_that_is_none)
{
    struct money amount = {7};

    assert_false(money_from_double(&amount, NAN));
    assert_false(money_from_double(&amount, INFINITY));
    assert_false(money_from_double(&amount, -0.01));
    assert_false(money_from_double(&amount, 1000000.01));
    assert_int_equal(amount.nanousd, 7);
    assert_true(money_from_double(&amount, 0.1));
    assert_int_equal(amount.nanousd, 100000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_a_charge_it_cannot_hold),
        cmocka_unit_test(rounds_half_to_even_once),
        cmocka_unit_test(reads_the_numbers_that_gateways_write),
        cmocka_unit_test(refuses_what_is_no_amount),
        cmocka_unit_test(formats_exactly_without_trailing_zeros),
        cmocka_unit_test(rates_are_exact_to_the_pico_dollar_per_unit),
        cmocka_unit_test(a_policy_cannot_return_an_amount_that_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
