/* What the files of books/ share. */
#pragma once
#include <pthread.h>

#include "spendwarden/books_tidy.h"
#include "spendwarden/books_watch.h"
#include "spendwarden/checkpoint.h"
#include "spendwarden/guess.h"
#include "spendwarden/ledger_tidy.h"
#include "spendwarden/log.h"

/* Which keys, models and end users have ever come with usage or a charge: a bounded set
 * of hashes. Others are strangers, whose names make no series and no group. */
struct known {
    uint64_t *slots; /* owned; 0: free */
    size_t capacity, count;
};

bool known_open(struct known *k);
void known_close(struct known *k);

/* Remembers the names of a paid record. */
void known_learn(struct known *k, const struct record *r);

/* The same, and hides unknown names of a record with neither charge nor usage behind
 * "__other__". */
void known_filter(struct known *k, struct record *r);

void known_save(const struct known *k, struct buf *out);
bool known_load(struct known *k, struct str state);

/* A list of batches that one thread waits for. */
struct waiting {
    struct batch *list;
    struct waiting *next;
    bool done, ok;
    struct err err;
};

/* New windows on the way to their history. */
struct fill {
    struct windows *history; /* NULL: none are */
    struct ledger_reader *reader;
    uint64_t done; /* rows up to it are in */
    uint64_t rows;
    uint64_t left; /* as of the last step */
    unsigned lost; /* steps in a row after which no fewer were left */
    int64_t now_ns, began_ns;
};

struct books {
    struct books_options options;

    pthread_mutex_t fill_lock; /* taken before the others */
    struct fill fill;

    pthread_mutex_t lock; /* everything below */
    struct ledger *ledger;
    struct dedupe *dedupe;
    struct guesses *guesses;
    struct metrics *metrics;
    struct windows *windows;
    struct known known;
    bool restored;
    int64_t last_ns; /* last commit or tick; never goes back */
    int64_t checkpoint_ns;
    uint64_t checkpoint_seq;
    bool anew;        /* counters are shown from 0, which the checkpoint does not say */
    struct buf state; /* reused for checkpoints */
    struct books_stats stats;
    struct log_limit too_large; /* by the thread that prunes alone */
    struct log_limit unsettled;
    int shown_fd;                 /* see shown.c; by the thread of books_shown alone */
    struct log_limit unmarked;    /* the same */
    struct books_watcher watcher; /* all NULL: nobody watches */

    pthread_mutex_t queue_lock; /* of the group commit */
    pthread_cond_t queue_done;
    struct waiting *queue;
    bool leading; /* a thread is committing for all */
};

/* Now, but never before the last commit or tick. Under the lock. */
int64_t books_now(struct books *b);

/* Adds one committed record to counters and windows. Under the lock. */
void books_apply(struct books *b, const struct record *r);

/* Puts the checkpoint into the open transaction if one is due, or `always`. */
bool books_checkpoint(struct books *b, bool always, struct err *err);

/* Fills new windows whose history is short; others wait for books_fill. */
bool books_fill_short(struct books *b, struct err *err);
void books_fill_end(struct books *b);

/* --- shown.c --- */

bool shown_open(struct books *b, struct err *err);
void shown_close(struct books *b);

/* More of a ledger at this place was shown than there is in it. */
bool shown_more(const struct books *b);

void checkpoint_write(const struct books *b, struct buf *out);
void opening_write(const struct opening *o, struct buf *out);

/* Rows up to `seq` are in rollups when this returns true. */
bool books_roll_up_to(struct books *b, uint64_t seq, struct err *err);

/* Writes the row that the watcher wants, if any. Under the lock. */
bool books_ask_watcher(struct books *b, struct err *err);

/* Ends the transaction that `ok` says was filled. Under the lock. */
bool books_finish(struct books *b, bool ok, struct err *err);
