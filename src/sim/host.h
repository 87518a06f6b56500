/* One file of tests at work: the policies beside it, and the simulation of one test. */
#pragma once
#include "spendwarden/policy_test.h"
#include "spendwarden/sim.h"

enum { HOST_FAILURES_MAX = 1000, HOST_PATHS_MAX = 80 };

struct host {
    struct generation *base;    /* borrowed: configuration and prices */
    struct policy_lines *lines; /* borrowed; or NULL */
    int64_t test_ms;
    int64_t stop_ns;    /* of timestamp_monotonic: no simulation goes on after it */
    struct arena arena; /* of this file: paths, settings */
    char *folder;       /* with a slash behind it */
    size_t path_count, setting_count;
    const char *paths[HOST_PATHS_MAX];
    const struct policy_setting *settings; /* of the configuration, for these policies */
    struct generation *plain;              /* held; without what a test adds */

    struct sim *sim; /* of the test at hand */
    struct arena test_arena;
    size_t failure_count;
    struct test_failure failures[HOST_FAILURES_MAX];
};

/* The policies that go with the file. On failure *diags says why, and *h is closed. */
bool host_open(struct host *h, struct generation *base, const char *file,
               const struct str *uses, size_t use_count, struct diags *diags);
void host_close(struct host *h); /* safe on a zeroed one, and twice */

/* For a file of tests; borrows *h. */
struct test_host host_of(struct host *h);

/* The test is over. */
void host_reset(struct host *h);
