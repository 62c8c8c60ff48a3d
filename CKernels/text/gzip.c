#include <stdlib.h>
#include <zlib.h>

#include "ck_text.h"

struct ck_gunzip {
    z_stream stream;
    int between; // a member has ended: another one, padding or the end may follow
};

ck_gunzip *ck_gunzip_open(void) {
    ck_gunzip *state = calloc(1, sizeof *state);
    if (state && inflateInit2(&state->stream, 15 + 16) != Z_OK) {
        free(state);
        return NULL;
    }
    return state;
}

ck_status ck_gunzip_next(ck_gunzip *state, size_t input_count, size_t output_capacity, int last, const uint8_t *input,
                         size_t *consumed, size_t *produced, int *finished, uint8_t *output) {
    enum { MOST = 1 << 30 };
    z_stream *stream = &state->stream;
    uInt given = (uInt)(input_count < MOST ? input_count : MOST),
         room = (uInt)(output_capacity < MOST ? output_capacity : MOST);
    int whole = last && given == input_count;
    stream->next_in = (z_const Bytef *)input;
    stream->avail_in = given;
    stream->next_out = output;
    stream->avail_out = room;
    *finished = 0;
    ck_status status = CK_OK;
    while (status == CK_OK && !*finished && stream->avail_out) {
        if (state->between) {
            // Tape and block devices pad with zeros; anything else must be another member.
            while (stream->avail_in && *stream->next_in == 0) {
                stream->next_in++;
                stream->avail_in--;
            }
            if (!stream->avail_in) {
                *finished = whole;
                break;
            }
            inflateReset(stream);
            state->between = 0;
        }
        int code = inflate(stream, Z_NO_FLUSH);
        if (code == Z_STREAM_END)
            state->between = 1;
        else if (code == Z_MEM_ERROR)
            status = CK_OUT_OF_MEMORY;
        else if (code == Z_BUF_ERROR || code == Z_OK) {
            if (stream->avail_in || !stream->avail_out)
                continue;
            if (whole)
                status = CK_CORRUPT;
            break;
        } else
            status = CK_CORRUPT;
    }
    *consumed = given - stream->avail_in;
    *produced = room - stream->avail_out;
    return status;
}

void ck_gunzip_close(ck_gunzip *state) {
    if (!state)
        return;
    inflateEnd(&state->stream);
    free(state);
}
