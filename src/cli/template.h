/* Text with holes, filled in by what is known of a configuration. */
#pragma once
#include "spendwarden/arena.h"
#include "spendwarden/buf.h"
#include "spendwarden/err.h"

enum { FACTS_MAX = 512 };

/* Names with a text each; a fact that merely holds has an empty one. Borrows both. */
struct facts {
    size_t count;
    struct {
        struct str name, text;
    } items[FACTS_MAX];
};

/* One name once; what is beyond FACTS_MAX is an error that template_expand reports. */
void facts_add(struct facts *f, struct str name, struct str text);

/* %{name} becomes the fact's text. Lines "#@ if NAME", "#@ if not NAME", "#@ else" and
 * "#@ end" keep or drop what is between them, by whether the fact is there; they nest to
 * a depth of 8. "#@ if NAME: LINE" keeps or drops this line. False: the template names a
 * fact that is not there, or its blocks do not close. */
bool template_expand(struct buf *out, struct str text, const struct facts *facts,
                     struct err *err);
