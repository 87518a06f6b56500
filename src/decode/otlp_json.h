/* OTLP/JSON as OTLP protobuf, so that one decoder serves both encodings. Only what a
 * receiver of costs needs is kept (otlp_json_fields.c). */
#pragma once
#include "spendwarden/buf.h"
#include "spendwarden/source.h"

enum {
    OTLP_JSON_BODY_MAX = 256 * 1024 * 1024, /* bytes; a longer one is not read */
    OTLP_JSON_GROWTH = 3,     /* the request has at most so many bytes a byte of JSON */
    OTLP_JSON_DEPTH_MAX = 64, /* messages in each other: 29 arrays, 19 lists of keys */
};

struct otlp_json_error {
    const char *text; /* static, says nothing of what values hold; NULL: none */
    size_t position;  /* byte offset in the body */
    bool memory;      /* there was none: the body itself may be fine */
};

/* One per thread; keeps its memory between bodies. */
struct otlp_json;

struct otlp_json *otlp_json_open(void); /* NULL: no memory */
void otlp_json_close(struct otlp_json *t);

/* Adds the body as Export{Trace,Logs,Metrics}ServiceRequest in protobuf to *out. Behind
 * the body JSON_PADDING bytes must be readable. An empty body is an empty request.
 *
 * True: *why is empty, or says why and from where the rest of the body could not be
 * read, when at least one whole element of resourceSpans (resourceLogs, resourceMetrics)
 * came before; *out ends with the last such element, so that none is there by halves.
 * False: nothing was added, *why says why.
 *
 * Names are taken in lowerCamelCase and in snake_case, 64-bit integers as numbers and as
 * strings if they are whole and fit int64, doubles also as strings, enums also by name.
 * An id that is neither hex nor base64 becomes a hash of its text; one of hex digits, too
 * few or too many, is left out. Whatever else has an unknown name or a type or value that
 * the field cannot have is left out, and so are messages that are too deep: the message
 * around them stays. Text that is no UTF-8 has U+FFFD there, and is cut at 768 KiB. Of
 * equal names all are added, and in protobuf the last one counts. Lengths of messages
 * take five bytes, however short. */
bool otlp_json_transcode(struct otlp_json *t, struct buf *out, enum otlp_signal signal,
                         struct str body, struct otlp_json_error *why);

/* The same a moment at a time: a loop has others to serve. *out, body and the padding
 * stay until it is done. False: as above. */
bool otlp_json_begin(struct otlp_json *t, struct buf *out, enum otlp_signal signal,
                     struct str body, struct otlp_json_error *why);

enum otlp_json_state { OTLP_JSON_MORE, OTLP_JSON_DONE, OTLP_JSON_FAILED };

/* *why as above, unless there is more. */
enum otlp_json_state otlp_json_next(struct otlp_json *t, struct otlp_json_error *why);

/* Some say JSON and send protobuf: the first byte tells. */
bool otlp_is_json(struct str body);

/* A body in either encoding as protobuf: itself, or in the arena. `transcoded` is the
 * caller's, between bodies its memory is kept. *why is static: that it is none, or not
 * all of it; NULL: nothing. */
struct str otlp_protobuf(struct otlp_json *t, struct buf *transcoded,
                         enum otlp_signal signal, struct str body, struct arena *arena,
                         const char **why);
