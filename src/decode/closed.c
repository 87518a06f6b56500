/* Places of prompts, completions and credentials, by the names that all of them use. */
#include "internal.h"

/* Such a key, wherever it is in a path. */
static const struct str closed[] = {
    STR("messages"),   STR("message"),      STR("prompt"),  STR("prompts"),
    STR("completion"), STR("completions"),  STR("choices"), STR("candidates"),
    STR("content"),    STR("contents"),     STR("text"),    STR("input"),
    STR("output"),     STR("arguments"),    STR("system"),  STR("tool_calls"),
    STR("error_str"),  STR("instructions"),
};

/* Such a key at the end: all of a body. */
static const struct str bodies[] = {
    STR("request"),       STR("response"), STR("body"), STR("request_body"),
    STR("response_body"), STR("payload"),  STR("data"), STR("headers"),
};

static const struct str credentials[] = {
    STR("authorization"), STR("cookie"),  STR("set-cookie"),
    STR("x-api-key"),     STR("api-key"), STR("api_key"),
};

#define IS_ONE_OF(key, keys) is_one_of(key, keys, sizeof keys / sizeof *(keys))

static bool is_one_of(struct str key, const struct str *keys, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (str_eq_nocase(key, keys[i]))
            return true;
    return false;
}

static bool is_closed_end(struct str key, bool for_key)
{
    return IS_ONE_OF(key, bodies) || (!for_key && IS_ONE_OF(key, credentials));
}

/* Up to the next dot that is none of a key's own. */
static size_t key_size(struct str path)
{
    size_t i = 0;

    while (i < path.size && path.at[i] != '.')
        i += path.at[i] == '\\' ? 2 : 1;
    return i < path.size ? i : path.size;
}

static bool keys_are_closed(struct str path, bool to_the_end, bool for_key)
{
    while (path.size) {
        struct str key = {path.at, key_size(path)};
        bool last = key.size == path.size;
        if (IS_ONE_OF(key, closed) || (last && to_the_end && is_closed_end(key, for_key)))
            return true;
        path = last ? STR("") : str_from(path, key.size + 1);
    }
    return false;
}

/* Of an attribute the first and the last part tell: gen_ai.prompt.version is a number,
 * gen_ai.system the name of a provider. A log record's body is its event's name. */
static bool name_is_closed(struct str name, bool for_key)
{
    const char *dot = name.size ? memrchr(name.at, '.', name.size) : NULL;
    struct str first = {name.at, key_size(name)};
    struct str last = dot ? str_from(name, (size_t)(dot - name.at) + 1) : name;

    if (dot ? str_eq(last, STR("system")) : str_eq(name, STR("body")))
        return false;
    return IS_ONE_OF(first, closed) || IS_ONE_OF(last, closed) ||
           is_closed_end(last, for_key);
}

bool path_is_closed(struct str path, bool flat, bool for_key)
{
    const struct str into = STR(" > ");
    const char *at = path.size ? memmem(path.at, path.size, into.at, into.size) : NULL;

    if (!at)
        return flat ? name_is_closed(path, for_key)
                    : keys_are_closed(path, true, for_key);
    size_t size = (size_t)(at - path.at);
    return (!flat && keys_are_closed((struct str){path.at, size}, false, for_key)) ||
           keys_are_closed(str_from(path, size + into.size), true, for_key);
}
