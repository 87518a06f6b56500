/* Policies from text, one record, and a price book of one model. */
#pragma once
#include "../unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "spendwarden/policy_errors.h"
#include "spendwarden/policy_tick.h"
#include "spendwarden/policy_trace.h"

/* The whole price book of these tests: "gpt-big" costs 2 dollars a call. */
struct price_cache *price_cache_new(const struct price_book *b)
{
    (void)b;
    return malloc(1);
}

void price_cache_free(struct price_cache *c)
{
    free(c);
}

bool price_at_model(const struct price_book *b, struct price_cache *c,
                    const struct record *r, struct str model, struct money *out)
{
    (void)b, (void)c, (void)r;
    *out = (struct money){2 * NANO_PER_USD};
    return str_eq(model, STR("gpt-big"));
}

struct fixture {
    char directory[64];
    size_t path_count;
    char paths[8][128];
    const char *path_list[8];
    size_t data_count;
    char data_paths[8][128];
    struct policy_data data[8];
    struct schema schema;
    struct zone *zone;
    struct policy_options options;
    struct diags diags;
    struct buf errors;
    struct policy_set *set;
    struct policy_vm *vm;
    struct arena arena;
    struct record record;
};

static void write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static inline struct fixture *fixture_new(void)
{
    struct fixture *f = calloc(1, sizeof *f);

    snprintf(f->directory, sizeof f->directory, "/tmp/policy_test.XXXXXX");
    assert_non_null(mkdtemp(f->directory));
    f->schema.declared[0] = STR("cost_centre");
    f->schema.declared_count = 1;
    f->options.schema = &f->schema;
    f->options.prices = (const struct price_book *)f;
    policy_limits_default(&f->options.limits);
    f->options.limits.call_ms = 5000; /* sanitizers are slow */
    f->options.unchecked = true;      /* what fails is to fail when it runs */
    return f;
}

/* By way of a copy: gcc cannot tell the members of one fixture apart. */
static inline void join_path(char *out, size_t room, const char *directory,
                             const char *name, const char *ending)
{
    char copy[64];

    snprintf(copy, sizeof copy, "%s", directory);
    snprintf(out, room, "%s/%s%s", copy, name, ending);
}

static inline void add_policy(struct fixture *f, const char *name, const char *text)
{
    size_t i = f->path_count++;

    join_path(f->paths[i], sizeof f->paths[i], f->directory, name, "");
    write_text(f->paths[i], text);
    f->path_list[i] = f->paths[i];
}

static inline void add_policy_file(struct fixture *f, const char *path)
{
    size_t i = f->path_count++;

    snprintf(f->paths[i], sizeof f->paths[i], "%s", path);
    f->path_list[i] = f->paths[i];
}

static inline void add_data(struct fixture *f, const char *name, const char *text)
{
    size_t i = f->data_count++;

    join_path(f->data_paths[i], sizeof f->data_paths[i], f->directory, name, ".yaml");
    if (text)
        write_text(f->data_paths[i], text);
    f->data[i] = (struct policy_data){.name = str_of(name), .path = f->data_paths[i]};
}

/* Takes the directory out. */
static inline void shorten_paths(const struct fixture *f, struct buf *text)
{
    size_t length = strlen(f->directory) + 1;

    buf_byte(text, '\0');
    for (char *at; (at = strstr(text->at, f->directory));)
        memmove(at, at + length, strlen(at + length) + 1);
}

/* The errors, with the directory taken out; "" if it loaded. */
static inline const char *load_errors(struct fixture *f)
{
    f->options.path_count = f->path_count;
    f->options.paths = f->path_list;
    f->options.data_count = f->data_count;
    f->options.data = f->data;
    if (!f->set)
        policy_load(&f->set, &f->options, &f->diags);
    buf_reset(&f->errors);
    diags_print(&f->diags, &f->errors);
    shorten_paths(f, &f->errors);
    return f->errors.at;
}

static inline void open_vm(struct fixture *f)
{
    struct err err = {0};

    assert_string_equal(load_errors(f), "");
    assert_non_null(f->set);
    if (!policy_vm_open(&f->vm, f->set, &err))
        fail_msg("%s", err.text);
}

/* An empty event of now. */
static inline struct record *new_record(struct fixture *f)
{
    struct record *r = &f->record;

    arena_reset(&f->arena);
    record_init(r);
    r->ev.text[TEXT_SOURCE] = STR("generic");
    r->ev.received_ns = 1795481240 * NS_PER_SECOND;
    record_book(r);
    return r;
}

static inline void decide(struct fixture *f)
{
    policy_event_begin(f->vm, &f->record, &f->arena);
    policy_derive(f->vm);
    policy_price(f->vm);
    policy_classify(f->vm);
    policy_count(f->vm);
    policy_event_end(f->vm);
}

static inline int64_t failures(const struct fixture *f, const char *reason)
{
    struct policy_error_count errors[64];
    size_t count = policy_errors(f->set, errors, 64);
    int64_t sum = 0;

    for (size_t i = 0; i < count && i < 64; i++)
        if (strcmp(errors[i].reason, reason) == 0)
            sum += errors[i].count;
    return sum;
}

static inline void fixture_free(struct fixture *f)
{
    char command[128];

    policy_vm_close(f->vm);
    policy_set_free(f->set);
    diags_release(&f->diags);
    buf_release(&f->errors);
    arena_release(&f->arena);
    snprintf(command, sizeof command, "rm -r %s", f->directory);
    assert_int_equal(system(command), 0);
    free(f);
}

/* One policy, one record that `fill` prepares, decided. */
static inline struct fixture *decided(const char *policy, void (*fill)(struct record *r))
{
    struct fixture *f = fixture_new();
    char text[8192];

    snprintf(text, sizeof text, "policy { name = 'p' }\n%s", policy);
    add_policy(f, "p.lua", text);
    open_vm(f);
    new_record(f);
    if (fill)
        fill(&f->record);
    record_book(&f->record);
    decide(f);
    return f;
}

static inline void aliased(struct record *r)
{
    static struct provenance gateway = {.from = FROM_GATEWAY};

    r->ev.text[TEXT_KEY_ALIAS] = STR("checkout-prod");
    r->ev.text[TEXT_TEAM] = STR("search");
    *record_label_by(r, TEXT_TEAM) = &gateway;
    r->ev.text[TEXT_REQUESTED_MODEL] = STR("gpt-big");
    r->ev.count[COUNT_INPUT_TOKENS] = 1000;
    r->ev.count[COUNT_OUTPUT_TOKENS] = 20;
    r->ev.start_ns = 10 * NS_PER_SECOND;
    r->ev.end_ns = 12 * NS_PER_SECOND;
    r->ev.tags[0] = STR("team:x");
    r->ev.tags[1] = STR("fast");
    r->ev.tag_count = 2;
    r->ev.metadata[0] = (struct pair){STR("job"), STR("nightly")};
    r->ev.metadata_count = 1;
    r->charge.charge = r->charge.billed = (struct money){500000000};
    r->charge.status = PRICE_EXACT;
}

#define assert_str(actual, expected)                                                     \
    do {                                                                                 \
        struct str assert_text = (actual);                                               \
        char assert_copy[512];                                                           \
        snprintf(assert_copy, sizeof assert_copy, "%.*s", STR_ARG(assert_text));         \
        assert_string_equal(assert_copy, expected);                                      \
    } while (0)
