#include "parts.h"

#include <stdio.h>

#include <stdlib.h>

static const char *const clause_names[] = {"equals", "starts_with", "contains",
                                           "ends_with", "regex"};

enum { CLAUSE_KINDS = sizeof clause_names / sizeof *clause_names };

static struct str lower(struct arena *arena, struct str text)
{
    char *copy = arena_cstr(arena, text);

    if (!copy)
        return (struct str){NULL, 0};
    for (size_t i = 0; i < text.size; i++)
        if (copy[i] >= 'A' && copy[i] <= 'Z')
            copy[i] = (char)(copy[i] + 'a' - 'A');
    return (struct str){copy, text.size};
}

static bool compile(const struct reading *r, const struct yaml_node *node,
                    struct clause *clause)
{
    clause->regex = calloc(1, sizeof *clause->regex);
    if (!clause->regex)
        return false;
    if (regcomp(clause->regex, clause->text.at, REG_EXTENDED | REG_NOSUB) == 0)
        return true;
    free(clause->regex);
    clause->regex = NULL;
    price_complain(r, node, "match: \"%.*s\" is not an extended regular expression",
                   STR_ARG(node->text));
    return false;
}

static bool read_clause(const struct reading *r, const struct yaml_node *node,
                        enum clause_kind kind, struct clauses *out)
{
    struct clause *clause = &out->items[out->count];

    if (node->kind != YAML_SCALAR || node->text.size == 0 ||
        node->text.size >= NAME_SIZE_MAX) {
        price_complain(r, node, "match: %s needs a text of at most %d bytes",
                       clause_names[kind], NAME_SIZE_MAX - 1);
        return false;
    }
    if (out->count == CLAUSES_MAX) {
        price_complain(r, node, "match: more than %d texts", CLAUSES_MAX);
        return false;
    }
    *clause = (struct clause){kind, {NULL, 0}, NULL};
    /* Lower case would turn a class like \W into \w; names are matched in lower case. */
    clause->text = kind == CLAUSE_REGEX ? str_of(arena_cstr(&r->book->arena, node->text))
                                        : lower(&r->book->arena, node->text);
    if (!clause->text.at || (kind == CLAUSE_REGEX && !compile(r, node, clause)))
        return false;
    out->count++;
    return true;
}

static bool read_kind(const struct reading *r, const struct yaml_node *key,
                      const struct yaml_node *value, struct clauses *out)
{
    size_t kind = 0;
    bool ok = true;

    while (kind < CLAUSE_KINDS && !str_eq(key->text, str_of(clause_names[kind])))
        kind++;
    if (kind == CLAUSE_KINDS) {
        price_complain(r, key,
                       "match: unknown clause \"%.*s\"; one of equals, starts_with, "
                       "contains, ends_with, regex",
                       STR_ARG(key->text));
        return false;
    }
    if (value->kind == YAML_SCALAR)
        return read_clause(r, value, (enum clause_kind)kind, out);
    for (size_t i = 0; value->kind == YAML_LIST && i < value->count; i++)
        ok &= read_clause(r, &value->values[i], (enum clause_kind)kind, out);
    return ok;
}

bool price_read_clauses(const struct reading *r, const struct yaml_node *match,
                        struct clauses *out)
{
    struct clause items[CLAUSES_MAX];
    struct clauses all = {0, items};
    bool ok = true;

    *out = (struct clauses){0, NULL};
    if (match->kind != YAML_MAP || match->count == 0) {
        price_complain(r, match, "match must be a map, as { starts_with: gpt-4o }");
        return false;
    }
    for (size_t i = 0; i < match->count; i++)
        ok &= read_kind(r, &match->keys[i], &match->values[i], &all);
    out->items = arena_alloc(&r->book->arena, (all.count + 1) * sizeof *items);
    if (out->items) {
        memcpy(out->items, items, all.count * sizeof *items);
        out->count = all.count;
    } else {
        price_release_clauses(&all);
    }
    return ok && out->items;
}

void price_release_clauses(struct clauses *c)
{
    for (size_t i = 0; i < c->count; i++) {
        if (c->items[i].regex)
            regfree(c->items[i].regex);
        free(c->items[i].regex);
        c->items[i].regex = NULL;
    }
}

bool price_same_clauses(const struct clauses *a, const struct clauses *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (a->items[i].kind != b->items[i].kind ||
            !str_eq(a->items[i].text, b->items[i].text))
            return false;
    return true;
}

static bool contains(struct str text, struct str part)
{
    return memmem(text.at, text.size, part.at, part.size) != NULL;
}

static bool ends(struct str text, struct str part)
{
    return text.size >= part.size && str_eq(str_from(text, text.size - part.size), part);
}

static bool regex_matches(const struct clause *c, struct str name)
{
    char text[NAME_SIZE_MAX + 1];

    snprintf(text, sizeof text, "%.*s", STR_ARG(name));
    return regexec(c->regex, text, 0, NULL, 0) == 0;
}

static enum rung match_clause(const struct clause *c, struct str own, struct str name)
{
    switch (c->kind) {
    case CLAUSE_EQUALS:
        if (!str_eq(c->text, name))
            return RUNG_NONE;
        return str_eq(own, name) ? RUNG_EXACT : RUNG_ALIAS;
    case CLAUSE_STARTS:
        if (!str_starts(name, c->text))
            return RUNG_NONE;
        return str_eq(own, name) ? RUNG_EXACT : RUNG_PREFIX;
    case CLAUSE_CONTAINS:
        return contains(name, c->text) ? RUNG_PATTERN : RUNG_NONE;
    case CLAUSE_ENDS:
        return ends(name, c->text) ? RUNG_PATTERN : RUNG_NONE;
    case CLAUSE_REGEX:
        return regex_matches(c, name) ? RUNG_PATTERN : RUNG_NONE;
    }
    return RUNG_NONE;
}

enum rung price_match(const struct clauses *c, struct str own_name, struct str name,
                      size_t *length)
{
    enum rung best = RUNG_NONE;

    *length = 0;
    for (size_t i = 0; i < c->count; i++) {
        enum rung rung = match_clause(&c->items[i], own_name, name);
        if (rung == RUNG_NONE || rung > best)
            continue;
        if (rung < best || c->items[i].text.size > *length)
            *length = c->items[i].text.size;
        best = rung;
    }
    return best;
}
