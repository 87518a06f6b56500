/* Every captured LiteLLM body against what INDEX.json says it means. */
#include "session.h"

static const char *const names[] = {
    "requested_model",
    "ai_system",
    "response_model",
    "service_tier",
    "status",
    "key_alias",
    "team",
    "org",
    "workflow_id",
    "tenant",
    "end_user",
    "session_id",
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
    "retry_depth",
    "cache_write_1h_tokens",
    "reported_usd",
    "cache_hit",
};

enum { NAME_COUNT = sizeof names / sizeof *names, FILE_SLOT = NAME_COUNT };

static void assert_field(struct session *s, const char *name, const struct json_value *v)
{
    struct field field = field_find(NULL, str_of(name));
    char text[100];
    int64_t number;

    if (v->type == JSON_ABSENT)
        return;
    snprintf(text, sizeof text, "%.*s", STR_ARG(v->raw));
    if (field.kind == FIELD_MONEY) {
        assert_true(decimal_parse(&number, v->raw, 9, NULL));
        assert_int_not_equal(s->record.ev.reported, REPORTED_NONE);
        assert_int_equal(s->record.ev.reported_usd.nanousd, number);
    } else if (field.kind == FIELD_COUNT) {
        assert_true(json_int64(v, &number));
        assert_number(s, name, number);
    } else {
        assert_text(s, name, text);
    }
}

static void assert_tags(const struct session *s, const struct json_element *expected)
{
    if (expected->item_count == 0)
        return;
    assert_int_equal(s->record.ev.tag_count, expected->item_count);
    for (size_t i = 0; i < expected->item_count; i++)
        assert_true(str_eq(s->record.ev.tags[i], expected->items[i].value.raw));
}

static struct json_shape *index_shape(void)
{
    struct json_shape *shape = json_shape_new();
    struct err err = {0};
    char path[100];

    for (unsigned i = 0; i < NAME_COUNT; i++) {
        snprintf(path, sizeof path, "read_as.%s", names[i]);
        assert_true(json_shape_want(shape, str_of(path), i, &err));
    }
    assert_true(json_shape_want(shape, STR("file"), FILE_SLOT, &err));
    assert_true(json_shape_collect(shape, STR("read_as.tags"), 0, 20, &err));
    return shape;
}

static void check_file(struct session *s, const struct json_element *expected)
{
    char name[200];

    snprintf(name, sizeof name, "litellm/%.*s", STR_ARG(expected->slots[FILE_SLOT].raw));
    struct str body = read_data(name);
    session_begin(s, body);
    if (session_next(s) != VERDICT_EVENT)
        fail_msg("%s: %s", name, s->why.text);
    for (size_t i = 0; i < NAME_COUNT; i++)
        assert_field(s, names[i], &expected->slots[i]);
    assert_tags(s, expected);
    assert_int_equal(session_next(s), VERDICT_END);
    free((void *)body.at);
}

TEST(reads_every_captured_body_as_it_is_meant)
{
    struct session *s = session_of("litellm");
    struct json_shape *shape = index_shape();
    static struct json_element expected;
    struct json_reader *reader;
    struct arena arena;
    struct err err = {0};
    struct str index = read_data("litellm/INDEX.json");
    int count = 0;

    arena_init(&arena, 0);
    assert_true(json_reader_open(&reader, &err));
    json_begin(reader, shape, index, &arena);
    for (; json_next(reader, &expected); count++) {
        assert_null(expected.error);
        check_file(s, &expected);
    }
    assert_int_equal(count, 24);
    json_reader_close(reader);
    json_shape_free(shape);
    arena_release(&arena);
    free((void *)index.at);
    session_close(s);
}

TEST(reads_a_whole_batch)
{
    struct session *s = session_of("litellm");
    struct str body = read_data("litellm/batch_array.json");
    int64_t sum = 0;
    size_t count = 0;

    session_begin(s, body);
    for (; session_next(s) == VERDICT_EVENT; count++) {
        assert_int_equal(s->why.index, count);
        assert_int_equal(s->record.ev.identity_count, 6);
        sum += s->record.ev.reported_usd.nanousd;
    }
    assert_int_equal(count, 20);
    assert_int_equal(sum, 8692480);
    free((void *)body.at);
    session_close(s);
}

static struct session *decode_file(const char *name)
{
    struct session *s = session_of("litellm");
    struct str body = read_data(name);

    session_begin(s, body);
    assert_int_equal(session_next(s), VERDICT_EVENT);
    free((void *)body.at);
    return s;
}

TEST(fills_in_the_rest_of_a_plain_event)
{
    struct session *s = decode_file("litellm/01_plain.json");
    const struct event *ev = &s->record.ev;

    assert_text(s, "source", "litellm");
    assert_text(s, "id", "chatcmpl-mock000001");
    assert_text(s, "response_id", "chatcmpl-mock000001");
    assert_text(s, "call_id", "case-01-plain");
    assert_text(s, "trace_id", "c07caa74-73f8-4380-b774-ab8a50c39ed2");
    assert_text(s, "session_id", "");
    assert_text(s, "operation", "chat");
    assert_text(s, "project", "proj-1");
    assert_text(s, "user", "user-ann");
    assert_text(s, "tenant", "tenant-a");
    assert_text(s, "endpoint", "/v1/chat/completions");
    assert_text(s, "hashed_api_key",
                "2179e632e89277f18aa600491b68ad55121fd6caa045e047fdeb426088a5a5f1");
    assert_int_equal(ev->reported, REPORTED_COST);
    assert_int_equal(ev->first_token_ns, 0);
    assert_true(ev->end_ns > ev->start_ns && ev->start_ns > RECEIVED_NS - NS_PER_HOUR);
    assert_int_equal(ev->metadata_count, 1);
    assert_str(ev->metadata[0].name, "cost_center");
    assert_str(ev->metadata[0].value, "cc-100");
    const struct provenance *by = *record_label_by(&s->record, TEXT_TENANT);
    assert_int_equal(by->from, FROM_GATEWAY);
    assert_str(by->field, "metadata.user_api_key_auth_metadata.tenant_id");
    session_close(s);
}

TEST(takes_the_first_token_of_streams_only)
{
    struct session *s = decode_file("litellm/02_stream.json");

    assert_true(s->record.ev.stream);
    assert_true(s->record.ev.first_token_ns > 0);
    session_close(s);
}

TEST(tells_included_from_unpriced)
{
    struct session *s = decode_file("litellm/28_cache_hit.json");

    assert_int_equal(s->record.ev.reported, REPORTED_INCLUDED);
    assert_text(s, "response_id", "");
    session_close(s);
    s = decode_file("litellm/29_unpriced.json");
    assert_int_equal(s->record.ev.reported, REPORTED_ZERO);
    session_close(s);
}

TEST(says_why_a_request_failed)
{
    struct session *s = decode_file("litellm/18_fail_429.json");

    assert_text(s, "error_class", "RateLimitError");
    assert_number(s, "http_status", 429);
    assert_text(s, "response_id", "");
    session_close(s);
}

TEST(names_operations_as_opentelemetry_does)
{
    struct session *s = decode_file("litellm/16_embedding.json");

    assert_text(s, "operation", "embeddings");
    assert_text(s, "response_id", "");
    session_close(s);
    s = decode_file("litellm/14_passthrough_anthropic.json");
    assert_text(s, "operation", "chat");
    session_close(s);
}

TEST(reads_payloads_of_older_versions)
{
    struct session *s = decode_file("litellm/old_azure_sentinel.json");

    assert_number(s, "input_tokens", 10);
    assert_number(s, "cache_read_tokens", -1);
    assert_text(s, "response_model", "gpt-4o");
    assert_int_equal(s->record.ev.reported_usd.nanousd, 225000);
    session_close(s);
    s = decode_file("litellm/old_gcs_pubsub.json");
    assert_int_equal(s->record.ev.start_ns, INT64_C(1737710446847371000));
    session_close(s);
    s = decode_file("litellm/old_spend_log_row.json");
    assert_text(s, "requested_model", "gpt-4o");
    assert_int_equal(s->record.ev.reported, REPORTED_NONE);
    assert_false(s->record.ev.cache_hit);
    session_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_captured_body_as_it_is_meant),
        cmocka_unit_test(reads_a_whole_batch),
        cmocka_unit_test(fills_in_the_rest_of_a_plain_event),
        cmocka_unit_test(takes_the_first_token_of_streams_only),
        cmocka_unit_test(tells_included_from_unpriced),
        cmocka_unit_test(says_why_a_request_failed),
        cmocka_unit_test(names_operations_as_opentelemetry_does),
        cmocka_unit_test(reads_payloads_of_older_versions),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
