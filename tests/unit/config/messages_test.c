#include "fixture.h"

#include <dirent.h>

#include "../../../src/config/settings.h"

#define DATA SOURCE_DIR "/tests/data/config"

TEST(wrong_overrides_are_named)
{
    static const char *const overrides[] = {
        "ledgr.path=x", "rules.tick=10d",         "alerts={}",
        "tick",         "server.tokens[].file=x", "prices.charge=[",
        "colour=1",     "ledger.path=",           "policies.data.x=y"};
    static const char *const expected[] = {
        "--set: alerts: is a section: set one of its keys\n",
        "--set: colour: unknown key\n",
        "--set: ledger.path: has no value\n",
        "--set: ledgr.path: unknown key: did you mean \"ledger.path\"?\n",
        ("--set: policies.data.x: policies.data is set whole: --set "
         "policies.data='{ NAME: VALUE }'\n"),
        "--set: rules.tick: 10d is above the most, 5m\n",
        "--set: server.tokens[].file: unknown key\n",
        "--set: tick: must be written as key=value\n",
        "--set prices.charge:2:1: not YAML: did not find expected node content",
    };
    struct fixture *f = *state;

    write_config(f, "");
    assert_false(config_load(&f->config, f->path, overrides,
                             sizeof overrides / sizeof *overrides, &f->diags));
    assert_null(f->config);
    messages(f);
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
        if (!strstr(f->text.at, expected[i]))
            fail_msg("%s is not in\n%s", expected[i], f->text.at);
    assert_int_equal(f->diags.count, sizeof expected / sizeof *expected);
}

static struct buf contents(const char *directory, const char *name, const char *suffix)
{
    char path[512];
    struct buf text = {0};
    int c;

    snprintf(path, sizeof path, "%s/%s%s", directory, name, suffix);
    FILE *file = fopen(path, "r");
    if (!file)
        fail_msg("%s is missing", path);
    while ((c = fgetc(file)) != EOF)
        buf_byte(&text, (char)c);
    fclose(file);
    buf_byte(&text, '\0');
    return text;
}

/* tests/data/config/NAME.yaml says what NAME.txt holds. */
static void check_broken(const char *name)
{
    struct diags diags = {0};
    struct config *config;
    struct buf expected = contents(DATA, name, ".txt"), got = {0};
    char path[512];

    snprintf(path, sizeof path, "%s.yaml", name);
    if (config_load(&config, path, NULL, 0, &diags))
        fail_msg("%s is accepted", path);
    diags_print(&diags, &got);
    buf_byte(&got, '\0');
    assert_string_equal(got.at, expected.at);
    diags_release(&diags);
    buf_release(&got);
    buf_release(&expected);
}

TEST(every_broken_file_gets_all_its_messages)
{
    DIR *directory = opendir(DATA);
    size_t count = 0;
    char name[256];

    assert_non_null(directory);
    assert_int_equal(chdir(DATA), 0);
    for (struct dirent *entry; (entry = readdir(directory));) {
        size_t size = strlen(entry->d_name);
        if (size < 6 || strcmp(entry->d_name + size - 5, ".yaml") != 0)
            continue;
        snprintf(name, sizeof name, "%.*s", (int)size - 5, entry->d_name);
        check_broken(name);
        count++;
    }
    closedir(directory);
    assert_true(count >= 25);
}

static void add_row(struct buf *out, const struct setting *s)
{
    buf_format(out, "| `%s` | ", s->path);
    setting_type(s, out);
    if (s->required)
        buf_format(out, " | required | ");
    else if (s->value)
        buf_format(out, " | `%s` | ", s->value);
    else
        buf_format(out, " | | ");
    buf_format(out, "%s |\n", s->meaning);
}

TEST(the_page_on_configuration_agrees_with_the_table)
{
    struct buf page = contents(SOURCE_DIR "/docs", "config.md", "");
    size_t rows = 0;

    for (size_t i = 0; i < setting_count; i++) {
        struct buf row = {0};
        add_row(&row, &settings[i]);
        buf_byte(&row, '\0');
        if (!strstr(page.at, row.at))
            fail_msg("docs/config.md lacks: %s", row.at);
        buf_release(&row);
    }
    for (const char *at = page.at; (at = strstr(at, "\n| `")); at++)
        rows++;
    assert_int_equal(rows, setting_count);
    buf_release(&page);
}

TEST(every_key_is_described_in_one_line)
{
    struct buf text = {0};
    size_t lines = 0;

    config_describe(&text);
    for (size_t i = 0; i < text.size; i++)
        lines += text.at[i] == '\n';
    assert_int_equal(lines, setting_count);
    buf_byte(&text, '\0');
    assert_non_null(strstr(text.at, "duration, 1s to 5m; default 15s. How often rules"));
    assert_non_null(
        strstr(text.at, "server.tokens[].file                 path; required."));
    buf_release(&text);
}

TEST(the_quickstart_is_a_valid_configuration)
{
    struct fixture *f = *state;
    const char *path = SOURCE_DIR "/examples/quickstart/spendwarden.yaml";

    if (!config_load(&f->config, path, NULL, 0, &f->diags))
        fail_msg("%s", messages(f));
    assert_int_equal(f->config->policies.path_count, 5);
    assert_int_equal(f->config->listen_port, 9464);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(wrong_overrides_are_named),
        CASE(every_broken_file_gets_all_its_messages),
        CASE(the_page_on_configuration_agrees_with_the_table),
        CASE(every_key_is_described_in_one_line),
        CASE(the_quickstart_is_a_valid_configuration),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
