#include "negotiate.h"

#include <stdlib.h>

#include "spendwarden/str.h"

enum { WEIGHT_FULL = 1000 };

/* One element of a list: "name; key=value; q=0.5". */
struct range {
    struct str name, version;
    int weight; /* thousandths */
};

/* What is before the next `separator`; *rest goes behind it. */
static struct str cut(struct str *rest, char separator)
{
    const char *at = rest->size ? memchr(rest->at, separator, rest->size) : NULL;
    struct str part = {rest->at, at ? (size_t)(at - rest->at) : rest->size};

    *rest = str_from(*rest, at ? part.size + 1 : rest->size);
    return str_trim(part);
}

/* "0.75"; what is no number weighs nothing. */
static int weight_of(struct str text)
{
    char digits[8] = {0};

    memcpy(digits, text.at, text.size < sizeof digits ? text.size : sizeof digits - 1);
    double weight = strtod(digits, NULL);
    return weight >= 1 ? WEIGHT_FULL : weight > 0 ? (int)(weight * WEIGHT_FULL) : 0;
}

static bool next_range(struct str *list, struct range *out)
{
    if (list->size == 0)
        return false;
    struct str element = cut(list, ',');
    *out = (struct range){.name = cut(&element, ';'), .weight = WEIGHT_FULL};
    while (element.size > 0) {
        struct str value = cut(&element, ';');
        struct str key = cut(&value, '=');
        if (str_eq_nocase(key, STR("q")))
            out->weight = weight_of(value);
        else if (str_eq_nocase(key, STR("version")))
            out->version = value;
    }
    return true;
}

static bool has_version(const struct range *range, struct str wanted)
{
    return range->version.size == 0 || str_eq(range->version, wanted);
}

bool accepts_openmetrics(const char *accept)
{
    struct str list = str_of(accept ? accept : "");
    int openmetrics = 0, text = 0;
    struct range range;

    while (next_range(&list, &range)) {
        int *weight = NULL;
        if (str_eq_nocase(range.name, STR("application/openmetrics-text")))
            weight = has_version(&range, STR("1.0.0")) ? &openmetrics : NULL;
        else if (str_eq_nocase(range.name, STR("text/plain")))
            weight = has_version(&range, STR("0.0.4")) ? &text : NULL;
        if (weight && range.weight > *weight)
            *weight = range.weight;
    }
    return openmetrics > 0 && openmetrics >= text;
}

bool accepts_csv(const char *accept)
{
    struct str list = str_of(accept ? accept : "");
    int csv = 0, json = 0;
    struct range range;

    while (next_range(&list, &range)) {
        int *weight = NULL;
        if (str_eq_nocase(range.name, STR("text/csv")))
            weight = &csv;
        else if (str_eq_nocase(range.name, STR("application/json")))
            weight = &json;
        if (weight && range.weight > *weight)
            *weight = range.weight;
    }
    return csv > 0 && csv >= json;
}

bool accepts_gzip(const char *accept_encoding)
{
    struct str list = str_of(accept_encoding ? accept_encoding : "");
    int named = -1, any = 0;
    struct range range;

    while (next_range(&list, &range)) {
        if (str_eq_nocase(range.name, STR("gzip")))
            named = range.weight;
        else if (str_eq(range.name, STR("*")))
            any = range.weight;
    }
    return named >= 0 ? named > 0 : any > 0;
}
