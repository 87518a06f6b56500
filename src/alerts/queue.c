#include <stdlib.h>

#include "queue.h"

static struct item **bucket_of(struct queue *q, uint64_t key)
{
    return &q->buckets[key % QUEUE_BUCKETS];
}

static struct item *find(const struct queue *q, uint64_t key)
{
    struct item *item = q->buckets[key % QUEUE_BUCKETS];

    while (item && item->key != key)
        item = item->next;
    return item;
}

static void count_in(struct queue *q, struct item *item)
{
    struct item **bucket = bucket_of(q, item->key);

    item->next = *bucket;
    *bucket = item;
    q->alerts += item->alerts;
    q->bytes += sizeof *item + item->size;
}

static void count_out(struct queue *q, struct item *item)
{
    struct item **at = bucket_of(q, item->key);

    while (*at != item)
        at = &(*at)->next;
    *at = item->next;
    q->alerts -= item->alerts;
    q->bytes -= sizeof *item + item->size;
}

/* Between its neighbours, which it names already. */
static void link_in(struct queue *q, struct item *item)
{
    *(item->older ? &item->older->newer : &q->oldest) = item;
    *(item->newer ? &item->newer->older : &q->newest) = item;
    count_in(q, item);
}

struct item *queue_take(struct queue *q)
{
    struct item *item = q->oldest;

    if (!item)
        return NULL;
    q->oldest = item->newer;
    *(q->oldest ? &q->oldest->older : &q->newest) = NULL;
    count_out(q, item);
    return item;
}

static size_t drop_until_it_fits(struct queue *q, size_t alerts, size_t bytes)
{
    size_t dropped = 0;

    while (q->oldest &&
           (q->alerts + alerts > q->alerts_max || q->bytes + bytes > q->bytes_max)) {
        struct item *item = queue_take(q);
        dropped += item->alerts;
        free(item);
    }
    return dropped;
}

size_t queue_put(struct queue *q, uint64_t key, size_t alerts, struct str text)
{
    size_t bytes = sizeof(struct item) + text.size;
    struct item *item = bytes > q->bytes_max ? NULL : malloc(bytes);

    if (!item)
        return alerts;
    *item = (struct item){.key = key, .alerts = alerts, .size = text.size};
    memcpy(item->text, text.at, text.size);

    /* The newest state of an alert keeps the place that the older one waited for. */
    struct item *old = q->replaces ? find(q, key) : NULL;
    if (old) {
        item->older = old->older;
        item->newer = old->newer;
        count_out(q, old);
        link_in(q, item);
        free(old);
        return drop_until_it_fits(q, 0, 0);
    }
    size_t dropped = drop_until_it_fits(q, alerts, bytes);
    item->older = q->newest;
    link_in(q, item);
    return dropped;
}

bool queue_has(const struct queue *q, uint64_t key)
{
    return find(q, key) != NULL;
}

void queue_release(struct queue *q)
{
    for (struct item *item; (item = queue_take(q));)
        free(item);
}
