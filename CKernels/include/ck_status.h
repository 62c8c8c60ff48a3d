#pragma once

/// What a kernel found in its data. Shapes are checked by the caller; a status is never a programming error.
typedef enum {
    CK_OK = 0,
    CK_SINGULAR = 1,      ///< a factorisation met a zero or non-positive pivot
    CK_NOT_FINITE = 2,    ///< a NaN or an infinity in the result or the input, where the contract excludes it
    CK_OUT_OF_MEMORY = 3, ///< a workspace inside a library could not be had
    CK_CORRUPT = 4,       ///< input bytes break their format
    CK_TOO_LARGE = 5,     ///< a size does not fit the library's index type
} ck_status;
