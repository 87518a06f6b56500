/* Log records at random, made by protobuf-c: what comes out is what it reads in them. */
#include "peer_expect.h"

enum { ROUNDS = 400 };

static const char *const names[] = {"model",      "input_tokens", "output_tokens",
                                    "session.id", "team.id",      "tenant.id",
                                    "request_id", "event.name",   "prompt"};

enum { NAME_COUNT = sizeof names / sizeof *names };

static const char *const event_names[] = {"api_request", "api_request", "user_prompt"};

static Peer__LogRecord *random_record(struct random *r)
{
    Peer__LogRecord *s = arena_zalloc(&r->arena, sizeof *s);

    peer__log_record__init(s);
    s->at_ns = once_in(r, 9) ? 0 : (uint64_t)RECEIVED_NS + below(r, 1000000);
    s->observed_ns = (uint64_t)RECEIVED_NS;
    s->attributes = random_attributes(r, names, NAME_COUNT, &s->n_attributes);
    if (!once_in(r, 3)) /* there is room for one more */
        s->attributes[s->n_attributes++] =
            said(r, "event.name", event_names[below(r, 3)]);
    if (once_in(r, 4))
        s->event_name = bytes_of(event_names[below(r, 3)]);
    if (once_in(r, 3))
        s->body = random_any(r, 0);
    if (once_in(r, 5))
        s->body = said(r, "", "claude_code.api_request")->value;
    s->trace_id = random_bytes_of(r, once_in(r, 2) ? 0 : 16);
    s->span_id = random_bytes_of(r, once_in(r, 2) ? 0 : 8);
    return s;
}

static struct buf random_request(struct random *r)
{
    Peer__Logs t = PEER__LOGS__INIT;
    Peer__ResourceLogs *resource;
    Peer__ScopeLogs *scope;

    t.resources = list_of(r, 3, &t.n_resources);
    for (size_t i = 0; i < t.n_resources; i++) {
        t.resources[i] = resource = arena_zalloc(&r->arena, sizeof *resource);
        peer__resource_logs__init(resource);
        resource->scopes = list_of(r, 2, &resource->n_scopes);
        for (size_t k = 0; k < resource->n_scopes; k++) {
            resource->scopes[k] = scope = arena_zalloc(&r->arena, sizeof *scope);
            peer__scope_logs__init(scope);
            scope->items = list_of(r, 4, &scope->n_items);
            for (size_t n = 0; n < scope->n_items; n++)
                scope->items[n] = random_record(r);
        }
    }
    struct buf packed = peer_packed(&t);
    struct buf out = shuffled(r, &peer__logs__descriptor, buf_str(&packed));
    buf_release(&packed);
    return out;
}

static const Peer__Any *find(const Peer__LogRecord *record, const char *name)
{
    const Peer__Any *value = NULL;

    find_in(record->attributes, record->n_attributes, name, &value);
    return value;
}

static bool is_call(const Peer__LogRecord *record)
{
    char room[64];
    struct str own = peer_bytes(record->event_name);
    struct str name = own.size ? own : peer_text(find(record, "event.name"), room);
    bool body = record->body && record->body->value_case == PEER__ANY__VALUE_TEXT &&
                str_eq(peer_bytes(record->body->text), STR("claude_code.api_request"));

    return str_eq(name, STR("api_request")) || body;
}

static void check_record(struct session *s, const Peer__LogRecord *record)
{
    static const struct {
        const char *attribute, *field;
    } texts[] = {{"model", "requested_model"}, {"model", "response_model"},
                 {"team.id", "team"},          {"tenant.id", "tenant"},
                 {"session.id", "session_id"}, {"request_id", "call_id"}};
    static const char *const counts[] = {"input_tokens", "output_tokens"};
    char room[64];

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_cut(
            record_text(&s->record, field_find(&s->schema, str_of(texts[i].field))),
            peer_text(find(record, texts[i].attribute), room));
    for (size_t i = 0; i < 2; i++)
        assert_number(s, counts[i],
                      count_of(find(record, counts[i]), INT64_C(1000000000000)));
    assert_int_equal(s->record.ev.end_ns, (int64_t)record->at_ns);
    assert_false(s->record.ev.is_span);
}

/* The number of calls. */
static size_t check_scope(struct session *s, const Peer__ScopeLogs *scope)
{
    size_t calls = 0;

    for (size_t i = 0; i < scope->n_items; i++) {
        bool call = is_call(scope->items[i]);
        assert_int_equal(session_next(s), call ? VERDICT_EVENT : VERDICT_SKIPPED);
        if (call)
            check_record(s, scope->items[i]);
        calls += call;
    }
    return calls;
}

static size_t check_request(struct session *s, struct str body)
{
    Peer__Logs *t = peer_read(&peer__logs__descriptor, body);
    size_t calls = 0;

    assert_read_alike(&t->base, body);
    session_begin(s, body);
    for (size_t i = 0; i < t->n_resources; i++)
        for (size_t k = 0; k < t->resources[i]->n_scopes; k++)
            calls += check_scope(s, t->resources[i]->scopes[k]);
    assert_int_equal(session_next(s), VERDICT_END);
    peer__logs__free_unpacked(t, NULL);
    arena_reset(&s->arena);
    return calls;
}

TEST(whatever_protobuf_c_packs_is_decoded_as_it_says)
{
    struct session *s = session_of("otlp_logs");
    struct random r = {.state = seed_of_the_day()};
    size_t calls = 0;

    for (unsigned round = 0; round < ROUNDS; round++) {
        struct buf body = random_request(&r);
        calls += check_request(s, buf_str(&body));
        buf_release(&body);
        arena_reset(&r.arena);
    }
    print_message("%zu calls\n", calls);
    assert_true(calls > ROUNDS / 2);
    arena_release(&r.arena);
    session_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_protobuf_c_packs_is_decoded_as_it_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
