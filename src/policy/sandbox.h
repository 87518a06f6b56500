/* One hardened LuaJIT state: no JIT, a memory cap, an instruction budget, and only the
 * libraries that policies may use. Knows nothing of events. One thread, whose stack has
 * 16 MiB. */
#pragma once
#include <lua.h>

#include "spendwarden/policy.h"

enum { SANDBOX_MESSAGE_SIZE = 400 };

struct sandbox {
    lua_State *L; /* NULL when closed */
    void *owner;  /* borrowed: what the bindings work on */
    size_t memory_used, memory_limit;
    size_t block_max, block_largest; /* of one allocation; the largest while trusted */
    bool trusted;                    /* our own code runs: no budget, no block_max */
    int64_t hook_every, stepped, charged, budget; /* instructions */
    int64_t wall_ns, deadline_ns;                 /* deadline 0: not started */
    const char *dead; /* static: why the running call is condemned; else NULL */
    int pcall_depth;
    bool sorting;
    char message[SANDBOX_MESSAGE_SIZE]; /* of the last failure */
};

/* Trusted until sandbox_distrust. On failure *s is closed. */
bool sandbox_open(struct sandbox *s, const struct policy_limits *limits, void *owner,
                  struct err *err);
void sandbox_close(struct sandbox *s); /* safe on a zeroed one, and twice */
void sandbox_distrust(struct sandbox *s);

/* Counts every instruction instead of each thousandth; verdicts stay the same. */
void sandbox_count_exactly(struct sandbox *s, bool exactly);

/* Calls the function below `args` arguments on the stack. NULL: `results` are there
 * instead. Else the reason ("runtime", "instructions", "memory", "wall"): nothing is
 * there, and s->message says more. */
const char *sandbox_call(struct sandbox *s, int args, int results, int64_t budget,
                         int64_t wall_ms);

/* Instructions of the last call, work done in C for it included. */
int64_t sandbox_spent(const struct sandbox *s);

struct sandbox *sandbox_of(lua_State *L);

/* Work that C does for a policy: raises when the budget is used up. */
void sandbox_charge(lua_State *L, int64_t instructions);
void sandbox_charge_bytes(lua_State *L, size_t bytes);

/* The allowed libraries into the table on top of the stack; the string library becomes
 * the strings' metatable. Under a protected call. */
void sandbox_libraries(lua_State *L);

/* For sandbox_libraries. Each adds to the table on top. */
void lua_base_open(lua_State *L);
void lua_string_open(lua_State *L); /* a new table, left on top */
void lua_table_open(lua_State *L);  /* a new table, left on top */

/* "12", "0.1", "true" or a type's name, pushed; never an address. */
struct str lua_push_text(lua_State *L, int index);
