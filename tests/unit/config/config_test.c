#include "fixture.h"

#include "spendwarden/hash.h"

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

TEST(a_firing_alert_stays_valid_over_a_tick_rarer_than_its_resend)
{
    const struct config *c =
        loaded(*state, "rules: { tick: 5m }\nalerts: { resend: 1m }");

    assert_int_equal(c->alerts.valid_ns, 20 * NS_PER_MINUTE);
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
    assert_int_equal(c->dedupe_max_bytes, 256 << 20);
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

TEST(retention_is_for_ever_unless_it_is_set)
{
    struct fixture *f = *state;
    const struct config *c = loaded(f, "ledger: { path: a.db }\n");

    assert_int_equal(c->retention_ns, 0);
    assert_int_equal(c->retention_bytes, 0);
    config_free(f->config);
    c = loaded(f, "ledger: { retention: { time: 90d, size: 2GiB } }\n");
    assert_int_equal(c->retention_ns, 90 * NS_PER_DAY);
    assert_int_equal(c->retention_bytes, INT64_C(2) << 30);
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
           "metrics:  { litellm_names: false, zero_first: auto }\n"
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

TEST(a_webhook_may_match_several_values_of_a_label)
{
    const struct config *c =
        loaded(*state, "alerts: { webhooks: [{ name: a, url: 'http://h/', match: { team: "
                       "ml, severity: [info, warning] } }] }\n");
    const struct webhook_options *w = &c->alerts.webhooks[0];

    assert_int_equal(w->match_count, 3);
    assert_str(w->match[0].value, "ml");
    assert_str(w->match[1].name, "severity");
    assert_str(w->match[1].value, "info");
    assert_str(w->match[2].name, "severity");
    assert_str(w->match[2].value, "warning");
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

TEST(a_path_is_kept_without_the_detour_over_its_parent)
{
    struct fixture *f = *state;

    assert_true(config_load(&f->config,
                            SOURCE_DIR "/examples/quickstart/spendwarden.yaml", NULL, 0,
                            &f->diags));
    assert_string_equal(f->config->policies.paths[0], SOURCE_DIR "/policies/attribution");
}

TEST(without_a_file_every_key_has_its_default)
{
    struct fixture *f = *state;

    assert_true(config_load(&f->config, NULL, NULL, 0, &f->diags));
    assert_int_equal(f->config->listen_port, 9464);
    assert_int_equal(f->config->policies.path_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_firing_alert_stays_valid_over_a_tick_rarer_than_its_resend),
        CASE(an_empty_file_is_the_defaults),
        CASE(retention_is_for_ever_unless_it_is_set),
        CASE(the_sample_of_the_design_is_read),
        CASE(tokens_bind_scopes_a_source_and_labels),
        CASE(labels_are_mapped_hashed_and_declared),
        CASE(policy_settings_are_flat_and_in_file_order),
        CASE(sections_and_lists_whose_lines_are_commented_out_are_empty),
        CASE(a_webhook_may_match_several_values_of_a_label),
        CASE(variables_are_expanded_in_urls_and_once_only),
        CASE(an_override_wins_and_its_paths_start_at_the_working_directory),
        CASE(an_override_replaces_what_is_wrong_in_the_file),
        CASE(the_hash_is_that_of_the_file),
        CASE(a_missing_file_is_named),
        CASE(a_path_is_kept_without_the_detour_over_its_parent),
        CASE(without_a_file_every_key_has_its_default),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
