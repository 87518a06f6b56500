/* What the Lua bindings share. All of it runs under a protected call. */
#pragma once
#include <lauxlib.h>

#include "sandbox.h"

/* A read-only view of the table on top of the stack, in its place. `what` stays NULL if
 * an unknown key is nil; else reading one is an error that begins with this text. */
void readonly_push(lua_State *L, const char *what);

/* Pushes the table behind a read-only view; false and nothing if it is none. */
bool readonly_open(lua_State *L, int index);

/* As type() says: a read-only view is a table. */
const char *type_name(lua_State *L, int index);

/* Makes the metatable `name` in the registry: not to be had or changed by a policy. */
void metatable_new(lua_State *L, const char *name, const luaL_Reg *methods);

/* Registers the userdata that policies meet. */
void lua_data_open(lua_State *L);
void lua_event_open(lua_State *L);  /* needs the vm as the sandbox's owner */
void lua_window_open(lua_State *L); /* the same */

/* The table `core` that the frame works with, pushed. */
void lua_core_push(lua_State *L);

/* For lua_pcall: a new event or group handle, valid until vm_forget. */
int lua_event_make(lua_State *L);
int lua_group_make(lua_State *L);

void lua_window_push(lua_State *L, int window);

/* Their names as a table's keys, pushed. */
void lua_window_methods(lua_State *L);
void lua_group_members(lua_State *L);

/* The window's index; -2 if it is no window. */
int lua_window_at(lua_State *L, int index);
