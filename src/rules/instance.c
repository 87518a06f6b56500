#include <stdlib.h>

#include "internal.h"

/* Of one alert in one tick at most: a new budget period ends and starts one. */
enum { CHANGES_PER_ALERT = 4, CAPACITY_FIRST = 32 };

struct instance *instance_find(const struct rules *r, const struct label_set *labels,
                               uint64_t fingerprint)
{
    if (r->bucket_count == 0)
        return NULL;
    struct instance *i = r->buckets[fingerprint & (r->bucket_count - 1)];
    while (i &&
           (i->alert.fingerprint != fingerprint || !label_set_equal(&i->labels, labels)))
        i = i->next;
    return i;
}

static void bucket_insert(struct rules *r, struct instance *i)
{
    struct instance **bucket = &r->buckets[i->alert.fingerprint & (r->bucket_count - 1)];

    i->next = *bucket;
    *bucket = i;
}

static void bucket_remove(struct rules *r, struct instance *i)
{
    struct instance **at = &r->buckets[i->alert.fingerprint & (r->bucket_count - 1)];

    while (*at != i)
        at = &(*at)->next;
    *at = i->next;
}

/* The old array, and *failed, when there is no memory. */
static void *regrown(void *array, size_t count, size_t size, bool *failed)
{
    void *grown = reallocarray(array, count, size);

    *failed |= !grown;
    return grown ? grown : array;
}

static bool grow_buckets(struct rules *r, size_t count)
{
    struct instance **buckets = calloc(count, sizeof *buckets);

    if (!buckets)
        return false;
    free(r->buckets);
    r->buckets = buckets;
    r->bucket_count = count;
    for (size_t i = 0; i < r->count; i++)
        bucket_insert(r, r->instances[i]);
    return true;
}

/* Everything that a tick may have to list has its room here, so that only this fails. */
static bool grow(struct rules *r)
{
    size_t capacity = r->capacity ? r->capacity * 2 : CAPACITY_FIRST;

    size_t changes = capacity * CHANGES_PER_ALERT;
    bool failed = false;

    r->instances = regrown(r->instances, capacity, sizeof *r->instances, &failed);
    r->changes = regrown(r->changes, changes, sizeof *r->changes, &failed);
    r->due = regrown(r->due, capacity, sizeof *r->due, &failed);
    r->alerts = regrown(r->alerts, capacity, sizeof *r->alerts, &failed);
    if (failed || !grow_buckets(r, capacity))
        return false;
    r->capacity = capacity;
    return true;
}

/* Into a buffer that has room, so that it does not move. */
static struct str put(struct buf *b, struct str text)
{
    struct str copy = {b->at + b->size, text.size};

    buf_add(b, text);
    return copy;
}

/* One block, reserved first: the slices into it stay where they are. */
static bool copy_texts(struct instance *i, const struct label_set *labels,
                       struct str policy, struct str rule)
{
    size_t size = policy.size + rule.size + 1;

    for (size_t at = 0; at < labels->count; at++)
        size += labels->pairs[at].name.size + labels->pairs[at].value.size;
    buf_reset(&i->text);
    if (!buf_reserve(&i->text, size))
        return false;
    i->alert.policy = put(&i->text, policy);
    i->alert.rule = put(&i->text, rule);
    i->labels.count = labels->count;
    for (size_t at = 0; at < labels->count; at++) {
        i->labels.pairs[at].name = put(&i->text, labels->pairs[at].name);
        i->labels.pairs[at].value = put(&i->text, labels->pairs[at].value);
    }
    return true;
}

bool instance_say(struct instance *i, const struct pair *annotations, size_t count)
{
    size_t size = 1;

    for (size_t at = 0; at < count; at++)
        size += annotations[at].name.size + annotations[at].value.size;
    buf_reset(&i->said);
    i->said_count = 0;
    if (count > DECL_LABELS_MAX || !buf_reserve(&i->said, size))
        return false;
    for (size_t at = 0; at < count; at++) {
        i->said_pairs[at].name = put(&i->said, annotations[at].name);
        i->said_pairs[at].value = put(&i->said, annotations[at].value);
    }
    i->said_count = count;
    return true;
}

static struct instance *take_unused(struct rules *r)
{
    struct instance *i = r->unused;

    if (!i)
        return calloc(1, sizeof *i);
    r->unused = i->next;
    struct buf text = i->text, notes = i->notes, said = i->said;
    *i = (struct instance){.text = text, .notes = notes, .said = said};
    return i;
}

static void give_back(struct rules *r, struct instance *i)
{
    i->next = r->unused;
    r->unused = i;
}

struct instance *instance_add(struct rules *r, const struct label_set *labels,
                              struct str policy, struct str rule)
{
    if (r->count >= r->options.max_alerts || (r->count == r->capacity && !grow(r)))
        goto refuse;
    struct instance *i = take_unused(r);
    if (!i)
        goto refuse;
    if (!copy_texts(i, labels, policy, rule)) {
        give_back(r, i);
        goto refuse;
    }
    i->alert.labels = i->labels.pairs;
    i->alert.label_count = i->labels.count;
    i->alert.annotations = i->annotations;
    i->alert.fingerprint = alert_fingerprint(i->labels.pairs, i->labels.count);
    r->instances[r->count++] = i;
    bucket_insert(r, i);
    return i;

refuse:
    r->refused++;
    return NULL;
}

static void change(struct rules *r, struct instance *i, enum alert_state to)
{
    if (r->change_count < r->capacity * CHANGES_PER_ALERT)
        r->changes[r->change_count++] =
            (struct alert_change){i->alert.state, to, &i->alert};
    i->alert.state = to;
    if (to == ALERT_PENDING || to == ALERT_FIRING)
        i->began_round = r->round;
    r->unsaved = true;
}

static void fire(struct rules *r, struct instance *i)
{
    i->alert.starts_ns = r->tick_ns;
    i->kept_ns = 0;
    change(r, i, ALERT_FIRING);
}

static void begin_pending(struct rules *r, struct instance *i)
{
    i->alert.pending_ns = r->tick_ns;
    i->alert.starts_ns = i->alert.resolved_ns = 0;
    i->held_ns = 0;
    change(r, i, ALERT_PENDING);
}

void instance_finish(struct rules *r, struct instance *i)
{
    i->condition = false;
    if (i->alert.state == ALERT_PENDING)
        change(r, i, ALERT_INACTIVE);
    if (i->alert.state != ALERT_FIRING)
        return;
    i->alert.resolved_ns = r->tick_ns;
    change(r, i, ALERT_RESOLVED);
}

static void step_true(struct rules *r, struct instance *i, int64_t hold_ns)
{
    bool held = i->alert.state == ALERT_PENDING;

    if (i->alert.state == ALERT_FIRING)
        return;
    if (held)
        i->held_ns += r->observed_ns;
    else if (hold_ns > 0)
        begin_pending(r, i);
    else
        i->alert.pending_ns = r->tick_ns, i->alert.resolved_ns = 0;
    if (hold_ns <= 0 || (held && i->held_ns >= hold_ns))
        fire(r, i);
}

static void step_false(struct rules *r, struct instance *i, bool was_true)
{
    if (i->alert.state == ALERT_FIRING && i->keep_ns > 0) {
        i->kept_ns = was_true ? 0 : i->kept_ns + r->observed_ns;
        if (i->kept_ns < i->keep_ns)
            return;
    }
    if (i->alert.state == ALERT_RESOLVED &&
        r->tick_ns - i->alert.resolved_ns > r->options.resolved_ns)
        change(r, i, ALERT_INACTIVE);
    instance_finish(r, i);
}

void instance_step(struct rules *r, struct instance *i, bool condition, int64_t hold_ns)
{
    bool was_true = i->condition;

    /* Times count up while it is pending or kept firing. */
    r->unsaved |= was_true != condition || i->alert.state == ALERT_PENDING ||
                  (i->alert.state == ALERT_FIRING && !condition);
    i->condition = condition;
    i->hold_ns = hold_ns;
    i->round = r->round;
    if (condition)
        step_true(r, i, hold_ns);
    else
        step_false(r, i, was_true);
}

void instances_sweep(struct rules *r)
{
    size_t kept = 0;

    for (size_t at = 0; at < r->count; at++) {
        struct instance *i = r->instances[at];
        if (i->alert.state != ALERT_INACTIVE) {
            r->instances[kept++] = i;
            continue;
        }
        bucket_remove(r, i);
        give_back(r, i);
    }
    r->count = kept;
}

void instances_list(struct rules *r)
{
    r->alert_count = 0;
    for (size_t at = 0; at < r->count; at++) {
        const struct alert *alert = &r->instances[at]->alert;
        if (alert->state != ALERT_INACTIVE)
            r->alerts[r->alert_count++] = *alert;
    }
}

static void instance_free(struct instance *i)
{
    buf_release(&i->text);
    buf_release(&i->notes);
    buf_release(&i->said);
    free(i);
}

void instances_release(struct rules *r)
{
    for (size_t i = 0; i < r->count; i++)
        instance_free(r->instances[i]);
    while (r->unused) {
        struct instance *i = r->unused;
        r->unused = i->next;
        instance_free(i);
    }
    free(r->instances);
    free(r->buckets);
    free(r->changes);
    free(r->due);
    free(r->alerts);
    r->instances = r->buckets = NULL;
    r->changes = NULL;
    r->due = r->alerts = NULL;
    r->count = r->capacity = r->bucket_count = 0;
    r->change_count = r->due_count = r->alert_count = 0;
}
