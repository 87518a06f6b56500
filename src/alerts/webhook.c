#include <stdio.h>

#include "internal.h"

static struct str status_of(enum alert_state state)
{
    return state == ALERT_FIRING ? STR("firing") : STR("resolved");
}

static json_t *alert_json(const struct outgoing *o, const struct external *external)
{
    const struct alert *a = o->alert;
    char fingerprint[17];
    json_t *root = json_object();

    set_text(root, "status", status_of(a->state));
    json_object_set_new(root, "labels", json_of_pairs(o->labels, o->label_count));
    json_object_set_new(root, "annotations",
                        json_of_pairs(a->annotations, a->annotation_count));
    set_time(root, "startsAt", a->starts_ns);
    if (a->state == ALERT_FIRING)
        set_text(root, "endsAt", STR("0001-01-01T00:00:00Z"));
    else
        set_time(root, "endsAt", a->resolved_ns);
    set_generator(root, o, external);
    snprintf(fingerprint, sizeof fingerprint, "%016llx",
             (unsigned long long)o->fingerprint);
    set_text(root, "fingerprint", str_of(fingerprint));
    return root;
}

/* Leaves in `common` what `pairs` has with the same value. */
static size_t intersect(struct pair *common, size_t count, const struct pair *pairs,
                        size_t pair_count)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < pair_count; j++)
            if (str_eq(common[i].name, pairs[j].name) &&
                str_eq(common[i].value, pairs[j].value)) {
                common[kept++] = common[i];
                break;
            }
    return kept;
}

static json_t *common_labels(const struct outgoing *const *alerts, size_t count)
{
    struct pair common[MERGED_LABELS_MAX];
    size_t kept = alerts[0]->label_count;

    memcpy(common, alerts[0]->labels, kept * sizeof *common);
    for (size_t i = 1; i < count; i++)
        kept = intersect(common, kept, alerts[i]->labels, alerts[i]->label_count);
    return json_of_pairs(common, kept);
}

static json_t *common_annotations(const struct outgoing *const *alerts, size_t count)
{
    struct pair common[ALERT_ANNOTATIONS_MAX];
    size_t kept = alerts[0]->alert->annotation_count;

    if (kept)
        memcpy(common, alerts[0]->alert->annotations, kept * sizeof *common);
    for (size_t i = 1; i < count; i++) {
        const struct alert *a = alerts[i]->alert;
        kept = intersect(common, kept, a->annotations, a->annotation_count);
    }
    return json_of_pairs(common, kept);
}

static size_t group_labels(struct pair out[MERGED_LABELS_MAX], const struct outgoing *o)
{
    size_t count = 0;

    for (size_t i = 0; i < o->label_count; i++)
        if (!is_step_label(o->labels[i].name))
            out[count++] = o->labels[i];
    return count;
}

/* {}:{alertname="BudgetBurn", team="ml"}: the route, then the group. */
static void set_group_key(json_t *root, const struct pair *labels, size_t count)
{
    struct buf key = {0};

    buf_add(&key, STR("{}:{"));
    for (size_t i = 0; i < count; i++) {
        if (i)
            buf_add(&key, STR(", "));
        buf_add(&key, labels[i].name);
        buf_byte(&key, '=');
        buf_json(&key, labels[i].value);
    }
    buf_byte(&key, '}');
    set_text(root, "groupKey", buf_str(&key));
    buf_release(&key);
}

bool webhook_wants(const struct receiver *r, const struct outgoing *o)
{
    return (r->send_resolved || o->alert->state == ALERT_FIRING) &&
           outgoing_matches(o, r->match, r->match_count);
}

/* Intervals are counted from the newest start, so that they need no memory of their own
 * and a restart changes nothing. */
bool webhook_repeats(const struct receiver *r, const struct outgoing *const *group,
                     size_t count, int64_t tick_ns)
{
    int64_t start_ns = 0, told_ns = group[0]->alert->told_ns;

    for (size_t i = 0; i < count; i++) {
        const struct alert *a = group[i]->alert;
        if (a->state == ALERT_FIRING && a->starts_ns > start_ns)
            start_ns = a->starts_ns;
        if (a->told_ns > told_ns)
            told_ns = a->told_ns;
    }
    if (r->repeat_ns == 0 || start_ns == 0 || tick_ns < start_ns)
        return false;
    if (told_ns < start_ns)
        told_ns = start_ns;
    return (tick_ns - start_ns) / r->repeat_ns > (told_ns - start_ns) / r->repeat_ns;
}

static struct str reason_of(bool any_firing, bool any_new, bool repeated)
{
    if (repeated)
        return STR("repeat interval elapsed");
    if (any_new)
        return STR("new alerts added");
    return any_firing ? STR("some alerts resolved") : STR("all alerts resolved");
}

bool webhook_body(struct buf *out, const char *receiver,
                  const struct outgoing *const *alerts, size_t count, bool repeated,
                  const struct external *external)
{
    bool any_firing = false, any_new = false;
    struct pair group[MERGED_LABELS_MAX];
    size_t group_count = group_labels(group, alerts[0]);
    json_t *root = json_object(), *list = json_array();

    for (size_t i = 0; i < count; i++) {
        bool firing = alerts[i]->alert->state == ALERT_FIRING;
        any_firing |= firing;
        any_new |= firing && alerts[i]->alert->changed;
        json_array_append_new(list, alert_json(alerts[i], external));
    }
    set_text(root, "receiver", str_of(receiver));
    set_text(root, "status", status_of(any_firing ? ALERT_FIRING : ALERT_RESOLVED));
    json_object_set_new(root, "alerts", list);
    set_text(root, "notification_reason", reason_of(any_firing, any_new, repeated));
    json_object_set_new(root, "groupLabels", json_of_pairs(group, group_count));
    json_object_set_new(root, "commonLabels", common_labels(alerts, count));
    json_object_set_new(root, "commonAnnotations", common_annotations(alerts, count));
    json_object_set_new(root, "routeLabels", json_object());
    set_text(root, "externalURL", str_of(external->url));
    set_text(root, "version", STR("4"));
    set_group_key(root, group, group_count);
    json_object_set_new(root, "truncatedAlerts", json_integer(0)); /* never cut */
    return json_into(out, root);
}
