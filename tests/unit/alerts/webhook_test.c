#include "sample.h"

#include "spendwarden/hash.h"

#define LABELS(severity, step)                                                           \
    "{\"alertname\":\"BudgetBurn\",\"severity\":\"" severity "\",\"step\":\"" step       \
    "\",\"team\":\"ml\"}"
#define GROUP "{\"alertname\":\"BudgetBurn\",\"team\":\"ml\"}"

static const char firing_and_resolved[] =
    "{\"receiver\":\"oncall\",\"status\":\"firing\",\"alerts\":["
    "{\"status\":\"firing\",\"labels\":" LABELS(
        "warning",
        "0.8") ",\"annotations\":{\"limit\":\"1000\",\"value\":\"0.8125\"},"
               "\"startsAt\":\"2026-08-22T10:00:00.000Z\","
               "\"endsAt\":\"0001-01-01T00:00:00Z\",\"generatorURL\":"
               "\"http://warden/api/v1/alerts?fingerprint=%016llx\","
               "\"fingerprint\":\"%016llx\"},"
               "{\"status\":\"resolved\",\"labels\":" LABELS(
                   "critical",
                   "1") ",\"annotations\":{\"limit\":\"1000\",\"value\":\"1.5\"},"
                        "\"startsAt\":\"2026-08-22T10:00:00.000Z\","
                        "\"endsAt\":\"2026-08-22T10:01:00.000Z\","
                        "\"generatorURL\":\"http://warden/api/v1/"
                        "alerts?fingerprint=%016llx\","
                        "\"fingerprint\":\"%016llx\"}],"
                        "\"notification_reason\":\"some alerts resolved\","
                        "\"groupLabels\":" GROUP ",\"commonLabels\":" GROUP ","
                        "\"commonAnnotations\":{\"limit\":\"1000\"},\"routeLabels\":{},"
                        "\"externalURL\":\"http://warden\",\"version\":\"4\","
                        "\"groupKey\":\"{}:{alertname=\\\"BudgetBurn\\\", "
                        "team=\\\"ml\\\"}\",\"truncatedAlerts\":0}";

TEST(a_group_is_one_body_of_version_4_byte_for_byte)
{
    struct http_receiver h = {0};
    struct alert alerts[] = {sample(ALERT_FIRING),
                             sample_of(next_labels, next_annotations, ALERT_RESOLVED)};
    char expected[4096];

    alerts[0].changed = false; /* goes along because the other one changed */
    snprintf(expected, sizeof expected, firing_and_resolved,
             (unsigned long long)alerts[0].fingerprint,
             (unsigned long long)alerts[0].fingerprint,
             (unsigned long long)alerts[1].fingerprint,
             (unsigned long long)alerts[1].fingerprint);
    receiver_begin(&h, 0);
    struct outbox *o = opened(&(struct setting){.webhook_port = h.port});
    outbox_post(o, alerts, 2, SAMPLE_NS + 15 * NS_PER_SECOND);
    wait_for(&h, 1);
    assert_string_equal(h.got[0].body, expected);
    assert_memory_equal(h.got[0].head, "POST /hook?token=secret HTTP/1.1\r\n", 34);
    assert_null(strstr(h.got[0].head, "X-Spendwarden-Signature"));
    assert_int_equal(settled(o, 0).sent, 2);
    outbox_close(o);
    receiver_end(&h);
}

TEST(a_resend_is_nothing_to_a_webhook)
{
    struct http_receiver h = {0};
    struct alert a = sample(ALERT_FIRING);

    receiver_begin(&h, 0);
    struct outbox *o = opened(&(struct setting){.webhook_port = h.port});
    outbox_post(o, &a, 1, SAMPLE_NS);
    wait_for(&h, 1);
    a.changed = false;
    outbox_post(o, &a, 1, SAMPLE_NS + NS_PER_MINUTE);
    assert_int_equal(settled(o, 0).sent, 1);
    assert_int_equal(received(&h), 1);
    outbox_close(o);
    receiver_end(&h);
}

/* As posted each minute for three intervals after the start, told anew or not. */
static int told_within(const struct setting *setting, struct http_receiver *h,
                       struct alert a, int64_t begin_minutes)
{
    struct outbox *o = opened(setting);

    for (int64_t minute = begin_minutes; minute <= 61; minute++) {
        a.told_ns = SAMPLE_NS + (minute - 1) * NS_PER_MINUTE;
        outbox_post(o, &a, 1, SAMPLE_NS + minute * NS_PER_MINUTE);
        settled(o, 0);
        a.changed = false;
    }
    outbox_close(o);
    return received(h);
}

TEST(what_fires_unchanged_is_told_again_after_each_interval)
{
    struct http_receiver h = {0};
    struct alert a = sample(ALERT_FIRING);

    receiver_begin(&h, 0);
    const struct setting setting = {.webhook_port = h.port,
                                    .repeat_ns = 20 * NS_PER_MINUTE};
    assert_int_equal(told_within(&setting, &h, a, 0), 4); /* at 0, 20, 40 and 60 min */
    assert_non_null(
        strstr(h.got[3].body, "\"notification_reason\":\"repeat interval elapsed\""));
    /* After a restart in between it goes on with the next interval. */
    a.changed = false;
    assert_int_equal(told_within(&setting, &h, a, 41), 5);
    receiver_end(&h);
}

TEST(a_dead_webhook_gets_no_repeats_on_top_of_what_waits)
{
    struct http_receiver h = {0};
    struct alert a = sample(ALERT_FIRING);

    receiver_begin(&h, 0);
    int port = h.port;
    receiver_end(&h); /* nobody listens there now */
    struct outbox *o =
        opened(&(struct setting){.webhook_port = port, .repeat_ns = 5 * NS_PER_MINUTE});
    for (int64_t minute = 0; minute <= 240; minute++) {
        a.told_ns = SAMPLE_NS + (minute - 1) * NS_PER_MINUTE;
        outbox_post(o, &a, 1, SAMPLE_NS + minute * NS_PER_MINUTE);
        a.changed = minute == 119; /* a new step, say */
    }
    assert_int_equal(stats_of(o, 0).queued, 2);
    outbox_close(o);
}

TEST(what_is_over_is_not_repeated_and_not_told_to_who_does_not_want_it)
{
    struct http_receiver h = {0};
    struct alert over = sample(ALERT_RESOLVED);

    receiver_begin(&h, 0);
    const struct setting repeats = {.webhook_port = h.port,
                                    .repeat_ns = 20 * NS_PER_MINUTE};
    assert_int_equal(told_within(&repeats, &h, over, 0), 1);
    const struct setting firing_only = {.webhook_port = h.port, .firing_only = true};
    assert_int_equal(told_within(&firing_only, &h, over, 0), 1);
    assert_int_equal(told_within(&firing_only, &h, sample(ALERT_FIRING), 0), 2);
    receiver_end(&h);
}

TEST(a_webhook_gets_what_it_matches)
{
    const struct pair match[] = {{STR("severity"), STR("critical")},
                                 {STR("team"), STR("ml")}};
    struct http_receiver h = {0};
    struct alert alerts[] = {sample(ALERT_FIRING),
                             sample_of(next_labels, next_annotations, ALERT_FIRING)};

    receiver_begin(&h, 0);
    struct outbox *o = opened(
        &(struct setting){.webhook_port = h.port, .match_count = 2, .match = match});
    outbox_post(o, alerts, 1, SAMPLE_NS);
    outbox_post(o, alerts, 2, SAMPLE_NS);
    wait_for(&h, 1);
    assert_int_equal(settled(o, 0).sent, 1);
    assert_null(strstr(h.got[0].body, "\"severity\":\"warning\""));
    assert_non_null(strstr(h.got[0].body, "\"severity\":\"critical\""));
    outbox_close(o);
    receiver_end(&h);
}

TEST(a_webhook_gets_what_has_one_of_the_values)
{
    const struct pair match[] = {{STR("severity"), STR("info")},
                                 {STR("team"), STR("ml")},
                                 {STR("severity"), STR("warning")}};
    struct http_receiver h = {0};
    struct alert alerts[] = {sample(ALERT_FIRING),
                             sample_of(next_labels, next_annotations, ALERT_FIRING)};

    receiver_begin(&h, 0);
    struct outbox *o = opened(
        &(struct setting){.webhook_port = h.port, .match_count = 3, .match = match});
    outbox_post(o, alerts, 2, SAMPLE_NS);
    wait_for(&h, 1);
    assert_int_equal(settled(o, 0).sent, 1);
    assert_non_null(strstr(h.got[0].body, "\"severity\":\"warning\""));
    assert_null(strstr(h.got[0].body, "\"severity\":\"critical\""));
    outbox_close(o);
    receiver_end(&h);
}

TEST(a_500_is_tried_again_with_the_same_body)
{
    struct http_receiver h = {.statuses = {500, 503}};
    struct alert a = sample(ALERT_FIRING);

    receiver_begin(&h, 0);
    struct outbox *o = opened(&(struct setting){.webhook_port = h.port});
    outbox_post(o, &a, 1, SAMPLE_NS);
    wait_for(&h, 3);
    struct receiver_stats stats = settled(o, 0);
    assert_int_equal(stats.sent, 1);
    assert_int_equal(stats.failed, 0);
    assert_string_equal(h.got[0].body, h.got[2].body);
    outbox_close(o);
    receiver_end(&h);
}

TEST(a_400_is_not_tried_again)
{
    struct http_receiver h = {.statuses = {429}};
    struct alert a = sample(ALERT_FIRING);

    receiver_begin(&h, 0);
    struct outbox *o = opened(&(struct setting){.webhook_port = h.port});
    outbox_post(o, &a, 1, SAMPLE_NS);
    struct receiver_stats stats = settled(o, 0);
    assert_int_equal(stats.failed, 1);
    assert_int_equal(received(&h), 1);
    outbox_close(o);
    receiver_end(&h);
}

TEST(what_was_refused_a_connection_arrives_in_order_when_the_receiver_is_up)
{
    struct http_receiver h = {0};
    struct alert firing = sample(ALERT_FIRING), resolved = sample(ALERT_RESOLVED);
    int port = unused_port();

    struct outbox *o = opened(&(struct setting){.webhook_port = port});
    outbox_post(o, &firing, 1, SAMPLE_NS);
    usleep(200 * 1000);
    outbox_post(o, &resolved, 1, SAMPLE_NS + NS_PER_MINUTE);
    assert_int_equal(stats_of(o, 0).queued, 2);
    receiver_begin(&h, port);
    wait_for(&h, 2);
    assert_int_equal(settled(o, 0).sent, 2);
    assert_non_null(strstr(h.got[0].body, "\"status\":\"firing\""));
    assert_non_null(strstr(h.got[1].body, "\"status\":\"resolved\""));
    outbox_close(o);
    receiver_end(&h);
}

TEST(a_receiver_that_does_not_answer_in_time_is_tried_again)
{
    struct http_receiver h = {.holds = true};
    struct alert a = sample(ALERT_FIRING);

    receiver_begin(&h, 0);
    struct outbox *o =
        opened(&(struct setting){.webhook_port = h.port, .timeout_ns = 200 * NS_PER_MS});
    outbox_post(o, &a, 1, SAMPLE_NS);
    wait_for(&h, 2);
    assert_int_equal(stats_of(o, 0).sent, 0);
    assert_int_equal(stats_of(o, 0).queued, 1);
    outbox_close(o);
    receiver_end(&h);
}

TEST(a_secret_signs_the_raw_body)
{
    struct http_receiver h = {0};
    struct alert a = sample(ALERT_FIRING);
    char path[] = "/tmp/webhook-secret-XXXXXX", hex[SHA256_TEXT_SIZE], line[200];

    int fd = mkstemp(path);
    assert_int_equal(write(fd, "s3cret\n", 7), 7);
    close(fd);
    receiver_begin(&h, 0);
    struct outbox *o =
        opened(&(struct setting){.webhook_port = h.port, .secret_file = path});
    unlink(path);
    outbox_post(o, &a, 1, SAMPLE_NS);
    wait_for(&h, 1);
    hmac_sha256_text(hex, STR("s3cret"), str_of(h.got[0].body));
    snprintf(line, sizeof line, "\r\nX-Spendwarden-Signature: sha256=%s\r\n", hex);
    assert_non_null(strstr(h.got[0].head, line));
    outbox_close(o);
    receiver_end(&h);
}

TEST(a_secret_file_that_is_missing_or_empty_is_named)
{
    const char *const paths[] = {"/nonexistent/secret", "/dev/null"};

    for (size_t i = 0; i < 2; i++) {
        const struct webhook_options hook = {
            .name = "oncall", .url = "http://127.0.0.1/", .secret_file = paths[i]};
        const struct outbox_options options = {.webhook_count = 1, .webhooks = &hook};
        struct outbox *o;
        struct err err = {0};
        assert_false(outbox_open(&o, &options, &err));
        assert_non_null(strstr(err.text, "webhook:oncall"));
        assert_non_null(strstr(err.text, paths[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_group_is_one_body_of_version_4_byte_for_byte),
        cmocka_unit_test(a_resend_is_nothing_to_a_webhook),
        cmocka_unit_test(what_fires_unchanged_is_told_again_after_each_interval),
        cmocka_unit_test(a_dead_webhook_gets_no_repeats_on_top_of_what_waits),
        cmocka_unit_test(
            what_is_over_is_not_repeated_and_not_told_to_who_does_not_want_it),
        cmocka_unit_test(a_webhook_gets_what_it_matches),
        cmocka_unit_test(a_webhook_gets_what_has_one_of_the_values),
        cmocka_unit_test(a_500_is_tried_again_with_the_same_body),
        cmocka_unit_test(a_400_is_not_tried_again),
        cmocka_unit_test(
            what_was_refused_a_connection_arrives_in_order_when_the_receiver_is_up),
        cmocka_unit_test(a_receiver_that_does_not_answer_in_time_is_tried_again),
        cmocka_unit_test(a_secret_signs_the_raw_body),
        cmocka_unit_test(a_secret_file_that_is_missing_or_empty_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
