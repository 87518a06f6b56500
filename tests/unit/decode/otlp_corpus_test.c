/* Every captured OTLP body against what the mock's log says of its calls. */
#include "session.h"

#include "spendwarden/yaml.h"

enum { EVENTS_MAX = 64 };

struct body {
    const struct yaml_node *truth;
    struct session *session;
    struct str bytes;
};

static struct str get(const struct yaml_node *map, const char *key)
{
    const struct yaml_node *n = yaml_get(map, str_of(key));

    assert_non_null(n);
    return n->text;
}

static bool is_span(const struct record *r, struct str wanted)
{
    char own[100];

    snprintf(own, sizeof own, "%.*s:%.*s", STR_ARG(r->ev.text[TEXT_TRACE_ID]),
             STR_ARG(r->ev.text[TEXT_SPAN_ID]));
    return str_eq(str_of(own), wanted);
}

/* Whether the call's `from`th report or a later one is it. */
static bool is_of(const struct record *r, const struct yaml_node *call)
{
    const struct yaml_node *spans = yaml_get(call, STR("spans"));

    for (size_t i = 0; i < spans->count; i++)
        if (is_span(r, spans->values[i].text))
            return true;
    return false;
}

static void assert_cost(const struct session *s, struct str text)
{
    struct money wanted;

    assert_true(money_parse(&wanted, text));
    assert_int_equal(s->record.ev.reported_usd.nanousd, wanted.nanousd);
    assert_int_equal(s->record.ev.reported,
                     wanted.nanousd ? REPORTED_COST : REPORTED_ZERO);
}

static void assert_fields(struct session *s, const struct yaml_node *fields)
{
    char name[64], text[300];
    int64_t number;

    for (size_t i = 0; i < fields->count; i++) {
        const struct yaml_node *value = &fields->values[i];
        snprintf(name, sizeof name, "%.*s", STR_ARG(fields->keys[i].text));
        snprintf(text, sizeof text, "%.*s", STR_ARG(value->text));
        if (strcmp(name, "reported_usd") == 0)
            assert_cost(s, value->text);
        else if (!value->quoted && yaml_int64(value, &number))
            assert_number(s, name, number);
        else
            assert_text(s, name, text);
    }
}

static void check_event(struct body *b, unsigned *seen)
{
    const struct yaml_node *calls = yaml_get(b->truth, STR("calls"));

    for (size_t i = 0; i < calls->count; i++) {
        const struct yaml_node *call = &calls->values[i];
        if (!is_of(&b->session->record, call))
            continue;
        seen[i]++;
        /* Of a pair that this body cannot join, the other says other things. */
        if (str_eq(get(call, "one_body"), STR("true")) ||
            is_span(&b->session->record, yaml_get(call, STR("spans"))->values[0].text))
            assert_fields(b->session, yaml_get(call, STR("fields")));
        return;
    }
    fail_msg("an event that is no call: span %.*s",
             STR_ARG(b->session->record.ev.text[TEXT_SPAN_ID]));
}

static void check_body(struct body *b)
{
    const struct yaml_node *calls = yaml_get(b->truth, STR("calls"));
    unsigned seen[EVENTS_MAX] = {0};
    enum verdict verdict;

    assert_true(calls->count <= EVENTS_MAX);
    session_begin(b->session, b->bytes);
    while ((verdict = session_next(b->session)) != VERDICT_END) {
        if (verdict == VERDICT_EVENT)
            check_event(b, seen);
        else
            assert_int_equal(verdict, VERDICT_SKIPPED);
    }
    for (size_t i = 0; i < calls->count; i++) {
        bool one = str_eq(get(&calls->values[i], "one_body"), STR("true"));
        if (one ? seen[i] != 1 : seen[i] < 1)
            fail_msg("call %zu is counted %u times", i, seen[i]);
    }
    arena_reset(&b->session->arena);
}

static struct str read_body(struct str name)
{
    char path[300];

    snprintf(path, sizeof path, "../otlp/bodies/%.*s", STR_ARG(name));
    return read_data(path);
}

TEST(each_call_of_each_emitter_is_one_event_with_what_its_leaf_says)
{
    char path[500];
    struct arena arena;
    struct yaml_node *truth;
    struct diags diags = {0};
    struct body b = {.session = session_of("otlp")};
    size_t calls = 0;

    arena_init(&arena, 0);
    snprintf(path, sizeof path, "%s/tests/data/otlp/truth.json", SOURCE_DIR);
    assert_true(yaml_load(&truth, path, 1 << 20, &arena, &diags));
    for (size_t i = 0; i < truth->count; i++) {
        b.truth = &truth->values[i];
        print_message("%.*s\n", STR_ARG(get(b.truth, "body")));
        b.bytes = read_body(get(b.truth, "body"));
        check_body(&b);
        free((void *)b.bytes.at);
        calls += yaml_get(b.truth, STR("calls"))->count;
    }
    assert_true(calls > 200);
    session_close(b.session);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_call_of_each_emitter_is_one_event_with_what_its_leaf_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
