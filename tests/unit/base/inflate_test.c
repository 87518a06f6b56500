#include "packing.h"
#include "spendwarden/gzip.h"

static const struct str text = STR("{\"id\": \"one\"}\n{\"id\": \"two\"}\n");

TEST(names_are_found_in_any_case_and_lists_are_not)
{
    static const struct {
        const char *name;
        enum coding coding;
    } known[] = {{"identity", CODING_IDENTITY}, {"gzip", CODING_GZIP},
                 {"GZip", CODING_GZIP},         {"x-gzip", CODING_GZIP},
                 {"deflate", CODING_DEFLATE},   {"ZSTD", CODING_ZSTD}};
    static const char *const unknown[] = {"",    "br",    "gzip, gzip",    "gzip,",
                                          "gzi", "gzip ", "identity, gzip"};
    enum coding coding;

    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        assert_true(coding_find(str_of(known[i].name), &coding));
        assert_int_equal(coding, known[i].coding);
    }
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++)
        assert_false(coding_find(str_of(unknown[i]), &coding));
}

TEST(each_coding_gives_back_what_was_packed)
{
    char *large = large_text();
    struct str texts[] = {text, {large, 3 << 20}, {large, 1 << 20}, {"", 0}};

    for (int coding = CODING_GZIP; coding <= CODING_ZSTD; coding++)
        for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
            struct buf packed = {0};
            pack(&packed, coding, texts[i]);
            assert_inflates(coding, buf_str(&packed), texts[i]);
            buf_release(&packed);
        }
    free(large);
}

TEST(deflate_may_lack_the_header_of_zlib)
{
    for (int bits = -15; bits <= -9; bits++) {
        struct buf packed = {0};
        deflate_text(&packed, bits, text);
        assert_inflates(CODING_DEFLATE, buf_str(&packed), text);
        buf_release(&packed);
    }
}

TEST(a_small_window_of_zlib_is_as_good)
{
    for (int bits = 9; bits <= 15; bits++) {
        struct buf packed = {0};
        deflate_text(&packed, bits, text);
        assert_inflates(CODING_DEFLATE, buf_str(&packed), text);
        buf_release(&packed);
    }
}

TEST(members_and_frames_are_joined)
{
    static const enum coding several[] = {CODING_GZIP, CODING_ZSTD};

    for (size_t i = 0; i < 2; i++) {
        struct buf packed = {0}, wanted = {0};
        for (int part = 0; part < 4; part++) {
            struct str from = part == 2 ? STR("") : text;
            pack(&packed, several[i], from);
            buf_add(&wanted, from);
        }
        assert_inflates(several[i], buf_str(&packed), buf_str(&wanted));
        buf_release(&packed);
        buf_release(&wanted);
    }
}

TEST(skippable_frames_are_skipped)
{
    struct buf packed = {0}, cut = {0};

    buf_add(&packed, STR("\x50\x2A\x4D\x18\x03\0\0\0abc"));
    zstd_frame(&packed, 3, 0, text);
    buf_add(&packed, STR("\x5F\x2A\x4D\x18\0\0\0\0"));
    assert_inflates(CODING_ZSTD, buf_str(&packed), text);
    assert_inflates(CODING_ZSTD, STR("\x50\x2A\x4D\x18\x03\0\0\0abc"), STR(""));
    buf_add(&cut, STR("\x50\x2A\x4D\x18\xFF\xFF\xFF\xFF"
                      "abc")); /* says 4 GiB */
    assert_refuses(CODING_ZSTD, buf_str(&cut), "too early");
    buf_release(&packed);
    buf_release(&cut);
}

TEST(every_cut_is_noticed)
{
    for (int coding = CODING_GZIP; coding <= CODING_ZSTD; coding++) {
        struct buf packed = {0};
        pack(&packed, coding, text);
        for (size_t size = 0; size < packed.size; size++) {
            /* Exactly so many bytes, for the sanitizer to see who reads behind them. */
            char *cut = malloc(size ? size : 1);
            memcpy(cut, packed.at, size);
            assert_refuses(coding, (struct str){cut, size}, "ends too early");
            free(cut);
        }
        buf_release(&packed);
    }
}

TEST(every_flipped_byte_fails_or_gives_the_same)
{
    for (int coding = CODING_GZIP; coding <= CODING_ZSTD; coding++) {
        struct buf packed = {0};
        pack(&packed, coding, text);
        for (size_t at = 0; at < packed.size; at++) {
            struct err err;
            packed.at[at] ^= 0x55;
            struct buf out = inflate_all(coding, buf_str(&packed), 100, &err);
            packed.at[at] ^= 0x55;
            /* A header tells a time and a system that nobody needs; deflate whose header
             * is broken is read as raw, where no checksum helps. */
            if (!err.kind && coding != CODING_DEFLATE)
                assert_true(str_eq(buf_str(&out), text));
            buf_release(&out);
        }
        buf_release(&packed);
    }
}

TEST(a_wrong_checksum_says_so)
{
    struct buf gzip = {0}, zlib = {0}, zstd = {0};

    pack(&gzip, CODING_GZIP, text);
    gzip.at[gzip.size - 6] ^= 1;
    assert_refuses(CODING_GZIP, buf_str(&gzip),
                   "gzip as its Content-Encoding says: "
                   "incorrect data check");
    gzip.at[gzip.size - 6] ^= 1;
    gzip.at[gzip.size - 2] ^= 1;
    assert_refuses(CODING_GZIP, buf_str(&gzip), "incorrect length check");
    pack(&zlib, CODING_DEFLATE, text);
    zlib.at[zlib.size - 1] ^= 1;
    assert_refuses(CODING_DEFLATE, buf_str(&zlib),
                   "deflate as its Content-Encoding says: "
                   "incorrect data check");
    pack(&zstd, CODING_ZSTD, text);
    zstd.at[zstd.size - 1] ^= 1;
    assert_refuses(CODING_ZSTD, buf_str(&zstd), "checksum");
    buf_release(&gzip);
    buf_release(&zlib);
    buf_release(&zstd);
}

TEST(what_is_something_else_is_refused)
{
    struct buf packed = {0};

    assert_refuses(CODING_GZIP, text, "incorrect header check");
    assert_refuses(CODING_DEFLATE, text, "deflate as");
    assert_refuses(CODING_ZSTD, text, "no frame begins here");
    /* 0.7: its decoder, where libzstd has it, allocates what a frame says. */
    assert_refuses(CODING_ZSTD, STR("\x27\xB5\x2F\xFD\x00\x58\x01\x00\x00"), "no frame");
    /* A preset dictionary. */
    assert_refuses(CODING_DEFLATE, STR("\x78\xBB\0\0\0\1\3\0"), "dictionary");
    for (int coding = CODING_GZIP; coding <= CODING_ZSTD; coding++) {
        packed.size = 0;
        pack(&packed, coding, text);
        buf_add(&packed, text);
        assert_refuses(coding, buf_str(&packed), "");
    }
    buf_release(&packed);
}

TEST(an_inflater_is_as_new_after_a_broken_body)
{
    struct inflater *i;
    struct err err = {0};
    char out[256];
    size_t made;

    assert_true(inflater_open(&i, &err));
    for (int turn = 0; turn < 3 * CODING_ZSTD; turn++) {
        enum coding coding = CODING_GZIP + turn % 3;
        struct buf packed = {0};
        pack(&packed, coding, text);
        inflater_begin(i, coding, (struct str){packed.at, packed.size / 2});
        assert_int_equal(inflater_next(i, out, 10, &made, &err) == INFLATE_DONE, false);
        inflater_begin(i, coding, buf_str(&packed));
        assert_int_equal(inflater_next(i, out, sizeof out, &made, &err), INFLATE_DONE);
        assert_true(str_eq((struct str){out, made}, text));
        buf_release(&packed);
    }
    inflater_close(i);
}

TEST(what_gzip_text_makes_inflates)
{
    struct buf packed = {0};

    gzip_text(&packed, text);
    assert_inflates(CODING_GZIP, buf_str(&packed), text);
    buf_release(&packed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_found_in_any_case_and_lists_are_not),
        cmocka_unit_test(each_coding_gives_back_what_was_packed),
        cmocka_unit_test(deflate_may_lack_the_header_of_zlib),
        cmocka_unit_test(a_small_window_of_zlib_is_as_good),
        cmocka_unit_test(members_and_frames_are_joined),
        cmocka_unit_test(skippable_frames_are_skipped),
        cmocka_unit_test(every_cut_is_noticed),
        cmocka_unit_test(every_flipped_byte_fails_or_gives_the_same),
        cmocka_unit_test(a_wrong_checksum_says_so),
        cmocka_unit_test(what_is_something_else_is_refused),
        cmocka_unit_test(an_inflater_is_as_new_after_a_broken_body),
        cmocka_unit_test(what_gzip_text_makes_inflates),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
