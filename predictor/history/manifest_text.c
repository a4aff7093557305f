/* manifest_text.c - see manifest_text.h.
 * Room: predictor/history. May touch: the stream it is given. */
#include "predictor/history/manifest_text.h"

enum { HEX_DIGITS = 16 };

void manifest_text_write_escaped(struct slice bytes, FILE *out)
{
    if (bytes.size == 0) {
        fputc('%', out);
    }
    for (size_t i = 0; i < bytes.size; i++) {
        unsigned char byte = (unsigned char)bytes.bytes[i];
        if (byte > ' ' && byte < 0x7f && byte != '%') {
            fputc(byte, out);
        } else {
            fprintf(out, "%%%02X", byte);
        }
    }
}

/* `ten` is 'A' or 'a': each number has one spelling, so that no changed byte goes unseen. */
static int hex_value(char digit, char ten)
{
    if (digit >= '0' && digit <= '9') {
        return digit - '0';
    }
    return digit >= ten && digit < ten + 6 ? digit - ten + 10 : -1;
}

bool manifest_text_unescape(struct slice word, char *bytes, size_t *size)
{
    *size = 0;
    if (word.size == 1 && word.bytes[0] == '%') {
        return true;
    }
    for (size_t i = 0; i < word.size; i++) {
        if (word.bytes[i] != '%') {
            bytes[(*size)++] = word.bytes[i];
            continue;
        }
        int high = word.size - i < 3 ? -1 : hex_value(word.bytes[i + 1], 'A');
        int low = high < 0 ? -1 : hex_value(word.bytes[i + 2], 'A');
        if (low < 0) {
            return false;
        }
        bytes[(*size)++] = (char)(high * HEX_DIGITS + low);
        i += 2;
    }
    return word.size > 0;
}

bool manifest_text_take(struct slice *text, char stop, struct slice *word)
{
    const char *found = text->size == 0 ? NULL : memchr(text->bytes, stop, text->size);
    if (found == NULL) {
        return false;
    }
    *word = (struct slice){text->bytes, (size_t)(found - text->bytes)};
    text->bytes += word->size + 1;
    text->size -= word->size + 1;
    return true;
}

bool manifest_text_parse_count(struct slice word, uint64_t *count)
{
    *count = 0;
    for (size_t i = 0; i < word.size; i++) {
        uint64_t digit = (uint64_t)(unsigned char)word.bytes[i] - '0';
        if (digit > 9 || *count > (UINT64_MAX - digit) / 10) {
            return false;
        }
        *count = *count * 10 + digit;
    }
    return word.size > 0;
}

bool manifest_text_parse_signed(struct slice word, int64_t *number)
{
    uint64_t size;
    bool is_negative = word.size > 0 && word.bytes[0] == '-';
    struct slice digits = {word.bytes + is_negative, word.size - is_negative};
    if (!manifest_text_parse_count(digits, &size) || size > INT64_MAX) {
        return false;
    }
    *number = is_negative ? -(int64_t)size : (int64_t)size;
    return true;
}

bool manifest_text_parse_hex(struct slice word, uint64_t *number)
{
    *number = 0;
    for (size_t i = 0; i < word.size; i++) {
        int value = hex_value(word.bytes[i], 'a');
        if (value < 0) {
            return false;
        }
        *number = *number << 4 | (uint64_t)value;
    }
    return word.size == HEX_DIGITS;
}
