/* Borrowed text: a pointer and a length, not terminated, never freed through this. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
    const char *at; /* borrowed; may be NULL when size is 0 */
    size_t size;    /* bytes */
};

/* Of a string literal. */
#define STR(literal) ((struct str){"" literal, sizeof(literal) - 1})

/* For printf's "%.*s". */
#define STR_ARG(s) (int)(s).size, (s).at

static inline struct str str_of(const char *text)
{
    return (struct str){text, text ? strlen(text) : 0};
}

static inline bool str_eq(struct str a, struct str b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.at, b.at, a.size) == 0);
}

static inline bool str_starts(struct str text, struct str prefix)
{
    return text.size >= prefix.size && memcmp(text.at, prefix.at, prefix.size) == 0;
}

static inline bool str_ends(struct str text, struct str suffix)
{
    return text.size >= suffix.size &&
           (suffix.size == 0 ||
            memcmp(text.at + text.size - suffix.size, suffix.at, suffix.size) == 0);
}

static inline struct str str_from(struct str text, size_t offset)
{
    return offset >= text.size ? (struct str){NULL, 0}
                               : (struct str){text.at + offset, text.size - offset};
}

/* Without spaces and tabs at both ends. */
struct str str_trim(struct str text);

/* Bytewise order, a shorter prefix first: for sorting. */
int str_compare(struct str a, struct str b);

/* ASCII letters only. */
bool str_eq_nocase(struct str a, struct str b);

/* [a-zA-Z_][a-zA-Z0-9_]*: what Prometheus and Alertmanager take as a name. */
bool str_is_name(struct str text);

/* The whole text as a decimal integer that fits; false leaves *out alone. */
bool str_to_int64(struct str text, int64_t *out);

/* The same the other way round; the text is in `room`. */
enum { INT64_TEXT_MAX = 20 };
struct str str_of_int64(int64_t value, char room[INT64_TEXT_MAX]);

/* Edit distance, for "did you mean": at most `limit` + 1 is told apart. */
unsigned str_distance(struct str a, struct str b, unsigned limit);

/* `text` is the candidate's first or last words: "workflow" of "workflow_id". Too short a
 * text, below four bytes, says nothing. */
bool str_is_part(struct str text, struct str candidate);

/* The candidate nearest to `text`, or the first that `text` is a part of; NULL if
 * there is none to suggest. */
const char *str_nearest(struct str text, const char *const *candidates, size_t count);
