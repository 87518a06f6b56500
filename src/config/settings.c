/* Every key there is. Parsing, defaults, bounds, messages and docs/config.md come from
 * here. */
#include "reader.h"

#define AT(member)                                                                       \
    .offset = offsetof(struct config, member),                                           \
    .size = sizeof(((struct config *)0)->member)
#define ITEM(type, member)                                                               \
    .offset = offsetof(struct type, member), .size = sizeof(((struct type *)0)->member)
#define ITEMS(type, member)                                                              \
    .offset = offsetof(struct config, member), .size = sizeof(struct type)
#define SCOPES(rule)                                                                     \
    ITEM(source_setup, scopes[rule].names),                                              \
        .count_offset = offsetof(struct source_setup, scopes[rule].count), .most = "16"
#define COUNT(member) .count_offset = offsetof(struct config, member)

/* How a receiver is to be let in, for each kind of it. */
#define ACCESS(key, type)                                                                  \
    {key ".basic_auth.username",                                                           \
     "text",                                                                               \
     NULL,                                                                                 \
     read_text,                                                                            \
     ITEM(type, access.username),                                                          \
     .meaning = "With a password_file."},                                                  \
        {key ".basic_auth.password_file",                                                  \
         "path",                                                                           \
         NULL,                                                                             \
         read_path,                                                                        \
         ITEM(type, access.password_file),                                                 \
         .meaning = "Holds the password; read anew for each POST."},                       \
        {key ".authorization.type",                                                        \
         "text",                                                                           \
         "Bearer",                                                                         \
         read_text,                                                                        \
         ITEM(type, access.authorization),                                                 \
         .meaning = "Of the credentials."},                                                \
        {key ".authorization.credentials_file",                                            \
         "path",                                                                           \
         NULL,                                                                             \
         read_path,                                                                        \
         ITEM(type, access.credentials_file),                                              \
         .meaning = "Holds a token, say; read anew for each POST."},                       \
        {key ".tls_config.ca_file",                                                        \
         "path",                                                                           \
         NULL,                                                                             \
         read_path,                                                                        \
         ITEM(type, access.ca_file),                                                       \
         .meaning = "Whom to believe, in place of the system's authorities; PEM."},        \
        {key ".tls_config.cert_file",                                                      \
         "path",                                                                           \
         NULL,                                                                             \
         read_path,                                                                        \
         ITEM(type, access.cert_file),                                                     \
         .meaning = "Our own certificate; PEM."},                                          \
        {key ".tls_config.key_file", "path", NULL, read_path, ITEM(type, access.key_file), \
         .meaning = "Its key; PEM."},                                                      \
    {                                                                                      \
        key ".tls_config.insecure_skip_verify", "true or false", "false", read_flag,       \
            ITEM(type, access.insecure_skip_verify),                                       \
            .meaning = "Believe any certificate: for tests."                               \
    }

const struct setting settings[] = {
    {"time_zone", "IANA name", "UTC", read_zone, AT(time_zone),
     .meaning = "In which days, weeks (from Monday) and months begin."},

    {"server.listen", "address:port", "127.0.0.1:9464", read_listen, AT(listen_host),
     .meaning = "Beyond loopback only with tokens, or insecure: true. Port 0: any."},
    {"server.insecure", "true or false", "false", read_flag, AT(insecure),
     .meaning = "Listen beyond loopback although there are no tokens."},
    {"server.loops", "number", "0", read_number, AT(loops), .least = "0", .most = "64",
     .meaning = "Threads that take events. 0: one per processor."},
    {"server.external_url", "URL", NULL, read_url, AT(external_url), .expands = true,
     .meaning = "Under which people reach this server; alerts link to it."},
    {"server.limits.body", "size", "64MiB", read_size, AT(body_max_bytes),
     .least = "64KiB", .most = "1GiB",
     .meaning = "Of one request, as it comes and inflated; a larger one is 413."},
    {"server.limits.in_flight", "size", "256MiB", read_size, AT(in_flight_max_bytes),
     .least = "64KiB", .most = "64GiB",
     .meaning = "Bodies of all connections together, compressed and inflated ones; "
                "beyond it the answer is 503."},
    {"server.limits.connections", "number", "1024", read_number, AT(connections_max),
     .least = "8", .most = "65536", .meaning = "Open at one time."},
    {"server.tokens", "list of maps", "[]", read_items, ITEMS(token_options, tokens),
     COUNT(token_count), .most = "256",
     .meaning = "Who may do what. Without any, everybody who can connect may do all."},
    {"server.tokens[].file", "path", NULL, read_path, ITEM(token_options, file),
     .required = true,
     .meaning = "Holds one token a line; two are valid while you rotate them."},
    {"server.tokens[].scope", "ingest, read, admin, or a list", NULL, read_scopes,
     ITEM(token_options, scopes), .required = true, .meaning = "What it opens."},
    {"server.tokens[].source", "source", NULL, read_source_name,
     ITEM(token_options, source),
     .meaning = "An ingest token is good for this one only."},
    {"server.tokens[].labels", "map of label: value", "{}", read_event_labels,
     ITEM(token_options, labels),
     .count_offset = offsetof(struct token_options, label_count), .most = "16",
     .meaning = "Fixed labels of every event that comes with this ingest token."},

    {"ledger.path", "path", "spendwarden.db", read_path, AT(ledger_path),
     .meaning = "The SQLite file; created if it is not there."},
    {"ledger.retention.time", "duration", NULL, read_duration, AT(retention_ns),
     .least = "63d", .most = "36500d",
     .meaning = "Older rows are pruned; their sums stay. Not set: kept for ever."},
    {"ledger.retention.size", "size", NULL, read_size, AT(retention_bytes),
     .least = "64MiB", .most = "1048576GiB",
     .meaning =
         "Beyond it the oldest rows are pruned, down to those of 63 days. Not set: "
         "no bound."},
    {"ledger.dedupe_horizon", "duration", "24h", read_duration, AT(dedupe_horizon_ns),
     .least = "1m", .most = "31d",
     .meaning = "How long a repeated report is recognised, from its commit."},
    {"ledger.dedupe_memory", "size", "256MiB", read_size, AT(dedupe_max_bytes),
     .least = "1MiB", .most = "64GiB",
     .meaning = "For that memory; when full, the oldest reports are forgotten."},

    {"sources", "list of maps", "[]", read_setups, ITEMS(source_setup, setups),
     COUNT(setup_count), .early = true, .most = "16",
     .meaning = "Gateways of your own, and built-in ones whose bodies are signed."},
    {"sources[].mapping", "path", NULL, read_path, ITEM(source_setup, mapping),
     .meaning = "A mapping file; its name is the source's: POST /v1/ingest/<name>."},
    {"sources[].name", "source", NULL, read_builtin_name, ITEM(source_setup, name),
     .meaning = "Of a built-in source, instead of a mapping."},
    {"sources[].replace", "true or false", "false", read_flag,
     ITEM(source_setup, replace),
     .meaning = "The mapping stands in for the built-in source of its name."},
    {"sources[].signature.header", "text", NULL, read_text,
     ITEM(source_setup, signature_header),
     .meaning = "Holds the HMAC-SHA256 of the body, in hex; without it, the header that "
                "the mapping names."},
    {"sources[].signature.secret_file", "path", NULL, read_path,
     ITEM(source_setup, secret_file),
     .meaning = "Holds the secret, or one a line while you rotate them; a body without "
                "a right signature is refused with 401."},

    {"sources[].skip_scopes", "list of texts", "[]", read_texts, SCOPES(SCOPE_SKIPPED),
     .meaning = "Of otlp: OTel scopes whose spans are not counted, since others report "
                "the same calls."},
    {"sources[].join_scopes", "list of texts", "[]", read_texts, SCOPES(SCOPE_JOINED),
     .meaning = "Of otlp: what is only perhaps another scope's call "
                "(/api/v1/duplicates) is that call, where one of the two is of these."},
    {"sources[].keep_scopes", "list of texts", "[]", read_texts, SCOPES(SCOPE_KEPT),
     .meaning = "Of otlp: the opposite; such pairs are no longer listed."},

    {"labels.declared", "list of names", "[]", read_declared, AT(schema), .early = true,
     .most = "16", .meaning = "Labels of your own, beside those that every event has."},
    {"labels.hash", "list of labels", "[]", read_hashed, AT(hash_label), .most = "32",
     .meaning = "Values that are replaced by a keyed hash before anything sees them."},
    {"labels.hash_key_file", "path", NULL, read_path, AT(hash_key_file),
     .meaning = "Holds the secret of that hash, at least 16 bytes."},
    {"labels.metadata", "list of keys", "[]", read_texts, AT(metadata_keys),
     COUNT(metadata_count), .most = "16",
     .meaning = "Metadata that policies may see and the ledger keeps: scalars only."},
    {"labels.sources", "map of source: { label: path or paths }", "{}", read_sources,
     AT(sources), COUNT(source_count), .most = "16",
     .meaning = "Where a label is looked for; replaces that source's default, label by "
                "label. The first path with a value wins."},

    {"policies.paths", "list of paths", "[]", read_paths, AT(policies.paths),
     COUNT(policies.path_count), .most = "256",
     .meaning = "Files, or directories with their *.lua by name, in this order. None are "
                "taken that are not named."},
    {"policies.data", "map of name: path", "{}", read_data, AT(policies.data),
     COUNT(policies.data_count), .most = "256",
     .meaning = "YAML or JSON files that policies read as data.<name>; a missing file "
                "is an empty table."},
    {"policies.settings", "map of policy: { key: value }", "{}", read_settings,
     AT(policies.settings), COUNT(policies.setting_count), .most = "1024",
     .meaning = "Win over the settings that a policy brings along."},
    {"policies.shadow", "list of paths", "[]", read_paths, AT(shadow.paths),
     COUNT(shadow.path_count), .most = "256",
     .meaning = "Candidates: run beside, change nothing, alert nobody."},
    {"policies.shadow_data", "map of name: path", "{}", read_data, AT(shadow.data),
     COUNT(shadow.data_count), .most = "256",
     .meaning = "For candidates; wins over policies.data."},
    {"policies.shadow_settings", "map of policy: { key: value }", "{}", read_settings,
     AT(shadow.settings), COUNT(shadow.setting_count), .most = "1024",
     .meaning = "For candidates; wins over policies.settings."},
    {"policies.test_on_load", "true or false", "false", read_flag, AT(test_on_load),
     .meaning = "Run the tests beside the policies before they decide; one that fails is "
                "an error."},
    {"policies.watch", "true or false", "false", read_flag, AT(watch_files),
     .meaning = "Reload when the configuration, policies, data, prices or tokens have "
                "changed."},
    {"policies.limits.call_instructions", "number", "50000", read_number,
     AT(policies.limits.call_instructions), .least = "1000", .most = "1000000000",
     .meaning = "Of one call of a policy's function."},
    {"policies.limits.event_instructions", "number", "200000", read_number,
     AT(policies.limits.event_instructions), .least = "1000", .most = "1000000000",
     .meaning = "Of all policies for one event."},
    {"policies.limits.tick_instructions", "number", "50000000", read_number,
     AT(policies.limits.tick_instructions), .least = "1000", .most = "100000000000",
     .meaning = "Of all rules and budgets at one tick."},
    {"policies.limits.load_instructions", "number", "5000000", read_number,
     AT(policies.limits.load_instructions), .least = "1000", .most = "100000000000",
     .meaning = "Of loading one file."},
    {"policies.limits.call_time", "duration", "250ms", read_duration,
     AT(policies.limits.call_ms), .unit = NS_PER_MS, .least = "10ms", .most = "10s",
     .meaning = "Emergency stop of one call by the clock."},
    {"policies.limits.load_time", "duration", "2s", read_duration,
     AT(policies.limits.load_ms), .unit = NS_PER_MS, .least = "10ms", .most = "60s",
     .meaning = "Emergency stop of loading one file by the clock."},
    {"policies.limits.memory", "size", "64MiB", read_size,
     AT(policies.limits.memory_bytes), .least = "1MiB", .most = "1GiB",
     .meaning = "Of one Lua state; there is one per loop and one for the tick."},
    {"policies.limits.string", "size", "16KiB", read_size,
     AT(policies.limits.string_bytes), .least = "1KiB", .most = "16MiB",
     .meaning = "Of a text that a policy makes; data files may have longer ones."},
    {"policies.limits.table", "size", "2MiB", read_size, AT(policies.limits.table_bytes),
     .least = "64KiB", .most = "1GiB",
     .meaning = "Of a table that a policy makes: 8 bytes an item of a list, 24 a key of "
                "a map, in powers of two."},
    {"policies.limits.output", "size", "4KiB", read_size,
     AT(policies.limits.output_bytes), .least = "256", .most = "1MiB",
     .meaning = "Of all texts that one call answers: labels and reasons."},
    {"policies.limits.file", "size", "256KiB", read_size, AT(policies.limits.file_bytes),
     .least = "1KiB", .most = "16MiB", .meaning = "Of one policy file."},
    {"policies.limits.data", "size", "16MiB", read_size, AT(policies.limits.data_bytes),
     .least = "1KiB", .most = "1GiB", .meaning = "Of one data file."},

    {"policies.breaker.events", "number", "100", read_number,
     AT(policies.limits.breaker_events), .least = "1", .most = "1000000000",
     .meaning = "A policy that failed on so many events in a row is disabled until the "
                "next load."},
    {"policies.breaker.ticks", "number", "20", read_number,
     AT(policies.limits.breaker_ticks), .least = "1", .most = "1000000000",
     .meaning = "The same for ticks in a row."},

    {"prices.overlays", "list of paths", "[]", read_paths, AT(prices.overlays),
     COUNT(prices.overlay_count), .most = "64",
     .meaning = "Price books above the built-in one; later ones win."},
    {"prices.charge", "reported or computed", "reported", read_choice, AT(prices.basis),
     .choices = "reported|computed",
     .meaning = "Which cost is booked where both are known: the gateway's or ours."},

    {"metrics.labels", "list of fields",
     "[tenant, team, workflow_id, ai_system, requested_model, response_model, operation, "
     "class]",
     read_metric_labels, AT(metrics.labels), COUNT(metrics.label_count), .most = "12",
     .meaning = "Labels of spend, tokens and requests."},
    {"metrics.coverage", "list of labels", "[tenant, team, workflow_id]", read_coverage,
     AT(metrics.coverage), COUNT(metrics.coverage_count), .most = "8",
     .meaning = "Labels whose share of attributed spend is counted."},
    {"metrics.max_series", "number", "10000", read_number, AT(metrics.max_series),
     .least = "10", .most = "10000000",
     .meaning = "Per family; the rest goes to the series __other__."},
    {"metrics.litellm_names", "true or false", "false", read_flag,
     AT(metrics.litellm_names),
     .meaning =
         "LiteLLM's metric names as well, with its labels; they hold personal data."},
    {"metrics.litellm_end_user", "true or false", "false", read_flag,
     AT(metrics.litellm_end_user),
     .meaning = "Those tell end users apart; else end_user is None, as in LiteLLM."},
    {"metrics.retire_after", "duration", NULL, read_duration, AT(metrics.retire_ns),
     .least = "10m", .most = "3650d",
     .meaning = "A series without events for so long is no longer shown and makes room; "
                "it may come back, at 0. Not set: never."},
    {"metrics.zero_first", "auto, off or duration", "auto", read_zero_first,
     AT(zero_first_ns), .least = "1s", .most = "10m",
     .meaning =
         "How long Prometheus sees a new counter at 0 before its value: until every "
         "scraper has seen it so, not at all, or a fixed time."},

    {"rules.tick", "duration", "15s", read_duration, AT(tick_ns), .least = "1s",
     .most = "5m", .meaning = "How often rules and budgets are evaluated."},
    {"rules.max_alerts", "number", "10000", read_number, AT(alerts_max), .least = "10",
     .most = "1000000",
     .meaning = "Alerts that are pending or firing; more are refused and counted."},
    {"rules.capture_below", "number", "90", read_number, AT(capture_percent),
     .least = "0", .most = "100",
     .meaning = "Percent of the tokens that a service counts in its OTLP metrics: if the "
                "booked calls of its spans have less, LLMCaptureLow alerts. 0: never."},
    {"rules.windows.max_groups", "number", "10000", read_number, AT(windows.max_groups),
     .least = "10", .most = "10000000",
     .meaning = "Per window; the rest goes to the group __other__."},
    {"rules.windows.max_cells", "number", "2000000", read_number, AT(windows.max_cells),
     .least = "1000", .most = "1000000000",
     .meaning = "Buckets of all windows; when full, the oldest of the largest go."},

    {"alerts.alertmanagers", "list of maps", "[]", read_items,
     ITEMS(alertmanager_options, alerts.alertmanagers), COUNT(alerts.alertmanager_count),
     .most = "16", .meaning = "Every one of them gets every alert."},
    {"alerts.alertmanagers[].url", "URL", NULL, read_url, ITEM(alertmanager_options, url),
     .required = true, .expands = true,
     .meaning = "With its route prefix; /api/v2/alerts is added."},
    ACCESS("alerts.alertmanagers[]", alertmanager_options),
    {"alerts.webhooks", "list of maps", "[]", read_items,
     ITEMS(webhook_options, alerts.webhooks), COUNT(alerts.webhook_count), .most = "64",
     .meaning = "Receivers of Alertmanager's webhook format, version 4."},
    {"alerts.webhooks[].name", "text", NULL, read_text, ITEM(webhook_options, name),
     .required = true, .meaning = "In metrics and logs."},
    {"alerts.webhooks[].url", "URL", NULL, read_url, ITEM(webhook_options, url),
     .required = true, .expands = true, .meaning = "Alerts are posted to exactly this."},
    {"alerts.webhooks[].match", "map of label: value or values", "{}", read_match,
     ITEM(webhook_options, match),
     .count_offset = offsetof(struct webhook_options, match_count), .most = "16",
     .meaning =
         "Labels that an alert must have to be sent here: all of them, each with one "
         "of its values."},
    {"alerts.webhooks[].secret_file", "path", NULL, read_path,
     ITEM(webhook_options, secret_file),
     .meaning = "Secret of the body's HMAC-SHA256 in X-Spendwarden-Signature."},
    {"alerts.webhooks[].repeat_interval", "duration", NULL, read_duration,
     ITEM(webhook_options, repeat_ns), .least = "5m", .most = "31d",
     .meaning = "What fires unchanged is told again so often. Not set: never."},
    {"alerts.webhooks[].send_resolved", "true or false", "true", read_flag,
     ITEM(webhook_options, send_resolved), .meaning = "Also told of what is over."},
    ACCESS("alerts.webhooks[]", webhook_options),
    {"alerts.labels", "map of label: value", "{}", read_pairs, AT(alerts.labels),
     COUNT(alerts.label_count), .most = "16",
     .meaning = "Added to every alert that does not have them."},
    {"alerts.resend", "duration", "1m", read_duration, AT(resend_ns), .least = "5s",
     .most = "1h", .meaning = "How often a firing alert is sent again."},
    {"alerts.queue", "number", "10000", read_number, AT(alerts.queue_max), .least = "10",
     .most = "1000000",
     .meaning = "Alerts waiting per receiver; the oldest are dropped."},
    {"alerts.timeout", "duration", "10s", read_duration, AT(alerts.timeout_ns),
     .least = "100ms", .most = "5m", .meaning = "Of one delivery."},
};

const size_t setting_count = sizeof settings / sizeof *settings;

/* The bounds of lists that fill an array, as they stand above. */
_Static_assert(LABELS_DECLARED_MAX == 16 && METADATA_MAX == 16 &&
                   METRIC_LABELS_MAX == 12 && COVERAGE_LABELS_MAX == 8,
               "labels.declared, labels.metadata, metrics.labels, metrics.coverage");

_Static_assert(sizeof settings / sizeof *settings <= SETTINGS_MAX,
               "struct reader has room for all of them");
