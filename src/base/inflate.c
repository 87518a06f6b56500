#include "spendwarden/inflate.h"

#define ZLIB_CONST /* it does not write to its input */
#include <limits.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

enum {
    WINDOW_BITS = 15,
    WINDOW_BITS_GZIP = WINDOW_BITS + 16,
    WINDOW_BITS_RAW = -WINDOW_BITS,
    /* RFC 9659: as a content coding zstd may not want more than 8 MB, and whoever reads
     * it need not give more. */
    ZSTD_WINDOW_LOG = 23,
    ZSTD_MAGIC_SIZE = 4,
    /* Members, frames and blocks may hold nothing, so that room alone bounds no step. */
    STEP_READ = 256 * 1024,
};

struct inflater {
    z_stream zlib;
    ZSTD_DCtx *zstd;
    enum coding coding;
    struct str rest;                           /* borrowed; what has not been read */
    bool inside;                               /* a frame has begun */
    unsigned long long frame_size, frame_made; /* what it declares, and has given */
};

static const struct {
    struct str name;
    enum coding coding;
} codings[] = {
    {STR("identity"), CODING_IDENTITY}, {STR("gzip"), CODING_GZIP},
    {STR("x-gzip"), CODING_GZIP}, /* the same, says RFC 9110 */
    {STR("deflate"), CODING_DEFLATE},   {STR("zstd"), CODING_ZSTD},
};

bool coding_find(struct str name, enum coding *out)
{
    for (size_t i = 0; i < sizeof codings / sizeof *codings; i++)
        if (str_eq_nocase(codings[i].name, name)) {
            *out = codings[i].coding;
            return true;
        }
    return false;
}

bool inflater_open(struct inflater **out, struct err *err)
{
    struct inflater *i = calloc(1, sizeof *i);

    *out = NULL;
    if (!i)
        return err_set(err, ERR_MEMORY, "inflater: no memory");
    i->zstd = ZSTD_createDCtx();
    if (!i->zstd || inflateInit2(&i->zlib, WINDOW_BITS) != Z_OK ||
        ZSTD_isError(
            ZSTD_DCtx_setParameter(i->zstd, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG))) {
        inflater_close(i);
        return err_set(err, ERR_MEMORY, "inflater: no memory");
    }
    *out = i;
    return true;
}

void inflater_close(struct inflater *i)
{
    if (!i)
        return;
    inflateEnd(&i->zlib); /* safe on one that was never begun */
    ZSTD_freeDCtx(i->zstd);
    free(i);
}

/* The two bytes before zlib's deflate are a multiple of 31 and name the method 8; raw
 * deflate would begin so only with padding bits that no encoder sets. */
static bool has_zlib_header(struct str body)
{
    const unsigned char *at = (const unsigned char *)body.at;

    return body.size >= 2 && (at[0] & 0x0F) == Z_DEFLATED &&
           (at[0] * 256 + at[1]) % 31 == 0;
}

void inflater_begin(struct inflater *i, enum coding coding, struct str body)
{
    int bits = coding == CODING_GZIP   ? WINDOW_BITS_GZIP
               : has_zlib_header(body) ? WINDOW_BITS
                                       : WINDOW_BITS_RAW;

    i->coding = coding;
    i->rest = body;
    i->inside = false;
    if (coding == CODING_ZSTD)
        ZSTD_DCtx_reset(i->zstd, ZSTD_reset_session_only);
    else
        inflateReset2(&i->zlib, bits); /* cannot fail: it was begun, and bits are legal */
}

static enum inflating fail(struct inflater *i, struct err *err, const char *why)
{
    static const char *const names[] = {"identity", "gzip", "deflate", "zstd"};

    err_set(err, ERR_INPUT, "the body is not %s as its Content-Encoding says: %s",
            names[i->coding], why);
    return INFLATE_FAILED;
}

static enum inflating fail_early(struct inflater *i, struct err *err)
{
    return fail(i, err, "it ends too early");
}

static enum inflating fail_memory(struct err *err)
{
    err_set(err, ERR_MEMORY, "no memory to inflate the body");
    return INFLATE_FAILED;
}

static size_t readable(const struct inflater *i)
{
    return i->rest.size < STEP_READ ? i->rest.size : STEP_READ;
}

static enum inflating end_member(struct inflater *i, struct err *err)
{
    if (i->rest.size == 0)
        return INFLATE_DONE;
    if (i->coding != CODING_GZIP)
        return fail(i, err, "something follows its end");
    inflateReset(&i->zlib);
    return INFLATING;
}

static enum inflating next_zlib(struct inflater *i, char *out, size_t room, size_t *made,
                                struct err *err)
{
    z_stream *z = &i->zlib;

    z->next_in = (const Bytef *)i->rest.at;
    z->avail_in = (uInt)readable(i);
    z->next_out = (Bytef *)out;
    z->avail_out = room < UINT_MAX ? (uInt)room : UINT_MAX;
    int rc = inflate(z, Z_NO_FLUSH);
    *made = (size_t)(z->next_out - (Bytef *)out);
    i->rest = str_from(i->rest, readable(i) - z->avail_in);

    switch (rc) {
    case Z_OK:
    case Z_BUF_ERROR: /* nothing more to read, or no more room */
        return i->rest.size == 0 && z->avail_out > 0 ? fail_early(i, err) : INFLATING;
    case Z_STREAM_END:
        return end_member(i, err);
    case Z_NEED_DICT:
        return fail(i, err, "it needs a dictionary");
    case Z_MEM_ERROR:
        return fail_memory(err);
    default:
        return fail(i, err, z->msg ? z->msg : "invalid data");
    }
}

/* Checked here, because libzstd may also read formats from before the standard, which
 * know no limit of their window. */
static bool has_zstd_magic(struct str rest)
{
    const unsigned char *at = (const unsigned char *)rest.at;
    uint32_t magic = (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
                     (uint32_t)at[3] << 24;

    return magic == ZSTD_MAGICNUMBER ||
           (magic & ZSTD_MAGIC_SKIPPABLE_MASK) == ZSTD_MAGIC_SKIPPABLE_START;
}

static enum inflating fail_zstd(struct inflater *i, size_t code, struct err *err)
{
    switch (ZSTD_getErrorCode(code)) {
    case ZSTD_error_memory_allocation:
        return fail_memory(err);
    case ZSTD_error_frameParameter_windowTooLarge:
        return fail(i, err, "its window is larger than the 8 MB of RFC 9659");
    default:
        return fail(i, err, ZSTD_getErrorName(code));
    }
}

static void begin_frame(struct inflater *i)
{
    i->inside = true;
    i->frame_size = ZSTD_getFrameContentSize(i->rest.at, i->rest.size);
    i->frame_made = 0;
}

/* libzstd itself does not notice a declared size that an empty last block falls short of,
 * unless the room holds all of it at once. */
static enum inflating end_frame(struct inflater *i, struct err *err)
{
    bool declared = i->frame_size != ZSTD_CONTENTSIZE_UNKNOWN &&
                    i->frame_size != ZSTD_CONTENTSIZE_ERROR;

    if (declared && i->frame_size != i->frame_made)
        return fail(i, err, "it does not hold what it declares");
    i->inside = false;
    return i->rest.size == 0 ? INFLATE_DONE : INFLATING;
}

static enum inflating next_zstd(struct inflater *i, char *out, size_t room, size_t *made,
                                struct err *err)
{
    if (!i->inside && i->rest.size < ZSTD_MAGIC_SIZE)
        return fail_early(i, err);
    if (!i->inside && !has_zstd_magic(i->rest))
        return fail(i, err, "no frame begins here");
    if (!i->inside)
        begin_frame(i);

    ZSTD_inBuffer in = {i->rest.at, readable(i), 0};
    ZSTD_outBuffer made_here = {out, room, 0};
    size_t more = ZSTD_decompressStream(i->zstd, &made_here, &in);
    *made = made_here.pos;
    i->frame_made += *made;
    i->rest = str_from(i->rest, in.pos);
    if (ZSTD_isError(more))
        return fail_zstd(i, more, err);
    if (more == 0)
        return end_frame(i, err);
    return i->rest.size == 0 && *made < room ? fail_early(i, err) : INFLATING;
}

enum inflating inflater_next(struct inflater *i, char *out, size_t room, size_t *made,
                             struct err *err)
{
    *made = 0;
    return i->coding == CODING_ZSTD ? next_zstd(i, out, room, made, err)
                                    : next_zlib(i, out, room, made, err);
}
