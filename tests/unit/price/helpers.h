/* Books from text, and records to price. */
#pragma once
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "spendwarden/price.h"

static inline char *overlay_file(const char *text)
{
    char *path = strdup("/tmp/spendwarden-prices-XXXXXX");
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    return path;
}

/* The messages with the file's name as "FILE", or NULL where the book loads. */
static inline char *load_errors(const char *text)
{
    char *path = overlay_file(text), *result = NULL;
    const char *overlays[] = {path};
    struct price_options options = {CHARGE_REPORTED, 1, overlays};
    struct price_book *book;
    struct diags diags = {0};
    struct buf all = {0};

    if (price_book_load(&book, &options, &diags)) {
        assert_int_equal(diags.count, 0);
        price_book_free(book);
    } else {
        for (size_t i = 0; i < diags.count; i++)
            if (strcmp(diags.items[i].file, path) == 0)
                buf_format(&all, "FILE:%d:%d: %s\n", diags.items[i].line,
                           diags.items[i].column, diags.items[i].text);
            else
                buf_format(&all, "%s: %s\n", diags.items[i].file, diags.items[i].text);
        buf_byte(&all, '\0');
        result = strdup(all.at);
    }
    buf_release(&all);
    diags_release(&diags);
    unlink(path);
    free(path);
    return result;
}

static inline struct price_book *load_book(enum charge_basis basis, size_t count,
                                           const char *const *texts)
{
    char *paths[8];
    struct price_options options = {basis, count, (const char *const *)paths};
    struct price_book *book = NULL;
    struct diags diags = {0};
    bool ok;

    for (size_t i = 0; i < count; i++)
        paths[i] = overlay_file(texts[i]);
    ok = price_book_load(&book, &options, &diags);
    for (size_t i = 0; i < count; i++) {
        unlink(paths[i]);
        free(paths[i]);
    }
    if (!ok)
        fail_msg("%s", diags.count ? diags.items[0].text : "no book");
    diags_release(&diags);
    return book;
}

static inline int64_t at(const char *time)
{
    int64_t ns;

    assert_true(timestamp_parse(&ns, str_of(time)));
    return ns;
}

static inline struct record call(const char *provider, const char *model)
{
    struct record r;

    record_init(&r);
    r.ev.text[TEXT_AI_SYSTEM] = str_of(provider);
    r.ev.text[TEXT_RESPONSE_MODEL] = str_of(model);
    r.ev.start_ns = at("2026-08-21T12:00:00Z");
    return r;
}

static inline struct record usage(const char *provider, const char *model, int64_t input,
                                  int64_t output)
{
    struct record r = call(provider, model);

    r.ev.count[COUNT_INPUT_TOKENS] = input;
    r.ev.count[COUNT_OUTPUT_TOKENS] = output;
    return r;
}
