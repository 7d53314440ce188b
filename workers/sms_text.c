#include "workers/sms_text.h"

#include "queue/domain/money.h"
#include "queue/domain/relief.h"

/* The last four digits of the account number in "account:6222…@bank". */
static struct slice account_tail(struct slice account)
{
    struct slice rest = account;
    struct slice kind = slice_cut(&rest, ':');
    struct slice number = rest.ptr == NULL ? kind : slice_cut(&rest, '@');
    return number.len < 8 ? slice_make(NULL, 0) : slice_make(number.ptr + number.len - 4, 4);
}

static void put_money(struct slice word, const char *yuan, struct slice no, struct slice account,
                      struct buf *out)
{
    if (slice_is(word, "paid")) {
        struct slice tail = account_tail(account);
        buf_putf(out, "【救急】先行救助金%s已发放", yuan);
        if (tail.len > 0) {
            buf_putf(out, "至尾号%.*s的账户", SLICE_FMT(tail));
        }
        buf_putf(out, "。经办人会联系您补办手续。编号%.*s。", SLICE_FMT(no));
        return;
    }
    buf_putf(out, "【救急】先行救助金%s未能到账，乡镇（街道）会尽快联系您核对账户。编号%.*s。",
             yuan, SLICE_FMT(no));
}

enum err sms_text(struct slice payload, struct slice case_no, struct slice account, struct buf *out)
{
    struct slice rest = payload;
    struct slice name = slice_cut(&rest, '|');
    struct slice word = slice_cut(&rest, '|');
    int64_t fen = 0;
    char yuan[MONEY_TEXT_ZH_SIZE];
    if (rest.len > 0 && slice_to_int64(rest, 0, AMOUNT_FEN_MAX, &fen) != ERR_OK) {
        return ERR_INPUT;
    }
    money_format_zh(fen, yuan);
    if (slice_is(name, "dispatched")) {
        buf_putf(out, "【救急】您的求助已登记，编号%.*s，由%.*s办理。", SLICE_FMT(case_no),
                 SLICE_FMT(word));
        if (fen > 0) {
            buf_putf(out, "已批准先行救助%s，正在发放。", yuan);
        }
    } else if (slice_is(name, "ask-place")) {
        buf_putf(
            out,
            "【救急】您的求助已登记，编号%.*s。请告诉我们您现在所在的县和乡镇，值班人员会联系您。",
            SLICE_FMT(case_no));
    } else if (slice_is(name, "money")) {
        put_money(word, yuan, case_no, account, out);
    } else if (slice_is(name, "accepted")) {
        buf_putf(out, "【救急】您的求助已由%.*s受理，经办人会联系您。编号%.*s。", SLICE_FMT(word),
                 SLICE_FMT(case_no));
    } else if (slice_is(name, "first-aid")) {
        buf_putf(out, "【救急】已批准先行救助%s，正在发放。编号%.*s。", yuan, SLICE_FMT(case_no));
    } else if (slice_is(name, "closed")) {
        buf_putf(out, "【救急】您的求助已办结归档，编号%.*s。如仍有困难请再来电。",
                 SLICE_FMT(case_no));
    } else if (slice_is(name, "withdrawn")) {
        buf_putf(out, "【救急】您的求助已按您的要求撤回，编号%.*s。", SLICE_FMT(case_no));
    } else {
        return ERR_INPUT;
    }
    return ERR_OK;
}
