/* What the readers of settings share. Private to this folder. */
#pragma once
#include "settings.h"

/* Where a value was written: the file, or one `--set`. */
struct origin {
    const char *name;      /* for messages */
    const char *directory; /* that relative paths start at, with its slash; "": none */
    bool placed;           /* lines and columns mean something */
};

struct given {
    const struct yaml_node *node; /* NULL: not given */
    struct origin origin;
};

struct reader {
    struct config *config;
    struct arena *arena; /* of the configuration: what is read lives there */
    struct diags *diags;
    struct origin file;               /* the file's own */
    struct origin origin;             /* of what is being read */
    struct given given[SETTINGS_MAX]; /* by position in the table; without list items */
};

/* --- what every reader uses --- */

void complain(struct reader *r, const struct yaml_node *n, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void complain_memory(struct reader *r);

/* All errors so far, to see whether a step added some. */
size_t complaints(const struct reader *r);

/* Zeroed memory that lives as long as the configuration; NULL after complaining. */
void *keep_memory(struct reader *r, size_t size);

/* Remembers where the path was written; NULL is none. */
void keep_place(struct reader *r, const struct yaml_node *n, const char *path);

/* A copy that does; {NULL, 0} after complaining. */
struct str keep_text(struct reader *r, struct str text);

/* `n` as a terminated, expanded text of 1 to TEXT_SETTING_MAX bytes, or NULL after
 * complaining. Owned by the configuration. */
const char *text_of(struct reader *r, const struct setting *s, const struct yaml_node *n);

/* The same, and if relative then from the origin's directory on. */
const char *path_of(struct reader *r, const struct setting *s, const struct yaml_node *n);

/* One complaint, with the key, that `n` is something else than `wanted`. */
void complain_type(struct reader *r, const struct setting *s, const struct yaml_node *n,
                   const char *wanted);

/* The items of a list; a value that is no list stands for a list of one, and nothing for
 * an empty one. False after complaining: a map, or too many. */
bool items_of(struct reader *r, const struct setting *s, const struct yaml_node *n,
              const struct yaml_node **items, size_t *count);

/* A map, or nothing. */
bool map_of(struct reader *r, const struct setting *s, const struct yaml_node *n,
            size_t *count);

/* [a-zA-Z_][a-zA-Z0-9_]* and not beginning with two underscores. */
bool is_label_name(struct str name);

/* Every key of the map `n`, found below `prefix`; complains about unknown ones. */
void collect(struct reader *r, struct given *given, struct str prefix,
             const struct yaml_node *n);

/* Reads what was collected, or the default, of every setting below `prefix`. */
void apply(struct reader *r, const struct given *given, struct str prefix,
           const struct yaml_node *parent, char *base);

/* "key.path=value". */
void apply_override(struct reader *r, const char *text);

/* One of the sources that there are, built in or of one's own; complains otherwise. */
bool is_source(struct reader *r, const struct setting *s, const struct yaml_node *n);

/* Of `sources`. */
void check_setups(struct reader *r);

/* Complains where the key `path` was given, or about the whole file. */
void complain_at(struct reader *r, const char *path, const char *text);

/* What no single setting can know. */
void check_together(struct reader *r);

/* --- readers --- */

setting_reader read_text, read_path, read_url, read_flag, read_number, read_duration,
    read_size, read_choice;                                                /* scalar.c */
setting_reader read_texts, read_paths, read_pairs, read_match, read_items; /* list.c */
setting_reader read_declared, read_hashed, read_metric_labels, read_coverage,
    read_sources, read_event_labels;                       /* labels.c */
setting_reader read_listen, read_scopes, read_source_name; /* server.c */
setting_reader read_setups, read_builtin_name;             /* sources.c */
setting_reader read_zone, read_data, read_settings, read_zero_first;
