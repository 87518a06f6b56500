/* What the Lua bindings share. All of it runs under a protected call. */
#pragma once
#include <lauxlib.h>

#include "sandbox.h"

/* A read-only view of the table on top of the stack, in its place. `what` stays NULL if
 * an unknown key is nil; else reading one is an error that begins with this text. */
void readonly_push(lua_State *L, const char *what);

/* The same, where names of fields that are absent are nil all the same. The schema
 * outlives the state. */
void readonly_push_of(lua_State *L, const char *what, const struct schema *schema);

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

/* The functions of `core` that know of no policy, into the table on top. */
void lua_core_basics(lua_State *L);

/* A field as policies and tests read it, pushed; nil if it is absent. */
void lua_field_push(lua_State *L, const struct record *r, struct field field);

/* The keys of the table at that index as a list, pushed: numbers, then texts bytewise. */
void lua_sorted_keys(lua_State *L, int table);

/* The line of the file that is being run; 0: none. */
int lua_here(lua_State *L);

/* Pushes one of our own chunks, with an environment of its own: the libraries, which are
 * at that index, and setmetatable. */
void lua_trusted_load(lua_State *L, int libraries, const char *name, const char *text,
                      const char *end);

/* Nothing of LuaJIT's own libraries is left to be reached. */
void lua_forget_libraries(lua_State *L);

/* Pushed: a function that makes a new event or group handle, valid until vm_forget. */
void lua_event_maker(lua_State *L);
void lua_group_maker(lua_State *L);

void lua_window_push(lua_State *L, int window);

/* Their names as a table's keys, pushed. */
void lua_window_methods(lua_State *L);
void lua_group_members(lua_State *L);

/* The window's index; -2 if it is no window. */
int lua_window_at(lua_State *L, int index);

/* For methods of windows: the sums of the one that is argument 1; raises where windows
 * cannot be read. */
const struct window_sums *lua_window_read(lua_State *L, const struct window_decl **decl);

/* The state that the running group is in; NULL: at `index` is no group. */
const struct policy_vm *lua_group_given(lua_State *L, int index);

int lua_window_top(lua_State *L);

/* --- read.c --- */

/* False with errno: it cannot be read; EFBIG: it is larger than `max`. */
bool file_read(struct arena *arena, const char *path, size_t max, struct str *out);

/* The frame of tests, pushed: given the libraries and its `core` at these indexes. */
void lua_test_frame_push(lua_State *L, int libraries, int core);
