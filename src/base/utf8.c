#include "spendwarden/utf8.h"

size_t utf8_length(const char *at, size_t room)
{
    const unsigned char *byte = (const unsigned char *)at;
    unsigned char first = byte[0];
    size_t length = first < 0x80   ? 1
                    : first < 0xC2 ? 0
                    : first < 0xE0 ? 2
                    : first < 0xF0 ? 3
                    : first < 0xF5 ? 4
                                   : 0;

    if (length == 0 || length > room)
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((byte[i] & 0xC0) != 0x80)
            return 0;
    /* Overlong forms, surrogates, beyond U+10FFFF. */
    if ((first == 0xE0 && byte[1] < 0xA0) || (first == 0xED && byte[1] > 0x9F) ||
        (first == 0xF0 && byte[1] < 0x90) || (first == 0xF4 && byte[1] > 0x8F))
        return 0;
    return length;
}
