/* One body at work, and its answer. */
#pragma once
#include "internal.h"

/* One request at work; in its arena. */
struct intake {
    struct http_request *request;
    const struct token *token;
    struct str source;         /* as in the path, then as its events have it */
    bool begun, otlp, metrics; /* metrics: of OTLP, which are not booked */
    const char *first_reject;  /* static */
    struct verdict_reason why;
    size_t accepted, duplicate, skipped, rejected, readable;
    struct skips skips;
    struct buf rejects; /* JSON objects with commas between them */
    struct batch batch;
    struct record *records[CHUNK];
    enum commit_verdict verdicts[CHUNK];
    struct intake *next;
};

/* Each answers, and the intake is gone with its request. */

/* What became of all of it, which is durable. */
void intake_answer(struct intake *in);
void intake_refuse(struct intake *in, const char *retry_after);
void intake_refuse_unsigned(struct intake *in);

/* The answer to one that is none yet. */
void intake_unavailable(struct http_response *out, const char *retry_after);
