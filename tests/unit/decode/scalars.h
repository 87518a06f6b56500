/* Every scalar of a JSON text that is well-formed, with the keys that lead to it. */
#pragma once
#include "../unit.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "spendwarden/str.h"

enum { SCALARS_MAX = 400, SCALAR_DEPTH_MAX = 16 };

struct scalar {
    struct str path; /* keys joined by dots; an array adds none */
    struct str key;  /* the last one, without quotes, where it stands; of an array's item,
                        the array's */
    struct str text; /* as it stands */
};

struct scalars {
    size_t count;
    struct scalar items[SCALARS_MAX];
    const char *at;
    char paths[SCALARS_MAX][200];
    char path[200];
};

static inline struct str scalars_token(struct scalars *s)
{
    const char *begin = s->at;

    if (*s->at == '"') {
        for (s->at++; *s->at != '"'; s->at++)
            s->at += *s->at == '\\';
        s->at++;
    } else {
        s->at += strcspn(s->at, ",]} \n\r\t");
    }
    return (struct str){begin, (size_t)(s->at - begin)};
}

static inline void scalars_space(struct scalars *s)
{
    while (isspace((unsigned char)*s->at) || *s->at == ',' || *s->at == ':')
        s->at++;
}

static inline void scalars_value(struct scalars *s, struct str key, int depth);

static inline void scalars_members(struct scalars *s, struct str key, int depth)
{
    bool object = *s->at++ == '{';
    size_t size = strlen(s->path);

    assert_true(depth < SCALAR_DEPTH_MAX);
    for (scalars_space(s); *s->at != '}' && *s->at != ']'; scalars_space(s)) {
        if (object) {
            struct str quoted = scalars_token(s);
            key = (struct str){quoted.at + 1, quoted.size - 2};
            snprintf(s->path + size, sizeof s->path - size, "%s%.*s", size ? "." : "",
                     STR_ARG(key));
            scalars_space(s);
        }
        scalars_value(s, key, depth + 1);
        s->path[size] = '\0';
    }
    s->at++;
}

static inline void scalars_value(struct scalars *s, struct str key, int depth)
{
    if (*s->at == '{' || *s->at == '[') {
        scalars_members(s, key, depth);
        return;
    }
    assert_true(s->count < SCALARS_MAX);
    struct scalar *item = &s->items[s->count];
    snprintf(s->paths[s->count], sizeof s->paths[0], "%s", s->path);
    *item = (struct scalar){str_of(s->paths[s->count]), key, scalars_token(s)};
    s->count++;
}

/* The text is terminated; what is found borrows from it. */
static inline void scalars_find(struct scalars *s, const char *text)
{
    s->count = 0;
    s->at = text;
    s->path[0] = '\0';
    scalars_space(s);
    scalars_value(s, STR(""), 0);
}
