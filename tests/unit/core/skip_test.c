/* Ticks that are left out change nothing: policies and streams of events made at random,
 * run with every tick and without those, give the same alerts at the same times.
 * skip_test [FIRST [COUNT]]: other seeds than the usual ones. */
#include "../unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "random_policies.h"
#include "spendwarden/sim.h"

enum { EVENTS = 100, SEEDS = 20 };

/* --- two simulations --- */

struct pair_of_sims {
    struct sim *full, *skipping;
    char directory[64];
    struct buf policy, event;
    unsigned seed;
    enum trait trait;
};

static void fail_at(const struct pair_of_sims *p, const char *what)
{
    print_error("%.*s\n", STR_ARG(buf_str(&p->policy)));
    fail_msg("seed %u, at %lld: %s", p->seed, (long long)(p->full ? sim_now(p->full) : 0),
             what);
}

static bool same_pairs(const struct pair *a, const struct pair *b, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!str_eq(a[i].name, b[i].name) || !str_eq(a[i].value, b[i].value))
            return false;
    return true;
}

static bool same_alert(const struct alert *a, const struct alert *b)
{
    return a->fingerprint == b->fingerprint && a->state == b->state &&
           memcmp(&a->value, &b->value, sizeof a->value) == 0 &&
           a->pending_ns == b->pending_ns && a->starts_ns == b->starts_ns &&
           a->resolved_ns == b->resolved_ns &&
           a->annotation_count == b->annotation_count &&
           same_pairs(a->annotations, b->annotations, a->annotation_count);
}

static void show_alerts(const char *which, const struct alert *alerts, size_t count)
{
    print_error("%s:\n", which);
    for (size_t i = 0; i < count; i++)
        print_error(
            "  %.*s: value %.17g, state %d, pending %lld, starts %lld, resolved %lld\n",
            STR_ARG(alerts[i].rule), alerts[i].value, alerts[i].state,
            (long long)alerts[i].pending_ns, (long long)alerts[i].starts_ns,
            (long long)alerts[i].resolved_ns);
}

static void compare_alerts(const struct pair_of_sims *p)
{
    const struct alert *full, *skipping;
    size_t count = sim_alerts(p->full, &full);

    if (count != sim_alerts(p->skipping, &skipping)) {
        show_alerts("with every tick", full, count);
        show_alerts("without", skipping, sim_alerts(p->skipping, &skipping));
        fail_at(p, "another number of alerts");
    }
    for (size_t i = 0; i < count; i++)
        if (!same_alert(&full[i], &skipping[i])) {
            show_alerts("with every tick", &full[i], 1);
            show_alerts("without", &skipping[i], 1);
            fail_at(p, "another alert");
        }
}

static size_t compare_firings(const struct pair_of_sims *p)
{
    const struct sim_firing *full, *skipping;
    size_t count = sim_firings(p->full, &full);

    if (count != sim_firings(p->skipping, &skipping))
        fail_at(p, "another number of firings");
    for (size_t i = 0; i < count; i++)
        if (full[i].fingerprint != skipping[i].fingerprint ||
            full[i].fired_ns != skipping[i].fired_ns ||
            full[i].resolved_ns != skipping[i].resolved_ns ||
            memcmp(&full[i].value, &skipping[i].value, sizeof full[i].value) != 0)
            fail_at(p, "another firing");
    return count;
}

static void advance(struct pair_of_sims *p, int64_t to_ns)
{
    struct err err = {0};

    if (!sim_advance(p->full, to_ns, &err) || !sim_advance(p->skipping, to_ns, &err))
        fail_msg("%s", err.text);
}

static void send(struct pair_of_sims *p)
{
    struct sim *sims[] = {p->full, p->skipping};
    const struct record *record;
    struct verdict_reason why;
    struct err err = {0};

    for (int i = 0; i < 2; i++) {
        if (!sim_post(sims[i], STR("generic"), buf_str(&p->event), &err))
            fail_msg("%s", err.text);
        enum verdict verdict = sim_next(sims[i], &record, &why);
        if (verdict != VERDICT_EVENT)
            fail_msg("%s: %.*s", why.text, STR_ARG(buf_str(&p->event)));
    }
}

static void ignore_failure(void *ctx, struct str policy, struct str rule,
                           const char *reason, const char *message)
{
    (void)ctx, (void)policy, (void)rule, (void)reason, (void)message;
}

/* With a generation of its own: failures of one must not disable functions of the other.
 */
static struct sim *open_sim(const struct pair_of_sims *p,
                            const struct generation_options *options, int64_t start_ns,
                            bool every_tick)
{
    struct sim_options sim = {
        .start_ns = start_ns, .watch = {ignore_failure, NULL}, .every_tick = every_tick};
    struct diags diags = {0};
    struct err err = {0};
    struct sim *out;

    if (!generation_load(&sim.generation, options, &diags))
        fail_at(p, diags.items[0].text);
    if (!sim_open(&out, &sim, &err))
        fail_msg("%s", err.text);
    generation_release(sim.generation);
    return out;
}

/* Of the policy in p->policy. */
static void open_pair(struct pair_of_sims *p, const char *tick, const char *zone,
                      int64_t start_ns)
{
    char path[96];
    const char *policies[] = {path};
    const char *overrides[] = {tick, zone};
    const struct generation_options options = {.policies = policies,
                                               .policy_count = 1,
                                               .overrides = overrides,
                                               .override_count = 2};

    snprintf(p->directory, sizeof p->directory, "/tmp/spendwarden-skip-XXXXXX");
    assert_non_null(mkdtemp(p->directory));
    snprintf(path, sizeof path, "%s/policy.lua", p->directory);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fwrite(p->policy.at, 1, p->policy.size, file);
    fclose(file);
    p->full = open_sim(p, &options, start_ns, true);
    p->skipping = open_sim(p, &options, start_ns, false);
    unlink(path);
    rmdir(p->directory);
}

static void open_random(struct pair_of_sims *p, struct random *r, int64_t start_ns)
{
    const char *tick =
        PICK(r, "rules.tick=15s", "rules.tick=1m", "rules.tick=5m", "rules.tick=5m");
    const char *zone = PICK(r, "time_zone=UTC", "time_zone=Europe/Berlin");

    make_policy(r, &p->policy, p->trait);
    open_pair(p, p->trait == LASTS ? "rules.tick=5m" : tick, zone, start_ns);
}

static void close_pair(struct pair_of_sims *p)
{
    sim_close(p->full);
    sim_close(p->skipping);
    buf_release(&p->policy);
    buf_release(&p->event);
}

struct tally {
    int64_t full, skipping;
    size_t firings;
};

static void run_seed(unsigned seed, struct tally *tally)
{
    /* Before a clock change in Berlin, and near the end of a month. */
    static const int64_t start_ns = INT64_C(1774569600) * NS_PER_SECOND;
    struct random r = {seed * UINT64_C(0x9E3779B97F4A7C15) + 1};
    struct pair_of_sims p = {.seed = seed, .trait = below(&r, TRAITS)};
    int64_t now_ns = start_ns;

    open_random(&p, &r, start_ns);
    for (int i = 0; i < EVENTS; i++) {
        now_ns += gap_ns(&r, p.trait);
        advance(&p, now_ns);
        if (below(&r, 8) == 0)
            compare_alerts(&p);
        make_event(&r, &p.event, i, now_ns);
        send(&p);
    }
    advance(&p, now_ns + 40 * NS_PER_HOUR);
    compare_alerts(&p);
    tally->firings += compare_firings(&p);
    if (p.trait == PLAIN || p.trait == LASTS) {
        tally->full += sim_ticks(p.full);
        tally->skipping += sim_ticks(p.skipping);
    }
    close_pair(&p);
}

/* A rate over a window that is moved back by less than a bucket. */
enum { SEED_OF_A_RATE = 164 };

static unsigned first_seed = 1, seed_count = SEEDS;

TEST(ticks_that_are_left_out_change_nothing)
{
    struct tally tally = {0};

    for (unsigned i = 0; i < seed_count; i++)
        run_seed(first_seed + i, &tally);
    run_seed(SEED_OF_A_RATE, &tally);
    print_message("%zu alerts fired; of plain policies %lld ticks of %lld ran\n",
                  tally.firings, (long long)tally.skipping, (long long)tally.full);
    assert_true(tally.firings >= seed_count);
    assert_true(tally.skipping < tally.full / 3);
}

/* The last 7 days move on by a bucket, the same spend seems to come faster, and the
 * forecast jumps over its bound although nothing came. */
TEST(a_forecast_that_jumps_with_the_week_is_seen)
{
    static const int64_t march_ns = INT64_C(1772323200) * NS_PER_SECOND;
    static const int64_t week_ns = march_ns + 7 * NS_PER_DAY;
    struct pair_of_sims p = {0};

    buf_add(&p.policy, STR("policy { name = 'p' }\n"
                           "budget('B', { by = { 'team' }, over = 'month', steps = {}, "
                           "alert = 'B', forecast = true },\n"
                           "function() return 3109 end)\n"));
    open_pair(&p, "rules.tick=5m", "time_zone=UTC", march_ns);
    buf_add(&p.event, STR("{\"id\":\"1\",\"team\":\"a\",\"reported_usd\":1}"));
    send(&p);
    advance(&p, week_ns + 30 * NS_PER_MINUTE);
    buf_reset(&p.event);
    buf_add(&p.event, STR("{\"id\":\"2\",\"team\":\"a\",\"reported_usd\":700}"));
    send(&p);
    advance(&p, week_ns + 3 * NS_PER_DAY);
    assert_int_equal(compare_firings(&p), 1);
    const struct sim_firing *firings;
    sim_firings(p.full, &firings);
    assert_int_equal(firings[0].fired_ns, week_ns + NS_PER_HOUR);
    close_pair(&p);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ticks_that_are_left_out_change_nothing),
        cmocka_unit_test(a_forecast_that_jumps_with_the_week_is_seen),
    };

    if (argc > 1)
        first_seed = (unsigned)atoi(argv[1]);
    if (argc > 2)
        seed_count = (unsigned)atoi(argv[2]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
