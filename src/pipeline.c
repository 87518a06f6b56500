/* The order of the stages:
 *
 *     body -> decode -> derive -> price -> classify -> count -> (books: commit)
 *
 * Candidates go the same way behind it, on a copy as it was decoded (shadow_run.c). */
#include "spendwarden/pipeline.h"

#include <stdlib.h>

#include "spendwarden/log.h"
#include "spendwarden/shadow.h"

struct pipeline {
    struct generation *generation; /* held */
    struct decoder *decoder;
    struct policy_vm *policies;
    struct price_cache *prices;
    struct shadow *shadow; /* NULL: there are no candidates */

    /* the body at hand; borrowed */
    const struct binding *binding;
    struct arena *arena;
    struct record **records; /* of this body, in its arena */
    size_t used, made, room;
};

bool pipeline_open(struct pipeline **out, struct generation *g, struct err *err)
{
    struct pipeline *p = calloc(1, sizeof *p);

    *out = NULL;
    if (!p)
        return err_set(err, ERR_MEMORY, "pipeline: no memory");
    p->generation = generation_hold(g);
    p->prices = price_cache_new(g->prices);
    if (!p->prices) {
        err_set(err, ERR_MEMORY, "pipeline: no memory");
        goto fail;
    }
    if (!decoder_open(&p->decoder, err) ||
        !policy_vm_open(&p->policies, g->policies, err))
        goto fail;
    *out = p;
    return true;

fail:
    pipeline_close(p);
    return false;
}

void pipeline_close(struct pipeline *p)
{
    if (!p)
        return;
    shadow_close(p->shadow);
    policy_vm_close(p->policies);
    decoder_close(p->decoder);
    price_cache_free(p->prices);
    generation_release(p->generation);
    free(p);
}

struct generation *pipeline_generation(const struct pipeline *p)
{
    return p->generation;
}

void pipeline_begin(struct pipeline *p, const struct source *source, struct str body,
                    const struct binding *binding, struct arena *arena,
                    int64_t received_ns)
{
    p->binding = binding;
    p->arena = arena;
    p->records = NULL;
    p->used = p->made = p->room = 0;
    decode_begin(p->decoder, source, body, arena, received_ns);
}

static void bind_labels(struct record *r, const struct binding *binding,
                        const struct schema *schema)
{
    static const struct provenance by_token = {.from = FROM_TOKEN};

    for (size_t i = 0; binding && i < binding->label_count; i++) {
        struct field field = field_find(schema, binding->labels[i].name);
        if (field.kind != FIELD_TEXT || !text_is_label(field.index))
            continue;
        r->ev.text[field.index] = binding->labels[i].value;
        *record_label_by(r, field.index) = &by_token;
    }
}

/* For `explain`, where nothing is received: the event's own time, so that equal events
 * give equal answers. */
static int64_t when_received(const struct event *ev)
{
    return ev->end_ns ? ev->end_ns : ev->start_ns ? ev->start_ns : timestamp_now();
}

void pipeline_decide(struct pipeline *p, struct record *r, struct arena *arena)
{
    if (r->ev.received_ns == 0)
        r->ev.received_ns = when_received(&r->ev);
    record_book(r);
    const struct ruling *ruling = generation_ruling(p->generation);
    r->generation = ruling->number;
    policy_vm_disable(p->policies, &ruling->disabled);
    if (p->shadow)
        shadow_begin(p->shadow, r);
    policy_event_begin(p->policies, r, arena);
    policy_derive(p->policies);
    price_record(p->generation->prices, p->prices, r);
    policy_price(p->policies);
    policy_classify(p->policies);
    policy_count(p->policies);
    policy_event_end(p->policies);
    if (p->shadow)
        shadow_end(p->shadow, r, arena);
}

/* Memory for the next record: one that was recycled, or a new one. */
static struct record *next_record(struct pipeline *p)
{
    if (p->used < p->made)
        return p->records[p->used];
    if (p->made == p->room) {
        size_t room = p->room ? 2 * p->room : 16;
        struct record **grown = arena_alloc(p->arena, room * sizeof *grown);
        if (!grown)
            return NULL;
        if (p->made)
            memcpy(grown, p->records, p->made * sizeof *grown);
        p->records = grown;
        p->room = room;
    }
    struct record *r = arena_alloc(p->arena, sizeof *r);
    if (r)
        p->records[p->made++] = r;
    return r;
}

enum verdict pipeline_next(struct pipeline *p, struct record **out,
                           struct verdict_reason *why)
{
    struct record *r = next_record(p);

    *out = NULL;
    if (!r) {
        *why = (struct verdict_reason){.text = "no memory left for this body"};
        return VERDICT_BROKEN;
    }
    enum verdict verdict = decode_next(p->decoder, r, why);
    if (verdict != VERDICT_EVENT)
        return verdict;
    p->used++;
    bind_labels(r, p->binding, &p->generation->config->schema);
    pipeline_decide(p, r, p->arena);
    *out = r;
    return VERDICT_EVENT;
}

void pipeline_recycle(struct pipeline *p)
{
    p->used = 0;
}

void pipeline_shadow(struct pipeline *p)
{
    struct err err = {0};

    if (p->generation->shadow && !shadow_open(&p->shadow, p->generation, &err))
        log_line(LOG_ERROR, "%s: candidates do not run", err.text);
}

void pipeline_watch(struct pipeline *p, struct policy_watch watch)
{
    policy_vm_watch(p->policies, watch);
}

struct policy_vm *pipeline_policies(struct pipeline *p)
{
    return p->policies;
}
