#include "sample.h"

#include <jansson.h>

#define FIRING                                                                           \
    "{\"labels\":{\"alertname\":\"BudgetBurn\",\"severity\":\"warning\",\"step\":\"0."   \
    "8\","                                                                               \
    "\"team\":\"ml\"},\"annotations\":{\"limit\":\"1000\",\"value\":\"0.8125\"},"        \
    "\"startsAt\":\"2026-08-22T10:00:00.000Z\",\"endsAt\":\"2026-08-22T10:04:15.000Z\"," \
    "\"generatorURL\":\"http://warden/api/v1/alerts?fingerprint=34f86aa6d30ae673\"}"

TEST(an_alertmanager_gets_a_firing_alert_byte_for_byte)
{
    struct http_receiver h = {0};
    struct alert a = sample(ALERT_FIRING);

    receiver_begin(&h, 0);
    struct outbox *o = opened(&(struct setting){.alertmanager_port = h.port});
    outbox_post(o, &a, 1, SAMPLE_NS + 15 * NS_PER_SECOND);
    wait_for(&h, 1);
    assert_string_equal(h.got[0].body, "[" FIRING "]");
    assert_memory_equal(h.got[0].head, "POST /prefix/api/v2/alerts HTTP/1.1\r\n", 37);
    assert_non_null(strstr(h.got[0].head, "Content-Type: application/json\r\n"));
    assert_non_null(strstr(h.got[0].head, "User-Agent: spendwarden/"));
    assert_non_null(strstr(h.got[0].head, "Authorization: Basic dTpzZWNyZXQ=\r\n"));
    struct receiver_stats stats = settled(o, 0);
    assert_int_equal(stats.sent, 1);
    assert_true(stats.last_success_ns > 0);
    assert_null(memmem(stats.name.at, stats.name.size, "secret", 6));
    outbox_close(o);
    receiver_end(&h);
}

TEST(a_resolved_alert_ends_when_it_was_resolved)
{
    struct http_receiver h = {0};
    struct alert a = sample(ALERT_RESOLVED);

    receiver_begin(&h, 0);
    struct outbox *o = opened(&(struct setting){.alertmanager_port = h.port});
    outbox_post(o, &a, 1, SAMPLE_NS + NS_PER_HOUR);
    wait_for(&h, 1);
    assert_non_null(strstr(h.got[0].body, "\"endsAt\":\"2026-08-22T10:01:00.000Z\""));
    outbox_close(o);
    receiver_end(&h);
}

TEST(external_labels_are_added_where_absent_but_never_replica)
{
    const struct pair external[] = {{STR("cluster"), STR("eu")},
                                    {STR("replica"), STR("a")},
                                    {STR("team"), STR("other")}};
    struct http_receiver h = {0};
    struct alert a = sample(ALERT_FIRING);

    receiver_begin(&h, 0);
    struct outbox *o = opened(&(struct setting){
        .alertmanager_port = h.port, .label_count = 3, .labels = external});
    outbox_post(o, &a, 1, SAMPLE_NS);
    wait_for(&h, 1);
    assert_non_null(strstr(h.got[0].body,
                           "\"alertname\":\"BudgetBurn\",\"cluster\":\"eu\","
                           "\"severity\":\"warning\",\"step\":\"0.8\","
                           "\"team\":\"ml\"}"));
    outbox_close(o);
    receiver_end(&h);
}

TEST(three_hundred_alerts_go_in_two_batches)
{
    struct http_receiver h = {.holds = true};
    static struct pair labels[300];
    static char names[300][16];
    static struct alert alerts[300];

    for (int i = 0; i < 300; i++) {
        snprintf(names[i], sizeof names[i], "n%d", i);
        labels[i] = (struct pair){STR("alertname"), str_of(names[i])};
        alerts[i] = sample(ALERT_FIRING);
        alerts[i].labels = &labels[i];
        alerts[i].label_count = 1;
    }
    receiver_begin(&h, 0);
    struct outbox *o = opened(&(struct setting){.alertmanager_port = h.port});
    outbox_post(o, alerts, 1, SAMPLE_NS); /* keeps the sender busy */
    wait_held(&h);
    outbox_post(o, alerts, 300, SAMPLE_NS);
    let_go(&h);
    wait_for(&h, 3);
    assert_int_equal(settled(o, 0).sent, 301);
    json_t *second = json_loads(h.got[1].body, 0, NULL);
    json_t *third = json_loads(h.got[2].body, 0, NULL);
    assert_int_equal(json_array_size(second), 256);
    assert_int_equal(json_array_size(third), 44);
    json_decref(second);
    json_decref(third);
    outbox_close(o);
    receiver_end(&h);
}

TEST(the_newest_state_replaces_one_that_waits)
{
    struct http_receiver h = {.holds = true};
    struct alert first = sample_of(next_labels, next_annotations, ALERT_FIRING);
    struct alert firing = sample(ALERT_FIRING), resolved = sample(ALERT_RESOLVED);

    receiver_begin(&h, 0);
    struct outbox *o = opened(&(struct setting){.alertmanager_port = h.port});
    outbox_post(o, &first, 1, SAMPLE_NS);
    wait_held(&h);
    outbox_post(o, &firing, 1, SAMPLE_NS);
    outbox_post(o, &resolved, 1, SAMPLE_NS + NS_PER_MINUTE);
    let_go(&h);
    wait_for(&h, 2);
    assert_int_equal(settled(o, 0).sent, 2);
    assert_null(strstr(h.got[1].body, "10:04:00"));
    assert_non_null(strstr(h.got[1].body, "\"endsAt\":\"2026-08-22T10:01:00.000Z\""));
    outbox_close(o);
    receiver_end(&h);
}

TEST(a_batch_that_an_alertmanager_refuses_is_counted_and_not_repeated)
{
    struct http_receiver h = {.statuses = {400, 500}, .answer = "\"bad\"\n"};
    struct alert a = sample(ALERT_FIRING);

    receiver_begin(&h, 0);
    struct outbox *o = opened(&(struct setting){.alertmanager_port = h.port});
    outbox_post(o, &a, 1, SAMPLE_NS);
    assert_int_equal(settled(o, 0).failed, 1);
    outbox_post(o, &a, 1, SAMPLE_NS);
    assert_int_equal(settled(o, 0).failed, 2);
    outbox_post(o, &a, 1, SAMPLE_NS);
    assert_int_equal(settled(o, 0).sent, 1);
    assert_int_equal(received(&h), 3);
    outbox_close(o);
    receiver_end(&h);
}

TEST(a_redirect_is_not_followed)
{
    struct http_receiver h = {.statuses = {307}};
    struct alert a = sample(ALERT_FIRING);

    receiver_begin(&h, 0);
    struct outbox *o = opened(&(struct setting){.webhook_port = h.port});
    outbox_post(o, &a, 1, SAMPLE_NS);
    assert_int_equal(settled(o, 0).failed, 1);
    assert_int_equal(received(&h), 1);
    outbox_close(o);
    receiver_end(&h);
}

TEST(of_an_endless_answer_only_the_beginning_is_read)
{
    static char answer[1 << 20];
    struct http_receiver h = {.answer = answer};
    struct alert a = sample(ALERT_FIRING);

    memset(answer, 'x', sizeof answer - 1);
    receiver_begin(&h, 0);
    struct outbox *o = opened(&(struct setting){.webhook_port = h.port});
    outbox_post(o, &a, 1, SAMPLE_NS);
    assert_int_equal(settled(o, 0).sent, 1);
    outbox_close(o);
    receiver_end(&h);
}

TEST(a_slow_receiver_does_not_delay_a_fast_one)
{
    struct http_receiver slow = {.holds = true}, fast = {0};
    struct alert a = sample(ALERT_FIRING);

    receiver_begin(&slow, 0);
    receiver_begin(&fast, 0);
    struct outbox *o = opened(
        &(struct setting){.alertmanager_port = slow.port, .webhook_port = fast.port});
    outbox_post(o, &a, 1, SAMPLE_NS);
    assert_int_equal(settled(o, 1).sent, 1);
    assert_int_equal(stats_of(o, 0).queued, 1);
    let_go(&slow);
    assert_int_equal(settled(o, 0).sent, 1);
    outbox_close(o);
    receiver_end(&slow);
    receiver_end(&fast);
}

TEST(a_full_queue_drops_the_oldest_and_counts_them)
{
    struct http_receiver h = {.holds = true};
    struct pair labels[6];
    static const char *const names[] = {"n0", "n1", "n2", "n3", "n4", "n5"};

    receiver_begin(&h, 0);
    struct outbox *o = opened(&(struct setting){.webhook_port = h.port, .queue_max = 3});
    for (int i = 0; i < 6; i++) {
        struct alert a = sample(ALERT_FIRING);
        labels[i] = (struct pair){STR("alertname"), str_of(names[i])};
        a.labels = &labels[i];
        a.label_count = 1;
        outbox_post(o, &a, 1, SAMPLE_NS);
        if (i == 0)
            wait_held(&h);
    }
    let_go(&h);
    struct receiver_stats stats = settled(o, 0);
    assert_int_equal(stats.dropped, 2);
    assert_int_equal(stats.sent, 4);
    assert_non_null(strstr(h.got[1].body, "n3"));
    assert_non_null(strstr(h.got[3].body, "n5"));
    outbox_close(o);
    receiver_end(&h);
}

TEST(closing_sends_what_waits)
{
    struct http_receiver h = {.holds = true};
    struct alert a = sample(ALERT_FIRING);

    receiver_begin(&h, 0);
    struct outbox *o = opened(&(struct setting){.webhook_port = h.port});
    for (int i = 0; i < 3; i++)
        outbox_post(o, &a, 1, SAMPLE_NS);
    wait_held(&h);
    let_go(&h);
    outbox_close(o);
    assert_int_equal(received(&h), 3);
    receiver_end(&h);
}

TEST(closing_gives_a_dead_receiver_two_seconds)
{
    struct http_receiver h = {.holds = true};
    struct alert a = sample(ALERT_FIRING);

    receiver_begin(&h, 0);
    struct outbox *o = opened(&(struct setting){.webhook_port = h.port});
    outbox_post(o, &a, 1, SAMPLE_NS);
    wait_held(&h);
    int64_t start_ns = timestamp_monotonic();
    outbox_close(o);
    int64_t took_ns = timestamp_monotonic() - start_ns;
    assert_true(took_ns >= 2 * NS_PER_SECOND);
    assert_true(took_ns < NS_PER_MINUTE / 2); /* not the whole timeout of a request */
    receiver_end(&h);
}

static void refuses(struct alertmanager_options manager)
{
    const struct outbox_options options = {.alertmanager_count = 1,
                                           .alertmanagers = &manager};
    struct outbox *o;
    struct err err = {0};

    assert_false(outbox_open(&o, &options, &err));
    assert_null(o);
    assert_int_equal(err.kind, ERR_CONFIG);
    assert_null(strstr(err.text, "secret"));
}

TEST(only_http_urls_are_taken_and_no_error_shows_a_password)
{
    refuses((struct alertmanager_options){.url = "ftp://u:secret@host/"});
    refuses((struct alertmanager_options){.url = "file:///etc/secret"});
    refuses((struct alertmanager_options){.url = "host-secret:9093"});
    refuses((struct alertmanager_options){.url = "http://u:secret@"});
    refuses((struct alertmanager_options){.url = ""});
}

/* A file with this text; unlinked by the caller. */
static void put_file(char path[32], const char *text)
{
    if (!path[0])
        memcpy(path, "/tmp/spendwarden-XXXXXX", sizeof "/tmp/spendwarden-XXXXXX");
    int fd = strchr(path, 'X') ? mkstemp(path) : -1;
    FILE *file = fd >= 0 ? fdopen(fd, "w") : fopen(path, "we");

    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static struct outbox *opened_with(const struct http_receiver *h,
                                  const struct access_options *access)
{
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%d", h->port);
    const struct alertmanager_options manager = {.url = url, .access = *access};
    const struct outbox_options options = {.alertmanager_count = 1,
                                           .alertmanagers = &manager,
                                           .external_url = "",
                                           .queue_max = 100,
                                           .timeout_ns = NS_PER_MINUTE,
                                           .valid_ns = 4 * NS_PER_MINUTE};
    struct outbox *o;

    setenv("no_proxy", "*", 1);
    assert_true(outbox_open(&o, &options, NULL));
    return o;
}

TEST(a_password_is_read_anew_for_each_post)
{
    struct http_receiver h = {0};
    struct alert a = sample(ALERT_FIRING);
    char path[32] = "";

    put_file(path, "first\n");
    receiver_begin(&h, 0);
    struct outbox *o =
        opened_with(&h, &(struct access_options){.username = "u", .password_file = path});
    outbox_post(o, &a, 1, SAMPLE_NS);
    wait_for(&h, 1);
    assert_non_null(strstr(h.got[0].head, "Authorization: Basic dTpmaXJzdA==\r\n"));
    settled(o, 0);
    put_file(path, "second\n");
    outbox_post(o, &a, 1, SAMPLE_NS + NS_PER_MINUTE);
    wait_for(&h, 2);
    assert_non_null(strstr(h.got[1].head, "Authorization: Basic dTpzZWNvbmQ=\r\n"));
    unlink(path);
    settled(o, 0);
    outbox_post(o, &a, 1, SAMPLE_NS + 2 * NS_PER_MINUTE);
    assert_int_equal(settled(o, 0).failed, 1);
    assert_int_equal(received(&h), 2);
    outbox_close(o);
    receiver_end(&h);
}

TEST(credentials_go_into_the_header_with_their_type)
{
    struct http_receiver h = {0};
    struct alert a = sample(ALERT_FIRING);
    char path[32] = "";

    put_file(path, "t0ken");
    receiver_begin(&h, 0);
    struct outbox *o = opened_with(
        &h, &(struct access_options){.credentials_file = path, .authorization = "Token"});
    outbox_post(o, &a, 1, SAMPLE_NS);
    wait_for(&h, 1);
    assert_non_null(strstr(h.got[0].head, "Authorization: Token t0ken\r\n"));
    outbox_close(o);
    receiver_end(&h);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_alertmanager_gets_a_firing_alert_byte_for_byte),
        cmocka_unit_test(a_resolved_alert_ends_when_it_was_resolved),
        cmocka_unit_test(external_labels_are_added_where_absent_but_never_replica),
        cmocka_unit_test(three_hundred_alerts_go_in_two_batches),
        cmocka_unit_test(the_newest_state_replaces_one_that_waits),
        cmocka_unit_test(
            a_batch_that_an_alertmanager_refuses_is_counted_and_not_repeated),
        cmocka_unit_test(a_redirect_is_not_followed),
        cmocka_unit_test(of_an_endless_answer_only_the_beginning_is_read),
        cmocka_unit_test(a_slow_receiver_does_not_delay_a_fast_one),
        cmocka_unit_test(a_full_queue_drops_the_oldest_and_counts_them),
        cmocka_unit_test(closing_sends_what_waits),
        cmocka_unit_test(closing_gives_a_dead_receiver_two_seconds),
        cmocka_unit_test(only_http_urls_are_taken_and_no_error_shows_a_password),
        cmocka_unit_test(a_password_is_read_anew_for_each_post),
        cmocka_unit_test(credentials_go_into_the_header_with_their_type),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
