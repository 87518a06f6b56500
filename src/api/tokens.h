/* Who may do what: the tokens of the configuration's files. */
#pragma once
#include "spendwarden/pipeline.h"
#include "spendwarden/server.h"

struct token_set;

/* One token as found in a file; immutable. */
struct token {
    struct str secret;
    unsigned scopes;
    struct str source;
    struct binding binding;
    const struct token *next;
};

/* Reads every token file of the configuration. */
bool token_set_load(struct token_set **out, const struct config *c, struct diags *diags);
void token_set_free(struct token_set *s); /* the older sets with it; accepts NULL */

bool token_set_equal(const struct token_set *a, const struct token_set *b);

/* Sets are kept until the end, since open requests refer to them. */
void token_set_chain(struct token_set *s, struct token_set *older);

enum token_answer {
    TOKEN_GOOD, /* access is open (no tokens configured), or it is in *out */
    TOKEN_MISSING,
    TOKEN_UNKNOWN,
};

/* Takes the same time for every wrong token. `authorization`: the header, or NULL. */
enum token_answer token_find(const struct token_set *s, const char *authorization,
                             const struct token **out);
