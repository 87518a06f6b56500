/* What the hook of a state notes. */
#pragma once
#include <lua.h>

#include "spendwarden/policy_lines.h"

/* The line that is about to run, of a hook of lines. */
void lines_note(struct policy_lines *l, lua_State *L, lua_Debug *ar);
