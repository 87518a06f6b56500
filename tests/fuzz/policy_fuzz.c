/* Any text as a policy: it is refused, or runs for events and a tick, under small limits;
 * and what it leaves keeps the bounds that event.h and record.h promise. What stands
 * behind a line "--- event" becomes the event's texts, one a line.
 * Build: clang -fsanitize=fuzzer,address,undefined. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "spendwarden/log.h"
#include "spendwarden/policy_tick.h"

#define FUZZ_AT_NS (INT64_C(1795482000) * NS_PER_SECOND)

enum { FUZZ_GROUPS = 3 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool holds)
{
    if (!holds)
        abort();
}

static struct zone *utc(void)
{
    static struct zone *zone;

    demand(zone || zone_load(&zone, "UTC", NULL));
    return zone;
}

/* --- the policy --- */

/* The same file for all inputs; the path that names it. */
static const char *write_source(struct str source)
{
    static char path[64];
    static int fd = -1;

    if (fd == -1) {
        fd = memfd_create("policy.lua", 0);
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    }
    demand(fd != -1 && ftruncate(fd, 0) == 0 &&
           pwrite(fd, source.at, source.size, 0) == (ssize_t)source.size);
    return path;
}

static struct policy_set *load(struct str source)
{
    static const struct schema schema = {{STR("cost_centre")}, 1};
    static const struct policy_data data = {
        .name = STR("budgets"), .text = STR("{search: 100, acme: {a: [1, x, true]}}")};
    static const struct policy_setting setting = {
        .policy = STR("p"), .key = STR("factor"), .value = STR("3")};
    const char *path = write_source(source);
    struct policy_options options = {.schema = &schema,
                                     .path_count = 1,
                                     .paths = &path,
                                     .data_count = 1,
                                     .data = &data,
                                     .setting_count = 1,
                                     .optional_settings = 1,
                                     .settings = &setting,
                                     .unchecked = true};
    struct policy_limits *l = &options.limits;
    struct diags diags = {0};
    struct policy_set *set;

    policy_limits_default(l);
    l->call_instructions = 3000;
    l->event_instructions = 20000;
    l->tick_instructions = 40000;
    l->load_instructions = 30000;
    l->memory_bytes = 4 * 1024 * 1024;
    l->string_bytes = 4 * 1024;
    l->table_bytes = 64 * 1024;
    options.zone = utc();
    bool ok = policy_load(&set, &options, &diags);
    demand(ok == (set != NULL) && ok == (diags.count == 0));
    diags_release(&diags);
    return set;
}

/* --- an event --- */

static struct str next_line(struct str *rest)
{
    const char *end = rest->size ? memchr(rest->at, '\n', rest->size) : NULL;
    struct str line = {rest->at, end ? (size_t)(end - rest->at) : rest->size};

    *rest = str_from(*rest, line.size + (end != NULL));
    if (line.size > TEXT_VALUE_MAX)
        line.size = TEXT_VALUE_MAX;
    return line;
}

static void fill(struct record *r, struct str texts)
{
    static const struct provenance gateway = {.from = FROM_GATEWAY};

    record_init(r);
    r->ev.received_ns = r->ev.start_ns = r->ev.end_ns = FUZZ_AT_NS;
    r->ev.count[COUNT_INPUT_TOKENS] = 1000;
    r->charge.charge = r->charge.billed = (struct money){NANO_PER_USD / 2};
    for (unsigned i = 0; i < TEXT_COUNT && texts.size; i++) {
        r->ev.text[i] = next_line(&texts);
        if (text_is_label(i) && r->ev.text[i].size)
            *record_label_by(r, i) = &gateway;
    }
    for (; r->ev.tag_count < TAGS_MAX && texts.size; r->ev.tag_count++)
        r->ev.tags[r->ev.tag_count] = next_line(&texts);
    for (; r->ev.metadata_count < METADATA_MAX && texts.size; r->ev.metadata_count++)
        r->ev.metadata[r->ev.metadata_count] =
            (struct pair){STR("job"), next_line(&texts)};
    record_book(r);
}

static void check_provenance(const struct provenance *by)
{
    demand(!by || by->from != FROM_POLICY ||
           (by->policy.size && by->rule.size && by->reason.size <= TEXT_VALUE_MAX));
}

static void check_record(const struct record *r, const struct record *before)
{
    for (unsigned i = 0; i < TEXT_COUNT; i++)
        demand(r->ev.text[i].size <= TEXT_VALUE_MAX &&
               (text_is_label(i) || str_eq(r->ev.text[i], before->ev.text[i])));
    for (unsigned i = 0; i < LABEL_COUNT; i++) {
        demand((r->label_by[i] != NULL) == (r->ev.text[TEXT_LABEL_FIRST + i].size > 0));
        check_provenance(r->label_by[i]);
    }
    demand(memcmp(r->ev.count, before->ev.count, sizeof r->ev.count) == 0);
    demand(r->charge.charge.nanousd >= 0 && r->charge.billed.nanousd >= 0 &&
           r->charge.step_count <= PRICE_STEPS_MAX && r->effect_count <= EFFECTS_MAX);
    demand((r->class.size > 0) == (r->class_by != NULL));
    check_provenance(r->class_by);
    for (unsigned i = 0; i < r->effect_count; i++)
        demand(r->effects[i].name.size && r->effects[i].label_count <= EFFECT_LABELS_MAX);
}

static void decide(struct policy_vm *vm, struct str texts)
{
    static struct record record, before; /* too large for a stack */
    struct arena arena;

    arena_init(&arena, 1024 * 1024);
    fill(&record, texts);
    before = record;
    policy_event_begin(vm, &record, &arena);
    policy_derive(vm);
    policy_price(vm);
    policy_classify(vm);
    policy_count(vm);
    policy_event_end(vm);
    check_record(&record, &before);
    arena_release(&arena);
}

/* --- a tick --- */

static void ask(struct policy_vm *vm, const struct decls *decls,
                const struct window_group *group, struct arena *arena)
{
    struct pair pairs[DECL_LABELS_MAX];
    struct answer answer = {ANSWER_NUMBER, 1};
    struct money limit;
    double value;
    size_t count;
    bool has;

    for (size_t i = 0; i < decls->rule_count; i++) {
        policy_rule(vm, i, group, &answer);
        if (decls->rules[i].annotates &&
            policy_annotate(vm, i, group, answer, arena, pairs, &count))
            demand(count <= DECL_LABELS_MAX);
    }
    for (size_t i = 0; i < decls->budget_count; i++)
        if (policy_budget(vm, i, group, &has, &limit))
            demand(!has || limit.nanousd > 0);
    for (size_t i = 0; i < decls->gauge_count; i++)
        if (policy_gauge(vm, i, group, &has, &value))
            demand(!has || value - value == 0);
}

/* Groups have as many labels as a window may. */
static void tick(struct policy_vm *vm, const struct decls *decls)
{
    static const struct str by[FUZZ_GROUPS][WINDOW_BY_MAX] = {
        {STR("")}, {STR("a"), STR("b")}, {STR("search"), STR("x"), STR("y"), STR("z")}};
    struct window_group groups[FUZZ_GROUPS];
    struct window_sums *sums = calloc(decls->window_count + 1, sizeof *sums);
    struct arena arena;

    demand(sums != NULL);
    arena_init(&arena, 1024 * 1024);
    for (int i = 0; i < FUZZ_GROUPS; i++)
        groups[i] = (struct window_group){by[i], i * NANO_PER_USD, i, i, FUZZ_AT_NS};
    for (size_t i = 0; i < decls->window_count; i++)
        sums[i] = (struct window_sums){.at_ns = FUZZ_AT_NS + NS_PER_DAY,
                                       .since_ns = FUZZ_AT_NS,
                                       .start_ns = FUZZ_AT_NS,
                                       .end_ns = FUZZ_AT_NS + NS_PER_HOUR,
                                       .filling = i % 7 == 6,
                                       .by_count = decls->windows[i].by_count,
                                       .group_count = FUZZ_GROUPS,
                                       .groups = groups};
    policy_tick_begin(vm, sums);
    for (int i = 0; i < FUZZ_GROUPS; i++)
        ask(vm, decls, &groups[i], &arena);
    policy_tick_end(vm);
    arena_release(&arena);
    free(sums);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct str mark = STR("\n--- event\n");
    struct str source = {(const char *)data, size}, texts = {NULL, 0};
    struct policy_vm *vm;
    struct err err = {0};

    log_set_level(LOG_ERROR);
    const char *at = size ? memmem(data, size, mark.at, mark.size) : NULL;
    if (at) {
        source.size = (size_t)(at - source.at);
        texts = (struct str){at + mark.size, size - source.size - mark.size};
    }
    struct policy_set *set = load(source);
    if (!set)
        return 0;
    demand(policy_vm_open(&vm, set, &err));
    decide(vm, texts);
    decide(vm, (struct str){NULL, 0});
    tick(vm, policy_decls(set));
    policy_vm_close(vm);
    policy_set_free(set);
    return 0;
}
