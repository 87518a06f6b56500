/* Texts of the dictionary by id, for a reader: a bounded memory of those read lately. */
#pragma once
#include "db.h"
#include "provenance.h"

struct text_slot {
    int64_t id; /* 0: free */
    struct str text;
    const struct provenances *provenances; /* NULL: not read as such yet */
};

struct texts {
    sqlite3_stmt *select;    /* owned */
    struct text_slot *slots; /* owned; by the low bits of the id */
    struct arena arena;      /* of texts and provenances */
    const struct schema *schema;
};

bool texts_open(struct texts *t, sqlite3 *db, const struct schema *schema,
                struct err *err);
void texts_close(struct texts *t);

/* What was given out before may be forgotten now. */
void texts_next_row(struct texts *t);

/* Both are valid until texts_next_row. */
bool texts_get(struct texts *t, int64_t id, struct str *out, struct err *err);
bool texts_provenances(struct texts *t, int64_t id, const struct provenances **out,
                       struct err *err);
