/* A ledger in a directory of its own. */
#pragma once
#include "sample.h"

#include <unistd.h>

#include "spendwarden/ledger_tidy.h"

static const struct schema test_schema = {{{"cost_center", 11}, {"app", 3}}, 2};

struct fixture {
    char directory[64], path[96];
    struct ledger *ledger;
    struct ledger_reader *reader;
};

static inline bool fixture_open_ledger(struct fixture *f, struct err *err)
{
    struct ledger_options options = {f->path, &test_schema, 1 << 20};

    return ledger_open(&f->ledger, &options, err);
}

static inline void fixture_open(struct fixture *f)
{
    struct err err = {0};

    *f = (struct fixture){.ledger = NULL};
    snprintf(f->directory, sizeof f->directory, "/tmp/spendwarden-ledger-XXXXXX");
    assert_non_null(mkdtemp(f->directory));
    snprintf(f->path, sizeof f->path, "%s/ledger.db", f->directory);
    if (!fixture_open_ledger(f, &err))
        fail_msg("%s", err.text);
}

static inline struct ledger_reader *fixture_reader(struct fixture *f)
{
    struct err err = {0};

    if (!f->reader && !ledger_reader_open(&f->reader, f->path, &test_schema, &err))
        fail_msg("%s", err.text);
    return f->reader;
}

static inline void fixture_close(struct fixture *f)
{
    static const char *const endings[] = {"", "-wal", "-shm", "-lock"};
    char path[128];

    ledger_reader_close(f->reader);
    ledger_close(f->ledger);
    for (size_t i = 0; i < 4; i++) {
        snprintf(path, sizeof path, "%s%s", f->path, endings[i]);
        unlink(path);
    }
    assert_int_equal(rmdir(f->directory), 0);
}

/* Commits samples with the seeds first to last in one transaction. */
static inline void fixture_write(struct fixture *f, unsigned first, unsigned last,
                                 int64_t committed_ns)
{
    struct sample *s = malloc(sizeof *s);
    struct err err = {0};

    assert_true(ledger_begin(f->ledger, &err));
    for (unsigned seed = first; seed <= last; seed++) {
        sample_make(s, seed);
        if (!ledger_append(f->ledger, &s->record, &err))
            fail_msg("%s", err.text);
    }
    if (!ledger_commit(f->ledger, committed_ns, &err))
        fail_msg("%s", err.text);
    free(s);
}
