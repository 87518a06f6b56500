/* The fuzz target of checks without a fuzzer: its corpus, every Lua file of the tree, and
 * large ones. */
#include "../../fuzz/check_fuzz.c"

#include <ftw.h>

#define CORPUS "check"
#include "../corpus.h"

/* --- the tree --- */

static int files_seen;

static int try_file(const char *path, const struct stat *st, int type, struct FTW *at)
{
    size_t size = strlen(path);
    char *text = NULL;

    (void)at;
    if (type == FTW_D && (strstr(path, "/build") || strstr(path, "/.git")))
        return FTW_SKIP_SUBTREE;
    if (type != FTW_F || size < 4 || strcmp(path + size - 4, ".lua") != 0)
        return FTW_CONTINUE;
    text = malloc((size_t)st->st_size + 1);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t got = fread(text, 1, (size_t)st->st_size, file);
    fclose(file);
    assert_int_equal(LLVMFuzzerTestOneInput((const uint8_t *)text, got), 0);
    free(text);
    files_seen++;
    return FTW_CONTINUE;
}

TEST(every_file_of_the_tree_is_lua_or_none_as_luajit_says)
{
    assert_int_equal(nftw(SOURCE_DIR, try_file, 32, FTW_PHYS | FTW_ACTIONRETVAL), 0);
    assert_true(files_seen > 200);
}

/* --- size --- */

enum { LARGE = 128 * 1024 };

static void repeat(struct buf *out, const char *text, size_t most)
{
    struct str piece = str_of(text);

    while (out->size + piece.size <= most)
        buf_add(out, piece);
}

TEST(a_large_file_takes_no_more_than_its_share)
{
    static const struct {
        const char *head, *piece;
    } files[] = {
        {"", "a=b "},
        {"x=", "a."},
        {"x={", "{},"},
        {"x={", "f{a=1,b='x'},"},
        {"x=1", "+1"},
        {"x=''", "..x"},
        {"", "--[[]]"},
        {"", "f'' "},
        {"", "do local a end "},
        {"", "goto a "},
        {"", "::a:: x=y "},
        {"local s='x' ", "s:sub():sub():foo() "},
        {"local s='x' x=s", ":sub()"},
        {"local a=1 ", "local function f() return a end "},
        {"x='", "\\65"},
        {"", "unknown() "},
        {"policy{name='p'} ", "derive('teem',{},function(ev) return ev.x end) "},
        {"policy{name='p'} ", "window{by={'teem','x'},over='1x',where={a=1,a=2}} "},
        {"", "\n"},
        {"", "x"},
        {"", "("},
        {"", "[=["},
    };

    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct buf text = {0};
        buf_add(&text, str_of(files[i].head));
        repeat(&text, files[i].piece, LARGE);
        assert_int_equal(LLVMFuzzerTestOneInput((const uint8_t *)text.at, text.size), 0);
        buf_release(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(survives_its_corpus),
        cmocka_unit_test(every_file_of_the_tree_is_lua_or_none_as_luajit_says),
        cmocka_unit_test(a_large_file_takes_no_more_than_its_share),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
