#include "internal.h"

static bool is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static bool is_operator(char c)
{
    return c == '{' || c == '}' || c == '[' || c == ']' || c == ':' || c == ',';
}

/* From behind the opening quote to the closing one, a line break or the end. */
static size_t string_end(const char *text, size_t size, size_t i)
{
    while (i < size && text[i] != '"' && text[i] != '\n')
        i += text[i] == '\\' && i + 1 < size && text[i + 1] != '\n' ? 2 : 1;
    return i;
}

static size_t scalar_end(const char *text, size_t size, size_t i)
{
    while (i < size && !is_space(text[i]) && !is_operator(text[i]) && text[i] != '"')
        i++;
    return i;
}

size_t json_scan(const char *text, size_t size, uint32_t *at)
{
    size_t count = 0;

    for (size_t i = 0; i < size;) {
        char c = text[i];
        if (is_space(c)) {
            i++;
            continue;
        }
        at[count++] = (uint32_t)i;
        if (is_operator(c)) {
            i++;
        } else if (c == '"') {
            i = string_end(text, size, i + 1);
            if (i < size && text[i] == '\n')
                at[count++] = (uint32_t)i;
            i++;
        } else {
            i = scalar_end(text, size, i);
        }
    }
    return count;
}
