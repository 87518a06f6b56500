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

/* A gateway's own way. */
struct format {
    struct str name;
    const char *tags; /* path of the array of tags */
    bool enveloped;   /* CloudEvents: the event may be below "data" */
    bool own_names;   /* a label without a rule comes from the field of its name */
    size_t rule_count;
    const struct label_rule *rules; /* the default map */
    const char *metadata_roots[METADATA_ROOTS_MAX];
    bool (*compile)(struct source *s, struct err *err);
    const char *(*read)(struct decoding *d); /* NULL, or why the event is rejected */
};

extern const struct format format_litellm, format_generic;

struct source {
    const struct format *format;
    struct str name;
    const struct schema *schema;
    struct arena arena; /* owns every text below */
    struct json_shape *shape;
    unsigned slot_count;
    size_t map_count;
    struct label_map maps[LABEL_MAPS_MAX];
    size_t metadata_count;
    struct str metadata_keys[METADATA_MAX];
    unsigned metadata_slots[METADATA_MAX][METADATA_ROOTS_MAX];
    bool gateway; /* wanted, by a format that has it */
    unsigned gateway_slot;
    uint8_t hash_key[32];
};

/* Wants a path, and the same in the envelope. */
bool source_want(struct source *s, struct str path, unsigned *slot, struct err *err);

/* The default and the configured maps; source_labels.c. */
bool source_compile_labels(struct source *s, const struct source_options *options,
                           struct diags *diags);

/* One element being decoded. */
struct decoding {
    const struct source *source;
    const struct json_element *element;
    const struct json_value *slots; /* of the event, in the envelope or not */
    unsigned tag_group;
    struct arena *arena;
    struct record *record;
};

/* --- values; values.c --- */

/* The text of a string, a number or a bool: cut, without control characters. */
struct str decode_text(const struct decoding *d, const struct json_value *v);

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
