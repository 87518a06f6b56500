/* lua/test/: the frame that tests of policies are written in, in parts. */
#include "bindings.h"

#define CHUNK(name) extern const char test_##name[], test_##name##_end[];
CHUNK(words)
CHUNK(run)
CHUNK(alerts)
CHUNK(assertions)
CHUNK(events)
CHUNK(frame)
#undef CHUNK

#define CHUNK(name, results)                                                             \
    {                                                                                    \
        "=" #name, test_##name, test_##name##_end, results                               \
    }
/* Those with a result are needed by the ones after them. */
static const struct chunk {
    const char *name, *text, *end;
    int results;
} chunks[] = {CHUNK(words, 1),      CHUNK(run, 1),    CHUNK(alerts, 0),
              CHUNK(assertions, 0), CHUNK(events, 0), CHUNK(frame, 1)};
#undef CHUNK

/* (core, words, run, api, libraries); words and run are nil until they are there. */
static void run_chunk(lua_State *L, const struct chunk *c, int libraries, int core,
                      int api)
{
    int top = lua_gettop(L);

    lua_trusted_load(L, libraries, c->name, c->text, c->end);
    lua_pushvalue(L, core);
    for (int part = api + 1; part <= api + 2; part++)
        if (part <= top)
            lua_pushvalue(L, part);
        else
            lua_pushnil(L);
    lua_pushvalue(L, api);
    lua_pushvalue(L, libraries);
    lua_call(L, 5, c->results);
}

void lua_test_frame_push(lua_State *L, int libraries, int core)
{
    lua_newtable(L); /* the calls of tests */
    int api = lua_gettop(L);
    for (size_t i = 0; i < sizeof chunks / sizeof *chunks; i++)
        run_chunk(L, &chunks[i], libraries, core, api);
    lua_replace(L, api);
    lua_settop(L, api);
}
