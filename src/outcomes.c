#include "spendwarden/outcomes.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

struct outcomes {
    pthread_mutex_t lock;
    size_t source_count;
    struct source_outcomes sources[OUTCOME_SOURCES_MAX];
    size_t reject_next, reject_count;
    struct reject rejects[REJECTS_KEPT]; /* a ring */
    size_t doubt_count;
    struct doubt doubts[DOUBTS_KEPT]; /* a ring */
};

struct outcomes *outcomes_new(void)
{
    struct outcomes *o = calloc(1, sizeof *o);

    if (o)
        pthread_mutex_init(&o->lock, NULL);
    return o;
}

void outcomes_free(struct outcomes *o)
{
    if (!o)
        return;
    pthread_mutex_destroy(&o->lock);
    free(o);
}

/* Sources come from the configuration, so the last slot is never really shared. */
static struct source_outcomes *find(struct outcomes *o, struct str source)
{
    for (size_t i = 0; i < o->source_count; i++)
        if (str_eq(str_of(o->sources[i].source), source))
            return &o->sources[i];
    if (o->source_count == OUTCOME_SOURCES_MAX)
        return &o->sources[OUTCOME_SOURCES_MAX - 1];
    struct source_outcomes *added = &o->sources[o->source_count++];
    snprintf(added->source, sizeof added->source, "%.*s", STR_ARG(source));
    return added;
}

void outcomes_add(struct outcomes *o, struct str source, enum outcome_kind kind,
                  int64_t count, int64_t now_ns)
{
    if (count == 0)
        return;
    pthread_mutex_lock(&o->lock);
    struct source_outcomes *s = find(o, source);
    s->counts[kind] += count;
    if (kind == OUTCOME_ACCEPTED && now_ns > s->last_event_ns)
        s->last_event_ns = now_ns;
    pthread_mutex_unlock(&o->lock);
}

void outcomes_conflicts(struct outcomes *o, struct str source, int64_t count)
{
    if (count == 0)
        return;
    pthread_mutex_lock(&o->lock);
    find(o, source)->conflicts += count;
    pthread_mutex_unlock(&o->lock);
}

void outcomes_doubt(struct outcomes *o, struct str source, struct doubt doubt)
{
    pthread_mutex_lock(&o->lock);
    find(o, source)->doubts++;
    o->doubts[o->doubt_count++ % DOUBTS_KEPT] = doubt;
    pthread_mutex_unlock(&o->lock);
}

size_t outcomes_doubts(struct outcomes *o, struct doubt *out)
{
    pthread_mutex_lock(&o->lock);
    size_t count = o->doubt_count < DOUBTS_KEPT ? o->doubt_count : DOUBTS_KEPT;
    for (size_t i = 0; i < count; i++)
        out[i] = o->doubts[(o->doubt_count - 1 - i) % DOUBTS_KEPT];
    pthread_mutex_unlock(&o->lock);
    return count;
}

void skips_add(struct skips *s, const char *reason, int64_t count)
{
    size_t i = 0;

    while (i < s->count && strcmp(s->items[i].reason, reason) != 0)
        i++;
    if (i == SKIPS_MAX)
        return;
    if (i == s->count)
        s->items[s->count++].reason = reason;
    s->items[i].count += count;
}

void outcomes_skipped(struct outcomes *o, struct str source, const struct skips *skips)
{
    if (skips->count == 0)
        return;
    pthread_mutex_lock(&o->lock);
    struct source_outcomes *s = find(o, source);
    for (size_t i = 0; i < skips->count; i++) {
        skips_add(&s->skips, skips->items[i].reason, skips->items[i].count);
        s->counts[OUTCOME_SKIPPED] += skips->items[i].count;
    }
    pthread_mutex_unlock(&o->lock);
}

void outcomes_know(struct outcomes *o, struct str source, int64_t last_event_ns)
{
    pthread_mutex_lock(&o->lock);
    struct source_outcomes *s = find(o, source);
    if (last_event_ns > s->last_event_ns)
        s->last_event_ns = last_event_ns;
    pthread_mutex_unlock(&o->lock);
}

void outcomes_reject(struct outcomes *o, struct str source, const struct reject *reject)
{
    pthread_mutex_lock(&o->lock);
    struct reject *slot = &o->rejects[o->reject_next];
    *slot = *reject;
    snprintf(slot->source, sizeof slot->source, "%.*s", STR_ARG(source));
    o->reject_next = (o->reject_next + 1) % REJECTS_KEPT;
    if (o->reject_count < REJECTS_KEPT)
        o->reject_count++;
    pthread_mutex_unlock(&o->lock);
}

size_t outcomes_by_source(struct outcomes *o, struct source_outcomes *out)
{
    pthread_mutex_lock(&o->lock);
    size_t count = o->source_count;
    memcpy(out, o->sources, count * sizeof *out);
    pthread_mutex_unlock(&o->lock);
    return count;
}

size_t outcomes_rejects(struct outcomes *o, struct reject *out)
{
    pthread_mutex_lock(&o->lock);
    size_t count = o->reject_count;
    for (size_t i = 0; i < count; i++)
        out[i] = o->rejects[(o->reject_next + REJECTS_KEPT - 1 - i) % REJECTS_KEPT];
    pthread_mutex_unlock(&o->lock);
    return count;
}

const char *outcome_kind_name(enum outcome_kind kind)
{
    static const char *const names[] = {"accepted", "duplicate", "rejected", "skipped"};

    return names[kind];
}
