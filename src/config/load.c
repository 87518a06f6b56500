#include "reader.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "spendwarden/hash.h"

enum { FILE_MAX = 1 << 20, MEMORY_MAX = 64 << 20 };

/* What config_load hands out is the first member of this. */
struct loaded {
    struct config config;
    struct arena arena;
};

/* --- what every reader uses --- */

void complain(struct reader *r, const struct yaml_node *n, const char *format, ...)
{
    char text[1024];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    bool placed = r->origin.placed;
    diags_add(r->diags, r->origin.name, placed ? n->line : 0, placed ? n->column : 0,
              "%s", text);
}

void complain_memory(struct reader *r)
{
    diags_add(r->diags, r->file.name, 0, 0, "needs more memory than it may have");
}

size_t complaints(const struct reader *r)
{
    return r->diags->count + r->diags->more;
}

void keep_place(struct reader *r, const struct yaml_node *n, const char *path)
{
    struct config_place *place = path ? keep_memory(r, sizeof *place) : NULL;

    if (!place)
        return;
    bool placed = r->origin.placed;
    *place = (struct config_place){.file = r->origin.name,
                                   .line = placed ? n->line : 0,
                                   .column = placed ? n->column : 0,
                                   .of = path,
                                   .older = r->config->places};
    r->config->places = place;
}

void *keep_memory(struct reader *r, size_t size)
{
    void *memory = arena_zalloc(r->arena, size);

    if (!memory)
        complain_memory(r);
    return memory;
}

struct str keep_text(struct reader *r, struct str text)
{
    const char *copy = arena_cstr(r->arena, text);

    if (!copy)
        complain_memory(r);
    return (struct str){copy, copy ? text.size : 0};
}

/* --- overrides --- */

/* The keys that an override may name: no list items. */
static const char *nearest_key(struct str key)
{
    const char *known[SETTINGS_MAX];
    size_t count = 0;

    for (size_t i = 0; i < setting_count; i++)
        if (!strchr(settings[i].path, '['))
            known[count++] = settings[i].path;
    return str_nearest(key, known, count);
}

/* The map, of names of the user's own, that such a key would belong to. */
static const struct setting *map_above(struct str key)
{
    for (size_t i = 0; i < setting_count; i++) {
        struct str path = str_of(settings[i].path);
        if (str_starts(str_of(settings[i].type), STR("map of ")) &&
            !strchr(settings[i].path, '[') && str_starts(key, path) &&
            key.size > path.size && key.at[path.size] == '.')
            return &settings[i];
    }
    return NULL;
}

static void complain_key(struct reader *r, struct str key)
{
    struct yaml_node nowhere = {.line = 0};
    const char *near = nearest_key(key);
    const struct setting *map = map_above(key);

    if (map)
        complain(r, &nowhere, "%.*s: %s is set whole: --set %s='{ NAME: VALUE }'",
                 STR_ARG(key), map->path, map->path);
    else if (setting_is_section(key))
        complain(r, &nowhere, "%.*s: is a section: set one of its keys", STR_ARG(key));
    else if (near)
        complain(r, &nowhere, "%.*s: unknown key: did you mean \"%s\"?", STR_ARG(key),
                 near);
    else
        complain(r, &nowhere, "%.*s: unknown key", STR_ARG(key));
}

void apply_override(struct reader *r, const char *text)
{
    struct str key = {text, strcspn(text, "=")};
    const struct setting *s = setting_find(key);
    struct yaml_node *value, nowhere = {.line = 0};
    char name[KEY_PATH_MAX + 8];

    r->origin = (struct origin){"--set", "", false};
    snprintf(name, sizeof name, "--set %.*s", STR_ARG(key));
    if (!text[key.size])
        complain(r, &nowhere, "%s: must be written as key=value", text);
    else if (!s || strchr(s->path, '['))
        complain_key(r, key);
    else if (!text[key.size + 1])
        complain(r, &nowhere, "%s: has no value", s->path);
    else if (yaml_parse(&value, str_of(text + key.size + 1), name, r->arena, r->diags))
        r->given[s - settings] = (struct given){value, r->origin};
}

/* --- loading --- */

static const char *directory_of(struct reader *r, const char *path)
{
    const char *slash = strrchr(path, '/');

    return keep_text(r, (struct str){path, slash ? (size_t)(slash - path) + 1 : 0}).at;
}

static bool read_file(struct reader *r, const char *path)
{
    char hash[SHA256_TEXT_SIZE];
    struct buf text = {0};
    struct yaml_node *root;

    bool ok = yaml_read(&text, path, FILE_MAX, r->diags) &&
              yaml_parse(&root, buf_str(&text), path, r->arena, r->diags);
    if (ok) {
        sha256_text(hash, buf_str(&text));
        r->config->hash = keep_text(r, str_of(hash));
    }
    buf_release(&text);
    if (!ok)
        return false;
    if (root->kind == YAML_MAP)
        collect(r, r->given, STR(""), root);
    else
        complain(r, root, "must be a map of sections, such as \"server:\"");
    return true;
}

/* Values that follow from others. */
static void derive(struct config *c)
{
    if (!c->external_url)
        c->external_url = "";
    c->alerts.external_url = c->external_url;
    /* It is sent again at a tick: one that is rarer must not let it expire. */
    int64_t sent_every_ns = c->tick_ns > c->resend_ns ? c->tick_ns : c->resend_ns;
    c->alerts.valid_ns = 4 * sent_every_ns;
    c->policies.schema = &c->schema;
    c->policies.zone = c->zone;
    c->metrics.schema = &c->schema;
}

static bool load(struct reader *r, const char *path, const char *const *overrides,
                 size_t override_count)
{
    size_t before = complaints(r);

    bool given = path != NULL;

    path = given ? path : "defaults";
    r->config->path = keep_text(r, str_of(path)).at;
    r->file.directory = directory_of(r, path);
    if (!r->config->path || !r->file.directory)
        return false;
    r->file.name = r->config->path;
    r->file.placed = true;
    r->origin = r->file;
    if (given && !read_file(r, path))
        return false;
    for (size_t i = 0; i < override_count; i++)
        apply_override(r, overrides[i]);
    apply(r, r->given, STR(""), NULL, (char *)r->config);
    const struct setting *paths = setting_find(STR("policies.paths"));
    r->config->names_policies = r->given[paths - settings].node != NULL;
    check_together(r);
    derive(r->config);
    return complaints(r) == before;
}

bool config_load(struct config **out, const char *path, const char *const *overrides,
                 size_t override_count, struct diags *diags)
{
    struct loaded *loaded = calloc(1, sizeof *loaded);

    *out = NULL;
    if (!loaded) {
        diags_add(diags, path, 0, 0, "no memory");
        return false;
    }
    arena_init(&loaded->arena, MEMORY_MAX);
    struct reader r = {
        .config = &loaded->config,
        .arena = &loaded->arena,
        .diags = diags,
        .file = {.name = path},
    };
    if (!load(&r, path, overrides, override_count)) {
        config_free(&loaded->config);
        return false;
    }
    *out = &loaded->config;
    return true;
}

struct config_place config_place(const struct config *c, const char *path)
{
    const struct config_place *place = c->places;

    while (place && place->of != path)
        place = place->older;
    return place ? *place : (struct config_place){.file = c->path};
}

void config_free(struct config *c)
{
    struct loaded *loaded = (struct loaded *)c;

    if (!c)
        return;
    zone_free(c->zone);
    arena_release(&loaded->arena);
    free(loaded);
}
