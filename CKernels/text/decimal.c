#include "decimal.h"

#include <stdlib.h>
#include <string.h>

#include "powers_of_five.h"

static const double exact_powers_of_ten[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                             1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

static int is_digit(uint8_t byte) { return (uint8_t)(byte - '0') <= 9; }

/// Rounds w * 10^q to a double (D. Lemire, "Number parsing at a gigabyte per second", 2021). Returns 0 where 128 bits
/// of 5^q do not decide, and for results outside the normal range, which are rare and left to the caller.
static int round_product(uint64_t w, int64_t q, double *value) {
    if (q < -342 || q > 308)
        return 0;
    int zeros = __builtin_clzll(w);
    w <<= zeros;
    const unsigned long long *power = ck_powers_of_five[q + 342];
    unsigned __int128 product = (unsigned __int128)w * power[0];
    uint64_t high = (uint64_t)(product >> 64), low = (uint64_t)product;
    if ((high & 0x1FF) == 0x1FF) { // the bits below could still carry into those that are kept
        uint64_t more = (uint64_t)(((unsigned __int128)w * power[1]) >> 64);
        low += more;
        high += low < more;
    }
    if (low == UINT64_MAX && (q < -27 || q > 55))
        return 0;
    int upper = (int)(high >> 63);
    uint64_t mantissa = high >> (upper + 9);
    int64_t exponent = ((217706 * q) >> 16) + 63 + upper - zeros + 1023;
    if (exponent <= 0)
        return 0;
    // Exactly half way between two doubles is possible only for these powers: round to even, not up.
    if (low <= 1 && q >= -4 && q <= 23 && (mantissa & 3) == 1 && (mantissa << (upper + 9)) == high)
        mantissa &= ~(uint64_t)1;
    mantissa = (mantissa + (mantissa & 1)) >> 1;
    if (mantissa >> 53) {
        mantissa >>= 1;
        exponent++;
    }
    if (exponent >= 0x7FF)
        return 0;
    uint64_t bits = (mantissa & ~((uint64_t)1 << 52)) | (uint64_t)exponent << 52;
    memcpy(value, &bits, sizeof bits);
    return 1;
}

/// The slow, always right way: the significant digits as one integer with an exponent, through strtod. Without a
/// decimal point the text reads the same in every locale. More than 768 digits cannot change the result but by being
/// there at all, hence one closing digit stands for the rest.
static double round_by_library(const uint8_t *digits, const uint8_t *end, int64_t exponent) {
    enum { KEPT = 780 };
    char text[KEPT + 32];
    size_t count = 0;
    int sticky = 0, fraction = 0;
    for (const uint8_t *at = digits; at < end; at++) {
        if (*at == '.') {
            fraction = 1;
            continue;
        }
        if (count < KEPT) {
            if (count || *at != '0')
                text[count++] = (char)*at;
            exponent -= fraction;
        } else {
            sticky |= *at != '0';
            exponent += !fraction;
        }
    }
    if (sticky) {
        text[count++] = '1';
        exponent--;
    }
    text[count++] = 'e';
    if (exponent < 0)
        text[count++] = '-';
    uint64_t magnitude = (uint64_t)(exponent < 0 ? -exponent : exponent);
    char reversed[24];
    int length = 0;
    do {
        reversed[length++] = (char)('0' + magnitude % 10);
        magnitude /= 10;
    } while (magnitude);
    while (length)
        text[count++] = reversed[--length];
    text[count] = 0;
    return strtod(text, NULL);
}

static int is_word(const uint8_t *text, size_t length, const char *word) {
    if (length != strlen(word))
        return 0;
    for (size_t i = 0; i < length; i++)
        if ((text[i] | 0x20) != (uint8_t)word[i])
            return 0;
    return 1;
}

ck_decimal_status ck_decimal_parse(const uint8_t *text, size_t length, double *value, ck_integer_class *integer) {
    *integer = CK_INTEGER_EXACT;
    const uint8_t *at = text, *end = text + length;
    int negative = 0;
    if (at < end && (*at == '-' || *at == '+'))
        negative = *at++ == '-';
    if (is_word(at, (size_t)(end - at), "inf") || is_word(at, (size_t)(end - at), "infinity"))
        return CK_DECIMAL_INFINITE;

    const uint8_t *digits = at;
    uint64_t mantissa = 0;
    int64_t exponent = 0;
    int kept = 0, any = 0, truncated = 0, fraction = 0;
    for (; at < end; at++) {
        if (is_digit(*at)) {
            any = 1;
            if (kept < 19) {
                mantissa = mantissa * 10 + (uint64_t)(*at - '0');
                kept += mantissa != 0;
                exponent -= fraction;
            } else {
                truncated |= *at != '0';
                exponent += !fraction;
            }
        } else if (*at == '.' && !fraction) {
            fraction = 1;
        } else {
            break;
        }
    }
    if (!any)
        return CK_DECIMAL_TEXT;
    const uint8_t *digits_end = at;
    int64_t written = 0;
    int scientific = 0;
    if (at < end && (*at | 0x20) == 'e') {
        at++;
        scientific = 1;
        int below = 0;
        if (at < end && (*at == '-' || *at == '+'))
            below = *at++ == '-';
        if (at == end)
            return CK_DECIMAL_TEXT;
        for (; at < end && is_digit(*at); at++)
            if (written < 1000000000000)
                written = written * 10 + (*at - '0');
        if (below)
            written = -written;
    }
    if (at != end)
        return CK_DECIMAL_TEXT;

    double result;
    if (!fraction && !scientific) {
        int fits = exponent == 0 && mantissa <= (uint64_t)INT64_MAX;
        if (!fits)
            *integer = CK_INTEGER_HUGE;
        else if (mantissa > (uint64_t)1 << 53)
            *integer = CK_INTEGER_BIG;
    }
    exponent += written;
    if (mantissa == 0) {
        result = 0;
    } else if (!truncated && mantissa <= (uint64_t)1 << 53 && exponent >= -22 && exponent <= 22) {
        result = exponent < 0 ? (double)mantissa / exact_powers_of_ten[-exponent]
                              : (double)mantissa * exact_powers_of_ten[exponent];
    } else {
        double above;
        if (!round_product(mantissa, exponent, &result) ||
            (truncated && (!round_product(mantissa + 1, exponent, &above) || above != result)))
            result = round_by_library(digits, digits_end, written);
    }
    if (result > 1.7976931348623157e308)
        return CK_DECIMAL_INFINITE;
    *value = negative ? -result : result;
    return CK_DECIMAL_OK;
}

int ck_integer_parse(const uint8_t *text, size_t length, int64_t *value) {
    const uint8_t *at = text, *end = text + length;
    int negative = 0;
    if (at < end && (*at == '-' || *at == '+'))
        negative = *at++ == '-';
    if (at == end)
        return 1;
    uint64_t magnitude = 0;
    for (; at < end; at++) {
        if (!is_digit(*at) || __builtin_mul_overflow(magnitude, (uint64_t)10, &magnitude) ||
            __builtin_add_overflow(magnitude, (uint64_t)(*at - '0'), &magnitude) || magnitude > (uint64_t)INT64_MAX)
            return 1;
    }
    *value = negative ? -(int64_t)magnitude : (int64_t)magnitude;
    return 0;
}

/// Reads exactly `count` digits, or returns -1.
static int take(const uint8_t **at, const uint8_t *end, int count) {
    if (end - *at < count)
        return -1;
    int value = 0;
    for (int i = 0; i < count; i++, (*at)++) {
        if (!is_digit(**at))
            return -1;
        value = value * 10 + (**at - '0');
    }
    return value;
}

static int take_byte(const uint8_t **at, const uint8_t *end, uint8_t byte) {
    if (*at >= end || **at != byte)
        return 0;
    (*at)++;
    return 1;
}

/// Days since 1970-01-01 in the proleptic Gregorian calendar: years start in March, so that the leap day comes last.
static int64_t days_from_civil(int year, int month, int day) {
    int y = year - (month <= 2);
    int era = y / 400, of_era = y - era * 400;
    int day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return (int64_t)era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + day_of_year - 719468;
}

int ck_timestamp_parse(const uint8_t *text, size_t length, int64_t *microseconds) {
    static const uint8_t month_days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const uint8_t *at = text, *end = text + length;
    int year = take(&at, end, 4);
    if (year < 1 || !take_byte(&at, end, '-'))
        return 1;
    int month = take(&at, end, 2);
    if (month < 1 || month > 12 || !take_byte(&at, end, '-'))
        return 1;
    int day = take(&at, end, 2);
    int leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    if (day < 1 || day > month_days[month - 1] + (month == 2 && leap))
        return 1;
    int64_t seconds = days_from_civil(year, month, day) * 86400, fraction = 0;
    if (at < end) {
        if (*at != 'T' && *at != 't' && *at != ' ')
            return 1;
        at++;
        int hour = take(&at, end, 2);
        if (hour < 0 || hour > 23 || !take_byte(&at, end, ':'))
            return 1;
        int minute = take(&at, end, 2);
        if (minute < 0 || minute > 59)
            return 1;
        seconds += hour * 3600 + minute * 60;
        if (take_byte(&at, end, ':')) {
            int second = take(&at, end, 2);
            if (second < 0 || second > 59)
                return 1;
            seconds += second;
            if (take_byte(&at, end, '.')) {
                int places = 0;
                for (; at < end && is_digit(*at); at++, places++)
                    if (places < 6)
                        fraction = fraction * 10 + (*at - '0');
                if (places == 0 || places > 9)
                    return 1;
                for (; places < 6; places++)
                    fraction *= 10;
            }
        }
        if (at < end && (*at == 'Z' || *at == 'z')) {
            at++;
        } else if (at < end && (*at == '+' || *at == '-')) {
            int sign = *at++ == '-' ? -1 : 1;
            int hours = take(&at, end, 2);
            if (hours < 0 || hours > 23)
                return 1;
            take_byte(&at, end, ':');
            int minutes = at < end ? take(&at, end, 2) : 0;
            if (minutes < 0 || minutes > 59)
                return 1;
            seconds -= sign * (hours * 3600 + minutes * 60);
        }
        if (at != end)
            return 1;
    }
    *microseconds = seconds * 1000000 + fraction;
    return 0;
}
