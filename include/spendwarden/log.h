/* Log lines in logfmt on standard error. Any thread. */
#pragma once
#include <stdint.h>

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

/* Set once, before other threads start. */
void log_set_level(enum log_level least);

/* ts=... level=... msg="..."; line breaks and quotes in the text are escaped. What
 * clients sent is never in the text. */
void log_line(enum log_level level, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* For a message that a client or a policy can cause at will: one in `every_ns` is
 * written, with the number left out since. Zeroed to begin with; any thread. */
struct log_limit {
    int64_t next_ns; /* atomic */
    int64_t skipped; /* atomic */
};

void log_limited(struct log_limit *limit, int64_t every_ns, enum log_level level,
                 const char *format, ...) __attribute__((format(printf, 4, 5)));
