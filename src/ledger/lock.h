/* One writer a ledger: a lock on a file beside it, which holds the writer's process id.
 * The lock dies with the process, however that ends; the file stays. */
#pragma once
#include "spendwarden/err.h"

/* ERR_BUSY: another process has it; the text names its pid. On failure *fd is -1. */
bool lock_take(int *fd, const char *ledger_path, struct err *err);

/* Accepts -1. */
void lock_release(int fd);
