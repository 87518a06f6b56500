#include "spendwarden/browse.h"

#include "reader.h"

static const char records_sql[] =
    "SELECT * FROM entries WHERE seq < ? AND seq > ? ORDER BY seq DESC";
static const char alerts_sql[] = "SELECT * FROM alerts WHERE id < ? ORDER BY id DESC";
static const char generation_sql[] =
    "SELECT config_hash, policy_hash, data_hash, price_hash, active_since_ns, disabled"
    " FROM generations WHERE number = ?";

/* A page under way. */
struct turn {
    const struct browse *page;
    sqlite3_stmt *rows;
    int64_t deadline_ns;
    size_t taken;
    uint64_t last; /* row looked at */
    bool ended;    /* there are no more */
};

static int64_t below(const struct browse *page)
{
    return page->before == 0 || page->before > INT64_MAX ? INT64_MAX
                                                         : (int64_t)page->before;
}

/* *some: a row to look at. None is left, or the page is full, or its time is over. */
static bool next_row(struct turn *t, bool *some, struct err *err)
{
    *some = false;
    if (t->taken >= t->page->limit || (t->last && timestamp_monotonic() > t->deadline_ns))
        return true;
    if (!db_next(t->rows, some, err))
        return false;
    t->ended = !*some;
    if (*some)
        t->last = (uint64_t)sqlite3_column_int64(t->rows, 0);
    return true;
}

static bool begin(struct turn *t, struct ledger_reader *r, const char *sql,
                  const struct browse *page, struct err *err)
{
    *t = (struct turn){.page = page,
                       .deadline_ns = timestamp_monotonic() + page->limit_ns};
    if (!db_prepare(r->db, &t->rows, sql, err))
        return false;
    sqlite3_bind_int64(t->rows, 1, below(page));
    return true;
}

static bool end(struct turn *t, bool ok, uint64_t *next)
{
    *next = ok && !t->ended ? t->last : 0;
    sqlite3_finalize(t->rows);
    return ok;
}

static bool is_within(const struct browse *page, int64_t ns)
{
    return ns >= page->start_ns && ns < page->end_ns;
}

struct chosen {
    const struct browse_records *query;
    struct turn *turn;
    ledger_visit *visit;
    void *ctx;
};

static bool choose(void *ctx, const struct record *r, struct err *err)
{
    struct chosen *c = ctx;
    const struct browse_records *q = c->query;

    if (!is_within(&q->page, r->booked_ns) ||
        (q->least && r->charge.charge.nanousd < q->least->nanousd) ||
        !record_passes(r, q->filters, q->filter_count))
        return true;
    c->turn->taken++;
    return c->visit(c->ctx, r, err);
}

static bool browse(struct ledger_reader *r, const struct browse_records *q,
                   struct chosen *c, uint64_t *next, struct err *err)
{
    struct turn t;
    uint64_t after;
    int64_t opening;
    bool some;

    *next = 0;
    if (!ledger_seq_before(r, q->page.start_ns, &after, err) ||
        !reader_opening(r, &opening, err) || !begin(&t, r, records_sql, &q->page, err))
        return false;
    if ((uint64_t)opening > after)
        after = (uint64_t)opening;
    sqlite3_bind_int64(t.rows, 2, (int64_t)after);
    c->turn = &t;
    bool ok = next_row(&t, &some, err);
    while (ok && some)
        ok = reader_visit(r, t.rows, choose, c, err) && next_row(&t, &some, err);
    return end(&t, ok, next);
}

bool ledger_browse(struct ledger_reader *r, const struct browse_records *q,
                   ledger_visit *visit, void *ctx, uint64_t *next, struct err *err)
{
    struct chosen c = {q, NULL, visit, ctx};
    const bool held = r->held;

    bool ok = ledger_reader_hold(r, err) && browse(r, q, &c, next, err);
    r->held = held;
    return reader_end(r, ok);
}

bool ledger_look(struct ledger_reader *r, uint64_t seq, ledger_visit *visit, void *ctx,
                 struct err *err)
{
    return seq == 0 || ledger_scan(r, seq - 1, seq, visit, ctx, err);
}

/* The last two columns are of schema version 4. */
static void read_alert(sqlite3_stmt *row, struct alert_row *out)
{
    bool has_revision = sqlite3_column_count(row) > 11;

    *out = (struct alert_row){
        .tick_ns = sqlite3_column_int64(row, 1),
        .policy = db_text(row, 3),
        .rule = db_text(row, 4),
        .from_state = db_text(row, 5),
        .to_state = db_text(row, 6),
        .value = sqlite3_column_double(row, 7),
        .labels_json = db_text(row, 8),
        .annotations_json = db_text(row, 9),
    };
    if (!has_revision)
        return;
    out->generation = (uint32_t)sqlite3_column_int64(row, 10);
    out->policy_version = db_text(row, 11);
}

/* Ticks never go back: one before the start ends it. */
static bool browse_alerts(struct turn *t, struct str state, ledger_visit_alert *visit,
                          void *ctx, struct err *err)
{
    struct alert_row alert;
    bool some;

    bool ok = next_row(t, &some, err);
    while (ok && some) {
        read_alert(t->rows, &alert);
        if (alert.tick_ns < t->page->start_ns) {
            t->ended = true;
            break;
        }
        if (alert.tick_ns < t->page->end_ns &&
            (state.size == 0 || str_eq(state, alert.to_state))) {
            t->taken++;
            ok = visit(ctx, t->last, &alert, err);
        }
        ok = ok && next_row(t, &some, err);
    }
    return ok;
}

bool ledger_browse_alerts(struct ledger_reader *r, const struct browse *page,
                          struct str state, ledger_visit_alert *visit, void *ctx,
                          uint64_t *next, struct err *err)
{
    struct turn t;

    *next = 0;
    return begin(&t, r, alerts_sql, page, err) &&
           end(&t, browse_alerts(&t, state, visit, ctx, err), next);
}

static void read_generation(sqlite3_stmt *row, struct arena *arena,
                            struct generation_row *out)
{
    *out = (struct generation_row){
        .config_hash = arena_copy(arena, db_text(row, 0)),
        .policy_hash = arena_copy(arena, db_text(row, 1)),
        .data_hash = arena_copy(arena, db_text(row, 2)),
        .price_hash = arena_copy(arena, db_text(row, 3)),
        .active_since_ns = sqlite3_column_int64(row, 4),
        .disabled = arena_copy(arena, db_text(row, 5)),
    };
}

bool ledger_read_generation(struct ledger_reader *r, uint32_t number, struct arena *arena,
                            struct generation_row *out, bool *found, struct err *err)
{
    sqlite3_stmt *query = NULL;

    *found = false;
    bool ok = db_prepare(r->db, &query, generation_sql, err);
    if (ok) {
        sqlite3_bind_int64(query, 1, number);
        ok = db_next(query, found, err);
    }
    if (ok && *found)
        read_generation(query, arena, out);
    sqlite3_finalize(query);
    return ok;
}
