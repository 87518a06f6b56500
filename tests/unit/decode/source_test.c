/* Label rules, hashing, metadata, and what never gets into a record. */
#include "session.h"

#include "spendwarden/hash.h"

static void assert_refused(const struct source_options *options, const char *why)
{
    static const struct schema empty;
    struct source_options given = *options;
    struct source *source;
    struct diags diags = {0};

    if (!given.schema)
        given.schema = &empty;
    assert_false(source_compile(&source, &given, &diags));
    assert_null(source);
    assert_true(diags.count > 0);
    if (!strstr(diags.items[0].text, why))
        fail_msg("\"%s\" does not say \"%s\"", diags.items[0].text, why);
    diags_release(&diags);
}

static void assert_rule_refused(const char *label, const char *path, const char *why)
{
    struct label_rule rule = {.label = str_of(label), .path_count = 1, .file = "c.yaml"};
    struct source_options options = {
        .name = STR("litellm"), .rule_count = 1, .rules = &rule};

    rule.paths[0] = str_of(path);
    assert_refused(&options, why);
}

TEST(refuses_rules_that_cannot_work)
{
    char path[300] = {0};

    memset(path, 'k', sizeof path - 1);
    assert_rule_refused("taem", "x", "did you mean \"team\"");
    assert_rule_refused("requested_model", "x", "no such label");
    assert_rule_refused("team", "", "empty path");
    assert_rule_refused("team", "a..b", "empty key");
    assert_rule_refused("team", path, "bytes");
    assert_rule_refused("team", "tag:", "without a name");
    assert_rule_refused("team", "messages.content", "prompt");
    assert_rule_refused("team", "response", "prompt");
    assert_refused(&(struct source_options){.name = STR("kog")}, "kog");
}

TEST(refuses_a_label_that_is_given_twice)
{
    struct label_rule rules[2] = {{.label = STR("team"), .path_count = 1},
                                  {.label = STR("team"), .path_count = 1}};

    rules[0].paths[0] = rules[1].paths[0] = STR("x");
    assert_refused(
        &(struct source_options){.name = STR("generic"), .rule_count = 2, .rules = rules},
        "given twice");
}

TEST(refuses_more_metadata_keys_than_there_is_room_for)
{
    struct str keys[METADATA_MAX + 1];

    for (size_t i = 0; i <= METADATA_MAX; i++)
        keys[i] = STR("key");
    assert_refused(&(struct source_options){.name = STR("generic"),
                                            .metadata_count = METADATA_MAX + 1,
                                            .metadata_keys = keys},
                   "at most");
}

TEST(looks_for_labels_in_the_configured_order)
{
    static const struct schema schema = {{STR("squad")}, 1};
    static const struct label_rule rules[] = {
        {STR("team"),
         3,
         {STR("tag:team"), STR("metadata.a.b"), STR("end_user")},
         0,
         0,
         0},
        {STR("squad"), 1, {STR("metadata.squad")}, 0, 0, 0},
        {STR("session_id"), 1, {STR("metadata.run")}, 0, 0, 0},
        {STR("user"), 0, {{0}}, 0, 0, 0},
    };
    struct session *s = session_open((struct source_options){
        .name = STR("litellm"), .schema = &schema, .rule_count = 4, .rules = rules});

    assert_decoded(s, "{\"id\":\"1\",\"end_user\":\"e\",\"metadata\":{\"a\":{\"b\":\"\"},"
                      "\"squad\":42,\"run\":\"r1\",\"user_api_key_user_id\":\"u\"}}");
    assert_text(s, "team", "e");
    assert_text(s, "end_user", "e");
    assert_text(s, "squad", "42");
    assert_text(s, "session_id", "r1");
    assert_text(s, "user", "");
    assert_null(*record_label_by(&s->record, TEXT_USER));
    assert_str((*record_label_by(&s->record, TEXT_TEAM))->field, "end_user");
    assert_decoded(
        s, "{\"id\":\"1\",\"end_user\":\"e\",\"metadata\":{\"a\":{\"b\":\"x\"}}}");
    assert_text(s, "team", "x");
    assert_decoded(s, "{\"id\":\"1\",\"request_tags\":[\"teams:y\",\"team:t\"],"
                      "\"metadata\":{\"a\":{\"b\":\"x\"}}}");
    assert_text(s, "team", "t");
    assert_str((*record_label_by(&s->record, TEXT_TEAM))->field, "tag:team");
    session_close(s);
}

TEST(hashes_labels_at_the_door)
{
    struct source_options options = {.name = STR("generic"), .hash_key = {1, 2, 3}};
    char hash[SHA256_TEXT_SIZE];

    options.hash_label[TEXT_END_USER - TEXT_LABEL_FIRST] = true;
    struct session *s = session_open(options);
    assert_decoded(s, "{\"id\":\"1\",\"end_user\":\"ann\",\"user\":\"ann\"}");
    hmac_sha256_text(hash, (struct str){(const char *)options.hash_key, 32}, STR("ann"));
    hash[32] = '\0';
    assert_text(s, "end_user", hash);
    assert_text(s, "user", "ann");
    session_close(s);
}

TEST(keeps_allowed_metadata_by_order_of_trust)
{
    static const struct str keys[] = {STR("job"), STR("stage")};
    struct session *s = session_open((struct source_options){
        .name = STR("litellm"), .metadata_count = 2, .metadata_keys = keys});

    assert_decoded(s, "{\"id\":\"1\",\"metadata\":{"
                      "\"requester_metadata\":{\"job\":\"caller\",\"stage\":true,"
                      "\"headers\":{\"job\":\"h\"}},"
                      "\"user_api_key_auth_metadata\":{\"job\":\"key\",\"env\":\"prod\"},"
                      "\"spend_logs_metadata\":{\"job\":{\"no\":\"scalar\"}}}}");
    assert_int_equal(s->record.ev.metadata_count, 2);
    assert_str(s->record.ev.metadata[0].value, "key");
    assert_str(s->record.ev.metadata[1].name, "stage");
    assert_str(s->record.ev.metadata[1].value, "true");
    session_close(s);
}

/* --- nothing of what people wrote --- */

static const char canary[] = "canary4711";

static bool holds_canary(struct str text)
{
    return text.size && memmem(text.at, text.size, canary, sizeof canary - 1) != NULL;
}

static void assert_no_canary(const struct session *s)
{
    const struct event *ev = &s->record.ev;

    for (size_t i = 0; i < TEXT_COUNT; i++)
        assert_false(holds_canary(ev->text[i]));
    for (size_t i = 0; i < ev->tag_count; i++)
        assert_false(holds_canary(ev->tags[i]));
    for (size_t i = 0; i < ev->identity_count; i++)
        assert_false(holds_canary(ev->identity[i]));
    for (size_t i = 0; i < ev->metadata_count; i++) {
        assert_false(holds_canary(ev->metadata[i].name));
        assert_false(holds_canary(ev->metadata[i].value));
    }
    if (s->why.text)
        assert_false(holds_canary(str_of(s->why.text)));
}

#define C "\"canary4711\""

static const char litellm_canary[] =
    "{\"id\":\"1\",\"model\":\"m\",\"status\":\"failure\","
    "\"messages\":[{\"role\":" C ",\"content\":" C ",\"tool_calls\":[{\"function\":"
    "{\"name\":" C ",\"arguments\":\"{\\\"team\\\": \\\"canary4711\\\"}\"}}]}],"
    "\"response\":{\"id\":" C ",\"model\":" C ",\"choices\":[{\"message\":{\"content\":" C
    "}}]},\"error_str\":" C ",\"error_information\":{\"error_class\":\"E\","
    "\"error_message\":" C ",\"traceback\":" C "},\"model_parameters\":{\"tools\":[" C
    "],"
    "\"metadata\":{\"env\":" C "}},\"hidden_params\":{\"additional_headers\":{\"h\":" C
    "}},"
    "\"metadata\":{\"requester_metadata\":{\"headers\":{\"authorization\":" C
    ",\"env\":" C "},\"note\":" C "},\"requester_custom_headers\":{\"x-team\":" C "},"
    "\"mcp_tool_call_metadata\":{\"arguments\":{\"env\":" C "},\"result\":" C "},"
    "\"prompt_management_metadata\":{\"prompt_variables\":{\"env\":" C "}}},"
    "\"request_tags\":[\"User-Agent: canary4711\",{\"env\":" C "}]}";

static const char generic_canary[] =
    "{\"id\":\"1\",\"messages\":[{\"content\":" C "}],\"prompt\":" C ",\"completion\":" C
    ",\"input\":" C ",\"output\":" C ",\"headers\":{\"team\":" C
    "},\"metadata\":{\"note\":" C ",\"env\":{\"deep\":" C "}},\"tools\":[{\"team\":" C
    "}],\"data\":{\"team\":" C "}}";

TEST(keeps_what_people_wrote_out_of_the_record)
{
    struct session *s = session_of("litellm");
    assert_decoded(s, litellm_canary);
    assert_no_canary(s);
    session_close(s);

    s = session_of("generic");
    assert_decoded(s, generic_canary);
    assert_no_canary(s);
    session_close(s);
}

/* Wherever the body is cut, neither the record nor the reason quotes it. */
TEST(keeps_what_people_wrote_out_of_errors)
{
    struct session *s = session_of("litellm");

    for (size_t size = 1; size < sizeof litellm_canary; size++) {
        session_begin(s, (struct str){litellm_canary, size});
        while (session_next(s) != VERDICT_END)
            assert_no_canary(s);
    }
    session_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_rules_that_cannot_work),
        cmocka_unit_test(refuses_a_label_that_is_given_twice),
        cmocka_unit_test(refuses_more_metadata_keys_than_there_is_room_for),
        cmocka_unit_test(looks_for_labels_in_the_configured_order),
        cmocka_unit_test(hashes_labels_at_the_door),
        cmocka_unit_test(keeps_allowed_metadata_by_order_of_trust),
        cmocka_unit_test(keeps_what_people_wrote_out_of_the_record),
        cmocka_unit_test(keeps_what_people_wrote_out_of_errors),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
