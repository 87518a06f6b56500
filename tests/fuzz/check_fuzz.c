/* Any bytes as a policy file, through all of lua/check/: it neither fails nor takes more
 * than its share, and takes for Lua exactly what LuaJIT's loader does. */
#include <lauxlib.h>
#include <luajit.h>
#include <lualib.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/policy/lint.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What checks get from C, as far as it changes their way. */
static const char core_text[] =
    "local stages = { derive = 1, price = 2, classify = 3, count = 4 }\n"
    "local kinds = { team = 'label', status = 'text', retry_depth = 'number', charge_usd "
    "= 'money' }\n"
    "return {\n"
    "  stages = stages, classes = { 'prod' }, limits = { max_groups = 10, max_series = "
    "10 },\n"
    "  nearest = function(_, known) return known[1] end,\n"
    "  duration = function(text) return tonumber((text:match('^(%d+)h$'))) end,\n"
    "  field = function(name) return kinds[name], kinds[name] and (name == 'charge_usd' "
    "and 2 or 1) or 'team' end,\n"
    "  event_member = function(name) return kinds[name] and 1, 'team' end,\n"
    "  add = function(_, line, column, to, code, text)\n"
    "    assert(line >= 0 and column >= 0 and to >= column and code and #text > 0)\n"
    "  end,\n"
    "}\n";

static const char names_text[] = "derive\nwindow\nrule\npolicy\ntostring\nstring.sub\n"
                                 "Window:get\nGroup.value\nEvent.team\n";

enum { BASE = 10000000, PER_BYTE = 2000, HOOK_EVERY = 1000 };

/* Lines of Lua that were run, for libFuzzer, which sees only C otherwise. */
#ifdef __clang__
__attribute__((section("__libfuzzer_extra_counters")))
#endif
static uint8_t lines_run[8192];

static lua_State *lua;
static int64_t left;
static int hooks = LUA_MASKCOUNT;

static void watch(lua_State *L, lua_Debug *ar)
{
    if (ar->event == LUA_HOOKCOUNT) {
        left -= HOOK_EVERY;
        if (left < 0)
            luaL_error(L, "a file takes more than its share");
        return;
    }
    lua_getinfo(L, "Sl", ar);
    unsigned at = (unsigned)ar->currentline * 31;
    for (const char *c = ar->short_src; *c; c++)
        at = at * 33 + (unsigned char)*c;
    lines_run[at % sizeof lines_run] = 1;
}

static void need(int status)
{
    if (status == 0)
        return;
    fprintf(stderr, "%s\n", lua_tostring(lua, -1));
    abort();
}

/* The modules are in the registry's "check". */
static void open_state(void)
{
    lua = luaL_newstate();
    luaL_openlibs(lua);
    luaJIT_setmode(lua, 0, LUAJIT_MODE_ENGINE | LUAJIT_MODE_OFF);
    need(luaL_dostring(lua, core_text));
    lua_newtable(lua);
    for (size_t i = 0; i < lint_chunk_count; i++) {
        const struct lint_chunk *chunk = &lint_chunks[i];
        need(luaL_loadbuffer(lua, chunk->text, (size_t)(chunk->end - chunk->text),
                             chunk->name));
        lua_pushvalue(lua, 2);
        lua_pushvalue(lua, 1);
        lua_pushstring(lua, names_text);
        need(lua_pcall(lua, 3, 1, 0));
        lua_setfield(lua, 2, chunk->name);
    }
    lua_setfield(lua, LUA_REGISTRYINDEX, "check");
    lua_settop(lua, 0);
}

static void push_module(const char *name)
{
    lua_getfield(lua, LUA_REGISTRYINDEX, "check");
    lua_getfield(lua, -1, name);
    lua_remove(lua, -2);
}

/* What only the bytecode is too small for is no matter of syntax. */
static bool loads(const char *text, size_t size, bool *bounded)
{
    static const char *const bounds[] = {"too complex", "too long", "constants",
                                         "not enough memory"};
    bool ok = luaL_loadbufferx(lua, text, size, "=f", "t") == 0;

    *bounded = false;
    for (size_t i = 0; !ok && i < sizeof bounds / sizeof *bounds; i++)
        *bounded |= strstr(lua_tostring(lua, -1), bounds[i]) != NULL;
    lua_settop(lua, 0);
    return ok;
}

static bool parses(const char *text, size_t size)
{
    push_module("parser");
    lua_pushlstring(lua, text, size);
    need(lua_pcall(lua, 1, 1, 0));
    bool ok = lua_istable(lua, 1);
    lua_settop(lua, 0);
    return ok;
}

/* With a problem and a note on every line, as if all of it had been run. */
static void check(const char *text, size_t size)
{
    push_module("check");
    lua_pushliteral(lua, "f.lua");
    lua_pushlstring(lua, text, size);
    need(luaL_dostring(lua,
                       "local problems, notes = {}, {}\n"
                       "for line = 0, 20 do\n"
                       "  problems[line + 1] = { line = line, code = line % 2 == 0 and "
                       "'E201' or 'E011',\n"
                       "    text = \"derive: 'needs': there is no field 'teem'\" }\n"
                       "  notes[line + 1] = { line = line, kind = 'window', names = { "
                       "'team', 'end_user' } }\n"
                       "end\n"
                       "return problems, notes\n"));
    need(lua_pcall(lua, 5 - 1, 0, 0));
    lua_settop(lua, 0);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    hooks |= LUA_MASKLINE;
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    bool bounded;

    if (!lua)
        open_state();
    left = BASE + PER_BYTE * (int64_t)size;
    lua_sethook(lua, watch, hooks, HOOK_EVERY);
    bool ok = loads(text, size, &bounded);
    if (!bounded && ok != parses(text, size)) {
        fprintf(stderr, "LuaJIT %s it, the parser does not\n", ok ? "takes" : "refuses");
        abort();
    }
    check(text, size);
    lua_gc(lua, LUA_GCSTEP, 200);
    return 0;
}
