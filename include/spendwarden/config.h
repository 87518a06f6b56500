/* The configuration file, read strictly: an unknown key is an error with its place. */
#pragma once
#include "spendwarden/alerts.h"
#include "spendwarden/decode.h"
#include "spendwarden/metrics.h"
#include "spendwarden/policy.h"
#include "spendwarden/price.h"
#include "spendwarden/window.h"

enum { ZERO_FIRST_AUTO = -1 };

enum token_scope { SCOPE_INGEST = 1, SCOPE_READ = 2, SCOPE_ADMIN = 4 };

struct token_options {
    const char *file;  /* holds one token a line, so that two are valid while rotating */
    unsigned scopes;   /* enum token_scope, or-ed */
    struct str source; /* ingest: bound to it; empty: any */
    size_t label_count;
    const struct pair *labels; /* ingest: fixed labels of every event */
};

/* One of `sources`: a built-in one that is set up, or a mapping of one's own. */
struct source_setup {
    struct str name; /* of a mapping: what it says itself; empty: it could not be read */
    const char *mapping;          /* path; NULL: built in */
    bool replace;                 /* the mapping stands in for a built-in one */
    const char *signature_header; /* NULL: the source's own */
    const char *secret_file;      /* one secret a line; NULL: bodies are not signed */
    struct scope_list scopes[SCOPE_RULES];
};

struct source_config {
    struct str name;
    size_t rule_count;
    const struct label_rule *rules;
};

/* Where the configuration names a path. */
struct config_place {
    const char *file;                 /* "--set": on the command line */
    int line, column;                 /* 0: not known, or a default */
    const char *of;                   /* the path, by its address */
    const struct config_place *older; /* the one read before */
};

/* Owned by itself: everything below lives until config_free. Immutable. */
struct config {
    const char *path; /* of the file, as given */

    const char *listen_host; /* an IPv4 or IPv6 address, without brackets */
    int listen_port;         /* 0: any that is free */
    bool insecure;           /* may listen beyond loopback without tokens */
    int loops;               /* 0: one per processor */
    size_t body_max_bytes, in_flight_max_bytes;
    int connections_max;
    const char *external_url; /* "" if not set */
    size_t token_count;
    const struct token_options *tokens;

    const char *ledger_path;
    int64_t retention_ns;    /* 0: for ever */
    int64_t retention_bytes; /* 0: no bound */
    int64_t dedupe_horizon_ns;
    size_t dedupe_max_bytes;

    struct schema schema;
    const char *time_zone; /* IANA name */
    struct zone *zone;
    size_t setup_count;
    const struct source_setup *setups; /* sources: */
    size_t source_count;
    const struct source_config *sources; /* labels: of each source that the file names */
    size_t metadata_count;
    const struct str *metadata_keys;
    bool hash_label[LABEL_COUNT];
    const char *hash_key_file; /* set whenever a label is hashed */

    struct policy_options policies; /* prices is filled in by the engine */
    struct policy_options shadow;   /* candidates: paths; data and settings win over those
                                       of `policies`. No path: there are none */
    bool names_policies;            /* policies.paths is there, if only as [] */
    bool watch_files;               /* reload when something has changed */
    bool test_on_load;              /* run their tests before they decide */
    struct price_options prices;
    struct metrics_options metrics;
    int64_t zero_first_ns; /* for so long a new counter is shown at 0 to Prometheus; 0:
                              not at all; ZERO_FIRST_AUTO: until all have seen it so */
    struct window_limits windows;
    int64_t tick_ns;
    size_t alerts_max;
    int capture_percent; /* below it a service's capture ratio alerts; 0: never */
    int64_t resend_ns;   /* of a firing alert */
    struct outbox_options alerts;

    struct str hash; /* SHA-256, hex, of the file */
    const struct config_place *places;
};

/* Reads, checks everything and adds every error to *diags as "file:line:column: text"
 * with the nearest known key. Of the files that the configuration names it opens mappings
 * alone, for their names. Relative paths
 * start at the file's directory. False: *out is NULL. `overrides` are "key.path=value"
 * texts that win over the file, the last one over earlier ones; their relative paths
 * start at the working directory; may be NULL. Reads the environment for ${VAR}. Without
 * a file (`path` NULL) every key has its default. */
bool config_load(struct config **out, const char *path, const char *const *overrides,
                 size_t override_count, struct diags *diags);
void config_free(struct config *c);

/* Of a path that is a member of this configuration. */
struct config_place config_place(const struct config *c, const char *path);

/* One line per key with type, default and meaning: `spendwarden run --help-config`.
 */
void config_describe(struct buf *out);
