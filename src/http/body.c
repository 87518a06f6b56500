#include <stdlib.h>

#include "internal.h"

enum { BODY_FIRST = 16 * 1024 };

size_t http_body_grown(const struct http_body *b, size_t size, size_t most)
{
    size_t needed = b->size + size + HTTP_BODY_PADDING;
    size_t capacity = b->capacity ? b->capacity : BODY_FIRST;

    if (needed <= b->capacity)
        return b->capacity;
    while (capacity < needed)
        capacity *= 2;
    return capacity < most + HTTP_BODY_PADDING ? capacity : most + HTTP_BODY_PADDING;
}

bool http_body_reserve(struct http_server *s, struct http_body *b, size_t size,
                       size_t most)
{
    size_t capacity = http_body_grown(b, size, most);

    if (capacity == b->capacity)
        return true;
    int64_t more = (int64_t)(capacity - b->capacity);
    int64_t total = __atomic_add_fetch(&s->stats.in_flight_bytes, more, __ATOMIC_RELAXED);
    char *at =
        total > (int64_t)s->options.in_flight_max_bytes ? NULL : realloc(b->at, capacity);
    if (!at) {
        __atomic_sub_fetch(&s->stats.in_flight_bytes, more, __ATOMIC_RELAXED);
        return false;
    }
    b->at = at;
    b->capacity = capacity;
    return true;
}

void http_body_release(struct http_server *s, struct http_body *b)
{
    __atomic_sub_fetch(&s->stats.in_flight_bytes, (int64_t)b->capacity, __ATOMIC_RELAXED);
    free(b->at);
    *b = (struct http_body){0};
}
