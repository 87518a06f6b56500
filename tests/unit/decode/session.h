/* What the decode tests share: one source, one body in memory of its own. */
#pragma once
#include "../unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "spendwarden/buf.h"
#include "spendwarden/decode.h"
#include "spendwarden/json.h"

/* 2026-11-24T01:00:00Z */
#define RECEIVED_NS (INT64_C(1795482000) * NS_PER_SECOND)

struct session {
    struct schema schema;
    struct source *source;
    struct decoder *decoder;
    struct arena arena;
    char *body;
    struct record record;
    struct verdict_reason why;
};

static inline struct session *session_open(struct source_options options)
{
    struct session *s = calloc(1, sizeof *s);
    struct diags diags = {0};
    struct err err = {0};

    if (options.schema)
        s->schema = *options.schema;
    options.schema = &s->schema;
    assert_true(source_compile(&s->source, &options, &diags));
    assert_int_equal(diags.count, 0);
    assert_true(decoder_open(&s->decoder, &err));
    arena_init(&s->arena, 0);
    return s;
}

static inline struct session *session_of(const char *source)
{
    return session_open((struct source_options){.name = str_of(source)});
}

static inline void session_begin(struct session *s, struct str body)
{
    free(s->body);
    s->body = malloc(body.size + JSON_PADDING);
    memcpy(s->body, body.at, body.size);
    memset(s->body + body.size, 0, JSON_PADDING);
    decode_begin(s->decoder, s->source, (struct str){s->body, body.size}, &s->arena,
                 RECEIVED_NS);
}

static inline enum verdict session_next(struct session *s)
{
    return decode_next(s->decoder, &s->record, &s->why);
}

static inline enum verdict session_decode(struct session *s, const char *body)
{
    session_begin(s, str_of(body));
    return session_next(s);
}

static inline void session_close(struct session *s)
{
    decoder_close(s->decoder);
    source_free(s->source);
    arena_release(&s->arena);
    free(s->body);
    free(s);
}

/* A file of tests/data/decode; to be freed. */
static inline struct str read_data(const char *name)
{
    char path[500];

    snprintf(path, sizeof path, "%s/tests/data/decode/%s", SOURCE_DIR, name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    char *text = malloc(1 << 20);
    size_t size = fread(text, 1, 1 << 20, file);
    fclose(file);
    return (struct str){text, size};
}

static inline void assert_str(struct str text, const char *expected)
{
    if (!str_eq(text, str_of(expected)))
        fail_msg("\"%.*s\" is not \"%s\"", STR_ARG(text), expected);
}

static inline void assert_text(struct session *s, const char *field, const char *expected)
{
    assert_str(record_text(&s->record, field_find(&s->schema, str_of(field))), expected);
}

static inline void assert_number(struct session *s, const char *field, int64_t expected)
{
    int64_t value = -1;

    record_number(&s->record, field_find(&s->schema, str_of(field)), &value);
    if (value != expected)
        fail_msg("%s is %lld, not %lld", field, (long long)value, (long long)expected);
}

static inline void assert_rejected(struct session *s, const char *body, const char *why)
{
    assert_int_equal(session_decode(s, body), VERDICT_REJECTED);
    if (!strstr(s->why.text, why))
        fail_msg("\"%s\" does not say \"%s\"", s->why.text, why);
}

static inline void assert_decoded(struct session *s, const char *body)
{
    if (session_decode(s, body) != VERDICT_EVENT)
        fail_msg("%s: %s", body, s->why.text);
}
