/* Reads the frame's normal form of a call, at index SPEC; the frame has checked every
 * type and bound. What is returned lives in the build's arena. */
#pragma once
#include "vm.h"

enum { SPEC = 2 };

/* Zeroed; raises when there is no memory. */
void *take(lua_State *L, size_t size);
struct str take_text(lua_State *L, int index);

struct str spec_text(lua_State *L, const char *key);          /* or empty */
bool spec_number(lua_State *L, const char *key, double *out); /* or 0 */
bool spec_has(lua_State *L, const char *key);
int spec_index(lua_State *L, const char *key);  /* or -1 */
int64_t spec_ns(lua_State *L, const char *key); /* of seconds */
bool spec_flag(lua_State *L, const char *key);
const struct str *spec_texts(lua_State *L, const char *key, size_t *count);
size_t spec_fields(lua_State *L, const char *key, struct field *out);
size_t spec_pairs(lua_State *L, const char *key, struct pair *out);
size_t spec_steps(lua_State *L, struct step *out);
size_t spec_bounds(lua_State *L, int64_t *out);
size_t spec_burns(lua_State *L, struct burn *out);

/* Replaces what is at SPEC: the caller keeps it. */
size_t spec_where(lua_State *L, struct where_clause *out);
