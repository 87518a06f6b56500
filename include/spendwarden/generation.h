/* What decides, as loaded at one moment: configuration, prices, policies, sources. Shared
 * and immutable; a reload makes a new one beside it. */
#pragma once
#include "spendwarden/config.h"

enum { GENERATION_SOURCES_MAX = 32 };

/* One of the ledger's generations: a loaded one, without the policies that the breaker
 * took out. Immutable; lives as long as what was loaded. */
struct ruling {
    uint32_t number; /* in the ledger; 0 without one */
    struct policy_mask disabled;
    const struct ruling *before; /* of the same load; NULL: the first */
};

struct generation {
    struct generation *base; /* held; whose configuration, prices and sources these are;
                                NULL: its own */
    struct config *config;
    struct price_book *prices;
    struct policy_set *policies;
    struct generation *shadow; /* owned: candidates, with configuration, prices, sources
                                  and a part of the windows of this; or NULL */
    bool within;               /* it is such a shadow, and owns policies alone */
    struct shadow_state *shadow_state; /* owned; with a shadow */
    size_t source_count;
    struct source *sources[GENERATION_SOURCES_MAX];
    const struct ruling *ruling; /* atomic: the newest */
    int64_t active_since_ns;     /* in this process; an unchanged one keeps its time */

    /* Windows of the policies, then those of coverage: for each span 1 + coverage labels;
     * then those of spend, then those of the shadow. */
    size_t policy_window_count, window_count;
    struct window_decl *windows;
    int *window_ids; /* of the books, in the same order */

    size_t metric_count; /* of the policies, then of the shadow */
    struct metric_decl *metrics;

    int references; /* atomic */
};

/* The spans over which coverage is shown, and spend by team and workflow. */
enum { COVERAGE_SPAN_COUNT = 2, SPEND_SPAN_COUNT = 3 };
struct view_span {
    int64_t ns;
    struct str name;
};
extern const struct view_span coverage_spans[COVERAGE_SPAN_COUNT],
    spend_spans[SPEND_SPAN_COUNT];

/* What decides: a configuration file, or without one (NULL) the defaults with `policies`,
 * and without those the shipped policies. */
struct generation_options {
    const char *config_path;
    size_t override_count;
    const char *const *overrides; /* "key=value" */
    size_t policy_count;
    const char *const *policies;
    size_t mapping_count;
    const char *const *mappings; /* sources beside the configured ones; the last of them
                                    are the generation's last sources */
    bool bare; /* configuration, prices and sources, and no policies at all */
};

/* Every error of every file goes into *diags; then *out is NULL. One reference. */
bool generation_load(struct generation **out, const struct generation_options *options,
                     struct diags *diags);

/* A warning where a configuration forgot to name policies: nothing alerts then. */
void generation_check_policies(const struct generation *g, struct diags *diags);

/* A warning where the ledger's folder does not exist: `run` would not start. */
void generation_check_ledger(const struct generation *g, struct diags *diags);

/* The same configuration, prices and sources with other policies, of which schema and
 * prices are filled in here. Holds `base`. */
bool generation_variant(struct generation **out, struct generation *base,
                        const struct policy_options *policies, struct diags *diags);

/* What decides at the moment. */
const struct ruling *generation_ruling(const struct generation *g);

/* From now on this does. One caller at a time. False: no memory, the old one goes on. */
bool generation_rule(struct generation *g, uint32_t number,
                     const struct policy_mask *disabled);

struct generation *generation_hold(struct generation *g);
void generation_release(struct generation *g); /* accepts NULL */

/* NULL: no such source. */
const struct source *generation_source(const struct generation *g, struct str name);

/* Where the sums of coverage label `label` over span `span` are among the windows; label
 * -1: all spend. */
size_t generation_coverage_window(const struct generation *g, size_t span, int label);

/* The same for spend by team and workflow_id over span `span`. */
size_t generation_spend_window(const struct generation *g, size_t span);
