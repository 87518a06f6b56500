/* Runs files of tests one by one, on a thread with the stack that Lua needs. */
#include "spendwarden/testing.h"

#include <pthread.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "find.h"
#include "host.h"
#include "spendwarden/timestamp.h"

enum {
    TESTING_STACK = 32 * 1024 * 1024, /* a test's state and a policy's above each other */
    TEST_MS = 60000,
    NAME_MAX_BYTES = 4096,
};

static const int64_t TEST_INSTRUCTIONS = INT64_C(5000000000);

struct run {
    const struct testing_options *options;
    struct testing_report *report;
    const struct testing_watch *watch;
    struct diags *diags;
    regex_t pattern;
    bool has_pattern;
    int64_t stop_ns;
    struct policy_lines *lines; /* owned; NULL: nobody asks */
    bool ok;
};

static struct test_result *next_result(struct testing_report *r)
{
    if (r->count == r->capacity) {
        size_t capacity = r->capacity ? 2 * r->capacity : 64;
        struct test_result *grown = realloc(r->results, capacity * sizeof *grown);
        if (!grown)
            return NULL;
        r->results = grown;
        r->capacity = capacity;
    }
    return &r->results[r->count];
}

static void complain(struct run *run, const char *file, const char *text)
{
    diags_add(run->diags, file, 0, 0, "%s", text);
    run->ok = false;
}

static bool is_wanted(const struct run *run, const char *file, struct str name)
{
    char text[NAME_MAX_BYTES];

    if (!run->has_pattern)
        return true;
    snprintf(text, sizeof text, "%s: %.*s", file, STR_ARG(name));
    return regexec(&run->pattern, text, 0, NULL, 0) == 0;
}

static bool out_of_time(const struct run *run)
{
    return run->stop_ns && timestamp_monotonic() > run->stop_ns;
}

static void run_case(struct run *run, struct policy_test *t, struct host *h,
                     const char *file, size_t i)
{
    const struct test_case *cases;
    struct test_outcome outcome;
    int64_t began_ns = timestamp_monotonic();

    policy_test_cases(t, &cases);
    if (run->watch->begins)
        run->watch->begins(run->watch->ctx, file, cases[i].name);
    policy_test_run(t, i, &outcome);
    host_reset(h);
    struct test_result *result = next_result(run->report);
    if (!result) {
        complain(run, file, "no memory");
        return;
    }
    *result = (struct test_result){
        .file = arena_cstr(&run->report->arena, str_of(file)),
        .name = arena_copy(&run->report->arena, cases[i].name),
        .status = outcome.status,
        .line = outcome.line ? outcome.line : cases[i].line,
        .message = arena_copy(&run->report->arena, outcome.message),
        .duration_ns = timestamp_monotonic() - began_ns,
    };
    run->report->count++;
    run->report->by_status[outcome.status]++;
    if (run->watch->ended)
        run->watch->ended(run->watch->ctx, result);
}

static void run_cases(struct run *run, struct policy_test *t, struct host *h,
                      const char *file)
{
    const struct test_case *cases;
    size_t count = policy_test_cases(t, &cases);

    for (size_t i = 0; i < count; i++) {
        if (!is_wanted(run, file, cases[i].name))
            continue;
        if (out_of_time(run)) {
            complain(run, file, "the time for all tests is over");
            return;
        }
        run_case(run, t, h, file, i);
    }
}

static void run_file(struct run *run, const char *file)
{
    const struct testing_options *options = run->options;
    struct host *h = calloc(1, sizeof *h);
    struct policy_test *t = NULL;
    const struct str *uses;

    if (!h) {
        complain(run, file, "no memory");
        return;
    }
    const struct policy_test_options test = {
        .path = file,
        .schema = &options->generation->config->schema,
        .zone = options->generation->config->zone,
        .limits = &options->generation->config->policies.limits,
        .test_instructions =
            options->test_instructions ? options->test_instructions : TEST_INSTRUCTIONS,
        .test_ms = options->test_ms ? options->test_ms : TEST_MS,
        .host = host_of(h),
    };
    h->lines = run->lines;
    h->test_ms = test.test_ms;
    h->stop_ns = run->stop_ns;
    bool ok = policy_test_open(&t, &test, run->diags);
    size_t use_count = ok ? policy_test_uses(t, &uses) : 0;
    ok = ok && host_open(h, options->generation, file, uses, use_count, run->diags);
    if (ok)
        run_cases(run, t, h, file);
    run->report->unloaded += !ok;
    run->ok = run->ok && ok;
    policy_test_close(t);
    host_close(h);
    free(h);
}

static void *run_all(void *arg)
{
    struct run *run = arg;
    struct found found = {0};

    for (size_t i = 0; i < run->options->path_count; i++)
        if (!find_tests(&found, run->options->paths[i], &run->report->arena, run->diags))
            run->ok = false;
    for (size_t i = 0; i < found.count; i++) {
        if (out_of_time(run)) {
            complain(run, found.files[i], "the time for all tests is over");
            break;
        }
        run_file(run, found.files[i]);
    }
    found_release(&found);
    return NULL;
}

static bool begin_lines(struct run *run)
{
    if (run->options->coverage && !(run->lines = policy_lines_new())) {
        complain(run, "spendwarden", "no memory");
        return false;
    }
    return true;
}

static bool end_lines(struct run *run)
{
    struct testing_report *r = run->report;
    struct err err = {0};

    if (!run->lines)
        return true;
    bool ok = policy_lines_report(run->lines, &r->arena, &r->files, &r->file_count, &err);
    if (!ok)
        complain(run, "spendwarden", err.text);
    policy_lines_free(run->lines);
    return ok;
}

static bool compile_pattern(struct run *run)
{
    char text[200];

    if (!run->options->pattern)
        return true;
    int rc = regcomp(&run->pattern, run->options->pattern, REG_EXTENDED | REG_NOSUB);
    if (rc == 0)
        return run->has_pattern = true;
    regerror(rc, &run->pattern, text, sizeof text);
    diags_add(run->diags, "--run", 0, 0, "\"%s\": %s", run->options->pattern, text);
    return false;
}

static bool on_a_thread(struct run *run)
{
    pthread_attr_t attributes;
    pthread_t thread;

    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, TESTING_STACK);
    int rc = pthread_create(&thread, &attributes, run_all, run);
    pthread_attr_destroy(&attributes);
    if (rc != 0) {
        complain(run, "spendwarden", "no thread for tests");
        return false;
    }
    pthread_join(thread, NULL);
    return run->ok;
}

bool testing_run(struct testing_report *out, const struct testing_options *options,
                 const struct testing_watch *watch, struct diags *diags)
{
    static const struct testing_watch nobody;
    struct run run = {.options = options,
                      .report = out,
                      .watch = watch ? watch : &nobody,
                      .diags = diags,
                      .ok = true};
    int64_t began_ns = timestamp_monotonic();

    *out = (struct testing_report){0};
    arena_init(&out->arena, 0);
    if (options->total_ms)
        run.stop_ns = timestamp_monotonic() + options->total_ms * NS_PER_MS;
    bool ok = compile_pattern(&run) && begin_lines(&run) && on_a_thread(&run);
    ok = end_lines(&run) && ok;
    if (run.has_pattern)
        regfree(&run.pattern);
    out->duration_ns = timestamp_monotonic() - began_ns;
    return ok;
}

void testing_release(struct testing_report *r)
{
    arena_release(&r->arena);
    free(r->results);
    *r = (struct testing_report){0};
}

void testing_diags(const struct testing_report *r, struct diags *diags)
{
    for (size_t i = 0; i < r->count; i++) {
        const struct test_result *result = &r->results[i];
        struct str first = result->message;
        const char *end = first.size ? memchr(first.at, '\n', first.size) : NULL;
        if (result->status != TEST_FAILED && result->status != TEST_BROKEN)
            continue;
        if (end)
            first.size = (size_t)(end - first.at);
        diags_add(diags, result->file, result->line, 0, "test \"%.*s\": %.*s",
                  STR_ARG(result->name), STR_ARG(first));
    }
}
