/* Any bytes as an OTLP body of spans and of log records: the decoder ends, tells no more
 * items than there can be in so many bytes, reads none behind them, and its records keep
 * the bounds that event.h promises. Build: clang -fsanitize=fuzzer,address,undefined. */
#include "records.h"
#include "spendwarden/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What the decoder takes for JSON, behind which it may read. */
static size_t padding_of(const uint8_t *data, size_t size)
{
    size_t i = 0;

    while (i < size && memchr(" \t\r\n", data[i], 4))
        i++;
    return i < size && data[i] == '{' ? JSON_PADDING : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct source *spans, *logs;
    size_t padding = padding_of(data, size);
    char *copy = malloc(size + padding + 1);

    demand(copy != NULL);
    if (!spans) {
        spans = source_kept(STR("otlp"));
        logs = source_kept(STR("otlp_logs"));
    }
    char *body = copy + 1; /* its end is the end */
    if (size)
        memcpy(body, data, size);
    memset(body + size, '"', padding);
    decode_all(spans, (struct str){body, size});
    decode_all(logs, (struct str){body, size});
    free(copy);
    return 0;
}
