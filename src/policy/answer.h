/* Answers of policies, checked and copied while they are on the stack. None of it raises.
 * What is wrong with an answer comes back as a static text, NULL: nothing. */
#pragma once
#include "vm.h"

/* nil, false and "" are empty; a number becomes its text. Copied to the arena. */
const char *answer_text(struct policy_vm *vm, int index, struct str *out);

/* The same, cut at TEXT_VALUE_MAX. */
const char *answer_reason(struct policy_vm *vm, int index, struct str *out);

/* Text as it is, within the bound of what one call may answer. Copied to the arena. */
const char *answer_copy(struct policy_vm *vm, struct str text, struct str *out);

/* The member of a plain table, pushed, or nil. */
void answer_member(lua_State *L, int table, struct str name);

/* In the arena; NULL: no memory. */
struct provenance *answer_provenance(struct policy_vm *vm, const struct policy_fn *f,
                                     struct str reason);

/* The first field that the function needs and the event lacks; FIELD_NONE: none. */
struct field event_lacks(const struct record *r, const struct policy_fn *f);
