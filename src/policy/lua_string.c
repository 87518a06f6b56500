/* String functions whose work is bounded and charged, over match.h. */
#include "bindings.h"
#include "match.h"

static struct str check_text(lua_State *L, int index)
{
    struct str text;

    text.at = luaL_checklstring(L, index, &text.size);
    return text;
}

/* --- LuaJIT's own functions, charged by the size of their text --- */

static int charged(lua_State *L)
{
    sandbox_charge_bytes(L, check_text(L, 1).size);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
    return lua_gettop(L);
}

/* From the end if it is negative; whatever is no place at all is one far outside. */
static ptrdiff_t place(double given, ptrdiff_t size)
{
    static const double far = 1e9;

    if (!(given > -far))
        given = -far;
    ptrdiff_t at = (ptrdiff_t)(given < far ? given : far);
    return at < 0 ? size + at + 1 : at;
}

/* Policies call it for each tag: to call LuaJIT's would cost four times as much. */
static int string_sub(lua_State *L)
{
    struct str text = check_text(L, 1);
    ptrdiff_t size = (ptrdiff_t)text.size;
    ptrdiff_t first = place(luaL_checknumber(L, 2), size);
    ptrdiff_t last = place(luaL_optnumber(L, 3, -1), size);

    sandbox_charge_bytes(L, text.size);
    first = first < 1 ? 1 : first;
    last = last > size ? size : last;
    lua_pushlstring(L, text.at + (first <= last ? first - 1 : 0),
                    first <= last ? (size_t)(last - first + 1) : 0);
    return 1;
}

static int string_rep(lua_State *L)
{
    struct str text = check_text(L, 1);
    double count = luaL_checknumber(L, 2);
    luaL_Buffer buffer;

    if (!(count >= 1))
        count = 0;
    if (text.size == 0)
        count = 0;
    sandbox_check_text(L, (double)text.size * count);
    sandbox_charge_bytes(L, text.size * (size_t)count);
    luaL_buffinit(L, &buffer);
    for (int i = 0; i < (int)count; i++)
        luaL_addlstring(&buffer, text.at, text.size);
    luaL_pushresult(&buffer);
    return 1;
}

/* LuaJIT formats; %p would show an address, and other values are shown as tostring has
 * them. */
static int string_format(lua_State *L)
{
    struct str format = check_text(L, 1);
    size_t bytes = format.size;

    for (size_t i = 0; i + 1 < format.size; i++) {
        if (format.at[i] != '%')
            continue;
        for (i++; i < format.size && memchr("-+ #0123456789.", format.at[i], 15); i++)
            ;
        if (i < format.size && format.at[i] == 'p')
            return luaL_error(L, "string.format: no %%p");
    }
    for (int i = 2; i <= lua_gettop(L); i++) {
        if (lua_type(L, i) == LUA_TNUMBER)
            continue;
        bytes += lua_push_text(L, i).size;
        lua_replace(L, i);
    }
    sandbox_check_text(L, (double)bytes);
    sandbox_charge_bytes(L, bytes);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, 1);
    return 1;
}

/* --- patterns --- */

static void match_begin(lua_State *L, struct match *m, struct str subject,
                        struct str pattern)
{
    const struct sandbox *s = sandbox_of(L);

    if (pattern.size > PATTERN_SIZE_MAX)
        luaL_error(L, "a pattern is longer than %d", PATTERN_SIZE_MAX);
    *m = (struct match){.subject = subject, .pattern = pattern, .steps_left = INT64_MAX};
    if (!s->trusted)
        m->steps_left = s->budget->instructions - sandbox_spent(s);
}

static const char *match_try(lua_State *L, struct match *m, const char *at,
                             const char *pattern)
{
    int64_t before = m->steps_left;

    m->level = m->depth = 0;
    const char *end = match_at(m, at, pattern);
    sandbox_charge(L, 1 + before - m->steps_left);
    if (m->error)
        luaL_error(L, "%s", m->error);
    return end;
}

static void push_capture(lua_State *L, const struct match *m, int level, const char *at,
                         const char *end)
{
    if (level >= m->level && level > 0)
        luaL_error(L, "invalid capture index");
    if (level >= m->level)
        lua_pushlstring(L, at, (size_t)(end - at));
    else if (m->captures[level].size == CAPTURE_POSITION)
        lua_pushinteger(L, m->captures[level].at - m->subject.at + 1);
    else if (m->captures[level].size < 0)
        luaL_error(L, "unfinished capture");
    else
        lua_pushlstring(L, m->captures[level].at, (size_t)m->captures[level].size);
}

/* All captures, or the whole match if there are none and `whole`. */
static int push_captures(lua_State *L, const struct match *m, const char *at,
                         const char *end, bool whole)
{
    int count = m->level == 0 && whole ? 1 : m->level;

    luaL_checkstack(L, count, "too many captures");
    for (int i = 0; i < count; i++)
        push_capture(L, m, i, at, end);
    return count;
}

static size_t start_offset(lua_State *L, int index, size_t size)
{
    double start = luaL_optnumber(L, index, 1);

    if (start < 0)
        start += (double)size + 1;
    if (!(start >= 1))
        return 0;
    return start > (double)size ? size : (size_t)start - 1; /* as Lua 5.1 has it */
}

static int nothing(lua_State *L)
{
    lua_pushnil(L);
    return 1;
}

static int find_plain(lua_State *L, struct str subject, struct str what, size_t start)
{
    sandbox_charge_bytes(L, subject.size - start + what.size);
    const char *at =
        what.size ? memmem(subject.at + start, subject.size - start, what.at, what.size)
                  : subject.at + start;
    if (!at)
        return nothing(L);
    lua_pushinteger(L, at - subject.at + 1);
    lua_pushinteger(L, at - subject.at + (ptrdiff_t)what.size);
    return 2;
}

static bool is_plain(struct str pattern)
{
    for (size_t i = 0; i < pattern.size; i++)
        if (memchr("^$*+?.([%-", pattern.at[i], 10))
            return false;
    return true;
}

static int find_or_match(lua_State *L, bool find)
{
    struct str subject = check_text(L, 1), pattern = check_text(L, 2);
    size_t start = start_offset(L, 3, subject.size);
    struct match m;

    if (find && (lua_toboolean(L, 4) || is_plain(pattern)))
        return find_plain(L, subject, pattern, start);
    match_begin(L, &m, subject, pattern);
    bool anchored = pattern.size && *pattern.at == '^';
    for (const char *at = subject.at + start; at <= subject.at + subject.size; at++) {
        const char *end = match_try(L, &m, at, pattern.at + anchored);
        if (end && find) {
            lua_pushinteger(L, at - subject.at + 1);
            lua_pushinteger(L, end - subject.at);
            return 2 + push_captures(L, &m, at, end, false);
        }
        if (end)
            return push_captures(L, &m, at, end, true);
        if (anchored)
            break;
    }
    return nothing(L);
}

static int string_find(lua_State *L)
{
    return find_or_match(L, true);
}

static int string_match(lua_State *L)
{
    return find_or_match(L, false);
}

/* Upvalues: subject, pattern, offset. */
static int gmatch_next(lua_State *L)
{
    struct str subject, pattern;
    struct match m;

    subject.at = lua_tolstring(L, lua_upvalueindex(1), &subject.size);
    pattern.at = lua_tolstring(L, lua_upvalueindex(2), &pattern.size);
    match_begin(L, &m, subject, pattern);
    for (size_t i = (size_t)lua_tointeger(L, lua_upvalueindex(3)); i <= subject.size;
         i++) {
        const char *at = subject.at + i, *end = match_try(L, &m, at, pattern.at);
        if (!end)
            continue;
        lua_pushinteger(L, end - subject.at + (end == at));
        lua_replace(L, lua_upvalueindex(3));
        return push_captures(L, &m, at, end, true);
    }
    return 0;
}

static int string_gmatch(lua_State *L)
{
    check_text(L, 1);
    check_text(L, 2);
    lua_settop(L, 2);
    lua_pushinteger(L, 0);
    lua_pushcclosure(L, gmatch_next, 3);
    return 1;
}

static void add_template(lua_State *L, luaL_Buffer *buffer, const struct match *m,
                         const char *at, const char *end)
{
    size_t size;
    const char *template = lua_tolstring(L, 3, &size);

    for (size_t i = 0; i < size; i++) {
        char c = template[i];
        if (c != '%' || i + 1 == size) {
            luaL_addchar(buffer, c);
            continue;
        }
        c = template[++i];
        if (c < '0' || c > '9') {
            luaL_addchar(buffer, c);
            continue;
        }
        if (c == '0')
            lua_pushlstring(L, at, (size_t)(end - at));
        else
            push_capture(L, m, c - '1', at, end);
        lua_tostring(L, -1);
        luaL_addvalue(buffer);
    }
    sandbox_charge_bytes(L, size + (size_t)(end - at));
}

static void add_replacement(lua_State *L, luaL_Buffer *buffer, const struct match *m,
                            const char *at, const char *end)
{
    if (lua_type(L, 3) == LUA_TSTRING) {
        add_template(L, buffer, m, at, end);
        return;
    }
    push_capture(L, m, 0, at, end);
    lua_gettable(L, 3);
    if (!lua_toboolean(L, -1)) {
        lua_pop(L, 1);
        lua_pushlstring(L, at, (size_t)(end - at));
    } else if (!lua_isstring(L, -1)) {
        luaL_error(L, "string.gsub: a replacement is a %s", type_name(L, -1));
    }
    lua_tostring(L, -1);
    sandbox_charge_bytes(L, lua_objlen(L, -1));
    luaL_addvalue(buffer);
}

/* No functions as replacement: recursion through gsub overruns LuaJIT's C stack. */
static void check_replacement(lua_State *L)
{
    if (lua_type(L, 3) == LUA_TNUMBER) {
        lua_tostring(L, 3);
        return;
    }
    if (lua_type(L, 3) != LUA_TSTRING && !lua_istable(L, 3) && !lua_isuserdata(L, 3))
        luaL_error(L, "string.gsub: the replacement must be a text or a table, not a %s",
                   type_name(L, 3));
}

static int string_gsub(lua_State *L)
{
    struct str subject = check_text(L, 1), pattern = check_text(L, 2);
    double most = luaL_optnumber(L, 4, (double)subject.size + 1);
    const char *at = subject.at, *last = subject.at + subject.size;
    luaL_Buffer buffer;
    struct match m;
    int count = 0;

    check_replacement(L);
    bool anchored = pattern.size && *pattern.at == '^';
    match_begin(L, &m, subject, pattern);
    luaL_buffinit(L, &buffer);
    while (count < most) {
        const char *end = match_try(L, &m, at, pattern.at + anchored);
        if (end) {
            count++;
            add_replacement(L, &buffer, &m, at, end);
        }
        if (end && end > at)
            at = end;
        else if (at < last)
            luaL_addchar(&buffer, *at++);
        else
            break;
        if (anchored)
            break;
    }
    luaL_addlstring(&buffer, at, (size_t)(last - at));
    luaL_pushresult(&buffer);
    lua_pushinteger(L, count);
    return 2;
}

void lua_string_open(lua_State *L)
{
    static const luaL_Reg own[] = {{"rep", string_rep},
                                   {"find", string_find},
                                   {"match", string_match},
                                   {"gmatch", string_gmatch},
                                   {"gsub", string_gsub},
                                   {"sub", string_sub},
                                   {NULL, NULL}};
    static const char *const kept[] = {"byte",  "char",    "len",
                                       "lower", "reverse", "upper"};

    lua_newtable(L);
    luaL_register(L, NULL, own);
    lua_getglobal(L, "string");
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        bool by_size = *kept[i] != 'c' && strcmp(kept[i], "len") != 0;
        lua_getfield(L, -1, kept[i]);
        if (by_size)
            lua_pushcclosure(L, charged, 1);
        lua_setfield(L, -3, kept[i]);
    }
    lua_getfield(L, -1, "format");
    lua_pushcclosure(L, string_format, 1);
    lua_setfield(L, -3, "format");
    lua_pop(L, 1);
}
