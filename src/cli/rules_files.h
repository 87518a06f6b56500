/* The files that `rules` makes from templates. */
#pragma once
#include "template.h"

enum { RULES_FILES_MAX = 8 };

struct rules_file {
    const char *name; /* static */
    struct buf text;
};

struct rules_files {
    size_t count;
    struct rules_file items[RULES_FILES_MAX];
};

/* What `rules` takes as its argument. */
struct rules_kind {
    const char *name;
    bool json_only;
    /* False: *err says why. The caller releases *out in any case. */
    bool (*make)(struct rules_files *out, const struct facts *facts, bool json,
                 struct err *err);
};

/* NULL: there is none of that name. */
const struct rules_kind *rules_kind(const char *name);

/* On standard output; several as one JSON array. */
void rules_files_print(const struct rules_files *files);
void rules_files_release(struct rules_files *files);

/* Dashboards of Grafana, one a template. */
bool rules_make_dashboards(struct rules_files *out, const struct facts *facts, bool json,
                           struct err *err);
