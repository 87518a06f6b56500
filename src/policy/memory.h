/* A sandbox's memory: its caps, and when garbage goes. For sandbox.c. */
#pragma once
#include "sandbox.h"

/* The state's lua_Alloc; `user` is the sandbox. */
void *memory_allocate(void *user, void *block, size_t old_size, size_t new_size);

/* Finds the blocks that belong to the state itself. May raise. */
void memory_find_own(lua_State *L);

/* Collects all garbage there is. */
void memory_collect(struct sandbox *s);
