/* A configuration file of its own for each test. */
#pragma once
#include "../unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "spendwarden/config.h"

struct fixture {
    char directory[32]; /* of its own; left empty again */
    char path[64];
    struct config *config;
    struct diags diags;
    struct buf text;
};

static inline int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    snprintf(f->directory, sizeof f->directory, "/tmp/config_test_XXXXXX");
    assert_non_null(mkdtemp(f->directory));
    snprintf(f->path, sizeof f->path, "%s/s.yaml", f->directory);
    *state = f;
    return 0;
}

static inline int tear_down(void **state)
{
    struct fixture *f = *state;

    unlink(f->path);
    rmdir(f->directory);
    config_free(f->config);
    diags_release(&f->diags);
    buf_release(&f->text);
    free(f);
    return 0;
}

static inline void write_config(struct fixture *f, const char *text)
{
    FILE *file = fopen(f->path, "w");

    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static inline const char *messages(struct fixture *f)
{
    diags_print(&f->diags, &f->text);
    buf_byte(&f->text, '\0');
    return f->text.at;
}

static inline const struct config *loaded_with(struct fixture *f, const char *text,
                                               const char *const *overrides, size_t count)
{
    write_config(f, text);
    if (!config_load(&f->config, f->path, overrides, count, &f->diags))
        fail_msg("%s", messages(f));
    assert_int_equal(f->diags.count, 0);
    return f->config;
}

static inline const struct config *loaded(struct fixture *f, const char *text)
{
    return loaded_with(f, text, NULL, 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
