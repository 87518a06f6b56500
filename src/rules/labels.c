#include "internal.h"
#include "spendwarden/utf8.h"

uint64_t alert_fingerprint(const struct pair *sorted_labels, size_t count)
{
    const uint64_t prime = 1099511628211u;
    uint64_t hash = 14695981039346656037u;

    for (size_t i = 0; i < count; i++) {
        const struct str parts[] = {sorted_labels[i].name, sorted_labels[i].value};
        for (size_t part = 0; part < 2; part++) {
            for (size_t at = 0; at < parts[part].size; at++)
                hash = (hash ^ (unsigned char)parts[part].at[at]) * prime;
            hash = (hash ^ 0xFF) * prime;
        }
    }
    return hash;
}

bool text_is_utf8(struct str text)
{
    for (size_t i = 0, length; i < text.size; i += length) {
        length = utf8_length(text.at + i, text.size - i);
        if (length == 0)
            return false;
    }
    return true;
}

void label_set_add(struct label_set *set, struct str name, struct str value)
{
    size_t at = 0;

    if (value.size == 0 || !str_is_name(name) || set->count == ALERT_LABELS_MAX)
        return;
    while (at < set->count && str_compare(set->pairs[at].name, name) < 0)
        at++;
    if (at < set->count && str_eq(set->pairs[at].name, name))
        return;
    memmove(set->pairs + at + 1, set->pairs + at, (set->count - at) * sizeof *set->pairs);
    /* One alert that cannot be written as JSON must not spoil the batch around it. */
    if (!text_is_utf8(value))
        value = STR("__invalid__");
    set->pairs[at] = (struct pair){name, value};
    set->count++;
}

void label_set_build(struct label_set *set, const struct subject *s, struct str severity,
                     struct str step)
{
    set->count = 0;
    label_set_add(set, STR("alertname"), s->alertname);
    label_set_add(set, STR("policy"), s->policy);
    label_set_add(set, STR("severity"), severity);
    label_set_add(set, STR("step"), step);
    if (s->kind != SUBJECT_RULE)
        label_set_add(set, STR("budget"), s->name);
    label_set_add(set, s->extra.name, s->extra.value);
    for (size_t i = 0; i < s->group.count; i++)
        label_set_add(set, s->group.pairs[i].name, s->group.pairs[i].value);
    for (size_t i = 0; i < s->label_count; i++)
        label_set_add(set, s->labels[i].name, s->labels[i].value);
}

bool label_set_equal(const struct label_set *a, const struct label_set *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (!str_eq(a->pairs[i].name, b->pairs[i].name) ||
            !str_eq(a->pairs[i].value, b->pairs[i].value))
            return false;
    return true;
}
