/* Candidates beside the policies that decide: what they get, and what comes of it. */
#include "../unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "spendwarden/json.h"
#include "spendwarden/pipeline.h"
#include "spendwarden/shadow.h"

static const char active[] =
    "policy { name = 'p', settings = { team = 'shop' } }\n"
    "derive('team', {}, function() return settings.team end)\n"
    "counter('calls_total', { help = 'Calls.' }, function() return 1 end)\n"
    "window { name = 'w', over = '1h', sum = function() return 1 end }\n";

static const char candidate[] =
    "policy { name = 'p', settings = { team = 'store', more = 1 } }\n"
    "derive({ 'team', 'agent' }, {}, function()\n"
    "  return { team = settings.team, agent = 'bot' } end)\n"
    "classify({ 'x' }, { default = 'x' }, function() end)\n"
    "price({ of = 'billed' }, function() return 2 end)\n"
    "counter('calls_total', { help = 'Calls.' }, function() return settings.more end)\n"
    "window { name = 'w', over = '1h', sum = function() return 3 end }\n";

struct fixture {
    char directory[64], config[96], active[96], candidate[96];
    struct generation_options options;
    struct generation *generation;
    struct pipeline *pipeline;
    struct arena arena;
    char errors[2000];
};

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    assert_non_null(f);
    snprintf(f->directory, sizeof f->directory, "/tmp/spendwarden-shadow-XXXXXX");
    assert_non_null(mkdtemp(f->directory));
    snprintf(f->config, sizeof f->config, "%s/config.yaml", f->directory);
    snprintf(f->active, sizeof f->active, "%s/active.lua", f->directory);
    snprintf(f->candidate, sizeof f->candidate, "%s/candidate.lua", f->directory);
    f->options.config_path = f->config;
    write_file(f->config, "policies: { paths: [active.lua], shadow: [candidate.lua] }\n");
    write_file(f->active, active);
    write_file(f->candidate, candidate);
    arena_init(&f->arena, 0);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    pipeline_close(f->pipeline);
    generation_release(f->generation);
    arena_release(&f->arena);
    unlink(f->config);
    unlink(f->active);
    unlink(f->candidate);
    rmdir(f->directory);
    free(f);
    return 0;
}

/* What is wrong is in f->errors. */
static bool load(struct fixture *f)
{
    struct diags diags = {0};
    struct buf text = {0};

    bool ok = generation_load(&f->generation, &f->options, &diags);
    diags_print(&diags, &text);
    snprintf(f->errors, sizeof f->errors, "%.*s", (int)text.size, text.at ? text.at : "");
    buf_release(&text);
    diags_release(&diags);
    return ok;
}

static struct record *decided(struct fixture *f, bool shadow)
{
    static char body[64 + JSON_PADDING] = "{\"id\":\"a\",\"reported_usd\":\"1\"}";
    struct verdict_reason why;
    struct err err = {0};
    struct record *r;

    if (!load(f))
        fail_msg("%s", f->errors);
    assert_true(pipeline_open(&f->pipeline, f->generation, &err));
    if (shadow)
        pipeline_shadow(f->pipeline);
    pipeline_begin(f->pipeline, generation_source(f->generation, STR("generic")),
                   str_of(body), NULL, &f->arena, timestamp_now());
    assert_int_equal(pipeline_next(f->pipeline, &r, &why), VERDICT_EVENT);
    return r;
}

static uint32_t bit(unsigned label)
{
    return 1u << (label - TEXT_LABEL_FIRST);
}

TEST(what_would_be_otherwise_is_told_apart_from_what_is)
{
    struct record *r = decided(*state, true);

    assert_true(str_eq(r->ev.text[TEXT_TEAM], STR("shop")));
    assert_int_equal(r->ev.text[TEXT_AGENT].size, 0);
    assert_int_equal(r->class.size, 0);
    assert_int_equal(r->charge.billed.nanousd, NANO_PER_USD);
    assert_int_equal(r->beside.state, BESIDE_CHANGED);
    assert_int_equal(r->beside.labels, bit(TEXT_TEAM) | bit(TEXT_AGENT));
    assert_true(r->beside.class && r->beside.billed && !r->beside.charge);
    assert_int_equal(r->beside.would_charge.nanousd, NANO_PER_USD);
}

TEST(effects_of_one_name_stay_apart)
{
    static const struct {
        struct str name;
        int64_t value;
    } wanted[] = {{STR("calls_total"), 1},
                  {STR("window:w"), 1},
                  {STR("spendwarden_candidate_calls_total"), 1},
                  {STR("window:shadow:w"), 3}};
    struct record *r = decided(*state, true);

    assert_int_equal(r->effect_count, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_true(str_eq(r->effects[i].name, wanted[i].name));
        assert_int_equal(r->effects[i].nano, wanted[i].value * NANO_PER_USD);
    }
}

TEST(candidates_run_only_where_they_are_asked_for)
{
    struct record *r = decided(*state, false);

    assert_int_equal(r->beside.state, BESIDE_NONE);
    assert_int_equal(r->effect_count, 2);
}

TEST(a_candidate_has_settings_of_its_own_and_else_those_there_are)
{
    struct fixture *f = *state;

    write_file(f->config, "policies:\n  paths: [active.lua]\n  shadow: [candidate.lua]\n"
                          "  settings: { p: { team: all } }\n"
                          "  shadow_settings: { p: { more: 7 } }\n");
    struct record *r = decided(f, true);
    assert_true(str_eq(r->ev.text[TEXT_TEAM], STR("all")));
    assert_int_equal(r->beside.labels, bit(TEXT_AGENT));
    assert_int_equal(r->effects[2].nano, 7 * NANO_PER_USD);
}

TEST(settings_of_the_policies_that_decide_may_be_for_no_candidate)
{
    struct fixture *f = *state;

    write_file(f->candidate, "policy { name = 'q' }\n");
    write_file(f->config, "policies:\n  paths: [active.lua]\n  shadow: [candidate.lua]\n"
                          "  settings: { p: { team: all } }\n");
    if (!load(f))
        fail_msg("%s", f->errors);
    generation_release(f->generation);
    f->generation = NULL;
    write_file(f->config, "policies:\n  paths: [active.lua]\n  shadow: [candidate.lua]\n"
                          "  shadow_settings: { p: { team: all } }\n");
    assert_false(load(f));
    assert_non_null(strstr(f->errors, "no policy has the name 'p'"));
}

TEST(a_candidate_that_does_not_load_is_an_error_with_its_place)
{
    struct fixture *f = *state;

    write_file(f->candidate,
               "policy { name = 'p' }\nderive('teem', {}, function() end)\n");
    assert_false(load(f));
    assert_non_null(strstr(f->errors, "candidate.lua:2"));
}

TEST(effects_of_both_have_to_fit_into_a_record)
{
    struct fixture *f = *state;

    write_file(f->candidate,
               "policy { name = 'p' }\nfor i = 1, 63 do\n"
               "  counter('c' .. i .. '_total', { help = 'C.' }, function() end)\nend\n");
    assert_false(load(f));
    assert_non_null(strstr(f->errors, "65 metrics and windows"));
}

TEST(candidates_get_a_fifth_of_the_time_in_the_long_run)
{
    struct time_share share = {.at_ns = timestamp_monotonic()};

    assert_true(time_share_begin(&share));
    share.at_ns -= NS_PER_SECOND; /* it took a second */
    time_share_end(&share);
    assert_false(time_share_begin(&share));
    share.at_ns -= 4 * NS_PER_SECOND; /* four more went by */
    assert_false(time_share_begin(&share));
    share.at_ns -= NS_PER_SECOND;
    assert_true(time_share_begin(&share));
}

#define WITH_FILES(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FILES(what_would_be_otherwise_is_told_apart_from_what_is),
        WITH_FILES(effects_of_one_name_stay_apart),
        WITH_FILES(candidates_run_only_where_they_are_asked_for),
        WITH_FILES(a_candidate_has_settings_of_its_own_and_else_those_there_are),
        WITH_FILES(settings_of_the_policies_that_decide_may_be_for_no_candidate),
        WITH_FILES(a_candidate_that_does_not_load_is_an_error_with_its_place),
        WITH_FILES(effects_of_both_have_to_fit_into_a_record),
        WITH_FILES(candidates_get_a_fifth_of_the_time_in_the_long_run),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
