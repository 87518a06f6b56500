/* Ids for text that repeats. The memory of them is bounded: a text that was forgotten
 * gets a second id, so a text may have several, but an id has one text for ever. */
#pragma once
#include "db.h"
#include "spendwarden/hash.h"

struct dict_slot {
    struct hash128 hash;
    int64_t id; /* 0: free, or taken back by a rollback */
};

struct dict {
    sqlite3_stmt *insert; /* owned */
    uint64_t seed;
    struct dict_slot *young, *old; /* owned; a full young one becomes the old one */
    size_t young_used;
    int64_t last_id, committed_id;
};

/* Reads the youngest texts back. On failure *d is closed. */
bool dict_open(struct dict *d, sqlite3 *db, uint64_t seed, struct err *err);
void dict_close(struct dict *d);

/* Must be inside a transaction: it may write. */
bool dict_id(struct dict *d, struct str text, int64_t *id, struct err *err);

/* For text that is not made unless it is new: its hash is of something else that
 * determines it. False: unknown, make it and add it. */
bool dict_find(struct dict *d, struct hash128 hash, int64_t *id);
bool dict_add(struct dict *d, struct hash128 hash, struct str text, int64_t *id,
              struct err *err);

void dict_commit(struct dict *d);
void dict_rollback(struct dict *d);
