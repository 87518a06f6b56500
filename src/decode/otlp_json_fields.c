/* Names and numbers: opentelemetry-proto, opentelemetry/proto/{common,resource,trace,
 * logs,metrics}/v1. */
#include "otlp_json_fields.h"

#include "otlp_json.h"
#include "spendwarden/json_tokens.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define MESSAGE(m)                                                                       \
    {                                                                                    \
        m##_fields, COUNT(m##_fields)                                                    \
    }

#define VALUE(n, name, kind)                                                             \
    {                                                                                    \
        STR(name), n, kind, false, 0, NULL, NULL                                         \
    }
#define ID(n, name, size)                                                                \
    {                                                                                    \
        STR(name), n, OTLP_ID, false, size, NULL, NULL                                   \
    }
#define ENUM(n, name, names)                                                             \
    {                                                                                    \
        STR(name), n, OTLP_ENUM, false, 0, names, NULL                                   \
    }
#define ONE(n, name, m)                                                                  \
    {                                                                                    \
        STR(name), n, OTLP_MESSAGE, false, 0, NULL, &(m)                                 \
    }
#define MANY(n, name, m)                                                                 \
    {                                                                                    \
        STR(name), n, OTLP_MESSAGE, true, 0, NULL, &(m)                                  \
    }

/* --- common --- */

static const struct otlp_message any_value, key_value;

static const struct otlp_field array_value_fields[] = {MANY(1, "values", any_value)};
static const struct otlp_message array_value = MESSAGE(array_value);

static const struct otlp_field key_value_list_fields[] = {MANY(1, "values", key_value)};
static const struct otlp_message key_value_list = MESSAGE(key_value_list);

static const struct otlp_field any_value_fields[] = {
    VALUE(1, "stringValue", OTLP_STRING), VALUE(3, "intValue", OTLP_INT64),
    VALUE(4, "doubleValue", OTLP_DOUBLE), VALUE(2, "boolValue", OTLP_BOOL),
    ONE(5, "arrayValue", array_value),    ONE(6, "kvlistValue", key_value_list),
    VALUE(7, "bytesValue", OTLP_BYTES),
};
static const struct otlp_message any_value = MESSAGE(any_value);

static const struct otlp_field key_value_fields[] = {
    VALUE(1, "key", OTLP_STRING),
    ONE(2, "value", any_value),
};
static const struct otlp_message key_value = MESSAGE(key_value);

static const struct otlp_field scope_fields[] = {
    VALUE(1, "name", OTLP_STRING),
    VALUE(2, "version", OTLP_STRING),
    MANY(3, "attributes", key_value),
};
static const struct otlp_message scope = MESSAGE(scope);

static const struct otlp_field resource_fields[] = {MANY(1, "attributes", key_value)};
static const struct otlp_message resource = MESSAGE(resource);

/* --- traces --- */

static const char *const status_codes[] = {"STATUS_CODE_UNSET", "STATUS_CODE_OK",
                                           "STATUS_CODE_ERROR", NULL};
static const char *const span_kinds[] = {"SPAN_KIND_UNSPECIFIED",
                                         "SPAN_KIND_INTERNAL",
                                         "SPAN_KIND_SERVER",
                                         "SPAN_KIND_CLIENT",
                                         "SPAN_KIND_PRODUCER",
                                         "SPAN_KIND_CONSUMER",
                                         NULL};

static const struct otlp_field status_fields[] = {
    ENUM(3, "code", status_codes),
    VALUE(2, "message", OTLP_STRING),
};
static const struct otlp_message status = MESSAGE(status);

static const struct otlp_field event_fields[] = {
    VALUE(2, "name", OTLP_STRING),
    MANY(3, "attributes", key_value),
};
static const struct otlp_message event = MESSAGE(event);

static const struct otlp_field span_fields[] = {
    ID(1, "traceId", 16),
    ID(2, "spanId", 8),
    ID(4, "parentSpanId", 8),
    VALUE(5, "name", OTLP_STRING),
    ENUM(6, "kind", span_kinds),
    VALUE(7, "startTimeUnixNano", OTLP_FIXED64),
    VALUE(8, "endTimeUnixNano", OTLP_FIXED64),
    MANY(9, "attributes", key_value),
    MANY(11, "events", event),
    ONE(15, "status", status),
};
static const struct otlp_message span = MESSAGE(span);

static const struct otlp_field scope_spans_fields[] = {
    ONE(1, "scope", scope),
    MANY(2, "spans", span),
};
static const struct otlp_message scope_spans = MESSAGE(scope_spans);

static const struct otlp_field resource_spans_fields[] = {
    ONE(1, "resource", resource),
    MANY(2, "scopeSpans", scope_spans),
};
static const struct otlp_message resource_spans = MESSAGE(resource_spans);

static const struct otlp_field traces_fields[] = {
    MANY(1, "resourceSpans", resource_spans)};
static const struct otlp_message traces = MESSAGE(traces);

/* --- logs --- */

static const struct otlp_field log_record_fields[] = {
    VALUE(1, "timeUnixNano", OTLP_FIXED64),
    VALUE(11, "observedTimeUnixNano", OTLP_FIXED64),
    ONE(5, "body", any_value),
    MANY(6, "attributes", key_value),
    ID(9, "traceId", 16),
    ID(10, "spanId", 8),
    VALUE(12, "eventName", OTLP_STRING),
};
static const struct otlp_message log_record = MESSAGE(log_record);

static const struct otlp_field scope_logs_fields[] = {
    ONE(1, "scope", scope),
    MANY(2, "logRecords", log_record),
};
static const struct otlp_message scope_logs = MESSAGE(scope_logs);

static const struct otlp_field resource_logs_fields[] = {
    ONE(1, "resource", resource),
    MANY(2, "scopeLogs", scope_logs),
};
static const struct otlp_message resource_logs = MESSAGE(resource_logs);

static const struct otlp_field logs_fields[] = {MANY(1, "resourceLogs", resource_logs)};
static const struct otlp_message logs = MESSAGE(logs);

/* --- metrics --- */

static const char *const temporalities[] = {"AGGREGATION_TEMPORALITY_UNSPECIFIED",
                                            "AGGREGATION_TEMPORALITY_DELTA",
                                            "AGGREGATION_TEMPORALITY_CUMULATIVE", NULL};

static const struct otlp_field number_point_fields[] = {
    MANY(7, "attributes", key_value),       VALUE(2, "startTimeUnixNano", OTLP_FIXED64),
    VALUE(3, "timeUnixNano", OTLP_FIXED64), VALUE(4, "asDouble", OTLP_DOUBLE),
    VALUE(6, "asInt", OTLP_SFIXED64),
};
static const struct otlp_message number_point = MESSAGE(number_point);

static const struct otlp_field histogram_point_fields[] = {
    MANY(9, "attributes", key_value),       VALUE(2, "startTimeUnixNano", OTLP_FIXED64),
    VALUE(3, "timeUnixNano", OTLP_FIXED64), VALUE(4, "count", OTLP_FIXED64),
    VALUE(5, "sum", OTLP_DOUBLE),
};
static const struct otlp_message histogram_point = MESSAGE(histogram_point);

static const struct otlp_field exponential_point_fields[] = {
    MANY(1, "attributes", key_value),       VALUE(2, "startTimeUnixNano", OTLP_FIXED64),
    VALUE(3, "timeUnixNano", OTLP_FIXED64), VALUE(4, "count", OTLP_FIXED64),
    VALUE(5, "sum", OTLP_DOUBLE),
};
static const struct otlp_message exponential_point = MESSAGE(exponential_point);

static const struct otlp_field sum_fields[] = {
    MANY(1, "dataPoints", number_point),
    ENUM(2, "aggregationTemporality", temporalities),
    VALUE(3, "isMonotonic", OTLP_BOOL),
};
static const struct otlp_message sum = MESSAGE(sum);

static const struct otlp_field histogram_fields[] = {
    MANY(1, "dataPoints", histogram_point),
    ENUM(2, "aggregationTemporality", temporalities),
};
static const struct otlp_message histogram = MESSAGE(histogram);

static const struct otlp_field exponential_fields[] = {
    MANY(1, "dataPoints", exponential_point),
    ENUM(2, "aggregationTemporality", temporalities),
};
static const struct otlp_message exponential = MESSAGE(exponential);

static const struct otlp_field metric_fields[] = {
    VALUE(1, "name", OTLP_STRING),
    VALUE(3, "unit", OTLP_STRING),
    ONE(7, "sum", sum),
    ONE(9, "histogram", histogram),
    ONE(10, "exponentialHistogram", exponential),
};
static const struct otlp_message metric = MESSAGE(metric);

static const struct otlp_field scope_metrics_fields[] = {
    ONE(1, "scope", scope),
    MANY(2, "metrics", metric),
};
static const struct otlp_message scope_metrics = MESSAGE(scope_metrics);

static const struct otlp_field resource_metrics_fields[] = {
    ONE(1, "resource", resource),
    MANY(2, "scopeMetrics", scope_metrics),
};
static const struct otlp_message resource_metrics = MESSAGE(resource_metrics);

static const struct otlp_field metrics_fields[] = {
    MANY(1, "resourceMetrics", resource_metrics)};
static const struct otlp_message metrics = MESSAGE(metrics);

const struct otlp_message *const otlp_requests[] = {
    [OTLP_TRACES] = &traces, [OTLP_LOGS] = &logs, [OTLP_METRICS] = &metrics};

/* --- by name --- */

static const struct otlp_field *exactly(const struct otlp_message *m, struct str name)
{
    for (size_t i = 0; name.size && i < m->count; i++) {
        struct str own = m->fields[i].name;
        /* The first byte tells most of equal length apart. */
        if (own.size == name.size && own.at[0] == name.at[0] &&
            memcmp(own.at, name.at, own.size) == 0)
            return &m->fields[i];
    }
    return NULL;
}

/* In place: start_time to startTime. */
static struct str camel_case(char *text, size_t size)
{
    size_t kept = 0;

    for (size_t i = 0; i < size; i++) {
        bool joint =
            text[i] == '_' && i + 1 < size && text[i + 1] >= 'a' && text[i + 1] <= 'z';
        if (joint)
            i++;
        text[kept++] = (char)(joint ? text[i] - 'a' + 'A' : text[i]);
    }
    return (struct str){text, kept};
}

const struct otlp_field *otlp_field_named(const struct otlp_message *m, struct str raw)
{
    const struct otlp_field *f = exactly(m, raw);
    char text[OTLP_NAME_MAX]; /* a name that fills it is none of ours */

    if (f || raw.size == 0 ||
        (!memchr(raw.at, '_', raw.size) && !memchr(raw.at, '\\', raw.size)))
        return f;
    return exactly(m, camel_case(text, json_rewrite(raw, text, sizeof text)));
}
