/* What a reload cannot change. */
#include "engine_internal.h"

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_pairs(const struct pair *a, size_t a_count, const struct pair *b,
                       size_t b_count)
{
    if (a_count != b_count)
        return false;
    for (size_t i = 0; i < a_count; i++)
        if (!str_eq(a[i].name, b[i].name) || !str_eq(a[i].value, b[i].value))
            return false;
    return true;
}

static bool same_fields(const struct config *a, const struct field *a_fields,
                        size_t a_count, const struct config *b,
                        const struct field *b_fields, size_t b_count)
{
    if (a_count != b_count)
        return false;
    for (size_t i = 0; i < a_count; i++)
        if (!str_eq(field_name(&a->schema, a_fields[i]),
                    field_name(&b->schema, b_fields[i])))
            return false;
    return true;
}

static bool same_labels(const struct config *a, const struct config *b)
{
    const struct metrics_options *x = &a->metrics, *y = &b->metrics;

    if (a->schema.declared_count != b->schema.declared_count)
        return false;
    for (size_t i = 0; i < a->schema.declared_count; i++)
        if (!str_eq(a->schema.declared[i], b->schema.declared[i]))
            return false;
    if (x->litellm_names != y->litellm_names ||
        x->litellm_end_user != y->litellm_end_user)
        return false;
    return same_fields(a, x->labels, x->label_count, b, y->labels, y->label_count) &&
           same_fields(a, x->coverage, x->coverage_count, b, y->coverage,
                       y->coverage_count);
}

static bool same_access(const struct access_options *a, const struct access_options *b)
{
    return same_text(a->username, b->username) &&
           same_text(a->password_file, b->password_file) &&
           same_text(a->authorization, b->authorization) &&
           same_text(a->credentials_file, b->credentials_file) &&
           same_text(a->ca_file, b->ca_file) && same_text(a->cert_file, b->cert_file) &&
           same_text(a->key_file, b->key_file) &&
           a->insecure_skip_verify == b->insecure_skip_verify;
}

static bool same_webhook(const struct webhook_options *a, const struct webhook_options *b)
{
    return same_text(a->name, b->name) && same_text(a->url, b->url) &&
           same_text(a->secret_file, b->secret_file) && a->repeat_ns == b->repeat_ns &&
           a->send_resolved == b->send_resolved && same_access(&a->access, &b->access) &&
           same_pairs(a->match, a->match_count, b->match, b->match_count);
}

static bool same_receivers(const struct outbox_options *a, const struct outbox_options *b)
{
    if (a->alertmanager_count != b->alertmanager_count ||
        a->webhook_count != b->webhook_count)
        return false;
    for (size_t i = 0; i < a->alertmanager_count; i++)
        if (!same_text(a->alertmanagers[i].url, b->alertmanagers[i].url) ||
            !same_access(&a->alertmanagers[i].access, &b->alertmanagers[i].access))
            return false;
    for (size_t i = 0; i < a->webhook_count; i++)
        if (!same_webhook(&a->webhooks[i], &b->webhooks[i]))
            return false;
    return true;
}

static bool same_alerts(const struct outbox_options *a, const struct outbox_options *b)
{
    return same_receivers(a, b) && same_text(a->external_url, b->external_url) &&
           same_pairs(a->labels, a->label_count, b->labels, b->label_count) &&
           a->queue_max == b->queue_max && a->timeout_ns == b->timeout_ns &&
           a->valid_ns == b->valid_ns;
}

static bool same_server(const struct config *a, const struct config *b)
{
    return same_text(a->listen_host, b->listen_host) &&
           a->listen_port == b->listen_port && a->loops == b->loops &&
           a->body_max_bytes == b->body_max_bytes &&
           a->in_flight_max_bytes == b->in_flight_max_bytes &&
           a->connections_max == b->connections_max;
}

static bool same_ledger(const struct config *a, const struct config *b)
{
    return same_text(a->ledger_path, b->ledger_path) &&
           a->dedupe_horizon_ns == b->dedupe_horizon_ns &&
           a->dedupe_max_bytes == b->dedupe_max_bytes;
}

static bool same_bounds(const struct config *a, const struct config *b)
{
    return a->metrics.max_series == b->metrics.max_series &&
           a->metrics.retire_ns == b->metrics.retire_ns &&
           a->windows.max_groups == b->windows.max_groups &&
           a->windows.max_cells == b->windows.max_cells;
}

bool engine_can_follow(const struct config *now, const struct config *next,
                       struct diags *diags)
{
    const struct {
        bool same;
        const char *keys;
    } parts[] = {
        {same_server(now, next), "server.listen, server.loops or server.limits"},
        {same_ledger(now, next),
         "ledger.path, ledger.dedupe_horizon or ledger.dedupe_memory"},
        {same_labels(now, next),
         "labels.declared, metrics.labels, metrics.coverage or metrics.litellm_..."},
        {same_bounds(now, next),
         "metrics.max_series, metrics.retire_after or rules.windows"},
        {same_alerts(&now->alerts, &next->alerts),
         "alerts, server.external_url or a rules.tick above alerts.resend"},
    };
    bool can = true;

    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (!parts[i].same)
            diags_add(diags, next->path, 0, 0, "%s changed: that needs a restart",
                      parts[i].keys);
        can &= parts[i].same;
    }
    return can;
}
