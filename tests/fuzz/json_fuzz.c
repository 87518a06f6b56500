/* Any bytes as an ingest body: the reader ends, stays inside the body, and hands out
 * valid UTF-8. Build: clang -fsanitize=fuzzer,address,undefined. */
#include <stdlib.h>

#include "../../src/json/internal.h"
#include "spendwarden/hash.h"

enum { FUZZ_SLOTS = 4, FUZZ_ITEMS = 8 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool holds)
{
    if (!holds)
        abort();
}

static bool is_utf8(struct str text)
{
    for (size_t i = 0; i < text.size;) {
        unsigned char first = (unsigned char)text.at[i++];
        int rest = first < 0x80   ? 0
                   : first < 0xC2 ? -1
                   : first < 0xE0 ? 1
                   : first < 0xF0 ? 2
                   : first < 0xF5 ? 3
                                  : -1;
        if (rest < 0)
            return false;
        for (; rest > 0; rest--, i++)
            if (i >= text.size || ((unsigned char)text.at[i] & 0xC0) != 0x80)
                return false;
    }
    return true;
}

static struct json_shape *fuzz_shape(void)
{
    struct json_shape *shape = json_shape_new();
    struct err err = {0};

    demand(json_shape_want(shape, STR("a"), 0, &err) &&
           json_shape_want(shape, STR("b.c"), 1, &err) &&
           json_shape_want(shape, STR("b"), 2, &err) &&
           json_shape_want(shape, STR("b.c.d"), 3, &err) &&
           json_shape_collect(shape, STR("l"), 0, FUZZ_ITEMS / 2, &err) &&
           json_shape_collect(shape, STR("b.m"), 1, FUZZ_ITEMS / 2, &err));
    return shape;
}

static void check_value(const struct json_value *v, struct str body, struct arena *arena)
{
    int64_t number;

    if (v->raw.size)
        demand(v->raw.at >= body.at && v->raw.at + v->raw.size <= body.at + body.size);
    demand(is_utf8(json_text(v, arena)));
    struct str cut = json_text_most(v, 5, arena);
    demand(cut.size <= 5 && is_utf8(cut));
    json_int64(v, &number);
}

static void check_element(const struct json_element *e, struct str body,
                          struct arena *arena)
{
    demand(e->position <= body.size && e->item_count <= FUZZ_ITEMS);
    demand((e->type == JSON_ABSENT) == (e->error != NULL));
    for (size_t i = 0; i < FUZZ_SLOTS; i++)
        check_value(&e->slots[i], body, arena);
    for (size_t i = 0; i < e->item_count; i++)
        check_value(&e->items[i].value, body, arena);
}

/* All of a body: how many elements, and a digest of what they held; 0 if one of them
 * could not be read. */
static uint64_t read_body(struct json_reader *reader, const struct json_shape *shape,
                          struct str body)
{
    static struct json_element element; /* too large for a stack */
    struct arena arena = {0};
    uint64_t digest = 1;
    bool failed = false;
    size_t count = 0;

    json_begin(reader, shape, body, &arena);
    for (; json_next(reader, &element); count++) {
        demand(element.index == count && count <= body.size);
        check_element(&element, body, &arena);
        failed |= element.error != NULL;
        digest = digest * 31 + element.type;
        for (size_t i = 0; i < FUZZ_SLOTS; i++)
            digest = digest * 31 + hash_of(element.slots[i].raw, element.slots[i].type);
    }
    arena_release(&arena);
    return failed ? 0 : digest | 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *copy = malloc(size + JSON_PADDING);
    struct json_shape *shape = fuzz_shape();
    struct json_reader *reader = NULL;
    struct err err = {0};

    demand(copy && json_reader_open(&reader, &err));
    if (size)
        memcpy(copy, data, size);
    memset(copy + size, '"', JSON_PADDING);
    uint64_t whole = read_body(reader, shape, (struct str){copy, size});
    json_reader_window(reader, 24);
    uint64_t windows = read_body(reader, shape, (struct str){copy, size});
    demand(whole == windows || whole == 0 || windows == 0);
    json_reader_close(reader);
    json_shape_free(shape);
    free(copy);
    return 0;
}
