#include "queue/store/calls_open311.h"

void open311_rows_begin(struct fcall *f, const char *region, int64_t from_ms, int64_t to_ms)
{
    fcall_begin(f, "open311_rows", region);
    fcall_int(f, from_ms);
    fcall_int(f, to_ms);
}

enum err open311_row_read(const redisReply *reply, size_t i, struct open311_row *out)
{
    const redisReply *row = reply_at(reply, i);
    struct open311_row r = {.no = reply_text_at(row, 0),
                            .township = reply_text_at(row, 2),
                            .facts = reply_text_at(row, 3)};
    if (reply_count(row) != 5 || case_state_from_word(reply_text_at(row, 1), &r.state) != ERR_OK ||
        reply_int(reply_at(row, 4), 0, INT64_C(253402214400000), &r.updated_ms) != ERR_OK) {
        return ERR_CORRUPT;
    }
    *out = r;
    return ERR_OK;
}
