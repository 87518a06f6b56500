/* Other people's price lists to a book of ours: genai-prices v2 and LiteLLM's map. */
#pragma once
#include "spendwarden/buf.h"
#include "spendwarden/err.h"

struct price_import {
    struct str genai;   /* genai-prices, prices/new_data/v2/data.json; empty: none */
    struct str litellm; /* model_prices_and_context_window.json; empty: none */
    struct str checked; /* the day both were taken: "2026-08-21" */
};

struct price_import_stats {
    size_t entries;    /* written */
    size_t unpriced;   /* models without any price that an event's usage could take */
    size_t unmapped;   /* models of providers that the book does not have */
    size_t covered;    /* of LiteLLM's: genai-prices has them */
    size_t differing;  /* of those: at another price; genai-prices' is kept */
    size_t inexact;    /* rates that are no whole number of pico-USD per unit: rounded */
    size_t unreadable; /* models whose match or dates have no counterpart here */
};

/* Appends a book (JSON, one entry a line, sorted) to *out. With both sources genai-prices
 * gives the standard prices, and LiteLLM's map the service tiers and the models that
 * genai-prices lacks. False: one of them is not what it should be; *out is spoilt. */
bool price_import(struct buf *out, const struct price_import *in,
                  struct price_import_stats *stats, struct err *err);
