/* What is written beside records: ticks, generations, alerts, states. Each row names the
 * last record before it, which puts all of them into one order. */
#include "writer.h"

static int64_t last_seq(const struct ledger *l)
{
    return (int64_t)l->now.seq;
}

bool ledger_put_tick(struct ledger *l, int64_t tick_ns, struct err *err)
{
    sqlite3_stmt *put = l->statements[STATEMENT_PUT_TICK];

    if (!ledger_writable(l, err))
        return false;
    sqlite3_bind_int64(put, 1, tick_ns);
    sqlite3_bind_int64(put, 2, last_seq(l));
    return ledger_noted(l, db_run(put, err));
}

/* *number: of the newest generation, 0 if there is none; *same: it is this one. */
static bool newest_generation(struct ledger *l, const struct generation_row *g,
                              uint32_t *number, bool *same, struct err *err)
{
    sqlite3_stmt *get = l->statements[STATEMENT_GET_GENERATION];
    bool row;

    *number = 0;
    *same = false;
    if (!db_next(get, &row, err))
        return false;
    if (!row)
        return true;
    *number = (uint32_t)sqlite3_column_int64(get, 0);
    *same = str_eq(db_text(get, 1), g->config_hash) &&
            str_eq(db_text(get, 2), g->policy_hash) &&
            str_eq(db_text(get, 3), g->data_hash) &&
            str_eq(db_text(get, 4), g->price_hash) &&
            str_eq(db_text(get, 5), g->disabled);
    sqlite3_reset(get);
    return true;
}

bool ledger_put_generation(struct ledger *l, const struct generation_row *g,
                           uint32_t *number, struct err *err)
{
    sqlite3_stmt *put = l->statements[STATEMENT_PUT_GENERATION];
    bool same;

    if (!ledger_writable(l, err))
        return false;
    if (!newest_generation(l, g, number, &same, err))
        return ledger_noted(l, false);
    if (same)
        return true;
    ++*number;
    sqlite3_bind_int64(put, 1, *number);
    sqlite3_bind_int64(put, 2, last_seq(l));
    sqlite3_bind_int64(put, 3, g->active_since_ns);
    db_bind_text(put, 4, g->config_hash);
    db_bind_text(put, 5, g->policy_hash);
    db_bind_text(put, 6, g->data_hash);
    db_bind_text(put, 7, g->price_hash);
    if (g->disabled.size)
        db_bind_text(put, 8, g->disabled);
    else
        sqlite3_bind_null(put, 8);
    return ledger_noted(l, db_run(put, err));
}

bool ledger_put_alert(struct ledger *l, const struct alert_row *a, struct err *err)
{
    sqlite3_stmt *put = l->statements[STATEMENT_PUT_ALERT];

    if (!ledger_writable(l, err))
        return false;
    sqlite3_bind_int64(put, 1, a->tick_ns);
    sqlite3_bind_int64(put, 2, last_seq(l));
    db_bind_text(put, 3, a->policy);
    db_bind_text(put, 4, a->rule);
    db_bind_text(put, 5, a->from_state);
    db_bind_text(put, 6, a->to_state);
    sqlite3_bind_double(put, 7, a->value);
    db_bind_text(put, 8, a->labels_json);
    db_bind_text(put, 9, a->annotations_json);
    sqlite3_bind_int64(put, 10, a->generation);
    db_bind_text(put, 11, a->policy_version);
    return ledger_noted(l, db_run(put, err));
}

bool ledger_put_state(struct ledger *l, struct str name, struct str state,
                      struct err *err)
{
    sqlite3_stmt *put = l->statements[STATEMENT_PUT_STATE];

    if (!ledger_writable(l, err))
        return false;
    db_bind_text(put, 1, name);
    sqlite3_bind_int64(put, 2, last_seq(l));
    sqlite3_bind_blob64(put, 3, state.size ? state.at : "", state.size, SQLITE_STATIC);
    return ledger_noted(l, db_run(put, err));
}
