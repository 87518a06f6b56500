/* Readers of the server's section, and what must fit together. */
#include "reader.h"

#include <arpa/inet.h>

static bool split_address(struct str text, struct str *host, int64_t *port)
{
    const char *colon = memrchr(text.at, ':', text.size);

    if (!colon)
        return false;
    *host = (struct str){text.at, (size_t)(colon - text.at)};
    struct str digits = str_from(text, host->size + 1);
    bool bracketed = host->size > 2 && host->at[0] == '[' && colon[-1] == ']';
    if (bracketed)
        *host = (struct str){host->at + 1, host->size - 2};
    else if (host->size && memchr(host->at, ':', host->size))
        return false;
    return str_to_int64(digits, port) && *port >= 0 && *port <= 65535;
}

static bool is_address(const char *host)
{
    unsigned char bytes[sizeof(struct in6_addr)];

    return inet_pton(AF_INET, host, bytes) == 1 || inet_pton(AF_INET6, host, bytes) == 1;
}

void read_listen(struct reader *r, const struct setting *s, const struct yaml_node *n,
                 char *base)
{
    struct str host;
    int64_t port;
    const char *text = text_of(r, s, n);

    if (!text)
        return;
    if (!split_address(str_of(text), &host, &port)) {
        complain_type(r, s, n, "an address such as 127.0.0.1:9464 or [::1]:9464");
        return;
    }
    if (host.size == 0)
        host = STR("0.0.0.0");
    if (str_eq(host, STR("localhost")))
        host = STR("127.0.0.1");
    char *kept = arena_cstr(r->arena, host);
    if (!kept) {
        complain_memory(r);
    } else if (!is_address(kept)) {
        complain(r, n, "%s: \"%s\" is not an IP address", s->path, kept);
    } else {
        *(const char **)(base + s->offset) = kept;
        r->config->listen_port = (int)port;
    }
}

void read_scopes(struct reader *r, const struct setting *s, const struct yaml_node *n,
                 char *base)
{
    static const char *const names[] = {"ingest", "read", "admin"};
    bool list = n->kind == YAML_LIST;
    size_t count = list ? n->count : 1;
    unsigned scopes = 0;

    if (count == 0)
        complain(r, n, "%s: must be ingest, read, admin, or a list of them", s->path);
    for (size_t i = 0; i < count; i++) {
        const struct yaml_node *item = list ? &n->values[i] : n;
        unsigned scope = 0;
        for (unsigned j = 0; item->kind == YAML_SCALAR && j < 3; j++)
            if (str_eq(item->text, str_of(names[j])))
                scope = 1u << j;
        if (!scope)
            complain_type(r, s, item, "ingest, read or admin");
        scopes |= scope;
    }
    *(unsigned *)(base + s->offset) = scopes;
}

void read_source_name(struct reader *r, const struct setting *s,
                      const struct yaml_node *n, char *base)
{
    struct str name = str_of(text_of(r, s, n));

    if (name.at && is_source(r, s, n))
        *(struct str *)(base + s->offset) = name;
}

/* --- what must fit together --- */

void complain_at(struct reader *r, const char *path, const char *text)
{
    const struct given *g = &r->given[setting_find(str_of(path)) - settings];
    struct yaml_node nowhere = {.line = 0};

    r->origin = g->node ? g->origin : r->file;
    complain(r, g->node ? g->node : &nowhere, "%s: %s", path, text);
}

static bool is_loopback(const char *host)
{
    return strncmp(host, "127.", 4) == 0 || strcmp(host, "::1") == 0;
}

static void check_tokens(struct reader *r)
{
    const struct config *c = r->config;

    for (size_t i = 0; i < c->token_count; i++) {
        const struct token_options *token = &c->tokens[i];
        bool bound = token->source.size || token->label_count;
        if (token->scopes && !(token->scopes & SCOPE_INGEST) && bound)
            complain_at(r, "server.tokens",
                        "source and labels are only for tokens of scope ingest");
    }
}

static void check_webhooks(struct reader *r)
{
    const struct outbox_options *a = &r->config->alerts;

    for (size_t i = 0; i < a->webhook_count; i++)
        for (size_t j = 0; j < i; j++)
            if (str_eq(str_of(a->webhooks[i].name), str_of(a->webhooks[j].name))) {
                complain_at(r, "alerts.webhooks", "two of them have the same name");
                return;
            }
}

static void check_access(struct reader *r, const char *key,
                         const struct access_options *a)
{
    if (!a->username != !a->password_file)
        complain_at(r, key, "basic_auth needs username and password_file");
    if (a->username && a->credentials_file)
        complain_at(r, key, "basic_auth and authorization do not go together");
    if (!a->cert_file != !a->key_file)
        complain_at(r, key, "tls_config needs both cert_file and key_file, or neither");
}

static void check_receivers(struct reader *r)
{
    const struct outbox_options *a = &r->config->alerts;

    for (size_t i = 0; i < a->alertmanager_count; i++)
        check_access(r, "alerts.alertmanagers", &a->alertmanagers[i].access);
    for (size_t i = 0; i < a->webhook_count; i++)
        check_access(r, "alerts.webhooks", &a->webhooks[i].access);
}

static bool hashes_labels(const struct config *c)
{
    for (size_t i = 0; i < LABEL_COUNT; i++)
        if (c->hash_label[i])
            return true;
    return false;
}

void check_together(struct reader *r)
{
    const struct config *c = r->config;

    /* Where a token was refused, there is one. */
    const struct given *tokens = &r->given[setting_find(STR("server.tokens")) - settings];
    bool guarded = c->token_count || (tokens->node && tokens->node->count);
    if (c->listen_host && !is_loopback(c->listen_host) && !guarded && !c->insecure)
        complain_at(
            r, "server.listen",
            "is beyond loopback: add server.tokens, or set server.insecure: true");
    if (c->in_flight_max_bytes && c->body_max_bytes > c->in_flight_max_bytes)
        complain_at(r, "server.limits.body",
                    "is above server.limits.in_flight: such a body would never fit");
    if (hashes_labels(c) && !c->hash_key_file)
        complain_at(r, "labels.hash", "needs labels.hash_key_file");
    check_setups(r);
    check_tokens(r);
    check_webhooks(r);
    check_receivers(r);
}
