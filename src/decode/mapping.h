/* A gateway's way of reporting as data: a YAML file compiled to slots, run over each
 * element. docs/sources.md is its grammar. */
#pragma once
#include "internal.h"
#include "spendwarden/yaml.h"

enum { MAP_PATHS_MAX = 24, MAP_VALUES_MAX = 48, MAP_CASES_MAX = 32, MAP_ANY_MAX = 4 };

/* What a number counts in; texts of times are RFC 3339 whatever the unit. UNIT_MODEL:
 * of a model's name with its provider before it, "openai/gpt-4o", the model;
 * UNIT_PROVIDER: the provider, if there is a known one. */
enum map_unit {
    UNIT_NONE,
    UNIT_S,
    UNIT_MS,
    UNIT_US,
    UNIT_NS,
    UNIT_USD,
    UNIT_CENTS,
    UNIT_MICROUSD,
    UNIT_MODEL,
    UNIT_PROVIDER
};

struct map_path {
    unsigned slot;
    enum map_unit unit;
};

/* A value that begins so becomes that. */
struct map_prefix {
    struct str begins, becomes;
};

enum map_target {
    TARGET_FIELD, /* a text, count or time of the event */
    TARGET_DURATION,
    TARGET_TO_FIRST_TOKEN,
    TARGET_REPORTED,
    TARGET_CURRENCY,
    TARGET_STREAM,
};

/* One field: the first path with a value that fits wins. */
struct map_value {
    enum map_target target;
    struct field field;
    size_t path_count, prefix_count;
    struct map_path *paths;
    struct map_prefix *prefixes;
    struct str constant; /* where no path has a value */
};

enum map_test { TEST_PRESENT, TEST_ABSENT, TEST_ONE_OF, TEST_AT_LEAST };

struct map_condition {
    unsigned slot;
    enum map_test test;
    int64_t least;
    size_t text_count;
    struct str *texts;
};

/* All of its conditions hold. */
struct map_case {
    size_t condition_count;
    struct map_condition *conditions;
    const char *skip; /* static; NULL: an event */
};

struct map_cases {
    size_t count;
    struct map_case *cases;
};

/* The first of them that is there. */
struct map_any {
    size_t count;
    unsigned slots[MAP_ANY_MAX];
};

/* Of the count of cached input and that of input. */
enum map_cache { CACHE_WITHIN, CACHE_BESIDE, CACHE_BESIDE_IF_LARGER };

struct mapping {
    struct str source;       /* of its events */
    bool flat;               /* a path is one key */
    enum otlp_signal signal; /* of attributes; OTLP_NONE: it is of JSON */
    struct map_cases events, failure, cancelled, cache_hit;
    struct map_cases cache_beside_input, reasoning_beside_output;
    size_t value_count, identity_count;
    struct map_value *values;
    struct map_any identity[IDENTITY_MAX]; /* a report is known by all of them */
    unsigned data_slot; /* of a source whose events may be inside "data" */
    enum map_cache cache;
};

/* Fills s->mapping and what of *s depends on it. */
bool mapping_compile(struct source *s, const struct yaml_node *root, const char *file,
                     struct diags *diags);

/* As format.read. */
const char *mapping_read(struct decoding *d);

/* The field's value by itself: text, or whether there is a count. */
struct str mapping_text(struct decoding *d, enum text_field text);
bool mapping_has(struct decoding *d, enum count_field count);

/* The provider's id of its answer. Empty: none, or one that may be another call's, since
 * it is cut, or is the id that the gateway (or its client) gave the call. */
struct str mapping_response_id(struct decoding *d);

/* Whether one of the cases holds; *skip as it says. */
bool mapping_case(struct decoding *d, const struct map_cases *cases, const char **skip);
