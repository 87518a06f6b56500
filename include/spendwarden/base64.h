/* RFC 4648's base64. */
#pragma once
#include "spendwarden/str.h"

/* Both alphabets, with or without padding; `out` has room for text.size bytes. False: it
 * is none, and *out is undefined. */
bool base64_decode(struct str text, char *out, size_t *size);
