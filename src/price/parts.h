/* What the parts of price/ offer each other. */
#pragma once
#include "book.h"
#include "spendwarden/err.h"

/* --- tree.c: JSON without places, by jansson, as the tree that YAML gives --- */
bool price_tree_of_json(struct yaml_node **out, struct str text, struct arena *arena,
                        struct err *err);

/* --- entry.c --- */
bool price_book_start(struct price_book *b); /* the provider "*" */

struct reading {
    struct price_book *book;
    struct diags *diags;
    const char *file;
    uint8_t layer;
    bool imported; /* bounds quarantine; in an operator's overlay they are errors */
};

void price_read_book(struct reading *reading, const struct yaml_node *root);
void price_complain(const struct reading *reading, const struct yaml_node *at,
                    const char *format, ...) __attribute__((format(printf, 3, 4)));

/* --- fields.c: values of an entry --- */
bool price_read_rates(const struct reading *r, const struct yaml_node *node,
                      struct rates *out, const char *entry);
bool price_read_tiers(const struct reading *r, const struct yaml_node *node,
                      struct entry *entry, const struct rates *base);
bool price_read_date(struct str text, int64_t *out_ns);
bool price_read_hours(const struct reading *r, const struct yaml_node *node,
                      struct hours *out);

/* --- match.c --- */
enum rung { RUNG_EXACT, RUNG_ALIAS, RUNG_PREFIX, RUNG_PATTERN, RUNG_NONE };

bool price_read_clauses(const struct reading *r, const struct yaml_node *match,
                        struct clauses *out);
void price_release_clauses(struct clauses *c);
bool price_same_clauses(const struct clauses *a, const struct clauses *b);

/* How `name` (lower case) is matched; *length: of the text that did. */
enum rung price_match(const struct clauses *c, struct str own_name, struct str name,
                      size_t *length);

/* --- lookup.c --- */
/* By id or alias; -1: unknown. */
int64_t price_provider(const struct price_book *b, struct str name);

enum { HITS_MAX = LAYERS_MAX + FALLBACKS_MAX };

struct hit {
    uint32_t model;
    uint8_t via, step, rung; /* enum via, enum step, enum rung */
};

/* The models that price one (provider, response model, requested model): of the
 * uppermost layer first, fallback providers last. One may have no price at the event's
 * time, tier and region; then the next counts. */
struct hits {
    uint8_t count;
    uint8_t region_size; /* of the region that the model's name carried */
    char region[10];
    struct hit items[HITS_MAX];
};

enum via { VIA_PROVIDER, VIA_MODEL_ONLY, VIA_FALLBACK };

void price_lookup(const struct price_book *b, struct str provider, struct str response,
                  struct str requested, struct hits *out);
struct str price_matched_by(const struct hit *hit);

/* Whether the match was a guess rather than a name that the book knows. */
bool price_guessed(const struct hit *hit);

/* --- cache.c --- */
const struct hits *price_cached(const struct price_book *b, struct price_cache *c,
                                struct str provider, struct str response,
                                struct str requested);

/* --- select.c: the entry in force at the event's time, tier and region, and the hit that
 * led to it, or NULL. *guessed is set for a tier that nobody knows --- */
const struct entry *price_choose(const struct price_book *b, const struct hits *hits,
                                 const struct event *ev, const struct hit **by,
                                 bool *guessed);

/* --- book.c: a book of one layer; NULL and *diags --- */
struct price_book *price_book_of_text(struct str text, struct diags *diags);

/* --- check.c: after all layers are read --- */
bool price_group(struct price_book *b, struct diags *diags);
void price_check(struct price_book *b, struct diags *diags);
