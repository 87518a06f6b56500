/* A file of tests (*_test.lua): a hardened state as policies have it, apart from theirs,
 * with `test` and `t` instead of their calls. What tests do to a simulation goes to a
 * host, so that nothing here knows how events are decided. */
#pragma once
#include "spendwarden/policy.h"
#include "spendwarden/rules.h"

/* What a test said before its first event. Borrowed for the call. */
struct test_setup {
    int64_t start_ns;
    const struct zone *zone; /* until the test is over; NULL: the configuration's */
    size_t data_count, setting_count;
    const struct policy_data *data; /* each with a text */
    const struct policy_setting
        *settings; /* an empty policy: the only one in the test's folder */
};

/* What became of one element of a body. */
struct test_sent {
    const struct record *record; /* NULL: none */
    const char *refused;         /* why; NULL: it was not */
    const char *skipped;
};

struct test_firing {
    size_t label_count;
    const struct pair *labels;
    double value;
    int64_t fired_ns, resolved_ns; /* 0: it still fires */
};

struct test_failure { /* of a policy */
    struct str policy, rule, message;
    const char *reason;
};

/* Every function works on one simulation, which the first `begin` of a test makes. What
 * they hand out is valid until the next call of any. */
struct test_host {
    void *ctx;
    bool (*begin)(void *ctx, const struct test_setup *setup, struct err *err);
    int64_t (*now)(void *ctx);
    int64_t (*next_tick)(void *ctx);
    bool (*post)(void *ctx, struct str source, struct str body, struct err *err);
    bool (*next)(void *ctx, struct test_sent *out); /* false: the body is over */
    bool (*advance)(void *ctx, int64_t to_ns, struct err *err);
    size_t (*alerts)(void *ctx, const struct alert **out);
    bool (*firing)(void *ctx, size_t i, struct test_firing *out); /* false: no more */
    bool (*failure)(void *ctx, size_t i, struct test_failure *out);
    bool (*metrics)(void *ctx, struct buf *out, struct err *err); /* Prometheus text */
    const struct decls *(*decls)(void *ctx);
};

struct policy_test_options {
    const char *path;
    const struct schema *schema;
    const struct zone *zone;            /* for times that name none */
    const struct policy_limits *limits; /* memory, size and loading of the file */
    int64_t test_instructions, test_ms; /* of one test */
    struct test_host host;
};

struct policy_test;

/* Reads and runs the file, which declares its tests. Borrows the options' pointers. What
 * is wrong goes into *diags; then *out is NULL. */
bool policy_test_open(struct policy_test **out, const struct policy_test_options *options,
                      struct diags *diags);
void policy_test_close(struct policy_test *t); /* accepts NULL */

/* Policies that the file asks for: paths, as it says them, relative to its folder. */
size_t policy_test_uses(const struct policy_test *t, const struct str **out);

struct test_case {
    struct str name;
    int line;
    bool todo; /* declared, but not to be run */
};

size_t policy_test_cases(const struct policy_test *t, const struct test_case **out);

enum test_status {
    TEST_PASSED,
    TEST_FAILED,
    TEST_BROKEN,
    TEST_SKIPPED,
    TEST_STATUS_COUNT,
};

struct test_outcome {
    enum test_status status; /* broken: the test itself went wrong */
    int line;                /* of the file; 0: none */
    struct str message;      /* lines; borrowed until the next run */
};

/* The host has a fresh simulation. */
void policy_test_run(struct policy_test *t, size_t i, struct test_outcome *out);
