/* The way of an event from a body to a decision. pipeline.c alone knows the order of the
 * stages; what is decided here is committed by books.h. One per thread. */
#pragma once
#include "spendwarden/generation.h"
#include "spendwarden/policy_trace.h"

struct pipeline;

/* Holds the generation until it is closed. */
bool pipeline_open(struct pipeline **out, struct generation *g, struct err *err);
void pipeline_close(struct pipeline *p); /* accepts NULL */

struct generation *pipeline_generation(const struct pipeline *p);

/* Fixed labels of an ingest token: they win over what the body says. */
struct binding {
    size_t label_count;
    const struct pair *labels;
};

/* Begins a body; JSON_PADDING readable bytes follow it. Body and arena must live until
 * its records are done with. `binding` may be NULL. `received_ns` 0: each event as if it
 * came when it ended, else when it began, else now. */
void pipeline_begin(struct pipeline *p, const struct source *source, struct str body,
                    const struct binding *binding, struct arena *arena,
                    int64_t received_ns);

/* Decodes and decides the next event. VERDICT_EVENT: *out is a decided record in the
 * arena. Otherwise `why` says which element and why; VERDICT_END: no more. */
enum verdict pipeline_next(struct pipeline *p, struct record **out,
                           struct verdict_reason *why);

/* The records handed out so far are done with: their memory serves the next ones. */
void pipeline_recycle(struct pipeline *p);

/* Runs the generation's candidates beside from now on, if there are any. One that cannot
 * be opened is left out, and said so in the log: events go on. */
void pipeline_shadow(struct pipeline *p);

/* Who is told of a policy's failure. */
void pipeline_watch(struct pipeline *p, struct policy_watch watch);

/* Decides a record that was decoded elsewhere; what it needs besides is put into the
 * arena. */
void pipeline_decide(struct pipeline *p, struct record *r, struct arena *arena);

/* Its state of the policies, to be traced or measured. */
struct policy_vm *pipeline_policies(struct pipeline *p);
