#include "cursor.h"

static void fail(struct cursor *c)
{
    c->failed = true;
    c->at = c->end;
}

static bool take(struct cursor *c, char byte)
{
    if (c->at == c->end || *c->at != byte)
        return false;
    c->at++;
    return true;
}

void cursor_enter(struct cursor *c, char open)
{
    if (!take(c, open))
        fail(c);
}

bool cursor_more(struct cursor *c, char close)
{
    if (take(c, close))
        return false;
    take(c, ',');
    if (c->at == c->end)
        fail(c);
    return !c->failed;
}

static int hex(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    return -1;
}

/* The byte that an escape stands for; buf_json writes none above 0x7F. Advances past it.
 */
static int unescape(const char **at, const char *end)
{
    char kind = *(*at)++;

    switch (kind) {
    case '"':
    case '\\':
        return kind;
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    default:
        break;
    }
    if (kind != 'u' || end - *at < 4 || memcmp(*at, "00", 2) != 0)
        return -1;
    int high = hex((*at)[2]), low = hex((*at)[3]);
    *at += 4;
    return high < 0 || high > 7 || low < 0 ? -1 : high * 16 + low;
}

static struct str unescaped(struct cursor *c, const char *from, const char *to)
{
    char *text = arena_alloc(c->arena, (size_t)(to - from));
    size_t size = 0;

    if (!text) {
        fail(c);
        return (struct str){NULL, 0};
    }
    while (from < to) {
        int byte = *from == '\\' ? (from++, unescape(&from, to)) : (unsigned char)*from++;
        if (byte < 0) {
            fail(c);
            return (struct str){NULL, 0};
        }
        text[size++] = (char)byte;
    }
    return (struct str){text, size};
}

struct str cursor_string(struct cursor *c)
{
    bool escaped = false;

    if (!take(c, '"')) {
        fail(c);
        return (struct str){NULL, 0};
    }
    const char *from = c->at, *to = from;
    for (; to < c->end && *to != '"'; to++)
        if (*to == '\\' && to + 1 < c->end) {
            escaped = true;
            to++;
        }
    if (to >= c->end) {
        fail(c);
        return (struct str){NULL, 0};
    }
    c->at = to + 1;
    return escaped ? unescaped(c, from, to) : (struct str){from, (size_t)(to - from)};
}

struct str cursor_key(struct cursor *c)
{
    struct str key = cursor_string(c);

    if (!take(c, ':'))
        fail(c);
    return key;
}

int64_t cursor_int(struct cursor *c)
{
    const char *from = c->at;
    int64_t value = 0;

    while (c->at < c->end && (*c->at == '-' || (*c->at >= '0' && *c->at <= '9')))
        c->at++;
    if (!str_to_int64((struct str){from, (size_t)(c->at - from)}, &value))
        fail(c);
    return value;
}

bool cursor_bool(struct cursor *c)
{
    struct str rest = {c->at, (size_t)(c->end - c->at)};
    bool value = str_starts(rest, STR("true"));

    if (!value && !str_starts(rest, STR("false"))) {
        fail(c);
        return false;
    }
    c->at += value ? 4 : 5;
    return value;
}
