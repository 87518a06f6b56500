/* After lstrlib.c of Lua 5.1, Copyright (C) 1994-2012 Lua.org, PUC-Rio (MIT licence);
 * steps, depth and errors without longjmp are ours. */
#include "match.h"

#include <ctype.h>

enum { DEPTH_MAX = 200 };

static const char *fail(struct match *m, const char *error)
{
    if (!m->error)
        m->error = error;
    return NULL;
}

static const char *pattern_end(const struct match *m)
{
    return m->pattern.at + m->pattern.size;
}

static const char *subject_end(const struct match *m)
{
    return m->subject.at + m->subject.size;
}

static const char *set_end(struct match *m, const char *p)
{
    const char *end = pattern_end(m);

    if (p < end && *p == '^')
        p++;
    do { /* a ] right at the start is itself */
        if (p >= end)
            return fail(m, "malformed pattern (missing ']')");
        if (*p++ == '%') {
            if (p >= end)
                return fail(m, "malformed pattern (ends with '%')");
            p++;
        }
    } while (p >= end || *p != ']');
    return p + 1;
}

/* Behind the single-character class at `p`. */
static const char *class_end(struct match *m, const char *p)
{
    char first = *p++;

    if (first == '%') {
        if (p >= pattern_end(m))
            return fail(m, "malformed pattern (ends with '%')");
        return p + 1;
    }
    return first == '[' ? set_end(m, p) : p;
}

static bool ascii_class(int c, int class)
{
    bool in;

    switch (class | 0x20) {
    case 'a':
        in = isalpha(c);
        break;
    case 'c':
        in = iscntrl(c);
        break;
    case 'd':
        in = isdigit(c);
        break;
    case 'g': /* LuaJIT's own */
        in = isgraph(c);
        break;
    case 'l':
        in = islower(c);
        break;
    case 'p':
        in = ispunct(c);
        break;
    case 's':
        in = isspace(c);
        break;
    case 'u':
        in = isupper(c);
        break;
    case 'w':
        in = isalnum(c);
        break;
    case 'x':
        in = isxdigit(c);
        break;
    case 'z':
        in = c == 0;
        break;
    default:
        return class == c;
    }
    return isupper(class) ? !in : in;
}

static bool in_set(int c, const char *p, const char *last)
{
    bool found = true;

    if (p[1] == '^') {
        found = false;
        p++;
    }
    while (++p < last) {
        if (*p == '%') {
            p++;
            if (ascii_class(c, (unsigned char)*p))
                return found;
        } else if (p + 2 < last && p[1] == '-') {
            if ((unsigned char)p[0] <= c && c <= (unsigned char)p[2])
                return found;
            p += 2;
        } else if ((unsigned char)*p == c) {
            return found;
        }
    }
    return !found;
}

static bool single(struct match *m, const char *at, const char *p, const char *end)
{
    if (at >= subject_end(m))
        return false;
    int c = (unsigned char)*at;
    m->steps_left -= *p == '[' ? end - p : 1;
    switch (*p) {
    case '.':
        return true;
    case '%':
        return ascii_class(c, (unsigned char)p[1]);
    case '[':
        return in_set(c, p, end - 1);
    default:
        return (unsigned char)*p == c;
    }
}

static const char *balance(struct match *m, const char *at, const char *p)
{
    int open = 1;

    if (p + 1 >= pattern_end(m))
        return fail(m, "unbalanced pattern");
    if (at >= subject_end(m) || *at != *p)
        return NULL;
    for (const char *c = at + 1; c < subject_end(m); c++) {
        m->steps_left--;
        if (*c == p[1] && --open == 0)
            return c + 1;
        if (*c == p[0] && p[0] != p[1])
            open++;
    }
    return NULL;
}

static const char *longest(struct match *m, const char *at, const char *p,
                           const char *end)
{
    ptrdiff_t count = 0;

    while (single(m, at + count, p, end))
        count++;
    for (; count >= 0 && !m->error; count--) {
        const char *stop = match_at(m, at + count, end + 1);
        if (stop)
            return stop;
    }
    return NULL;
}

static const char *shortest(struct match *m, const char *at, const char *p,
                            const char *end)
{
    while (!m->error) {
        const char *stop = match_at(m, at, end + 1);
        if (stop)
            return stop;
        if (!single(m, at, p, end))
            return NULL;
        at++;
    }
    return NULL;
}

static const char *open_capture(struct match *m, const char *at, const char *p,
                                ptrdiff_t size)
{
    if (m->level >= CAPTURES_MAX)
        return fail(m, "too many captures");
    m->captures[m->level++] = (struct capture){at, size};
    const char *stop = match_at(m, at, p);
    if (!stop)
        m->level--;
    return stop;
}

static const char *close_capture(struct match *m, const char *at, const char *p)
{
    int level = m->level - 1;

    while (level >= 0 && m->captures[level].size != CAPTURE_OPEN)
        level--;
    if (level < 0)
        return fail(m, "invalid pattern capture");
    m->captures[level].size = at - m->captures[level].at;
    const char *stop = match_at(m, at, p);
    if (!stop)
        m->captures[level].size = CAPTURE_OPEN;
    return stop;
}

static const char *back_reference(struct match *m, const char *at, int digit)
{
    int level = digit - '1';

    if (level < 0 || level >= m->level || m->captures[level].size == CAPTURE_OPEN)
        return fail(m, "invalid capture index");
    if (m->captures[level].size == CAPTURE_POSITION)
        return NULL;
    size_t size = (size_t)m->captures[level].size;
    m->steps_left -= (int64_t)size;
    if ((size_t)(subject_end(m) - at) < size ||
        memcmp(m->captures[level].at, at, size) != 0)
        return NULL;
    return at + size;
}

static bool frontier(struct match *m, const char *at, const char *p, const char *end)
{
    int before = at == m->subject.at ? 0 : (unsigned char)at[-1];
    int here = at < subject_end(m) ? (unsigned char)*at : 0;

    m->steps_left -= end - p;
    return !in_set(before, p, end - 1) && in_set(here, p, end - 1);
}

/* %b, %f and %1: where the match goes on, NULL if it does not. *p moves behind. */
static const char *special(struct match *m, const char *at, const char **p)
{
    const char *start = *p + 2;

    if (start[-1] == 'b') {
        *p = start + 2;
        return balance(m, at, start);
    }
    if (start[-1] == 'f') {
        if (start >= pattern_end(m) || *start != '[')
            return fail(m, "missing '[' after '%f' in pattern");
        *p = class_end(m, start);
        return *p && frontier(m, at, start, *p) ? at : NULL;
    }
    *p = start;
    return back_reference(m, at, (unsigned char)start[-1]);
}

static bool is_special(const struct match *m, const char *p)
{
    return *p == '%' && p + 1 < pattern_end(m) &&
           (p[1] == 'b' || p[1] == 'f' || isdigit((unsigned char)p[1]));
}

static const char *parenthesis(struct match *m, const char *at, const char *p)
{
    if (*p == ')')
        return close_capture(m, at, p + 1);
    if (p + 1 < pattern_end(m) && p[1] == ')')
        return open_capture(m, at, p + 2, CAPTURE_POSITION);
    return open_capture(m, at, p + 1, CAPTURE_OPEN);
}

static const char *run(struct match *m, const char *at, const char *p)
{
    while (at && p < pattern_end(m)) {
        if (--m->steps_left < 0)
            return fail(m, "the pattern takes too many steps");
        if (*p == '(' || *p == ')')
            return parenthesis(m, at, p);
        if (*p == '$' && p + 1 == pattern_end(m))
            return at == subject_end(m) ? at : NULL;
        if (is_special(m, p)) {
            at = special(m, at, &p);
            continue;
        }
        const char *end = class_end(m, p);
        if (!end)
            return NULL;
        char suffix = end < pattern_end(m) ? *end : '\0';
        if (suffix == '*')
            return longest(m, at, p, end);
        if (suffix == '-')
            return shortest(m, at, p, end);
        bool fits = single(m, at, p, end);
        if (suffix == '+')
            return fits ? longest(m, at + 1, p, end) : NULL;
        if (suffix == '?') {
            const char *stop = fits ? match_at(m, at + 1, end + 1) : NULL;
            if (stop || m->error)
                return stop;
            p = end + 1;
            continue;
        }
        at = fits ? at + 1 : NULL;
        p = end;
    }
    return at;
}

const char *match_at(struct match *m, const char *at, const char *pattern)
{
    if (++m->depth > DEPTH_MAX)
        return fail(m, "the pattern is too complex");
    const char *stop = run(m, at, pattern);
    m->depth--;
    return stop;
}
