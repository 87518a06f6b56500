#include "internal.h"

bool alertmanager_alert(struct buf *out, const struct outgoing *o,
                        const struct external *external, int64_t tick_ns)
{
    const struct alert *a = o->alert;
    json_t *root = json_object();

    json_object_set_new(root, "labels", json_of_pairs(o->labels, o->label_count));
    json_object_set_new(root, "annotations",
                        json_of_pairs(a->annotations, a->annotation_count));
    set_time(root, "startsAt", a->starts_ns);
    set_time(root, "endsAt",
             a->state == ALERT_FIRING ? tick_ns + external->valid_ns : a->resolved_ns);
    if (*external->url) /* an empty text is no URI */
        set_generator(root, o, external);
    return json_into(out, root);
}
