#include "internal.h"

bool is_step_label(struct str name)
{
    return str_eq(name, STR("severity")) || str_eq(name, STR("step"));
}

static void merge(struct outgoing *out, const struct pair *label)
{
    size_t at = 0;

    while (at < out->label_count && str_compare(out->labels[at].name, label->name) < 0)
        at++;
    if (at < out->label_count && str_eq(out->labels[at].name, label->name))
        return;
    memmove(out->labels + at + 1, out->labels + at,
            (out->label_count - at) * sizeof *out->labels);
    out->labels[at] = *label;
    out->label_count++;
}

void outgoing_init(struct outgoing *out, const struct alert *alert,
                   const struct external *external)
{
    struct pair shared[MERGED_LABELS_MAX];
    size_t shared_count = 0;

    out->alert = alert;
    out->label_count = alert->label_count;
    for (size_t i = 0; i < alert->label_count; i++)
        out->labels[i] = alert->labels[i];
    for (size_t i = 0; i < external->label_count; i++)
        merge(out, &external->labels[i]);
    for (size_t i = 0; i < out->label_count; i++)
        if (!is_step_label(out->labels[i].name))
            shared[shared_count++] = out->labels[i];
    out->fingerprint = alert_fingerprint(out->labels, out->label_count);
    out->group = alert_fingerprint(shared, shared_count);
}

static bool has_label(const struct outgoing *o, struct pair label)
{
    for (size_t i = 0; i < o->label_count; i++)
        if (str_eq(o->labels[i].name, label.name))
            return str_eq(o->labels[i].value, label.value);
    return false;
}

bool outgoing_matches(const struct outgoing *o, const struct pair *match, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        bool found = false;
        for (size_t k = 0; k < count; k++)
            found |= str_eq(match[k].name, match[i].name) && has_label(o, match[k]);
        if (!found)
            return false;
    }
    return true;
}

void set_text(json_t *object, const char *key, struct str text)
{
    json_object_set_new(object, key, json_stringn(text.at ? text.at : "", text.size));
}

void set_time(json_t *object, const char *key, int64_t ns)
{
    char text[TIMESTAMP_TEXT_SIZE];
    int length = timestamp_format(text, ns);

    set_text(object, key, (struct str){text, (size_t)length});
}

json_t *json_of_pairs(const struct pair *pairs, size_t count)
{
    json_t *object = json_object();
    char name[TEXT_VALUE_MAX + 1];

    for (size_t i = 0; i < count; i++) {
        if (pairs[i].name.size > TEXT_VALUE_MAX)
            continue;
        memcpy(name, pairs[i].name.at, pairs[i].name.size);
        name[pairs[i].name.size] = '\0';
        set_text(object, name, pairs[i].value);
    }
    return object;
}

static int add_bytes(const char *at, size_t size, void *out)
{
    buf_add(out, (struct str){at, size});
    return 0;
}

bool json_into(struct buf *out, json_t *root)
{
    bool ok = root && json_dump_callback(root, add_bytes, out, JSON_COMPACT) == 0;

    json_decref(root);
    return ok && !out->failed;
}

void set_generator(json_t *object, const struct outgoing *o,
                   const struct external *external)
{
    struct str base = str_of(external->url);
    struct buf url = {0};

    while (base.size && base.at[base.size - 1] == '/')
        base.size--;
    if (base.size)
        buf_format(&url, "%.*s/api/v1/alerts?fingerprint=%016llx", STR_ARG(base),
                   (unsigned long long)o->alert->fingerprint);
    set_text(object, "generatorURL", buf_str(&url));
    buf_release(&url);
}
