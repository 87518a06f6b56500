/* The tables and views of a ledger file; docs/ledger.md explains them to users. */
#pragma once
#include "db.h"

enum { LEDGER_SCHEMA_VERSION = 5 };

/* Makes the tables of a new file in one transaction. On one that is there it checks that
 * this is a ledger and no newer than this program (ERR_INPUT), and brings an older one up
 * to date. */
bool schema_prepare(sqlite3 *db, const char *path, struct err *err);

/* The same check without making anything. */
bool schema_check(sqlite3 *db, const char *path, struct err *err);

/* The ledger's secret. */
bool schema_seed(sqlite3 *db, uint64_t *seed, struct err *err);
