/* Any bytes behind one for the signal as OTLP/JSON: what comes out is protobuf of the
 * fields that are kept, no longer than promised, with text in valid UTF-8, and nothing
 * where the body could not be read. Build: clang -fsanitize=fuzzer,address,undefined. */
#include <stdio.h>
#include <stdlib.h>

#include "../unit/decode/otlp_wire.h"
#include "spendwarden/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool holds)
{
    if (!holds)
        abort();
}

static void check_request(enum otlp_signal signal, struct str request)
{
    struct buf text = {0};

    demand(wire_dump(&text, otlp_requests[signal], request, true));
    for (size_t i = 0; i < text.size;) {
        size_t length = utf8_length(text.at + i, text.size - i);
        demand(length > 0);
        i += length;
    }
    buf_release(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    enum otlp_signal signal = (enum otlp_signal)(OTLP_TRACES + data[0] % 3);
    char *copy = malloc(size - 1 + JSON_PADDING);
    struct otlp_json *t = otlp_json_open();
    struct otlp_json_error why;
    struct buf out = {0};

    demand(copy && t);
    memcpy(copy, data + 1, size - 1);
    memset(copy + size - 1, '"', JSON_PADDING);
    bool ok = otlp_json_transcode(t, &out, signal, (struct str){copy, size - 1}, &why);
    demand(ok || (why.text && out.size == 0));
    demand(why.position <= size - 1 && !why.memory);
    demand(out.size <= OTLP_JSON_GROWTH * (size - 1));
    demand(!ok || !why.text || out.size > 0);
    check_request(signal, buf_str(&out));
    buf_release(&out);
    otlp_json_close(t);
    free(copy);
    return 0;
}
