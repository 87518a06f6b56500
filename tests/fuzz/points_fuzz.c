/* Any bytes as OTLP metrics, in protobuf or JSON: the reader ends, and its points keep
 * the bounds that decode_points.h promises. Build: clang
 * -fsanitize=fuzzer,address,undefined. */
#include <stdlib.h>

#include "spendwarden/decode_points.h"
#include "spendwarden/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool holds)
{
    if (!holds)
        abort();
}

static void check_point(const struct token_point *p)
{
    demand(p->service.size <= TEXT_VALUE_MAX);
    for (size_t i = 0; i < p->service.size; i++)
        demand((unsigned char)p->service.at[i] >= ' ' && p->service.at[i] != 0x7F);
    demand(p->tokens >= 0 && p->tokens <= 1e15);
    demand(p->time_ns > 0 && p->start_ns >= 0);
}

static void read_all(struct points_reader *r, struct str body)
{
    struct token_point point;
    struct verdict_reason why;
    enum verdict verdict, before = VERDICT_MORE;
    size_t steps = 0;

    while ((verdict = points_next(r, &point, &why)) != VERDICT_END) {
        demand(before != VERDICT_BROKEN);
        demand((why.text == NULL) ==
               (verdict == VERDICT_EVENT || verdict == VERDICT_MORE));
        if (verdict == VERDICT_EVENT)
            check_point(&point);
        demand(++steps <= body.size + 1);
        before = verdict;
    }
    demand(points_next(r, &point, &why) == VERDICT_END);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *copy = malloc(size + JSON_PADDING);
    struct str body = {copy, size};
    struct points_reader *r = NULL;
    struct arena arena = {0};
    struct err err = {0};

    demand(copy && points_open(&r, 7, &err));
    if (size)
        memcpy(copy, data, size);
    memset(copy + size, '"', JSON_PADDING);
    points_begin(r, body, &arena);
    read_all(r, body);
    points_close(r);
    arena_release(&arena);
    free(copy);
    return 0;
}
