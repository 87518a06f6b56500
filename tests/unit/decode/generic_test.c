#include "session.h"

static const char whole[] =
    "{\"id\":\"e1\",\"source\":\"billing\",\"call_id\":\"c\",\"trace_id\":\"t\",\"span_"
    "id\":\"p\","
    "\"session_id\":\"se\",\"response_id\":\"r\",\"start\":\"2026-11-24T00:00:00.5Z\","
    "\"end\":1795480000000000000,\"first_token\":\"2026-11-24 01:00:00+01:00\","
    "\"ai_system\":\"openai\",\"requested_model\":\"fast\",\"response_model\":\"gpt-4o\","
    "\"operation\":\"chat\",\"service_tier\":\"flex\",\"region\":\"eu\",\"stream\":true,"
    "\"tenant\":\"te\",\"team\":\"tm\",\"cost_line\":\"cl\",\"hashed_api_key\":\"sk-"
    "secret\","
    "\"retry_depth\":2,\"input_tokens\":12.0,\"output_tokens\":3,\"cache_read_tokens\":0,"
    "\"web_searches\":1,\"reported_usd\":\"0.000045\",\"status\":\"cancelled\","
    "\"error_class\":\"Gone\",\"http_status\":499,\"cache_hit\":false,"
    "\"tags\":[\"a\",\"b:c\"],\"metadata\":{\"env\":\"prod\",\"text\":\"kept "
    "out\",\"job\":5}}";

static struct session *generic(void)
{
    static const struct schema schema = {{STR("cost_line")}, 1};

    return session_open(
        (struct source_options){.name = STR("generic"), .schema = &schema});
}

static void assert_whole(struct session *s)
{
    const struct event *ev = &s->record.ev;
    static const char *const texts[][2] = {
        {"id", "e1"},
        {"call_id", "c"},
        {"trace_id", "t"},
        {"span_id", "p"},
        {"session_id", "se"},
        {"response_id", "r"},
        {"ai_system", "openai"},
        {"requested_model", "fast"},
        {"response_model", "gpt-4o"},
        {"operation", "chat"},
        {"service_tier", "flex"},
        {"region", "eu"},
        {"tenant", "te"},
        {"team", "tm"},
        {"cost_line", "cl"},
        {"status", "cancelled"},
        {"error_class", "Gone"},
        {"source", "generic"},
    };

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_text(s, texts[i][0], texts[i][1]);
    assert_number(s, "retry_depth", 2);
    assert_number(s, "input_tokens", 12);
    assert_number(s, "output_tokens", 3);
    assert_number(s, "cache_read_tokens", 0);
    assert_number(s, "reasoning_tokens", -1);
    assert_number(s, "web_searches", 1);
    assert_number(s, "http_status", 499);
    assert_int_equal(ev->start_ns, INT64_C(1795478400500000000));
    assert_int_equal(ev->end_ns, INT64_C(1795480000000000000));
    assert_int_equal(ev->first_token_ns, INT64_C(1795478400000000000));
    assert_int_equal(ev->reported, REPORTED_COST);
    assert_int_equal(ev->reported_usd.nanousd, 45000);
    assert_true(ev->stream && !ev->cache_hit);
    assert_int_equal(ev->tag_count, 2);
    assert_str(ev->tags[1], "b:c");
    assert_int_equal(ev->metadata_count, 2);
    assert_str(ev->metadata[0].name, "env");
    assert_str(ev->metadata[1].value, "5");
    assert_int_equal(ev->text[TEXT_HASHED_API_KEY].size, 64);
    assert_str((*record_label_by(&s->record, TEXT_TEAM))->field, "team");
}

TEST(reads_every_field_by_its_name)
{
    struct session *s = generic();

    assert_decoded(s, whole);
    assert_whole(s);
    assert_int_equal(s->record.ev.identity_count, 2);
    assert_str(s->record.ev.identity[0], "e1");
    assert_str(s->record.ev.identity[1], "billing");
    assert_str(s->record.ev.text[TEXT_SCOPE], "billing");
    session_close(s);
}

TEST(reads_the_same_from_an_envelope)
{
    struct session *s = generic();
    struct buf body = {0};

    buf_format(
        &body,
        "[{\"specversion\":\"1.0\",\"id\":\"ce\",\"source\":\"/gw\",\"type\":\"x\","
        "\"team\":\"outer\",\"tags\":[1],\"data\":%s}]",
        whole);
    session_begin(s, buf_str(&body));
    assert_int_equal(session_next(s), VERDICT_EVENT);
    assert_whole(s);
    assert_str(s->record.ev.identity[0], "e1");
    buf_release(&body);
    session_close(s);
}

TEST(identifies_by_the_envelope_where_the_data_has_no_id)
{
    struct session *s = generic();

    assert_decoded(s, "{\"specversion\":\"1.0\",\"id\":\"ce\",\"source\":\"/gw\","
                      "\"data\":{\"input_tokens\":1,\"source\":\"inner\"}}");
    assert_text(s, "id", "ce");
    assert_int_equal(s->record.ev.identity_count, 2);
    assert_str(s->record.ev.identity[0], "ce");
    assert_str(s->record.ev.identity[1], "/gw");
    assert_rejected(s, "{\"specversion\":\"1.0\",\"id\":\"ce\",\"data\":\"text\"}",
                    "object");
    assert_rejected(s, "{\"specversion\":\"1.0\",\"id\":\"ce\",\"data_base64\":\"e30=\"}",
                    "data_base64");
    session_close(s);
}

TEST(identifies_by_all_there_is_without_an_id)
{
    struct session *s = generic();

    assert_decoded(s, "{\"call_id\":\"c\",\"input_tokens\":1,\"requested_model\":\"m\"}");
    assert_int_equal(s->record.ev.identity_count, IDENTITY_MAX);
    assert_str(s->record.ev.identity[0], "c");
    assert_decoded(s, "{\"requested_model\":\"m\",\"input_tokens\":1}");
    assert_int_equal(s->record.ev.identity_count, 0);
    session_close(s);
}

/* What kinds of JSON value each field takes. */
static const struct {
    const char *names[24];
    const char *right[4];
} kinds[] = {
    {{"id", "call_id", "trace_id", "span_id", "session_id", "response_id", "ai_system",
      "requested_model", "response_model", "operation", "service_tier", "region",
      "error_class", "source"},
     {"\"text\""}},
    {{"tenant", "team", "workflow_id", "end_user", "hashed_api_key", "key_alias", "user",
      "org", "project", "environment", "agent", "endpoint", "prompt_version"},
     {"\"text\""}},
    {{"cost_line"}, {"\"text\""}},
    {{"start", "end", "first_token"}, {"1795480000000000000"}},
    {{"input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens",
      "cache_write_1h_tokens", "reasoning_tokens", "input_audio_tokens",
      "output_audio_tokens", "cache_read_audio_tokens", "input_image_tokens",
      "output_image_tokens", "cache_read_image_tokens", "input_video_tokens",
      "output_video_tokens", "citation_tokens", "requests", "web_searches", "http_status",
      "retry_depth"},
     {"7", "7.0"}},
    {{"reported_usd"}, {"7", "0.5", "7.0"}},
    {{"stream", "cache_hit"}, {"true"}},
    {{"tags"}, {"[]", "[\"x\"]"}},
    {{"metadata"}, {"{}"}},
    {{"status"}, {"\"success\""}},
    {{"reported_currency"}, {"\"text\""}},
};

static const char *const values[] = {"\"text\"",
                                     "\"success\"",
                                     "7",
                                     "7.0",
                                     "0.5",
                                     "-1",
                                     "NaN",
                                     "1795480000000000000",
                                     "true",
                                     "[]",
                                     "[\"x\"]",
                                     "[7]",
                                     "{}",
                                     "1e400",
                                     "999999999999999999999999"};

static bool takes(size_t kind, const char *value)
{
    bool is_text = strcmp(kinds[kind].right[0], "\"text\"") == 0;

    for (size_t i = 0; i < 4 && kinds[kind].right[i]; i++)
        if (strcmp(kinds[kind].right[i], value) == 0)
            return true;
    return is_text && value[0] == '"';
}

static void feed(struct session *s, size_t kind, const char *name, const char *value)
{
    char body[300];
    const char *anchor = strcmp(name, "call_id") == 0 ? "span_id" : "call_id";

    snprintf(body, sizeof body, "{\"%s\":\"anchor\",\"%s\":%s}", anchor, name, value);
    enum verdict verdict = session_decode(s, body);
    if (verdict != (takes(kind, value) ? VERDICT_EVENT : VERDICT_REJECTED))
        fail_msg("%s", body);
    bool declared = strcmp(name, "cost_line") == 0;
    if (verdict == VERDICT_REJECTED && !strstr(s->why.text, declared ? "declares" : name))
        fail_msg("%s: %s", body, s->why.text);
}

TEST(takes_one_type_a_field_and_names_the_field_otherwise)
{
    struct session *s = generic();

    for (size_t kind = 0; kind < sizeof kinds / sizeof *kinds; kind++)
        for (size_t i = 0; kinds[kind].names[i]; i++) {
            for (size_t j = 0; j < sizeof values / sizeof *values; j++)
                feed(s, kind, kinds[kind].names[i], values[j]);
            char body[200];
            snprintf(body, sizeof body,
                     "{\"span_id\":\"x\",\"call_id\":\"x\",\"%s\":null}",
                     kinds[kind].names[i]);
            assert_decoded(s, body);
        }
    session_close(s);
}

TEST(says_why_a_value_is_refused)
{
    static const char *const cases[][2] = {
        {"{\"id\":\"1\",\"start\":1795480000.5}", "start must be"},
        {"{\"id\":\"1\",\"start\":1795480000}", "start must be"},
        {"{\"id\":\"1\",\"end\":\"yesterday\"}", "end must be"},
        {"{\"id\":\"1\",\"end\":\"2026-11-24T10:00:00\"}", "end must be"},
        {"{\"id\":\"1\",\"status\":\"maybe\"}", "status must be"},
        {"{\"id\":\"1\",\"reported_usd\":-1}", "reported_usd must be"},
        {"{\"id\":\"1\",\"reported_usd\":2000000}", "reported_usd must be"},
        {"{\"id\":\"1\",\"retry_depth\":1001}", "retry_depth must be"},
        {"{\"id\":\"1\",\"http_status\":1000}", "http_status must be"},
        {"{\"id\":\"1\",\"reported_usd\":1,\"reported_currency\":\"eurodollars\"}",
         "reported_currency"},
        {"{}", "no event"},
        {"{\"team\":\"t\"}", "no event"},
        {"[[]]", "an object"},
    };
    struct session *s = generic();

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_rejected(s, cases[i][0], cases[i][1]);
    session_close(s);
}

TEST(charges_dollars_only)
{
    struct session *s = generic();

    assert_decoded(s,
                   "{\"id\":\"1\",\"reported_usd\":12.5,\"reported_currency\":\"EUR\"}");
    assert_int_equal(s->record.ev.reported, REPORTED_NONE);
    assert_str(s->record.ev.text[TEXT_REPORTED_OTHER], "12.5 EUR");
    assert_decoded(s,
                   "{\"id\":\"1\",\"reported_usd\":12.5,\"reported_currency\":\"usd\"}");
    assert_int_equal(s->record.ev.reported, REPORTED_COST);
    assert_decoded(s, "{\"id\":\"1\",\"reported_usd\":0}");
    assert_int_equal(s->record.ev.reported, REPORTED_INCLUDED);
    session_close(s);
}

TEST(tells_failure_by_its_signs_where_there_is_no_status)
{
    struct session *s = generic();

    assert_decoded(s, "{\"id\":\"1\",\"http_status\":503}");
    assert_text(s, "status", "failure");
    assert_decoded(s, "{\"id\":\"1\",\"http_status\":200}");
    assert_text(s, "status", "success");
    session_close(s);
}

TEST(has_every_field_in_its_schema)
{
    char path[] = SOURCE_DIR "/docs/event.schema.json", quoted[100];
    char *text = calloc(1, 1 << 16);
    FILE *file = fopen(path, "rb");

    assert_non_null(file);
    assert_true(fread(text, 1, (1 << 16) - 1, file) > 0);
    fclose(file);
    for (size_t kind = 0; kind < sizeof kinds / sizeof *kinds; kind++)
        for (size_t i = 0; kinds[kind].names[i]; i++) {
            snprintf(quoted, sizeof quoted, "\"%s\": {", kinds[kind].names[i]);
            bool declared = strcmp(kinds[kind].names[i], "cost_line") == 0;
            if (!declared && !strstr(text, quoted))
                fail_msg("the schema lacks %s", quoted);
        }
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_field_by_its_name),
        cmocka_unit_test(reads_the_same_from_an_envelope),
        cmocka_unit_test(identifies_by_the_envelope_where_the_data_has_no_id),
        cmocka_unit_test(identifies_by_all_there_is_without_an_id),
        cmocka_unit_test(takes_one_type_a_field_and_names_the_field_otherwise),
        cmocka_unit_test(says_why_a_value_is_refused),
        cmocka_unit_test(charges_dollars_only),
        cmocka_unit_test(has_every_field_in_its_schema),
        cmocka_unit_test(tells_failure_by_its_signs_where_there_is_no_status),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
