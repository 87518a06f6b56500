#include <jansson.h>
#include <stdlib.h>

#include "internal.h"
#include "spendwarden/value.h"

enum { STATE_VERSION = 1 };

/* Times and durations of an instance, by their names in the saved state. */
static const struct {
    const char *name;
    size_t offset;
} times[] = {
    {"pending_ns", offsetof(struct instance, alert.pending_ns)},
    {"starts_ns", offsetof(struct instance, alert.starts_ns)},
    {"resolved_ns", offsetof(struct instance, alert.resolved_ns)},
    {"held_ns", offsetof(struct instance, held_ns)},
    {"keep_ns", offsetof(struct instance, keep_ns)},
    {"kept_ns", offsetof(struct instance, kept_ns)},
    {"period_start_ns", offsetof(struct instance, period_start_ns)},
    {"sent_ns", offsetof(struct instance, sent_ns)},
    {"told_starts_ns", offsetof(struct instance, told_starts_ns)},
};

enum { TIME_COUNT = sizeof times / sizeof *times };

static int64_t *time_at(struct instance *i, size_t which)
{
    return (int64_t *)((char *)i + times[which].offset);
}

struct str alert_state_name(enum alert_state state)
{
    static const struct str names[] = {STR("inactive"), STR("pending"), STR("firing"),
                                       STR("resolved")};

    return names[state];
}

static void save_text(struct buf *out, const char *name, struct str text)
{
    buf_format(out, ",\"%s\":", name);
    buf_json(out, text);
}

static void save_pairs(struct buf *out, const char *name, const struct pair *pairs,
                       size_t count)
{
    buf_format(out, ",\"%s\":", name);
    pairs_json(out, pairs, count);
}

static void save_instance(struct buf *out, struct instance *i)
{
    char value[NUMBER_TEXT_SIZE];

    buf_format(out, "{\"state\":\"%.*s\",\"told_state\":\"%.*s\",\"condition\":%s",
               STR_ARG(alert_state_name(i->alert.state)),
               STR_ARG(alert_state_name(i->told_state)), i->condition ? "true" : "false");
    for (size_t at = 0; at < TIME_COUNT; at++) {
        buf_format(out, ",\"%s\":", times[at].name);
        buf_int(out, *time_at(i, at));
    }
    number_format(value, i->alert.value); /* as text: JSON has no infinity */
    save_text(out, "value", str_of(value));
    save_text(out, "policy", i->alert.policy);
    save_text(out, "rule", i->alert.rule);
    save_pairs(out, "labels", i->alert.labels, i->alert.label_count);
    save_pairs(out, "annotations", i->alert.annotations, i->alert.annotation_count);
    if (i->said_count)
        save_pairs(out, "said", i->said_pairs, i->said_count);
    buf_byte(out, '}');
}

bool rules_unsaved(const struct rules *r)
{
    return r->unsaved;
}

void rules_saved(struct rules *r)
{
    r->unsaved = false;
}

void rules_save(const struct rules *r, struct buf *out)
{
    bool first = true;

    buf_format(out, "{\"version\":%d,\"tick_ns\":", STATE_VERSION);
    buf_int(out, r->tick_ns);
    buf_add(out, STR(",\"refused\":"));
    buf_int(out, r->refused);
    buf_add(out, STR(",\"alerts\":["));
    for (size_t i = 0; i < r->count; i++) {
        if (r->instances[i]->alert.state == ALERT_INACTIVE)
            continue;
        if (!first)
            buf_byte(out, ',');
        first = false;
        save_instance(out, r->instances[i]);
    }
    buf_add(out, STR("]}"));
}

static bool load_time(const json_t *from, const char *name, int64_t *out)
{
    const json_t *value = json_object_get(from, name);

    *out = json_integer_value(value);
    return json_is_integer(value) && *out >= 0;
}

static bool load_text(const json_t *from, const char *name, struct str *out)
{
    const json_t *value = json_object_get(from, name);

    *out = (struct str){json_string_value(value), json_string_length(value)};
    return json_is_string(value);
}

static bool load_state(const json_t *from, const char *name, enum alert_state *out)
{
    struct str text;

    if (!load_text(from, name, &text))
        return false;
    for (unsigned state = 0; state < 4; state++)
        if (str_eq(text, alert_state_name((enum alert_state)state))) {
            *out = (enum alert_state)state;
            return true;
        }
    return false;
}

/* Into sorted labels; text is borrowed from the JSON. False: one was not taken. */
static bool load_labels(json_t *from, struct label_set *out)
{
    const char *name;
    json_t *value;

    out->count = 0;
    if (!json_is_object(from) || json_object_size(from) > ALERT_LABELS_MAX)
        return false;
    json_object_foreach(from, name, value)
    {
        struct str text = {json_string_value(value), json_string_length(value)};
        label_set_add(out, str_of(name), text);
    }
    return out->count == json_object_size(from) && out->count > 0;
}

static bool load_annotations(json_t *from, struct instance *i)
{
    const char *name;
    json_t *value;
    size_t size = 1, count = 0;

    if (!json_is_object(from) || json_object_size(from) > ALERT_ANNOTATIONS_MAX)
        return false;
    json_object_foreach(from, name, value) size +=
        strlen(name) + json_string_length(value);
    buf_reset(&i->notes);
    if (!buf_reserve(&i->notes, size)) /* at once, so that it does not move */
        return false;
    json_object_foreach(from, name, value)
    {
        struct pair *pair = &i->annotations[count++];
        pair->name = (struct str){i->notes.at + i->notes.size, strlen(name)};
        buf_add(&i->notes, pair->name.size ? str_of(name) : (struct str){0});
        pair->value =
            (struct str){i->notes.at + i->notes.size, json_string_length(value)};
        buf_add(&i->notes, (struct str){json_string_value(value), pair->value.size});
    }
    i->alert.annotation_count = count;
    return true;
}

/* What a function said; older states have nothing of it. */
static bool load_said(json_t *from, struct instance *i)
{
    struct pair pairs[DECL_LABELS_MAX];
    const char *name;
    json_t *value;
    size_t count = 0;

    if (json_object_size(from) > DECL_LABELS_MAX)
        return false;
    json_object_foreach(from, name, value) pairs[count++] = (struct pair){
        str_of(name), {json_string_value(value), json_string_length(value)}};
    return instance_say(i, pairs, count);
}

/* A state has the times that it needs, or it is none. */
static bool is_consistent(const struct instance *i)
{
    const struct alert *a = &i->alert;

    switch (a->state) {
    case ALERT_PENDING:
        return a->pending_ns > 0;
    case ALERT_FIRING:
        return a->starts_ns > 0;
    case ALERT_RESOLVED:
        return a->starts_ns > 0 && a->resolved_ns >= a->starts_ns;
    case ALERT_INACTIVE:
        break;
    }
    return false;
}

static bool load_fields(const json_t *from, struct instance *i)
{
    const json_t *condition = json_object_get(from, "condition");
    struct str value;

    if (!load_state(from, "state", &i->alert.state) ||
        !load_state(from, "told_state", &i->told_state) || !json_is_boolean(condition) ||
        !load_text(from, "value", &value) ||
        !load_annotations(json_object_get(from, "annotations"), i) ||
        !load_said(json_object_get(from, "said"), i))
        return false;
    for (size_t at = 0; at < TIME_COUNT; at++)
        if (!load_time(from, times[at].name, time_at(i, at)))
            return false;
    i->condition = json_is_true(condition);
    i->sent_state = i->told_state;
    i->sent_starts_ns = i->told_starts_ns;
    char *end;
    i->alert.value = strtod(value.at, &end);
    return value.size > 0 && *end == '\0' && is_consistent(i);
}

/* False only for what is no saved alert; one that has no room is refused and counted. */
static bool load_instance(struct rules *r, const json_t *from)
{
    struct str policy, rule;
    struct label_set labels;

    if (!load_text(from, "policy", &policy) || !load_text(from, "rule", &rule) ||
        !load_labels(json_object_get(from, "labels"), &labels))
        return false;
    if (instance_find(r, &labels, alert_fingerprint(labels.pairs, labels.count)))
        return false;
    struct instance *i = instance_add(r, &labels, policy, rule);
    return !i || load_fields(from, i);
}

static bool load_root(struct rules *r, const json_t *root, struct err *err)
{
    json_t *alerts = json_object_get(root, "alerts");
    json_int_t version = json_integer_value(json_object_get(root, "version"));

    if (version != STATE_VERSION)
        return err_set(err, ERR_INPUT,
                       "alert states: version %lld, this program knows %d",
                       (long long)version, STATE_VERSION);
    if (!load_time(root, "tick_ns", &r->tick_ns) ||
        !load_time(root, "refused", &r->refused) || !json_is_array(alerts))
        return err_set(err, ERR_INPUT, "alert states: not what was saved");
    for (size_t i = 0; i < json_array_size(alerts); i++)
        if (!load_instance(r, json_array_get(alerts, i)))
            return err_set(err, ERR_INPUT, "alert states: alert %zu is none", i);
    return true;
}

static void forget(struct rules *r)
{
    instances_release(r);
    r->tick_ns = r->refused = 0;
    r->unsaved = false;
}

bool rules_load(struct rules *r, struct str state, struct err *err)
{
    json_error_t why;
    json_t *root = json_loadb(state.at ? state.at : "", state.size,
                              JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &why);

    forget(r);
    if (!root)
        return err_set(err, ERR_INPUT, "alert states: %s at byte %d", why.text,
                       why.position);
    bool ok = load_root(r, root, err);
    if (ok)
        instances_list(r);
    else
        forget(r);
    json_decref(root);
    return ok;
}
