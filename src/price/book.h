/* The price book in memory. Only price/ sees inside. */
#pragma once
#include "names.h"
#include "spendwarden/arena.h"
#include "spendwarden/price.h"
#include "spendwarden/yaml.h"
#include "units.h"
#include <regex.h>

enum {
    LAYERS_MAX = 9, /* the built-in book and eight overlays */
    STEPS_OF_TIERS_MAX = 8,
    SCHEDULES_MAX = 4,
    CLAUSES_MAX = 64,
    ALIASES_MAX = 32,
    FALLBACKS_MAX = 4,
    PROVIDER_ANY = 0, /* index of the provider "*" */
};

#define OVERLAY_SIZE_MAX ((size_t)16 << 20)
#define ENTRIES_MAX 100000

/* The full table that holds beyond a bound of the context. */
struct context_tier {
    int64_t above; /* tokens; -1 for the base */
    struct rates rates;
};

struct hours {
    int start_minute, end_minute; /* of the UTC day, [start, end); may wrap midnight */
    unsigned days;                /* bit 0: Monday */
};

enum missing_rate { MISSING_PARENT, MISSING_ZERO, MISSING_INCOMPLETE };
enum tier_basis { BASIS_TOTAL_INPUT, BASIS_UNCACHED_INPUT };

struct entry {
    struct str id; /* "openai/o3@2025-06-10+flex~eu" */
    uint32_t provider, model;
    uint8_t layer;
    struct str model_name;
    const struct yaml_node *match; /* while loading */
    int64_t from_ns, to_ns;        /* [from, to) */
    struct str service_tier;       /* "standard", "flex", ...; "*": any */
    struct str region;             /* "*": any */
    bool included, has_reason, has_hours;
    bool tier_from; /* the bound itself is in the tier: op ge */
    bool graduated; /* each token at the rate of its own bracket */
    bool quarantined;
    enum missing_rate missing;
    enum tier_basis basis;
    struct hours hours;
    size_t tier_count; /* at least 1 unless included */
    struct context_tier *tiers;
    const char *file;
    int line, column;
    size_t position; /* in its book */
};

enum clause_kind {
    CLAUSE_EQUALS,
    CLAUSE_STARTS,
    CLAUSE_CONTAINS,
    CLAUSE_ENDS,
    CLAUSE_REGEX
};

struct clause {
    enum clause_kind kind;
    struct str text; /* lower case */
    regex_t *regex;  /* owned */
};

struct clauses {
    size_t count;
    struct clause *items;
};

/* All entries of one layer for one model: they share the match. */
struct model {
    uint32_t provider;
    uint8_t layer;
    struct str name; /* lower case */
    struct clauses match;
    bool inherits;       /* its match is that of a lower layer, which owns it */
    size_t first, count; /* entries */
};

struct provider {
    struct str id;
    size_t alias_count, fallback_count;
    struct str aliases[ALIASES_MAX], fallback_names[FALLBACKS_MAX];
    uint32_t fallbacks[FALLBACKS_MAX];
    struct clauses models; /* names that tell this provider where an event names none */
    size_t first, count;   /* models, of the uppermost layer first */
};

struct price_book {
    struct arena arena;
    struct str name;
    char hash[65];
    size_t provider_count, provider_capacity, model_count, entry_count, entry_capacity;
    struct provider *providers;
    struct model *models;
    struct entry *entries;
    size_t quarantined;
    enum charge_basis basis;
    bool imported[LAYERS_MAX]; /* public prices; the others are an operator's own */
};
