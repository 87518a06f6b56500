/* Records and registries for tests of metrics. */
#pragma once
#include "../unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "spendwarden/metrics.h"

static inline struct field field(const char *name)
{
    struct field found = field_find(NULL, str_of(name));

    assert_int_not_equal(found.kind, FIELD_NONE);
    return found;
}

static inline struct metrics *opened(const char *first, const char *second,
                                     size_t max_series)
{
    struct metrics_options options = {.label_count = 2,
                                      .labels = {field(first), field(second)},
                                      .coverage_count = 2,
                                      .coverage = {field("team"), field("tenant")},
                                      .max_series = max_series};
    struct err err = {0};
    struct metrics *m;

    if (!metrics_open(&m, &options, &err))
        fail_msg("%s", err.text);
    return m;
}

static inline struct record charge(const char *team, const char *model, int64_t nanousd)
{
    struct record r;

    record_init(&r);
    r.ev.text[TEXT_SOURCE] = STR("litellm");
    r.ev.text[TEXT_AI_SYSTEM] = STR("openai");
    r.ev.text[TEXT_TEAM] = str_of(team);
    r.ev.text[TEXT_REQUESTED_MODEL] = str_of(model);
    r.charge.status = PRICE_EXACT;
    r.charge.charge.nanousd = nanousd;
    return r;
}

static inline struct buf rendered(const struct metrics *m)
{
    struct metrics_copy *copy = metrics_copy(m, 0);
    struct buf out = {0};

    assert_non_null(copy);
    metrics_render(copy, &(struct exposition){.out = &out, .zero_from_ns = INT64_MAX});
    metrics_copy_free(copy);
    assert_false(out.failed);
    buf_byte(&out, '\0'); /* so that strstr may look */
    out.size--;
    return out;
}

static inline void expect_line(const struct metrics *m, const char *line)
{
    struct buf text = rendered(m);
    struct buf wanted = {0};

    buf_format(&wanted, "\n%s\n", line);
    if (!strstr(text.at, wanted.at))
        fail_msg("no line %s in\n%s", line, text.at);
    buf_release(&wanted);
    buf_release(&text);
}

static inline void expect_absent(const struct metrics *m, const char *part)
{
    struct buf text = rendered(m);

    if (strstr(text.at, part))
        fail_msg("%s in\n%s", part, text.at);
    buf_release(&text);
}
