#include "spendwarden/generation.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "generation_data.h"
#include "generation_sources.h"
#include "generation_windows.h"
#include "spendwarden/shadow.h"

static const char *const shipped_names[] = {"attribution", "spend-class", "budgets",
                                            "spikes", "coverage"};

enum { SHIPPED_COUNT = sizeof shipped_names / sizeof *shipped_names };

struct shipped {
    char text[SHIPPED_COUNT][PATH_MAX + 16];
    const char *paths[SHIPPED_COUNT];
};

/* Where the shipped policies lie, from the folder of the binary: installed, or in the
 * build tree. */
static bool shipped_folder(char out[PATH_MAX])
{
    static const char *const places[] = {"../share/spendwarden/policies",
                                         "../../policies"};
    char self[PATH_MAX], place[PATH_MAX];
    ssize_t size = readlink("/proc/self/exe", self, sizeof self - 1);

    if (size <= 0)
        return false;
    self[size] = '\0';
    *strrchr(self, '/') = '\0';
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        int length = snprintf(place, sizeof place, "%s/%s", self, places[i]);
        if (length < (int)sizeof place && realpath(place, out))
            return true;
    }
    return false;
}

static bool shipped_policies(struct shipped *out)
{
    char folder[PATH_MAX];

    if (!shipped_folder(folder))
        return false;
    for (size_t i = 0; i < SHIPPED_COUNT; i++) {
        snprintf(out->text[i], sizeof out->text[i], "%s/%s", folder, shipped_names[i]);
        out->paths[i] = out->text[i];
    }
    return true;
}

static void fill_in(struct policy_options *policies, const struct generation *g)
{
    policies->schema = &g->config->schema;
    policies->zone = g->config->zone;
    policies->prices = g->prices;
    policies->max_groups = (size_t)g->config->windows.max_groups;
    policies->max_series = (size_t)g->config->metrics.max_series;
}

static bool load_policies(struct generation *g, const struct generation_options *options,
                          struct diags *diags)
{
    struct policy_options policies = g->config->policies;
    struct shipped shipped;

    fill_in(&policies, g);
    if (options->bare) {
        policies.path_count = policies.setting_count = 0;
    } else if (options->policy_count) {
        policies.path_count = options->policy_count;
        policies.paths = options->policies;
    } else if (!options->config_path) {
        if (!shipped_policies(&shipped)) {
            diags_add(diags, "spendwarden", 0, 0,
                      "the shipped policies are not beside the binary: name some by "
                      "--policies");
            return false;
        }
        policies.path_count = SHIPPED_COUNT;
        policies.paths = shipped.paths;
    }
    return policy_load(&g->policies, &policies, diags);
}

const struct ruling *generation_ruling(const struct generation *g)
{
    return __atomic_load_n(&g->ruling, __ATOMIC_ACQUIRE);
}

bool generation_rule(struct generation *g, uint32_t number,
                     const struct policy_mask *disabled)
{
    struct ruling *r = malloc(sizeof *r);

    if (!r)
        return false;
    *r = (struct ruling){number, *disabled, g->ruling};
    __atomic_store_n(&g->ruling, r, __ATOMIC_RELEASE);
    return true;
}

static void free_rulings(struct generation *g)
{
    while (g->ruling) {
        const struct ruling *r = g->ruling;
        g->ruling = r->before;
        free((void *)r);
    }
}

static struct generation *generation_new(struct diags *diags)
{
    static const struct policy_mask none;
    struct generation *g = calloc(1, sizeof *g);

    if (g && generation_rule(g, 0, &none)) {
        g->references = 1;
        return g;
    }
    free(g);
    diags_add(diags, "spendwarden", 0, 0, "no memory");
    return NULL;
}

/* With the configured policies only: candidates are held against those. */
static bool load_shadow(struct generation *g, const struct generation_options *options,
                        struct diags *diags)
{
    struct policy_options like = g->config->policies;

    if (options->bare || options->policy_count || !g->policies ||
        g->config->shadow.path_count == 0)
        return true;
    fill_in(&like, g);
    return shadow_load(g, &like, diags);
}

bool generation_load(struct generation **out, const struct generation_options *options,
                     struct diags *diags)
{
    struct generation *g = generation_new(diags);

    *out = NULL;
    if (!g)
        return false;
    /* Prices and policies are tried both, so that one run shows all errors. */
    bool ok = config_load(&g->config, options->config_path, options->overrides,
                          options->override_count, diags);
    if (ok) {
        ok = price_book_load(&g->prices, &g->config->prices, diags);
        ok = load_policies(g, options, diags) && ok;
        ok = load_shadow(g, options, diags) && ok;
        if (ok && options->config_path && !options->bare)
            generation_check_data(g, !options->policy_count, diags);
        ok = generation_compile_sources(g, options, diags) && ok;
    }
    if (!ok || !generation_collect(g, diags)) {
        generation_release(g);
        return false;
    }
    *out = g;
    return true;
}

bool generation_variant(struct generation **out, struct generation *base,
                        const struct policy_options *policies, struct diags *diags)
{
    struct generation *g = generation_new(diags);
    struct policy_options options = *policies;

    *out = NULL;
    if (!g)
        return false;
    g->base = generation_hold(base);
    g->config = base->config;
    g->prices = base->prices;
    g->source_count = base->source_count;
    memcpy(g->sources, base->sources, sizeof g->sources);
    options.schema = &base->config->schema;
    options.prices = base->prices;
    options.unchecked = true; /* the same files, which were checked with the base */
    if (!policy_load(&g->policies, &options, diags) || !generation_collect(g, diags)) {
        generation_release(g);
        return false;
    }
    *out = g;
    return true;
}

struct generation *generation_hold(struct generation *g)
{
    __atomic_add_fetch(&g->references, 1, __ATOMIC_RELAXED);
    return g;
}

void generation_release(struct generation *g)
{
    if (!g || __atomic_sub_fetch(&g->references, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    policy_set_free(g->policies);
    free_rulings(g);
    if (g->within) {
        free(g);
        return;
    }
    generation_release(g->shadow);
    shadow_unload(g);
    if (g->base) {
        generation_release(g->base);
    } else {
        for (size_t i = 0; i < g->source_count; i++)
            source_free(g->sources[i]);
        price_book_free(g->prices);
        config_free(g->config);
    }
    free(g->windows);
    free(g->window_ids);
    free(g->metrics);
    free(g);
}

const struct source *generation_source(const struct generation *g, struct str name)
{
    for (size_t i = 0; i < g->source_count; i++)
        if (str_eq(source_name(g->sources[i]), name))
            return g->sources[i];
    return NULL;
}
