/* A generation without Lua: sources, data, and everything that was registered. */
#pragma once
#include <pthread.h>

#include "spendwarden/hash.h"
#include "spendwarden/log.h"
#include "spendwarden/policy_errors.h"
#include "spendwarden/yaml.h"
#include "usage.h"

enum {
    FILES_MAX = POLICIES_MAX,
    FUNCTIONS_MAX = 1024,
    WINDOWS_MAX = 512,
    RULES_MAX = 256,
    BUDGETS_MAX = 64,
    EFFECTS_DECLARED_MAX = 64, /* metrics, and windows with a function */
    GAUGES_MAX = 64,
    CLASSES_MAX = 64,
    DATA_NAMES_MAX = 256,
    NEEDS_MAX = 8,
    DERIVE_LABELS_MAX = 8,
    ZONES_MAX = 16,
};

enum policy_call {
    CALL_DERIVE,
    CALL_PRICE,
    CALL_CLASSIFY,
    CALL_METRIC,
    CALL_WINDOW,
    CALL_RULE,
    CALL_BUDGET,
    CALL_GAUGE,
    CALL_ANNOTATE,
    CALL_COUNT,
};

enum {
    REASON_RUNTIME,
    REASON_INSTRUCTIONS,
    REASON_WALL,
    REASON_MEMORY,
    REASON_STRING,
    REASON_TABLE,
    REASON_OUTPUT,
    REASON_VALUE,
    REASON_DISABLED,
    REASON_COUNT
};

/* One function of a policy and how C calls it. Text is in the build's arena. */
struct policy_fn {
    enum policy_call call;
    struct str policy, where; /* "file:line" */
    size_t policy_at;         /* among the build's policies */
    struct str label;         /* what it is about, for traces */
    size_t need_count;
    struct field needs[NEEDS_MAX];
    size_t label_count; /* derive */
    struct field labels[DERIVE_LABELS_MAX];
    struct str label_names[DERIVE_LABELS_MAX];
    bool override, several; /* derive; several: it answers with a table */
    bool billed;            /* price */
    size_t class_count;     /* classify */
    const struct str *classes;
    int decl;           /* metric, window, rule, budget, gauge: its index in the decls */
    bool is_histogram;  /* metric */
    int annotate;       /* rule: its annotations' function; -1: none */
    bool is_where;      /* window: the function is a condition on `field`, or on 1 */
    struct field field; /* then; FIELD_NONE: count */
};

/* What files register, in order: the same for a set and for each of its states. */
struct build {
    struct arena arena;
    size_t window_count, rule_count, budget_count, metric_count, gauge_count, class_count,
        fn_count;
    struct window_decl *windows;
    struct rule_decl *rules;
    struct budget_decl *budgets;
    struct metric_decl *metrics;
    struct gauge_decl *gauges;
    struct str *classes;
    struct policy_fn *fns;
    size_t call_count[CALL_COUNT]; /* functions by call, in order: rule i is the i-th */
    uint16_t calls[CALL_COUNT][FUNCTIONS_MAX];
    struct str default_class;
    const struct policy_fn *default_by; /* borrowed from fns */
    size_t effect_count;                /* metrics and windows with a function */
    size_t policy_count, data_count;
    struct policy_file policies[FILES_MAX];
    uint64_t declares[FILES_MAX][WINDOWS_MAX / 64]; /* policies: a bit a window */
    struct str data_names[DATA_NAMES_MAX];
    size_t zone_count;
    struct zone *zones[ZONES_MAX]; /* owned: those that budgets name */
};

bool build_open(struct build *b, struct err *err);
void build_release(struct build *b); /* safe on a zeroed one, and twice */

/* The index of this window, new or equal; -1: no room. */
int build_window(struct build *b, const struct window_decl *decl);

/* A time zone by its IANA name, loaded once. NULL: *err says why. */
const struct zone *build_zone(struct build *b, const char *name, struct err *err);

const char *call_name(const struct policy_fn *f); /* "derive" */

struct source_file {
    char *path;
    struct str text;
    char sha256[SHA256_TEXT_SIZE];
};

struct data_file {
    struct str name, bytes;
    const char *path;
    struct yaml_node *root; /* NULL: the file is missing */
};

/* Shared by threads: atomics. */
struct fn_stats {
    int64_t failures[REASON_COUNT];
    struct log_limit log;
};

struct policy_set {
    struct arena arena; /* sources, data, copies of the options */
    struct policy_options options;
    size_t file_count;
    struct source_file files[FILES_MAX];
    struct data_file *data; /* options.data_count */
    struct build build;
    struct decls decls;
    struct fn_stats *stats;      /* owned; one a function */
    pthread_mutex_t *lock;       /* owned; of `last` */
    struct policy_failure *last; /* owned; one a policy; no reason: it never failed */
    struct usage_book *usage;    /* owned */
    char hash[SHA256_TEXT_SIZE], data_hash[SHA256_TEXT_SIZE];
};

/* Paths, policy files and data files into the set. False: *diags has every error. */
bool set_read(struct policy_set *s, const struct policy_options *options,
              struct diags *diags);

/* True: the message begins with "data.NAME:" or "data.NAME['KEY']:" of a data file, where
 * it was added. */
bool set_data_refused(const struct policy_set *s, const char *message,
                      struct diags *diags);

static inline size_t required_settings(const struct policy_options *o)
{
    return o->setting_count - o->optional_settings;
}

/* Counts, and logs unless `quiet`. */
void fn_failed(const struct policy_set *s, size_t fn, int reason, const char *message,
               bool quiet);
int reason_of(const char *name);
