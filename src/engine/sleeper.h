/* How a thread of ours waits: until its time has come, it is woken, or it is to end. */
#pragma once
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct sleeper {
    pthread_mutex_t lock; /* the rest */
    pthread_cond_t wake;
    bool woken, ending;
};

enum { SLEEP_LONG = -1 };

void sleeper_init(struct sleeper *s);
void sleeper_release(struct sleeper *s);

/* Up to `wait_ns`, which the wall clock does not stretch; SLEEP_LONG: until somebody does
 * something. At once if it was woken since it last slept. False: it is to end. */
bool sleeper_sleep(struct sleeper *s, int64_t wait_ns);
bool sleeper_is_ending(struct sleeper *s);

/* From any thread. */
void sleeper_wake(struct sleeper *s);
void sleeper_end(struct sleeper *s);
