#include "../unit.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../../../src/config/settings.h"
#include "spendwarden/config.h"
#include "spendwarden/hash.h"

#define DATA SOURCE_DIR "/tests/data/config"

struct fixture {
    char directory[32]; /* of its own; left empty again */
    char path[64];
    struct config *config;
    struct diags diags;
    struct buf text;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    snprintf(f->directory, sizeof f->directory, "/tmp/config_test_XXXXXX");
    assert_non_null(mkdtemp(f->directory));
    snprintf(f->path, sizeof f->path, "%s/s.yaml", f->directory);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    unlink(f->path);
    rmdir(f->directory);
    config_free(f->config);
    diags_release(&f->diags);
    buf_release(&f->text);
    free(f);
    return 0;
}

static void write_config(struct fixture *f, const char *text)
{
    FILE *file = fopen(f->path, "w");

    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static const char *messages(struct fixture *f)
{
    diags_print(&f->diags, &f->text);
    buf_byte(&f->text, '\0');
    return f->text.at;
}

static const struct config *loaded_with(struct fixture *f, const char *text,
                                        const char *const *overrides, size_t count)
{
    write_config(f, text);
    if (!config_load(&f->config, f->path, overrides, count, &f->diags))
        fail_msg("%s", messages(f));
    assert_int_equal(f->diags.count, 0);
    return f->config;
}

static const struct config *loaded(struct fixture *f, const char *text)
{
    return loaded_with(f, text, NULL, 0);
}

static void assert_str(struct str text, const char *expected)
{
    assert_int_equal(text.size, strlen(expected));
    assert_memory_equal(text.at, expected, text.size);
}

/* "<directory>/<name>". */
static void assert_path(const struct fixture *f, const char *path, const char *name)
{
    char expected[128];

    snprintf(expected, sizeof expected, "%s/%s", f->directory, name);
    assert_string_equal(path, expected);
}

TEST(an_empty_file_is_the_defaults)
{
    struct fixture *f = *state;
    const struct config *c = loaded(f, "");

    assert_string_equal(c->listen_host, "127.0.0.1");
    assert_int_equal(c->listen_port, 9464);
    assert_false(c->insecure);
    assert_int_equal(c->body_max_bytes, 64 << 20);
    assert_int_equal(c->in_flight_max_bytes, 256 << 20);
    assert_int_equal(c->connections_max, 1024);
    assert_string_equal(c->external_url, "");
    assert_string_equal(c->alerts.external_url, "");
    assert_int_equal(c->token_count, 0);
    assert_path(f, c->ledger_path, "spendwarden.db");
    assert_int_equal(c->dedupe_horizon_ns, 24 * NS_PER_HOUR);
    assert_int_equal(c->dedupe_max_bytes, 64 << 20);
    assert_string_equal(c->time_zone, "UTC");
    assert_ptr_equal(c->policies.zone, c->zone);
    assert_non_null(c->zone);
    assert_ptr_equal(c->policies.schema, &c->schema);
    assert_ptr_equal(c->metrics.schema, &c->schema);
    assert_int_equal(c->policies.limits.call_instructions, 50000);
    assert_int_equal(c->policies.limits.event_instructions, 200000);
    assert_int_equal(c->policies.limits.tick_instructions, 50000000);
    assert_int_equal(c->policies.limits.load_instructions, 5000000);
    assert_int_equal(c->policies.limits.call_ms, 250);
    assert_int_equal(c->policies.limits.memory_bytes, 64 << 20);
    assert_int_equal(c->policies.limits.file_bytes, 256 << 10);
    assert_int_equal(c->prices.basis, CHARGE_REPORTED);
    assert_int_equal(c->metrics.label_count, 8);
    assert_int_equal(c->metrics.labels[7].index, DERIVED_CLASS);
    assert_int_equal(c->metrics.coverage_count, 3);
    assert_int_equal(c->metrics.max_series, 10000);
    assert_int_equal(c->windows.max_groups, 10000);
    assert_int_equal(c->tick_ns, 15 * NS_PER_SECOND);
    assert_int_equal(c->alerts_max, 10000);
    assert_int_equal(c->resend_ns, NS_PER_MINUTE);
    assert_int_equal(c->alerts.valid_ns, 4 * NS_PER_MINUTE);
    assert_int_equal(c->alerts.queue_max, 10000);
    assert_int_equal(c->alerts.timeout_ns, 10 * NS_PER_SECOND);
}

TEST(the_sample_of_the_design_is_read)
{
    struct fixture *f = *state;
    const struct config *c = loaded(
        f, "time_zone: UTC\n"
           "server:   { listen: 127.0.0.1:9464 }\n"
           "ledger:   { path: spendwarden.db }\n"
           "policies:\n"
           "  paths: [policies/attribution, /etc/spikes]\n"
           "  data:  { workflow_by_key: data/workflows.yaml, budgets: data/b.yaml }\n"
           "prices:   { overlays: [prices.yaml], charge: computed }\n"
           "metrics:  { litellm_names: false, zero_first: off }\n"
           "rules:    { tick: 15s }\n"
           "alerts:\n"
           "  alertmanagers: [{ url: http://127.0.0.1:9093 }]\n"
           "  webhooks:      [{ name: oncall, url: http://127.0.0.1:5001/hook }]\n");

    assert_int_equal(c->policies.path_count, 2);
    assert_path(f, c->policies.paths[0], "policies/attribution");
    assert_string_equal(c->policies.paths[1], "/etc/spikes");
    assert_int_equal(c->policies.data_count, 2);
    assert_str(c->policies.data[1].name, "budgets");
    assert_path(f, c->policies.data[1].path, "data/b.yaml");
    assert_int_equal(c->prices.overlay_count, 1);
    assert_path(f, c->prices.overlays[0], "prices.yaml");
    assert_int_equal(c->prices.basis, CHARGE_COMPUTED);
    assert_int_equal(c->alerts.alertmanager_count, 1);
    assert_string_equal(c->alerts.alertmanagers[0].url, "http://127.0.0.1:9093");
    assert_int_equal(c->alerts.webhook_count, 1);
    assert_string_equal(c->alerts.webhooks[0].name, "oncall");
    assert_string_equal(c->alerts.webhooks[0].url, "http://127.0.0.1:5001/hook");
    assert_null(c->alerts.webhooks[0].secret_file);
}

TEST(tokens_bind_scopes_a_source_and_labels)
{
    struct fixture *f = *state;
    const struct config *c = loaded(f, "server:\n"
                                       "  listen: '[::]:0'\n"
                                       "  tokens:\n"
                                       "    - { file: a, scope: ingest, source: litellm,"
                                       " labels: { tenant: acme, cost_centre: '7' } }\n"
                                       "    - { file: b, scope: [read, admin] }\n"
                                       "labels: { declared: [cost_centre] }\n");

    assert_string_equal(c->listen_host, "::");
    assert_int_equal(c->listen_port, 0);
    assert_int_equal(c->token_count, 2);
    assert_path(f, c->tokens[0].file, "a");
    assert_int_equal(c->tokens[0].scopes, SCOPE_INGEST);
    assert_str(c->tokens[0].source, "litellm");
    assert_int_equal(c->tokens[0].label_count, 2);
    assert_str(c->tokens[0].labels[1].name, "cost_centre");
    assert_str(c->tokens[0].labels[1].value, "7");
    assert_int_equal(c->tokens[1].scopes, SCOPE_READ | SCOPE_ADMIN);
    assert_int_equal(c->tokens[1].source.size, 0);
}

TEST(labels_are_mapped_hashed_and_declared)
{
    struct fixture *f = *state;
    const struct config *c =
        loaded(f, "metrics: { labels: [team, cost_centre], coverage: cost_centre }\n"
                  "labels:\n"
                  "  declared: [cost_centre]\n"
                  "  hash: [end_user, cost_centre]\n"
                  "  hash_key_file: hash.key\n"
                  "  metadata: [job]\n"
                  "  sources:\n"
                  "    litellm:\n"
                  "      cost_centre: [metadata.cc, 'tag:cc']\n"
                  "      retry_depth: metadata.retry\n");

    assert_str(c->schema.declared[0], "cost_centre");
    assert_int_equal(c->schema.declared_count, 1);
    assert_int_equal(c->metrics.labels[1].index, TEXT_DECLARED_FIRST);
    assert_int_equal(c->metrics.coverage_count, 1);
    assert_true(c->hash_label[TEXT_END_USER - TEXT_LABEL_FIRST]);
    assert_true(c->hash_label[TEXT_DECLARED_FIRST - TEXT_LABEL_FIRST]);
    assert_false(c->hash_label[0]);
    assert_path(f, c->hash_key_file, "hash.key");
    assert_str(c->metadata_keys[0], "job");
    assert_int_equal(c->source_count, 1);
    assert_str(c->sources[0].name, "litellm");
    assert_int_equal(c->sources[0].rule_count, 2);
    const struct label_rule *rule = &c->sources[0].rules[0];
    assert_str(rule->label, "cost_centre");
    assert_int_equal(rule->path_count, 2);
    assert_str(rule->paths[1], "tag:cc");
    assert_string_equal(rule->file, f->path);
    assert_int_equal(rule->line, 9);
    assert_int_equal(rule->column, 7);
    assert_str(c->sources[0].rules[1].paths[0], "metadata.retry");
}

TEST(policy_settings_are_flat_and_in_file_order)
{
    const struct config *c = loaded(*state, "policies:\n"
                                            "  settings:\n"
                                            "    spikes: { factor: 4, quiet: true }\n"
                                            "    coverage:\n"
                                            "    budgets: { note: 'a b' }\n");

    assert_int_equal(c->policies.setting_count, 3);
    assert_str(c->policies.settings[1].policy, "spikes");
    assert_str(c->policies.settings[1].key, "quiet");
    assert_str(c->policies.settings[1].value, "true");
    assert_str(c->policies.settings[2].policy, "budgets");
    assert_str(c->policies.settings[2].value, "a b");
}

TEST(sections_and_lists_whose_lines_are_commented_out_are_empty)
{
    const struct config *c = loaded(*state, "server:\n"
                                            "alerts:\n"
                                            "  alertmanagers:\n"
                                            "  webhooks:\n"
                                            "policies: { paths: , data: }\n");

    assert_int_equal(c->alerts.alertmanager_count, 0);
    assert_int_equal(c->policies.path_count, 0);
}

TEST(variables_are_expanded_in_urls_and_once_only)
{
    setenv("CONFIG_TEST_HOST", "alerts.example.com", 1);
    setenv("CONFIG_TEST_PATH", "${CONFIG_TEST_HOST}", 1);
    struct fixture *f = *state;
    const struct config *c =
        loaded(f, "server: { external_url: 'https://${CONFIG_TEST_HOST}/x' }\n"
                  "alerts: { webhooks: [{ name: a, url: 'http://${CONFIG_TEST_HOST}:1"
                  "/${CONFIG_TEST_HOST}' }] }\n");

    assert_string_equal(c->external_url, "https://alerts.example.com/x");
    assert_string_equal(c->alerts.webhooks[0].url,
                        "http://alerts.example.com:1/alerts.example.com");
    write_config(f, "server: { external_url: 'http://h/${CONFIG_TEST_PATH}' }\n");
    config_free(f->config);
    assert_false(config_load(&f->config, f->path, NULL, 0, &f->diags));
}

TEST(an_override_wins_and_its_paths_start_at_the_working_directory)
{
    static const char *const overrides[] = {"ledger.path=x.db", "rules.tick=20s",
                                            "rules.tick=30s", "policies.paths=[a, b]",
                                            "server.listen=127.0.0.1:0"};
    const struct config *c = loaded_with(
        *state, "rules: { tick: 10s }\nledger: { path: y.db }\n", overrides, 5);

    assert_string_equal(c->ledger_path, "x.db");
    assert_int_equal(c->tick_ns, 30 * NS_PER_SECOND);
    assert_int_equal(c->policies.path_count, 2);
    assert_string_equal(c->policies.paths[1], "b");
    assert_int_equal(c->listen_port, 0);
}

TEST(an_override_replaces_what_is_wrong_in_the_file)
{
    static const char *const overrides[] = {"rules.tick=30s"};
    const struct config *c = loaded_with(*state, "rules: { tick: 10d }\n", overrides, 1);

    assert_int_equal(c->tick_ns, 30 * NS_PER_SECOND);
}

TEST(wrong_overrides_are_named)
{
    static const char *const overrides[] = {
        "ledgr.path=x",           "rules.tick=10d",  "alerts={}", "tick",
        "server.tokens[].file=x", "prices.charge=[", "colour=1",  "ledger.path="};
    static const char *const expected[] = {
        "--set: alerts: is a section: set one of its keys\n",
        "--set: colour: unknown key\n",
        "--set: ledger.path: has no value\n",
        "--set: ledgr.path: unknown key: did you mean \"ledger.path\"?\n",
        "--set: rules.tick: 10d is above the most, 5m\n",
        "--set: server.tokens[].file: unknown key\n",
        "--set: tick: must be written as key=value\n",
        "--set prices.charge:2:1: not YAML: did not find expected node content",
    };
    struct fixture *f = *state;

    write_config(f, "");
    assert_false(config_load(&f->config, f->path, overrides,
                             sizeof overrides / sizeof *overrides, &f->diags));
    assert_null(f->config);
    messages(f);
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
        if (!strstr(f->text.at, expected[i]))
            fail_msg("%s is not in\n%s", expected[i], f->text.at);
    assert_int_equal(f->diags.count, sizeof expected / sizeof *expected);
}

TEST(the_hash_is_that_of_the_file)
{
    char expected[SHA256_TEXT_SIZE];
    const struct config *c = loaded(*state, "rules: { tick: 10s }\n");

    sha256_text(expected, STR("rules: { tick: 10s }\n"));
    assert_str(c->hash, expected);
}

TEST(a_missing_file_is_named)
{
    struct fixture *f = *state;

    assert_false(config_load(&f->config, "none/s.yaml", NULL, 0, &f->diags));
    assert_string_equal(messages(f),
                        "none/s.yaml: cannot be read: No such file or directory\n");
}

static struct buf contents(const char *directory, const char *name, const char *suffix)
{
    char path[512];
    struct buf text = {0};
    int c;

    snprintf(path, sizeof path, "%s/%s%s", directory, name, suffix);
    FILE *file = fopen(path, "r");
    if (!file)
        fail_msg("%s is missing", path);
    while ((c = fgetc(file)) != EOF)
        buf_byte(&text, (char)c);
    fclose(file);
    buf_byte(&text, '\0');
    return text;
}

/* tests/data/config/NAME.yaml says what NAME.txt holds. */
static void check_broken(const char *name)
{
    struct diags diags = {0};
    struct config *config;
    struct buf expected = contents(DATA, name, ".txt"), got = {0};
    char path[512];

    snprintf(path, sizeof path, "%s.yaml", name);
    if (config_load(&config, path, NULL, 0, &diags))
        fail_msg("%s is accepted", path);
    diags_print(&diags, &got);
    buf_byte(&got, '\0');
    assert_string_equal(got.at, expected.at);
    diags_release(&diags);
    buf_release(&got);
    buf_release(&expected);
}

TEST(every_broken_file_gets_all_its_messages)
{
    DIR *directory = opendir(DATA);
    size_t count = 0;
    char name[256];

    assert_non_null(directory);
    assert_int_equal(chdir(DATA), 0);
    for (struct dirent *entry; (entry = readdir(directory));) {
        size_t size = strlen(entry->d_name);
        if (size < 6 || strcmp(entry->d_name + size - 5, ".yaml") != 0)
            continue;
        snprintf(name, sizeof name, "%.*s", (int)size - 5, entry->d_name);
        check_broken(name);
        count++;
    }
    closedir(directory);
    assert_true(count >= 25);
}

static void add_row(struct buf *out, const struct setting *s)
{
    buf_format(out, "| `%s` | ", s->path);
    setting_type(s, out);
    if (s->required)
        buf_format(out, " | required | ");
    else if (s->value)
        buf_format(out, " | `%s` | ", s->value);
    else
        buf_format(out, " | | ");
    buf_format(out, "%s |\n", s->meaning);
}

TEST(the_page_on_configuration_agrees_with_the_table)
{
    struct buf page = contents(SOURCE_DIR "/docs", "config.md", "");
    size_t rows = 0;

    for (size_t i = 0; i < setting_count; i++) {
        struct buf row = {0};
        add_row(&row, &settings[i]);
        buf_byte(&row, '\0');
        if (!strstr(page.at, row.at))
            fail_msg("docs/config.md lacks: %s", row.at);
        buf_release(&row);
    }
    for (const char *at = page.at; (at = strstr(at, "\n| `")); at++)
        rows++;
    assert_int_equal(rows, setting_count);
    buf_release(&page);
}

TEST(every_key_is_described_in_one_line)
{
    struct buf text = {0};
    size_t lines = 0;

    config_describe(&text);
    for (size_t i = 0; i < text.size; i++)
        lines += text.at[i] == '\n';
    assert_int_equal(lines, setting_count);
    buf_byte(&text, '\0');
    assert_non_null(strstr(text.at, "duration, 1s to 5m; default 15s. How often rules"));
    assert_non_null(
        strstr(text.at, "server.tokens[].file                 path; required."));
    buf_release(&text);
}

TEST(the_quickstart_is_a_valid_configuration)
{
    struct fixture *f = *state;
    const char *path = SOURCE_DIR "/examples/quickstart/spendwarden.yaml";

    if (!config_load(&f->config, path, NULL, 0, &f->diags))
        fail_msg("%s", messages(f));
    assert_int_equal(f->config->policies.path_count, 5);
    assert_int_equal(f->config->listen_port, 9464);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(an_empty_file_is_the_defaults),
        CASE(the_sample_of_the_design_is_read),
        CASE(tokens_bind_scopes_a_source_and_labels),
        CASE(labels_are_mapped_hashed_and_declared),
        CASE(policy_settings_are_flat_and_in_file_order),
        CASE(sections_and_lists_whose_lines_are_commented_out_are_empty),
        CASE(variables_are_expanded_in_urls_and_once_only),
        CASE(an_override_wins_and_its_paths_start_at_the_working_directory),
        CASE(an_override_replaces_what_is_wrong_in_the_file),
        CASE(wrong_overrides_are_named),
        CASE(the_hash_is_that_of_the_file),
        CASE(a_missing_file_is_named),
        CASE(every_broken_file_gets_all_its_messages),
        CASE(the_page_on_configuration_agrees_with_the_table),
        CASE(every_key_is_described_in_one_line),
        CASE(the_quickstart_is_a_valid_configuration),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
