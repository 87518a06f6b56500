#include "spendwarden/yaml.h"

#include <math.h>
#include <stdlib.h>

const struct yaml_node *yaml_get(const struct yaml_node *map, struct str key)
{
    if (map->kind != YAML_MAP)
        return NULL;
    for (size_t i = 0; i < map->count; i++)
        if (str_eq(map->keys[i].text, key))
            return &map->values[i];
    return NULL;
}

static bool is_plain(const struct yaml_node *n)
{
    return n->kind == YAML_SCALAR && !n->quoted;
}

bool yaml_is_null(const struct yaml_node *n)
{
    return is_plain(n) && (n->text.size == 0 || str_eq(n->text, STR("~")) ||
                           str_eq(n->text, STR("null")));
}

bool yaml_bool(const struct yaml_node *n, bool *out)
{
    if (!is_plain(n))
        return false;
    bool yes = str_eq(n->text, STR("true"));
    if (!yes && !str_eq(n->text, STR("false")))
        return false;
    *out = yes;
    return true;
}

static struct str without_plus(struct str text)
{
    bool plus = text.size > 1 && text.at[0] == '+' && text.at[1] != '-';

    return str_from(text, plus);
}

bool yaml_int64(const struct yaml_node *n, int64_t *out)
{
    return is_plain(n) && str_to_int64(without_plus(n->text), out);
}

bool yaml_double(const struct yaml_node *n, double *out)
{
    char *end;

    /* strtod would also take hexadecimals, "inf" and "nan". */
    if (!is_plain(n) || n->text.size == 0 ||
        strspn(n->text.at, "+-.0123456789eE") != n->text.size)
        return false;
    double value = strtod(n->text.at, &end);
    if (end != n->text.at + n->text.size || !isfinite(value))
        return false;
    *out = value;
    return true;
}
