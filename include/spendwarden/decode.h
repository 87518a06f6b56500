/* Bodies of gateways to events. Fields are taken by allow-list: no prompt or
 * completion text is ever looked at, kept or put into an error. */
#pragma once
#include "spendwarden/diag.h"
#include "spendwarden/err.h"
#include "spendwarden/record.h"

/* Where a label is looked for: paths in order of preference, the first non-empty value
 * wins. A path is keys joined by '.', from the event's root, or "tag:NAME" for a tag
 * "NAME:value". `retry_depth` and `session_id` may be mapped as well. */
enum { LABEL_PATHS_MAX = 16 };

struct label_rule {
    struct str label;
    size_t path_count;
    struct str paths[LABEL_PATHS_MAX];
    const char *file; /* of the configuration, for errors; NULL: built in */
    int line, column;
};

struct source_options {
    struct str name;             /* "litellm", "generic" */
    const struct schema *schema; /* outlives the source */
    size_t rule_count;
    const struct label_rule *rules; /* replace the source's defaults label by label; no
                                       path leads to prompts or completions */
    size_t metadata_count;
    const struct str *metadata_keys; /* allow-list for ev.metadata, at most METADATA_MAX;
                                        none: a default list */
    bool gateway;                    /* decodes ev.gateway where the source has it */
    bool hash_label[LABEL_COUNT];    /* values to be hashed at the door */
    uint8_t hash_key[32];            /* secret of that hash */
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

/* OTLP in protobuf or JSON, told apart by its first byte. */
bool source_is_otlp(const struct source *s);

/* The sources that are built in, ended by NULL. */
extern const char *const source_names[];

/* One per thread; keeps its buffers. */
struct decoder;

bool decoder_open(struct decoder **out, struct err *err);
void decoder_close(struct decoder *d);

/* JSON_PADDING readable bytes follow the body; the arena may take three times its size,
 * and text for which it has no room is absent. Body, arena and source must live until
 * the records are done with: their text is borrowed from all three. */
void decode_begin(struct decoder *d, const struct source *source, struct str body,
                  struct arena *arena, int64_t received_ns);

enum verdict {
    VERDICT_EVENT,    /* *out is a record with event and provenance, not yet booked */
    VERDICT_SKIPPED,  /* well-formed but not an event to count: `why` is its reason */
    VERDICT_REJECTED, /* this one element cannot be booked */
    VERDICT_BROKEN,   /* no JSON could be read from here on; ends the body */
    VERDICT_END,
};

struct verdict_reason {
    size_t index;     /* of the element in the body */
    size_t position;  /* byte offset in the body */
    const char *text; /* static; holds nothing of what the client sent; NULL: an event */
};

/* The next element. `why` is filled for every verdict but VERDICT_END. */
enum verdict decode_next(struct decoder *d, struct record *out,
                         struct verdict_reason *why);
