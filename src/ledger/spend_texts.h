/* Texts as small numbers while sums are made: an id of the dictionary has one text, but a
 * text may have several ids. */
#pragma once
#include "reader.h"
#include "spendwarden/tally.h"

struct spend_texts {
    struct tally by_hash; /* index into texts, of a text's hash */
    struct tally by_id;   /* the same, of an id in dict */
    struct arena arena;   /* of the texts, and for whoever needs some as long */
    struct str *texts;    /* owned; the first one is empty */
    size_t count, capacity;
};

bool spend_texts_open(struct spend_texts *t, struct err *err);
void spend_texts_release(struct spend_texts *t);

/* *index: of the text, or of the one that the id stands for; 0: none. */
bool spend_text_index(struct spend_texts *t, const struct ledger_reader *r,
                      struct str text, int64_t *index, struct err *err);
bool spend_id_index(struct spend_texts *t, struct ledger_reader *r, int64_t id,
                    int64_t *index, struct err *err);
