#include "plain.h"

#include "spendwarden/utf8.h"

/* Of a valid sequence. C1, U+0080 to U+009F, is C2 80 to C2 9F. */
static bool is_control(const char *at, size_t length)
{
    unsigned char first = (unsigned char)at[0];

    return length == 1 ? first < ' ' || first == 0x7F
                       : first == 0xC2 && (unsigned char)at[1] < 0xA0;
}

void plain_add(struct buf *out, struct str text)
{
    for (size_t i = 0; i < text.size;) {
        size_t length = utf8_length(text.at + i, text.size - i);
        if (length == 0 || is_control(text.at + i, length))
            buf_byte(out, '?');
        else
            buf_add(out, (struct str){text.at + i, length});
        i += length ? length : 1;
    }
}
