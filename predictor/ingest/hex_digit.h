/* hex_digit.h - one hexadecimal digit to its value.
 * Room: predictor/ingest. May touch: nothing. */
#ifndef REKINDLE_PREDICTOR_HEX_DIGIT_H
#define REKINDLE_PREDICTOR_HEX_DIGIT_H

/* 0..15, or -1. */
static inline int hex_digit(char byte)
{
    enum { TEN = 10 };
    if (byte >= '0' && byte <= '9') {
        return byte - '0';
    }
    if (byte >= 'a' && byte <= 'f') {
        return byte - 'a' + TEN;
    }
    return byte >= 'A' && byte <= 'F' ? byte - 'A' + TEN : -1;
}

#endif
