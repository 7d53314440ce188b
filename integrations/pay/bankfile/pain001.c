#include "integrations/pay/bankfile/pain001.h"

#include "queue/base/clock.h"
#include "queue/base/utf8.h"
#include "queue/domain/money.h"

#define USTRD_POINTS_MAX 140

/* Character data; the text has no control characters (bankfile_check). */
static void put_text(struct buf *out, struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        switch (text.ptr[i]) {
        case '&': buf_put_text(out, "&amp;"); break;
        case '<': buf_put_text(out, "&lt;"); break;
        case '>': buf_put_text(out, "&gt;"); break;
        default: buf_put_char(out, text.ptr[i]);
        }
    }
}

static void put_element(struct buf *out, const char *name, struct slice text)
{
    buf_putf(out, "<%s>", name);
    put_text(out, text);
    buf_putf(out, "</%s>", name);
}

static void put_totals(struct buf *out, size_t count, int64_t sum_fen)
{
    char sum[MONEY_TEXT_SIZE];
    money_format(sum_fen, sum);
    buf_putf(out, "<NbOfTxs>%zu</NbOfTxs><CtrlSum>%s</CtrlSum>", count, sum);
}

/* Date and time of China with the offset, to the second. */
static void put_created(struct buf *out, int64_t at_ms)
{
    struct civil_time t = clock_civil_china(at_ms);
    buf_putf(out, "<CreDtTm>%04d-%02d-%02dT%02d:%02d:%02d+08:00</CreDtTm>", t.year, t.month, t.day, t.hour, t.minute,
             t.second);
}

static void put_bank(struct buf *out, const char *element, struct slice bank)
{
    buf_putf(out, "<%s><FinInstnId>", element);
    if (bank.len == 12 && slice_all_digits(bank)) {
        buf_put_text(out, "<ClrSysMmbId><ClrSysId><Cd>CNAPS</Cd></ClrSysId>");
        put_element(out, "MmbId", bank);
        buf_put_text(out, "</ClrSysMmbId>");
    } else {
        buf_put_text(out, "<Othr>");
        put_element(out, "Id", bank);
        buf_put_text(out, "</Othr>");
    }
    buf_putf(out, "</FinInstnId></%s>", element);
}

static void put_party(struct buf *out, const char *element, struct slice name)
{
    buf_putf(out, "<%s>", element);
    put_element(out, "Nm", name);
    buf_putf(out, "</%s>", element);
}

static void put_account(struct buf *out, const char *element, struct slice account, const char *behind)
{
    buf_putf(out, "<%s><Id><Othr>", element);
    put_element(out, "Id", account);
    buf_putf(out, "</Othr></Id>%s</%s>", behind, element);
}

static void put_order(struct buf *out, const struct pay_order *o, struct slice purpose)
{
    char amount[MONEY_TEXT_SIZE];
    struct bankfile_payee payee = bankfile_payee(o->payee_fa);
    money_format(o->amount_fen, amount);
    buf_putf(out, "<CdtTrfTxInf><PmtId><InstrId>%s</InstrId><EndToEndId>%s</EndToEndId></PmtId>", o->id, o->id);
    buf_putf(out, "<Amt><InstdAmt Ccy=\"CNY\">%s</InstdAmt></Amt>", amount);
    put_bank(out, "CdtrAgt", payee.bank);
    put_party(out, "Cdtr", o->payee_name);
    put_account(out, "CdtrAcct", payee.account, "");
    if (purpose.len > 0) {
        buf_put_text(out, "<Purp>");
        put_element(out, "Prtry", purpose);
        buf_put_text(out, "</Purp>");
    }
    if (o->note.len > 0) {
        size_t points = PAY_NOTE_MAX < USTRD_POINTS_MAX ? PAY_NOTE_MAX : USTRD_POINTS_MAX;
        buf_put_text(out, "<RmtInf>");
        put_element(out, "Ustrd", utf8_prefix(o->note, points));
        buf_put_text(out, "</RmtInf>");
    }
    buf_put_text(out, "</CdtTrfTxInf>\n");
}

enum err pain001_write(const struct bankfile_batch *batch, struct buf *out, struct bankfile_fault *fault)
{
    int64_t sum_fen = 0;
    enum err err = bankfile_check(batch, &sum_fen, fault);
    if (err != ERR_OK) {
        return err;
    }
    struct civil_time day = clock_civil_china(batch->execute_ms);
    buf_put_text(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Document xmlns=\"" PAIN001_NAMESPACE "\">\n"
                      "<CstmrCdtTrfInitn>\n<GrpHdr>");
    put_element(out, "MsgId", slice_of(batch->msg_id));
    put_created(out, batch->created_ms);
    put_totals(out, batch->count, sum_fen);
    put_party(out, "InitgPty", slice_of(batch->payer_name));
    buf_put_text(out, "</GrpHdr>\n<PmtInf>");
    put_element(out, "PmtInfId", slice_of(batch->msg_id));
    buf_putf(out, "<PmtMtd>TRF</PmtMtd><BtchBookg>%s</BtchBookg>", batch->book_in_one ? "true" : "false");
    put_totals(out, batch->count, sum_fen);
    buf_putf(out, "<ReqdExctnDt><Dt>%04d-%02d-%02d</Dt></ReqdExctnDt>", day.year, day.month, day.day);
    put_party(out, "Dbtr", slice_of(batch->payer_name));
    put_account(out, "DbtrAcct", slice_of(batch->payer_account), "<Ccy>CNY</Ccy>");
    put_bank(out, "DbtrAgt", slice_of(batch->payer_bank));
    buf_put_char(out, '\n');
    for (size_t i = 0; i < batch->count; i++) {
        put_order(out, &batch->orders[i], slice_of(batch->purpose));
    }
    buf_put_text(out, "</PmtInf>\n</CstmrCdtTrfInitn>\n</Document>\n");
    return buf_err(out);
}
