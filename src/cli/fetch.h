/* One HTTP request with a bounded answer. */
#pragma once
#include <curl/curl.h>

#include "spendwarden/buf.h"

struct fetch {
    CURL *curl;                 /* borrowed; keeps its connection for the next request */
    const char *url, *body;     /* `body` NULL: GET */
    struct curl_slist *headers; /* borrowed; may be NULL */
    long timeout_seconds;
    size_t answer_max; /* bytes; a longer answer is an error */
    struct buf *answer;
    long status; /* out: of HTTP */
};

/* Adds the first token of a file as the engine's are; no path adds nothing. False: it is
 * on stderr why. */
bool add_token(struct curl_slist **headers, const char *path);

/* http and https only, no redirects. What is not CURLE_OK never got a whole answer. */
CURLcode fetch(struct fetch *f);
