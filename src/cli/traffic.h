/* Synthetic requests for `spendwarden demo`: the same seed gives the same traffic. */
#pragma once
#include <jansson.h>
#include <stdint.h>

/* Who spends. */
struct actor {
    const char *team, *tenant, *key, *system, *model;
    int weight;                   /* share of the requests */
    double input, output;         /* mean tokens */
    double input_usd, output_usd; /* what the gateway reports per token */
};

struct traffic {
    uint64_t random; /* state of the generator; not 0 */
    uint64_t sent;   /* events made so far */
    const char *run; /* makes the ids of two runs differ */
};

/* A number from 0 up to 1. */
double traffic_chance(struct traffic *t);

/* One of them, by weight; or the first one of a team. */
const struct actor *traffic_actor(struct traffic *t);
const struct actor *traffic_actor_of_team(const char *team);

/* A request in the generic format that ended at `end_ns`; the gateway reports its cost
 * and `extra_usd` more. New reference. */
json_t *traffic_event(struct traffic *t, const struct actor *a, int64_t end_ns,
                      double extra_usd);

/* Gives it a key that no data file knows, with team and tenant named by the gateway:
 * spend without a workflow. */
void traffic_lose_workflow(json_t *event, const struct actor *a);
