/* Rows of both tables, and their sums. */
#include "rollup.h"

#include "columns.h"
#include "spendwarden/value.h"

static const char entries_sql[] =
    "SELECT seq, kind, booked_ns, status, flags, retry_depth,"
    " charge_nanousd, coalesce(billed_nanousd, charge_nanousd), reported_nanousd,"
    " computed_nanousd, input_tokens, output_tokens, cache_read_tokens,"
    " cache_write_tokens, reasoning_tokens, source, ai_system, requested_model,"
    " response_model, operation, tenant, team, workflow_id, hashed_api_key, key_alias,"
    " user, org, project, environment, agent, class"
    " FROM entries WHERE seq > ? AND seq <= ? ORDER BY seq";

/* Of entries_sql. */
enum {
    AT_SEQ,
    AT_KIND,
    AT_BOOKED,
    AT_STATUS,
    AT_FLAGS,
    AT_RETRY_DEPTH,
    AT_CHARGE,
    AT_BILLED,
    AT_REPORTED,
    AT_COMPUTED,
    AT_TOKENS,
    AT_LABELS = AT_TOKENS + 5,
};

static const char groups_sql[] =
    "SELECT * FROM rollups WHERE batch = ? AND slot_ns >= ? AND slot_ns < ?"
    " ORDER BY slot_ns, number";

enum { GROUP_AT_SLOT = 1, GROUP_AT_LABELS = 3 };

const uint8_t rollup_texts[ROLLUP_LABELS - 1] = {
    TEXT_SOURCE,         TEXT_AI_SYSTEM,   TEXT_REQUESTED_MODEL,
    TEXT_RESPONSE_MODEL, TEXT_OPERATION,   TEXT_TENANT,
    TEXT_TEAM,           TEXT_WORKFLOW_ID, TEXT_HASHED_API_KEY,
    TEXT_KEY_ALIAS,      TEXT_USER,        TEXT_ORG,
    TEXT_PROJECT,        TEXT_ENVIRONMENT, TEXT_AGENT,
};

static int64_t slot_of(int64_t ns)
{
    int64_t rest = ns % SPEND_SLOT_NS;

    return ns - (rest < 0 ? rest + SPEND_SLOT_NS : rest);
}

/* What a row adds to the sums, from either form of it. */
struct parts {
    enum outcome outcome;
    enum reported reported;
    enum completes completes;
    int64_t retry_depth, charge, billed, reported_nano, computed_nano;
    bool has_computed, lacks_price;
    int64_t tokens[5]; /* input, output, cache read, cache write, reasoning */
};

static int64_t positive(int64_t value)
{
    return value > 0 ? value : 0;
}

static void sum_parts(int64_t sums[SPEND_SUM_COUNT], const struct parts *p)
{
    sums[SPEND_CHARGE] = p->charge;
    sums[SPEND_BILLED] = p->billed;
    sums[SPEND_REPORTED] = p->reported == REPORTED_COST ? positive(p->reported_nano) : 0;
    sums[SPEND_COMPUTED] = p->has_computed ? positive(p->computed_nano) : 0;
    sums[SPEND_RETRY] = p->retry_depth > 0 ? p->charge : 0;
    sums[SPEND_REQUESTS] = p->completes == COMPLETES_NOTHING;
    sums[SPEND_FAILURES] = sums[SPEND_REQUESTS] && p->outcome == OUTCOME_FAILURE;
    sums[SPEND_UNPRICED] = p->lacks_price;
    for (size_t i = 0; i < 5; i++)
        sums[SPEND_INPUT_TOKENS + i] =
            p->completes == COMPLETES_CHARGE ? 0 : positive(p->tokens[i]);
}

bool spend_of_record(int64_t sums[SPEND_SUM_COUNT], const struct record *r)
{
    const struct parts parts = {
        .outcome = r->ev.outcome,
        .reported = r->ev.reported,
        .completes = r->completes,
        .retry_depth = r->ev.count[COUNT_RETRY_DEPTH],
        .charge = r->charge.charge.nanousd,
        .billed = r->charge.billed.nanousd,
        .reported_nano = r->ev.reported_usd.nanousd,
        .computed_nano = r->charge.computed.nanousd,
        .has_computed = r->charge.has_computed,
        .lacks_price = record_lacks_price(r),
        .tokens = {r->ev.count[COUNT_INPUT_TOKENS], r->ev.count[COUNT_OUTPUT_TOKENS],
                   r->ev.count[COUNT_CACHE_READ_TOKENS],
                   r->ev.count[COUNT_CACHE_WRITE_TOKENS],
                   r->ev.count[COUNT_REASONING_TOKENS]},
    };

    sum_parts(sums, &parts);
    return r->kind == RECORD_CHARGE;
}

bool record_passes(const struct record *r, const struct record_filter *filters,
                   size_t count)
{
    char digits[VALUE_TEXT_SIZE];

    for (size_t i = 0; i < count; i++) {
        struct str value = record_value(r, filters[i].field, digits);
        size_t k = 0;
        while (k < filters[i].value_count && !str_eq(filters[i].values[k], value))
            k++;
        if (k == filters[i].value_count)
            return false;
    }
    return true;
}

bool spend_is_rolled(struct field field)
{
    if (field.kind == FIELD_DERIVED)
        return field.index == DERIVED_CLASS;
    for (size_t i = 0; field.kind == FIELD_TEXT && i < sizeof rollup_texts; i++)
        if (rollup_texts[i] == field.index)
            return true;
    return false;
}

bool rolled_entries(struct ledger_reader *r, sqlite3_stmt **out, uint64_t after,
                    uint64_t until, struct err *err)
{
    if (!db_prepare(r->db, out, entries_sql, err))
        return false;
    sqlite3_bind_int64(*out, 1, (int64_t)after);
    sqlite3_bind_int64(*out, 2, (int64_t)until);
    return true;
}

void rolled_entry(sqlite3_stmt *row, struct rolled *out)
{
    int64_t flags = sqlite3_column_int64(row, AT_FLAGS);
    struct parts parts = {
        .outcome = (enum outcome)sqlite3_column_int64(row, AT_STATUS),
        .reported = (enum reported)(flags >> FLAG_REPORTED_SHIFT & 3),
        .completes = (enum completes)(flags >> FLAG_COMPLETES_SHIFT & 3),
        .retry_depth = sqlite3_column_int64(row, AT_RETRY_DEPTH),
        .charge = sqlite3_column_int64(row, AT_CHARGE),
        .billed = sqlite3_column_int64(row, AT_BILLED),
        .reported_nano = sqlite3_column_int64(row, AT_REPORTED),
        .computed_nano = sqlite3_column_int64(row, AT_COMPUTED),
        .has_computed = sqlite3_column_type(row, AT_COMPUTED) != SQLITE_NULL,
        .lacks_price = flags & FLAG_LACKS_PRICE,
    };

    for (int i = 0; i < 5; i++)
        parts.tokens[i] = sqlite3_column_int64(row, AT_TOKENS + i);
    out->seq = (uint64_t)sqlite3_column_int64(row, AT_SEQ);
    out->counts = sqlite3_column_int64(row, AT_KIND) == RECORD_CHARGE;
    out->key[0] = slot_of(sqlite3_column_int64(row, AT_BOOKED));
    for (int i = 0; i < ROLLUP_LABELS; i++)
        out->key[1 + i] = sqlite3_column_int64(row, AT_LABELS + i);
    sum_parts(out->sums, &parts);
}

bool rolled_groups(struct ledger_reader *r, sqlite3_stmt **out, uint64_t batch,
                   int64_t from_ns, int64_t until_ns, struct err *err)
{
    if (!*out && !db_prepare(r->db, out, groups_sql, err))
        return false;
    sqlite3_bind_int64(*out, 1, (int64_t)batch);
    sqlite3_bind_int64(*out, 2, from_ns);
    sqlite3_bind_int64(*out, 3, until_ns);
    return true;
}

void rolled_group(sqlite3_stmt *row, struct rolled *out)
{
    out->counts = true;
    out->key[0] = sqlite3_column_int64(row, GROUP_AT_SLOT);
    for (int i = 0; i < ROLLUP_LABELS; i++)
        out->key[1 + i] = sqlite3_column_int64(row, GROUP_AT_LABELS + i);
    for (int i = 0; i < SPEND_SUM_COUNT; i++)
        out->sums[i] = sqlite3_column_int64(row, GROUP_AT_LABELS + ROLLUP_LABELS + i);
}

bool rollups_exist(struct ledger_reader *r, bool *exist, struct err *err)
{
    int64_t tables = 0;

    if (!db_int64(r->db, "SELECT count(*) FROM sqlite_schema WHERE name = 'rollups'",
                  &tables, err))
        return false;
    *exist = tables > 0;
    return true;
}
