/* Any bytes as a body of each source: the decoder ends, and its records keep the bounds
 * that event.h promises. Build: clang -fsanitize=fuzzer,address,undefined. */
#include "records.h"
#include "spendwarden/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct source *litellm, *generic;
    char *copy = malloc(size + JSON_PADDING);

    demand(copy != NULL);
    if (!litellm) {
        litellm = source_kept(STR("litellm"));
        generic = source_kept(STR("generic"));
    }
    if (size)
        memcpy(copy, data, size);
    memset(copy + size, '"', JSON_PADDING);
    decode_all(litellm, (struct str){copy, size});
    decode_all(generic, (struct str){copy, size});
    free(copy);
    return 0;
}
