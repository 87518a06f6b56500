/* A price list on its way to a book. */
#pragma once
#include "parts.h"
#include "spendwarden/price_import.h"
#include <jansson.h>

enum { DRAFT_TIERS_MAX = 6, PROVIDERS_MAX = 32 };

enum draft_service { SERVICE_STANDARD, SERVICE_BATCH, SERVICE_FLEX, SERVICE_PRIORITY };
enum { SERVICE_COUNT = SERVICE_PRIORITY + 1 };

/* A tier's rates are those that it changes; -1: as below it. */
struct draft {
    struct str provider, model; /* borrowed from the import's arena */
    const json_t *match;        /* borrowed; genai-prices' clauses, or NULL */
    struct str from, to, region;
    enum draft_service service;
    bool tier_from;
    struct rates rates;
    size_t tier_count;
    struct context_tier tiers[DRAFT_TIERS_MAX];
    struct str hours_start, hours_end; /* "00:30"; empty: no schedule */
    struct rates hours_rates;
    const char *source;
};

struct import {
    const struct price_import *in;
    struct price_import_stats *stats;
    struct arena arena;
    json_t *genai, *litellm; /* owned */
    size_t count, capacity;
    struct draft *drafts; /* owned */
};

struct known_provider {
    const char *id;
    const char *aliases[16]; /* as gateways and LiteLLM write it */
    const char *litellm[14]; /* LiteLLM's litellm_provider; a final * matches any rest */
    const char *fallback[FALLBACKS_MAX];
};

/* One model of LiteLLM's map, by service. */
struct card {
    bool any[SERVICE_COUNT];
    struct draft by_service[SERVICE_COUNT];
};

extern const struct known_provider price_known_providers[];
extern const size_t price_known_provider_count;

void rates_clear(struct rates *r);
bool import_add(struct import *im, const struct draft *d);

/* A JSON number, or a string that is one, in USD per `per` units. */
bool import_rate(struct import *im, const json_t *value, uint64_t per, int64_t *picousd);

bool import_genai(struct import *im, struct err *err);
/* False: it has no price that an event's usage could take. */
bool import_read_card(struct import *im, json_t *info, struct card *card);
bool import_litellm(struct import *im, struct err *err);
void import_write_draft(struct buf *out, const struct draft *d);

/* The book's head: name, notice, sources, providers. */
void import_write_head(struct buf *out, const struct import *im);
