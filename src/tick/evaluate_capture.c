/* A service whose spans show less than its metrics count is an alert: what it hides is in
 * no sum. */
#include "evaluate_internal.h"

static const struct rule_decl declared = {
    .name = STR("LLMCaptureLow"),
    .has_below = true,
    .has_clear = true,
    .hold_ns = NS_PER_MINUTE,
    .severity = STR("warning"),
    .annotation_count = 2,
    .annotations =
        {{STR("summary"),
          STR("Only {{value:2}} of the tokens that {{service}} uses are booked")},
         {STR("description"),
          STR("Its OTLP metrics count more tokens than the calls of its spans have: it "
              "samples, or loses spans, and the rest of its spend is nowhere. Send spans "
              "of model calls unsampled, or take the gateway's callback.")}},
};

struct observer {
    const struct evaluation *evaluation;
    struct rule_decl alert;
};

static void observe(void *ctx, struct str service, double ratio)
{
    struct observer *o = ctx;
    const struct pair labels[] = {{STR("source"), STR("otlp")},
                                  {STR("service"), service}};

    rules_observe(o->evaluation->rules, &o->alert, (struct group_labels){2, labels},
                  (struct answer){ANSWER_NUMBER, ratio}, 0);
}

void evaluate_capture(const struct evaluation *e)
{
    struct observer o = {.evaluation = e, .alert = declared};
    int percent = e->generation->config->capture_percent;

    if (!e->capture || percent == 0)
        return;
    o.alert.below = percent / 100.0;
    o.alert.clear = o.alert.below + 0.01 < 1 ? o.alert.below + 0.01 : 1;
    if (capture_is_young(e->capture, e->at_ns))
        rules_keep(e->rules, &o.alert);
    capture_ratios(e->capture, e->at_ns, observe, &o);
}
