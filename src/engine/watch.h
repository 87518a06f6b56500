/* Whether files that a generation is loaded from have changed. Their identities (device,
 * inode, size, times) are looked up again and again, behind symbolic links: one call a
 * file, and it sees what inotify does not: a file that is mounted over, a network's other
 * writers, the swap of `..data` in a mounted ConfigMap. One thread. */
#pragma once
#include "spendwarden/generation.h"

struct watch;

enum { WATCH_TEXT_SIZE = 160 };

/* Remembers what is there now: the configuration and, as it stands there, policies, data,
 * price overlays, tokens and the key of hashed labels. Borrows the options, which name a
 * configuration file. NULL: no memory. */
struct watch *watch_new(const struct generation_options *options);
void watch_free(struct watch *w); /* accepts NULL */

/* Whether anything changed since the last look; `what` then names it: "a.lua" or "a.lua
 * and 2 more". Follows a configuration that names other files, though it may not load. */
bool watch_look(struct watch *w, char what[WATCH_TEXT_SIZE]);
