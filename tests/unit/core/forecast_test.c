/* Where spending leads: exact cases, and how often the band holds. */
#include "../unit.h"

#include <math.h>

#include "../../../src/tick/forecast.h"
#include "spendwarden/timestamp.h"

#define USD INT64_C(1000000000)
#define NOW_NS (INT64_C(20000) * NS_PER_DAY)

enum { TRIALS = 4000 };

static struct lately steady(int64_t day_usd, int64_t days_left)
{
    struct lately l = {.at_ns = NOW_NS,
                       .end_ns = NOW_NS + days_left * NS_PER_DAY,
                       .from_ns = NOW_NS - 7 * NS_PER_DAY,
                       .week_nanousd = 7 * day_usd * USD,
                       .has_days = true,
                       .limit = {1000 * USD},
                       .spent = {300 * USD}};

    for (int i = 0; i < OUTLOOK_DAYS; i++)
        l.days[i] = day_usd * USD;
    return l;
}

TEST(a_steady_rate_goes_on_and_its_band_has_no_width)
{
    struct lately l = steady(10, 20);
    struct outlook o = forecast(&l);

    assert_true(o.has_total);
    assert_int_equal(o.total.nanousd, 500 * USD);
    assert_true(o.has_band);
    assert_int_equal(o.low.nanousd, 500 * USD);
    assert_int_equal(o.high.nanousd, 500 * USD);
    assert_false(o.exhausts); /* 70 days would be needed */
}

TEST(the_time_until_the_limit_is_what_is_left_at_that_rate)
{
    struct lately l = steady(100, 20);
    struct outlook o = forecast(&l);

    assert_true(o.exhausts);
    assert_int_equal(o.exhausts_in_ns, 7 * NS_PER_DAY);
    l.spent.nanousd = 1000 * USD;
    o = forecast(&l);
    assert_true(o.exhausts);
    assert_int_equal(o.exhausts_in_ns, 0);
    l.spent.nanousd = 0;
    l.week_nanousd = 0;
    assert_false(forecast(&l).exhausts);
}

TEST(a_limit_of_nothing_is_used_up_by_the_first_cent)
{
    struct lately l = steady(0, 20);

    l.limit.nanousd = l.spent.nanousd = 0;
    assert_false(forecast(&l).exhausts);
    l.spent.nanousd = USD / 100;
    assert_true(forecast(&l).exhausts);
}

TEST(before_a_day_there_is_no_forecast_and_before_three_no_band)
{
    struct lately l = steady(10, 20);

    l.from_ns = NOW_NS - NS_PER_DAY + 1;
    assert_false(forecast(&l).has_total);
    l.from_ns = NOW_NS - 3 * NS_PER_DAY + 1;
    l.week_nanousd = 30 * USD;
    struct outlook o = forecast(&l);
    assert_true(o.has_total);
    assert_false(o.has_band);
    l.from_ns--;
    assert_true(forecast(&l).has_band);
    l.has_days = false;
    assert_false(forecast(&l).has_band);
}

TEST(what_is_spent_stays_and_what_cannot_be_held_is_the_most)
{
    struct lately l = steady(10, 20);

    l.days[0] = 69 * USD;
    l.days[1] = l.days[2] = l.days[3] = l.days[4] = l.days[5] = l.days[6] = USD / 6;
    struct outlook o = forecast(&l);
    assert_int_equal(o.low.nanousd, 300 * USD);
    assert_true(o.high.nanousd > 800 * USD);
    l.week_nanousd = INT64_MAX;
    o = forecast(&l);
    assert_int_equal(o.total.nanousd, INT64_MAX);
    assert_int_equal(o.high.nanousd, INT64_MAX);
}

/* Of a seeded source: the sum of 12 uniform numbers is nearly normal. */
static double normal(uint64_t *random)
{
    double sum = 0;

    for (int i = 0; i < 12; i++) {
        *random = *random * UINT64_C(6364136223846793005) + 1442695040888963407;
        sum += (double)(*random >> 33) / 2147483648.0;
    }
    return sum - 6;
}

/* How often, of TRIALS, the true total lay within the band. `weekend`: what Saturday and
 * Sunday spend of a weekday. */
static double coverage(double weekend, int days_left)
{
    uint64_t random = 42;
    int within = 0;

    for (int trial = 0; trial < TRIALS; trial++) {
        struct lately l = steady(0, days_left);
        double rest = 0;
        l.week_nanousd = 0;
        for (int day = -OUTLOOK_DAYS; day < days_left; day++) {
            int weekday = (trial + day + 70) % 7;
            double usd =
                (weekday < 5 ? 100 : 100 * weekend) * (1 + 0.2 * normal(&random));
            if (day < 0) {
                l.days[-day - 1] = (int64_t)(usd * 1e9);
                l.week_nanousd += l.days[-day - 1];
            } else {
                rest += usd * 1e9;
            }
        }
        struct outlook o = forecast(&l);
        double total = (double)l.spent.nanousd + rest;
        within += total >= (double)o.low.nanousd && total <= (double)o.high.nanousd;
    }
    return (double)within / TRIALS;
}

TEST(the_band_holds_in_eighty_of_a_hundred_cases)
{
    static const int days_left[] = {1, 5, 15, 25};

    for (size_t i = 0; i < sizeof days_left / sizeof *days_left; i++) {
        double steady_days = coverage(1, days_left[i]);
        double weeks = coverage(0.3, days_left[i]);
        print_message("%d days left: %.3f of steady days, %.3f of weeks\n", days_left[i],
                      steady_days, weeks);
        assert_true(steady_days > 0.77 && steady_days < 0.83);
        /* A week's pattern is no chance: the band takes it for one, and is wide. */
        assert_true(weeks > 0.75);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_steady_rate_goes_on_and_its_band_has_no_width),
        cmocka_unit_test(a_limit_of_nothing_is_used_up_by_the_first_cent),
        cmocka_unit_test(the_time_until_the_limit_is_what_is_left_at_that_rate),
        cmocka_unit_test(before_a_day_there_is_no_forecast_and_before_three_no_band),
        cmocka_unit_test(what_is_spent_stays_and_what_cannot_be_held_is_the_most),
        cmocka_unit_test(the_band_holds_in_eighty_of_a_hundred_cases),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
