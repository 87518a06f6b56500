/* Bodies of events: decided one after the other, committed together with what else is
 * ready on this loop (and on the others), answered when durable. A loop never decides for
 * long at a time: it has other connections to serve. */
#include <stdlib.h>

#include "intake.h"
#include "otlp.h"
#include "spendwarden/decode_points.h"
#include "spendwarden/log.h"
#include "spendwarden/shadow.h"
#include "spendwarden/source.h"
#include "tokens.h"

enum { REJECTS_LISTED_MAX = 1000 };

/* How long a loop decides before it looks at its connections again. */
static const int64_t TURN_NS = 5 * NS_PER_MS;

struct queue {
    struct intake *first, *last; /* last: of a queue that is not empty */
};

struct ingest {
    struct engine *engine;
    struct pipeline *pipeline;
    struct points_reader *points; /* of metrics */
    struct queue waiting;         /* to be decided; the first one may be begun */
    struct queue decided;         /* waiting for the commit */
    struct log_limit failed;
};

static void put(struct queue *q, struct intake *in)
{
    in->next = NULL;
    if (q->first)
        q->last->next = in;
    else
        q->first = in;
    q->last = in;
}

static struct intake *take(struct queue *q)
{
    struct intake *in = q->first;

    q->first = in->next;
    return in;
}

static bool open_pipeline(struct ingest *i, struct err *err)
{
    struct generation *g = engine_generation(i->engine);
    struct pipeline *fresh;

    bool ok = pipeline_open(&fresh, g, err);
    generation_release(g);
    if (!ok)
        return false;
    pipeline_shadow(fresh);
    pipeline_close(i->pipeline);
    i->pipeline = fresh;
    return true;
}

bool ingest_open(struct ingest **out, struct engine *e, struct err *err)
{
    struct ingest *i = calloc(1, sizeof *i);

    *out = NULL;
    if (!i)
        return err_set(err, ERR_MEMORY, "ingest: no memory");
    i->engine = e;
    if (!open_pipeline(i, err) ||
        !points_open(&i->points, capture_seed(engine_capture(e)), err)) {
        ingest_close(i);
        return false;
    }
    *out = i;
    return true;
}

void ingest_close(struct ingest *i)
{
    if (!i)
        return;
    pipeline_close(i->pipeline);
    points_close(i->points);
    free(i);
}

/* Only while nothing waits: records borrow from the generation that decided them. */
static void follow_generation(struct ingest *i)
{
    struct err err = {0};

    if (engine_is_current(i->engine, pipeline_generation(i->pipeline)))
        return;
    if (!open_pipeline(i, &err))
        log_limited(&i->failed, NS_PER_MINUTE, LOG_ERROR,
                    "the old generation goes on: %s", err.text);
}

/* What is known already says nothing new of candidates either. */
static void note_shadow(struct generation *g, const struct batch *b)
{
    for (size_t i = 0; i < b->count; i++)
        if (b->verdicts[i] == COMMIT_ACCEPTED &&
            b->records[i]->beside.state != BESIDE_NONE)
            shadow_note_record(g, b->records[i]);
}

static void note_doubts(struct outcomes *outcomes, struct str source,
                        const struct batch *b)
{
    for (size_t i = 0; i < b->count; i++) {
        const struct record *r = b->records[i];
        if (b->verdicts[i] == COMMIT_ACCEPTED && r->perhaps_seq)
            outcomes_doubt(outcomes, source, (struct doubt){r->seq, r->perhaps_seq});
    }
}

static int64_t tokens_of(const struct event *ev)
{
    int64_t input = ev->count[COUNT_INPUT_TOKENS],
            output = ev->count[COUNT_OUTPUT_TOKENS];

    return (input > 0 ? input : 0) + (output > 0 ? output : 0);
}

/* Its metrics count a call whether it was its span that charged, or the report of a
 * gateway behind it; one that is sent again was counted before. */
static void note_calls(struct ingest *i, const struct intake *in)
{
    for (size_t at = 0; at < in->batch.count; at++) {
        const struct record *r = in->batch.records[at];
        if (in->verdicts[at] != COMMIT_DUPLICATE || r->kind == RECORD_AMENDMENT)
            capture_call(engine_capture(i->engine), r->ev.service, tokens_of(&r->ev),
                         r->booked_ns, in->request->received_ns);
    }
}

static void note_commit(struct ingest *i, struct intake *in)
{
    struct generation *g = pipeline_generation(i->pipeline);
    struct outcomes *outcomes = engine_outcomes(i->engine);

    if (g->shadow)
        note_shadow(g, &in->batch);
    if (in->otlp)
        note_calls(i, in);
    in->accepted += in->batch.accepted;
    in->duplicate += in->batch.duplicate;
    outcomes_add(outcomes, in->source, OUTCOME_ACCEPTED, (int64_t)in->batch.accepted,
                 in->request->received_ns);
    outcomes_add(outcomes, in->source, OUTCOME_DUPLICATE, (int64_t)in->batch.duplicate,
                 0);
    outcomes_conflicts(outcomes, in->source, (int64_t)in->batch.conflicts);
    note_doubts(outcomes, in->source, &in->batch);
}

static void count_reject(struct intake *in, const struct verdict_reason *why)
{
    if (!in->first_reject)
        in->first_reject = why->text;
    in->rejected += 1 + why->unread;
}

static void note_reject(struct ingest *i, struct intake *in,
                        const struct verdict_reason *why)
{
    struct reject reject = {.received_ns = in->request->received_ns,
                            .reason = why->text,
                            .index = why->index,
                            .position = why->position};

    outcomes_add(engine_outcomes(i->engine), in->source, OUTCOME_REJECTED,
                 1 + (int64_t)why->unread, 0);
    outcomes_reject(engine_outcomes(i->engine), in->source, &reject);
    count_reject(in, why);
    if (in->rejected > REJECTS_LISTED_MAX || in->otlp)
        return;
    buf_format(&in->rejects, "%s{\"index\":%zu,\"position\":%zu,\"reason\":",
               in->rejected > 1 ? "," : "", why->index, why->position);
    buf_json(&in->rejects, str_of(why->text));
    buf_byte(&in->rejects, '}');
}

/* A body of many events does not wait for the loop: each chunk is durable before the next
 * one is read, so that its records' memory can be used again. */
static bool commit_chunk(struct ingest *i, struct intake *in)
{
    struct err err = {0};

    if (!books_commit(engine_books(i->engine), &in->batch, &err)) {
        log_limited(&i->failed, NS_PER_MINUTE, LOG_ERROR, "not committed: %s", err.text);
        return false;
    }
    note_commit(i, in);
    in->batch.count = 0;
    pipeline_recycle(i->pipeline);
    return true;
}

enum progress { PROGRESS_GOES_ON, PROGRESS_ENDED, PROGRESS_FAILED };

/* Nothing of metrics is booked, nor kept. */
static enum progress take_point(struct ingest *i, struct intake *in)
{
    struct token_point point;
    enum verdict verdict = points_next(i->points, &point, &in->why);

    if (verdict == VERDICT_EVENT)
        capture_point(engine_capture(i->engine), &point, in->request->received_ns);
    else if (verdict == VERDICT_REJECTED || verdict == VERDICT_BROKEN)
        count_reject(in, &in->why);
    in->readable += verdict == VERDICT_EVENT || verdict == VERDICT_SKIPPED ||
                    verdict == VERDICT_REJECTED;
    return verdict == VERDICT_END || verdict == VERDICT_BROKEN ? PROGRESS_ENDED
                                                               : PROGRESS_GOES_ON;
}

/* Failed: a chunk could not be committed. */
static enum progress decide_next(struct ingest *i, struct intake *in)
{
    struct record *r;

    if (in->metrics)
        return take_point(i, in);
    switch (pipeline_next(i->pipeline, &r, &in->why)) {
    case VERDICT_EVENT:
        in->readable++;
        in->records[in->batch.count++] = r;
        if (in->batch.count == CHUNK && !commit_chunk(i, in))
            return PROGRESS_FAILED;
        return PROGRESS_GOES_ON;
    case VERDICT_SKIPPED:
        in->readable++;
        in->skipped++;
        skips_add(&in->skips, in->why.text, 1);
        return PROGRESS_GOES_ON;
    case VERDICT_REJECTED:
        in->readable++;
        note_reject(i, in, &in->why);
        return PROGRESS_GOES_ON;
    case VERDICT_BROKEN:
        note_reject(i, in, &in->why);
        return PROGRESS_ENDED;
    case VERDICT_MORE:
        return PROGRESS_GOES_ON;
    case VERDICT_END:
        return PROGRESS_ENDED;
    }
    return PROGRESS_FAILED;
}

bool ingest_body(struct ingest *i, struct str source, const struct token *token,
                 struct http_request *r, struct http_response *response)
{
    struct intake *in = arena_zalloc(r->arena, sizeof *in);

    if (!in) {
        intake_unavailable(response, "1");
        return true;
    }
    in->request = r;
    in->token = token;
    in->source = source;
    in->otlp = otlp_signal_of(r->path) != OTLP_NONE;
    in->metrics = otlp_signal_of(r->path) == OTLP_METRICS;
    in->batch.records = in->records;
    in->batch.verdicts = in->verdicts;
    put(&i->waiting, in);
    return false;
}

static bool is_signed(const struct source *source, const struct http_request *r)
{
    const char *header = source_signature_header(source);

    return !header || source_signed(source, r->body, http_header(r, header));
}

/* False: it was refused, and is gone from the queue. */
static bool begin_first(struct ingest *i)
{
    struct intake *in = i->waiting.first;

    if (!i->decided.first)
        follow_generation(i);
    const struct source *source =
        generation_source(pipeline_generation(i->pipeline), in->source);
    if (!source || !is_signed(source, in->request)) {
        take(&i->waiting);
        if (source)
            intake_refuse_unsigned(in);
        else
            intake_refuse(in, "1");
        return false;
    }
    in->source = source_of_events(source);
    in->begun = true;
    if (in->metrics) {
        points_begin(i->points, in->request->body, in->request->arena);
        return true;
    }
    pipeline_begin(i->pipeline, source, in->request->body,
                   in->token ? &in->token->binding : NULL, in->request->arena,
                   in->request->received_ns);
    return true;
}

/* What is left to do with the first body that waits. */
static void finish(struct ingest *i, enum progress progress)
{
    struct intake *in = take(&i->waiting);

    if (progress == PROGRESS_FAILED) {
        intake_refuse(in, "2");
        return;
    }
    outcomes_skipped(engine_outcomes(i->engine), in->source, &in->skips);
    if (in->batch.count > 0)
        put(&i->decided, in);
    else
        intake_answer(in);
}

static void decide_for_a_turn(struct ingest *i)
{
    int64_t end_ns = timestamp_monotonic() + TURN_NS;

    while (i->waiting.first) {
        struct intake *in = i->waiting.first;
        enum progress progress = PROGRESS_GOES_ON;
        if (!in->begun && !begin_first(i))
            continue;
        while (progress == PROGRESS_GOES_ON && timestamp_monotonic() < end_ns)
            progress = decide_next(i, in);
        if (progress == PROGRESS_GOES_ON)
            return;
        finish(i, progress);
    }
}

static void commit(struct ingest *i)
{
    struct err err = {0};

    if (!i->decided.first)
        return;
    for (struct intake *in = i->decided.first; in; in = in->next)
        in->batch.next = in->next ? &in->next->batch : NULL;
    bool ok = books_commit(engine_books(i->engine), &i->decided.first->batch, &err);
    if (!ok)
        log_limited(&i->failed, NS_PER_MINUTE, LOG_ERROR, "not committed: %s", err.text);
    while (i->decided.first) {
        struct intake *in = take(&i->decided); /* gone with its request */
        if (!ok) {
            intake_refuse(in, "2");
            continue;
        }
        note_commit(i, in);
        intake_answer(in);
    }
}

bool ingest_turn(struct ingest *i, bool last)
{
    if (!last)
        decide_for_a_turn(i);
    commit(i);
    while (last && i->waiting.first)
        intake_refuse(take(&i->waiting), "2");
    return i->waiting.first != NULL;
}
