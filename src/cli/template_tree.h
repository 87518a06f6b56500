/* Templates that are YAML, as JSON values. */
#pragma once
#include <jansson.h>

#include "spendwarden/buf.h"
#include "spendwarden/err.h"

/* Numbers, booleans and null as YAML 1.2 has them; anything else is text. One reference;
 * NULL: *err says why. */
json_t *template_tree(struct str yaml, struct err *err);

/* Indented, in order. */
bool template_print(struct buf *out, const json_t *value, struct err *err);
