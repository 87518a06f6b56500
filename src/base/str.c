#include "spendwarden/str.h"

static unsigned char lower(char c)
{
    unsigned char byte = (unsigned char)c;

    return byte >= 'A' && byte <= 'Z' ? (unsigned char)(byte | 0x20) : byte;
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

struct str str_trim(struct str text)
{
    while (text.size && (text.at[0] == ' ' || text.at[0] == '\t'))
        text = str_from(text, 1);
    while (text.size && (text.at[text.size - 1] == ' ' || text.at[text.size - 1] == '\t'))
        text.size--;
    return text;
}

int str_compare(struct str a, struct str b)
{
    size_t common = a.size < b.size ? a.size : b.size;
    int order = common ? memcmp(a.at, b.at, common) : 0;

    if (order != 0)
        return order;
    return (a.size > b.size) - (a.size < b.size);
}

bool str_eq_nocase(struct str a, struct str b)
{
    if (a.size != b.size)
        return false;
    for (size_t i = 0; i < a.size; i++)
        if (lower(a.at[i]) != lower(b.at[i]))
            return false;
    return true;
}

bool str_is_name(struct str text)
{
    for (size_t i = 0; i < text.size; i++) {
        char c = text.at[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        if (!letter && (i == 0 || c < '0' || c > '9'))
            return false;
    }
    return text.size > 0;
}

bool str_to_int64(struct str text, int64_t *out)
{
    bool negative = text.size > 0 && text.at[0] == '-';
    struct str digits = str_from(text, negative);
    int64_t value = 0;

    if (digits.size == 0)
        return false;
    for (size_t i = 0; i < digits.size; i++) {
        char c = digits.at[i];
        if (c < '0' || c > '9')
            return false;
        int digit = c - '0';
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_sub_overflow(value, digit, &value))
            return false;
    }
    /* Summed as a negative number, which reaches one further. */
    if (!negative && __builtin_sub_overflow((int64_t)0, value, &value))
        return false;
    *out = value;
    return true;
}

struct str str_of_int64(int64_t value, char room[INT64_TEXT_MAX])
{
    char *end = room + INT64_TEXT_MAX, *first = end;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;

    do {
        *--first = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (value < 0)
        *--first = '-';
    return (struct str){first, (size_t)(end - first)};
}

enum { DISTANCE_TEXT_MAX = 64 };

unsigned str_distance(struct str a, struct str b, unsigned limit)
{
    unsigned row[DISTANCE_TEXT_MAX + 1];

    if (a.size > DISTANCE_TEXT_MAX || b.size > DISTANCE_TEXT_MAX)
        return limit + 1;
    for (unsigned j = 0; j <= b.size; j++)
        row[j] = j;
    for (unsigned i = 1; i <= a.size; i++) {
        unsigned diagonal = row[0];
        row[0] = i;
        for (unsigned j = 1; j <= b.size; j++) {
            unsigned replace = diagonal + (lower(a.at[i - 1]) != lower(b.at[j - 1]));
            diagonal = row[j];
            row[j] = least(replace, least(row[j], row[j - 1]) + 1);
        }
    }
    return least(row[b.size], limit + 1);
}

bool str_is_part(struct str text, struct str candidate)
{
    if (text.size < 4 || text.size + 1 >= candidate.size)
        return false;
    size_t before = candidate.size - text.size - 1;
    return (str_starts(candidate, text) && candidate.at[text.size] == '_') ||
           (str_ends(candidate, text) && candidate.at[before] == '_');
}

const char *str_nearest(struct str text, const char *const *candidates, size_t count)
{
    /* A third of the word may be wrong, and two letters in any case. */
    unsigned limit = text.size / 3 > 2 ? (unsigned)(text.size / 3) : 2;
    const char *best = NULL;

    for (size_t i = 0; i < count; i++) {
        unsigned distance = str_distance(text, str_of(candidates[i]), limit);
        if (distance <= limit) {
            best = candidates[i];
            if (distance == 0)
                break;
            limit = distance - 1;
        }
    }
    for (size_t i = 0; !best && i < count; i++)
        if (str_is_part(text, str_of(candidates[i])))
            best = candidates[i];
    return best;
}
