#include "spendwarden/base64.h"

#include <stdint.h>

static int digit_of(char c)
{
    return c >= 'A' && c <= 'Z'   ? c - 'A'
           : c >= 'a' && c <= 'z' ? c - 'a' + 26
           : c >= '0' && c <= '9' ? c - '0' + 52
           : c == '+' || c == '-' ? 62
           : c == '/' || c == '_' ? 63
                                  : -1;
}

bool base64_decode(struct str text, char *out, size_t *size)
{
    uint32_t bits = 0;

    *size = 0;
    while (text.size > 0 && text.at[text.size - 1] == '=')
        text.size--;
    for (size_t i = 0; i < text.size; i++) {
        int digit = digit_of(text.at[i]);
        if (digit < 0)
            return false;
        bits = bits << 6 | (uint32_t)digit;
        if (i % 4 != 0)
            out[(*size)++] = (char)(bits >> (6 - 2 * (i % 4)));
    }
    return text.size % 4 != 1;
}
