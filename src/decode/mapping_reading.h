/* What the files that read a mapping share. */
#pragma once
#include "mapping.h"

/* One file on its way. */
struct reading {
    struct source *s;
    struct mapping *m;
    struct format *format;
    const char *file;
    struct diags *diags;
    bool ok;
};

void mapping_complain(struct reading *r, const struct yaml_node *n, const char *format,
                      ...) __attribute__((format(printf, 3, 4)));

/* Zeroed memory of the source; NULL after complaining. */
void *mapping_take(struct reading *r, const struct yaml_node *n, size_t size);
struct str mapping_copy(struct reading *r, struct str text);

/* A scalar or a list of them, as a list. */
const struct yaml_node *mapping_items(const struct yaml_node *n, size_t *count);

/* False after complaining. */
bool mapping_want(struct reading *r, const struct yaml_node *n, unsigned *slot);

/* A scalar that is not empty; false after complaining. */
bool mapping_is_text(struct reading *r, const struct yaml_node *n);

/* A path that text is taken from; false after complaining: it may hold a prompt. */
bool mapping_open(struct reading *r, const struct yaml_node *n, bool for_key);

/* mapping_cases.c: rules of {if, skip} where `events`, else conditions alone. */
void mapping_read_cases(struct reading *r, const struct yaml_node *n, bool events,
                        struct map_cases *out);

/* mapping_fields.c */
void mapping_read_fields(struct reading *r, const struct yaml_node *n);
