/* What one value of a body may change of its event: the fields whose paths lead to it. */
#pragma once
#include "../../../src/decode/mapping.h"
#include "session.h"

#define CANARY "canary4711"

/* Whether what is wanted at `wanted` is the value at `path`, or in its text; "\\." is a
 * dot of a key. */
static inline bool reads(struct str wanted, struct str path)
{
    char text[JSON_PATH_MAX];
    size_t size = 0;

    for (size_t i = 0; i < wanted.size; i++)
        if (wanted.at[i] != '\\')
            text[size++] = wanted.at[i];
    wanted = (struct str){text, size};
    return str_eq(wanted, path) || (str_starts(wanted, path) &&
                                    str_starts(str_from(wanted, path.size), STR(" > ")));
}

static inline bool slot_reads(const struct source *s, unsigned slot, struct str path)
{
    return reads(s->wanted[slot], path);
}

static inline bool case_reads(const struct source *s, const struct map_cases *cases,
                              struct str path)
{
    for (size_t i = 0; i < cases->count; i++)
        for (size_t k = 0; k < cases->cases[i].condition_count; k++)
            if (slot_reads(s, cases->cases[i].conditions[k].slot, path))
                return true;
    return false;
}

static inline bool is_usage(const struct map_value *v)
{
    return v->target == TARGET_FIELD && v->field.kind == FIELD_COUNT;
}

static inline bool is_time(const struct map_value *v)
{
    return v->target == TARGET_DURATION || v->target == TARGET_TO_FIRST_TOKEN ||
           (v->target == TARGET_FIELD && v->field.kind == FIELD_TIME);
}

/* Counts and times are made of each other. */
static inline bool fills(const struct map_value *v, enum field_kind kind, unsigned index)
{
    if (kind == FIELD_COUNT && v->target != TARGET_FIELD)
        return is_usage(v);
    if (kind == FIELD_COUNT && index == COUNT_INPUT_TOKENS)
        return is_usage(v);
    if (kind == FIELD_TIME)
        return is_time(v);
    if (kind == FIELD_MONEY || (kind == FIELD_TEXT && index == TEXT_REPORTED_OTHER))
        return v->target == TARGET_REPORTED || v->target == TARGET_CURRENCY;
    return v->target == TARGET_FIELD && v->field.kind == kind && v->field.index == index;
}

static inline bool may_change(const struct source *s, enum field_kind kind,
                              unsigned index, struct str path)
{
    const struct mapping *m = s->mapping;

    for (size_t i = 0; i < m->value_count; i++)
        for (size_t k = 0; k < m->values[i].path_count; k++)
            if (fills(&m->values[i], kind, index) &&
                slot_reads(s, m->values[i].paths[k].slot, path))
                return true;
    for (size_t i = 0; i < s->map_count; i++)
        for (size_t k = 0; k < s->maps[i].path_count; k++)
            if (s->maps[i].field.kind == kind && s->maps[i].field.index == index &&
                (s->maps[i].paths[k].tag.size
                     ? str_starts(path, STR("consumer.tags"))
                     : slot_reads(s, s->maps[i].paths[k].slot, path)))
                return true;
    return kind == FIELD_MONEY && case_reads(s, &m->cache_hit, path);
}

static inline void check_same(const char *name, const struct source *s,
                              const struct event *was, const struct event *is,
                              struct str path)
{
    bool times = was->start_ns == is->start_ns && was->end_ns == is->end_ns &&
                 was->first_token_ns == is->first_token_ns;

    for (unsigned i = 0; i < TEXT_COUNT; i++)
        if (!str_eq(was->text[i], is->text[i]) && !may_change(s, FIELD_TEXT, i, path))
            fail_msg("%s: %.*s changes text %u", name, STR_ARG(path), i);
    for (unsigned i = 0; i < COUNT_COUNT; i++) {
        if (was->count[i] != is->count[i] && !may_change(s, FIELD_COUNT, i, path))
            fail_msg("%s: %.*s changes count %u", name, STR_ARG(path), i);
        assert_true(is->count[i] <= COUNT_MOST);
    }
    if (!times && !may_change(s, FIELD_TIME, 0, path))
        fail_msg("%s: %.*s changes a time", name, STR_ARG(path));
    if (was->reported_usd.nanousd != is->reported_usd.nanousd &&
        !may_change(s, FIELD_MONEY, 0, path))
        fail_msg("%s: %.*s changes the cost", name, STR_ARG(path));
    assert_true(is->reported_usd.nanousd <= REPORTED_MOST_USD * NANO_PER_USD);
}

static inline void no_canary(const char *name, struct str text)
{
    if (text.size && memmem(text.at, text.size, CANARY, sizeof CANARY - 1))
        fail_msg("%s: the canary is in \"%.*s\"", name, STR_ARG(text));
}

static inline void no_canary_in(const char *name, const struct event *ev)
{
    for (unsigned i = 0; i < TEXT_COUNT; i++)
        no_canary(name, ev->text[i]);
    for (unsigned i = 0; i < ev->tag_count; i++)
        no_canary(name, ev->tags[i]);
    for (unsigned i = 0; i < ev->metadata_count; i++)
        no_canary(name, ev->metadata[i].value);
    for (unsigned i = 0; i < ev->identity_count; i++)
        no_canary(name, ev->identity[i]);
}
