/* What `check` says: tests/data/check/NAME.lua, or every file of the folder NAME, gives
 * what NAME.txt holds. UPDATE_GOLDEN=1 writes those files anew. */
#include "support.h"

#include <glob.h>
#include <lauxlib.h>
#include <lualib.h>

#include "../../../src/policy/codes.h"

#define DATA SOURCE_DIR "/tests/data/check"
#define PAGES SOURCE_DIR "/docs/errors"

static struct buf contents(const char *path)
{
    struct buf text = {0};
    FILE *file = fopen(path, "rb");
    int c;

    while (file && (c = fgetc(file)) != EOF)
        buf_byte(&text, (char)c);
    if (file)
        fclose(file);
    buf_byte(&text, '\0');
    return text;
}

/* --- golden files --- */

static const struct policy_setting configured[] = {
    {.policy = STR("configured"), .key = STR("factor"), .value = STR("much")},
    {.policy = STR("configured"), .key = STR("floor"), .value = STR("5")},
};

static void check(const char *name, const char *path, struct buf *out)
{
    struct fixture *f = fixture_new();

    f->options.unchecked = false;
    f->options.max_groups = f->options.max_series = 10000;
    if (strcmp(name, "too_large") == 0)
        f->options.limits.file_bytes = 100;
    if (strcmp(name, "configured") == 0) {
        f->options.settings = configured;
        f->options.setting_count = 2;
    }
    add_policy_file(f, path);
    load_errors(f);
    diags_print(&f->diags, out);
    buf_byte(out, '\0');
    fixture_free(f);
}

/* "x/y.lua" is a case "x" of several files. */
static void check_golden(const char *path)
{
    char name[128], golden[160];
    struct buf got = {0};

    snprintf(name, sizeof name, "%.*s", (int)strcspn(path, "."), path);
    snprintf(golden, sizeof golden, "%s.txt", name);
    check(name, path, &got);
    if (getenv("UPDATE_GOLDEN"))
        write_text(golden, got.at);
    struct buf expected = contents(golden);
    if (strcmp(got.at, expected.at) != 0)
        fail_msg("%s:\n%s", path, got.at);
    buf_release(&got);
    buf_release(&expected);
}

TEST(every_broken_policy_gets_its_messages)
{
    glob_t cases;

    assert_int_equal(chdir(DATA), 0);
    assert_int_equal(glob("*", GLOB_MARK, NULL, &cases), 0);
    size_t count = 0;
    for (size_t i = 0; i < cases.gl_pathc; i++) {
        char *path = cases.gl_pathv[i];
        size_t size = strlen(path);
        if (strstr(path, ".txt"))
            continue;
        if (path[size - 1] == '/')
            path[size - 1] = '\0';
        check_golden(path);
        count++;
    }
    assert_true(count >= 60);
    globfree(&cases);
}

/* --- what depends on it --- */

TEST(a_warning_fails_nothing_and_an_error_does)
{
    struct fixture *f = fixture_new();

    f->options.unchecked = false;
    f->options.max_groups = 10;
    add_policy(f, "p.lua",
               "policy { name = 'p' }\n"
               "window { count = true, over = '1h', by = { 'team' } }\n");
    assert_non_null(strstr(load_errors(f), "p.lua:2:44: warning[W401]: "));
    assert_non_null(f->set);
    assert_int_equal(diags_errors(&f->diags), 0);
    fixture_free(f);
    f = fixture_new();
    f->options.unchecked = false;
    add_policy(f, "p.lua", "policy { name = 'p' }\nlocal function f() return x end\n");
    assert_non_null(strstr(load_errors(f), "p.lua:2:27: error[E013]: "));
    assert_null(f->set);
    fixture_free(f);
}

TEST(a_file_that_is_named_twice_is_checked_once)
{
    struct fixture *f = fixture_new();

    f->options.unchecked = false;
    add_policy(f, "p.lua", "policy { name = 'p' }\nlocal function f() return x end\n");
    add_policy_file(f, f->paths[0]);
    const char *first = strstr(load_errors(f), "[E013]");
    assert_non_null(first);
    assert_null(strstr(first + 1, "[E013]"));
    fixture_free(f);
}

/* The chunk gets the calls of lua/check/calls.lua, and the text of a file of the frame.
 */
static const char compare_options[] =
    "local calls, text, seen = ...\n"
    "for name, list in text:gmatch('options_of%(\"(%a+)\", given,%s*(%b{})[, fn]*%)') "
    "do\n"
    "  local takes, count = calls[name].takes, 0\n"
    "  for option in list:gmatch('\"(.-)\"') do\n"
    "    assert(takes[option], 'lua/check/calls.lua: ' .. name .. ' lacks ' .. option)\n"
    "    count = count + 1\n"
    "  end\n"
    "  for _ in pairs(takes) do count = count - 1 end\n"
    "  assert(count == 0, 'lua/check/calls.lua: ' .. name .. ' has more options than the "
    "frame')\n"
    "  seen[name] = true\n"
    "end\n"
    "if text == '' then for name in pairs(calls) do assert(seen[name], name) end end\n";

static void compare(lua_State *L, const char *text)
{
    lua_settop(L, 2);
    if (luaL_loadstring(L, compare_options) != 0)
        fail_msg("%s", lua_tostring(L, -1));
    lua_pushvalue(L, 1);
    lua_pushstring(L, text);
    lua_pushvalue(L, 2);
    if (lua_pcall(L, 3, 0, 0) != 0)
        fail_msg("%s", lua_tostring(L, -1));
}

TEST(the_checks_know_the_options_that_the_frame_takes)
{
    lua_State *L = luaL_newstate();
    glob_t files;

    luaL_openlibs(L);
    if (luaL_dofile(L, SOURCE_DIR "/lua/check/calls.lua"))
        fail_msg("%s", lua_tostring(L, -1));
    lua_newtable(L);
    assert_int_equal(glob(SOURCE_DIR "/lua/*.lua", 0, NULL, &files), 0);
    for (size_t i = 0; i < files.gl_pathc; i++) {
        struct buf text = contents(files.gl_pathv[i]);
        if (text.size > 1)
            compare(L, text.at);
        buf_release(&text);
    }
    compare(L, ""); /* all of them were seen */
    globfree(&files);
    lua_close(L);
}

/* --- pages --- */

static bool in_a_golden_file(const char *code)
{
    char mark[16];
    glob_t files;
    bool found = false;

    snprintf(mark, sizeof mark, "[%s]", code);
    assert_int_equal(glob(DATA "/*.txt", 0, NULL, &files), 0);
    for (size_t i = 0; i < files.gl_pathc && !found; i++) {
        struct buf text = contents(files.gl_pathv[i]);
        found = strstr(text.at, mark) != NULL;
        buf_release(&text);
    }
    globfree(&files);
    return found;
}

static void check_page(const struct policy_code *code, const struct buf *index)
{
    char path[256], title[256], row[256];

    snprintf(path, sizeof path, PAGES "/%s.md", code->code);
    snprintf(title, sizeof title, "# %s: %s\n\n", code->code, code->title);
    snprintf(row, sizeof row, "\n| [%s](%s.md) | %s |\n", code->code, code->code,
             code->title);
    struct buf page = contents(path);
    if (strncmp(page.at, title, strlen(title)) != 0)
        fail_msg("%s does not begin with %s", path, title);
    if (!strstr(index->at, row))
        fail_msg("docs/errors/README.md lacks%s", row);
    buf_release(&page);
}

/* About a configuration or its data: e2e/check_test tries what its page shows. */
static bool is_no_policys(const char *code)
{
    static const char *const codes[] = {"E112", "W405", "W407", "W408", "W409"};

    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (strcmp(code, codes[i]) == 0)
            return true;
    return false;
}

TEST(every_code_has_a_page_and_a_case)
{
    size_t count;
    const struct policy_code *codes = policy_codes(&count);
    struct buf index = contents(PAGES "/README.md");

    for (size_t i = 0; i < count; i++) {
        check_page(&codes[i], &index);
        if (!is_no_policys(codes[i].code) && !in_a_golden_file(codes[i].code))
            fail_msg("no case of tests/data/check gives %s", codes[i].code);
    }
    buf_release(&index);
}

TEST(no_page_is_without_a_code)
{
    size_t count;
    glob_t pages;

    policy_codes(&count);
    assert_int_equal(glob(PAGES "/[EW]*.md", 0, NULL, &pages), 0);
    for (size_t i = 0; i < pages.gl_pathc; i++) {
        char *name = strrchr(pages.gl_pathv[i], '/') + 1;
        name[strcspn(name, ".")] = '\0';
        if (!policy_code_find(name))
            fail_msg("there is no code %s", name);
    }
    assert_int_equal(pages.gl_pathc, count);
    globfree(&pages);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_broken_policy_gets_its_messages),
        cmocka_unit_test(a_warning_fails_nothing_and_an_error_does),
        cmocka_unit_test(a_file_that_is_named_twice_is_checked_once),
        cmocka_unit_test(the_checks_know_the_options_that_the_frame_takes),
        cmocka_unit_test(every_code_has_a_page_and_a_case),
        cmocka_unit_test(no_page_is_without_a_code),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
