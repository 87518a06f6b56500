/* Patterns against LuaJIT's own: find, match, gmatch and gsub of the sandbox give what
 * those of the plain library give, or refuse for the steps that it would take. The first
 * byte is the length of the pattern, the second of the replacement; the rest is the text.
 * Build: clang -fsanitize=fuzzer,address,undefined. */
#include <lauxlib.h>
#include <lualib.h>
#include <stdio.h>
#include <stdlib.h>

#include "../../src/policy/sandbox.h"

enum { STEPS_MAX_TRIED = 200000, TEXT_TRIED = 300 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Runs in both states: (text, pattern, replacement, start) -> true or false, and all that
 * came of it as one text. Lengths stand before the parts, so that none runs into another.
 */
static const char compare_text[] = "local text, pattern, new, start = ...\n"
                                   "local parts = {}\n"
                                   "local function note(...)\n"
                                   "  for i = 1, select('#', ...) do\n"
                                   "    local part = select(i, ...)\n"
                                   "    part = tostring(part)\n"
                                   "    parts[#parts + 1] = #part .. ':' .. part\n"
                                   "  end\n"
                                   "  parts[#parts + 1] = ';'\n"
                                   "end\n"
                                   "note(text:find(pattern, start))\n"
                                   "note(text:match(pattern, start))\n"
                                   "note(text:gsub(pattern, new))\n"
                                   "note(text:gsub(pattern, new, 2))\n"
                                   "local turns = 0\n"
                                   "for a, b, c in text:gmatch(pattern) do\n"
                                   "  note(a, b, c)\n"
                                   "  turns = turns + 1\n"
                                   "  if turns == 400 then break end\n"
                                   "end\n"
                                   "return table.concat(parts)\n";

static void demand(bool holds)
{
    if (!holds)
        abort();
}

static lua_State *plain_state(void)
{
    lua_State *L = luaL_newstate();

    demand(L != NULL);
    luaL_openlibs(L);
    demand(luaL_loadstring(L, compare_text) == 0);
    return L; /* with the function on its stack */
}

static int open_sandbox(lua_State *L)
{
    lua_newtable(L);
    sandbox_libraries(L);
    luaL_loadstring(L, compare_text);
    lua_insert(L, -2);
    lua_setfenv(L, -2);
    return 1;
}

/* With its function on its stack. */
static struct sandbox *sandboxed_state(void)
{
    static struct policy_limits limits;
    struct sandbox *s = calloc(1, sizeof *s);
    struct err err = {0};

    policy_limits_default(&limits);
    limits.string_bytes = 256 * 1024;
    demand(s && sandbox_open(s, &limits, NULL, &err));
    lua_pushcfunction(s->L, open_sandbox);
    demand(lua_pcall(s->L, 0, 1, 0) == 0);
    sandbox_distrust(s);
    return s;
}

struct input {
    struct str text, pattern, new;
    int start;
};

static void push(lua_State *L, const struct input *in)
{
    lua_pushvalue(L, 1);
    lua_pushlstring(L, in->text.at, in->text.size);
    lua_pushlstring(L, in->pattern.at, in->pattern.size);
    lua_pushlstring(L, in->new.at, in->new.size);
    lua_pushinteger(L, in->start);
}

/* False: it was refused for what it would take. *ok: it raised nothing. */
static bool run_sandboxed(struct sandbox *s, const struct input *in, bool *ok)
{
    static const struct budget budget = {.instructions = STEPS_MAX_TRIED,
                                         .limit = STEPS_MAX_TRIED,
                                         .wall_ms = 60000,
                                         .whose = "an input",
                                         .timed = "an input"};

    lua_settop(s->L, 1);
    push(s->L, in);
    const char *reason = sandbox_call(s, 4, 1, &budget);
    *ok = reason == NULL;
    if (!reason)
        return true;
    return strcmp(reason, "runtime") == 0 && !strstr(s->message, "too complex") &&
           !strstr(s->message, "too many steps");
}

static void demand_same(struct sandbox *s, lua_State *plain)
{
    struct str a, b;

    a.at = lua_tolstring(s->L, -1, &a.size);
    b.at = lua_tolstring(plain, -1, &b.size);
    if (str_eq(a, b))
        return;
    fprintf(stderr, "sandbox: %.*s\nplain:   %.*s\n", STR_ARG(a), STR_ARG(b));
    abort();
}

static struct str take(struct str *rest, size_t size)
{
    struct str part = {rest->at, size < rest->size ? size : rest->size};

    *rest = str_from(*rest, part.size);
    return part;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sandbox *s;
    static lua_State *plain;
    struct str rest = {(const char *)data + 3, size - 3};
    struct input in;
    bool ok;

    if (size < 3)
        return 0;
    if (!s) {
        s = sandboxed_state();
        plain = plain_state();
    }
    in.pattern = take(&rest, data[0] % 64);
    in.new = take(&rest, data[1] % 16);
    in.start = (int8_t)data[2];
    in.text = take(&rest, TEXT_TRIED);
    while (in.new.size && in.new.at[in.new.size - 1] == '%')
        in.new.size--; /* there LuaJIT takes the byte behind the text */
    /* To LuaJIT it ends the pattern, to us it is a byte like others. */
    if (in.pattern.size && memchr(in.pattern.at, '\0', in.pattern.size))
        return 0;
    if (!run_sandboxed(s, &in, &ok))
        return 0;
    lua_settop(plain, 1);
    push(plain, &in);
    bool plain_ok = lua_pcall(plain, 4, 1, 0) == 0;
    if (plain_ok != ok)
        fprintf(stderr, "sandbox: %s\nplain: %s\n", ok ? "no error" : s->message,
                plain_ok ? "no error" : lua_tostring(plain, -1));
    demand(plain_ok == ok);
    if (ok)
        demand_same(s, plain);
    return 0;
}
