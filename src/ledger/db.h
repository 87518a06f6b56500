/* SQLite's calls with this program's errors. */
#pragma once
#include "spendwarden/err.h"
#include "spendwarden/str.h"
#include <sqlite3.h>

/* `flags` as of sqlite3_open_v2; the connection serves one thread at a time. */
bool db_open(sqlite3 **out, const char *path, int flags, int busy_ms, struct err *err);

/* Sets *err from the last failure of the connection; `what` was tried. False. */
bool db_fail(sqlite3 *db, const char *what, struct err *err);

bool db_exec(sqlite3 *db, const char *sql, struct err *err);
bool db_prepare(sqlite3 *db, sqlite3_stmt **out, const char *sql, struct err *err);

/* Runs a statement that yields no row; it is reset in any case. */
bool db_run(sqlite3_stmt *statement, struct err *err);

/* *row: there is one; its values are valid until the next call or reset. On failure and
 * at the end the statement is reset. */
bool db_next(sqlite3_stmt *statement, bool *row, struct err *err);

/* The first value of the first row; *out is untouched if there is none or it is NULL. */
bool db_int64(sqlite3 *db, const char *sql, int64_t *out, struct err *err);

/* Borrowed until the statement is stepped or reset. NULL reads as empty. */
static inline void db_bind_text(sqlite3_stmt *statement, int index, struct str text)
{
    sqlite3_bind_text(statement, index, text.size ? text.at : "", (int)text.size,
                      SQLITE_STATIC);
}

/* As a blob: no conversion, no terminator, of TEXT the same bytes. */
static inline struct str db_text(sqlite3_stmt *statement, int column)
{
    const void *at = sqlite3_column_blob(statement, column);

    return (struct str){at, (size_t)sqlite3_column_bytes(statement, column)};
}
