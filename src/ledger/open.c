/* The writer's life: files, lock, connection, what it remembers between commits. */
#include "lock.h"
#include "schema.h"
#include "writer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Longer than any checkpoint keeps the writer waiting. */
enum { BUSY_MS = 10000, TIDY_BUSY_MS = 50, RESTART_FRAMES = 8192 };

static const char *const statements_sql[STATEMENT_COUNT] = {
    [STATEMENT_BEGIN] = "BEGIN IMMEDIATE",
    [STATEMENT_COMMIT] = "COMMIT",
    [STATEMENT_PUT_COMMIT] = "INSERT INTO commits VALUES(?, ?, ?, ?, ?)",
    [STATEMENT_PUT_TICK] = "INSERT INTO ticks VALUES(NULL, ?, ?)",
    [STATEMENT_GET_GENERATION] =
        ("SELECT number, config_hash, policy_hash, data_hash, price_hash, disabled"
         " FROM generations ORDER BY number DESC LIMIT 1"),
    [STATEMENT_PUT_GENERATION] = "INSERT INTO generations VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
    [STATEMENT_PUT_ALERT] =
        "INSERT INTO alerts VALUES(NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    [STATEMENT_PUT_STATE] = "INSERT OR REPLACE INTO states VALUES(?, ?, ?)",
    [STATEMENT_CLAIM_BATCH] = "INSERT OR IGNORE INTO provider_batches VALUES(?, ?)",
    [STATEMENT_PUT_BATCH] = "INSERT INTO rollup_batches VALUES(?, ?, ?, ?)",
    [STATEMENT_PUT_GROUP] =
        "INSERT INTO rollups VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,"
        "?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
    [STATEMENT_DROP_GROUPS] = "DELETE FROM rollups WHERE batch >"
                              " coalesce((SELECT max(last_seq) FROM rollup_batches), 0)",
    [STATEMENT_PRUNE_ENTRIES] = "DELETE FROM entries WHERE seq <= ?",
    [STATEMENT_PRUNE_COMMITS] =
        "DELETE FROM commits WHERE first_seq <= ?1 AND last_seq <= ?1",
    [STATEMENT_PRUNE_FILTERS] =
        "DELETE FROM filters WHERE first_seq <= ?1 AND last_seq <= ?1",
    [STATEMENT_PRUNE_BATCHES] = "DELETE FROM provider_batches WHERE seq <= ?",
    /* What came before a pruned row. The oldest alone are looked at: there is no index.
     * The last tick stays, time goes on from it. */
    [STATEMENT_PRUNE_TICKS] =
        ("DELETE FROM ticks WHERE id IN (SELECT id FROM"
         " (SELECT id, last_seq FROM ticks ORDER BY id LIMIT ?2) WHERE last_seq < ?1)"
         " AND id < (SELECT max(id) FROM ticks)"),
    [STATEMENT_PRUNE_ALERTS] =
        ("DELETE FROM alerts WHERE id IN (SELECT id FROM"
         " (SELECT id, last_seq FROM alerts ORDER BY id LIMIT ?2) WHERE last_seq < ?1)"),
    /* The one before the first row's stays too: a slow request may still name it. */
    [STATEMENT_PRUNE_GENERATIONS] =
        ("DELETE FROM generations WHERE number <"
         " (SELECT generation FROM entries ORDER BY seq LIMIT 1) - 1"),
};

/* With its mode, which SQLite gives to the files beside it as well. An existing file is
 * not touched: closing it would drop the locks that this process has on it. */
static bool create_file(const char *path, struct err *err)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640);

    if (fd == -1)
        return errno == EEXIST || err_set(err, ERR_IO, "%s: %m", path);
    close(fd);
    return true;
}

static bool copy_paths(struct ledger *l, const char *path, struct err *err)
{
    l->path = strdup(path);
    if (l->path && asprintf(&l->journal_path, "%s-wal", path) != -1)
        return true;
    l->journal_path = NULL;
    return err_set(err, ERR_MEMORY, "ledger: no memory");
}

static bool connect(struct ledger *l, struct err *err)
{
    return create_file(l->path, err) &&
           db_open(&l->db, l->path, SQLITE_OPEN_READWRITE, BUSY_MS, err) &&
           schema_prepare(l->db, l->path, err) &&
           db_exec(l->db, "PRAGMA journal_mode = WAL", err) &&
           db_exec(l->db, "PRAGMA synchronous = FULL", err) &&
           db_exec(l->db, "PRAGMA wal_autocheckpoint = 0", err) &&
           db_exec(l->db, "PRAGMA cache_size = -16384", err) &&
           db_exec(l->db, "PRAGMA temp_store = MEMORY", err) &&
           schema_seed(l->db, &l->seed, err);
}

static bool read_position(struct ledger *l, struct err *err)
{
    int64_t seq = 0, first = 0, opening = 0, rolled = 0;
    struct position *p = &l->committed;

    if (!db_int64(l->db, "SELECT max(seq) FROM entries", &seq, err) ||
        !db_int64(l->db, "SELECT min(seq) FROM entries", &first, err) ||
        !db_int64(l->db, "SELECT seq FROM states WHERE name = 'opening'", &opening,
                  err) ||
        !db_int64(l->db, "SELECT max(last_seq) FROM rollup_batches", &rolled, err) ||
        !db_int64(l->db,
                  "SELECT booked_peak_ns FROM commits ORDER BY first_seq DESC LIMIT 1",
                  &p->peak_ns, err) ||
        !db_int64(l->db,
                  "SELECT committed_ns FROM commits ORDER BY first_seq DESC LIMIT 1",
                  &p->committed_ns, err))
        return false;
    p->seq = (uint64_t)seq;
    p->first_seq = (uint64_t)(first ? first : opening + 1);
    p->opening_seq = (uint64_t)opening;
    p->rolled_seq = (uint64_t)(rolled > opening ? rolled : opening);
    l->now = *p;
    return true;
}

static bool prepare_all(struct ledger *l, struct err *err)
{
    for (size_t i = 0; i < STATEMENT_COUNT; i++)
        if (!db_prepare(l->db, &l->statements[i], statements_sql[i], err))
            return false;
    return true;
}

bool ledger_open(struct ledger **out, const struct ledger_options *options,
                 struct err *err)
{
    *out = NULL;
    struct ledger *l = calloc(1, sizeof *l);
    if (!l)
        return err_set(err, ERR_MEMORY, "ledger: no memory");
    l->lock_fd = -1;
    l->journal_max_bytes = options->journal_max_bytes;
    if (!copy_paths(l, options->path, err) ||
        !lock_take(&l->lock_fd, options->path, err) || !connect(l, err) ||
        !read_position(l, err) || !prepare_all(l, err) ||
        !dict_open(&l->dict, l->db, l->seed, err) ||
        !filter_open(&l->filter, l->db, l->seed, err) ||
        !row_writer_open(&l->rows, l->db, &l->dict, options->schema, err))
        goto fail;
    *out = l;
    return true;

fail:
    ledger_close(l);
    return false;
}

void ledger_close(struct ledger *l)
{
    if (!l)
        return;
    ledger_rollback(l);
    for (size_t i = 0; i < STATEMENT_COUNT; i++)
        sqlite3_finalize(l->statements[i]);
    row_writer_close(&l->rows);
    filter_close(&l->filter);
    dict_close(&l->dict);
    buf_release(&l->keys);
    sqlite3_close(l->tidy);
    sqlite3_close(l->db);
    lock_release(l->lock_fd);
    free(l->journal_path);
    free(l->path);
    free(l);
}

uint64_t ledger_seed(const struct ledger *l)
{
    return l->seed;
}

static int64_t file_size(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 ? (int64_t)status.st_size : 0;
}

/* *frames: pages in the write-ahead log, those that are in the database already among
 * them. */
static bool checkpoint(struct ledger *l, int mode, int *frames, struct err *err)
{
    int code = sqlite3_wal_checkpoint_v2(l->tidy, NULL, mode, frames, NULL);

    /* Somebody reads or writes: what is left goes the next time. */
    return code == SQLITE_OK || code == SQLITE_BUSY ||
           db_fail(l->tidy, "checkpoint", err);
}

/* SQLite checkpoints nothing on a connection that has not read yet. */
static bool connect_tidy(struct ledger *l, struct err *err)
{
    int64_t objects;

    if (l->tidy)
        return true;
    if (!db_open(&l->tidy, l->path, SQLITE_OPEN_READWRITE, TIDY_BUSY_MS, err))
        return false;
    if (db_exec(l->tidy, "PRAGMA synchronous = FULL", err) &&
        db_int64(l->tidy, "SELECT count(*) FROM sqlite_schema", &objects, err))
        return true;
    sqlite3_close(l->tidy);
    l->tidy = NULL;
    return false;
}

bool ledger_tidy(struct ledger *l, struct err *err)
{
    int frames;

    if (!connect_tidy(l, err) || !checkpoint(l, SQLITE_CHECKPOINT_PASSIVE, &frames, err))
        return false;
    if (file_size(l->journal_path) > l->journal_max_bytes)
        return checkpoint(l, SQLITE_CHECKPOINT_TRUNCATE, &frames, err);

    /* Under a steady load the log never empties by itself. Beginning it anew holds up the
     * writer, so not often; its file keeps its size, which makes the next syncs cheaper.
     */
    return frames < RESTART_FRAMES ||
           checkpoint(l, SQLITE_CHECKPOINT_RESTART, &frames, err);
}

void ledger_stats(const struct ledger *l, struct ledger_stats *out)
{
    *out = (struct ledger_stats){
        .bytes = file_size(l->path),
        .journal_bytes = file_size(l->journal_path),
        .commits = l->commits,
        .commit_ns = l->commit_ns,
        .opening_seq = l->committed.opening_seq,
        .first_seq = l->committed.first_seq,
    };
    db_int64(l->db,
             "SELECT (page_count - freelist_count) * page_size FROM pragma_page_count,"
             " pragma_freelist_count, pragma_page_size",
             &out->used_bytes, NULL);
}
