#include "db.h"

static enum err_kind kind_of(int code)
{
    switch (code & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return ERR_BUSY;
    case SQLITE_NOMEM:
        return ERR_MEMORY;
    default:
        return ERR_IO;
    }
}

bool db_fail(sqlite3 *db, const char *what, struct err *err)
{
    int code = db ? sqlite3_extended_errcode(db) : SQLITE_NOMEM;
    const char *text = db ? sqlite3_errmsg(db) : "no memory";

    if ((code & 0xFF) == SQLITE_NOTADB)
        return err_set(err, ERR_IO, "ledger %s: %s", sqlite3_db_filename(db, NULL), text);
    return err_set(err, kind_of(code), "ledger: %s: %s (%d)", what, text, code);
}

bool db_open(sqlite3 **out, const char *path, int flags, int busy_ms, struct err *err)
{
    int code = sqlite3_open_v2(path, out, flags | SQLITE_OPEN_NOMUTEX, NULL);

    if (code == SQLITE_OK) {
        sqlite3_busy_timeout(*out, busy_ms);
        return true;
    }
    db_fail(*out, path, err);
    sqlite3_close(*out);
    *out = NULL;
    return false;
}

bool db_exec(sqlite3 *db, const char *sql, struct err *err)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK || db_fail(db, sql, err);
}

bool db_prepare(sqlite3 *db, sqlite3_stmt **out, const char *sql, struct err *err)
{
    int code = sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, out, NULL);

    return code == SQLITE_OK || db_fail(db, sql, err);
}

bool db_run(sqlite3_stmt *statement, struct err *err)
{
    bool row;

    if (!db_next(statement, &row, err))
        return false;
    if (row)
        sqlite3_reset(statement);
    return true;
}

bool db_next(sqlite3_stmt *statement, bool *row, struct err *err)
{
    int code = sqlite3_step(statement);

    *row = code == SQLITE_ROW;
    if (*row)
        return true;
    if (code != SQLITE_DONE)
        db_fail(sqlite3_db_handle(statement), sqlite3_sql(statement), err);
    sqlite3_reset(statement);
    return code == SQLITE_DONE;
}

bool db_int64(sqlite3 *db, const char *sql, int64_t *out, struct err *err)
{
    sqlite3_stmt *statement = NULL;
    bool row;

    bool ok = db_prepare(db, &statement, sql, err) && db_next(statement, &row, err);
    if (ok && row && sqlite3_column_type(statement, 0) != SQLITE_NULL)
        *out = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return ok;
}
