#include "template.h"

#include <string.h>

enum { DEPTH_MAX = 8 };

struct expansion {
    struct buf *out;
    const struct facts *facts;
    struct err *err;
    int depth, line;
    bool shown[DEPTH_MAX + 1]; /* of each open block, and of the text around them */
};

void facts_add(struct facts *f, struct str name, struct str text)
{
    if (f->count < FACTS_MAX) {
        f->items[f->count].name = name;
        f->items[f->count].text = text;
    }
    f->count++;
}

static const struct str *fact(const struct facts *f, struct str name)
{
    for (size_t i = 0; i < f->count; i++)
        if (str_eq(f->items[i].name, name))
            return &f->items[i].text;
    return NULL;
}

static bool take(struct str *text, struct str prefix)
{
    bool starts = str_starts(*text, prefix);

    if (starts)
        *text = str_from(*text, prefix.size);
    return starts;
}

static bool directive(struct expansion *x, struct str text)
{
    bool is_if = take(&text, STR("if ")), negated = is_if && take(&text, STR("not "));
    bool is_else = !is_if && str_eq(text, STR("else"));

    if (is_if && x->depth < DEPTH_MAX) {
        bool outer = x->shown[x->depth++];
        x->shown[x->depth] = outer && (fact(x->facts, text) != NULL) != negated;
        return true;
    }
    if (is_else && x->depth > 0) {
        x->shown[x->depth] = x->shown[x->depth - 1] && !x->shown[x->depth];
        return true;
    }
    if (str_eq(text, STR("end")) && x->depth > 0) {
        x->depth--;
        return true;
    }
    return err_set(x->err, ERR_CONFIG, "template, line %d: \"%.*s\"", x->line,
                   STR_ARG(text));
}

static bool fill(struct expansion *x, struct str line)
{
    const char *hole, *end;

    while (line.size && (hole = memmem(line.at, line.size, "%{", 2))) {
        buf_add(x->out, (struct str){line.at, (size_t)(hole - line.at)});
        line = str_from(line, (size_t)(hole - line.at) + 2);
        end = line.size ? memchr(line.at, '}', line.size) : NULL;
        struct str name = {line.at, end ? (size_t)(end - line.at) : 0};
        const struct str *text = fact(x->facts, name);
        if (!text)
            return err_set(x->err, ERR_CONFIG, "template, line %d: no \"%.*s\"", x->line,
                           STR_ARG(name));
        buf_add(x->out, *text);
        line = str_from(line, name.size + 1);
    }
    buf_add(x->out, line);
    return true;
}

static bool expand_line(struct expansion *x, struct str line)
{
    struct str rest = line;

    if (!take(&rest, STR("#@ ")))
        return !x->shown[x->depth] || fill(x, line);
    const char *colon = memmem(rest.at, rest.size, ": ", 2);
    struct str head = {rest.at, colon ? (size_t)(colon - rest.at) : rest.size - 1};
    if (!directive(x, head))
        return false;
    return !colon ||
           (expand_line(x, str_from(rest, head.size + 2)) && directive(x, STR("end")));
}

bool template_expand(struct buf *out, struct str text, const struct facts *facts,
                     struct err *err)
{
    struct expansion x = {out, facts, err, 0, 0, {true}};

    if (facts->count > FACTS_MAX)
        return err_set(err, ERR_CONFIG, "more than %d labels and alerts", FACTS_MAX);
    while (text.size) {
        const char *end = memchr(text.at, '\n', text.size);
        size_t size = end ? (size_t)(end - text.at) + 1 : text.size;
        x.line++;
        if (!expand_line(&x, (struct str){text.at, size}))
            return false;
        text = str_from(text, size);
    }
    return x.depth == 0 || err_set(err, ERR_CONFIG, "template: a block is not closed");
}
