#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { INPUT_MAX = 1 << 30, INPUT_STEP = 1 << 16 };

bool common_option(struct common_options *o, int option, const char *argument)
{
    struct generation_options *g = &o->generation;

    switch (option) {
    case OPTION_CONFIG:
        g->config_path = argument;
        return true;
    case OPTION_POLICIES:
        if (g->policy_count == LISTED_MAX)
            exit(usage_error(o->verb, "more than %d policies", LISTED_MAX));
        o->policies[g->policy_count++] = argument;
        return true;
    case OPTION_SET:
        if (g->override_count == LISTED_MAX)
            exit(usage_error(o->verb, "more than %d times --set", LISTED_MAX));
        o->overrides[g->override_count++] = argument;
        return true;
    case OPTION_FORMAT:
        o->json = strcmp(argument, "json") == 0;
        if (!o->json && strcmp(argument, "text") != 0)
            exit(usage_error(o->verb, "--format: text or json, not \"%s\"", argument));
        return true;
    default:
        return false;
    }
}

void common_done(struct common_options *o)
{
    o->generation.policies = o->policies;
    o->generation.overrides = o->overrides;
}

void print_buf(FILE *out, const struct buf *text)
{
    if (text->size)
        fwrite(text->at, 1, text->size, out);
}

bool is_written(FILE *out)
{
    return fflush(out) == 0 && !ferror(out);
}

int report_diags(struct diags *diags, int code)
{
    struct buf text = {0};

    diags_print(diags, &text);
    print_buf(stderr, &text);
    buf_release(&text);
    diags_release(diags);
    return code;
}

int wrong_option(const char *verb_name)
{
    fprintf(stderr, "Try '%s --help'.\n", verb_name);
    return EXIT_USAGE;
}

int usage_error(const char *verb_name, const char *format, ...)
{
    va_list args;

    fprintf(stderr, "%s: ", verb_name);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    return wrong_option(verb_name);
}

bool is_yaml_path(const char *path)
{
    struct str text = str_of(path);

    return str_ends(text, STR(".yaml")) || str_ends(text, STR(".yml"));
}

static bool read_all(int fd, struct buf *out)
{
    for (;;) {
        char *room = out->size < INPUT_MAX ? buf_reserve(out, INPUT_STEP) : NULL;
        if (!room) {
            errno = EFBIG;
            return false;
        }
        ssize_t got = read(fd, room, INPUT_STEP);
        if (got <= 0)
            return got == 0;
        out->size += (size_t)got;
    }
}

bool read_input(const char *path, size_t padding, struct buf *out)
{
    bool standard = strcmp(path, "-") == 0;
    int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    bool ok = fd != -1 && read_all(fd, out);

    if (!ok)
        fprintf(stderr, "spendwarden: %s: %s\n", path, strerror(errno));
    if (fd != -1 && !standard)
        close(fd);
    char *room = ok ? buf_reserve(out, padding) : NULL;
    if (room)
        memset(room, 0, padding);
    return ok && (room || padding == 0);
}
