/* From the frame's normal forms to declarations. */
#pragma once
#include "vm.h"

/* Adds an error at the line of the policy that runs; returns 0. `code`: see codes.h. */
int register_problem(lua_State *L, const char *code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* False: another file is this policy. */
bool register_policy(struct policy_vm *vm, struct str name, struct str version,
                     struct str owner);

/* Notes that the policy reads this data; beyond DATA_NAMES_MAX nobody is told. */
void register_data(struct policy_vm *vm, struct str name);

/* (kind, spec): a window's index for a window, else nothing. */
int core_register(lua_State *L);

/* --- for the kinds in register_tick.c --- */

/* "file:line" of the call. */
struct str register_where(lua_State *L);

/* Adds the function that stands in the spec under `key`. */
struct policy_fn *register_fn(lua_State *L, enum policy_call call, struct str label,
                              const char *key);

/* Room for one more metric or window that events feed by a function. */
bool register_effect(lua_State *L);

/* False, and said: another metric has this name. */
bool register_metric_name(lua_State *L, struct str name);

int register_window(lua_State *L);
int register_rule(lua_State *L);
int register_budget(lua_State *L);
int register_gauge(lua_State *L);
