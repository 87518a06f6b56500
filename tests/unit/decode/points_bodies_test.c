/* Captured metrics of real emitters against what the mock's log says of the tokens. */
#include "points.h"
#include "spendwarden/yaml.h"

static struct str get(const struct yaml_node *map, const char *key)
{
    const struct yaml_node *n = yaml_get(map, str_of(key));

    assert_non_null(n);
    return n->text;
}

static void check_body(struct reading *r, const struct yaml_node *truth)
{
    char path[300];
    int64_t points, tokens, seen = 0;
    double sum = 0;
    enum verdict v;

    snprintf(path, sizeof path, "../otlp/metrics/%.*s", STR_ARG(get(truth, "body")));
    struct str body = read_data(path);
    assert_true(yaml_int64(yaml_get(truth, STR("points")), &points));
    assert_true(yaml_int64(yaml_get(truth, STR("tokens")), &tokens));
    reading_begin(r, body);
    while ((v = reading_next(r)) != VERDICT_END) {
        assert_int_equal(v, VERDICT_EVENT);
        assert_true(r->point.cumulative);
        assert_true(str_eq(r->point.service, get(truth, "service")));
        assert_in_range(r->point.time_ns - r->point.start_ns, 1, NS_PER_MINUTE);
        sum += r->point.tokens;
        seen++;
    }
    print_message("%s: %lld points\n", path, (long long)seen);
    assert_int_equal(seen, points);
    assert_int_equal((int64_t)sum, tokens);
    free((void *)body.at);
}

TEST(each_emitters_metrics_count_the_tokens_of_its_calls)
{
    struct reading *r = reading_open();
    struct arena arena;
    struct yaml_node *truth;
    struct diags diags = {0};

    arena_init(&arena, 0);
    assert_true(yaml_load(&truth, SOURCE_DIR "/tests/data/otlp/metrics/truth.json",
                          1 << 20, &arena, &diags));
    for (size_t i = 0; i < truth->count; i++)
        check_body(r, &truth->values[i]);
    assert_true(truth->count >= 10);
    arena_release(&arena);
    reading_close(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_emitters_metrics_count_the_tokens_of_its_calls),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
