/* Who scrapes /metrics, and which counters each of them has seen begin. One thread. */
#pragma once
#include "spendwarden/http_peer.h"
#include "spendwarden/timestamp.h"

enum { SCRAPERS_MAX = 64 };

struct scraper {
    struct http_peer *peer; /* held */
    int64_t last_ns;        /* its last scrape */
    int64_t interval_ns;    /* between its last two; 0: not known */
};

struct scrapers {
    int64_t released_ns; /* counters that began before it are shown at their value */
    size_t count;
    struct scraper of[SCRAPERS_MAX];
};

/* Counters that began before `known_ns` are shown at their value from the start. */
void scrapers_open(struct scrapers *s, int64_t known_ns);
void scrapers_close(struct scrapers *s);

/* A scrape of what there was at `at_ns`: from when on its counters are shown at 0, which
 * is until every scraper of the last five minutes has seen them so. A scraper is its
 * connection; one whose connection is gone is the next of its address. One that has been
 * silent for two minutes, or for half as long again as it usually is, is not waited for;
 * one that is new finds nothing at 0 that is older than five minutes. */
int64_t scrapers_see(struct scrapers *s, struct http_peer *peer, int64_t at_ns);
