/* varint.h - numbers as bytes: varints, and fixed little-endian words.
 * Room: predictor/history. May touch: nothing. Pure. */
#ifndef REKINDLE_PREDICTOR_VARINT_H
#define REKINDLE_PREDICTOR_VARINT_H

#include <stddef.h>
#include <stdint.h>

enum { VARINT_SIZE_MAX = 10, VARINT_BITS = 7, VARINT_MORE = 128 };

static inline uint8_t *varint_put(uint8_t *at, uint64_t number)
{
    while (number >= VARINT_MORE) {
        *at++ = (uint8_t)(number | VARINT_MORE);
        number >>= VARINT_BITS;
    }
    *at++ = (uint8_t)number;
    return at;
}

/* The end of the varint at `at`, or NULL when it does not end before `end` or does not fit 64 bits. */
static inline const uint8_t *varint_get(const uint8_t *at, const uint8_t *end, uint64_t *number)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && at < end; shift += VARINT_BITS) {
        uint64_t byte = *at++;
        value |= (byte & (VARINT_MORE - 1)) << shift;
        if (byte < VARINT_MORE) {
            *number = value;
            return shift == 63 && byte > 1 ? NULL : at;
        }
    }
    return NULL;
}

static inline uint64_t varint_from_signed(int64_t number)
{
    return ((uint64_t)number << 1) ^ (number < 0 ? UINT64_MAX : 0);
}

static inline int64_t varint_to_signed(uint64_t number)
{
    return (int64_t)(number >> 1) ^ ((number & 1) != 0 ? -1 : 0);
}

static inline uint8_t *word_put_32(uint8_t *at, uint32_t number)
{
    for (unsigned i = 0; i < sizeof number; i++) {
        *at++ = (uint8_t)(number >> (8 * i));
    }
    return at;
}

static inline uint8_t *word_put_64(uint8_t *at, uint64_t number)
{
    for (unsigned i = 0; i < sizeof number; i++) {
        *at++ = (uint8_t)(number >> (8 * i));
    }
    return at;
}

static inline uint32_t word_get_32(const uint8_t *at)
{
    uint32_t number = 0;
    for (unsigned i = 0; i < sizeof number; i++) {
        number |= (uint32_t)at[i] << (8 * i);
    }
    return number;
}

static inline uint64_t word_get_64(const uint8_t *at)
{
    uint64_t number = 0;
    for (unsigned i = 0; i < sizeof number; i++) {
        number |= (uint64_t)at[i] << (8 * i);
    }
    return number;
}

#endif
