/* The normalisation ladder: ever plainer forms of a model's name. */
#pragma once
#include "spendwarden/str.h"

enum { NAME_SIZE_MAX = 256 };

enum step {
    STEP_NONE,
    STEP_GATEWAY_PREFIX,
    STEP_VARIANT,
    STEP_AT_VERSION,
    STEP_FINE_TUNED,
    STEP_REGION_PREFIX,
    STEP_VERSION,
    STEP_DATE,
};

enum { FORMS_MAX = 12 };

struct form {
    struct str name;
    enum step step;
};

struct forms {
    size_t count;
    struct form items[FORMS_MAX];
    struct str region;        /* of a stripped prefix: "us"; empty: none */
    char text[NAME_SIZE_MAX]; /* backs the names */
};

/* Longer names are cut. */
void price_forms(struct forms *out, struct str model);
