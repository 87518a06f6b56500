/* YAML (and so JSON) files as a tree that remembers where each value stood. */
#pragma once
#include "spendwarden/arena.h"
#include "spendwarden/diag.h"

enum yaml_kind { YAML_SCALAR, YAML_LIST, YAML_MAP };

struct yaml_node {
    enum yaml_kind kind;
    bool quoted;              /* a scalar in quotes is text, whatever it looks like */
    struct str text;          /* YAML_SCALAR; terminated, and without a NUL inside */
    int line, column;         /* from 1 */
    struct yaml_node *keys;   /* YAML_MAP: scalars, in file order */
    struct yaml_node *values; /* YAML_MAP, YAML_LIST */
    size_t count;
};

enum { YAML_DEPTH_MAX = 32 };

/* Reads a file of at most `max_bytes`; the tree lives in the arena. Anchors, aliases,
 * tags, several documents and repeated keys are errors, as is nesting beyond
 * YAML_DEPTH_MAX, and of JSON a pair of surrogate escapes (libyaml wants the character
 * itself). An empty file is an empty map. False: *diags has every error. */
bool yaml_load(struct yaml_node **out, const char *path, size_t max_bytes,
               struct arena *arena, struct diags *diags);

/* The same from memory; `name` stands for the file in messages. The text is not needed
 * afterwards. */
bool yaml_parse(struct yaml_node **out, struct str text, const char *name,
                struct arena *arena, struct diags *diags);

/* A file's bytes as they are, for whoever wants its hash too. The caller releases *out,
 * also on failure. */
bool yaml_read(struct buf *out, const char *path, size_t max_bytes, struct diags *diags);

/* A map's value, or NULL. */
const struct yaml_node *yaml_get(const struct yaml_node *map, struct str key);

/* Unquoted null, ~ or nothing. */
bool yaml_is_null(const struct yaml_node *n);

/* YAML 1.2 core schema: true/false only. */
bool yaml_bool(const struct yaml_node *n, bool *out);

/* Unquoted decimals; no infinity and no NaN. False leaves *out alone. */
bool yaml_int64(const struct yaml_node *n, int64_t *out);
bool yaml_double(const struct yaml_node *n, double *out);
