/* Every captured body in protobuf, by protobuf-c and by our own reader. */
#include "peer.h"

#include <dirent.h>

struct seen {
    struct session *session;
    size_t items, wanted;
};

static const Peer__Any *value_of(Peer__Pair *const *pairs, size_t count, struct str name)
{
    for (size_t i = count; i-- > 0;)
        if (str_eq(peer_bytes(pairs[i]->key), name))
            return pairs[i]->value;
    return NULL;
}

/* Every attribute that the mapping asks for, and no other. */
static void check_attributes(struct seen *seen, struct str message, unsigned number,
                             Peer__Pair *const *pairs, size_t count)
{
    static struct json_element e;
    static struct otlp_values values;
    const struct source *s = seen->session->source;
    struct json_item tags[TAGS_LOOKED_AT];
    char room[64];

    memset(&e, 0, sizeof e);
    e.items = tags;
    otlp_attributes(message, number, s, &e, &values, &seen->session->arena);
    for (size_t i = 0; i < count; i++) {
        struct str name = peer_bytes(pairs[i]->key);
        const struct attribute *a = attribute_find(s->attributes, name);
        if (!a)
            continue;
        const Peer__Any *theirs = value_of(pairs, count, name);
        const struct json_value *own = &e.slots[a->slot];
        assert_int_equal(own->type, peer_type(theirs));
        if (own->type != JSON_ARRAY)
            assert_true(str_eq(own->raw, peer_text(theirs, room)));
        seen->wanted++;
    }
    for (unsigned slot = 0; slot < s->slot_count; slot++)
        assert_true(e.slots[slot].type == JSON_ABSENT ||
                    value_of(pairs, count, s->wanted[slot]));
}

/* The n-th field of that number that is a message. */
static struct str nth(struct str message, unsigned number, size_t n)
{
    struct pb r = pb_of(message);
    struct pb_field f;

    while (pb_next(&r, &f))
        if (f.number == number && f.wire == PB_BYTES && n-- == 0)
            return f.bytes;
    fail_msg("no such field");
    return (struct str){NULL, 0};
}

static void check_scope(struct seen *seen, struct str message, const Peer__ScopeSpans *s)
{
    for (size_t i = 0; i < s->n_items; i++, seen->items++)
        check_attributes(seen, nth(message, 2, i), 9, s->items[i]->attributes,
                         s->items[i]->n_attributes);
}

static void check_spans(struct seen *seen, struct str body)
{
    Peer__Traces *t = peer_read(&peer__traces__descriptor, body);

    assert_read_alike(&t->base, body);
    for (size_t i = 0; i < t->n_resources; i++) {
        struct str message = nth(body, 1, i);
        const Peer__ResourceSpans *r = t->resources[i];
        check_attributes(seen, nth(message, 1, 0), 1, r->resource->attributes,
                         r->resource->n_attributes);
        for (size_t k = 0; k < r->n_scopes; k++)
            check_scope(seen, nth(message, 2, k), r->scopes[k]);
    }
    peer__traces__free_unpacked(t, NULL);
}

static void check_records(struct seen *seen, struct str body)
{
    Peer__Logs *t = peer_read(&peer__logs__descriptor, body);

    assert_read_alike(&t->base, body);
    for (size_t i = 0; i < t->n_resources; i++)
        for (size_t k = 0; k < t->resources[i]->n_scopes; k++) {
            const Peer__ScopeLogs *s = t->resources[i]->scopes[k];
            struct str scope = nth(nth(body, 1, i), 2, k);
            for (size_t n = 0; n < s->n_items; n++, seen->items++)
                check_attributes(seen, nth(scope, 2, n), 6, s->items[n]->attributes,
                                 s->items[n]->n_attributes);
        }
    peer__logs__free_unpacked(t, NULL);
}

/* As many verdicts as there are spans or records, none of them that it is broken. */
static void check_body(struct seen *seen, struct str body, bool logs)
{
    size_t before = seen->items, verdicts = 0;
    enum verdict verdict;

    if (logs)
        check_records(seen, body);
    else
        check_spans(seen, body);
    session_begin(seen->session, body);
    while ((verdict = session_next(seen->session)) != VERDICT_END) {
        assert_true(verdict == VERDICT_EVENT || verdict == VERDICT_SKIPPED);
        assert_int_equal(seen->session->why.index, verdicts++);
    }
    assert_int_equal(verdicts, seen->items - before);
    arena_reset(&seen->session->arena);
}

static size_t check_folder(struct seen *seen, const char *name, const char *end,
                           bool logs)
{
    char path[600], body_name[300];
    size_t bodies = 0;

    snprintf(path, sizeof path, "%s/tests/data/otlp/%s", SOURCE_DIR, name);
    DIR *folder = opendir(path);
    assert_non_null(folder);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        if (!str_ends(str_of(entry->d_name), str_of(end)))
            continue;
        snprintf(body_name, sizeof body_name, "../otlp/%.20s/%.200s", name,
                 entry->d_name);
        struct str body = read_data(body_name);
        check_body(seen, body, logs);
        free((void *)body.at);
        bodies++;
    }
    closedir(folder);
    return bodies;
}

TEST(captured_spans_are_read_as_protobuf_c_reads_them)
{
    struct seen seen = {.session = session_of("otlp")};

    size_t bodies = check_folder(&seen, "bodies", ".bin", false) +
                    check_folder(&seen, "json", ".traces.bin", false);
    print_message("%zu bodies, %zu spans, %zu attributes that are wanted\n", bodies,
                  seen.items, seen.wanted);
    assert_true(bodies > 50 && seen.items > 250 && seen.wanted > 2000);
    session_close(seen.session);
}

TEST(captured_log_records_are_read_as_protobuf_c_reads_them)
{
    struct seen seen = {.session = session_of("otlp_logs")};

    size_t bodies = check_folder(&seen, "json", ".logs.bin", true);
    print_message("%zu bodies, %zu records\n", bodies, seen.items);
    assert_true(bodies >= 2 && seen.items > 5);
    session_close(seen.session);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(captured_spans_are_read_as_protobuf_c_reads_them),
        cmocka_unit_test(captured_log_records_are_read_as_protobuf_c_reads_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
