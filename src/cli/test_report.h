/* Results of tests for machines. */
#pragma once
#include "spendwarden/buf.h"
#include "spendwarden/testing.h"

/* Each is a whole document; *diags are files that did not load. */
void report_json(struct buf *out, const struct testing_report *r,
                 const struct diags *diags);
void report_tap(struct buf *out, const struct testing_report *r,
                const struct diags *diags);
void report_junit(struct buf *out, const struct testing_report *r,
                  const struct diags *diags);
