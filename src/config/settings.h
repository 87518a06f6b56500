/* The table of settings: every key, with what its reader needs. Private to this folder.
 */
#pragma once
#include "spendwarden/config.h"
#include "spendwarden/yaml.h"

enum { SETTINGS_MAX = 128, KEY_PATH_MAX = 200, TEXT_SETTING_MAX = 4096 };

struct reader;
struct setting;

/* Reads `n` into the struct at `base`; complains about what is wrong. `n` is not NULL. */
typedef void setting_reader(struct reader *r, const struct setting *s,
                            const struct yaml_node *n, char *base);

/* One key. `tokens[].file` belongs to each item of the list `tokens`. */
struct setting {
    const char *path;
    const char *type;  /* in words */
    const char *value; /* default, as YAML; NULL: none */
    setting_reader *read;
    size_t offset;            /* in struct config, or in the item's struct */
    size_t count_offset;      /* of a list: where its length goes */
    size_t size;              /* of the member; of a list's items: of their struct */
    int64_t unit;             /* the member counts these; 0: 1 */
    const char *least, *most; /* bounds as one writes them; NULL: none. Of a list, its
                                 length */
    const char *choices;      /* "reported|computed", stored as 0, 1 */
    bool required;
    bool expands; /* ${VAR} */
    bool early;   /* others are read with its help */
    const char *meaning;
};

extern const struct setting settings[];
extern const size_t setting_count;

/* NULL if there is none. */
const struct setting *setting_find(struct str path);

/* What is left of `path` after `prefix` and a dot; of an empty prefix, all of it. NULL:
 * not below it. */
const char *setting_below(const char *path, struct str prefix);

/* Any setting below `path`. */
bool setting_is_section(struct str path);

/* The type with its bounds, as people read it. */
void setting_type(const struct setting *s, struct buf *out);
