/* Reads back the JSON that this folder wrote, in order and without a tree: start-up reads
 * half a million rows of it. Anything that does not fit sets `failed` and ends the text;
 * ask once, at the end. */
#pragma once
#include "spendwarden/arena.h"

struct cursor {
    const char *at, *end;
    struct arena *arena; /* for strings with escapes; others are borrowed */
    bool failed;
};

/* { or [. */
void cursor_enter(struct cursor *c, char open);

/* Another element or member follows; false past the closing bracket `close`. */
bool cursor_more(struct cursor *c, char close);

struct str cursor_string(struct cursor *c);
struct str cursor_key(struct cursor *c); /* a string and the colon */
int64_t cursor_int(struct cursor *c);
bool cursor_bool(struct cursor *c);
