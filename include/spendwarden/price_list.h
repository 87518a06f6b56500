/* The entries of a price book, to be shown. */
#pragma once
#include "spendwarden/price.h"

enum { PRICE_RATES_MAX = COUNT_USAGE_LAST + 1 };

/* Text is borrowed from the book. */
struct price_item {
    struct str id, provider, model; /* "*": any */
    struct str service_tier, region;
    int64_t from_ns, to_ns; /* INT64_MIN, INT64_MAX: open */
    bool included;          /* costs nothing by contract; has no rates */
    bool quarantined;       /* beyond the bounds of sense, not used */
    bool imported;          /* public prices; else an operator's own */
    bool graduated;         /* each token at the rate of its own bracket */
    const char *file;       /* static or of the configuration */
    int line;
    size_t tier_count; /* the first is the base */
};

/* False past the last one. */
bool price_item_at(const struct price_book *b, size_t index, struct price_item *out);

struct price_item_rate {
    struct str key; /* as in a book: "input_mtok" */
    struct money amount;
};

/* Of one tier, which holds beyond *above tokens of context; -1: the base. Gives how many
 * rates there are. */
size_t price_item_rates(const struct price_book *b, size_t index, size_t tier,
                        int64_t *above, struct price_item_rate out[PRICE_RATES_MAX]);
