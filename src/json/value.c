#include "internal.h"
#include "spendwarden/money.h"

/* Text being rewritten. */
struct rewrite {
    const char *at, *end;
    char *out;
    size_t size, most;
    bool full;
};

static void put_code(struct rewrite *r, uint32_t code)
{
    unsigned char bytes[4];
    size_t size = 0;

    if (code < 0x80) {
        bytes[size++] = (unsigned char)code;
    } else if (code < 0x800) {
        bytes[size++] = (unsigned char)(0xC0 | code >> 6);
    } else if (code < 0x10000) {
        bytes[size++] = (unsigned char)(0xE0 | code >> 12);
        bytes[size++] = (unsigned char)(0x80 | (code >> 6 & 0x3F));
    } else {
        bytes[size++] = (unsigned char)(0xF0 | code >> 18);
        bytes[size++] = (unsigned char)(0x80 | (code >> 12 & 0x3F));
        bytes[size++] = (unsigned char)(0x80 | (code >> 6 & 0x3F));
    }
    if (code >= 0x80)
        bytes[size++] = (unsigned char)(0x80 | (code & 0x3F));
    r->full = size > r->most - r->size;
    if (r->full || code == 0)
        return;
    memcpy(r->out + r->size, bytes, size);
    r->size += size;
}

static const uint32_t REPLACEMENT = 0xFFFD;

/* Four hex digits at `at`, or -1. */
static int32_t hex4(const char *at, const char *end)
{
    int32_t value = 0;

    if (end - at < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        char c = at[i];
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0)
            return -1;
        value = value * 16 + digit;
    }
    return value;
}

/* Behind "\u". */
static uint32_t take_unicode(struct rewrite *r)
{
    int32_t high = hex4(r->at, r->end);

    if (high < 0)
        return REPLACEMENT;
    r->at += 4;
    if (high < 0xD800 || high > 0xDFFF)
        return (uint32_t)high;
    if (high >= 0xDC00 || r->end - r->at < 6 || r->at[0] != '\\' || r->at[1] != 'u')
        return REPLACEMENT;
    int32_t low = hex4(r->at + 2, r->end);
    if (low < 0xDC00 || low > 0xDFFF)
        return REPLACEMENT;
    r->at += 6;
    return 0x10000 + (((uint32_t)high - 0xD800) << 10) + ((uint32_t)low - 0xDC00);
}

/* Behind the backslash. */
static uint32_t take_escape(struct rewrite *r)
{
    if (r->at == r->end)
        return REPLACEMENT;
    char c = *r->at++;
    switch (c) {
    case '"':
    case '\\':
    case '/':
        return (uint32_t)c;
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    case 'u':
        return take_unicode(r);
    default:
        return REPLACEMENT;
    }
}

/* A character of more than one byte; any byte that begins none counts for itself. */
static uint32_t take_utf8(struct rewrite *r)
{
    static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
    unsigned char first = (unsigned char)*r->at++;
    int rest = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : 1;
    uint32_t code = first & (0x3FU >> rest);

    if (first < 0xC2 || first > 0xF4 || r->end - r->at < rest)
        return REPLACEMENT;
    for (int i = 0; i < rest; i++) {
        unsigned char next = (unsigned char)r->at[i];
        if ((next & 0xC0) != 0x80)
            return REPLACEMENT;
        code = code << 6 | (next & 0x3F);
    }
    if (code < least[rest] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF))
        return REPLACEMENT;
    r->at += rest;
    return code;
}

static bool is_plain(char c)
{
    return c != 0 && c != '\\' && (unsigned char)c < 0x80;
}

/* Nearly all of most texts: ASCII that stands for itself. */
static void copy_plain(struct rewrite *r)
{
    size_t left = (size_t)(r->end - r->at), room = r->most - r->size, size = 0;
    size_t most = left < room ? left : room;

    while (size < most && is_plain(r->at[size]))
        size++;
    memcpy(r->out + r->size, r->at, size);
    r->at += size;
    r->size += size;
}

size_t json_rewrite(struct str raw, char *out, size_t room)
{
    struct rewrite r = {raw.at, raw.at + raw.size, out, 0, room, false};

    while (r.at < r.end && !r.full) {
        unsigned char c = (unsigned char)*r.at;
        if (c >= 0x80) {
            put_code(&r, take_utf8(&r));
        } else if (c == '\\') {
            r.at++;
            put_code(&r, take_escape(&r));
        } else if (c == 0) {
            r.at++;
        } else {
            r.full = r.size == r.most;
            copy_plain(&r);
        }
    }
    return r.size;
}

static struct str rewritten(struct str raw, size_t most, struct arena *arena)
{
    /* A byte that is no UTF-8 becomes three. */
    size_t room = raw.size < most / 3 ? raw.size * 3 : most;
    char *out = room ? arena_alloc(arena, room) : NULL;

    if (!out)
        return (struct str){NULL, 0};
    return (struct str){out, json_rewrite(raw, out, room)};
}

/* Valid UTF-8, cut in front of the character that does not fit. */
static struct str cut(struct str text, size_t most)
{
    if (text.size <= most)
        return text;
    while (most > 0 && ((unsigned char)text.at[most] & 0xC0) == 0x80)
        most--;
    return (struct str){text.at, most};
}

struct str json_text_most(const struct json_value *v, size_t most, struct arena *arena)
{
    if (v->type != JSON_STRING)
        return (struct str){NULL, 0};
    return v->escaped ? rewritten(v->raw, most, arena) : cut(v->raw, most);
}

struct str json_text(const struct json_value *v, struct arena *arena)
{
    return json_text_most(v, SIZE_MAX, arena);
}

struct str json_scalar(const struct json_value *v, struct arena *arena)
{
    if (v->type == JSON_NUMBER || v->type == JSON_BOOL)
        return v->raw;
    return json_text(v, arena);
}

bool json_int64(const struct json_value *v, int64_t *out)
{
    bool exact;
    int64_t value;

    if (v->type != JSON_NUMBER && v->type != JSON_STRING)
        return false;
    if (v->raw.size < 19 && str_to_int64(v->raw, out))
        return true;
    if (!decimal_parse(&value, v->raw, 0, &exact) || !exact)
        return false;
    *out = value;
    return true;
}
