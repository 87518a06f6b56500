/* Lua policies: a generation, run in one hardened state per thread. */
#pragma once
#include "spendwarden/decls.h"
#include "spendwarden/diag.h"
#include "spendwarden/price.h"
#include "spendwarden/record.h"

struct policy_limits {
    int64_t call_instructions;             /* 50,000 */
    int64_t event_instructions;            /* over all policies; 200,000 */
    int64_t tick_instructions;             /* over all rules; 50,000,000 */
    int64_t load_instructions;             /* per file; 5,000,000 */
    int64_t breaker_events, breaker_ticks; /* failed in a row: disabled; 100, 20 */
    int64_t call_ms;                       /* wall clock, emergency stop only; 250 */
    int64_t load_ms;                       /* the same per file; 2000 */
    size_t memory_bytes;                   /* per state; 64 MiB */
    size_t string_bytes;                   /* of a text that a policy makes; 16 KiB */
    size_t table_bytes;  /* of a table's list or map: 8 bytes an item of a list, 24
                            a key; 2 MiB */
    size_t output_bytes; /* of the texts that one call answers; 4 KiB */
    size_t file_bytes;   /* per policy file; 256 KiB */
    size_t data_bytes;   /* per data file; 16 MiB */
};

void policy_limits_default(struct policy_limits *l);

struct policy_data {
    struct str name;
    const char *path; /* YAML or JSON; a missing file is an empty table */
    struct str text;  /* what a file would hold, if there is none; `at` NULL: a file */
};

struct policy_setting {
    struct str policy, key;
    struct str value; /* a number, true, false, or text */
    const char *file; /* where the policy's name was written, for messages, and outlives
                         the load; NULL: not known */
    int line, column; /* 0: not known */
};

struct policy_lines;

struct policy_options {              /* the set copies what it needs of the arrays */
    const struct schema *schema;     /* outlives the set */
    const struct zone *zone;         /* for day, week, month; outlives the set */
    const struct price_book *prices; /* for requested_model_usd; outlives the set */
    size_t path_count, data_count, setting_count;
    const char *const *paths; /* files and directories; of a directory its *.lua but
                               *_test.lua and *.meta.lua, by name */
    const struct policy_data *data;
    const struct policy_setting *settings;
    size_t optional_settings; /* the last ones of them, which may be for nobody */
    struct policy_limits limits;
    struct policy_lines *lines;    /* where each line that runs is noted, by one thread;
                                      outlives the set. NULL: nowhere */
    size_t max_groups, max_series; /* that are kept, for warnings; 0: nothing is said */
    bool unchecked; /* no static checks: for those who test what happens without */
    bool shadow;    /* effects get other names: candidate metrics, "window:shadow:NAME" */
};

/* One generation: sources, data, declarations. Immutable; shared by all its states. */
struct policy_set;

/* Reads, compiles, registers and checks everything under the load limits. All errors and
 * warnings of all files go into *diags; warnings fail nothing. On failure *out is NULL.
 */
bool policy_load(struct policy_set **out, const struct policy_options *options,
                 struct diags *diags);
void policy_set_free(struct policy_set *s);

const struct decls *policy_decls(const struct policy_set *s);
struct str policy_hash(const struct policy_set *s); /* SHA-256, hex, over all sources */
struct str
policy_data_hash(const struct policy_set *s); /* the same over data and settings */

/* Its policies in the order of files; and the names of the data that any of them reads.
 */
struct policy_file {
    struct str name; /* as the policy calls itself */
    const char *path;
    struct str version, owner; /* empty if it does not say */
    const char *sha256;        /* of the file, hex */
};

size_t policy_files(const struct policy_set *s, const struct policy_file **out);
size_t policy_data_names(const struct policy_set *s,
                         const struct str **out); /* terminated */

/* One lua_State of that generation, for one thread with 16 MiB of stack. Borrows the set,
 * as do the names that it puts into records. */
struct policy_vm;

bool policy_vm_open(struct policy_vm **out, const struct policy_set *set,
                    struct err *err);
void policy_vm_close(struct policy_vm *vm);

/* These are not asked from the next event or tick on; borrowed until the next call. */
void policy_vm_disable(struct policy_vm *vm, const struct policy_mask *disabled);

/* --- one event, in this order; what policies return is put into the record, text into
 * the arena. A policy that fails is counted, logged and leaves the record as it was. ---
 */

void policy_event_begin(struct policy_vm *vm, struct record *r, struct arena *arena);
void policy_derive(struct policy_vm *vm);
void policy_price(struct policy_vm *vm);
void policy_classify(struct policy_vm *vm);
void policy_count(
    struct policy_vm *vm); /* counters and windows with a function: effects */
void policy_event_end(struct policy_vm *vm);
