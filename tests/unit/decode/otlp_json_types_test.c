/* Each field, fed each type of JSON. */
#include "otlp_transcode.h"

struct junk {
    const char *json;
    unsigned kinds; /* bits of those that take it */
    bool by_one, by_many;
};

enum { INTEGERS = 1 << OTLP_FIXED64 | 1 << OTLP_SFIXED64 | 1 << OTLP_INT64 };

static const struct junk junk[] = {
    {"null", 0, false, false},
    {"true", 1 << OTLP_BOOL, false, false},
    {"1.5", 1 << OTLP_DOUBLE, false, false},
    {"7", INTEGERS | 1 << OTLP_ENUM | 1 << OTLP_DOUBLE, false, false},
    {"1e300", 1 << OTLP_DOUBLE, false, false},
    {"\"t*xt\"", 1 << OTLP_STRING | 1 << OTLP_ID, false, false},
    {"\"\\u0074*xt\"", 1 << OTLP_STRING | 1 << OTLP_ID, false, false},
    {"\"abc\"", 1 << OTLP_STRING | 1 << OTLP_BYTES, false, false},
    {"[]", 0, false, true},
    {"[null,[{}],\"x\",5]", 0, false, true},
    {"[{}]", 0, false, true},
    {"{}", 0, true, false},
    {"{\"none\":[[{\"a\":1}]]}", 0, true, false},
};

struct place {
    enum otlp_signal signal;
    struct buf before, after; /* what closes it is written backwards */
    unsigned tried;
};

static struct transcoded with(const struct place *p, const char *member)
{
    struct buf body = {0};

    buf_add(&body, buf_str(&p->before));
    buf_format(&body, "%s", member);
    for (size_t i = p->after.size; i-- > 0;)
        buf_byte(&body, p->after.at[i]);
    struct transcoded o = transcode_bytes(p->signal, buf_str(&body));
    buf_release(&body);
    assert_true(o.ok || p->before.size == 1);
    assert_null(o.why.text);
    return o;
}

static void try_junk(struct place *p, const struct otlp_field *f, const struct junk *j)
{
    struct transcoded none = with(p, ""), fed;
    char member[100];
    bool takes = f->kind != OTLP_MESSAGE ? j->kinds >> f->kind & 1
                 : f->repeated           ? j->by_many
                                         : j->by_one;

    snprintf(member, sizeof member, "\"%.*s\":%s", STR_ARG(f->name), j->json);
    fed = with(p, member);
    /* "[]" and what holds no object add nothing to a repeated field either. */
    bool adds = takes && strncmp(j->json, "[]", 2) != 0 && strncmp(j->json, "[n", 2) != 0;
    assert_int_equal(strcmp(fed.text.at, none.text.at) != 0, adds);
    end(&none);
    end(&fed);
    p->tried++;
}

static void try_fields(struct place *p, const struct otlp_message *m, unsigned depth)
{
    for (size_t i = 0; i < m->count; i++) {
        const struct otlp_field *f = &m->fields[i];
        size_t before = p->before.size, after = p->after.size;
        for (size_t k = 0; k < sizeof junk / sizeof *junk; k++)
            try_junk(p, f, &junk[k]);
        if (f->kind != OTLP_MESSAGE || depth == 9)
            continue;
        buf_format(&p->before, "\"%.*s\":%s{", STR_ARG(f->name), f->repeated ? "[" : "");
        buf_format(&p->after, "%s}", f->repeated ? "]" : "");
        try_fields(p, f->message, depth + 1);
        p->before.size = before;
        p->after.size = after;
    }
}

TEST(a_field_of_a_wrong_type_is_left_out_and_nothing_else)
{
    for (int signal = OTLP_TRACES; signal <= OTLP_METRICS; signal++) {
        struct place p = {.signal = signal};
        buf_byte(&p.before, '{');
        buf_byte(&p.after, '}');
        try_fields(&p, otlp_requests[signal], 0);
        assert_true(p.tried > 1000);
        buf_release(&p.before);
        buf_release(&p.after);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_field_of_a_wrong_type_is_left_out_and_nothing_else),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
