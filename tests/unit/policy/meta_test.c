/* lua/spendwarden.meta.lua against what the engine has, both ways. */
#include "support.h"

static char *meta_text(void)
{
    static char text[64 * 1024];
    FILE *file = fopen(SOURCE_DIR "/lua/spendwarden.meta.lua", "r");

    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    return text;
}

/* From the line of a class to the next empty one. */
static void class_text(const char *name, char *out, size_t size)
{
    char head[80];

    snprintf(head, sizeof head, "---@class %s\n", name);
    const char *start = strstr(meta_text(), head);
    if (!start)
        fail_msg("the meta file has no class %s", name);
    const char *end = strstr(start, "\n\n");
    snprintf(out, size, "%.*s", (int)(end - start + 1), start);
}

static bool says_field(const char *class, struct str name)
{
    char line[160];

    snprintf(line, sizeof line, "---@field %.*s ", STR_ARG(name));
    if (strstr(class, line))
        return true;
    snprintf(line, sizeof line, "---@field %.*s? ", STR_ARG(name));
    return strstr(class, line) != NULL;
}

static bool event_has(struct str name)
{
    static const char *const others[] = {"tags", "metadata", "has_tag",
                                         "requested_model_usd"};

    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (str_eq(name, str_of(others[i])))
            return true;
    return field_find(NULL, name).kind != FIELD_NONE;
}

/* Calls `each` with every "---@field NAME" of a class. */
static size_t each_field(const char *class, void each(struct str name, const void *),
                         const void *ctx)
{
    size_t count = 0;

    for (const char *at = class; (at = strstr(at, "---@field ")); count++) {
        at += strlen("---@field ");
        if (*at != '[')
            each((struct str){at, strcspn(at, " ?")}, ctx);
    }
    return count;
}

static void expect_event_field(struct str name, const void *ctx)
{
    (void)ctx;
    if (!event_has(name))
        fail_msg("an event has no '%.*s'", STR_ARG(name));
}

TEST(events_have_the_fields_that_the_meta_file_says_and_no_others)
{
    char class[16 * 1024];
    struct field field;

    class_text("(exact) Event", class, sizeof class);
    for (size_t i = 0; field_at(NULL, i, &field); i++)
        if (!says_field(class, field_name(NULL, field)))
            fail_msg("the meta file does not name '%.*s'",
                     STR_ARG(field_name(NULL, field)));
    assert_true(each_field(class, expect_event_field, NULL) > 60);
}

/* Whether the engine knows an option: it complains of unknown ones by name. */
static bool knows_option(const char *call, struct str option)
{
    struct fixture *f = fixture_new();
    char policy[512], complaint[128];
    bool is_policy = strcmp(call, "policy") == 0, is_window = strcmp(call, "window") == 0;
    const char *before =
        is_policy || is_window || strcmp(call, "price") == 0 ? "" : "'x', ";

    snprintf(policy, sizeof policy, "%s\n%s(%s{ ['%.*s'] = {} }, type)",
             is_policy ? "" : "policy { name = 'p' }", call, before, STR_ARG(option));
    add_policy(f, "p.lua", policy);
    snprintf(complaint, sizeof complaint, "%s has no option '%.*s'", call,
             STR_ARG(option));
    bool known = strstr(load_errors(f), complaint) == NULL;
    fixture_free(f);
    return known;
}

static void expect_option(struct str name, const void *call)
{
    if (!knows_option(call, name))
        fail_msg("%s has no option '%.*s'", (const char *)call, STR_ARG(name));
}

/* The options that the frame lists in options_of("call", ..., { ... }). */
static void expect_in_meta(const char *call, const char *class)
{
    static char frame[64 * 1024];
    char head[80];
    FILE *file = fopen(SOURCE_DIR "/lua/frame.lua", "r");

    assert_non_null(file);
    frame[fread(frame, 1, sizeof frame - 1, file)] = '\0';
    fclose(file);
    snprintf(head, sizeof head, "options_of(\"%s\", given", call);
    const char *at = strstr(frame, head);
    assert_non_null(at);
    at = strchr(at, '{');
    for (const char *end = strchr(at, '}'); (at = strchr(at, '"')) && at < end;) {
        struct str name = {at + 1, strcspn(at + 1, "\"")};
        if (!says_field(class, name))
            fail_msg("the meta file has no %s option '%.*s'", call, STR_ARG(name));
        at += name.size + 2;
    }
}

TEST(calls_take_the_options_that_the_meta_file_says_and_no_others)
{
    static const char *const calls[][2] = {
        {"policy", "PolicyOptions"},     {"derive", "DeriveOptions"},
        {"classify", "ClassifyOptions"}, {"price", "PriceOptions"},
        {"counter", "CounterOptions"},   {"window", "WindowOptions"},
        {"rule", "RuleOptions"},         {"budget", "BudgetOptions"}};

    assert_false(knows_option("rule", STR("nonsense")));
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        char class[4096], name[64], function[64];
        snprintf(name, sizeof name, "(exact) %s", calls[i][1]);
        class_text(name, class, sizeof class);
        assert_true(each_field(class, expect_option, calls[i][0]) > 0);
        expect_in_meta(calls[i][0], class);
        snprintf(function, sizeof function, "\nfunction %s(", calls[i][0]);
        assert_non_null(strstr(meta_text(), function));
    }
}

/* A global that is no library: every one of them must be in the meta file. */
TEST(there_are_no_other_globals)
{
    static const char *const gone[] = {
        "print",        "next",      "load",    "loadstring", "setmetatable",
        "getmetatable", "rawget",    "rawset",  "xpcall",     "io",
        "os",           "debug",     "package", "coroutine",  "ffi",
        "jit",          "histogram", "gauge",   "core",       "require"};
    static const char *const there[] = {"assert", "error",    "ipairs",    "pairs",
                                        "pcall",  "select",   "tonumber",  "tostring",
                                        "type",   "unpack",   "math.max",  "string.rep",
                                        "data",   "settings", "table.sort"};
    struct fixture *f = fixture_new();
    char policy[4096] = "policy { name = 'p' }\n";

    for (size_t i = 0; i < sizeof gone / sizeof *gone; i++)
        snprintf(policy + strlen(policy), 100,
                 "assert(not pcall(function() return %s end), '%s')\n", gone[i], gone[i]);
    for (size_t i = 0; i < sizeof there / sizeof *there; i++)
        snprintf(policy + strlen(policy), 100, "assert(%s)\n", there[i]);
    add_policy(f, "p.lua", policy);
    assert_string_equal(load_errors(f), "");
    fixture_free(f);
}

TEST(windows_have_the_methods_that_the_meta_file_says)
{
    struct fixture *f = fixture_new();
    static const char *const names[] = {"get", "count", "age", "per"};
    char policy[1024] = "policy { name = 'p' }\n"
                        "local w = window { count = true, over = '1h' }\n"
                        "assert(not pcall(function() return w.sum end))\n";
    size_t methods = 0;

    for (const char *at = meta_text(); (at = strstr(at, "\nfunction Window:")); at++)
        methods++;
    assert_int_equal(methods, sizeof names / sizeof *names);
    for (size_t i = 0; i < methods; i++) {
        char line[64];
        snprintf(line, sizeof line, "\nfunction Window:%s(", names[i]);
        assert_non_null(strstr(meta_text(), line));
        snprintf(policy + strlen(policy), 64, "assert(w.%s)\n", names[i]);
    }
    add_policy(f, "p.lua", policy);
    assert_string_equal(load_errors(f), "");
    fixture_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_have_the_fields_that_the_meta_file_says_and_no_others),
        cmocka_unit_test(calls_take_the_options_that_the_meta_file_says_and_no_others),
        cmocka_unit_test(there_are_no_other_globals),
        cmocka_unit_test(windows_have_the_methods_that_the_meta_file_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
