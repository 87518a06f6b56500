/* Requests at random, made by protobuf-c, in any order of fields and with unknown ones:
 * what comes out is what protobuf-c reads in them. */
#include "peer_expect.h"

enum { ROUNDS = 400, NAMES = 14 };

/* Attributes that alone fill the field of an event. */
static const struct {
    const char *attribute, *field;
    int64_t most; /* of a count; 0: a text */
} wanted[NAMES] = {
    {"gen_ai.request.model", "requested_model", 0},
    {"gen_ai.response.model", "response_model", 0},
    {"tenant.id", "tenant", 0},
    {"team.id", "team", 0},
    {"workflow.id", "workflow_id", 0},
    {"user.id", "user", 0},
    {"service.name", "project", 0},
    {"deployment.environment.name", "environment", 0},
    {"gen_ai.agent.name", "agent", 0},
    {"gen_ai.usage.output_tokens", "output_tokens", INT64_C(1000000000000)},
    {"gen_ai.usage.input_tokens", "input_tokens", INT64_C(1000000000000)},
    {"gen_ai.usage.reasoning.output_tokens", "reasoning_tokens", INT64_C(1000000000000)},
    {"gen_ai.usage.video_tokens", "input_video_tokens", 1}, /* nobody asks for it */
    {"bifrost.retries", "retry_depth", 1000},
};

static const char *const names[] = {"gen_ai.request.model",
                                    "gen_ai.response.model",
                                    "tenant.id",
                                    "team.id",
                                    "workflow.id",
                                    "user.id",
                                    "service.name",
                                    "deployment.environment.name",
                                    "gen_ai.agent.name",
                                    "gen_ai.usage.output_tokens",
                                    "gen_ai.usage.input_tokens",
                                    "gen_ai.usage.reasoning.output_tokens",
                                    "gen_ai.usage.video_tokens",
                                    "bifrost.retries",
                                    "gen_ai.input.messages"};

enum { NAME_COUNT = sizeof names / sizeof *names };

/* --- making --- */

static Peer__Moment **random_events(struct random *r, size_t *count)
{
    Peer__Moment **list = list_of(r, 2, count);

    for (size_t i = 0; i < *count; i++) {
        list[i] = arena_zalloc(&r->arena, sizeof *list[i]);
        peer__moment__init(list[i]);
        list[i]->name = random_text(r);
        list[i]->attributes =
            random_attributes(r, names, NAME_COUNT, &list[i]->n_attributes);
    }
    return list;
}

static Peer__Span *random_span(struct random *r)
{
    static const char *const operations[] = {"chat", "chat", "invoke_agent"};
    Peer__Span *s = arena_zalloc(&r->arena, sizeof *s);

    peer__span__init(s);
    s->trace_id = random_bytes_of(r, once_in(r, 12) ? below(r, 20) : 16);
    s->span_id = random_bytes_of(r, once_in(r, 12) ? below(r, 20) : 8);
    s->parent_id = random_bytes_of(r, once_in(r, 3) ? 8 : 0);
    s->name = random_text(r);
    s->kind = below(r, 7);
    s->start_ns = (uint64_t)RECEIVED_NS + below(r, 1000000);
    s->end_ns =
        once_in(r, 9) ? below(r, 2) * UINT64_MAX : s->start_ns + below(r, 1000000);
    s->attributes = random_attributes(r, names, NAME_COUNT, &s->n_attributes);
    if (!once_in(r, 4)) /* there is room for one more */
        s->attributes[s->n_attributes++] =
            said(r, "gen_ai.operation.name", operations[below(r, 3)]);
    s->events = random_events(r, &s->n_events);
    s->status = arena_zalloc(&r->arena, sizeof *s->status);
    peer__status__init(s->status);
    s->status->code = below(r, 3);
    s->flags = below(r, 2) * UINT32_MAX;
    return s;
}

static Peer__ScopeSpans *random_scope(struct random *r)
{
    Peer__ScopeSpans *s = arena_zalloc(&r->arena, sizeof *s);

    peer__scope_spans__init(s);
    s->items = list_of(r, 4, &s->n_items);
    for (size_t i = 0; i < s->n_items; i++)
        s->items[i] = random_span(r);
    if (once_in(r, 5))
        return s;
    s->scope = arena_zalloc(&r->arena, sizeof *s->scope);
    peer__scope__init(s->scope);
    s->scope->name = random_text(r);
    return s;
}

static Peer__ResourceSpans *random_resource(struct random *r)
{
    Peer__ResourceSpans *s = arena_zalloc(&r->arena, sizeof *s);

    peer__resource_spans__init(s);
    s->scopes = list_of(r, 3, &s->n_scopes);
    for (size_t i = 0; i < s->n_scopes; i++)
        s->scopes[i] = random_scope(r);
    if (once_in(r, 5))
        return s;
    s->resource = arena_zalloc(&r->arena, sizeof *s->resource);
    peer__resource__init(s->resource);
    s->resource->attributes =
        random_attributes(r, names, NAME_COUNT, &s->resource->n_attributes);
    return s;
}

static struct buf random_request(struct random *r)
{
    Peer__Traces t = PEER__TRACES__INIT;

    t.resources = list_of(r, 3, &t.n_resources);
    for (size_t i = 0; i < t.n_resources; i++)
        t.resources[i] = random_resource(r);
    struct buf packed = peer_packed(&t);
    struct buf out = shuffled(r, &peer__traces__descriptor, buf_str(&packed));
    buf_release(&packed);
    return out;
}

/* --- what protobuf-c says must come out --- */

struct one {
    struct session *session;
    const Peer__ResourceSpans *resource;
    const Peer__ScopeSpans *scope;
    const Peer__Span *span;
};

/* The last one of the span, else of its resource. */
static const Peer__Any *find(const struct one *o, const char *name)
{
    const Peer__Resource *resource = o->resource->resource;
    const Peer__Any *value = NULL;

    if (!find_in(o->span->attributes, o->span->n_attributes, name, &value) && resource)
        find_in(resource->attributes, resource->n_attributes, name, &value);
    return value;
}

static void check_fields(const struct one *o)
{
    struct session *s = o->session;

    for (size_t i = 0; i < NAMES; i++) {
        const Peer__Any *v = find(o, wanted[i].attribute);
        struct field field = field_find(&s->schema, str_of(wanted[i].field));
        char room[64];
        if (wanted[i].most == 0)
            assert_cut(record_text(&s->record, field), peer_text(v, room));
        else if (wanted[i].most == 1)
            assert_number(s, wanted[i].field, -1);
        else if (field.index == COUNT_RETRY_DEPTH && count_of(v, wanted[i].most) < 0)
            assert_int_equal(s->record.ev.count[COUNT_RETRY_DEPTH], -1);
        else
            assert_number(s, wanted[i].field, count_of(v, wanted[i].most));
    }
}

static void check_hex(struct str own, ProtobufCBinaryData theirs)
{
    char digit[3];

    assert_int_equal(own.size, 2 * theirs.len);
    for (size_t i = 0; i < theirs.len; i++) {
        snprintf(digit, sizeof digit, "%02x", theirs.data[i]);
        assert_memory_equal(own.at + 2 * i, digit, 2);
    }
}

static void check_span(const struct one *o)
{
    const struct event *ev = &o->session->record.ev;
    const Peer__Span *span = o->span;
    struct str scope =
        o->scope->scope ? peer_bytes(o->scope->scope->name) : (struct str){NULL, 0};

    check_hex(ev->text[TEXT_TRACE_ID], span->trace_id);
    check_hex(ev->text[TEXT_SPAN_ID], span->span_id);
    check_hex(ev->parent_span_id, span->parent_id);
    assert_cut(ev->text[TEXT_SCOPE], peer_is_utf8(scope) ? scope : (struct str){NULL, 0});
    assert_int_equal(ev->start_ns, (int64_t)span->start_ns);
    assert_int_equal(ev->end_ns,
                     span->end_ns < span->start_ns || span->end_ns == UINT64_MAX
                         ? 0
                         : (int64_t)span->end_ns);
    assert_int_equal(ev->outcome,
                     span->status->code == 2 ? OUTCOME_FAILURE : OUTCOME_SUCCESS);
    check_fields(o);
}

static enum verdict expected(const struct one *o)
{
    const Peer__Any *operation = find(o, "gen_ai.operation.name");
    const Peer__Any *input = find(o, "gen_ai.usage.input_tokens");
    char room[64];
    bool there = peer_type(input) != JSON_ABSENT && peer_type(input) != JSON_NULL &&
                 (peer_type(input) != JSON_STRING || input->text.len);
    bool call = operation ? str_eq(peer_text(operation, room), STR("chat")) : there;
    bool ids = o->span->trace_id.len == 16 && o->span->span_id.len == 8;

    return !call ? VERDICT_SKIPPED : ids ? VERDICT_EVENT : VERDICT_REJECTED;
}

static void check_scope(struct one *o, size_t *spans)
{
    for (size_t i = 0; i < o->scope->n_items; i++) {
        o->span = o->scope->items[i];
        assert_int_equal(session_next(o->session), expected(o));
        assert_int_equal(o->session->why.index, (*spans)++);
        if (expected(o) == VERDICT_EVENT)
            check_span(o);
    }
}

/* The number of spans. */
static size_t check_request(struct session *s, struct str body)
{
    Peer__Traces *t = peer_read(&peer__traces__descriptor, body);
    struct one o = {.session = s};
    size_t spans = 0;

    assert_read_alike(&t->base, body);
    session_begin(s, body);
    for (size_t i = 0; i < t->n_resources; i++) {
        o.resource = t->resources[i];
        for (size_t k = 0; k < o.resource->n_scopes; k++) {
            o.scope = o.resource->scopes[k];
            check_scope(&o, &spans);
        }
    }
    assert_int_equal(session_next(s), VERDICT_END);
    peer__traces__free_unpacked(t, NULL);
    arena_reset(&s->arena);
    return spans;
}

TEST(whatever_protobuf_c_packs_is_decoded_as_it_says)
{
    struct session *s = session_of("otlp");
    struct random r = {.state = seed_of_the_day()};
    size_t spans = 0;

    for (unsigned round = 0; round < ROUNDS; round++) {
        struct buf body = random_request(&r);
        spans += check_request(s, buf_str(&body));
        buf_release(&body);
        arena_reset(&r.arena);
    }
    print_message("%zu spans\n", spans);
    assert_true(spans > 3 * ROUNDS);
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
