/* What the files of src/decode/ share: a compiled source, one element on its way. */
#pragma once
#include "spendwarden/decode.h"
#include "spendwarden/json.h"

/* Of an enveloped format, the slot behind "data." of a path is so much higher. */
enum { ENVELOPE_STRIDE = JSON_SLOTS_MAX / 2 };

enum { GROUP_TAGS, GROUP_TAGS_IN_ENVELOPE };
enum { TAGS_LOOKED_AT = 64, METADATA_ROOTS_MAX = 3, RETRY_DEPTH_MAX = 1000 };

/* No event has more of anything; sums of millions of them fit. */
#define COUNT_MOST INT64_C(1000000000000)

struct label_path {
    unsigned slot;
    struct str tag; /* of "tag:NAME": "NAME:"; then there is no slot */
    bool strict;    /* the field's own name, where a wrong type rejects the event */
    struct provenance by;
};

/* Where one label, session_id or retry_depth comes from. */
struct label_map {
    struct field field;
    bool hash;
    size_t path_count;
    struct label_path paths[LABEL_PATHS_MAX];
};

enum { LABEL_MAPS_MAX = LABEL_COUNT + 2 };

struct decoding;
struct mapping;

/* A gateway's own way. */
struct format {
    struct str name;
    const char *tags;      /* path of the array of tags */
    const char *events_in; /* key of the array that holds the events; NULL: none */
    bool enveloped;        /* CloudEvents: the event may be below "data" */
    bool own_names;        /* a label without a rule comes from the field of its name */
    size_t rule_count;
    const struct label_rule *rules; /* the default map */
    const char *metadata_roots[METADATA_ROOTS_MAX];
    size_t caller_count;
    const struct str *callers; /* paths that a client fills as it likes */
    bool (*compile)(struct source *s, struct err *err);
    const char *(*read)(struct decoding *d); /* NULL, or why the event is rejected */
};

extern const struct format format_litellm, format_generic, format_mapped;

/* One that every configuration has; builtin.c. */
struct builtin {
    const char *name;
    const struct format *format;
    const char *file, *text, *end; /* of a mapping */
};

const struct builtin *builtin_find(struct str name);

enum { EMBEDDED_MAX = 8, EMBEDDED_TEXT_MAX = 64 * 1024 };

/* JSON that stands as text in a slot: "text > path". */
struct embedded {
    unsigned text_slot;
    struct json_shape *shape;
    unsigned count;                 /* of its paths */
    uint16_t slots[JSON_SLOTS_MAX]; /* of the event, by the slots of `shape` */
};

/* Names of attributes to slots, where an event is no JSON. */
struct attribute {
    struct str name; /* empty: a free place */
    unsigned slot;
    bool tags; /* its array is the event's tags */
};

enum { ATTRIBUTE_PLACES = 2048 }; /* for JSON_SLOTS_MAX names */

struct attributes {
    struct attribute places[ATTRIBUTE_PLACES];
};

struct source {
    const struct format *format;
    const struct mapping *mapping; /* of format_mapped; in the arena */
    struct str name;
    const struct schema *schema;
    struct arena arena; /* owns every text below */
    struct json_shape *shape;
    struct attributes *attributes;     /* instead of a shape; in the arena */
    struct str wanted[JSON_SLOTS_MAX]; /* path of each slot */
    unsigned slot_count;
    unsigned embedded_count;
    struct embedded *embedded;           /* in the arena */
    uint8_t embedded_of[JSON_SLOTS_MAX]; /* number from 1; 0: the slot is no such path */
    size_t map_count;
    struct label_map maps[LABEL_MAPS_MAX];
    size_t caller_count;
    const struct str *callers; /* paths that a client fills as it likes; in the arena */
    bool tags_by_caller;
    const char *signature_header; /* in the arena; NULL: none */
    struct str signature_secrets; /* one a line */
    size_t metadata_count;
    struct str metadata_keys[METADATA_MAX];
    unsigned metadata_slots[METADATA_MAX][METADATA_ROOTS_MAX];
    bool gateway; /* wanted, by a format that has it */
    unsigned gateway_slot;
    uint8_t hash_key[32];
    struct scope_list scopes[SCOPE_RULES]; /* in the arena */
};

/* What the configuration says of the scope. */
enum scope_rule source_scope_rule(const struct source *s, struct str scope);

/* --- paths; source_paths.c --- */

/* Wants a path, and the same in the envelope. */
bool source_want(struct source *s, struct str path, unsigned *slot, struct err *err);
bool source_want_tags(struct source *s, struct str path, struct err *err);
void source_release_paths(struct source *s);

/* Whether it may hold a prompt, a completion or a credential: no text is taken from
 * there. A flat path is one key. `for_key`: for the label that holds a credential's hash.
 * closed.c
 */
bool path_is_closed(struct str path, bool flat, bool for_key);

/* Where the path or one above it is what a client fills in. */
bool source_is_by_caller(const struct source *s, struct str path);

/* NULL: nobody wants it. */
const struct attribute *attribute_find(const struct attributes *a, struct str name);

/* The default and the configured maps; source_labels.c. */
bool source_compile_labels(struct source *s, const struct source_options *options,
                           struct diags *diags);

/* Who signs the bodies, and how; signature.c. */
bool source_compile_signature(struct source *s, const struct source_options *options,
                              struct diags *diags);

/* One element being decoded. */
struct decoding {
    const struct source *source;
    const struct json_element *element;
    struct json_value *slots; /* of the event, in the envelope or not */
    unsigned tag_group;
    struct arena *arena;
    struct record *record;
    struct embedded_reader *embedded; /* of the thread */
    uint32_t embedded_read;           /* bits: which were */
    bool skipped; /* with a reason: it is why the event does not count */
    bool foreign; /* with a reason: it has nothing that events of this source have;
                     without one: hardly anything */
};

/* --- JSON within text; embedded.c --- */

struct embedded_reader;

struct embedded_reader *embedded_reader_open(void); /* NULL: no memory */
void embedded_reader_close(struct embedded_reader *r);

/* Fills the slots of embedded text number `number`. */
void embedded_read(struct decoding *d, unsigned number);

/* The value at a path, read now if it stands within text. */
static inline const struct json_value *decode_slot(struct decoding *d, unsigned slot)
{
    unsigned number = d->source->embedded_of[slot];

    if (number && !(d->embedded_read & 1U << number))
        embedded_read(d, number);
    return &d->slots[slot];
}

/* --- what a body of another source is; telling.c --- */

struct teller;

struct teller *teller_open(void); /* NULL: no memory */
void teller_close(struct teller *t);

/* Static text: which other source than `source` the first of the values is of. NULL: none
 * that is known. `t` may be NULL. */
const char *teller_tell(struct teller *t, struct str values, struct str source);

/* Why a JSON request of OTLP for `source` holds nothing: it is of another source, it
 * could not be read (`why`), or it is no request. NULL: nothing was to be in it. */
const char *teller_tell_empty(struct teller *t, struct str request, struct str source,
                              const char *why);

/* The same of bytes that are no JSON. */
const char *tell_binary(struct str body);

/* --- values; values.c --- */

/* The text of a string, a number or a bool: cut, without control characters. */
struct str decode_text(const struct decoding *d, const struct json_value *v);

/* Amount and currency as one text, "12.5 EUR"; false: too long. */
bool decode_other_cost(struct decoding *d, struct str amount, struct str currency);

#define REPORTED_MOST_USD INT64_C(1000000)

/* A count within bounds; -1 otherwise. */
int64_t decode_count(const struct json_value *v);

/* Seconds as a decimal, or RFC 3339; 0 for anything else and for times before 2020. */
int64_t decode_time(const struct decoding *d, const struct json_value *v);

/* 2020-01-01: what claims to be older is a clock that was never set. */
#define TIME_LEAST_NS (INT64_C(1577836800) * NS_PER_SECOND)

bool is_hex_digits(struct str text, size_t size);

/* A key as it is, instead of its hash, becomes its SHA-256 in hex. */
struct str decode_key_hash(struct str value, struct arena *arena);

/* --- steps that all formats share; labels.c --- */

void decode_labels(struct decoding *d);

/* A value that says what the label says: hashed where that one is. */
struct str decode_as_label(const struct decoding *d, enum text_field label,
                           struct str value);
void decode_tags(struct decoding *d);
void decode_metadata(struct decoding *d);
void decode_identity(struct decoding *d, const struct json_value *v);
