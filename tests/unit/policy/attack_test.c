/* Every script under tests/data/policy/attacks runs as each function that C calls and at
 * load, under the limits as they are and under wide ones: it must end within its budget,
 * reach nothing, and leave the state as usable as before. */
#include "support.h"

#include <dirent.h>
#include <time.h>

#include "../../../src/policy/vm.h"
#include "spendwarden/policy_tick.h"

#define ATTACKS SOURCE_DIR "/tests/data/policy/attacks"

enum {
    SECONDS_MAX = 10, /* of a processor: sanitizers are slow */
    ATTACKS_MIN = 300,
    SCRIPT_MAX = 1024,
    POLICY_MAX = SCRIPT_MAX + 2048,
    MEMORY_MAX = 16 * 1024 * 1024,
    MEMORY_AFTER_MAX = 3 * 1024 * 1024,
};

static void read_script(const char *name, char out[SCRIPT_MAX])
{
    char path[512];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", ATTACKS, name);
    file = fopen(path, "r");
    assert_non_null(file);
    size_t size = fread(out, 1, SCRIPT_MAX, file);
    assert_in_range(size, 1, SCRIPT_MAX - 1);
    out[size] = '\0';
    fclose(file);
}

static struct fixture *fixture_for(bool wide)
{
    struct policy_limits *l;
    struct fixture *f = fixture_new();

    l = &f->options.limits;
    l->memory_bytes = MEMORY_MAX;
    l->load_instructions = 500000;
    l->event_instructions = 10 * l->call_instructions;
    if (wide) {
        l->string_bytes = 1024 * 1024;
        l->table_bytes = 8 * 1024 * 1024;
        l->output_bytes = 64 * 1024;
    }
    add_data(f, "numbers", "[1, 2, 3]");
    return f;
}

/* What an attack has at hand: a window, something to keep things in. */
static const char before[] =
    "policy { name = 'attack', data = { 'numbers' }, settings = { s = 1 } }\n"
    "local hour = window { sum = 'charge_usd', by = { 'team' }, over = '1h' }\n"
    "local kept = {}\n"
    "local function attack(ev)\n";

static const char as_every_function[] =
    "end\n"
    "derive({ 'workflow_id', 'tenant' }, { needs = { 'region' } }, attack)\n"
    "derive('agent', { needs = { 'region' } }, attack)\n"
    "price({ needs = { 'region' } }, attack)\n"
    "classify({ 'a', 'escaped' }, {}, attack)\n"
    "counter('attack_total', { help = 'h', labels = { 'l' }, needs = { 'region' } }, "
    "attack)\n"
    "histogram('attack_usd', { help = 'h', labels = { 'l' } }, attack)\n"
    "window { sum = attack, name = 'w', over = '1h' }\n"
    "rule('Attack', { over = hour }, attack)\n"
    "rule('Bound', { over = hour, above = 0,\n"
    "  annotations = function(group) return attack(group) end }, attack)\n"
    "budget('attack', { by = { 'team' }, over = 'month' }, attack)\n"
    "gauge('attack_ratio', { help = 'h', over = hour }, attack)\n";

static const char good_policy[] =
    "policy { name = 'good' }\n"
    "derive('team', {}, function(ev)\n"
    "  local t = {} for i = 1, 100 do t[i] = ('x'):rep(i):upper() end\n"
    "  return ev.source:gsub('gen', 'GEN') end)";

/* False: its numbers are such as no policy may have, which is said at load. */
static bool open_attack(struct fixture *f, const char *script)
{
    char policy[POLICY_MAX];

    snprintf(policy, sizeof policy, "%s%s%s", before, script, as_every_function);
    add_policy(f, "attack.lua", policy);
    add_policy(f, "good.lua", good_policy);
    if (strstr(load_errors(f), "64-bit and imaginary numbers"))
        return false;
    open_vm(f);
    return true;
}

static void check_texts(const char *name, const struct fixture *f)
{
    for (unsigned i = TEXT_LABEL_FIRST; i < TEXT_LABEL_FIRST + LABEL_COUNT; i++) {
        struct str text = f->record.ev.text[i];
        if (str_eq(text, STR("escaped")) || str_eq(f->record.class, STR("escaped")))
            fail_msg("%s reached what it should not", name);
        for (size_t at = 0; at < text.size; at++)
            if ((unsigned char)text.at[at] < ' ')
                fail_msg("%s: a label has a control character", name);
        assert_true(text.size <= TEXT_VALUE_MAX);
    }
}

static void attack_event(const char *name, struct fixture *f)
{
    aliased(new_record(f));
    f->record.ev.text[TEXT_REGION] = STR("eu");
    f->record.ev.text[TEXT_TEAM] = (struct str){NULL, 0};
    decide(f);
    check_texts(name, f);
    if (!str_eq(f->record.ev.text[TEXT_TEAM], STR("GENeric")))
        fail_msg("after %s nothing works any more", name);
}

static void ask_at_tick(struct fixture *f, const struct window_group *group)
{
    const struct decls *decls = policy_decls(f->set);
    struct pair pairs[DECL_LABELS_MAX];
    struct answer answer = {ANSWER_NUMBER, 1};
    struct money limit;
    double value;
    size_t count;
    bool has;

    for (size_t i = 0; i < decls->rule_count; i++)
        policy_rule(f->vm, i, group, &answer);
    policy_annotate(f->vm, 1, group, answer, &f->arena, pairs, &count);
    policy_budget(f->vm, 0, group, &has, &limit);
    policy_gauge(f->vm, 0, group, &has, &value);
}

static void attack_ticks(struct fixture *f)
{
    static const struct str teams[] = {STR(""), STR("a"), STR("search")};
    static const struct window_group groups[] = {
        {.by = &teams[0], .value = 1}, {.by = &teams[1], .value = 2}, {.by = &teams[2]}};
    const struct decls *decls = policy_decls(f->set);
    struct window_sums sums[16] = {0};

    assert_in_range(decls->window_count, 1, 16);
    for (size_t i = 0; i < decls->window_count; i++)
        sums[i] = (struct window_sums){.at_ns = 7200,
                                       .end_ns = 7200,
                                       .by_count = 1,
                                       .group_count = 3,
                                       .groups = groups};
    policy_tick_begin(f->vm, sums);
    for (size_t i = 0; i < 3; i++)
        ask_at_tick(f, &groups[i]);
    policy_tick_end(f->vm);
}

/* A call may overrun its budget by what one step of C does, never by as much again. */
static void note_instructions(void *ctx, const struct policy_trace_step *step)
{
    int64_t *most = ctx;

    if (step->instructions > *most)
        *most = step->instructions;
}

static void attack_every_function(const char *name, const char *script, bool wide)
{
    struct fixture *f = fixture_for(wide);
    int64_t most = 0;

    if (!open_attack(f, script)) {
        fixture_free(f);
        return;
    }
    attack_event(name, f);
    attack_event(name, f);
    attack_ticks(f);
    if (failures(f, "wall"))
        fail_msg("%s was stopped by the clock", name);
    policy_vm_trace(f->vm, note_instructions, &most);
    attack_event(name, f);
    if (most > 2 * f->options.limits.call_instructions)
        fail_msg("%s took %lld instructions", name, (long long)most);
    sandbox_rest_only(&f->vm->box);
    if (f->vm->box.memory_used > MEMORY_AFTER_MAX)
        fail_msg("%s left %zu bytes", name, f->vm->box.memory_used);
    fixture_free(f);
}

static void attack_the_load(const char *name, const char *script, bool wide)
{
    struct fixture *f = fixture_for(wide);
    char policy[POLICY_MAX];

    snprintf(policy, sizeof policy,
             "%s%send\nlocal ev = data.numbers\n"
             "if attack(ev) == 'escaped' then error('it escaped') end\n",
             before, script);
    add_policy(f, "attack.lua", policy);
    add_policy(f, "good.lua",
               "policy { name = 'good' }\n"
               "assert(('x'):rep(3):upper() == 'XXX')\n"
               "derive('teem', {}, function() end)");
    const char *errors = load_errors(f);
    if (strstr(errors, "it escaped") || strstr(errors, "load_time"))
        fail_msg("%s: %s", name, errors);
    /* The file behind it still runs, up to its own mistake. */
    if (!strstr(errors, "good.lua:3: error[E201]: derive: the label: there is no field"))
        fail_msg("after %s: %s", name, errors);
    fixture_free(f);
}

static void attack(const char *name, const char *script)
{
    clock_t start = clock(); /* of this process: others may be busy */

    attack_every_function(name, script, false);
    attack_every_function(name, script, true);
    attack_the_load(name, script, true);
    clock_t took = clock() - start;
    if (took > SECONDS_MAX * CLOCKS_PER_SEC)
        fail_msg("%s took %lld ms", name, (long long)took * 1000 / CLOCKS_PER_SEC);
}

TEST(no_script_gets_out_or_goes_on_for_ever)
{
    DIR *directory = opendir(ATTACKS);
    struct dirent *entry;
    int count = 0;

    assert_non_null(directory);
    log_set_level(LOG_ERROR);
    while ((entry = readdir(directory))) {
        char script[SCRIPT_MAX];
        if (entry->d_name[0] == '.')
            continue;
        read_script(entry->d_name, script);
        attack(entry->d_name, script);
        count++;
    }
    closedir(directory);
    assert_in_range(count, ATTACKS_MIN, 1000);
}

TEST(bytecode_is_no_policy)
{
    struct fixture *f = fixture_new();

    add_policy(f, "p.lua", "\033LJ\002\010@");
    assert_non_null(strstr(load_errors(f),
                           "p.lua: error[E010]: attempt to load chunk with wrong mode"));
    fixture_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_script_gets_out_or_goes_on_for_ever),
        cmocka_unit_test(bytecode_is_no_policy),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
