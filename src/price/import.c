#include "import.h"

#include <stdio.h>

#include <stdlib.h>

enum { DRAFTS_MAX = 50000 };

void rates_clear(struct rates *r)
{
    for (size_t i = 0; i < UNIT_COUNT; i++)
        r->picousd[i] = -1;
}

bool import_add(struct import *im, const struct draft *d)
{
    if (im->count == im->capacity) {
        size_t wanted = im->capacity ? im->capacity * 2 : 256;
        struct draft *larger;
        if (wanted > DRAFTS_MAX)
            return false;
        larger = realloc(im->drafts, wanted * sizeof *larger);
        if (!larger)
            return false;
        im->drafts = larger;
        im->capacity = wanted;
    }
    im->drafts[im->count++] = *d;
    return true;
}

bool import_rate(struct import *im, const json_t *value, uint64_t per, int64_t *picousd)
{
    char text[48];
    struct rate rate;
    bool exact;

    if (json_is_integer(value))
        snprintf(text, sizeof text, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    else if (json_is_real(value)) /* the sources write fewer digits than these */
        snprintf(text, sizeof text, "%.15g", json_real_value(value));
    else if (json_is_string(value))
        snprintf(text, sizeof text, "%s", json_string_value(value));
    else
        return false;
    if (!rate_parse(&rate, str_of(text), per, &exact) || rate.picousd < 0)
        return false;
    im->stats->inexact += !exact;
    *picousd = rate.picousd;
    return true;
}

static bool parse(json_t **out, struct str text, const char *what, struct err *err)
{
    json_error_t why;

    if (text.size == 0)
        return true;
    *out = json_loadb(text.at, text.size, 0, &why);
    return *out || err_set(err, ERR_INPUT, "%s, line %d: %s", what, why.line, why.text);
}

static int compare_lines(const void *left, const void *right)
{
    return str_compare(*(const struct str *)left, *(const struct str *)right);
}

static bool write_entries(struct import *im, struct buf *out)
{
    struct str *lines = calloc(im->count + 1, sizeof *lines);
    struct buf line = {0};

    if (!lines)
        return false;
    for (size_t i = 0; i < im->count; i++) {
        buf_reset(&line);
        import_write_draft(&line, &im->drafts[i]);
        lines[i] = arena_copy(&im->arena, buf_str(&line));
    }
    qsort(lines, im->count, sizeof *lines, compare_lines);
    for (size_t i = 0; i < im->count; i++) {
        buf_add(out, i ? STR(",\n") : STR("\n"));
        buf_add(out, lines[i]);
    }
    buf_add(out, STR("\n]}\n"));
    buf_release(&line);
    free(lines);
    return true;
}

static void import_release(struct import *im)
{
    json_decref(im->genai);
    json_decref(im->litellm);
    free(im->drafts);
    arena_release(&im->arena);
}

bool price_import(struct buf *out, const struct price_import *in,
                  struct price_import_stats *stats, struct err *err)
{
    struct import im = {.in = in, .stats = stats};
    bool ok;

    *stats = (struct price_import_stats){0};
    arena_init(&im.arena, 0);
    ok = parse(&im.genai, in->genai, "genai-prices", err) &&
         parse(&im.litellm, in->litellm, "LiteLLM's map", err) &&
         (!im.genai || import_genai(&im, err)) &&
         (!im.litellm || import_litellm(&im, err));
    if (ok) {
        import_write_head(out, &im);
        stats->entries = im.count;
        ok = write_entries(&im, out) && !out->failed;
        if (!ok)
            err_set(err, ERR_MEMORY, "no memory for the book");
    }
    import_release(&im);
    return ok;
}
