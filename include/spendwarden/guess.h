/* Spans that are perhaps one call, though no id joins them: two emitters of one process,
 * the same tokens, one within the other's time. Over the last minutes, and not kept over
 * a restart: a guess is told, and counts only where the configuration says so. */
#pragma once
#include "spendwarden/dedupe.h"

struct guesses; /* one thread at a time */

struct guesses *guesses_open(void); /* NULL: no memory */
void guesses_close(struct guesses *g);

enum guess {
    GUESS_NONE,
    GUESS_TELL, /* both count */
    GUESS_JOIN, /* a scope's rule says that they are one */
};

/* The other span. */
struct guessed {
    uint64_t seq; /* its row */
    struct dedupe_key key;
};

/* What the booked spans say of a new one, whose key that is. *out: unless none. */
enum guess guesses_look(const struct guesses *g, const struct record *r,
                        const struct dedupe_key *key, struct guessed *out);

/* The span was booked, as row r->seq. */
void guesses_add(struct guesses *g, const struct record *r, const struct dedupe_key *key);

/* Where it is now, and back to there: a commit failed. */
uint64_t guesses_mark(const struct guesses *g);
void guesses_rewind(struct guesses *g, uint64_t mark);
