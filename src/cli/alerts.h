/* What the files of the verb `alerts` share. */
#pragma once
#include <jansson.h>

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

/* NAME{label="value",...}, plain; `severity`: among them. */
void alert_name_add(struct buf *out, json_t *labels, bool severity);

/* RFC 3339 in UTC, plain, to the second. */
void alert_time_add(struct buf *out, const char *time);
