/* Every script under tests/data/policy/attacks runs for an event and at load: it must end
 * within its budget, reach nothing, and leave the state as usable as before. */
#include "support.h"

#include <dirent.h>

#include "spendwarden/timestamp.h"

#define ATTACKS SOURCE_DIR "/tests/data/policy/attacks"

enum { SECONDS_MAX = 5, ATTACKS_MIN = 60, SCRIPT_MAX = 4096 };

static void read_script(const char *name, char out[SCRIPT_MAX])
{
    char path[512];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", ATTACKS, name);
    file = fopen(path, "r");
    assert_non_null(file);
    out[fread(out, 1, SCRIPT_MAX - 1, file)] = '\0';
    fclose(file);
}

static struct fixture *small(void)
{
    struct fixture *f = fixture_new();

    f->options.limits.memory_bytes = 16 * 1024 * 1024;
    f->options.limits.load_instructions = 500000;
    return f;
}

static void attack_an_event(const char *name, const char *script)
{
    struct fixture *f = small();
    char policy[SCRIPT_MAX + 400];

    snprintf(policy, sizeof policy,
             "policy { name = 'attack' }\n"
             "derive('workflow_id', { needs = { 'region' } }, function(ev)\n%send)\n",
             script);
    add_policy(f, "attack.lua", policy);
    add_policy(f, "good.lua",
               "policy { name = 'good' }\n"
               "derive('team', {}, function(ev)\n"
               "  local t = {} for i = 1, 100 do t[i] = ('x'):rep(i):upper() end\n"
               "  return ev.source:gsub('gen', 'GEN') end)");
    open_vm(f);
    for (int i = 0; i < 2; i++) {
        new_record(f)->ev.text[TEXT_REGION] = STR("eu");
        decide(f);
        if (str_eq(f->record.ev.text[TEXT_WORKFLOW_ID], STR("escaped")))
            fail_msg("%s reached what it should not", name);
        if (!str_eq(f->record.ev.text[TEXT_TEAM], STR("GENeric")))
            fail_msg("after %s nothing works any more", name);
    }
    if (failures(f, "wall"))
        fail_msg("%s was stopped by the clock", name);
    fixture_free(f);
}

static void attack_the_load(const char *name, const char *script)
{
    struct fixture *f = small();
    char policy[SCRIPT_MAX + 400];

    snprintf(policy, sizeof policy,
             "policy { name = 'attack' }\n"
             "local function attack()\n%send\n"
             "if attack() == 'escaped' then error('it escaped') end\n",
             script);
    add_policy(f, "attack.lua", policy);
    add_policy(f, "good.lua",
               "policy { name = 'good' }\n"
               "assert(('x'):rep(3):upper() == 'XXX')\n"
               "derive('teem', {}, function() end)");
    const char *errors = load_errors(f);
    if (strstr(errors, "it escaped") || strstr(errors, "wall"))
        fail_msg("%s: %s", name, errors);
    /* The file behind it still runs, up to its own mistake. */
    assert_non_null(
        strstr(errors, "good.lua:3: error[E201]: derive: the label: there is no field"));
    fixture_free(f);
}

TEST(no_script_gets_out_or_goes_on_for_ever)
{
    DIR *directory = opendir(ATTACKS);
    struct dirent *entry;
    int count = 0;

    assert_non_null(directory);
    while ((entry = readdir(directory))) {
        char script[SCRIPT_MAX];
        if (entry->d_name[0] == '.')
            continue;
        read_script(entry->d_name, script);
        int64_t start = timestamp_monotonic();
        attack_an_event(entry->d_name, script);
        attack_the_load(entry->d_name, script);
        int64_t took = timestamp_monotonic() - start;
        if (took > SECONDS_MAX * NS_PER_SECOND)
            fail_msg("%s took %lld ms", entry->d_name, (long long)(took / NS_PER_MS));
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
