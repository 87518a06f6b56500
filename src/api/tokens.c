#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "internal.h"
#include "spendwarden/hash.h"

enum { TOKEN_FILE_MAX = 16 * 1024, TOKEN_MIN = 16, TOKEN_ARENA_MAX = 4 * 1024 * 1024 };

struct token_set {
    struct arena arena;
    const struct token *first; /* NULL: no tokens are configured, access is open */
    bool open;
    struct token_set *older; /* owned */
};

static struct binding copy_binding(struct arena *arena, const struct token_options *o)
{
    struct pair *labels = arena_alloc(arena, (o->label_count + 1) * sizeof *labels);

    for (size_t i = 0; labels && i < o->label_count; i++)
        labels[i] = (struct pair){arena_copy(arena, o->labels[i].name),
                                  arena_copy(arena, o->labels[i].value)};
    return (struct binding){labels ? o->label_count : 0, labels};
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
    if (!token) {
        diags_add(diags, o->file, 0, 0, "too many tokens");
        return false;
    }
    token->secret = arena_copy(&s->arena, secret);
    token->scopes = o->scopes;
    token->source = arena_copy(&s->arena, o->source);
    token->binding = copy_binding(&s->arena, o);
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

static bool add_file(struct token_set *s, const struct token_options *o,
                     struct diags *diags)
{
    char text[TOKEN_FILE_MAX];
    int fd = open(o->file, O_RDONLY | O_CLOEXEC);
    ssize_t size = fd == -1 ? -1 : read(fd, text, sizeof text);

    if (size < 0)
        diags_add(diags, o->file, 0, 0, "token file: %m");
    if (fd != -1)
        close(fd);
    return size >= 0 && add_lines(s, o, (struct str){text, (size_t)size}, diags);
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
        ok = add_file(s, &c->tokens[i], diags) && ok;
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

void token_set_chain(struct token_set *s, struct token_set *older)
{
    s->older = older;
}

bool token_find(const struct token_set *s, const char *authorization,
                const struct token **out)
{
    struct str given = str_of(authorization);

    *out = NULL;
    if (s->open)
        return true;
    if (given.size < 7 || !str_eq_nocase((struct str){given.at, 7}, STR("Bearer ")))
        return false;
    given = str_from(given, 7);
    for (const struct token *t = s->first; t; t = t->next)
        if (equal_in_constant_time(t->secret, given))
            *out = t;
    return *out != NULL;
}
