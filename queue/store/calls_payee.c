#include "queue/store/calls_payee.h"

#define LOOK_HEAD 9
#define LOOK_EARLIER 4

void payee_look_write(struct fcall *f, const char *region, const struct payee_look_for *q)
{
    fcall_begin(f, "payee_look", region);
    fcall_slice(f, q->case_no);
    fcall_slice(f, q->account);
    fcall_text(f, q->generations);
    fcall_slice(f, q->idem_hash);
    fcall_slice(f, q->phone_hash);
    fcall_slice(f, q->account_number);
    fcall_slice(f, q->actor);
}

void payee_note_parts(struct slice note, struct slice *findings, struct slice *confirmed_by)
{
    struct slice rest = note;
    *findings = slice_cut(&rest, '|');
    *confirmed_by = slice_cut(&rest, '|');
}

enum err payee_look_read(const redisReply *reply, struct payee_look *out)
{
    size_t n = reply_count(reply);
    struct payee_look look = {.earlier_count = 0};
    if (n == 0) {
        return ERR_NOT_FOUND;
    }
    if (n < LOOK_HEAD || (n - LOOK_HEAD) % LOOK_EARLIER != 0 ||
        (n - LOOK_HEAD) / LOOK_EARLIER > PAYEE_LOOK_EARLIER_MAX ||
        reply_int(reply_at(reply, 0), 0, INT32_MAX, &look.others_on_account) != ERR_OK) {
        return ERR_CORRUPT;
    }
    look.person_is_relative = slice_is(reply_text_at(reply, 1), "1");
    look.account_is_relatives = slice_is(reply_text_at(reply, 2), "1");
    payee_note_parts(reply_text_at(reply, 3), &look.findings, &look.confirmed_by);
    look.replayed = slice_is(reply_text_at(reply, 4), "1");
    look.phone_is_officers = slice_is(reply_text_at(reply, 5), "1");
    look.officers = reply_text_at(reply, 6);
    look.own = slice_is(reply_text_at(reply, 7), "1");
    look.recuse = slice_is(reply_text_at(reply, 8), "1");
    for (size_t at = LOOK_HEAD; at < n; at += LOOK_EARLIER) {
        look.earlier[look.earlier_count++] =
            (struct payee_look_earlier){.sealed = reply_text_at(reply, at),
                                        .wrapped_key = reply_text_at(reply, at + 1),
                                        .succeeded = slice_is(reply_text_at(reply, at + 2), "S"),
                                        .no = reply_text_at(reply, at + 3)};
    }
    *out = look;
    return ERR_OK;
}

void payee_note_write(struct fcall *f, const char *region, struct slice case_no,
                      struct slice findings, struct slice confirmed_by, struct slice officers,
                      int64_t check_due_ms, struct slice event_tail)
{
    fcall_begin(f, "payee_note", region);
    fcall_slice(f, case_no);
    fcall_slice(f, findings);
    fcall_slice(f, confirmed_by);
    fcall_slice(f, officers);
    fcall_int(f, check_due_ms);
    fcall_slice(f, event_tail);
}
