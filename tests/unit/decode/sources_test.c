/* Each mapped gateway's body with each of its values replaced by every other type, and
 * with a canary where no mapping looks. */
#include "../../fuzz/decode_fuzz.c"

#include "changes.h"
#include "scalars.h"

static const char *const bodies[] = {
    "apisix",         "bifrost",     "cloudflare",     "envoy",      "helicone",
    "higress",        "kong",        "langfuse",       "openrouter", "openrouter_usage",
    "portkey_export", "portkey_log", "portkey_metric", "vercel",
};

enum { BODY_COUNT = sizeof bodies / sizeof *bodies, BODY_MAX = 1 << 16 };

/* A gateway's body, its source, and the event that it is. */
struct subject {
    char name[32], text[BODY_MAX], changed[BODY_MAX];
    struct session *session;
    struct record base;
    struct scalars scalars;
};

static void subject_open(struct subject *t, const char *body)
{
    char path[300];

    snprintf(t->name, sizeof t->name, "%.*s", (int)strcspn(body, "_"), body);
    snprintf(path, sizeof path, "../sources/%s.json", body);
    struct str text = read_data(path);
    assert_true(text.size < BODY_MAX);
    memcpy(t->text, text.at, text.size);
    t->text[text.size] = '\0';
    free((void *)text.at);
    t->session = session_of(t->name);
    scalars_find(&t->scalars, t->text);
}

static struct subject *subject_of(const char *body)
{
    struct subject *t = calloc(1, sizeof *t);

    assert_non_null(t);
    subject_open(t, body);
    return t;
}

static void subject_close(struct subject *t)
{
    session_close(t->session);
    free(t);
}

/* Without the wrappers that the mapping takes off. */
static struct str path_of(const struct subject *t, const struct scalar *scalar)
{
    const struct format *f = t->session->source->format;
    struct str path = scalar->path, in = str_of(f->events_in ? f->events_in : "data");

    if ((f->events_in || f->enveloped) && str_starts(path, in) && path.size > in.size &&
        path.at[in.size] == '.')
        return str_from(path, in.size + 1);
    return path;
}

/* Of a body with others before it that are skipped. */
static enum verdict next_event(struct session *s)
{
    enum verdict verdict, last = VERDICT_END;

    while ((verdict = session_next(s)) == VERDICT_SKIPPED)
        last = verdict;
    return verdict == VERDICT_END ? last : verdict;
}

static void decode_changed(struct subject *t, struct str path)
{
    struct session *s = t->session;
    const struct mapping *m = s->source->mapping;

    session_begin(s, str_of(t->changed));
    enum verdict verdict = next_event(s);
    assert_true((s->why.text == NULL) == (verdict == VERDICT_EVENT));
    if (verdict == VERDICT_EVENT) {
        /* decode_fuzz.c's moment of arrival is this one, too. */
        check_record(&s->record);
        check_same(t->name, s->source, &t->base.ev, &s->record.ev, path);
    } else if (!case_reads(s->source, &m->events, path) || verdict == VERDICT_BROKEN) {
        fail_msg("%s: %.*s: %s", t->name, STR_ARG(path), s->why.text);
    }
    arena_reset(&s->arena);
}

/* `old` stands in t->text. */
static void change(struct subject *t, struct str old, const char *new)
{
    int before = (int)(old.at - t->text);

    snprintf(t->changed, BODY_MAX, "%.*s%s%s", before, t->text, new, old.at + old.size);
}

TEST(a_value_of_any_type_costs_at_most_the_field_that_it_fills)
{
    static const char *const values[] = {
        "null", "true", "false", "\"\"",      "\"text\"",    "99999999999999999999999999",
        "-1",   "1.5",  "1e400", "-1e400",    "NaN",         "Infinity",
        "[]",   "[7]",  "{}",    "{\"a\":7}", "\"\\ud800\"", "\"{\\\"id\\\":[1\"",
    };

    for (size_t b = 0; b < BODY_COUNT; b++) {
        struct subject *t = subject_of(bodies[b]);
        struct arena *arena = &t->session->arena;
        session_begin(t->session, str_of(t->text));
        assert_int_equal(next_event(t->session), VERDICT_EVENT);
        t->base = t->session->record;
        /* What was decoded first is compared with, and is not to be reused. */
        struct arena kept = *arena;
        char *body = t->session->body;
        t->session->body = NULL;
        arena_init(arena, 0);
        for (size_t i = 0; i < t->scalars.count; i++) {
            const struct scalar *scalar = &t->scalars.items[i];
            for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
                change(t, scalar->text, values[v]);
                decode_changed(t, path_of(t, scalar));
            }
            change(t, scalar->key, "somewhere else");
            decode_changed(t, path_of(t, scalar));
        }
        arena_release(&kept);
        free(body);
        subject_close(t);
    }
}

static bool is_asked_for(const struct subject *t, struct str path)
{
    const struct source *s = t->session->source;

    for (unsigned i = 0; i < s->slot_count; i++)
        if (slot_reads(s, i, path))
            return true;
    return str_starts(path, STR("consumer.tags"));
}

/* From the last one on, so that those before it stay where they are. */
static size_t plant_canaries(struct subject *t)
{
    size_t planted = 0;

    for (size_t i = t->scalars.count; i-- > 0;) {
        const struct scalar *scalar = &t->scalars.items[i];
        if (scalar->text.at[0] != '"' || is_asked_for(t, path_of(t, scalar)))
            continue;
        change(t, scalar->text, "\"" CANARY "\"");
        memcpy(t->text, t->changed, BODY_MAX);
        planted++;
    }
    return planted;
}

TEST(no_text_leaves_a_body_that_no_mapping_asks_for)
{
    size_t planted = 0;

    for (size_t b = 0; b < BODY_COUNT; b++) {
        struct subject *t = subject_of(bodies[b]);
        planted += plant_canaries(t);
        session_begin(t->session, str_of(t->text));
        assert_int_equal(next_event(t->session), VERDICT_EVENT);
        no_canary_in(t->name, &t->session->record.ev);
        subject_close(t);
    }
    assert_true(planted > 100);
}

TEST(no_prompt_leaves_a_body_that_stands_as_text_in_another)
{
    struct subject *t = subject_of("helicone");

    assert_decoded(
        t->session,
        "{\"request_id\":\"1\",\"request_body\":\"{\\\"model\\\":\\\"m\\\","
        "\\\"messages\\\":"
        "[{\\\"content\\\":\\\"" CANARY "\\\"}],\\\"user\\\":\\\"ann\\\"}\","
        "\"response_body\":\"{\\\"id\\\":\\\"r\\\",\\\"choices\\\":[{\\\"message\\\":"
        "{\\\"content\\\":\\\"" CANARY "\\\"}}]}\"}");
    assert_text(t->session, "requested_model", "m");
    assert_text(t->session, "end_user", "ann");
    assert_text(t->session, "response_id", "r");
    no_canary_in(t->name, &t->session->record.ev);
    subject_close(t);
}

static bool takes(struct subject *t, const char *source)
{
    struct session *s = session_of(source);
    char expected[200];

    session_begin(s, str_of(t->text));
    enum verdict verdict = session_next(s);
    snprintf(expected, sizeof expected,
             "no event of this source; it looks like %s: its path is /v1/ingest/%s",
             t->name, t->name);
    if (verdict == VERDICT_REJECTED && strcmp(s->why.text, expected) != 0)
        fail_msg("%s as %s: %s", t->name, source, s->why.text);
    session_close(s);
    return verdict != VERDICT_REJECTED;
}

TEST(a_body_of_another_source_is_refused_with_the_name_of_its_own)
{
    for (size_t b = 0; b < BODY_COUNT; b++) {
        struct subject *t = subject_of(bodies[b]);
        for (size_t i = 0; source_builtin(i); i++)
            if (!str_starts(str_of(source_builtin(i)), STR("otlp")) &&
                takes(t, source_builtin(i)) != (strcmp(source_builtin(i), t->name) == 0))
                fail_msg("%s takes a body of %s", source_builtin(i), bodies[b]);
        subject_close(t);
    }
}

TEST(a_body_of_no_known_source_is_just_refused)
{
    struct session *s = session_of("kong");

    assert_rejected(s, "{\"a\":1}", "nothing of what its mapping asks for");
    assert_rejected(s, "[{\"a\":1},{\"llm_summary\":{}}]", "its mapping asks for");
    assert_int_equal(session_next(s), VERDICT_REJECTED);
    session_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_of_any_type_costs_at_most_the_field_that_it_fills),
        cmocka_unit_test(no_text_leaves_a_body_that_no_mapping_asks_for),
        cmocka_unit_test(a_body_of_another_source_is_refused_with_the_name_of_its_own),
        cmocka_unit_test(a_body_of_no_known_source_is_just_refused),
        cmocka_unit_test(no_prompt_leaves_a_body_that_stands_as_text_in_another),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
