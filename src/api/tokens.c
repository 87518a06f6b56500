#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "spendwarden/hash.h"
#include "tokens.h"

enum { TOKEN_FILE_MAX = 16 * 1024, TOKEN_MIN = 16, TOKEN_ARENA_MAX = 4 * 1024 * 1024 };

struct token_set {
    struct arena arena;
    const struct token *first; /* NULL: no tokens are configured, access is open */
    bool open;
    struct token_set *older; /* owned */
};

static bool copy_text(struct arena *arena, struct str *out, struct str text)
{
    *out = arena_copy(arena, text);
    return out->size == text.size;
}

/* All of it or nothing: a token that lost its source or a label would open more. */
static bool copy_options(struct arena *arena, struct token *token,
                         const struct token_options *o)
{
    struct pair *labels = arena_alloc(arena, (o->label_count + 1) * sizeof *labels);
    bool ok = labels && copy_text(arena, &token->source, o->source);

    for (size_t i = 0; ok && i < o->label_count; i++)
        ok = copy_text(arena, &labels[i].name, o->labels[i].name) &&
             copy_text(arena, &labels[i].value, o->labels[i].value);
    token->scopes = o->scopes;
    token->binding = (struct binding){o->label_count, labels};
    return ok;
}

static bool add_token(struct token_set *s, const struct token_options *o,
                      struct str secret, struct diags *diags)
{
    if (secret.size < TOKEN_MIN) {
        diags_add(diags, o->file, 0, 0, "a token needs at least %d characters",
                  TOKEN_MIN);
        return false;
    }
    struct token *token = arena_zalloc(&s->arena, sizeof *token);
    if (!token || !copy_text(&s->arena, &token->secret, secret) ||
        !copy_options(&s->arena, token, o)) {
        diags_add(diags, o->file, 0, 0, "too many tokens");
        return false;
    }
    token->next = s->first;
    s->first = token;
    return true;
}

/* One token a line; blank lines and those that begin with # are left out. */
static bool add_lines(struct token_set *s, const struct token_options *o, struct str text,
                      struct diags *diags)
{
    size_t found = 0, start = 0;

    for (size_t i = 0; i <= text.size; i++) {
        if (i < text.size && text.at[i] != '\n')
            continue;
        struct str line = {text.at + start, i - start};
        start = i + 1;
        while (line.size &&
               (line.at[line.size - 1] == '\r' || line.at[line.size - 1] == ' '))
            line.size--;
        if (line.size == 0 || line.at[0] == '#')
            continue;
        if (!add_token(s, o, line, diags))
            return false;
        found++;
    }
    if (found == 0)
        diags_add(diags, o->file, 0, 0, "no token in it: one a line");
    return found > 0;
}

/* The configuration is to mend where there is no file, else the file. */
static void cannot_read(const struct config *c, const char *path, struct diags *diags)
{
    int error = errno;
    const struct config_place at = config_place(c, path);

    diags_add(diags, at.file, at.line, at.column, "server.tokens: file: %s: %s", path,
              strerror(error));
}

static bool add_file(struct token_set *s, const struct config *c,
                     const struct token_options *o, struct diags *diags)
{
    char text[TOKEN_FILE_MAX + 1];
    int fd = open(o->file, O_RDONLY | O_CLOEXEC);
    ssize_t size = fd == -1 ? -1 : read(fd, text, sizeof text);

    if (size < 0)
        cannot_read(c, o->file, diags);
    if (fd != -1)
        close(fd);
    if (size > TOKEN_FILE_MAX)
        diags_add(diags, o->file, 0, 0, "token file: larger than %d bytes",
                  TOKEN_FILE_MAX);
    return size >= 0 && size <= TOKEN_FILE_MAX &&
           add_lines(s, o, (struct str){text, (size_t)size}, diags);
}

bool token_set_load(struct token_set **out, const struct config *c, struct diags *diags)
{
    struct token_set *s = calloc(1, sizeof *s);
    bool ok = s != NULL;

    *out = NULL;
    if (!s) {
        diags_add(diags, "spendwarden", 0, 0, "no memory");
        return false;
    }
    arena_init(&s->arena, TOKEN_ARENA_MAX);
    s->open = c->token_count == 0;
    for (size_t i = 0; i < c->token_count; i++)
        ok = add_file(s, c, &c->tokens[i], diags) && ok;
    if (!ok) {
        token_set_free(s);
        return false;
    }
    *out = s;
    return true;
}

void token_set_free(struct token_set *s)
{
    while (s) {
        struct token_set *older = s->older;
        arena_release(&s->arena);
        free(s);
        s = older;
    }
}

static bool same_token(const struct token *a, const struct token *b)
{
    const struct binding *x = &a->binding, *y = &b->binding;

    if (!str_eq(a->secret, b->secret) || a->scopes != b->scopes ||
        !str_eq(a->source, b->source) || x->label_count != y->label_count)
        return false;
    for (size_t i = 0; i < x->label_count; i++)
        if (!str_eq(x->labels[i].name, y->labels[i].name) ||
            !str_eq(x->labels[i].value, y->labels[i].value))
            return false;
    return true;
}

bool token_set_equal(const struct token_set *a, const struct token_set *b)
{
    const struct token *x = a->first, *y = b->first;

    while (x && y && same_token(x, y)) {
        x = x->next;
        y = y->next;
    }
    return !x && !y && a->open == b->open;
}

void token_set_chain(struct token_set *s, struct token_set *older)
{
    s->older = older;
}

enum token_answer token_find(const struct token_set *s, const char *authorization,
                             const struct token **out)
{
    struct str given = str_of(authorization);

    *out = NULL;
    if (s->open)
        return TOKEN_GOOD;
    if (given.size < 7 || !str_eq_nocase((struct str){given.at, 7}, STR("Bearer ")))
        return TOKEN_MISSING;
    given = str_from(given, 7);
    for (const struct token *t = s->first; t; t = t->next)
        if (equal_in_constant_time(t->secret, given))
            *out = t;
    return *out ? TOKEN_GOOD : TOKEN_UNKNOWN;
}
