/* Each name of both alias tables, fed every type that an attribute may have, and some
 * that it may not. */
#include "../../fuzz/decode_fuzz.c"

#include "changes.h"

static const char *const junk[] = {
    "null",
    "{}",
    "7",
    "\"text\"",
    "[]",
    "true",
    "{\"stringValue\":null}",
    "{\"stringValue\":\"\"}",
    "{\"stringValue\":\"text\"}",
    "{\"stringValue\":\"-5\"}",
    "{\"stringValue\":\"NaN\"}",
    "{\"stringValue\":\"99999999999999999999999999\"}",
    "{\"stringValue\":\"\\ud800\\u0000\\n\"}",
    "{\"stringValue\":\"{\\\"id\\\":[1\"}",
    "{\"intValue\":\"7\"}",
    "{\"intValue\":-7}",
    "{\"intValue\":\"9223372036854775807\"}",
    "{\"intValue\":\"99999999999999999999\"}",
    "{\"intValue\":\"x\"}",
    "{\"doubleValue\":1.5}",
    "{\"doubleValue\":-1.5}",
    "{\"doubleValue\":1e300}",
    "{\"doubleValue\":1e400}",
    "{\"doubleValue\":\"NaN\"}",
    "{\"doubleValue\":\"-Infinity\"}",
    "{\"boolValue\":true}",
    "{\"boolValue\":false}",
    "{\"boolValue\":7}",
    "{\"arrayValue\":{}}",
    "{\"arrayValue\":{\"values\":[null,{\"intValue\":1},{\"stringValue\":\"x\"}]}}",
    "{\"kvlistValue\":{\"values\":[{\"key\":\"a\",\"value\":{\"intValue\":1}}]}}",
    "{\"bytesValue\":\"AAECAw==\"}",
};

/* Within JSON that stands as text. */
static const char *const inner[] = {
    "null", "true", "7",   "-7", "1.5",      "1e400",        "99999999999999999999999999",
    "NaN",  "[]",   "[7]", "{}", "\\\"\\\"", "\\\"text\\\"", "{\\\"a\\\":7}",
};

enum { JUNK_COUNT = sizeof junk / sizeof *junk };
enum { INNER_COUNT = sizeof inner / sizeof *inner };

#define STRING(key, text) "{\"key\":\"" key "\",\"value\":{\"stringValue\":\"" text "\"}}"
#define INT(key, number) "{\"key\":\"" key "\",\"value\":{\"intValue\":\"" number "\"}}"
#define DOUBLE(key, number) "{\"key\":\"" key "\",\"value\":{\"doubleValue\":" number "}}"

/* An item with attributes of its own, between what is before and behind them. */
static const struct table {
    const char *source, *before, *attributes, *behind;
} tables[] = {
    {"otlp",
     "{\"resourceSpans\":[{\"resource\":{\"attributes\":[" STRING(
         "service.name",
         "shop") "%s]},\"scopeSpans\":[{\"spans\":[{\"traceId\":"
                 "\"0102030405060708090a0b0c0d0e0f10"
                 "\",\"spanId\":\"0102030405060708\",\"startTimeUnixNano\":"
                 "\"1795482000000000000\","
                 "\"endTimeUnixNano\":\"1795482002000000000\",\"attributes\":[",
     STRING("gen_ai.operation.name", "chat") "," STRING("gen_ai.provider.name", "openai") "," STRING("gen_ai.request.model", "gpt-4o") "," STRING(
         "gen_ai.response.model",
         "gpt-4o-2024-08-06") "," STRING("gen_ai.response.id",
                                         "chatcmpl-1") "," INT("gen_ai.usage.input_"
                                                               "tokens",
                                                               "100") "," INT("gen_ai."
                                                                              "usage."
                                                                              "output_"
                                                                              "tokens",
                                                                              "50") "," DOUBLE("gen_ai.usage.cost",
                                                                                               "0.5") "," STRING("team.id",
                                                                                                                 "search") "," STRING("tenant.id",
                                                                                                                                      "acme"),
     "]}]}]}]}"},
    {"otlp_logs",
     "{\"resourceLogs\":[{\"resource\":{\"attributes\":[" STRING(
         "service.name", "shop") "%s]},\"scopeLogs\":[{\"logRecords\":[{\"timeUnixNano\":"
                                 "\"1795482000000000000\","
                                 "\"attributes\":[",
     STRING("event.name", "api_request") "," STRING("model", "claude-sonnet-4-5") "," INT(
         "input_tokens", "100") "," INT("output_tokens", "50") "," DOUBLE("cost_usd",
                                                                          "0.5"),
     "]}]}]}]}"},
};

/* Decodes the item with `more` behind its own attributes, and `resource` behind those of
 * its resource; both begin with a comma. */
static enum verdict decode_with(struct session *s, const struct table *t,
                                const char *resource, const char *more)
{
    struct buf body = {0};

    buf_format(&body, t->before, resource); /* the one %s of it */
    buf_format(&body, "%s%s%s", t->attributes, more, t->behind);
    session_begin(s, buf_str(&body));
    enum verdict verdict = session_next(s);
    buf_release(&body);
    return verdict;
}

static void try_attribute(const struct table *t, struct session *s,
                          const struct event *base, struct str name, const char *value)
{
    struct buf attribute = {0};

    buf_format(&attribute, ",{\"key\":\"%.*s\",\"value\":%s}", STR_ARG(name), value);
    buf_byte(&attribute, '\0');
    for (int in_resource = 0; in_resource < 2; in_resource++) {
        enum verdict verdict = decode_with(s, t, in_resource ? attribute.at : "",
                                           in_resource ? "" : attribute.at);
        if (verdict == VERDICT_EVENT) {
            check_record(&s->record);
            check_same(t->source, s->source, base, &s->record.ev, name);
        } else if (verdict != VERDICT_SKIPPED ||
                   !case_reads(s->source, &s->source->mapping->events, name)) {
            fail_msg("%s: %.*s: %s", t->source, STR_ARG(name), s->why.text);
        }
        arena_reset(&s->arena);
    }
    buf_release(&attribute);
}

/* Objects in each other along the path, around `value`; quotes are escaped. */
static void put_nested(struct buf *out, struct str path, const char *value)
{
    size_t open = 1;

    buf_add(out, STR("{\\\""));
    for (size_t i = 0; i < path.size; i++) {
        if (path.at[i] == '\\') {
            buf_byte(out, path.at[++i]);
        } else if (path.at[i] == '.') {
            buf_add(out, STR("\\\":{\\\""));
            open++;
        } else {
            buf_byte(out, path.at[i]);
        }
    }
    buf_format(out, "\\\":%s", value);
    while (open--)
        buf_byte(out, '}');
}

static void try_embedded(const struct table *t, struct session *s,
                         const struct event *base, struct str name, struct str path)
{
    for (size_t i = 0; i < INNER_COUNT; i++) {
        struct buf value = {0};
        buf_add(&value, STR("{\"stringValue\":\""));
        put_nested(&value, path, inner[i]);
        buf_add(&value, STR("\"}"));
        buf_byte(&value, '\0');
        try_attribute(t, s, base, name, value.at);
        buf_release(&value);
    }
}

static void try_slot(const struct table *t, struct session *s, const struct event *base,
                     struct str wanted)
{
    const struct str into = STR(" > ");
    const char *at = memmem(wanted.at, wanted.size, into.at, into.size);

    if (at) {
        struct str name = {wanted.at, (size_t)(at - wanted.at)};
        try_embedded(t, s, base, name, str_from(wanted, name.size + into.size));
        return;
    }
    for (size_t i = 0; i < JUNK_COUNT; i++)
        try_attribute(t, s, base, wanted, junk[i]);
}

static void try_table(const struct table *t, unsigned least)
{
    struct session *base = session_of(t->source), *s = session_of(t->source);

    assert_int_equal(decode_with(base, t, "", ""), VERDICT_EVENT);
    assert_number(base, "input_tokens", 100);
    assert_text(base, "project", "shop");
    for (unsigned i = 0; i < s->source->slot_count; i++)
        try_slot(t, s, &base->record.ev, s->source->wanted[i]);
    assert_true(s->source->slot_count >= least);
    session_close(base);
    session_close(s);
}

TEST(an_attribute_of_any_type_costs_at_most_the_field_that_it_fills)
{
    try_table(&tables[0], 200);
    try_table(&tables[1], 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_attribute_of_any_type_costs_at_most_the_field_that_it_fills),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
