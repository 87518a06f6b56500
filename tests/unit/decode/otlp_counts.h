/* OTLP bodies decoded to their end, and what their elements became. */
#pragma once
#include "wire.h"

#define CALL "gen_ai.operation.name", "chat", "gen_ai.provider.name", "openai"
#define USAGE CALL, "gen_ai.usage.input_tokens", "100", "gen_ai.usage.output_tokens", "7"

/* Counts verdicts of the body, keeps the last event in s->record. */
struct counts {
    unsigned events, skipped, rejected, broken, more;
};

static inline struct counts decode_all(struct session *s, struct buf *body)
{
    struct counts c = {0};
    struct record last;
    enum verdict v;

    session_begin(s, buf_str(body));
    while ((v = session_next(s)) != VERDICT_END) {
        c.events += v == VERDICT_EVENT;
        c.skipped += v == VERDICT_SKIPPED;
        c.rejected += v == VERDICT_REJECTED;
        c.broken += v == VERDICT_BROKEN;
        c.more += v == VERDICT_MORE;
        if (v == VERDICT_EVENT)
            last = s->record;
    }
    if (c.events)
        s->record = last;
    buf_release(body);
    return c;
}

static inline void assert_counts(struct counts c, unsigned events, unsigned skipped,
                                 unsigned rejected, unsigned broken)
{
    assert_int_equal(c.events, events);
    assert_int_equal(c.skipped, skipped);
    assert_int_equal(c.rejected, rejected);
    assert_int_equal(c.broken, broken);
}
