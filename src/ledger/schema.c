#include "schema.h"

#include "spendwarden/hash.h"

static const char tables_sql[] =
    "CREATE TABLE meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID;"
    "CREATE TABLE dict(id INTEGER PRIMARY KEY, text TEXT NOT NULL);"
    "CREATE TABLE entries("
    " seq INTEGER PRIMARY KEY, kind INT, generation INT,"
    " booked_ns INT, start_ns INT, end_ns INT, first_token_ns INT, received_ns INT,"
    " status INT, price_status INT, flags INT,"
    " charge_nanousd INT, billed_nanousd INT, computed_nanousd INT, reported_nanousd INT,"
    " input_tokens INT, output_tokens INT, cache_read_tokens INT, cache_write_tokens INT,"
    " reasoning_tokens INT, retry_depth INT, http_status INT,"
    " source INT, ai_system INT, requested_model INT, response_model INT, operation INT,"
    " service_tier INT, region INT, error_class INT, scope INT, tenant INT, team INT,"
    " workflow_id INT, end_user INT, hashed_api_key INT, key_alias INT, user INT, org "
    "INT,"
    " project INT, environment INT, agent INT, endpoint INT, prompt_version INT,"
    " class INT, price_entry INT, matched_by INT, provenance INT,"
    " id TEXT, call_id TEXT, trace_id TEXT, span_id TEXT, session_id TEXT,"
    " response_id TEXT, detail TEXT);"
    "CREATE TABLE commits(first_seq INTEGER PRIMARY KEY, last_seq INT, committed_ns INT,"
    " booked_peak_ns INT, keys BLOB);"
    "CREATE TABLE filters(first_seq INTEGER PRIMARY KEY, last_seq INT, bits BLOB);"
    "CREATE TABLE ticks(id INTEGER PRIMARY KEY, tick_ns INT, last_seq INT);"
    "CREATE TABLE generations(number INTEGER PRIMARY KEY, last_seq INT,"
    " active_since_ns INT, config_hash TEXT, policy_hash TEXT, data_hash TEXT,"
    " price_hash TEXT, disabled TEXT);"
    "CREATE TABLE alerts(id INTEGER PRIMARY KEY, tick_ns INT, last_seq INT, policy TEXT,"
    " rule TEXT, from_state TEXT, to_state TEXT, value REAL, labels TEXT,"
    " annotations TEXT, generation INT, policy_version TEXT);"
    "CREATE TABLE states(name TEXT PRIMARY KEY, seq INT, blob BLOB);";

static const char requests_sql[] =
    "DROP VIEW IF EXISTS requests;"
    "CREATE VIEW requests AS SELECT e.seq,"
    " CASE e.kind WHEN 0 THEN 'charge' WHEN 1 THEN 'amendment' WHEN 2 THEN 'revision'"
    "  ELSE 'opening' END AS kind,"
    " strftime('%Y-%m-%dT%H:%M:%fZ', e.booked_ns / 1e9, 'unixepoch') AS booked,"
    " strftime('%Y-%m-%dT%H:%M:%fZ', (SELECT committed_ns FROM commits"
    "  WHERE first_seq <= e.seq ORDER BY first_seq DESC LIMIT 1) / 1e9, 'unixepoch')"
    "  AS committed,"
    " CASE e.status WHEN 0 THEN 'success' WHEN 1 THEN 'failure' ELSE 'cancelled' END"
    "  AS status,"
    " (e.end_ns - e.start_ns) / 1e9 AS duration_seconds,"
    " (e.first_token_ns - e.start_ns) / 1e9 AS time_to_first_token_seconds,"
    " e.charge_nanousd / 1e9 AS charge_usd,"
    " coalesce(e.billed_nanousd, e.charge_nanousd) / 1e9 AS billed_usd,"
    " e.computed_nanousd / 1e9 AS computed_usd, e.reported_nanousd / 1e9 AS reported_usd,"
    " CASE WHEN (e.flags >> 4) & 3 = 1"
    "  THEN (e.computed_nanousd - e.reported_nanousd) / 1e9 END AS drift_usd,"
    " CASE e.price_status WHEN 0 THEN 'exact' WHEN 1 THEN 'partial' WHEN 2 THEN "
    "'included'"
    "  WHEN 3 THEN 'unpriced' WHEN 4 THEN 'model_missing' WHEN 5 THEN 'usage_missing'"
    "  ELSE 'invalid_usage' END AS price_status,"
    " e.input_tokens, e.output_tokens, e.cache_read_tokens, e.cache_write_tokens,"
    " e.reasoning_tokens, e.retry_depth, e.http_status,"
    " (SELECT text FROM dict d WHERE d.id = e.class) AS class,"
    " (SELECT text FROM dict d WHERE d.id = e.source) AS source,"
    " (SELECT text FROM dict d WHERE d.id = e.ai_system) AS ai_system,"
    " (SELECT text FROM dict d WHERE d.id = e.requested_model) AS requested_model,"
    " (SELECT text FROM dict d WHERE d.id = e.response_model) AS response_model,"
    " (SELECT text FROM dict d WHERE d.id = e.operation) AS operation,"
    " (SELECT text FROM dict d WHERE d.id = e.service_tier) AS service_tier,"
    " (SELECT text FROM dict d WHERE d.id = e.region) AS region,"
    " (SELECT text FROM dict d WHERE d.id = e.error_class) AS error_class,"
    " (SELECT text FROM dict d WHERE d.id = e.tenant) AS tenant,"
    " (SELECT text FROM dict d WHERE d.id = e.team) AS team,"
    " (SELECT text FROM dict d WHERE d.id = e.workflow_id) AS workflow_id,"
    " (SELECT text FROM dict d WHERE d.id = e.end_user) AS end_user,"
    " (SELECT text FROM dict d WHERE d.id = e.hashed_api_key) AS hashed_api_key,"
    " (SELECT text FROM dict d WHERE d.id = e.key_alias) AS key_alias,"
    " (SELECT text FROM dict d WHERE d.id = e.user) AS user,"
    " (SELECT text FROM dict d WHERE d.id = e.org) AS org,"
    " (SELECT text FROM dict d WHERE d.id = e.project) AS project,"
    " (SELECT text FROM dict d WHERE d.id = e.environment) AS environment,"
    " (SELECT text FROM dict d WHERE d.id = e.agent) AS agent,"
    " (SELECT text FROM dict d WHERE d.id = e.endpoint) AS endpoint,"
    " (SELECT text FROM dict d WHERE d.id = e.prompt_version) AS prompt_version,"
    " (SELECT text FROM dict d WHERE d.id = e.price_entry) AS price_entry,"
    " (SELECT text FROM dict d WHERE d.id = e.matched_by) AS matched_by,"
    " (SELECT text FROM dict d WHERE d.id = e.provenance) AS provenance,"
    " e.id, e.call_id, e.trace_id, e.span_id, e.session_id, e.response_id,"
    " e.flags & 4 > 0 AS cache_hit, e.flags & 8 > 0 AS stream,"
    " e.flags & 1 AS late, e.flags & 2 > 0 AS future, e.flags & 384 > 0 AS completes,"
    " e.booked_ns, e.charge_nanousd, e.generation, e.detail"
    " FROM entries e;";

/* Of version 3 on. */
static const char rollups_sql[] =
    "CREATE TABLE rollup_batches(last_seq INTEGER PRIMARY KEY, first_seq INT,"
    " from_ns INT, until_ns INT);"
    "CREATE TABLE rollups(batch INT, slot_ns INT, number INT,"
    " source INT, ai_system INT, requested_model INT, response_model INT,"
    " operation INT, tenant INT, team INT, workflow_id INT, hashed_api_key INT,"
    " key_alias INT, user INT, org INT, project INT, environment INT, agent INT,"
    " class INT, charge_nanousd INT, billed_nanousd INT, reported_nanousd INT,"
    " computed_nanousd INT, retry_nanousd INT, requests INT, failures INT,"
    " unpriced INT, input_tokens INT, output_tokens INT, cache_read_tokens INT,"
    " cache_write_tokens INT, reasoning_tokens INT,"
    " PRIMARY KEY(batch, slot_ns, number)) WITHOUT ROWID;";

/* Of version 5 on. */
static const char batches_sql[] =
    "CREATE TABLE provider_batches(report BLOB PRIMARY KEY, seq INT) WITHOUT ROWID;"
    "CREATE INDEX provider_batches_by_row ON provider_batches(seq);";

/* Rollups and what is in none yet, in one shape: it is exact at any moment, and the only
 * one that knows of pruned rows. Bits 7 and 8 of flags: enum completes. */
static const char spend_sql[] =
    "DROP VIEW IF EXISTS spend;"
    "CREATE VIEW spend AS SELECT"
    " strftime('%Y-%m-%dT%H:%M:%SZ', slot_ns / 1000000000, 'unixepoch') AS slot,"
    " (SELECT text FROM dict d WHERE d.id = s.source) AS source,"
    " (SELECT text FROM dict d WHERE d.id = s.ai_system) AS ai_system,"
    " (SELECT text FROM dict d WHERE d.id = s.requested_model) AS requested_model,"
    " (SELECT text FROM dict d WHERE d.id = s.response_model) AS response_model,"
    " (SELECT text FROM dict d WHERE d.id = s.operation) AS operation,"
    " (SELECT text FROM dict d WHERE d.id = s.tenant) AS tenant,"
    " (SELECT text FROM dict d WHERE d.id = s.team) AS team,"
    " (SELECT text FROM dict d WHERE d.id = s.workflow_id) AS workflow_id,"
    " (SELECT text FROM dict d WHERE d.id = s.hashed_api_key) AS hashed_api_key,"
    " (SELECT text FROM dict d WHERE d.id = s.key_alias) AS key_alias,"
    " (SELECT text FROM dict d WHERE d.id = s.user) AS user,"
    " (SELECT text FROM dict d WHERE d.id = s.org) AS org,"
    " (SELECT text FROM dict d WHERE d.id = s.project) AS project,"
    " (SELECT text FROM dict d WHERE d.id = s.environment) AS environment,"
    " (SELECT text FROM dict d WHERE d.id = s.agent) AS agent,"
    " (SELECT text FROM dict d WHERE d.id = s.class) AS class,"
    " charge_nanousd, billed_nanousd, reported_nanousd, computed_nanousd,"
    " retry_nanousd, requests, failures, unpriced, input_tokens, output_tokens,"
    " cache_read_tokens, cache_write_tokens, reasoning_tokens, slot_ns"
    " FROM (SELECT slot_ns,"
    " source, ai_system, requested_model, response_model, operation, tenant,"
    " team, workflow_id, hashed_api_key, key_alias, user, org, project,"
    " environment, agent, class, charge_nanousd, billed_nanousd,"
    " reported_nanousd, computed_nanousd, retry_nanousd, requests, failures,"
    " unpriced, input_tokens, output_tokens, cache_read_tokens,"
    " cache_write_tokens, reasoning_tokens"
    " FROM rollups WHERE batch <= (SELECT max(last_seq) FROM rollup_batches)"
    " UNION ALL SELECT"
    " booked_ns - (booked_ns % 900000000000 + 900000000000) % 900000000000,"
    " source, ai_system, requested_model, response_model, operation, tenant,"
    " team, workflow_id, hashed_api_key, key_alias, user, org, project,"
    " environment, agent, class,"
    " charge_nanousd, coalesce(billed_nanousd, charge_nanousd),"
    " iif((flags >> 4) & 3 = 1, max(reported_nanousd, 0), 0),"
    " max(coalesce(computed_nanousd, 0), 0),"
    " iif(retry_depth > 0, charge_nanousd, 0), flags & 384 = 0,"
    " status = 1 AND flags & 384 = 0, flags & 64 > 0,"
    " iif(flags & 384 = 128, 0, coalesce(input_tokens, 0)),"
    " iif(flags & 384 = 128, 0, coalesce(output_tokens, 0)),"
    " iif(flags & 384 = 128, 0, coalesce(cache_read_tokens, 0)),"
    " iif(flags & 384 = 128, 0, coalesce(cache_write_tokens, 0)),"
    " iif(flags & 384 = 128, 0, coalesce(reasoning_tokens, 0)) FROM entries WHERE kind = "
    "0 AND seq >"
    " max(coalesce((SELECT max(last_seq) FROM rollup_batches), 0),"
    "  coalesce((SELECT seq FROM states WHERE name = 'opening'), 0))) s;";

static bool put_meta(sqlite3 *db, const char *key, int64_t value, struct err *err)
{
    sqlite3_stmt *insert = NULL;
    bool ok = db_prepare(db, &insert, "INSERT INTO meta VALUES(?, ?)", err);

    if (ok) {
        db_bind_text(insert, 1, str_of(key));
        sqlite3_bind_int64(insert, 2, value);
        ok = db_run(insert, err);
    }
    sqlite3_finalize(insert);
    return ok;
}

static bool create(sqlite3 *db, struct err *err)
{
    int64_t seed;

    /* Larger pages cost less in batches and more in commits of one row: 8 KiB is between
     * the two. */
    return random_bytes(&seed, sizeof seed, err) &&
           db_exec(db, "PRAGMA page_size = 8192", err) &&
           db_exec(db, "PRAGMA journal_mode = WAL", err) &&
           db_exec(db, "BEGIN IMMEDIATE", err) && db_exec(db, tables_sql, err) &&
           db_exec(db, requests_sql, err) && db_exec(db, rollups_sql, err) &&
           db_exec(db, batches_sql, err) && db_exec(db, spend_sql, err) &&
           put_meta(db, "schema_version", LEDGER_SCHEMA_VERSION, err) &&
           put_meta(db, "seed", seed, err) &&
           db_exec(db, "PRAGMA application_id = 0x73707764", err) && /* "spwd" */
           db_exec(db, "COMMIT", err);
}

/* What leads from each version to the next. Rows before version 4 do not say that they
 * lack a price: what they kept tells. */
static const char *const upgrades[LEDGER_SCHEMA_VERSION] = {
    [1] = "ALTER TABLE generations ADD COLUMN disabled TEXT;",
    [2] = rollups_sql,
    [3] = "ALTER TABLE alerts ADD COLUMN generation INT;"
          "ALTER TABLE alerts ADD COLUMN policy_version TEXT;"
          "UPDATE entries SET flags = flags | 64 WHERE kind = 0 AND charge_nanousd = 0"
          " AND price_status >= 3 AND computed_nanousd IS NULL AND (flags >> 4) & 3 <> 1"
          " AND (status = 0 OR input_tokens > 0 OR output_tokens > 0);",
    [4] = batches_sql,
};

static bool upgrade(sqlite3 *db, int64_t version, struct err *err)
{
    bool ok = true;

    if (version == LEDGER_SCHEMA_VERSION)
        return true;
    if (!db_exec(db, "BEGIN IMMEDIATE", err))
        return false;
    for (int64_t from = version; ok && from < LEDGER_SCHEMA_VERSION; from++)
        ok = db_exec(db, upgrades[from], err) &&
             db_exec(db, "UPDATE meta SET value = value + 1 WHERE key = 'schema_version'",
                     err);
    ok = ok && db_exec(db, requests_sql, err) && db_exec(db, spend_sql, err);
    if (ok && db_exec(db, "COMMIT", err))
        return true;
    db_exec(db, "ROLLBACK", NULL);
    return false;
}

static bool check(sqlite3 *db, const char *path, int64_t *out, struct err *err)
{
    int64_t meta = 0, version = 0;

    if (!db_int64(db, "SELECT count(*) FROM sqlite_schema WHERE name = 'meta'", &meta,
                  err))
        return false;
    if (meta && !db_int64(db, "SELECT value FROM meta WHERE key = 'schema_version'",
                          &version, err))
        return false;
    if (version < 1)
        return err_set(err, ERR_INPUT, "%s: is no spendwarden ledger", path);
    if (version > LEDGER_SCHEMA_VERSION)
        return err_set(
            err, ERR_INPUT,
            "%s: the ledger has schema version %lld, this program knows %d: run "
            "the newer spendwarden that wrote it, or give another ledger path",
            path, (long long)version, LEDGER_SCHEMA_VERSION);
    *out = version;
    return true;
}

bool schema_check(sqlite3 *db, const char *path, struct err *err)
{
    int64_t version;

    return check(db, path, &version, err);
}

bool schema_prepare(sqlite3 *db, const char *path, struct err *err)
{
    int64_t objects = 0, version;

    if (!db_int64(db, "SELECT count(*) FROM sqlite_schema", &objects, err))
        return false;
    if (!objects)
        return create(db, err);
    return check(db, path, &version, err) && upgrade(db, version, err);
}

bool schema_seed(sqlite3 *db, uint64_t *seed, struct err *err)
{
    int64_t value = 0;

    if (!db_int64(db, "SELECT value FROM meta WHERE key = 'seed'", &value, err))
        return false;
    *seed = (uint64_t)value;
    return true;
}
