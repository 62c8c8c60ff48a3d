#pragma once
#include <stddef.h>
#include <stdint.h>

/// Length of the well-formed UTF-8 sequence at data[at] (RFC 3629: shortest form, no surrogates, at most U+10FFFF), or
/// 0. Looks no further than `size`.
static inline size_t ck_utf8_sequence(const uint8_t *data, size_t at, size_t size) {
    uint8_t lead = data[at];
    if (lead < 0x80)
        return 1;
    size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || size - at < length)
        return 0;
    uint8_t second = data[at + 1];
    uint8_t low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    uint8_t high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (second < low || second > high)
        return 0;
    for (size_t i = 2; i < length; i++)
        if ((data[at + i] & 0xC0) != 0x80)
            return 0;
    return length;
}

/// First byte in data[begin, end) that belongs to no well-formed sequence, or SIZE_MAX. A sequence that starts before
/// `begin` counts; the byte before data[0] is never looked at.
static inline size_t ck_utf8_malformed(const uint8_t *data, size_t begin, size_t end, size_t size) {
    size_t at = begin;
    if (at < end && (data[at] & 0xC0) == 0x80) {
        size_t lead = at;
        while (lead > 0 && at - lead < 3 && (data[lead] & 0xC0) == 0x80)
            lead--;
        size_t length = ck_utf8_sequence(data, lead, size);
        if (lead + length <= at)
            return at;
        at = lead + length;
    }
    while (at < end) {
        if (data[at] < 0x80) {
            at++;
            continue;
        }
        size_t length = ck_utf8_sequence(data, at, size);
        if (!length)
            return at;
        at += length;
    }
    return SIZE_MAX;
}
