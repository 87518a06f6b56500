/* RFC 1952. */
#pragma once
#include "spendwarden/buf.h"

/* `text` compressed, behind what *out holds. No memory: out->failed. */
void gzip_text(struct buf *out, struct str text);
