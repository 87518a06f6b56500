/* Bodies of events: decided at once, committed together with what else is ready on this
 * loop (and on the others), answered when durable. */
#include <stdlib.h>

#include "internal.h"
#include "spendwarden/log.h"

enum { REJECTS_LISTED_MAX = 1000 };

/* One request at work; in its arena. */
struct intake {
    struct http_request *request;
    struct str source;
    size_t accepted, duplicate, skipped, rejected, readable;
    struct buf rejects; /* JSON objects with commas between them */
    struct batch batch;
    struct record *records[CHUNK];
    enum commit_verdict verdicts[CHUNK];
    struct intake *next;
};

struct ingest {
    struct engine *engine;
    struct pipeline *pipeline;
    struct intake *first, **last; /* waiting for the commit */
    struct log_limit failed;
};

static bool open_pipeline(struct ingest *i, struct err *err)
{
    struct generation *g = engine_generation(i->engine);
    struct pipeline *fresh;

    bool ok = pipeline_open(&fresh, g, err);
    generation_release(g);
    if (!ok)
        return false;
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
    i->last = &i->first;
    if (!open_pipeline(i, err)) {
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

/* Chunks before the one that failed are booked; they are duplicates when it comes again.
 */
static void respond_unavailable(struct http_response *out, const char *retry_after)
{
    respond_text(out, 503, STR("not all of it was booked, try again\n"));
    out->retry_after = retry_after;
}

static void note_commit(struct ingest *i, struct intake *in)
{
    struct outcomes *outcomes = engine_outcomes(i->engine);

    in->accepted += in->batch.accepted;
    in->duplicate += in->batch.duplicate;
    outcomes_add(outcomes, in->source, OUTCOME_ACCEPTED, (int64_t)in->batch.accepted,
                 in->request->received_ns);
    outcomes_add(outcomes, in->source, OUTCOME_DUPLICATE, (int64_t)in->batch.duplicate,
                 0);
}

static void note_reject(struct ingest *i, struct intake *in,
                        const struct verdict_reason *why)
{
    struct reject reject = {.received_ns = in->request->received_ns,
                            .reason = why->text,
                            .index = why->index,
                            .position = why->position};

    outcomes_add(engine_outcomes(i->engine), in->source, OUTCOME_REJECTED, 1, 0);
    outcomes_reject(engine_outcomes(i->engine), in->source, &reject);
    if (in->rejected++ >= REJECTS_LISTED_MAX)
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

/* Decides the body's events. False: a chunk could not be committed. */
static bool decide_body(struct ingest *i, struct intake *in, struct verdict_reason *why)
{
    struct record *r;

    for (;;) {
        switch (pipeline_next(i->pipeline, &r, why)) {
        case VERDICT_EVENT:
            in->readable++;
            in->records[in->batch.count++] = r;
            if (in->batch.count == CHUNK && !commit_chunk(i, in))
                return false;
            break;
        case VERDICT_SKIPPED:
            in->readable++;
            in->skipped++;
            break;
        case VERDICT_REJECTED:
            in->readable++;
            note_reject(i, in, why);
            break;
        case VERDICT_BROKEN:
            note_reject(i, in, why);
            return true;
        case VERDICT_END:
            return true;
        }
    }
}

static void respond_counts(struct intake *in, struct http_response *out)
{
    out->status = 200;
    out->content_type = "application/json";
    buf_format(&out->body,
               "{\"accepted\":%zu,\"duplicate\":%zu,\"skipped\":%zu,\"rejected\":[",
               in->accepted, in->duplicate, in->skipped);
    buf_add(&out->body, buf_str(&in->rejects));
    buf_add(&out->body, STR("]}\n"));
    buf_release(&in->rejects);
}

static void respond_unreadable(struct intake *in, const struct verdict_reason *why,
                               struct http_response *out)
{
    out->status = 400;
    out->content_type = "application/json";
    buf_format(&out->body, "{\"error\":");
    buf_json(&out->body, str_of(why->text ? why->text : "the body is empty"));
    buf_format(&out->body, ",\"position\":%zu}\n", why->position);
    buf_release(&in->rejects);
}

static struct intake *intake_new(struct http_request *r, struct str source)
{
    struct intake *in = arena_zalloc(r->arena, sizeof *in);

    if (!in)
        return NULL;
    in->request = r;
    in->source = source;
    in->batch.records = in->records;
    in->batch.verdicts = in->verdicts;
    return in;
}

static bool is_blank(struct str body)
{
    for (size_t i = 0; i < body.size; i++)
        if (!strchr(" \t\r\n", body.at[i]))
            return false;
    return true;
}

bool ingest_body(struct ingest *i, struct str source_text, const struct token *token,
                 struct http_request *r, struct http_response *response)
{
    struct verdict_reason why = {0};

    if (!i->first)
        follow_generation(i);
    const struct source *source =
        generation_source(pipeline_generation(i->pipeline), source_text);
    struct intake *in = source ? intake_new(r, source_name(source)) : NULL;
    if (!in) {
        respond_unavailable(response, "1");
        return true;
    }
    pipeline_begin(i->pipeline, source, r->body, token ? &token->binding : NULL, r->arena,
                   r->received_ns);
    bool ok = decide_body(i, in, &why);
    outcomes_add(engine_outcomes(i->engine), in->source, OUTCOME_SKIPPED,
                 (int64_t)in->skipped, 0);
    if (!ok) {
        buf_release(&in->rejects);
        respond_unavailable(response, "2");
        return true;
    }
    if (in->batch.count > 0) {
        *i->last = in;
        i->last = &in->next;
        return false;
    }
    if (in->readable == 0 && (in->rejected > 0 || is_blank(r->body)))
        respond_unreadable(in, &why, response);
    else
        respond_counts(in, response);
    return true;
}

void ingest_commit(struct ingest *i)
{
    struct err err = {0};

    if (!i->first)
        return;
    for (struct intake *in = i->first; in; in = in->next)
        in->batch.next = in->next ? &in->next->batch : NULL;
    bool ok = books_commit(engine_books(i->engine), &i->first->batch, &err);
    if (!ok)
        log_limited(&i->failed, NS_PER_MINUTE, LOG_ERROR, "not committed: %s", err.text);
    for (struct intake *in = i->first, *next; in; in = next) {
        struct http_response response = {0};
        next = in->next; /* the intake is gone with its request */
        if (ok) {
            note_commit(i, in);
            respond_counts(in, &response);
        } else {
            buf_release(&in->rejects);
            respond_unavailable(&response, "2");
        }
        http_respond(in->request, &response);
    }
    i->first = NULL;
    i->last = &i->first;
}
