/* What decoding of one source is compiled from: a built-in way, or a mapping file of
 * one's own; docs/sources.md. */
#pragma once
#include <stdint.h>

#include "spendwarden/arena.h"
#include "spendwarden/diag.h"
#include "spendwarden/err.h"
#include "spendwarden/event.h"

/* Where a label is looked for: paths in order of preference, the first non-empty value
 * wins. A path is keys joined by '.', from the event's root, or "tag:NAME" for a tag
 * "NAME:value". `retry_depth` and `session_id` may be mapped as well. */
enum { LABEL_PATHS_MAX = 20 };

struct label_rule {
    struct str label;
    size_t path_count;
    struct str paths[LABEL_PATHS_MAX];
    const char *file; /* of the configuration, for errors; NULL: built in */
    int line, column;
};

enum { SCOPES_MAX = 16 };

/* Names of OTel scopes. */
struct scope_list {
    size_t count;
    const struct str *names;
};

struct source_options {
    struct str name;              /* of a built-in one; with a mapping it may be empty */
    const char *mapping;          /* path of a mapping file; NULL: it is built in */
    struct str mapping_text;      /* instead of what is in that file; empty: read it */
    bool replace;                 /* the mapping may have the name of a built-in one */
    struct str signature_header;  /* empty: the mapping's */
    struct str signature_secrets; /* one a line; empty: bodies are not signed */
    const struct schema *schema;  /* outlives the source */
    size_t rule_count;
    const struct label_rule *rules; /* replace the source's defaults label by label; no
                                       path leads to prompts or completions */
    size_t metadata_count;
    const struct str *metadata_keys; /* allow-list for ev.metadata, at most METADATA_MAX;
                                        none: a default list */
    bool gateway;                    /* decodes ev.gateway where the source has it */
    struct scope_list scopes[SCOPE_RULES]; /* of OTLP: by what is to become of them */
    bool hash_label[LABEL_COUNT];          /* values to be hashed at the door */
    uint8_t hash_key[32];                  /* secret of that hash */
};

/* One source's way of decoding, compiled. Immutable: any thread. */
struct source;

/* Adds what is wrong with the options to *diags and returns false. */
bool source_compile(struct source **out, const struct source_options *options,
                    struct diags *diags);
void source_free(struct source *s);

/* What options called it: the name in configuration and paths. */
struct str source_name(const struct source *s);

/* `source` of its events: OTLP has two, one for spans and one for log records. */
struct str source_of_events(const struct source *s);

/* What of OTLP it takes, in protobuf or JSON, told apart by the first byte; OTLP_NONE: it
 * takes JSON of its own. */
enum otlp_signal { OTLP_NONE, OTLP_TRACES, OTLP_LOGS, OTLP_METRICS };
enum otlp_signal source_signal(const struct source *s);

/* The header that must sign each body; NULL: none, and source_signed is true. */
const char *source_signature_header(const struct source *s);

/* Whether the header's value is the HMAC-SHA256 of the body's raw bytes, in hex, by one
 * of the secrets; "sha256=" may stand before it. NULL: there was no such header. */
bool source_signed(const struct source *s, struct str body, const char *header_value);

/* The name that a mapping file gives itself, in the arena; false, without a reason: it
 * cannot be read, or has none. source_compile says what is wrong with it. */
bool source_mapping_name(struct str *out, const char *path, struct arena *arena);

/* Whether a YAML file has what only mappings have; true also of one that cannot be read.
 */
bool source_is_mapping(const char *path);

/* OTLP in protobuf, or a compressed body: it has bytes that no JSON has. A protobuf body
 * may begin with a line break and a brace. */
bool source_is_binary(struct str body);

/* The built-in source that the first of these values looks like, or OTLP's body in
 * protobuf; NULL: none. JSON_PADDING readable bytes follow them. */
const char *source_guess(struct str values);

enum { SOURCE_NAME_MAX = 31 };

/* Those that are built in, by number from 0; NULL past the end. */
const char *source_builtin(size_t number);
bool source_is_builtin(struct str name);
