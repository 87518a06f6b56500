/* What tests of dedupe share. */
#pragma once
#include "../unit.h"

#include <stdlib.h>

#include "spendwarden/dedupe.h"

enum { MIB = 1 << 20 };

static inline struct dedupe *opened(int64_t horizon_ns, size_t max_bytes)
{
    struct dedupe *d;
    struct err err = {0};

    assert_true(dedupe_open(&d, horizon_ns, max_bytes, &err));
    return d;
}

static inline struct event litellm_event(void)
{
    struct event ev;

    event_init(&ev);
    ev.text[TEXT_SOURCE] = STR("litellm");
    ev.text[TEXT_HASHED_API_KEY] = STR("key-1");
    ev.identity[0] = STR("call-1");
    ev.identity[1] = STR("success");
    ev.identity_count = 2;
    ev.start_ns = 5 * NS_PER_SECOND;
    ev.end_ns = 7 * NS_PER_SECOND;
    return ev;
}
