/* What a tick shows of sums of windows. */
#include "../unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "../../../src/tick/tick_view.h"

enum { MANY = 12000, MOST = 10000 };

/* Groups by two values, owned by the caller. */
struct pairs {
    char text[MANY][2][16];
    struct str by[MANY][2];
    struct window_group groups[MANY];
};

static void set(struct pairs *p, size_t index, const char *team, const char *workflow,
                int64_t sum)
{
    snprintf(p->text[index][0], sizeof p->text[index][0], "%s", team);
    snprintf(p->text[index][1], sizeof p->text[index][1], "%s", workflow);
    for (int i = 0; i < 2; i++)
        p->by[index][i] = str_of(p->text[index][i]);
    p->groups[index] = (struct window_group){.by = p->by[index], .sum = sum};
}

static struct window_sums sums_of(const struct pairs *p, size_t count)
{
    return (struct window_sums){.by_count = 2, .group_count = count, .groups = p->groups};
}

TEST(spend_is_shown_by_team_and_workflow)
{
    struct pairs *p = calloc(1, sizeof *p);
    struct tick_view_box *v = tick_view_new();

    set(p, 0, "", "w", 5);
    set(p, 1, "a", "w", 7);
    struct window_sums sums = sums_of(p, 2);
    tick_view_spend(v, STR("1h"), &sums);
    sums.filling = true;
    tick_view_spend(v, STR("24h"), &sums);
    struct tick_view *view = tick_view_hold(v);
    assert_int_equal(view->spend_count, 2);
    assert_true(str_eq(view->spend[1].team, STR("a")));
    assert_true(str_eq(view->spend[1].workflow_id, STR("w")));
    assert_int_equal(view->spend[1].spent.nanousd, 7);
    tick_view_drop(v);
    tick_view_drop(v);
    free(p);
}

TEST(of_too_many_groups_the_smallest_are_one_and_the_sum_is_right)
{
    struct pairs *p = calloc(1, sizeof *p);
    struct tick_view_box *v = tick_view_new();
    int64_t all = 0, shown = 0;
    char team[16];

    for (size_t i = 0; i < MANY - 1; i++) {
        snprintf(team, sizeof team, "t%zu", i);
        set(p, i, team, "w", (int64_t)i % 100); /* many are equal */
    }
    set(p, MANY - 1, "__other__", "__other__", 1000);
    for (size_t i = 0; i < MANY; i++)
        all += p->groups[i].sum;
    struct window_sums sums = sums_of(p, MANY);
    tick_view_spend(v, STR("1h"), &sums);
    struct tick_view *view = tick_view_hold(v);
    assert_true(view->spend_count <= MOST + 1);
    size_t others = 0;
    for (size_t i = 0; i < view->spend_count; i++) {
        shown += view->spend[i].spent.nanousd;
        others += str_eq(view->spend[i].team, STR("__other__"));
    }
    assert_int_equal(shown, all);
    assert_int_equal(others, 1);
    tick_view_drop(v);
    tick_view_drop(v);
    free(p);
}

TEST(coverage_is_of_spend_and_of_requests)
{
    const struct str litellm = STR("litellm"), kong = STR("kong");
    const struct window_group all_of[] = {{.by = &kong, .sum = 10, .count = 1},
                                          {.by = &litellm, .sum = 30, .count = 9}},
                              known_of[] = {{.by = &litellm, .sum = 30, .count = 9}};
    const struct window_sums all = {.by_count = 1, .group_count = 2, .groups = all_of},
                             known = {
                                 .by_count = 1, .group_count = 1, .groups = known_of};
    static const struct {
        const char *source;
        bool requests;
        double ratio;
    } wanted[] = {{"kong", false, 0},   {"kong", true, 0}, {"litellm", false, 1},
                  {"litellm", true, 1}, {"", false, 0.75}, {"", true, 0.9}};
    struct tick_view_box *v = tick_view_new();

    tick_view_coverage(v, STR("team"), STR("1h"), &all, &known);
    struct tick_view *view = tick_view_hold(v);
    assert_int_equal(view->coverage_count, 6);
    for (size_t i = 0; i < 6; i++) {
        assert_true(str_eq(view->coverage[i].source, str_of(wanted[i].source)));
        assert_int_equal(view->coverage[i].requests, wanted[i].requests);
        assert_float_equal(view->coverage[i].ratio, wanted[i].ratio, 1e-12);
    }
    tick_view_drop(v);
    tick_view_drop(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spend_is_shown_by_team_and_workflow),
        cmocka_unit_test(of_too_many_groups_the_smallest_are_one_and_the_sum_is_right),
        cmocka_unit_test(coverage_is_of_spend_and_of_requests),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
