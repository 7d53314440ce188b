/* The bank's own files. */
#include <iconv.h>
#include <inttypes.h>
#include <stdio.h>
#include "integrations/sandbox/bank_wire.h"
#include "integrations/sandbox/paper.h"
#include "queue/base/clock.h"

#define NS "urn:iso:std:iso:20022:tech:xsd:"
#define BANK_REF "SBX"
#define DAY_SIZE 11

static void put_fen(struct buf *out, int64_t fen)
{
    int64_t abs = fen < 0 ? -fen : fen;
    buf_putf(out, "%" PRId64 ".%02" PRId64, abs / 100, abs % 100);
}

static void day(int64_t at_ms, const char *between, char out[DAY_SIZE])
{
    struct civil_time t = clock_civil_china(at_ms);
    (void)snprintf(out, DAY_SIZE, "%04u%s%02u%s%02u", (unsigned)t.year % 10000, between,
                   (unsigned)t.month % 100, between, (unsigned)t.day % 100);
}

static void begin(struct buf *out, const char *message, const char *element)
{
    buf_putf(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Document xmlns=\"" NS "%s\"><%s>",
             message, element);
}

static void put_group(struct buf *out, const struct paper_head *head)
{
    char at[CLOCK_RFC3339_SIZE];
    clock_format_rfc3339(head->at_ms, at);
    buf_putf(out, "<GrpHdr><MsgId>%s</MsgId><CreDtTm>%s</CreDtTm></GrpHdr>", head->msg_id, at);
}

/* ---- pain.002 ---- */

static void put_status(struct buf *out, const struct paper_told *t)
{
    static const char *const words[] = {[PAPER_TAKEN] = "ACCP",
                                        [PAPER_PENDING] = "PDNG",
                                        [PAPER_DONE] = "ACSC",
                                        [PAPER_REFUSED] = "RJCT",
                                        [PAPER_RETURNED] = "ACSC"};
    buf_putf(out, "<TxInfAndSts><OrgnlEndToEndId>%s</OrgnlEndToEndId><TxSts>%s</TxSts>",
             t->reference, words[t->word]);
    if (t->word == PAPER_REFUSED) {
        buf_put_text(out, "<StsRsnInf><Rsn><Cd>AC01</Cd></Rsn></StsRsnInf>");
    }
    buf_putf(out, "<AcctSvcrRef>" BANK_REF "%s</AcctSvcrRef></TxInfAndSts>", t->reference);
}

void paper_write_status(const struct paper_head *head, const char *group_why,
                        const struct paper_told *told, size_t n, struct buf *out)
{
    begin(out, "pain.002.001.11", "CstmrPmtStsRpt");
    put_group(out, head);
    buf_putf(out,
             "<OrgnlGrpInfAndSts><OrgnlMsgId>%s</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09"
             "</OrgnlMsgNmId>",
             head->about);
    if (group_why != NULL) {
        buf_putf(out, "<GrpSts>RJCT</GrpSts><StsRsnInf><Rsn><Cd>%s</Cd></Rsn></StsRsnInf>",
                 group_why);
    }
    buf_put_text(out, "</OrgnlGrpInfAndSts>");
    if (n > 0) {
        buf_putf(out, "<OrgnlPmtInfAndSts><OrgnlPmtInfId>%s</OrgnlPmtInfId>", head->about_inf);
        for (size_t i = 0; i < n; i++) {
            put_status(out, &told[i]);
        }
        buf_put_text(out, "</OrgnlPmtInfAndSts>");
    }
    buf_put_text(out, "</CstmrPmtStsRpt></Document>\n");
}

/* ---- camt ---- */

static void put_entry(struct buf *out, const struct paper_head *head, const struct paper_told *t)
{
    bool back = t->word == PAPER_RETURNED;
    const char *way = back ? "CRDT" : "DBIT";
    char date[DAY_SIZE];
    day(head->at_ms, "-", date);
    buf_put_text(out, "<Ntry><Amt Ccy=\"CNY\">");
    put_fen(out, t->amount_fen);
    buf_putf(out, "</Amt><CdtDbtInd>%s</CdtDbtInd>", way);
    buf_putf(
        out,
        "<Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>%s</Dt></BookgDt><AcctSvcrRef>" BANK_REF
        "%s%s</AcctSvcrRef><BkTxCd><Prtry><Cd>%s</Cd></Prtry></BkTxCd><NtryDtls><TxDtls><Refs>",
        date, t->reference, back ? "R" : "", back ? "TUIPIAO" : "DAIFA");
    if (head->about[0] != '\0') {
        buf_putf(out, "<MsgId>%s</MsgId>", head->about);
    }
    buf_putf(out, "<EndToEndId>%s</EndToEndId></Refs><Amt Ccy=\"CNY\">", t->reference);
    put_fen(out, t->amount_fen);
    buf_putf(out, "</Amt><CdtDbtInd>%s</CdtDbtInd>", way);
    if (back) {
        buf_put_text(out, "<RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf>");
    }
    buf_put_text(out, "</TxDtls></NtryDtls></Ntry>");
}

static void put_account(struct buf *out, const struct paper_head *head)
{
    buf_putf(out, "<Id>%s</Id><Acct><Id><Othr><Id>%s</Id></Othr></Id><Ccy>CNY</Ccy></Acct>",
             head->msg_id, head->account);
}

void paper_write_notice(const struct paper_head *head, const struct paper_told *told, size_t n,
                        struct buf *out)
{
    begin(out, "camt.054.001.08", "BkToCstmrDbtCdtNtfctn");
    put_group(out, head);
    buf_put_text(out, "<Ntfctn>");
    put_account(out, head);
    for (size_t i = 0; i < n; i++) {
        put_entry(out, head, &told[i]);
    }
    buf_put_text(out, "</Ntfctn></BkToCstmrDbtCdtNtfctn></Document>\n");
}

static void put_balance(struct buf *out, const char *code, int64_t fen, const char *date)
{
    buf_putf(out, "<Bal><Tp><CdOrPrtry><Cd>%s</Cd></CdOrPrtry></Tp><Amt Ccy=\"CNY\">", code);
    put_fen(out, fen);
    buf_putf(out, "</Amt><CdtDbtInd>%s</CdtDbtInd><Dt><Dt>%s</Dt></Dt></Bal>",
             fen < 0 ? "DBIT" : "CRDT", date);
}

void paper_write_statement(const struct paper_head *head, int64_t opening_fen, int64_t closing_fen,
                           const struct paper_told *told, size_t n, struct buf *out)
{
    char date[DAY_SIZE];
    day(head->at_ms, "-", date);
    begin(out, "camt.053.001.08", "BkToCstmrStmt");
    put_group(out, head);
    buf_put_text(out, "<Stmt>");
    put_account(out, head);
    put_balance(out, "OPBD", opening_fen, date);
    put_balance(out, "CLBD", closing_fen, date);
    for (size_t i = 0; i < n; i++) {
        put_entry(out, head, &told[i]);
    }
    buf_put_text(out, "</Stmt></BkToCstmrStmt></Document>\n");
}

/* ---- The text result ---- */

/* UTF-8 to GB18030; both ends are ours, so it always can. */
static void encode(struct slice text, struct buf *out)
{
    iconv_t cd = iconv_open("GB18030", "UTF-8");
    char *room = buf_room(out, text.len * 2 + 16);
    ASSERT(cd != (iconv_t)-1);
    if (room != NULL) {
        char *in = (char *)(uintptr_t)text.ptr, *to = room;
        size_t in_left = text.len, left = text.len * 2 + 16;
        size_t rc = iconv(cd, &in, &in_left, &to, &left);
        ASSERT(rc != (size_t)-1);
        out->len += (size_t)(to - room);
    }
    (void)iconv_close(cd);
}

void paper_write_result(const struct paper_head *head, const struct paper_told *told, size_t n,
                        struct buf *out)
{
    static const char *const codes[] = {[PAPER_TAKEN] = "0001",
                                        [PAPER_PENDING] = "0001",
                                        [PAPER_DONE] = "0000",
                                        [PAPER_REFUSED] = "1001",
                                        [PAPER_RETURNED] = "2001"};
    static const char *const reasons[] = {[PAPER_TAKEN] = "已受理",
                                          [PAPER_PENDING] = "处理中",
                                          [PAPER_DONE] = "成功",
                                          [PAPER_REFUSED] = "账户不存在",
                                          [PAPER_RETURNED] = "退票"};
    struct buf text;
    char date[DAY_SIZE];
    int64_t sum = 0;
    buf_init(&text, PAPER_MAX);
    day(head->at_ms, "", date);
    buf_putf(&text, "H|%s|%s\r\n", head->about, date);
    for (size_t i = 0; i < n; i++) {
        buf_putf(&text, "D|%s|%zu|", told[i].reference, i + 1);
        put_fen(&text, told[i].amount_fen);
        buf_putf(&text, "|%s|%s|" BANK_REF "%s\r\n", codes[told[i].word], reasons[told[i].word],
                 told[i].reference);
        sum += told[i].amount_fen;
    }
    buf_putf(&text, "T|%zu|", n);
    put_fen(&text, sum);
    buf_put_text(&text, "\r\n");
    encode(buf_slice(&text), out);
    buf_release(&text);
}
