/* What the files of the verb `alerts` share. */
#pragma once
#include "cli.h"

#define ALERTS_VERB "spendwarden alerts"

struct alerts_request {
    struct common_options common;
    const char *url, *token_file; /* list */
    const char *state;            /* list, history; NULL: any */
    int64_t since_ns;             /* history: how far back */
    const char *receiver;         /* test; NULL: every one */
    const char *severity;         /* test */
};

/* One file each; an exit code. */
int alerts_list(const struct alerts_request *r);
int alerts_history(const struct alerts_request *r);
int alerts_try(const struct alerts_request *r);
