/* From the frame's normal forms to declarations. */
#pragma once
#include "vm.h"

/* Adds an error at the line of the policy that runs; returns 0. `code`: see codes.h. */
int register_problem(lua_State *L, const char *code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* False: another file is this policy. */
bool register_policy(struct policy_vm *vm, struct str name);

/* Notes that the policy reads this data; beyond DATA_NAMES_MAX nobody is told. */
void register_data(struct policy_vm *vm, struct str name);

/* (kind, spec): a window's index for a window, else nothing. */
int core_register(lua_State *L);
