// simdjson's first stage behind a C interface: the only C++ here. The walk over its
// index is our own (walk.c), because on-demand gives up on a bare NaN, and on a whole
// body where one element of it is broken.
#include "internal.h"

#include <memory>
#include <new>

#include <simdjson.h>

struct json_index {
    std::unique_ptr<simdjson::internal::dom_parser_implementation> stage;
    size_t capacity;
};

namespace {

enum { FIRST_CAPACITY = 64 * 1024 };

bool reserve(json_index *x, size_t capacity)
{
    if (x->stage)
        return x->stage->set_capacity(capacity) == simdjson::SUCCESS;
    return simdjson::get_active_implementation()->create_dom_parser_implementation(
               capacity, 1, x->stage) == simdjson::SUCCESS;
}

bool grow(json_index *x, size_t size)
{
    size_t capacity = x->capacity ? x->capacity : size_t{FIRST_CAPACITY};

    while (capacity < size)
        capacity *= 2;
    if (!reserve(x, capacity)) {
        x->stage.reset();
        x->capacity = 0;
        return false;
    }
    x->capacity = capacity;
    return true;
}

} // namespace

json_index *json_index_open(void)
{
    return new (std::nothrow) json_index{nullptr, 0};
}

void json_index_close(json_index *x)
{
    delete x;
}

void json_index_shrink(json_index *x, size_t capacity)
{
    if (x->capacity > capacity) {
        x->stage.reset();
        x->capacity = 0;
    }
}

bool json_index_make(json_index *x, const char *text, size_t size, json_tokens *out)
{
    if (size == 0 || (size > x->capacity && !grow(x, size)))
        return false;
    auto bytes = reinterpret_cast<const uint8_t *>(text);
    if (x->stage->stage1(bytes, size, simdjson::stage1_mode::regular) !=
        simdjson::SUCCESS)
        return false;
    out->at = x->stage->structural_indexes.get();
    out->count = x->stage->n_structural_indexes;
    return true;
}
