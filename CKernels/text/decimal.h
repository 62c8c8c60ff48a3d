#pragma once
#include "ck_text.h"

#include <stddef.h>
#include <stdint.h>

/// What a cell is as a number.
typedef enum {
    CK_DECIMAL_OK = 0,       ///< a finite number
    CK_DECIMAL_TEXT = 1,     ///< no number
    CK_DECIMAL_INFINITE = 2, ///< an infinity's name, or a number beyond the largest double
} ck_decimal_status;

/// An integer's size, for those that a double cannot hold.
typedef enum {
    CK_INTEGER_EXACT = 0, ///< no integer literal, or at most 2^53 in magnitude
    CK_INTEGER_BIG = 1,   ///< beyond 2^53, fits 64 bits
    CK_INTEGER_HUGE = 2,  ///< does not fit 64 bits
} ck_integer_class;

/// Parses [text, text + length) as [+-] digits [. digits] [e [+-] digits], correctly rounded to nearest even.
/// No blanks, no hexadecimal, no digit separators. `integer` may not be null.
ck_decimal_status ck_decimal_parse(const uint8_t *text, size_t length, double *value, ck_integer_class *integer);

/// Parses [+-] digits into 64 bits. Returns 0, or 1 if it is no integer, does not fit, or is INT64_MIN (the mark of a
/// missing cell).
int ck_integer_parse(const uint8_t *text, size_t length, int64_t *value);

/// Parses an ISO 8601 date or date and time (T or blank between them, fraction up to 9 digits, Z or an offset; no
/// offset means UTC) into microseconds since 1970-01-01T00:00:00Z, rounded down. Returns 0, or 1 if it is none.
int ck_timestamp_parse(const uint8_t *text, size_t length, int64_t *microseconds);
