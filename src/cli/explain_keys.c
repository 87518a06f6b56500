/* Keys of generic events that nobody reads: most often they are misspelt. */
#include <jansson.h>
#include <stdio.h>

#include "explain_keys.h"

enum { NOTES_MAX = 20 };

static bool has_line(const struct buf *lines, const char *line)
{
    size_t size = strlen(line);

    for (const char *at = lines->at; at && at < lines->at + lines->size;
         at = (const char *)rawmemchr(at, '\n') + 1)
        if (strncmp(at, line, size) == 0 && at[size] == '\n')
            return true;
    return false;
}

static bool is_other(const char *key)
{
    static const char *const others[] = {"tags", "metadata", "reported_currency"};

    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strcmp(key, others[i]) == 0)
            return true;
    return false;
}

/* Known, but the engine's to say. */
static bool is_decided(struct field field)
{
    switch (field.kind) {
    case FIELD_MONEY:
        return field.index != MONEY_REPORTED;
    case FIELD_TIME:
        return field.index == TIME_RECEIVED;
    case FIELD_DERIVED:
        return field.index != DERIVED_STATUS && field.index != DERIVED_CACHE_HIT &&
               field.index != DERIVED_STREAM;
    default:
        return false;
    }
}

static void note(struct explain_keys *k, const char *key)
{
    struct field field = field_find(k->schema, str_of(key));
    struct str near = field_suggest(k->schema, str_of(key));
    bool money = field.kind == FIELD_MONEY;

    if (is_other(key) || (field.kind != FIELD_NONE && !is_decided(field)) ||
        k->count == NOTES_MAX || has_line(&k->noted, key))
        return;
    k->count++;
    buf_format(&k->noted, "%s\n", key);
    fprintf(stderr, "spendwarden explain: '%s' is not read from an event", key);
    if (field.kind != FIELD_NONE)
        fprintf(stderr, ": the engine decides it%s\n",
                money ? "; what the gateway says is 'reported_usd'" : "");
    else if (near.size)
        fprintf(stderr, "; did you mean '%.*s'?\n", STR_ARG(near));
    else
        fputs(
            "; labels of your own are declared in the configuration (labels.declared)\n",
            stderr);
}

static void note_event(struct explain_keys *k, json_t *event)
{
    const char *key;
    json_t *value;

    if (json_object_get(event, "specversion"))
        event = json_object_get(event, "data");
    json_object_foreach(event, key, value) note(k, key);
}

void explain_keys(struct explain_keys *k, struct str values)
{
    size_t flags = JSON_DISABLE_EOF_CHECK | JSON_DECODE_ANY, i;
    json_error_t error;
    json_t *value, *item;

    while (values.size && k->count < NOTES_MAX &&
           (value = json_loadb(values.at, values.size, flags, &error))) {
        note_event(k, value);
        json_array_foreach(value, i, item) note_event(k, item);
        json_decref(value);
        values = str_from(values, (size_t)error.position);
    }
}
