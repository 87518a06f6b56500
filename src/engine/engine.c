#include "spendwarden/engine.h"

#include <stdlib.h>

#include "../tick/tick_view.h"
#include "breaker.h"
#include "engine_internal.h"
#include "filler.h"
#include "load_test.h"
#include "spendwarden/log.h"

enum { JOURNAL_MAX_BYTES = 256 * 1024 * 1024, SOURCE_ROWS = 1000 };

static bool fail(struct diags *diags, const struct err *err)
{
    diags_add(diags, "spendwarden", 0, 0, "%s", err->text);
    return false;
}

static bool open_books(struct engine *e, struct err *err)
{
    const struct config *c = e->generation->config;
    struct books_options options = {
        .ledger = {.path = c->ledger_path,
                   .schema = &c->schema,
                   .journal_max_bytes = JOURNAL_MAX_BYTES},
        .metrics = c->metrics,
        .windows = c->windows,
        .dedupe_horizon_ns = c->dedupe_horizon_ns,
        .dedupe_max_bytes = c->dedupe_max_bytes,
    };

    options.metrics.schema = &c->schema;
    options.windows.schema = &c->schema;
    return books_open(&e->books, &options, err);
}

static bool declare(struct engine *e, struct generation *g, struct err *err)
{
    e->declared = books_declare(e->books, g->windows, g->window_count, g->metrics,
                                g->metric_count, g->window_ids, err);
    filler_wake(e->filler);
    return e->declared;
}

bool engine_declare(struct engine *e, struct err *err)
{
    return e->declared || declare(e, e->generation, err);
}

bool engine_adopt(struct engine *e, struct generation *g, bool write, struct err *err)
{
    static const struct policy_mask none;
    struct generation_row row = generation_row_of(g);
    uint32_t number = 0;

    if (!declare(e, g, err) || (write && !books_generation(e->books, &row, &number, err)))
        return false;
    bool same = e->generation != g && generation_ruling(e->generation)->number == number;
    g->active_since_ns = same ? e->generation->active_since_ns : row.active_since_ns;
    return generation_rule(g, number, &none) || err_set(err, ERR_MEMORY, "no memory");
}

static bool open_breaker(struct engine *e, struct err *err)
{
    if (!breaker_open(&e->breaker, err))
        return false;
    const struct books_watcher watcher = breaker_watcher(e->breaker);
    breaker_follow(e->breaker, e->generation);
    books_watch(e->books, &watcher);
    return true;
}

static bool open_outbox(struct engine *e, struct err *err)
{
    const struct config *c = e->generation->config;
    struct outbox_options options = c->alerts;

    options.external_url = c->external_url;
    return outbox_open(&e->outbox, &options, err);
}

static bool know_source(void *ctx, const struct record *r, struct err *err)
{
    (void)err;
    outcomes_know(ctx, r->ev.text[TEXT_SOURCE], r->committed_ns);
    return true;
}

/* Silence is told from before the start, by the newest rows. */
static bool know_sources(struct engine *e, struct err *err)
{
    const struct generation *g = e->generation;
    struct ledger_reader *reader = NULL;

    for (size_t i = 0; i < g->source_count; i++)
        outcomes_know(e->outcomes, source_name(g->sources[i]), 0);
    bool ok =
        ledger_reader_open(&reader, g->config->ledger_path, &g->config->schema, err) &&
        ledger_find(reader, STR(""), SOURCE_ROWS, know_source, e->outcomes, err);
    ledger_reader_close(reader);
    return ok;
}

bool engine_open(struct engine **out, const struct generation_options *options,
                 bool serve, struct diags *diags)
{
    struct engine *e = calloc(1, sizeof *e);
    struct err err = {0};

    *out = NULL;
    if (!e) {
        diags_add(diags, "spendwarden", 0, 0, "no memory");
        return false;
    }
    e->options = *options;
    pthread_mutex_init(&e->generation_lock, NULL);
    pthread_mutex_init(&e->reload_lock, NULL);
    pthread_mutex_init(&e->report_lock, NULL);
    pthread_mutex_init(&e->decide_lock, NULL);
    if (!generation_load(&e->generation, options, diags) ||
        (serve && !load_test(e->generation, diags)))
        goto fail;
    e->first = generation_hold(e->generation);
    e->outcomes = outcomes_new();
    e->capture = capture_new(timestamp_now());
    if (!e->outcomes || !e->capture)
        err_set(&err, ERR_MEMORY, "no memory");
    if (err.kind || !open_books(e, &err) ||
        !engine_adopt(e, e->generation, serve, &err) || !know_sources(e, &err) ||
        !open_breaker(e, &err) ||
        (serve && (!open_outbox(e, &err) || !filler_open(&e->filler, e->books, &err) ||
                   !ticker_open(&e->ticker, e, &err)))) {
        fail(diags, &err);
        goto fail;
    }
    reload_note(e, "start", true, diags);
    *out = e;
    return true;

fail:
    engine_close(e);
    return false;
}

void engine_close(struct engine *e)
{
    if (!e)
        return;
    ticker_close(e->ticker); /* a tick may wake the filler */
    filler_close(e->filler);
    outbox_close(e->outbox);
    books_close(e->books);
    breaker_close(e->breaker);
    generation_release(e->generation);
    generation_release(e->first);
    outcomes_free(e->outcomes);
    capture_free(e->capture);
    diags_release(&e->reload_errors);
    pthread_mutex_destroy(&e->decide_lock);
    pthread_mutex_destroy(&e->report_lock);
    pthread_mutex_destroy(&e->reload_lock);
    pthread_mutex_destroy(&e->generation_lock);
    free(e);
}

struct books *engine_books(struct engine *e)
{
    return e->books;
}

struct outcomes *engine_outcomes(struct engine *e)
{
    return e->outcomes;
}

struct capture *engine_capture(struct engine *e)
{
    return e->capture;
}

struct generation *engine_generation(struct engine *e)
{
    pthread_mutex_lock(&e->generation_lock);
    struct generation *g = generation_hold(e->generation);
    pthread_mutex_unlock(&e->generation_lock);
    return g;
}

bool engine_is_current(const struct engine *e, const struct generation *g)
{
    return __atomic_load_n(&e->generation, __ATOMIC_ACQUIRE) == g;
}

struct tick_view *engine_tick_view(struct engine *e)
{
    return e->ticker ? ticker_view(e->ticker) : NULL;
}

void engine_tick_view_release(struct tick_view *v)
{
    tick_view_drop((struct tick_view_box *)v);
}

size_t engine_receivers(struct engine *e, struct receiver_stats *out, size_t max)
{
    return e->outbox ? outbox_stats(e->outbox, out, max) : 0;
}
