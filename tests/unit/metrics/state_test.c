/* Random records: against naive sums, through checkpoints, with damage. */
#include "support.h"

#include "spendwarden/hash.h"

enum { EVENTS = 5000, TEAMS = 6, MODELS = 4 };

static const char *const teams[TEAMS] = {"", "a", "b", "c", "team x", "\"q\""};
static const char *const models[MODELS] = {"gpt-4o", "claude", "", "m"};

struct story {
    struct record records[EVENTS];
    struct effect effects[EVENTS];
};

static const struct metric_decl waste = {.name = STR("acme_waste_usd_total"),
                                         .help = STR("Waste."),
                                         .label_count = 1,
                                         .labels = {STR("team")}};

static uint32_t next(uint32_t *random)
{
    *random = *random * 1664525 + 1013904223;
    return *random >> 8;
}

static struct story *told(uint32_t seed)
{
    struct story *s = calloc(1, sizeof *s);

    assert_non_null(s);
    for (int i = 0; i < EVENTS; i++) {
        struct record *r = &s->records[i];
        const char *team = teams[next(&seed) % TEAMS];
        *r = charge(team, models[next(&seed) % MODELS],
                    (int64_t)next(&seed) * (next(&seed) % 1000));
        r->charge.status = (enum price_status)(next(&seed) % PRICE_STATUS_COUNT);
        r->ev.outcome = (enum outcome)(next(&seed) % 3);
        r->ev.count[COUNT_INPUT_TOKENS] = (int64_t)(next(&seed) % 10000) - 1;
        r->ev.count[COUNT_REASONING_TOKENS] = (int64_t)(next(&seed) % 100) - 1;
        r->ev.count[COUNT_RETRY_DEPTH] = (int64_t)(next(&seed) % 3) - 1;
        r->ev.start_ns = 1;
        r->ev.end_ns = 1 + next(&seed) * 1000LL;
        s->effects[i] = (struct effect){.name = waste.name,
                                        .nano = next(&seed),
                                        .label_count = 1,
                                        .labels = {{STR("team"), str_of(team)}}};
        r->effects = &s->effects[i];
        r->effect_count = next(&seed) % 2;
    }
    return s;
}

static struct buf digest(const struct metrics *m)
{
    struct buf out = {0};

    metrics_digest(m, true, &out);
    assert_false(out.failed);
    buf_byte(&out, '\0');
    out.size--;
    return out;
}

/* The number behind `prefix` at the start of a line; 0 if there is no such line. */
static int64_t cell(const struct buf *text, const char *prefix)
{
    const char *line = text->at;
    size_t size = strlen(prefix);

    while (line && *line) {
        if (strncmp(line, prefix, size) == 0 && line[size] == ' ')
            return strtoll(line + size, NULL, 10);
        line = strchr(line, '\n');
        line += line != NULL;
    }
    return 0;
}

TEST(cells_equal_naive_sums_over_all_records)
{
    struct metrics *m = opened("team", "requested_model", 100);
    struct story *s = told(11);
    int64_t spend = 0, retry = 0, input = 0, reasoning = 0, failed = 0, slow = 0,
            micros = 0, wasted = 0;
    __int128 total = 0;

    assert_true(metrics_declare(m, &waste, NULL));
    for (int i = 0; i < EVENTS; i++) {
        const struct record *r = &s->records[i];
        const int64_t *count = r->ev.count;
        int64_t duration = (r->ev.end_ns - r->ev.start_ns + 500) / 1000;
        metrics_apply(m, r);
        total += r->charge.charge.nanousd;
        if (str_eq(r->ev.text[TEXT_TEAM], STR("a")) && r->effect_count)
            wasted += r->effects->nano;
        if (!str_eq(r->ev.text[TEXT_REQUESTED_MODEL], STR("claude")))
            continue;
        slow += duration > 10000000 && duration <= 20000000;
        micros += duration;
        if (!str_eq(r->ev.text[TEXT_TEAM], STR("\"q\"")))
            continue;
        spend += r->charge.charge.nanousd;
        retry += count[COUNT_RETRY_DEPTH] > 0 ? r->charge.charge.nanousd : 0;
        input += count[COUNT_INPUT_TOKENS] > 0 ? count[COUNT_INPUT_TOKENS] : 0;
        reasoning +=
            count[COUNT_REASONING_TOKENS] > 0 ? count[COUNT_REASONING_TOKENS] : 0;
        failed += r->ev.outcome == OUTCOME_FAILURE;
    }
    struct buf text = digest(m);
    const char *labels = "{team=\"\\\"q\\\"\",requested_model=\"claude\"}";
    const char *model = "{ai_system=\"openai\",requested_model=\"claude\"}";
    struct {
        const char *family, *labels, *extra;
        int64_t value;
    } wanted[] = {{"llm_spend_usd_total", labels, "", spend},
                  {"llm_retry_spend_usd_total", labels, "", retry},
                  {"llm_tokens_total", labels, "[input]", input},
                  {"llm_token_details_total", labels, "[reasoning]", reasoning},
                  {"llm_requests_total", labels, "[failure]", failed},
                  {"llm_request_duration_seconds_bucket_8", model, "", slow},
                  {"llm_request_duration_seconds_sum", model, "", micros},
                  {"acme_waste_usd_total", "{team=\"a\"}", "", wasted}};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        char prefix[200];
        snprintf(prefix, sizeof prefix, "%s%s%s", wanted[i].family, wanted[i].labels,
                 wanted[i].extra);
        assert_true(wanted[i].value > 0);
        assert_int_equal(cell(&text, prefix), wanted[i].value);
    }
    assert_true(metrics_spend_total(m) == total);
    buf_release(&text);
    free(s);
    metrics_close(m);
}

TEST(a_checkpoint_and_the_rows_after_it_give_the_same_cells)
{
    struct metrics *m = opened("team", "requested_model", 10);
    struct metrics *restored = opened("team", "requested_model", 10);
    struct story *s = told(12);
    struct buf saved = {0};

    assert_true(metrics_declare(m, &waste, NULL));
    for (int i = 0; i < EVENTS; i++) {
        metrics_apply(m, &s->records[i]);
        if (i == EVENTS / 2)
            metrics_save(m, &saved);
    }
    assert_true(metrics_load(restored, buf_str(&saved), NULL));
    for (int i = EVENTS / 2 + 1; i < EVENTS; i++)
        metrics_apply(restored, &s->records[i]);
    struct buf before = digest(m), after = digest(restored);
    struct buf text = rendered(m), restored_text = rendered(restored);
    assert_string_equal(before.at, after.at);
    assert_string_equal(text.at, restored_text.at);
    buf_release(&before);
    buf_release(&after);
    buf_release(&text);
    buf_release(&restored_text);
    buf_release(&saved);
    free(s);
    metrics_close(m);
    metrics_close(restored);
}

static void expect_empty(struct metrics *m)
{
    struct record r = charge("a", "m", 1000);

    assert_true(metrics_spend_total(m) == 0);
    metrics_apply(m, &r);
    expect_line(m, "llm_attributed_spend_usd_total{label=\"team\"} 0.000001");
    expect_line(m, "llm_attributed_spend_usd_total{label=\"tenant\"} 0");
}

TEST(a_checkpoint_with_other_labels_is_refused_and_leaves_nothing)
{
    struct metrics *m = opened("team", "requested_model", 100);
    struct metrics *other = opened("team", "class", 100);
    struct metrics_options options = {.label_count = 2,
                                      .labels = {field("team"), field("requested_model")},
                                      .max_series = 100};
    struct record r = charge("a", "m", 1000);
    struct metrics *uncovered;
    struct buf saved = {0};
    struct err err = {0};

    metrics_apply(m, &r);
    metrics_save(m, &saved);
    assert_false(metrics_load(other, buf_str(&saved), &err));
    assert_int_equal(err.kind, ERR_INPUT);
    assert_string_equal(err.text,
                        "since they were saved, these have changed: metrics.labels");
    expect_empty(other);
    assert_true(metrics_open(&uncovered, &options, NULL));
    err = (struct err){0};
    assert_false(metrics_load(uncovered, buf_str(&saved), &err));
    assert_string_equal(err.text,
                        "since they were saved, these have changed: metrics.coverage");
    err = (struct err){0};
    assert_false(metrics_load(uncovered, (struct str){saved.at, saved.size - 1}, &err));
    assert_string_equal(err.text, "the saved ones are damaged, or of another version");
    assert_true(metrics_spend_total(uncovered) == 0);
    buf_release(&saved);
    metrics_close(m);
    metrics_close(other);
    metrics_close(uncovered);
}

TEST(a_counter_declared_with_other_labels_by_now_begins_anew)
{
    struct metrics *m = opened("team", "requested_model", 100);
    struct metrics *restored = opened("team", "requested_model", 100);
    struct metric_decl changed = waste;
    struct story *s = told(13);
    struct buf saved = {0};

    assert_true(metrics_declare(m, &waste, NULL));
    changed.labels[0] = STR("tenant");
    assert_true(metrics_declare(restored, &changed, NULL));
    for (int i = 0; i < 100; i++)
        metrics_apply(m, &s->records[i]);
    metrics_save(m, &saved);
    assert_true(metrics_load(restored, buf_str(&saved), NULL));
    expect_absent(restored, "acme_waste_usd_total{");
    assert_true(metrics_spend_total(restored) == metrics_spend_total(m));
    buf_release(&saved);
    free(s);
    metrics_close(m);
    metrics_close(restored);
}

/* With a right seal, so that what lies behind it is tried. */
static void seal(struct buf *state_text)
{
    struct str body = {state_text->at, state_text->size - 8};
    uint64_t hash = hash_of(body, 0);

    for (int i = 0; i < 8; i++)
        state_text->at[body.size + (size_t)i] = (char)(hash >> (8 * i));
}

TEST(damaged_states_are_refused_or_read_and_never_do_harm)
{
    struct metrics *m = opened("team", "requested_model", 100);
    struct story *s = told(14);
    struct buf saved = {0}, altered = {0};
    uint32_t random = 5;
    int refused = 0;

    assert_true(metrics_declare(m, &waste, NULL));
    for (int i = 0; i < 50; i++)
        metrics_apply(m, &s->records[i]);
    metrics_save(m, &saved);
    for (int round = 0; round < 3000; round++) {
        struct metrics *victim = opened("team", "requested_model", 100);
        size_t size = round % 3 ? saved.size : 12 + next(&random) % (saved.size - 12);
        buf_reset(&altered);
        buf_add(&altered, (struct str){saved.at, size});
        for (int i = 0; i <= round % 4; i++)
            altered.at[4 + next(&random) % (size - 4)] = (char)next(&random);
        if (round % 7)
            seal(&altered);
        if (!metrics_load(victim, buf_str(&altered), NULL)) {
            refused++;
            expect_empty(victim);
        }
        metrics_apply(victim, &s->records[0]);
        struct buf text = rendered(victim);
        buf_release(&text);
        metrics_close(victim);
    }
    assert_in_range(refused, 1000, 3000);
    buf_release(&saved);
    buf_release(&altered);
    free(s);
    metrics_close(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cells_equal_naive_sums_over_all_records),
        cmocka_unit_test(a_checkpoint_and_the_rows_after_it_give_the_same_cells),
        cmocka_unit_test(a_checkpoint_with_other_labels_is_refused_and_leaves_nothing),
        cmocka_unit_test(a_counter_declared_with_other_labels_by_now_begins_anew),
        cmocka_unit_test(damaged_states_are_refused_or_read_and_never_do_harm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
