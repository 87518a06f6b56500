/* Mappings of one's own: their names, who signs, what they may not read. */
#include "session.h"

static const char mapping[] = "name: acme\n"
                              "events: [{ if: { call: present } }]\n"
                              "identity: [call]\n"
                              "fields:\n"
                              "  id: call\n"
                              "  input_tokens: usage.in\n"
                              "labels:\n"
                              "  team: [consumer.team, claims.team]\n"
                              "  tenant: [\"tag:tenant\"]\n"
                              "caller: [claims, tags]\n"
                              "tags: [tags]\n"
                              "signature: { header: X-Acme }\n";

static struct source_options options_of(const char *text)
{
    return (struct source_options){.mapping = "acme.yaml", .mapping_text = str_of(text)};
}

TEST(a_mapping_goes_by_its_own_name)
{
    struct session *s = session_open(options_of(mapping));

    assert_str(source_name(s->source), "acme");
    assert_str(source_of_events(s->source), "acme");
    assert_decoded(s, "{\"call\":\"1\",\"usage\":{\"in\":5}}");
    assert_text(s, "source", "acme");
    assert_text(s, "id", "1");
    assert_number(s, "input_tokens", 5);
    session_close(s);
}

static void assert_from(const struct session *s, unsigned label,
                        enum provenance_from from)
{
    assert_int_equal(s->record.label_by[label - TEXT_LABEL_FIRST]->from, from);
}

TEST(what_a_caller_fills_in_is_told_apart)
{
    struct session *s = session_open(options_of(mapping));

    assert_decoded(s, "{\"call\":\"1\",\"consumer\":{\"team\":\"a\"}}");
    assert_from(s, TEXT_TEAM, FROM_GATEWAY);
    assert_decoded(s, "{\"call\":\"1\",\"claims\":{\"team\":\"a\"},"
                      "\"tags\":[\"tenant:t\"]}");
    assert_from(s, TEXT_TEAM, FROM_CALLER);
    assert_from(s, TEXT_TENANT, FROM_CALLER);
    assert_text(s, "tenant", "t");
    session_close(s);
}

TEST(litellm_s_spend_logs_metadata_is_the_caller_s)
{
    struct session *s = session_of("litellm");

    assert_decoded(
        s, "{\"id\":\"1\",\"litellm_call_id\":\"c\",\"end_user\":\"e\",\"metadata\":"
           "{\"user_api_key_team_id\":\"t\",\"spend_logs_metadata\":{\"tenant_id\":"
           "\"x\"},\"user_api_key_auth_metadata\":{\"workflow_id\":\"w\"}}}");
    assert_from(s, TEXT_TEAM, FROM_GATEWAY);
    assert_from(s, TEXT_WORKFLOW_ID, FROM_GATEWAY);
    assert_from(s, TEXT_TENANT, FROM_CALLER);
    assert_from(s, TEXT_END_USER, FROM_CALLER);
    session_close(s);
}

/* RFC 4231, test case 2 */
#define SECRET "Jefe"
#define BODY "what do ya want for nothing?"
#define SIGNATURE "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"

static struct source *signed_by(const char *secrets)
{
    static const struct schema schema;
    struct source_options options = options_of(mapping);
    struct diags diags = {0};
    struct source *s;

    options.schema = &schema;
    options.signature_secrets = str_of(secrets);
    assert_true(source_compile(&s, &options, &diags));
    return s;
}

TEST(a_body_is_signed_by_its_raw_bytes)
{
    struct source *s = signed_by(SECRET "\n");
    struct str body = STR(BODY);

    assert_string_equal(source_signature_header(s), "X-Acme");
    assert_true(source_signed(s, body, SIGNATURE));
    assert_true(source_signed(s, body, "sha256=" SIGNATURE));
    assert_true(source_signed(
        s, body, "5BDCC146BF60754E6A042426089575C75A003F089D2739839DEC58B964EC3843"));
    assert_false(source_signed(s, STR(BODY " "), SIGNATURE));
    assert_false(source_signed(s, body, NULL));
    assert_false(source_signed(s, body, ""));
    assert_false(source_signed(s, body, SIGNATURE "0"));
    assert_false(source_signed(
        s, body, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3844"));
    source_free(s);
}

TEST(two_secrets_are_good_while_they_are_rotated)
{
    struct source *s = signed_by("new\r\n\n" SECRET);

    assert_true(source_signed(s, STR(BODY), SIGNATURE));
    source_free(s);
    s = signed_by("new\n\n");
    assert_false(source_signed(s, STR(BODY), SIGNATURE));
    source_free(s);
}

TEST(without_a_secret_every_body_is_taken)
{
    struct session *s = session_open(options_of(mapping));

    assert_null(source_signature_header(s->source));
    assert_true(source_signed(s->source, STR(BODY), NULL));
    session_close(s);
}

static void assert_refused(struct source_options options, const char *why)
{
    static const struct schema schema;
    struct diags diags = {0};
    struct buf text = {0};
    struct source *s;

    options.schema = &schema;
    assert_false(source_compile(&s, &options, &diags));
    assert_null(s);
    diags_print(&diags, &text);
    buf_byte(&text, '\0');
    if (!strstr(text.at, why))
        fail_msg("\"%s\" does not say \"%s\"", text.at, why);
    buf_release(&text);
    diags_release(&diags);
}

static void assert_mapping_refused(const char *text, const char *why)
{
    assert_refused(options_of(text), why);
}

TEST(every_error_of_a_mapping_is_shown_at_its_place)
{
    static const struct {
        const char *text, *why;
    } cases[] = {
        {"nam: x\nfields: { id: a }\n",
         "acme.yaml:1:1: unknown key \"nam\": did you mean \"name\"?"},
        {"name: x\n", "acme.yaml:1:1: fields is missing"},
        {"name: X y\nfields: { id: a }\n", "acme.yaml:1:7: name: "},
        {"name: kong\nfields: { id: a }\n", "acme.yaml:1:7: name: \"kong\" is built in"},
        {"name: a2345678901234567890123456789012\nfields: { id: a }\n",
         "more than 31 bytes"},
        {"name: x\nsignal: traces\nfields: { id: a }\n",
         "only a mapping that replaces otlp"},
        {"name: x\nfields: { input_token: a }\n",
         "acme.yaml:2:11: unknown field \"input_token\": did you mean \"input_tokens\"?"},
        {"name: x\nfields: { start: { path: a, unit: cents } }\n",
         "acme.yaml:2:35: unit \"cents\""},
        {"name: x\nfields: { operation: { path: a, unit: model } }\n",
         "acme.yaml:2:39: unit \"model\""},
        {"name: x\nfields: { response_model: { path: a, unit: provider } }\n",
         "unit \"provider\" fits no such field"},
        {"name: x\nfields: { operation: messages.0.role }\n",
         "acme.yaml:2:22: \"messages.0.role\" may hold a prompt"},
        {"name: x\nfields: { operation: response_body }\n", "may hold a prompt"},
        {"name: x\nfields: { operation: request_body > input }\n", "may hold a prompt"},
        {"name: x\nfields: { operation: request.headers.Authorization }\n",
         "may hold a prompt"},
        {"name: x\nfields: { id: a }\nlabels: { team: body.choices.x }\n",
         "may hold a prompt"},
        {"name: x\nfields: { id: a }\nlabels: { taem: a }\n",
         "acme.yaml:3:11: \"taem\" is no label; did you mean \"team\"?"},
        {"name: x\nfields: { id: a }\nmetadata: [messages]\n", "may hold a prompt"},
        {"name: x\nfields: { id: a }\ntags: [messages]\n", "may hold a prompt"},
        {"name: x\nfields: { id: a }\nsignature: X\n",
         "acme.yaml:3:12: a signature is {header: NAME}"},
        {"name: x\nkeys: flat\ninside: data\nfields: { id: a }\n",
         "acme.yaml:3:9: inside"},
        {"name: x\nfields: { id: a }\nevents: [{ if: { a: present }, skip: bored }]\n",
         "acme.yaml:3:38: skip: "},
        {"[]\n", "acme.yaml:1:1: "},
        {"- name: x\n", "acme.yaml:1:1: a mapping is a map"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_mapping_refused(cases[i].text, cases[i].why);
    assert_refused((struct source_options){.mapping = "/nonexistent/x.yaml"},
                   "/nonexistent/x.yaml: ");
}

TEST(counts_may_stand_beside_what_nobody_may_read)
{
    struct session *s = session_open(options_of(
        "name: x\nfields:\n  id: request_body > id\n  input_tokens: response_body > "
        "usage.input\n  operation: request.kind\nlabels: { hashed_api_key: "
        "request.headers.x-api-key }\n"));

    assert_decoded(
        s, "{\"request_body\":\"{\\\"id\\\":7}\",\"response_body\":\"{\\\"usage\\\":"
           "{\\\"input\\\":9}}\",\"request\":{\"headers\":{\"x-api-key\":\"sk-1\"}}}");
    assert_number(s, "input_tokens", 9);
    assert_text(s, "id", "7");
    assert_int_equal(s->record.ev.text[TEXT_HASHED_API_KEY].size, 64);
    session_close(s);
}

TEST(a_built_in_name_is_free_to_whom_replaces_it)
{
    struct source_options options = options_of("name: kong\nfields: { id: mine }\n");

    options.replace = true;
    struct session *s = session_open(options);
    assert_decoded(s, "{\"mine\":\"1\"}");
    assert_text(s, "source", "kong");
    session_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_mapping_goes_by_its_own_name),
        cmocka_unit_test(what_a_caller_fills_in_is_told_apart),
        cmocka_unit_test(litellm_s_spend_logs_metadata_is_the_caller_s),
        cmocka_unit_test(a_body_is_signed_by_its_raw_bytes),
        cmocka_unit_test(two_secrets_are_good_while_they_are_rotated),
        cmocka_unit_test(without_a_secret_every_body_is_taken),
        cmocka_unit_test(every_error_of_a_mapping_is_shown_at_its_place),
        cmocka_unit_test(counts_may_stand_beside_what_nobody_may_read),
        cmocka_unit_test(a_built_in_name_is_free_to_whom_replaces_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
