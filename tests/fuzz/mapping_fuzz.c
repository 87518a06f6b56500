/* Any bytes as a mapping file, run over a small body: it is refused with a reason at a
 * place of the file, or its records keep the bounds that event.h promises. */
#include <stdio.h>
#include <stdlib.h>

#include "spendwarden/decode.h"
#include "spendwarden/json.h"

#define FUZZ_RECEIVED_NS (INT64_C(1795482000) * NS_PER_SECOND)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char body[] =
    "[{\"id\":\"1\",\"kind\":\"done\",\"start\":1795482000000,\"took\":2.5,\"cost\":0.5,"
    "\"in\":9,\"out\":1e3,\"big\":99999999999999999999,\"nan\":NaN,\"no\":null,\"yes\":"
    "true,"
    "\"a\":{\"b\":{\"c\":\"d\"},\"x.y\":7},\"tags\":[\"team:t\",3],"
    "\"text\":\"{\\\"id\\\":5,\\\"usage\\\":{\\\"in\\\":3}}\",\"data\":{\"id\":\"2\","
    "\"in\":1}},"
    "{\"batch\":[{\"id\":\"3\"}]},{}]";

static void demand(bool holds)
{
    if (!holds)
        abort();
}

static void check_event(const struct event *ev)
{
    for (unsigned i = 0; i < TEXT_COUNT; i++)
        demand(ev->text[i].size <= TEXT_VALUE_MAX);
    for (unsigned i = 0; i < COUNT_COUNT; i++)
        demand(ev->count[i] >= -1 && ev->count[i] <= INT64_C(1000000000000));
    demand(ev->tag_count <= TAGS_MAX && ev->metadata_count <= METADATA_MAX &&
           ev->identity_count <= IDENTITY_MAX && ev->reported_usd.nanousd >= 0);
}

static void decode_all(const struct source *source)
{
    static struct record record; /* too large for a stack */
    static char padded[sizeof body + JSON_PADDING];
    struct decoder *decoder;
    struct verdict_reason why;
    struct arena arena = {0};
    struct err err = {0};
    enum verdict verdict;

    memcpy(padded, body, sizeof body);
    demand(decoder_open(&decoder, &err));
    decode_begin(decoder, source, (struct str){padded, sizeof body - 1}, &arena,
                 FUZZ_RECEIVED_NS);
    while ((verdict = decode_next(decoder, &record, &why)) != VERDICT_END) {
        demand((why.text == NULL) == (verdict == VERDICT_EVENT));
        if (verdict == VERDICT_EVENT)
            check_event(&record.ev);
    }
    decoder_close(decoder);
    arena_release(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct schema schema;
    struct source_options options = {.mapping = "fuzz.yaml",
                                     .mapping_text = {(const char *)data, size},
                                     .replace = true,
                                     .schema = &schema};
    struct diags diags = {0};
    struct source *source;

    if (size == 0)
        return 0;
    bool ok = source_compile(&source, &options, &diags);
    demand(ok == (diags_errors(&diags) == 0));
    if (ok)
        decode_all(source);
    source_free(source);
    diags_release(&diags);
    return 0;
}
