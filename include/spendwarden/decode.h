/* Bodies of gateways to events. Fields are taken by allow-list: no prompt or
 * completion text is ever looked at, kept or put into an error. */
#pragma once
#include "spendwarden/record.h"
#include "spendwarden/source.h"

/* One per thread; keeps its buffers. */
struct decoder;

bool decoder_open(struct decoder **out, struct err *err);
void decoder_close(struct decoder *d);

/* JSON_PADDING readable bytes follow the body; the arena may take three times its size,
 * and text for which it has no room is absent. Body, arena and source must live until
 * the records are done with: their text is borrowed from all three. */
void decode_begin(struct decoder *d, const struct source *source, struct str body,
                  struct arena *arena, int64_t received_ns);

enum verdict {
    VERDICT_EVENT,    /* *out is a record with event and provenance, not yet booked */
    VERDICT_SKIPPED,  /* well-formed but not an event to count: `why` is its reason */
    VERDICT_REJECTED, /* this one element cannot be booked */
    VERDICT_BROKEN,   /* no JSON could be read from here on; ends the body */
    VERDICT_MORE,     /* nothing yet, of a large OTLP body: call again */
    VERDICT_END,
};

struct verdict_reason {
    size_t index;     /* of the element in the body */
    size_t position;  /* byte offset in the body */
    const char *text; /* static; holds nothing of what the client sent; NULL: an event */
    size_t unread;    /* how many more elements VERDICT_BROKEN is known to stand for */
};

/* The next element. `why` is filled for every verdict but VERDICT_END. */
enum verdict decode_next(struct decoder *d, struct record *out,
                         struct verdict_reason *why);
