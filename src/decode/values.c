#include "internal.h"

#include "spendwarden/hash.h"

static bool is_control(char c)
{
    return (unsigned char)c < ' ' || c == 0x7F;
}

static struct str without_controls(struct str text, struct arena *arena)
{
    size_t first = 0;

    while (first < text.size && !is_control(text.at[first]))
        first++;
    if (first == text.size)
        return text;
    char *copy = arena_alloc(arena, text.size);
    if (!copy)
        return (struct str){NULL, 0};
    for (size_t i = 0; i < text.size; i++)
        copy[i] = is_control(text.at[i]) ? '?' : text.at[i];
    return (struct str){copy, text.size};
}

struct str decode_text(const struct decoding *d, const struct json_value *v)
{
    struct str text = {NULL, 0};

    if (v->type == JSON_STRING)
        text = json_text_most(v, TEXT_VALUE_MAX, d->arena);
    else if (v->type == JSON_BOOL ||
             (v->type == JSON_NUMBER && v->raw.size <= TEXT_VALUE_MAX))
        return v->raw;
    return without_controls(text, d->arena);
}

bool decode_other_cost(struct decoding *d, struct str amount, struct str currency)
{
    enum { CURRENCY_MAX = 8, AMOUNT_MAX = 64 };

    if (currency.size > CURRENCY_MAX || amount.size > AMOUNT_MAX)
        return false;
    char *text = arena_alloc(d->arena, amount.size + currency.size + 1);
    if (!text)
        return false;
    memcpy(text, amount.at, amount.size);
    text[amount.size] = ' ';
    memcpy(text + amount.size + 1, currency.at, currency.size);
    d->record->ev.text[TEXT_REPORTED_OTHER] =
        (struct str){text, amount.size + currency.size + 1};
    return true;
}

int64_t decode_count(const struct json_value *v)
{
    int64_t count;

    if (!json_int64(v, &count) || count < 0 || count > COUNT_MOST)
        return -1;
    return count;
}

int64_t decode_time(const struct decoding *d, const struct json_value *v)
{
    struct str text = decode_text(d, v);
    int64_t ns = 0;

    if (!decimal_parse(&ns, text, 9, NULL) && !timestamp_parse(&ns, text))
        return 0;
    return ns < TIME_LEAST_NS ? 0 : ns;
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool is_hex_digits(struct str text, size_t size)
{
    for (size_t i = 0; i < text.size; i++)
        if (!is_hex(text.at[i]))
            return false;
    return text.size == size;
}

/* Known names like "litellm_proxy_master_key" stay; a key has digits in it. */
static bool looks_like_key(struct str text)
{
    enum { SHORTEST_KEY = 16 };
    bool digit = false;

    if (str_starts(text, STR("sk-")))
        return true;
    if (is_hex_digits(text, 32) || is_hex_digits(text, 40) || is_hex_digits(text, 64) ||
        is_hex_digits(text, 128))
        return false;
    for (size_t i = 0; i < text.size; i++)
        digit |= text.at[i] >= '0' && text.at[i] <= '9';
    return digit && text.size >= SHORTEST_KEY;
}

struct str decode_key_hash(struct str value, struct arena *arena)
{
    char hash[SHA256_TEXT_SIZE];

    if (!looks_like_key(value))
        return value;
    sha256_text(hash, value);
    return arena_copy(arena, str_of(hash));
}
