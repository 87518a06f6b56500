#include "traffic.h"

#include <stdio.h>
#include <string.h>

#include "spendwarden/money.h"
#include "spendwarden/timestamp.h"

/* By the keys that the quickstart's data files know. */
static const struct actor actors[] = {
    {"search", "shop-eu", "search-prod", "openai", "gpt-4o-mini", 40, 3000, 300, 0.15e-6,
     0.6e-6},
    {"search", "shop-eu", "search-rerank", "openai", "gpt-4o-mini", 20, 6000, 50, 0.15e-6,
     0.6e-6},
    {"support", "shop-eu", "support-bot", "anthropic", "claude-sonnet-4-5", 15, 4000, 500,
     3e-6, 15e-6},
    {"support", "shop-us", "support-summaries", "openai", "gpt-5-mini", 10, 9000, 600,
     0.25e-6, 2e-6},
    {"research", "internal", "research-notebooks", "anthropic", "claude-sonnet-4-5", 5,
     12000, 1500, 3e-6, 15e-6},
    {"research", "internal", "research-evals", "openai", "gpt-4o", 5, 2500, 400, 2.5e-6,
     10e-6},
    {"checkout", "shop-us", "checkout-prod", "openai", "gpt-4o", 3, 2000, 200, 2.5e-6,
     10e-6},
    {"checkout", "shop-us", "checkout-fraud", "mistral", "mistral-large-latest", 2, 1500,
     100, 2e-6, 6e-6},
};

enum { ACTOR_COUNT = sizeof actors / sizeof *actors };

/* xorshift64* */
double traffic_chance(struct traffic *t)
{
    t->random ^= t->random >> 12;
    t->random ^= t->random << 25;
    t->random ^= t->random >> 27;
    return (double)((t->random * UINT64_C(2685821657736338717)) >> 11) /
           9007199254740992.0;
}

const struct actor *traffic_actor(struct traffic *t)
{
    int ticket = (int)(traffic_chance(t) * 100);

    for (size_t i = 0; i < ACTOR_COUNT; i++) {
        ticket -= actors[i].weight;
        if (ticket < 0)
            return &actors[i];
    }
    return &actors[0];
}

static void set_time(json_t *event, const char *name, int64_t ns)
{
    char text[TIMESTAMP_TEXT_SIZE];

    timestamp_format(text, ns);
    json_object_set_new(event, name, json_string(text));
}

static void set_cost(json_t *event, double usd)
{
    char text[MONEY_TEXT_SIZE];

    money_format(text, (struct money){(int64_t)(usd * 1e9)});
    json_object_set_new(event, "reported_usd", json_string(text));
}

/* A failed attempt costs nothing; the one after it is a retry. */
static void set_outcome(struct traffic *t, json_t *event)
{
    if (traffic_chance(t) < 0.02) {
        json_object_set_new(event, "status", json_string("failure"));
        json_object_set_new(event, "error_class", json_string("RateLimitError"));
        return;
    }
    json_object_set_new(event, "status", json_string("success"));
    if (traffic_chance(t) < 0.03)
        json_object_set_new(event, "retry_depth", json_integer(1));
}

json_t *traffic_event(struct traffic *t, const struct actor *a, int64_t end_ns,
                      double extra_usd)
{
    double input = a->input * (0.5 + traffic_chance(t)),
           output = a->output * (0.5 + traffic_chance(t));
    json_t *event = json_object();
    char id[64];

    snprintf(id, sizeof id, "demo-%s-%llu", t->run, (unsigned long long)t->sent++);
    json_object_set_new(event, "id", json_string(id));
    set_time(event, "start", end_ns - (int64_t)(output * 8 * (double)NS_PER_MS));
    set_time(event, "end", end_ns);
    json_object_set_new(event, "ai_system", json_string(a->system));
    json_object_set_new(event, "requested_model", json_string(a->model));
    json_object_set_new(event, "response_model", json_string(a->model));
    json_object_set_new(event, "operation", json_string("chat"));
    json_object_set_new(event, "key_alias", json_string(a->key));
    json_object_set_new(event, "environment",
                        json_string(strstr(a->key, "research") ? "dev" : "prod"));
    json_object_set_new(event, "input_tokens", json_integer((json_int_t)input));
    json_object_set_new(event, "output_tokens", json_integer((json_int_t)output));
    set_outcome(t, event);
    set_cost(event, input * a->input_usd + output * a->output_usd + extra_usd);
    return event;
}

void traffic_lose_workflow(json_t *event, const struct actor *a)
{
    json_object_set_new(event, "key_alias", json_string("new-key"));
    json_object_set_new(event, "team", json_string(a->team));
    json_object_set_new(event, "tenant", json_string(a->tenant));
}

const struct actor *traffic_actor_of_team(const char *team)
{
    for (size_t i = 0; i < ACTOR_COUNT; i++)
        if (strcmp(actors[i].team, team) == 0)
            return &actors[i];
    return &actors[0];
}
