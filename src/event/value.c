#include "spendwarden/value.h"

static struct str digits_of(int64_t value, char digits[VALUE_TEXT_SIZE])
{
    char *end = digits + VALUE_TEXT_SIZE, *first = end;
    uint64_t rest = (uint64_t)value; /* counts are never negative */

    do {
        *--first = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    return (struct str){first, (size_t)(end - first)};
}

struct str record_value(const struct record *r, struct field field,
                        char digits[VALUE_TEXT_SIZE])
{
    int64_t number;

    if (!field_is_whole(field))
        return record_text(r, field);
    if (record_number(r, field, &number))
        return digits_of(number, digits);
    bool is_depth = field.kind == FIELD_COUNT && field.index == COUNT_RETRY_DEPTH;
    return is_depth ? STR("0") : (struct str){NULL, 0};
}

void pairs_json(struct buf *out, const struct pair *pairs, size_t count)
{
    buf_byte(out, '{');
    for (size_t i = 0; i < count; i++) {
        if (i)
            buf_byte(out, ',');
        buf_json(out, pairs[i].name);
        buf_byte(out, ':');
        buf_json(out, pairs[i].value);
    }
    buf_byte(out, '}');
}
