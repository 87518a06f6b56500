/* Packs texts, and holds what an inflater makes of them against them. */
#pragma once
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

#include "../unit.h"
#include "spendwarden/buf.h"
#include "spendwarden/inflate.h"

enum { OUT_MAX = 64 << 20, ROOM_MAX = 1 << 20 };

/* All that comes out, `room` bytes at a time; an empty text of err: it inflated. */
static struct buf inflate_all(enum coding coding, struct str body, size_t room,
                              struct err *err)
{
    struct inflater *i;
    struct buf out = {0};
    enum inflating state = INFLATING;

    *err = (struct err){0};
    assert_true(inflater_open(&i, err));
    inflater_begin(i, coding, body);
    while (state == INFLATING && out.size <= OUT_MAX) {
        size_t made;
        char *at = buf_reserve(&out, room);
        assert_non_null(at);
        state = inflater_next(i, at, room, &made, err);
        assert_true(made <= room);
        out.size += made;
    }
    assert_int_equal(state == INFLATE_FAILED, err->kind != ERR_NONE);
    inflater_close(i);
    return out;
}

static void assert_inflates(enum coding coding, struct str body, struct str wanted)
{
    for (size_t room = 1; room <= ROOM_MAX; room *= 32) {
        struct err err;
        struct buf out = inflate_all(coding, body, room, &err);
        assert_string_equal(err.text, "");
        assert_int_equal(out.size, wanted.size);
        assert_memory_equal(out.at, wanted.at, wanted.size);
        buf_release(&out);
    }
}

static void assert_refuses(enum coding coding, struct str body, const char *why)
{
    struct err err;
    struct buf out = inflate_all(coding, body, ROOM_MAX, &err);

    assert_int_equal(err.kind, ERR_INPUT);
    if (!strstr(err.text, why))
        fail_msg("\"%s\" does not say \"%s\"", err.text, why);
    buf_release(&out);
}

/* By zlib, its windowBits say which of its formats. */
static void deflate_text(struct buf *out, int bits, struct str from)
{
    z_stream z = {0};

    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, bits, 8, Z_DEFAULT_STRATEGY), Z_OK);
    size_t bound = deflateBound(&z, from.size);
    z.next_in = (Bytef *)(uintptr_t)from.at;
    z.avail_in = from.size;
    z.next_out = (Bytef *)buf_reserve(out, bound);
    z.avail_out = bound;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    out->size += z.total_out;
    deflateEnd(&z);
}

static void zstd_frame(struct buf *out, int level, int window_log, struct str from)
{
    ZSTD_CCtx *z = ZSTD_createCCtx();
    size_t bound = ZSTD_compressBound(from.size) + 32;
    ZSTD_inBuffer in = {from.at, from.size, 0};
    ZSTD_outBuffer made = {buf_reserve(out, bound), bound, 0};

    ZSTD_CCtx_setParameter(z, ZSTD_c_compressionLevel, level);
    ZSTD_CCtx_setParameter(z, ZSTD_c_checksumFlag, 1);
    if (window_log)
        ZSTD_CCtx_setParameter(z, ZSTD_c_windowLog, window_log);
    /* In two calls, as an exporter that streams: the frame does not tell its size. */
    ZSTD_compressStream2(z, &made, &in, ZSTD_e_continue);
    assert_int_equal(ZSTD_compressStream2(z, &made, &in, ZSTD_e_end), 0);
    out->size += made.pos;
    ZSTD_freeCCtx(z);
}

static void pack(struct buf *out, enum coding coding, struct str from)
{
    if (coding == CODING_ZSTD)
        zstd_frame(out, 3, 0, from);
    else
        deflate_text(out, coding == CODING_GZIP ? 15 + 16 : 15, from);
}

static char *large_text(void)
{
    char *large = malloc(3 << 20);

    for (size_t i = 0; i < 3 << 20; i++)
        large[i] = (char)('a' + i * i / 7 % 26);
    return large;
}
