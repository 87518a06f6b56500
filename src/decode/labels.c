#include "internal.h"

#include "spendwarden/hash.h"

enum { HASHED_LABEL_DIGITS = 32 };

static struct str tag_value(const struct decoding *d, struct str prefix)
{
    const struct json_element *e = d->element;

    for (size_t i = 0; i < e->item_count; i++) {
        if (e->items[i].group != d->tag_group || e->items[i].value.type != JSON_STRING)
            continue;
        struct str tag = decode_text(d, &e->items[i].value);
        if (str_starts(tag, prefix))
            return str_from(tag, prefix.size);
    }
    return (struct str){NULL, 0};
}

static struct str hashed(const struct decoding *d, struct str value)
{
    char hash[SHA256_TEXT_SIZE];
    struct str key = {(const char *)d->source->hash_key, sizeof d->source->hash_key};

    hmac_sha256_text(hash, key, value);
    return arena_copy(d->arena, (struct str){hash, HASHED_LABEL_DIGITS});
}

struct str decode_as_label(const struct decoding *d, enum text_field label,
                           struct str value)
{
    const struct source *s = d->source;

    for (size_t i = 0; value.size && i < s->map_count; i++)
        if (s->maps[i].field.kind == FIELD_TEXT && s->maps[i].field.index == label &&
            s->maps[i].hash)
            return hashed(d, value);
    return value;
}

static void set_label(struct decoding *d, const struct label_map *map, struct str value,
                      const struct provenance *by)
{
    unsigned text = map->field.index;

    if (text == TEXT_HASHED_API_KEY)
        value = decode_key_hash(value, d->arena);
    if (map->hash)
        value = hashed(d, value);
    d->record->ev.text[text] = value;
    if (text_is_label(text) && value.size)
        *record_label_by(d->record, text) = by;
}

static bool set_retry_depth(struct decoding *d, struct str value,
                            const struct provenance *by)
{
    struct json_value number = {JSON_NUMBER, false, value};
    int64_t depth = decode_count(&number);

    if (depth < 0 || depth > RETRY_DEPTH_MAX)
        return false;
    d->record->ev.count[COUNT_RETRY_DEPTH] = depth;
    d->record->retry_depth_by = by;
    return true;
}

/* NaN and Infinity name nobody. */
static bool is_name(const struct json_value *v)
{
    return v->type != JSON_NUMBER || v->raw.at[v->raw.size - 1] < 'A';
}

static void decode_label(struct decoding *d, const struct label_map *map)
{
    for (size_t i = 0; i < map->path_count; i++) {
        const struct label_path *path = &map->paths[i];
        const struct json_value *v = decode_slot(d, path->slot);
        struct str value = {NULL, 0};

        if (path->tag.size)
            value = tag_value(d, path->tag);
        else if (v->type != JSON_ABSENT && is_name(v))
            value = decode_text(d, v);
        if (!value.size)
            continue;
        if (map->field.kind == FIELD_TEXT) {
            set_label(d, map, value, &path->by);
            return;
        }
        if (set_retry_depth(d, value, &path->by))
            return;
    }
}

void decode_labels(struct decoding *d)
{
    for (size_t i = 0; i < d->source->map_count; i++)
        decode_label(d, &d->source->maps[i]);
}

void decode_tags(struct decoding *d)
{
    struct event *ev = &d->record->ev;

    for (size_t i = 0; i < d->element->item_count && ev->tag_count < TAGS_MAX; i++) {
        const struct json_item *item = &d->element->items[i];
        if (item->group != d->tag_group || item->value.type != JSON_STRING)
            continue;
        struct str tag = decode_text(d, &item->value);
        if (tag.size && !str_starts(tag, STR("User-Agent: ")))
            ev->tags[ev->tag_count++] = tag;
    }
}

void decode_metadata(struct decoding *d)
{
    const struct source *s = d->source;
    struct event *ev = &d->record->ev;

    for (size_t i = 0; i < s->metadata_count; i++) {
        struct str value = {NULL, 0};
        for (size_t root = 0; root < METADATA_ROOTS_MAX && !value.size; root++)
            if (s->format->metadata_roots[root])
                value = decode_text(d, decode_slot(d, s->metadata_slots[i][root]));
        if (value.size)
            ev->metadata[ev->metadata_count++] =
                (struct pair){s->metadata_keys[i], value};
    }
}

void decode_identity(struct decoding *d, const struct json_value *v)
{
    struct event *ev = &d->record->ev;

    ev->identity[ev->identity_count++] = json_scalar(v, d->arena);
}
