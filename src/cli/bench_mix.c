/* Made-up events that are much like a day of a company with a gateway. */
#include <stdio.h>

#include "bench.h"
#include "traffic.h"

enum { MIX_COUNT = 1000, MIX_HOURS = 26 };

static void set_text(json_t *event, const char *name, const char *value)
{
    json_object_set_new(event, name, json_string(value));
}

/* Most come with a key that a data file may know; some with labels of their own, some
 * with tags only. */
static void vary_labels(struct traffic *t, json_t *event, const struct actor *a)
{
    double chance = traffic_chance(t);

    if (chance < 0.25) {
        set_text(event, "team", a->team);
        set_text(event, "tenant", a->tenant);
        set_text(event, "workflow_id", a->key);
    } else if (chance < 0.35) {
        traffic_lose_workflow(event, a);
    } else if (chance < 0.42) {
        json_object_del(event, "key_alias");
        json_object_set_new(event, "tags",
                            json_pack("[s, s]", "team:search", "env:prod"));
        json_object_set_new(event, "metadata", json_pack("{s: s}", "job", "nightly"));
    }
}

static void vary_use(struct traffic *t, json_t *event)
{
    char session[32];

    if (traffic_chance(t) < 0.05) {
        json_object_set_new(event, "retry_depth",
                            json_integer(1 + (json_int_t)(4 * traffic_chance(t))));
        set_text(event, "status", traffic_chance(t) < 0.5 ? "failure" : "success");
    }
    if (traffic_chance(t) < 0.4) {
        json_int_t input = json_integer_value(json_object_get(event, "input_tokens"));
        json_object_set_new(event, "cache_read_tokens", json_integer(input / 2));
    }
    if (traffic_chance(t) < 0.3) {
        snprintf(session, sizeof session, "session-%d", (int)(50 * traffic_chance(t)));
        set_text(event, "session_id", session);
    }
    set_text(event, "prompt_version", traffic_chance(t) < 0.5 ? "v1" : "v2");
    set_text(event, "endpoint", "/chat/completions");
}

static int add_text(const char *at, size_t size, void *ctx)
{
    buf_add(ctx, (struct str){at, size});
    return 0;
}

/* Over a day and more, so that windows have something to compare. */
void bench_mix(struct buf *out)
{
    struct traffic t = {.random = 1, .run = "bench"};
    int64_t end = 1795521600 * NS_PER_SECOND; /* 2026-11-24T12:00:00Z */

    for (int i = MIX_COUNT - 1; i >= 0; i--) {
        const struct actor *a = traffic_actor(&t);
        int64_t at = end - i * (MIX_HOURS * NS_PER_HOUR / MIX_COUNT);
        json_t *event = traffic_event(&t, a, at, 0);
        vary_labels(&t, event, a);
        vary_use(&t, event);
        json_dump_callback(event, add_text, out, JSON_COMPACT);
        buf_byte(out, '\n');
        json_decref(event);
    }
}
