/* Text that others wrote, as it may reach a terminal. */
#pragma once
#include "spendwarden/buf.h"

/* Adds the text with a '?' for each control character (C0, DEL and C1, which may steer a
 * terminal) and each byte that is not UTF-8. */
void plain_add(struct buf *out, struct str text);
