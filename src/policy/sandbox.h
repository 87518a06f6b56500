/* One hardened LuaJIT state: no JIT, a memory cap, an instruction budget, and only the
 * libraries that policies may use. Knows nothing of events. One thread, whose stack has
 * 16 MiB. */
#pragma once
#include <lua.h>

#include "spendwarden/policy_errors.h"

/* What one call may take, and of which limit that is, for the message. */
struct budget {
    int64_t instructions, limit; /* of this call; as configured: what is left of it */
    int64_t wall_ms;
    const char *whose, *timed;        /* "a call", "a tick", ...: what takes too much */
    const char *limit_key, *wall_key; /* what raises it; NULL: nothing */
};

enum block { BLOCK_OTHER, BLOCK_TEXT, BLOCK_STACK };

struct sandbox {
    lua_State *L;                       /* NULL when closed */
    void *owner;                        /* borrowed: what the bindings work on */
    const struct policy_limits *limits; /* borrowed */
    size_t memory_used, memory_limit;
    /* The state's own blocks: where it makes texts, and its stack. What once grew stays
     * large, so their growth says nothing of the call in which it happens. */
    void *text_block, *stack_block;
    enum block probing; /* while sandbox_open looks for them */
    size_t collect_at;  /* what is used from when on sandbox_rest has something to do */
    bool resting;       /* garbage is collected by sandbox_rest alone */
    bool trusted;       /* our own code runs: no budget, no bound on blocks */
    int64_t hook_every, stepped, charged; /* instructions */
    const struct budget *budget;          /* of the running call; borrowed */
    int64_t deadline_ns;                  /* 0: the clock was not started */
    const char *dead;    /* static: why the running call is condemned; else NULL */
    const char *refused; /* static: why memory was refused last: "memory", "string"... */
    struct policy_lines *lines; /* borrowed; where lines that run are noted; or NULL */
    int pcall_depth;
    bool sorting;
    char message[POLICY_MESSAGE_SIZE]; /* of the last failure */
};

struct budget budget_of_load(const struct policy_limits *limits);

/* Trusted until sandbox_distrust. Borrows the limits. On failure *s is closed. */
bool sandbox_open(struct sandbox *s, const struct policy_limits *limits, void *owner,
                  struct err *err);
void sandbox_close(struct sandbox *s); /* safe on a zeroed one, and twice */
void sandbox_distrust(struct sandbox *s);

/* Counts every instruction instead of each thousandth; verdicts stay the same. */
void sandbox_count_exactly(struct sandbox *s, bool exactly);

/* Calls the function below `args` arguments on the stack. NULL: `results` are there
 * instead. Else the reason ("runtime", or which limit: "instructions", "wall", "memory",
 * "string", "table"): nothing is there, and s->message says more. */
const char *sandbox_call(struct sandbox *s, int args, int results,
                         const struct budget *budget);

/* From now on no call collects garbage: sandbox_rest does, in steps in proportion to what
 * was allocated since. Neither while a call runs. */
void sandbox_rest_only(struct sandbox *s);
void sandbox_rest(struct sandbox *s);

/* More garbage than should wait for the end of an event. */
static inline bool sandbox_pressed(const struct sandbox *s)
{
    return s->memory_used > s->memory_limit / 2;
}

/* Instructions of the last call, work done in C for it included. */
int64_t sandbox_spent(const struct sandbox *s);

struct sandbox *sandbox_of(lua_State *L);

/* Work that C does for a policy: raises when the budget is used up. */
void sandbox_charge(lua_State *L, int64_t instructions);
void sandbox_charge_bytes(lua_State *L, size_t bytes);

/* A text of this size is about to be made: raises when it is longer than may be. */
void sandbox_check_text(lua_State *L, double bytes);

/* What a call that failed with `status` left on the stack, raised again unless the policy
 * may catch it: a stop ends the whole call. */
void sandbox_pass_stop(lua_State *L, int status);

/* The allowed libraries into the table on top of the stack; the string library becomes
 * the strings' metatable. Under a protected call. */
void sandbox_libraries(lua_State *L);

/* For sandbox_libraries. Each adds to the table on top. */
void lua_base_open(lua_State *L);
void lua_string_open(lua_State *L); /* a new table, left on top */
void lua_table_open(lua_State *L);  /* a new table, left on top */

/* "12", "0.1", "true" or a type's name, pushed; never an address. */
struct str lua_push_text(lua_State *L, int index);
