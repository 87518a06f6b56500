/* Usage to money, from dated price books (DESIGN: Prices). */
#pragma once
#include "spendwarden/diag.h"
#include "spendwarden/record.h"

enum charge_basis { CHARGE_REPORTED, CHARGE_COMPUTED };

struct price_options {
    enum charge_basis basis; /* which cost is booked where both are known */
    size_t overlay_count;
    const char *const
        *overlays; /* JSON or YAML files; later ones win over earlier ones */
};

/* Immutable once loaded: any thread. */
struct price_book;

/* The built-in book below the overlays. Everything wrong goes into *diags. */
bool price_book_load(struct price_book **out, const struct price_options *options,
                     struct diags *diags);
void price_book_free(struct price_book *b);

/* For humans and generations: "2026-08-21.1", and SHA-256 (hex) over all books. */
struct str price_book_name(const struct price_book *b);
struct str price_book_hash(const struct price_book *b);
size_t price_book_entries(const struct price_book *b);

/* Imported entries that are beyond the bounds of sense, and so are not used. */
size_t price_book_quarantined(const struct price_book *b);

/* Remembers which entry a (provider, model) pair matched. One per thread; bounded. */
struct price_cache;

struct price_cache *price_cache_new(const struct price_book *b); /* NULL: no memory */
void price_cache_free(struct price_cache *c);

/* Fills r->charge from the event's usage, models, service tier, region, its start time
 * (else end, else received) and what the gateway reported. Never fails: what cannot
 * be priced has a status that says so and, without a reported cost, a charge of 0.
 * The status tells how the book's own price went, also where the reported cost is
 * booked; PRICE_INCLUDED alone is about the charge. */
void price_record(const struct price_book *b, struct price_cache *c, struct record *r);

/* Prices one usage at another model of the same provider: "what would this have cost".
 * False: that model has no price. */
bool price_at_model(const struct price_book *b, struct price_cache *c,
                    const struct record *r, struct str model, struct money *out);
