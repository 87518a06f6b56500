/* lua/spendwarden.meta.lua against what the engine has, both ways: every name that the
 * one has, the other has too. */
#include "support.h"

#include <ctype.h>
#include <glob.h>

#include "spendwarden/policy_names.h"

static struct buf file_text(const char *path)
{
    struct buf text = {0};
    FILE *file = fopen(path, "r");
    size_t got;

    assert_non_null(file);
    while ((got = fread(buf_reserve(&text, 4096), 1, 4096, file)) > 0)
        text.size += got;
    fclose(file);
    buf_byte(&text, '\0');
    return text;
}

/* --- the names in the meta file --- */

struct scan {
    struct buf *out;
    char class[64], alias[64]; /* that the line stands below */
};

static size_t word_size(const char *at)
{
    size_t size = 0;

    while (isalnum((unsigned char)at[size]) || at[size] == '_')
        size++;
    return size;
}

static void keep_word(char *out, size_t room, const char *at)
{
    snprintf(out, room, "%.*s", (int)word_size(at), at);
}

/* RuleOptions.over is "rule{over}", mathlib.pi is "math.pi". */
static void add_field(const struct scan *s, const char *at)
{
    size_t size = word_size(at), class = strlen(s->class);

    if (size == 0) /* [string] */
        return;
    if (strcmp(s->class, "Event") != 0 && strcmp(s->class, "Group") != 0 &&
        !strstr(s->class, "Options") && !strstr(s->class, "lib"))
        return; /* of what tests get */
    if (class > 7 && strcmp(s->class + class - 7, "Options") == 0)
        buf_format(s->out, "%c%.*s{%.*s}\n", tolower(s->class[0]), (int)class - 8,
                   s->class + 1, (int)size, at);
    else if (class > 3 && strcmp(s->class + class - 3, "lib") == 0)
        buf_format(s->out, "%.*s.%.*s\n", (int)class - 3, s->class, (int)size, at);
    else
        buf_format(s->out, "%s.%.*s\n", s->class, (int)size, at);
}

static const char *behind(const char *line, const char *start)
{
    size_t size = strlen(start);

    return strncmp(line, start, size) == 0 ? line + size : NULL;
}

static void scan_line(struct scan *s, const char *line)
{
    const char *at;

    if ((at = behind(line, "---@class (exact) ")) || (at = behind(line, "---@class ")))
        keep_word(s->class, sizeof s->class, at);
    else if ((at = behind(line, "---@alias ")))
        keep_word(s->alias, sizeof s->alias, at);
    else if ((at = behind(line, "---@field ")))
        add_field(s, at);
    else if ((at = behind(line, "---| \"")))
        buf_format(s->out, "%s|%.*s\n", s->alias, (int)word_size(at), at);
    else if ((at = behind(line, "function ")))
        buf_format(s->out, "%.*s\n", (int)strcspn(at, "("), at);
    else if (strcmp(line, "data = {}") == 0 || strcmp(line, "settings = {}") == 0)
        buf_format(s->out, "%.*s\n", (int)word_size(line), line);
}

static void names_of_meta(struct buf *out)
{
    struct buf text = file_text(SOURCE_DIR "/lua/spendwarden.meta.lua");
    struct scan s = {.out = out};
    char *rest = text.at, *line;

    while ((line = strsep(&rest, "\n")))
        scan_line(&s, line);
    buf_release(&text);
}

/* --- the names that the engine has --- */

/* Each options_of("CALL", ..., { "NAME", ... }) of the frame. */
static void add_options(struct buf *out, const char *text)
{
    static const char head[] = "options_of(\"";

    for (const char *at = text; (at = strstr(at, head));) {
        const char *call = at + strlen(head), *end = strchr(call, '}');
        at = strchr(call, '{');
        assert_true(at && end && at < end);
        while ((at = strchr(at, '"')) && at < end) {
            buf_format(out, "%.*s{%.*s}\n", (int)word_size(call), call,
                       (int)word_size(at + 1), at + 1);
            at += 2 + word_size(at + 1);
        }
        at = end;
    }
}

static void names_of_options(struct buf *out)
{
    glob_t files;

    assert_int_equal(glob(SOURCE_DIR "/lua/*.lua", 0, NULL, &files), 0);
    for (size_t i = 0; i < files.gl_pathc; i++) {
        struct buf text = file_text(files.gl_pathv[i]);
        add_options(out, text.at);
        buf_release(&text);
    }
    globfree(&files);
}

static const char *alias_of(struct field field)
{
    static const uint8_t texts[] = {DERIVED_STATUS, DERIVED_CLASS, DERIVED_PRICE_STATUS,
                                    DERIVED_CACHE_HIT, DERIVED_STREAM};

    if (field.kind == FIELD_TEXT)
        return text_is_label(field.index) ? "Label" : "Dimension";
    if (field.kind == FIELD_DERIVED && memchr(texts, field.index, sizeof texts))
        return "Dimension";
    return "Amount";
}

static void names_of_engine(struct buf *out)
{
    struct err err = {0};
    struct field field;

    if (!policy_names(out, NULL, &err) || !policy_test_names(out, &err))
        fail_msg("%s", err.text);
    names_of_options(out);
    for (size_t i = 0; field_at(NULL, i, &field); i++)
        buf_format(out, "%s|%.*s\n", alias_of(field), STR_ARG(field_name(NULL, field)));
}

/* --- both --- */

static bool has_line(const struct buf *lines, const char *line, size_t size)
{
    const char *at = lines->at, *end = lines->at + lines->size;

    while (at < end) {
        size_t length = (size_t)((const char *)memchr(at, '\n', (size_t)(end - at)) - at);
        if (length == size && memcmp(at, line, size) == 0)
            return true;
        at += length + 1;
    }
    return false;
}

/* How many lines of `from` are not in `in`; says which. */
static int missing(const struct buf *from, const struct buf *in, const char *what)
{
    const char *at = from->at, *end = from->at + from->size;
    int count = 0;

    while (at < end) {
        size_t length = (size_t)((const char *)memchr(at, '\n', (size_t)(end - at)) - at);
        if (!has_line(in, at, length)) {
            print_error("%s: %.*s\n", what, (int)length, at);
            count++;
        }
        at += length + 1;
    }
    return count;
}

TEST(the_meta_file_has_every_name_of_the_engine_and_no_other)
{
    struct buf meta = {0}, engine = {0};

    names_of_meta(&meta);
    names_of_engine(&engine);
    assert_true(has_line(&engine, "rule{over}", 10));
    assert_true(has_line(&engine, "Window:per", 10));
    assert_true(has_line(&engine, "string.rep", 10));
    assert_true(has_line(&engine, "Test:send", 9));
    int count = missing(&engine, &meta, "lua/spendwarden.meta.lua lacks");
    count += missing(&meta, &engine, "the engine lacks what the meta file says");
    assert_int_equal(count, 0);
    buf_release(&meta);
    buf_release(&engine);
}

/* "there is no option" is also how the engine speaks of one that it does not list. */
TEST(an_option_that_the_frame_lists_is_one_that_it_takes)
{
    struct fixture *f = fixture_new();

    add_policy(f, "p.lua",
               "policy { name = 'p' }\n"
               "rule('x', { over = {}, ofer = 1 }, type)\n");
    assert_non_null(strstr(load_errors(f), "rule has no option 'ofer'; did you mean"));
    assert_null(strstr(load_errors(f), "no option 'over'"));
    fixture_free(f);
}

static const char declared_event[] =
    "policy { name = 'p' }\n"
    "derive('cost_centre', {}, function(ev) return ev.cost_centre or 'x' end)\n";

TEST(declared_labels_are_names_of_the_event)
{
    struct fixture *f = fixture_new();
    struct buf names = {0};
    struct err err = {0};

    assert_true(policy_names(&names, &f->schema, &err));
    assert_true(has_line(&names, "Event.cost_centre", 17));
    add_policy(f, "p.lua", declared_event);
    open_vm(f);
    buf_release(&names);
    fixture_free(f);
}

/* What is asked of every name but those of the list. */
TEST(there_are_no_other_globals)
{
    static const char *const gone[] = {
        "print",        "next",     "load",    "loadstring", "setmetatable",
        "getmetatable", "rawget",   "rawset",  "xpcall",     "io",
        "os",           "debug",    "package", "coroutine",  "ffi",
        "jit",          "core",     "require", "_G",         "math.random",
        "string.dump",  "newproxy", "getfenv"};
    struct fixture *f = fixture_new();
    char policy[4096] = "policy { name = 'p' }\n";

    for (size_t i = 0; i < sizeof gone / sizeof *gone; i++)
        snprintf(policy + strlen(policy), 100,
                 "assert(not pcall(function() return %s end), '%s')\n", gone[i], gone[i]);
    add_policy(f, "p.lua", policy);
    assert_string_equal(load_errors(f), "");
    fixture_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_meta_file_has_every_name_of_the_engine_and_no_other),
        cmocka_unit_test(an_option_that_the_frame_lists_is_one_that_it_takes),
        cmocka_unit_test(declared_labels_are_names_of_the_event),
        cmocka_unit_test(there_are_no_other_globals),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
