/* What is a change of the files that a generation is loaded from, and what is none. */
#include "../unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../../src/engine/watch.h"

struct fixture {
    char directory[64], path[160];
    char config[96];
    struct generation_options options;
    struct watch *watch;
};

static const char *in(struct fixture *f, const char *name)
{
    snprintf(f->path, sizeof f->path, "%s/%s", f->directory, name);
    return f->path;
}

static void put(struct fixture *f, const char *name, const char *text)
{
    FILE *file = fopen(in(f, name), "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    assert_non_null(f);
    snprintf(f->directory, sizeof f->directory, "/tmp/spendwarden-watch-XXXXXX");
    assert_non_null(mkdtemp(f->directory));
    assert_int_equal(mkdir(in(f, "policies"), 0700), 0);
    snprintf(f->config, sizeof f->config, "%s/config.yaml", f->directory);
    put(f, "config.yaml",
        "policies: { paths: [policies], data: { teams: teams.yaml } }\n");
    put(f, "policies/a.lua", "one");
    f->options.config_path = f->config;
    f->watch = watch_new(&f->options);
    assert_non_null(f->watch);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    static const char *const names[] = {
        "config.yaml",    "teams.yaml",      "other.lua",
        "prices.yaml",    "policies/a.lua",  "policies/b.lua",
        "policies/x.txt", "policies/.c.lua", "policies/..data/a.lua"};
    struct fixture *f = *state;

    watch_free(f->watch);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        unlink(in(f, names[i]));
    rmdir(in(f, "policies/..one"));
    rmdir(in(f, "policies/..two"));
    unlink(in(f, "policies/..data"));
    rmdir(in(f, "policies"));
    rmdir(f->directory);
    free(f);
    return 0;
}

static void expect(struct fixture *f, const char *wanted)
{
    char what[WATCH_TEXT_SIZE] = "nothing";

    assert_int_equal(watch_look(f->watch, what), strcmp(wanted, "nothing") != 0);
    assert_string_equal(what, wanted);
    if (watch_look(f->watch, what))
        fail_msg("%s is told twice", what);
}

TEST(a_file_that_is_written_again_is_a_change_though_its_size_stays)
{
    struct fixture *f = *state;

    expect(f, "nothing");
    usleep(20000); /* the clock of files has steps of some milliseconds */
    put(f, "policies/a.lua", "two");
    expect(f, "a.lua");
}

TEST(files_that_come_and_go_are_changes)
{
    struct fixture *f = *state;

    put(f, "policies/b.lua", "one");
    expect(f, "b.lua");
    put(f, "teams.yaml", "{}");
    expect(f, "teams.yaml");
    unlink(in(f, "teams.yaml"));
    unlink(in(f, "policies/b.lua"));
    expect(f, "teams.yaml and 1 more");
}

TEST(what_no_policy_is_changes_nothing)
{
    struct fixture *f = *state;

    put(f, "policies/x.txt", "notes");
    put(f, "policies/.c.lua", "half written");
    put(f, "other.lua", "elsewhere");
    expect(f, "nothing");
}

TEST(a_link_is_what_it_leads_to)
{
    struct fixture *f = *state;

    assert_int_equal(mkdir(in(f, "policies/..one"), 0700), 0);
    assert_int_equal(mkdir(in(f, "policies/..two"), 0700), 0);
    put(f, "policies/..one/a.lua", "one");
    put(f, "policies/..two/a.lua", "two");
    unlink(in(f, "policies/a.lua"));
    assert_int_equal(symlink("..data/a.lua", in(f, "policies/a.lua")), 0);
    assert_int_equal(symlink("..one", in(f, "policies/..data")), 0);
    expect(f, "a.lua");
    unlink(in(f, "policies/..data"));
    assert_int_equal(symlink("..two", in(f, "policies/..data")), 0);
    expect(f, "a.lua");
    unlink(in(f, "policies/..one/a.lua"));
    expect(f, "nothing");
}

TEST(a_configuration_is_followed_as_far_as_it_can_be_read)
{
    struct fixture *f = *state;

    put(f, "config.yaml",
        "policies: { paths: [other.lua] }\nprices: { overlays: [prices.yaml] }\n");
    expect(f, "config.yaml and 4 more"); /* two files more, two fewer */
    put(f, "other.lua", "does not load");
    expect(f, "other.lua");
    put(f, "config.yaml", "policies: { paths: [\n");
    expect(f, "config.yaml");
    put(f, "prices.yaml", "{}");
    expect(f, "prices.yaml");
}

#define WITH_FILES(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FILES(a_file_that_is_written_again_is_a_change_though_its_size_stays),
        WITH_FILES(files_that_come_and_go_are_changes),
        WITH_FILES(what_no_policy_is_changes_nothing),
        WITH_FILES(a_link_is_what_it_leads_to),
        WITH_FILES(a_configuration_is_followed_as_far_as_it_can_be_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
