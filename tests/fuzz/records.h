/* Decodes a body of any source, and demands what holds of every record. */
#pragma once
#include <stdlib.h>

#include "spendwarden/decode.h"
#include "spendwarden/utf8.h"

#define FUZZ_RECEIVED_NS (INT64_C(1795482000) * NS_PER_SECOND)

static void demand(bool holds)
{
    if (!holds)
        abort();
}

static void check_text(struct str text)
{
    demand(text.size <= TEXT_VALUE_MAX);
    for (size_t i = 0, length; i < text.size; i += length) {
        length = utf8_length(text.at + i, text.size - i);
        demand(length > 0 && (unsigned char)text.at[i] >= ' ' && text.at[i] != 0x7F);
    }
}

static void check_record(const struct record *r)
{
    const struct event *ev = &r->ev;

    for (unsigned i = 0; i < TEXT_COUNT; i++)
        check_text(ev->text[i]);
    for (unsigned i = 0; i < LABEL_COUNT; i++)
        demand((r->label_by[i] != NULL) == (ev->text[TEXT_LABEL_FIRST + i].size > 0));
    for (unsigned i = 0; i < COUNT_COUNT; i++)
        demand(ev->count[i] >= -1);
    demand(ev->tag_count <= TAGS_MAX && ev->metadata_count <= METADATA_MAX &&
           ev->identity_count <= IDENTITY_MAX);
    for (unsigned i = 0; i < ev->tag_count; i++)
        check_text(ev->tags[i]);
    for (unsigned i = 0; i < ev->metadata_count; i++)
        check_text(ev->metadata[i].value);
    demand(ev->reported_usd.nanousd >= 0 && ev->received_ns == FUZZ_RECEIVED_NS);
    demand(ev->reported != REPORTED_COST || ev->reported_usd.nanousd > 0);
}

static void check_gateway(const struct gateway *g)
{
    for (unsigned i = 0; i < GATEWAY_TEXT_COUNT; i++)
        check_text(g->text[i]);
    demand(g->limit_count <= LIMIT_OF_COUNT);
    for (unsigned i = 0; i < g->limit_count; i++) {
        check_text(g->limits[i].id);
        check_text(g->limits[i].alias);
        demand(g->limits[i].id.size > 0 && g->limits[i].max.nanousd >= 0 &&
               g->limits[i].spent.nanousd >= 0);
    }
}

static void check_event(const struct record *r)
{
    check_record(r);
    if (r->ev.gateway)
        check_gateway(r->ev.gateway);
}

/* For a whole run: a mapping takes long to compile. */
static struct source *source_kept(struct str name)
{
    static const struct schema schema = {{STR("squad")}, 1};
    struct source_options options = {.name = name, .schema = &schema, .gateway = true};
    struct diags diags = {0};
    struct source *source;

    options.hash_label[TEXT_USER - TEXT_LABEL_FIRST] = true;
    demand(source_compile(&source, &options, &diags));
    return source;
}

/* One for a whole run: no body may see another's. */
static struct decoder *decoder_kept(void)
{
    static struct decoder *decoder;
    struct err err = {0};

    demand(decoder || decoder_open(&decoder, &err));
    return decoder;
}

/* The decoder ends, with no more verdicts than there are bytes. */
static void decode_all(const struct source *source, struct str body)
{
    static struct record record; /* too large for a stack */
    struct decoder *decoder = decoder_kept();
    struct verdict_reason why;
    struct arena arena = {0};
    enum verdict verdict;
    size_t told = 0;

    decode_begin(decoder, source, body, &arena, FUZZ_RECEIVED_NS);
    while ((verdict = decode_next(decoder, &record, &why)) != VERDICT_END) {
        demand(++told <= body.size + 2);
        if (verdict == VERDICT_MORE)
            continue;
        demand((why.text == NULL) == (verdict == VERDICT_EVENT));
        if (verdict == VERDICT_EVENT)
            check_event(&record);
    }
    arena_release(&arena);
}
