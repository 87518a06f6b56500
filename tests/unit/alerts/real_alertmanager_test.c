/* Against Debian's Alertmanager (package prometheus-alertmanager). */
#include "sample.h"

#include <curl/curl.h>
#include <jansson.h>
#include <signal.h>
#include <sys/wait.h>

#include "spendwarden/buf.h"
#include "spendwarden/timestamp.h"

struct real {
    char directory[64], url[64];
    pid_t pid;
};

static const char *binary(void)
{
    static const char *const paths[] = {"/usr/bin/prometheus-alertmanager",
                                        "/usr/bin/alertmanager"};

    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        if (access(paths[i], X_OK) == 0)
            return paths[i];
    return NULL;
}

static size_t keep_answer(char *at, size_t size, size_t count, void *answer)
{
    buf_add(answer, (struct str){at, size * count});
    return size * count;
}

/* The status; 0 if there was no answer. */
static long get(const struct real *real, const char *path, struct buf *answer)
{
    char url[200];
    long status = 0;
    CURL *easy = curl_easy_init();

    snprintf(url, sizeof url, "%s%s", real->url, path);
    buf_reset(answer);
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(easy, CURLOPT_TIMEOUT, 5L);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, keep_answer);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, answer);
    if (curl_easy_perform(easy) == CURLE_OK)
        curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_cleanup(easy);
    return status;
}

/* With the inhibit rules of docs/alerting.md. */
static const char config_text[] =
    "route: {receiver: nobody}\n"
    "receivers: [{name: nobody}]\n"
    "inhibit_rules:\n"
    "  - source_matchers: [ 'severity = critical', 'step != \"\"' ]\n"
    "    target_matchers: [ 'severity =~ \"warning|info\"', 'step != \"\"' ]\n"
    "    equal: [ alertname, policy, tenant, team, workflow_id ]\n"
    "  - source_matchers: [ 'severity = warning', 'step != \"\"' ]\n"
    "    target_matchers: [ 'severity = info', 'step != \"\"' ]\n"
    "    equal: [ alertname, policy, tenant, team, workflow_id ]\n";

static void write_config(const struct real *real)
{
    char path[100];

    snprintf(path, sizeof path, "%s/alertmanager.yml", real->directory);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(config_text, file);
    fclose(file);
}

static void run_alertmanager(const struct real *real, const char *program, int port)
{
    char config[120], data[120], listen[80];

    snprintf(config, sizeof config, "--config.file=%s/alertmanager.yml", real->directory);
    snprintf(data, sizeof data, "--storage.path=%s/data", real->directory);
    snprintf(listen, sizeof listen, "--web.listen-address=127.0.0.1:%d", port);
    execl(program, program, config, data, listen, "--web.route-prefix=/am",
          "--cluster.listen-address=", "--log.level=error", (char *)NULL);
    _exit(127);
}

static int start(void **state)
{
    static struct real real = {.directory = "/tmp/alertmanager-test-XXXXXX"};
    const char *program = binary();
    struct buf answer = {0};
    int port = unused_port();

    if (!program) {
        fputs("prometheus-alertmanager is not installed: apt-get install it\n", stderr);
        return -1;
    }
    assert_non_null(mkdtemp(real.directory));
    write_config(&real);
    snprintf(real.url, sizeof real.url, "http://127.0.0.1:%d/am", port);
    real.pid = fork();
    if (real.pid == 0)
        run_alertmanager(&real, program, port);
    *state = &real;
    if (real.pid < 0) {
        perror("fork");
        return -1;
    }
    for (int i = 0; i < 300; i++) {
        if (get(&real, "/-/ready", &answer) == 200)
            break;
        usleep(100 * 1000);
    }
    bool ready = get(&real, "/-/ready", &answer) == 200;
    buf_release(&answer);
    if (!ready)
        fputs("prometheus-alertmanager did not become ready\n", stderr);
    return ready ? 0 : -1;
}

static int stop(void **state)
{
    struct real *real = *state;
    char command[100];

    if (!real || real->pid <= 0)
        return 0;
    kill(real->pid, SIGTERM);
    waitpid(real->pid, NULL, 0);
    snprintf(command, sizeof command, "rm -rf %s", real->directory);
    return system(command);
}

static struct outbox *opened_to(const struct real *real)
{
    const struct alertmanager_options manager = {.url = real->url};
    const struct outbox_options options = {
        .alertmanager_count = 1,
        .alertmanagers = &manager,
        .external_url = "http://warden/",
        .queue_max = 100,
        .timeout_ns = NS_PER_MINUTE,
        .valid_ns = 4 * NS_PER_MINUTE,
    };
    struct outbox *o;

    assert_true(outbox_open(&o, &options, NULL));
    return o;
}

static json_t *alerts_of(const struct real *real)
{
    struct buf answer = {0};

    assert_int_equal(get(real, "/api/v2/alerts", &answer), 200);
    json_t *alerts = json_loadb(answer.at, answer.size, 0, NULL);
    buf_release(&answer);
    assert_true(json_is_array(alerts));
    return alerts;
}

static void post(struct outbox *o, const struct alert *a, int64_t now_ns)
{
    int64_t sent = stats_of(o, 0).sent;

    outbox_post(o, a, 1, now_ns);
    assert_int_equal(settled(o, 0).sent, sent + 1);
    assert_int_equal(stats_of(o, 0).failed, 0);
}

static const char *text(json_t *alert, const char *key)
{
    return json_string_value(json_object_get(alert, key));
}

static void a_real_alertmanager_takes_an_alert_and_its_resolve(void **state)
{
    const struct real *real = *state;
    struct alert a = sample(ALERT_FIRING);
    char fingerprint[17], starts[TIMESTAMP_TEXT_SIZE], ends[TIMESTAMP_TEXT_SIZE];
    int64_t now_ns = timestamp_now();

    a.starts_ns = now_ns - NS_PER_MINUTE;
    snprintf(fingerprint, sizeof fingerprint, "%016llx",
             (unsigned long long)a.fingerprint);
    timestamp_format(starts, a.starts_ns);
    timestamp_format(ends, now_ns + 4 * NS_PER_MINUTE);
    struct outbox *o = opened_to(real);
    post(o, &a, now_ns);

    json_t *alerts = alerts_of(real);
    assert_int_equal(json_array_size(alerts), 1);
    json_t *seen = json_array_get(alerts, 0);
    assert_string_equal(text(seen, "fingerprint"), fingerprint);
    assert_string_equal(text(seen, "startsAt"), starts);
    assert_string_equal(text(seen, "endsAt"), ends);
    assert_string_equal(text(json_object_get(seen, "labels"), "step"), "0.8");
    assert_string_equal(text(json_object_get(seen, "annotations"), "value"), "0.8125");
    json_decref(alerts);

    a.state = ALERT_RESOLVED;
    a.resolved_ns = now_ns;
    post(o, &a, now_ns + 15 * NS_PER_SECOND);
    alerts = alerts_of(real);
    assert_int_equal(json_array_size(alerts), 0); /* it lists what is active */
    json_decref(alerts);
    outbox_close(o);
}

static const char *state_of(const struct real *real, const char *step)
{
    static char state[40];
    json_t *alerts = alerts_of(real), *alert;
    size_t i;

    *state = '\0';
    json_array_foreach(
        alerts, i,
        alert) if (strcmp(text(json_object_get(alert, "labels"), "step"), step) == 0)
        snprintf(state, sizeof state, "%s",
                 text(json_object_get(alert, "status"), "state"));
    json_decref(alerts);
    return state;
}

static void a_higher_step_silences_the_lower_one(void **state)
{
    const struct real *real = *state;
    struct alert lower = sample(ALERT_FIRING);
    struct alert higher = sample_of(next_labels, next_annotations, ALERT_FIRING);
    int64_t now_ns = timestamp_now();

    lower.starts_ns = higher.starts_ns = now_ns;
    struct outbox *o = opened_to(real);
    post(o, &lower, now_ns);
    assert_string_not_equal(state_of(real, "0.8"), "suppressed");
    post(o, &higher, now_ns);
    for (int i = 0; i < 600 && strcmp(state_of(real, "0.8"), "suppressed") != 0; i++)
        usleep(50 * 1000); /* the inhibitor hears of it a moment later */
    assert_string_equal(state_of(real, "0.8"), "suppressed");
    assert_string_not_equal(state_of(real, "1"), "suppressed");
    outbox_close(o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_real_alertmanager_takes_an_alert_and_its_resolve),
        cmocka_unit_test(a_higher_step_silences_the_lower_one),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
