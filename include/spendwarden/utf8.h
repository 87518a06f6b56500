/* Is it text? */
#pragma once
#include <stddef.h>

/* Length of the valid UTF-8 sequence that starts at `at`, where `room` > 0 bytes can be
 * read; 0 if there is none. Overlong forms, surrogates and what lies beyond U+10FFFF are
 * not valid. */
size_t utf8_length(const char *at, size_t room);
