/* Whether the files of secrets that a configuration names can be used. */
#include <errno.h>
#include <unistd.h>

#include "tokens.h"

static bool check_file(const struct config *c, const char *path, const char *key,
                       struct diags *diags)
{
    if (!path || access(path, R_OK) == 0)
        return true;
    int error = errno;
    const struct config_place at = config_place(c, path);
    diags_add(diags, at.file, at.line, at.column, "%s: %s: %s", key, path,
              strerror(error));
    return false;
}

static bool check_access(const struct config *c, const struct access_options *a,
                         struct diags *diags)
{
    const struct {
        const char *path, *key;
    } files[] = {
        {a->password_file, "alerts: basic_auth.password_file"},
        {a->credentials_file, "alerts: authorization.credentials_file"},
        {a->ca_file, "alerts: tls_config.ca_file"},
        {a->cert_file, "alerts: tls_config.cert_file"},
        {a->key_file, "alerts: tls_config.key_file"},
    };
    bool ok = true;

    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        ok &= check_file(c, files[i].path, files[i].key, diags);
    return ok;
}

bool server_check(const struct config *c, struct diags *diags)
{
    struct token_set *tokens = NULL;
    bool ok = token_set_load(&tokens, c, diags);

    token_set_free(tokens);
    for (size_t i = 0; i < c->alerts.alertmanager_count; i++)
        ok &= check_access(c, &c->alerts.alertmanagers[i].access, diags);
    for (size_t i = 0; i < c->alerts.webhook_count; i++) {
        const struct webhook_options *w = &c->alerts.webhooks[i];
        ok &= check_file(c, w->secret_file, "alerts.webhooks: secret_file", diags);
        ok &= check_access(c, &w->access, diags);
    }
    return ok;
}
