#include "rules_files.h"

#include "cli.h"
#include "template_tree.h"

extern const char template_prometheus[], template_prometheus_end[];
extern const char template_alerts[], template_alerts_end[];

static bool to_json(struct buf *text, struct err *err)
{
    json_t *root = template_tree(buf_str(text), err);

    buf_reset(text);
    bool ok = root && template_print(text, root, err);
    json_decref(root);
    return ok;
}

static bool make_rules(struct rules_files *out, struct str text, const char *name,
                       const struct facts *facts, bool json, struct err *err)
{
    struct rules_file *file = &out->items[out->count++];

    file->name = name;
    return template_expand(&file->text, text, facts, err) &&
           (!json || to_json(&file->text, err)) &&
           (!file->text.failed || err_set(err, ERR_MEMORY, "no memory"));
}

static bool make_recording(struct rules_files *out, const struct facts *facts, bool json,
                           struct err *err)
{
    struct str text = {template_prometheus,
                       (size_t)(template_prometheus_end - template_prometheus)};

    return make_rules(out, text,
                      json ? "spendwarden-rules.json" : "spendwarden-rules.yaml", facts,
                      json, err);
}

static bool make_alerts(struct rules_files *out, const struct facts *facts, bool json,
                        struct err *err)
{
    struct str text = {template_alerts, (size_t)(template_alerts_end - template_alerts)};

    return make_rules(out, text,
                      json ? "spendwarden-alerts.json" : "spendwarden-alerts.yaml", facts,
                      json, err);
}

const struct rules_kind *rules_kind(const char *name)
{
    static const struct rules_kind kinds[] = {
        {"prometheus", false, make_recording},
        {"alerts", false, make_alerts},
        {"grafana", true, rules_make_dashboards},
    };

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    return NULL;
}

void rules_files_print(const struct rules_files *files)
{
    bool list = files->count > 1;

    for (size_t i = 0; i < files->count; i++) {
        if (list)
            fputs(i ? "," : "[", stdout);
        print_buf(stdout, &files->items[i].text);
    }
    if (list)
        fputs("]\n", stdout);
}

void rules_files_release(struct rules_files *files)
{
    for (size_t i = 0; i < files->count; i++)
        buf_release(&files->items[i].text);
    files->count = 0;
}
