#include "parts.h"
#include <inttypes.h>

#include "spendwarden/hash.h"

#include <stdlib.h>

extern const char price_builtin_book[], price_builtin_book_end[];

static struct str builtin_text(void)
{
    size_t size =
        (size_t)((uintptr_t)price_builtin_book_end - (uintptr_t)price_builtin_book);

    return (struct str){price_builtin_book, size};
}

static void take_name(struct price_book *b, const struct yaml_node *root)
{
    const struct yaml_node *name = yaml_get(root, STR("book"));

    if (name && name->kind == YAML_SCALAR)
        b->name = arena_copy(&b->arena, name->text);
}

static void load_lowest(struct price_book *b, struct str text, struct arena *trees,
                        struct diags *diags)
{
    struct reading r = {b, diags, "built-in prices", 0, true};
    struct yaml_node *root;
    struct err err = {0};

    if (!price_tree_of_json(&root, text, trees, &err)) {
        price_complain(&r, NULL, "%s", err.text);
        return;
    }
    take_name(b, root);
    price_read_book(&r, root);
}

static void load_overlay(struct price_book *b, const char *path, uint8_t layer,
                         bool *imported, struct arena *trees, struct diags *diags)
{
    struct reading r = {b, diags, path, layer, false};
    struct yaml_node *root;

    if (!yaml_load(&root, path, OVERLAY_SIZE_MAX, trees, diags))
        return;
    price_read_book(&r, root);
    *imported = r.imported;
}

static void add_hash(struct buf *hashes, struct str text)
{
    char hash[SHA256_TEXT_SIZE];

    sha256_text(hash, text);
    buf_format(hashes, "%s\n", hash);
}

/* Over what the books say: comments and order in a file do not matter. */
static void take_hash(struct price_book *b, struct str lowest)
{
    struct buf all = {0};

    add_hash(&all, lowest);
    for (size_t i = 0; i < b->entry_count; i++) {
        const struct entry *e = &b->entries[i];
        const struct clauses *match = &b->models[e->model].match;
        buf_format(&all, "%u %.*s %.*s %d %" PRId64 " %" PRId64 "\n", e->layer,
                   STR_ARG(e->id), STR_ARG(e->region), e->included, e->from_ns, e->to_ns);
        buf_format(&all, "%d %d %d %d %d %d %u\n", e->missing, e->basis, e->tier_from,
                   e->graduated, e->hours.start_minute, e->hours.end_minute,
                   e->hours.days);
        for (size_t c = 0; e->layer && c < match->count; c++)
            buf_format(&all, "%d %.*s\n", match->items[c].kind,
                       STR_ARG(match->items[c].text));
        buf_add(&all,
                (struct str){(const char *)e->tiers, e->tier_count * sizeof *e->tiers});
    }
    sha256_text(b->hash, buf_str(&all));
    buf_release(&all);
}

static bool load_layers(struct price_book *b, struct str lowest,
                        const struct price_options *options, struct arena *trees,
                        struct diags *diags)
{
    if (!price_book_start(b))
        return false;
    b->imported[0] = true;
    load_lowest(b, lowest, trees, diags);
    if (options->overlay_count >= LAYERS_MAX)
        diags_add(diags, options->overlays[LAYERS_MAX - 1], 0, 0,
                  "prices: at most %d overlays", LAYERS_MAX - 1);
    for (size_t i = 0; i < options->overlay_count && i + 1 < LAYERS_MAX; i++)
        load_overlay(b, options->overlays[i], (uint8_t)(i + 1), &b->imported[i + 1],
                     trees, diags);
    if (!price_group(b, diags))
        return false;
    price_check(b, diags);
    return true;
}

static struct price_book *load(struct str lowest, const struct price_options *options,
                               struct diags *diags)
{
    struct price_book *b = calloc(1, sizeof *b);
    size_t errors = diags->count + diags->more;
    struct arena trees;

    if (!b)
        return NULL;
    b->basis = options->basis;
    arena_init(&b->arena, 0);
    arena_init(&trees, 0);
    if (load_layers(b, lowest, options, &trees, diags))
        take_hash(b, lowest);
    else if (diags->count + diags->more == errors)
        diags_add(diags, "prices", 0, 0, "no memory for the price book");
    arena_release(&trees);
    if (diags->count + diags->more == errors)
        return b;
    price_book_free(b);
    return NULL;
}

bool price_book_load(struct price_book **out, const struct price_options *options,
                     struct diags *diags)
{
    *out = load(builtin_text(), options, diags);
    return *out != NULL;
}

struct price_book *price_book_of_text(struct str text, struct diags *diags)
{
    return load(text, &(struct price_options){0}, diags);
}

void price_book_free(struct price_book *b)
{
    if (!b)
        return;
    for (size_t i = 0; i < b->model_count; i++)
        if (!b->models[i].inherits)
            price_release_clauses(&b->models[i].match);
    for (size_t i = 0; i < b->provider_count; i++)
        price_release_clauses(&b->providers[i].models);
    free(b->models);
    free(b->entries);
    free(b->providers);
    arena_release(&b->arena);
    free(b);
}

struct str price_book_name(const struct price_book *b)
{
    return b->name;
}

struct str price_book_hash(const struct price_book *b)
{
    return str_of(b->hash);
}

size_t price_book_entries(const struct price_book *b)
{
    return b->entry_count;
}

size_t price_book_quarantined(const struct price_book *b)
{
    return b->quarantined;
}
