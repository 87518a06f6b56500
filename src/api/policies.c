/* /api/v1/policies: what decides, since when, what came of the last reload, and what each
 * function was asked and took. */
#include <stdlib.h>

#include "internal.h"
#include "spendwarden/hash.h"
#include "spendwarden/policy_errors.h"
#include "spendwarden/policy_measure.h"
#include "spendwarden/policy_usage.h"
#include "spendwarden/shadow.h"

enum { ERRORS_MAX = 2048 };

/* One set of policies, as it is written. */
struct listing {
    struct buf *out;
    const struct generation *generation;
    const struct policy_set *set;
    size_t error_count;
    struct policy_error_count errors[ERRORS_MAX];
    const struct window_look *windows; /* of decls.windows */
};

/* --- reloads --- */

static void diag_json(struct buf *b, const struct diag *d)
{
    buf_byte(b, '{');
    text_json(b, "file", str_of(d->file));
    if (d->line)
        buf_format(b, "\"line\":%d,", d->line);
    if (d->line && d->column)
        buf_format(b, "\"column\":%d,", d->column);
    if (d->line && d->end_column)
        buf_format(b, "\"end_column\":%d,", d->end_column);
    if (d->help)
        text_json(b, "help", str_of(d->help));
    if (d->code)
        text_json(b, "code", str_of(d->code));
    text_json(b, "severity", d->warning ? STR("warning") : STR("error"));
    buf_add(b, STR("\"message\":"));
    buf_json(b, str_of(d->text));
    buf_byte(b, '}');
}

static void reload_json(struct server *s, struct buf *b)
{
    struct reload_state state;
    struct diags diags = {0};

    engine_reload_state(s->engine, &state);
    engine_reload_errors(s->engine, &diags);
    buf_add(b, STR("\"last_reload\":{\"time\":"));
    time_json(b, state.at_ns);
    buf_format(b, ",\"successful\":%s,\"last_successful\":",
               state.successful ? "true" : "false");
    time_json(b, state.success_ns);
    buf_add(b, STR(",\"trigger\":"));
    buf_json(b, str_of(state.trigger));
    buf_add(b, STR(",\"errors\":["));
    for (size_t i = 0; i < diags.count; i++) {
        if (i)
            buf_byte(b, ',');
        diag_json(b, &diags.items[i]);
    }
    buf_format(b, "],\"omitted\":%zu}", diags.more);
    diags_release(&diags);
}

/* --- functions --- */

static void failures_json(const struct listing *l, size_t function)
{
    const char *comma = "";

    buf_add(l->out, STR("\"failures\":{"));
    for (size_t i = 0; i < l->error_count; i++) {
        if (l->errors[i].function != function)
            continue;
        buf_format(l->out, "%s\"%s\":%lld", comma, l->errors[i].reason,
                   (long long)l->errors[i].count);
        comma = ",";
    }
    buf_byte(l->out, '}');
}

static void skipped_json(const struct policy_usage *u, struct buf *b)
{
    static const struct {
        enum policy_result outcome;
        const char *name;
    } reasons[] = {{POLICY_SKIPPED_NEEDS, "needs"},
                   {POLICY_SKIPPED_LABEL, "label present"},
                   {POLICY_SKIPPED_DISABLED, "disabled"},
                   {POLICY_SKIPPED_FILLING, "filling"}};
    const char *comma = "";

    buf_add(b, STR("\"skipped\":{"));
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
        int64_t count = u->outcomes[reasons[i].outcome];
        if (count == 0)
            continue;
        buf_format(b, "%s\"%s\":%lld", comma, reasons[i].name, (long long)count);
        comma = ",";
    }
    buf_add(b, STR("},"));
}

static void function_json(const struct listing *l, size_t function)
{
    struct policy_function f = policy_function(l->set, function);
    struct policy_usage u;

    policy_usage(l->set, function, &u);
    buf_format(l->out, "{\"kind\":\"%s\",", f.stage);
    text_json(l->out, "name", f.label);
    text_json(l->out, "where", f.rule);
    buf_format(l->out, "\"calls\":%lld,\"answered\":%lld,\"nil\":%lld,\"failed\":%lld,",
               (long long)policy_usage_calls(&u), (long long)u.outcomes[POLICY_ANSWERED],
               (long long)u.outcomes[POLICY_NIL], (long long)u.outcomes[POLICY_FAILED]);
    skipped_json(&u, l->out);
    failures_json(l, function);
    buf_format(l->out, ",\"instructions\":%lld,\"seconds\":%.9f}",
               (long long)u.instructions, (double)u.time_ns / 1e9);
}

static void functions_json(const struct listing *l, struct str policy)
{
    size_t count = policy_functions(l->set);
    bool first = true;

    buf_add(l->out, STR(",\"functions\":["));
    for (size_t i = 0; i < count; i++) {
        if (!str_eq(policy_function(l->set, i).policy, policy))
            continue;
        if (!first)
            buf_byte(l->out, ',');
        first = false;
        function_json(l, i);
    }
    buf_byte(l->out, ']');
}

/* --- policies --- */

static void windows_json(const struct listing *l, size_t policy)
{
    const struct decls *decls = policy_decls(l->set);
    const struct schema *schema = &l->generation->config->schema;
    struct buf text = {0};
    bool first = true;

    buf_add(l->out, STR(",\"windows\":["));
    for (size_t i = 0; i < decls->window_count; i++) {
        if (!policy_declares(l->set, policy, i))
            continue;
        buf_reset(&text);
        window_decl_text(&decls->windows[i], schema, &text);
        buf_add(l->out, first ? STR("{\"window\":") : STR(",{\"window\":"));
        first = false;
        buf_json(l->out, buf_str(&text));
        buf_format(l->out, ",\"groups\":%zu,\"cells\":%zu,\"filling\":%s}",
                   l->windows[i].groups, l->windows[i].cells,
                   l->windows[i].filling ? "true" : "false");
    }
    buf_byte(l->out, ']');
    buf_release(&text);
}

static bool is_disabled(const struct listing *l, struct str policy)
{
    for (size_t i = 0; i < l->error_count; i++)
        if (str_eq(l->errors[i].policy, policy) &&
            strcmp(l->errors[i].reason, "disabled") == 0)
            return true;
    return false;
}

static void last_error_json(const struct listing *l, struct str policy)
{
    struct policy_failure failure;

    if (!policy_last_failure(l->set, policy, &failure))
        return;
    buf_add(l->out, STR(",\"last_error\":{"));
    text_json(l->out, "where", failure.rule);
    text_json(l->out, "reason", str_of(failure.reason));
    buf_add(l->out, STR("\"message\":"));
    buf_json(l->out, str_of(failure.message));
    buf_byte(l->out, '}');
}

static void policy_json(const struct listing *l, const struct policy_file *file,
                        size_t index)
{
    buf_byte(l->out, '{');
    text_json(l->out, "name", file->name);
    if (file->version.size)
        text_json(l->out, "version", file->version);
    if (file->owner.size)
        text_json(l->out, "owner", file->owner);
    text_json(l->out, "file", str_of(file->path));
    text_json(l->out, "sha256", str_of(file->sha256));
    buf_format(l->out, "\"disabled\":%s", is_disabled(l, file->name) ? "true" : "false");
    last_error_json(l, file->name);
    functions_json(l, file->name);
    windows_json(l, index);
    buf_byte(l->out, '}');
}

static void policies_json(struct server *s, struct listing *l, const int *window_ids)
{
    size_t window_count = policy_decls(l->set)->window_count, count;
    struct window_look *windows = calloc(window_count + 1, sizeof *windows);
    const struct policy_file *files;

    if (!windows) {
        l->out->failed = true;
        return;
    }
    books_look(engine_books(s->engine), window_ids, window_count, windows);
    l->windows = windows;
    l->error_count = policy_errors(l->set, l->errors, ERRORS_MAX);
    if (l->error_count > ERRORS_MAX)
        l->error_count = ERRORS_MAX;
    count = policy_files(l->set, &files);
    buf_add(l->out, STR("\"policies\":["));
    for (size_t i = 0; i < count; i++) {
        if (i)
            buf_byte(l->out, ',');
        policy_json(l, &files[i], i);
    }
    buf_byte(l->out, ']');
    free(windows);
}

/* Of what a set decides by: its sources, data and settings. */
static void revision_json(const struct policy_set *set, const char *name, struct buf *b)
{
    char text[2 * SHA256_TEXT_SIZE], revision[SHA256_TEXT_SIZE];
    struct str hash = policy_hash(set), data_hash = policy_data_hash(set);

    memcpy(text, hash.at, hash.size);
    memcpy(text + hash.size, data_hash.at, data_hash.size);
    sha256_text(revision, (struct str){text, hash.size + data_hash.size});
    text_json(b, name, str_of(revision));
}

/* --- candidates --- */

static void changes_json(const struct generation *g, const struct shadow_counts *c,
                         struct buf *b)
{
    const char *comma = "";

    buf_add(b, STR("\"changes\":["));
    for (size_t i = 0; i < SHADOW_CHANGES; i++) {
        if (c->changed[i] == 0)
            continue;
        buf_format(b, "%s{\"change\":", comma);
        buf_json(b, shadow_change_name(g, i));
        buf_format(b, ",\"events\":%lld,\"booked_usd\":", (long long)c->changed[i]);
        money_json(b, (struct money){c->changed_nano[i]});
        buf_byte(b, '}');
        comma = ",";
    }
    buf_add(b, STR("],"));
}

static void fired_json(const struct generation *g, struct buf *b)
{
    const struct decls *decls = policy_decls(g->shadow->policies);
    const char *comma = "";

    buf_add(b, STR("\"alerts_fired\":["));
    for (size_t i = 0; i < shadow_alert_count(g); i++) {
        bool rule = i < decls->rule_count;
        size_t budget = i - decls->rule_count;
        if (shadow_fired(g, i) == 0)
            continue;
        buf_format(b, "%s{", comma);
        text_json(b, "policy",
                  rule ? decls->rules[i].policy : decls->budgets[budget].policy);
        text_json(b, "rule", rule ? decls->rules[i].name : decls->budgets[budget].name);
        buf_format(b, "\"count\":%lld}", (long long)shadow_fired(g, i));
        comma = ",";
    }
    buf_add(b, STR("],"));
}

static void shadow_json(struct server *s, struct listing *l, const struct generation *g)
{
    struct shadow_counts c;
    struct buf *b = l->out;

    shadow_counts(g, &c);
    buf_add(b, STR(",\"shadow\":{"));
    l->set = g->shadow->policies;
    revision_json(l->set, "revision", b);
    buf_format(b,
               "\"events\":{\"same\":%lld,\"changed\":%lld,\"failed\":%lld,"
               "\"skipped\":%lld},\"booked_usd\":",
               (long long)c.events[BESIDE_SAME], (long long)c.events[BESIDE_CHANGED],
               (long long)c.events[BESIDE_FAILED], (long long)c.events[BESIDE_SKIPPED]);
    money_json(b, (struct money){c.charge_nano});
    buf_add(b, STR(",\"would_be_usd\":"));
    money_json(b, (struct money){c.would_nano});
    buf_byte(b, ',');
    changes_json(g, &c, b);
    fired_json(g, b);
    policies_json(s, l, g->shadow->window_ids);
    buf_byte(b, '}');
}

void view_policies(struct server *s, struct http_request *r, struct http_response *out)
{
    struct generation *g = engine_generation(s->engine);
    struct listing *l = calloc(1, sizeof *l);
    struct buf *b = &out->body;

    (void)r;
    begin_data(out);
    if (l) {
        *l = (struct listing){.out = b, .generation = g, .set = g->policies};
        buf_byte(b, '{');
        revision_json(g->policies, "active_revision", b);
        buf_format(b,
                   "\"generation\":%u,\"active_since\":", generation_ruling(g)->number);
        time_json(b, g->active_since_ns);
        buf_byte(b, ',');
        reload_json(s, b);
        buf_byte(b, ',');
        policies_json(s, l, g->window_ids);
        if (g->shadow)
            shadow_json(s, l, g);
        buf_byte(b, '}');
    } else {
        b->failed = true;
    }
    end_data(out);
    free(l);
    generation_release(g);
}
