#include "spendwarden/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "spendwarden/timestamp.h"

enum { LINE_MAX_BYTES = 2048 };

static enum log_level least_level = LOG_INFO;

void log_set_level(enum log_level least)
{
    least_level = least;
}

static const char *level_name(enum log_level level)
{
    static const char *const names[] = {"debug", "info", "warn", "error"};

    return names[level];
}

/* One write(2), so that lines of several threads do not mix. */
static void write_line(enum log_level level, const char *text, int64_t skipped)
{
    char line[LINE_MAX_BYTES], time[TIMESTAMP_TEXT_SIZE];
    size_t size;

    timestamp_format(time, timestamp_now());
    size = (size_t)snprintf(line, sizeof line, "ts=%s level=%s msg=\"", time,
                            level_name(level));
    for (; *text && size < sizeof line - 64; text++) {
        if (*text == '"' || *text == '\\')
            line[size++] = '\\';
        line[size++] = (unsigned char)*text < 0x20 ? ' ' : *text;
    }
    line[size++] = '"';
    if (skipped > 0)
        size += (size_t)snprintf(line + size, sizeof line - size, " skipped=%lld",
                                 (long long)skipped);
    line[size++] = '\n';
    if (write(STDERR_FILENO, line, size) < 0) {
        /* Nobody left to tell. */
    }
}

void log_line(enum log_level level, const char *format, ...)
{
    char text[LINE_MAX_BYTES];
    va_list args;

    if (level < least_level)
        return;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    write_line(level, text, 0);
}

void log_limited(struct log_limit *limit, int64_t every_ns, enum log_level level,
                 const char *format, ...)
{
    int64_t now = timestamp_monotonic();
    int64_t next = __atomic_load_n(&limit->next_ns, __ATOMIC_RELAXED);
    char text[LINE_MAX_BYTES];
    va_list args;

    if (level < least_level)
        return;
    if (now < next ||
        !__atomic_compare_exchange_n(&limit->next_ns, &next, now + every_ns, false,
                                     __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
        __atomic_add_fetch(&limit->skipped, 1, __ATOMIC_RELAXED);
        return;
    }
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    write_line(level, text, __atomic_exchange_n(&limit->skipped, 0, __ATOMIC_RELAXED));
}
