/* Tests of policies: finds *_test.lua, and runs each test in a simulation of its own. */
#pragma once
#include "spendwarden/generation.h"
#include "spendwarden/policy_lines.h"
#include "spendwarden/policy_test.h"

struct testing_options {
    struct generation *generation; /* whose configuration and prices; not its policies */
    size_t path_count;
    const char *const *paths; /* files, and folders with all below them */
    const char
        *pattern; /* extended regular expression, found in "FILE: NAME"; NULL: all */
    int64_t test_instructions, test_ms; /* of one test; 0: the default */
    int64_t total_ms;                   /* of all; 0: no bound */
    bool coverage;                      /* count the lines of policies that run */
};

struct test_result {
    const char *file;
    struct str name;
    enum test_status status;
    int line; /* of the failure, else of the test; 0: none */
    struct str message;
    int64_t duration_ns;
};

struct testing_report {
    struct arena arena; /* of all text */
    size_t count, capacity;
    struct test_result *results; /* owned */
    size_t by_status[TEST_STATUS_COUNT];
    size_t unloaded; /* files of tests that do not load, or whose policies do not */
    int64_t duration_ns;
    size_t file_count; /* of policies, with coverage */
    const struct policy_file_lines *files;
};

/* Told of each test as it goes, from the thread that runs them; either may be NULL. */
struct testing_watch {
    void *ctx;
    void (*begins)(void *ctx, const char *file, struct str name);
    void (*ended)(void *ctx, const struct test_result *result);
};

/* In a thread of its own, which has the stack that it needs. A file or policy that does
 * not load goes into *diags, and makes it false; the other files run all the same. */
bool testing_run(struct testing_report *out, const struct testing_options *options,
                 const struct testing_watch *watch, struct diags *diags);
void testing_release(struct testing_report *r); /* safe on a zeroed one, and twice */

/* Failed and broken tests as diagnostics: file, line, "NAME: the message's first line".
 */
void testing_diags(const struct testing_report *r, struct diags *diags);
