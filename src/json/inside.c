/* A member of the outermost object, found before anything is parsed. */
#include "internal.h"

/* Behind the string that begins at text[i]. */
static size_t skip_string(struct str text, size_t i)
{
    for (i++; i < text.size && text.at[i] != '"'; i++)
        i += text.at[i] == '\\';
    return i + 1;
}

/* The array behind the key that ends before text[i]; 0: another value. */
static size_t array_behind(struct str text, size_t i)
{
    i = json_skip_space(text, i);
    if (i >= text.size || text.at[i] != ':')
        return 0;
    i = json_skip_space(text, i + 1);
    return i < text.size && text.at[i] == '[' ? i : 0;
}

static bool is_string(struct str text, size_t begin, size_t end, struct str wanted)
{
    return end <= text.size && end - begin == wanted.size + 2 &&
           memcmp(text.at + begin + 1, wanted.at, wanted.size) == 0;
}

size_t json_array_in(struct str text, struct str key)
{
    size_t depth = 0, array = 0;

    for (size_t i = 0, end; i < text.size && !array; i = end) {
        char c = text.at[i];
        end = c == '"' ? skip_string(text, i) : i + 1;
        if (c == '"' && depth == 1 && is_string(text, i, end, key))
            array = array_behind(text, end);
        depth += c == '{' || c == '[';
        depth -= (c == '}' || c == ']') && depth > 0;
    }
    return array;
}
