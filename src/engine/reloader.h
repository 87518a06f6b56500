/* The thread that reloads: when it is told to, and by itself when files have changed
 * (policies.watch). Many changes in a short time make one reload. */
#pragma once
#include "spendwarden/server.h"
#include "watch.h"

struct reloader;

/* Takes the watch over, also on failure. It should be older than the engine, so that no
 * change is missed. Borrows the rest. */
bool reloader_open(struct reloader **out, struct engine *e, struct server *s,
                   struct watch *w, struct err *err);
void reloader_close(struct reloader *r); /* accepts NULL */

/* `trigger`: static, "SIGHUP". Returns at once. */
void reloader_request(struct reloader *r, const char *trigger);
