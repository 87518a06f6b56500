/* What hostile bodies may not do. */
#include "packing.h"

/* Nothing is allocated for what is declared: the room is what the caller gives. */
TEST(a_frame_may_claim_exabytes)
{
    static const unsigned char frame[] = {0x28, 0xB5, 0x2F, 0xFD, 0xC0, 0x58,
                                          0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
                                          0xFF, 0x0F, 0x09, 0x00, 0x00, 'x'};

    assert_refuses(CODING_ZSTD, (struct str){(const char *)frame, sizeof frame}, "");
    /* One segment, so its window is as large. */
    static const unsigned char single[] = {0x28, 0xB5, 0x2F, 0xFD, 0xE0, 0xFF,
                                           0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
                                           0x0F, 0x09, 0x00, 0x00, 'x'};
    assert_refuses(CODING_ZSTD, (struct str){(const char *)single, sizeof single},
                   "RFC 9659");
}

TEST(a_frame_gives_what_it_declares)
{
    /* 102 bytes, says its header; the only block is empty. */
    assert_refuses(CODING_ZSTD, STR("\x28\xB5\x2F\xFD\x20\x66\x01\0\0"), "");
    struct err err;
    struct buf out =
        inflate_all(CODING_ZSTD, STR("\x28\xB5\x2F\xFD\x20\x66\x01\0\0"), 10, &err);
    assert_int_equal(err.kind, ERR_INPUT);
    buf_release(&out);
}

TEST(a_window_beyond_8_mb_is_refused)
{
    char *large = large_text();

    for (int log = 20; log <= 27; log++) {
        struct buf packed = {0};
        zstd_frame(&packed, 1, log, (struct str){large, 3 << 20});
        if (log <= 23)
            assert_inflates(CODING_ZSTD, buf_str(&packed), (struct str){large, 3 << 20});
        else
            assert_refuses(CODING_ZSTD, buf_str(&packed), "RFC 9659");
        buf_release(&packed);
    }
    free(large);
}

TEST(a_bomb_gives_no_more_than_its_room_a_step)
{
    char *zeros = calloc(1, OUT_MAX);
    struct inflater *i;
    struct err err = {0};
    char room[1000];
    size_t made;

    assert_true(inflater_open(&i, &err));
    for (int coding = CODING_GZIP; coding <= CODING_ZSTD; coding++) {
        struct buf packed = {0};
        pack(&packed, coding, (struct str){zeros, OUT_MAX});
        assert_true(packed.size < OUT_MAX / 900);
        inflater_begin(i, coding, buf_str(&packed));
        for (int step = 0; step < 100; step++) {
            assert_int_equal(inflater_next(i, room, sizeof room, &made, &err), INFLATING);
            assert_true(made <= sizeof room);
        }
        buf_release(&packed);
    }
    inflater_close(i);
    free(zeros);
}

/* A step ends also where nothing comes out. */
TEST(members_of_nothing_end_a_step)
{
    struct buf packed = {0};
    struct inflater *i;
    struct err err = {0};
    char room[100];
    size_t made;
    int steps = 0;

    for (int member = 0; member < 100000; member++)
        buf_add(&packed, STR("\x50\x2A\x4D\x18\0\0\0\0"));
    assert_true(inflater_open(&i, &err));
    inflater_begin(i, CODING_ZSTD, buf_str(&packed));
    while (inflater_next(i, room, sizeof room, &made, &err) == INFLATING)
        steps++;
    assert_int_equal(err.kind, ERR_NONE);
    assert_true(steps > 3);
    inflater_close(i);
    buf_release(&packed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_frame_may_claim_exabytes),
        cmocka_unit_test(a_frame_gives_what_it_declares),
        cmocka_unit_test(a_window_beyond_8_mb_is_refused),
        cmocka_unit_test(a_bomb_gives_no_more_than_its_room_a_step),
        cmocka_unit_test(members_of_nothing_end_a_step),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
