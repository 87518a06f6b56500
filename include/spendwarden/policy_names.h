/* What policies may use, by name: for editors and linters. */
#pragma once
#include "spendwarden/buf.h"
#include "spendwarden/err.h"
#include "spendwarden/event.h"

/* Appends one name a line, in bytewise order: globals ("derive", "data", "assert"),
 * members of libraries ("math.max"), and of what functions are given ("Event.team",
 * "Group.value", "Window:get"). On failure *out is as it was. */
bool policy_names(struct buf *out, const struct schema *schema, struct err *err);

/* The same for files of tests: "test", "assert", "math.max", "Test:send". */
bool policy_test_names(struct buf *out, struct err *err);
