/* What services count of themselves, against what was booked of them. */
#include "internal.h"

static const char ratio_name[] = "llm_capture_ratio";

static void expose_ratio(void *ctx, struct str service, double ratio)
{
    const struct pair labels[] = {{STR("source"), STR("otlp")},
                                  {STR("service"), service}};

    expose_sample(ctx, ratio_name, labels, 2, ratio);
}

void expose_capture(struct server *s, struct exposition *out)
{
    static const char *const points = "spendwarden_metric_points_total";
    static const char *const outcomes[CAPTURE_OUTCOMES] = {"accepted", "duplicate",
                                                           "overflow"};
    struct capture *capture = engine_capture(s->engine);

    expose_family(out, ratio_name,
                  "Tokens of a service's booked calls, divided by those that its own "
                  "metrics count.",
                  "gauge");
    capture_ratios(capture, timestamp_now(), expose_ratio, out);
    expose_family(out, points, "Data points of tokens in OTLP metrics.", "counter");
    for (int i = 0; i < CAPTURE_OUTCOMES; i++) {
        struct pair outcome = {STR("outcome"), str_of(outcomes[i])};
        expose_sample_int(out, points, &outcome, 1,
                          capture_count(capture, (enum capture_outcome)i));
    }
}
