/* CPU time per event and stage, in process: decode alone, the whole decision, and the
 * commit of batches into a ledger on disk.
 *
 *     stages CONFIG SOURCE BODY-FILE ROUNDS
 *
 * The body holds events of that source alone; runs of '@' in it are replaced as load.c
 * does. Prints one JSON object: microseconds of this thread's CPU time per event. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "spendwarden/books.h"
#include "spendwarden/engine.h"
#include "spendwarden/json.h"
#include "spendwarden/pipeline.h"

#define MARK "@@@@@@@@@@@@@@@@"

enum { MARK_SIZE = 16, MARKS_MAX = 4096, EVENTS_MAX = 2048, BODY_MAX = 64 << 20 };

struct marks {
    size_t at[MARKS_MAX], count;
};

static double cpu_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static size_t read_body(const char *path, char **out)
{
    FILE *file = fopen(path, "re");
    char *body = calloc(1, BODY_MAX + JSON_PADDING);
    size_t size = file && body ? fread(body, 1, BODY_MAX, file) : 0;

    if (file)
        fclose(file);
    *out = body;
    return size;
}

static void find_marks(struct marks *m, const char *body, size_t size)
{
    for (size_t i = 0; m->count < MARKS_MAX; i = m->at[m->count++] + MARK_SIZE) {
        const char *at = memmem(body + i, size - i, MARK, MARK_SIZE);
        if (!at)
            return;
        m->at[m->count] = (size_t)(at - body);
    }
}

static void put_ids(char *body, const struct marks *m)
{
    static uint64_t next;

    if (next == 0) /* other ids than an earlier run's */
        next = (uint64_t)(timestamp_now() / 1000) << 10;
    for (size_t i = 0; i < m->count; i++) {
        char digits[MARK_SIZE + 1];
        snprintf(digits, sizeof digits, "%016llx", (unsigned long long)++next);
        memcpy(body + m->at[i], digits, MARK_SIZE);
    }
}

struct result {
    double decode, decide, commit;
    size_t events;
};

static size_t decode_only(const struct source *source, struct decoder *d, struct str body,
                          struct arena *arena)
{
    static struct record record;
    struct verdict_reason why;
    enum verdict verdict;
    size_t count = 0;

    decode_begin(d, source, body, arena, timestamp_now());
    while ((verdict = decode_next(d, &record, &why)) == VERDICT_EVENT ||
           verdict == VERDICT_MORE)
        count += verdict == VERDICT_EVENT;
    return count;
}

static size_t decide(const struct source *source, struct pipeline *p, struct str body,
                     struct arena *arena, struct record **records)
{
    struct verdict_reason why;
    enum verdict verdict = VERDICT_EVENT;
    size_t count = 0;

    pipeline_begin(p, source, body, NULL, arena, timestamp_now());
    while (count < EVENTS_MAX && (verdict == VERDICT_EVENT || verdict == VERDICT_MORE)) {
        verdict = pipeline_next(p, &records[count], &why);
        count += verdict == VERDICT_EVENT;
    }
    return count;
}

static bool round_trip(struct engine *e, const struct source *source, struct decoder *d,
                       struct pipeline *p, struct str body, struct result *total)
{
    static struct record *records[EVENTS_MAX];
    static enum commit_verdict verdicts[EVENTS_MAX];
    struct batch batch = {.records = records, .verdicts = verdicts};
    struct arena arena;
    struct err err = {0};

    arena_init(&arena, 0);
    double t0 = cpu_us();
    size_t decoded = decode_only(source, d, body, &arena);
    double t1 = cpu_us();
    arena_reset(&arena);
    double t2 = cpu_us();
    batch.count = decide(source, p, body, &arena, records);
    double t3 = cpu_us();
    bool ok = batch.count == decoded && books_commit(engine_books(e), &batch, &err);
    double t4 = cpu_us();
    arena_release(&arena);
    total->events += batch.count;
    total->decode += t1 - t0;
    total->decide += t3 - t2;
    total->commit += t4 - t3;
    if (!ok || batch.accepted != batch.count)
        fprintf(stderr, "stages: %zu of %zu booked: %s\n", batch.accepted, decoded,
                err.text);
    return ok && batch.accepted == batch.count && batch.count > 0;
}

int main(int argc, char **argv)
{
    struct generation_options options = {.config_path = argc > 1 ? argv[1] : NULL};
    struct diags diags = {0};
    struct engine *e;
    struct decoder *d = NULL;
    struct pipeline *p = NULL;
    struct err err = {0};
    struct result total = {0};
    static struct marks marks;
    char *template, *body;

    if (argc != 5) {
        fputs("usage: stages CONFIG SOURCE BODY-FILE ROUNDS\n", stderr);
        return 2;
    }
    size_t size = read_body(argv[3], &template);
    body = calloc(1, size + JSON_PADDING);
    find_marks(&marks, template, size);
    if (!size || !engine_open(&e, &options, false, &diags)) {
        struct buf text = {0};
        diags_print(&diags, &text);
        fwrite(text.at, 1, text.size, stderr);
        return 2;
    }
    struct generation *g = engine_generation(e);
    const struct source *source = generation_source(g, str_of(argv[2]));
    if (!source)
        fprintf(stderr, "stages: no source %s\n", argv[2]);
    bool ok = source && decoder_open(&d, &err) && pipeline_open(&p, g, &err);
    for (int round = 0; ok && round < atoi(argv[4]) + 1; round++) {
        memcpy(body, template, size);
        put_ids(body, &marks);
        if (round == 1) /* the first one warms up */
            total = (struct result){0};
        ok = round_trip(e, source, d, p, (struct str){body, size}, &total);
    }
    if (ok)
        printf(
            "{\"events\":%zu,\"decode_us\":%.2f,\"decide_us\":%.2f,\"commit_us\":%.2f}\n",
            total.events, total.decode / (double)total.events,
            (total.decide - total.decode) / (double)total.events,
            total.commit / (double)total.events);
    pipeline_close(p);
    decoder_close(d);
    generation_release(g);
    engine_close(e);
    return ok ? 0 : 1;
}
