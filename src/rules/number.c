/* Numbers as text. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "internal.h"

int number_format(char out[NUMBER_TEXT_SIZE], double number)
{
    int length = 0;

    for (int digits = 15; digits <= 17; digits++) {
        length = snprintf(out, NUMBER_TEXT_SIZE, "%.*g", digits, number);
        if (strtod(out, NULL) == number)
            break;
    }
    return length;
}

int number_clean(char out[NUMBER_TEXT_SIZE], double number)
{
    return snprintf(out, NUMBER_TEXT_SIZE, "%.12g", number);
}

int number_round(char out[NUMBER_TEXT_SIZE], double number, int decimals)
{
    bool is_large = fabs(number) >= 1e6 && fabs(number) < 1e15;

    if (decimals >= 0 && fabs(number) < 1e15)
        return snprintf(out, NUMBER_TEXT_SIZE, "%.*f", decimals, number);
    return snprintf(out, NUMBER_TEXT_SIZE, is_large ? "%.0f" : "%.6g", number);
}
