/* Shared by the files of this folder. */
#pragma once
#include "spendwarden/rules_observe.h"

enum { NUMBER_TEXT_SIZE = 40, ANNOTATION_BYTES_MAX = 4096 };

struct label_set {
    size_t count;
    struct pair pairs[ALERT_LABELS_MAX]; /* sorted by name; text is borrowed */
};

enum subject_kind { SUBJECT_RULE, SUBJECT_BUDGET, SUBJECT_BURN, SUBJECT_FORECAST };

/* What rules and budgets have in common, for one group. */
struct subject {
    enum subject_kind kind;
    struct str policy, name, alertname, where;
    struct pair extra; /* a label beside the others; empty: none */
    bool annotates;    /* by a function: instances hold what it said */
    struct group_labels group;
    size_t label_count, annotation_count;
    const struct pair *labels, *annotations;
    int64_t hold_ns, keep_ns;
    int64_t period_start_ns, period_end_ns; /* of a calendar budget; else 0 */
};

/* What was seen of it, against one bound. */
struct reading {
    double value;
    const char *relation; /* "above", "below", "at or above"; NULL: there is no bound */
    double threshold;
    double spent_usd, limit_usd;   /* of a budget */
    bool partial;                  /* the same */
    const struct outlook *outlook; /* of a forecast */
};

/* One alert. Its memory is kept when it is over, for the next one. */
struct instance {
    struct alert alert;
    struct instance *next;        /* of its bucket, or of the free ones */
    struct buf text, notes, said; /* hold the texts of what follows */
    struct label_set labels;
    struct pair annotations[ALERT_ANNOTATIONS_MAX];
    size_t said_count;
    struct pair said_pairs[DECL_LABELS_MAX]; /* by the annotations' function */
    uint64_t round, kept_round;      /* the ticks that last observed and kept it */
    uint64_t began_round;            /* the tick in which its state began, if it holds */
    bool condition;                  /* as last observed: hysteresis needs it */
    int64_t hold_ns;                 /* as last declared */
    int64_t held_ns;                 /* pending: observed time with the condition true */
    int64_t keep_ns, kept_ns;        /* firing: observed time since it became false */
    int64_t period_start_ns;         /* of a budget */
    int64_t sent_ns, sent_starts_ns; /* 0: never sent */
    int64_t told_starts_ns; /* what every receiver has got for sure: this is saved */
    int64_t told_ns;        /* of what was delivered; this process alone knows */
    enum alert_state sent_state, told_state;
};

struct rules {
    struct rules_options options;
    int64_t tick_ns;
    int64_t observed_ns; /* between this tick and the one before; 0 after a gap */
    uint64_t round;
    bool unsaved; /* what rules_save writes has changed since rules_saved */
    int64_t refused;
    size_t count, capacity, bucket_count, change_count, due_count, alert_count;
    struct instance **instances;  /* owned */
    struct instance **buckets;    /* owned; by fingerprint; a power of two */
    struct instance *unused;      /* owned; a list */
    struct alert_change *changes; /* owned; CHANGES_PER_ALERT for each instance */
    struct alert *due, *alerts;   /* owned; shallow copies */
};

/* The condition of one bound or step, with what it was before. */
struct bound {
    enum answer_kind answer;
    bool blocked; /* `min` is not reached, or the period is over */
    bool has_above, has_below, has_step, has_clear;
    double above, below, step, clear;
    struct str severity;
};

/* --- observe.c --- */

/* Holds one group's reading against one bound. True: an alert has begun to be pending or
 * firing. */
bool observe_bound(struct rules *r, const struct subject *s, const struct bound *b,
                   struct reading reading);

/* --- labels.c --- */

/* Empty values are left out; of two values for one name the earlier added stays. */
void label_set_add(struct label_set *set, struct str name, struct str value);
void label_set_build(struct label_set *set, const struct subject *s, struct str severity,
                     struct str step);
bool label_set_equal(const struct label_set *a, const struct label_set *b);
bool text_is_utf8(struct str text);

/* --- number.c: all return the length --- */

/* The shortest text that reads back as the same number. */
int number_format(char out[NUMBER_TEXT_SIZE], double number);

/* Twelve digits: without what sums and quotients leave in the last ones. */
int number_clean(char out[NUMBER_TEXT_SIZE], double number);

/* For people: with so many decimals, or (-1) six digits, and never 1.23457e+06. */
int number_round(char out[NUMBER_TEXT_SIZE], double number, int decimals);

/* --- annotate.c --- */

/* Copies what a function said of it. False: no memory, it is as if it had said nothing.
 */
bool instance_say(struct instance *i, const struct pair *annotations, size_t count);

/* False: no memory, there are none then. */
bool annotate(struct instance *i, const struct subject *s, const struct reading *reading);

/* --- instance.c --- */

/* NULL if there is none with these labels. */
struct instance *instance_find(const struct rules *r, const struct label_set *labels,
                               uint64_t fingerprint);

/* An inactive one; copies the texts. NULL, and counted, when there is no room. */
struct instance *instance_add(struct rules *r, const struct label_set *labels,
                              struct str policy, struct str rule);

/* One tick's condition. `hold_ns` as declared now. */
void instance_step(struct rules *r, struct instance *i, bool condition, int64_t hold_ns);

/* Over at once, whatever keep says. */
void instance_finish(struct rules *r, struct instance *i);

/* Copies what fires or was resolved lately into r->alerts. */
void instances_list(struct rules *r);

/* Gives back what is inactive. */
void instances_sweep(struct rules *r);
void instances_release(struct rules *r);
