#include <stdio.h>
#include "integrations/pay/bankfile/camt.h"
#include "integrations/pay/bankfile/pain001.h"
#include "integrations/pay/bankfile/pain002.h"
#include "integrations/pay/bankfile/text_encode.h"
#include "tests/support/test.h"
#include "tests/unit/bankfile/site.h"

#define DAY_20260301_MS INT64_C(1772294400000) /* 00:00 China time */

static struct bankfile_batch batch_of(const struct pay_order *orders, size_t n)
{
    return (struct bankfile_batch){
        .msg_id = "JJ20260301ABCDEF0123456789ABCD",
        .created_ms = INT64_C(1772328600000),
        .execute_ms = INT64_C(1772328600000),
        .payer_name = "某县民政局 <备用金> & 专户",
        .payer_account = "1234567890123456",
        .payer_bank = "103100000026",
        .purpose = "临时救助",
        .orders = orders,
        .count = n,
    };
}

/* ---- pain.001 ---- */

static void a_batch_is_written_with_totals_at_both_levels(void **state)
{
    (void)state;
    struct pay_order orders[2];
    struct buf out;
    bank_site_orders(orders, 1, 2);
    struct bankfile_batch batch = batch_of(orders, 2);
    buf_init(&out, BANKFILE_FILE_MAX);
    assert_ok(pain001_write(&batch, &out, NULL));
    static const char *const wanted[] = {
        ("<MsgId>JJ20260301ABCDEF0123456789ABCD</MsgId><CreDtTm>2026-03-01T09:30:00+08:00</CreDtTm><NbOfTxs>2</NbOfTxs>"
         "<CtrlSum>1603.00</CtrlSum>"),
        "<BtchBookg>false</BtchBookg><NbOfTxs>2</NbOfTxs><CtrlSum>1603.00</CtrlSum>",
        "<ReqdExctnDt><Dt>2026-03-01</Dt></ReqdExctnDt>",
        "<Nm>某县民政局 &lt;备用金&gt; &amp; 专户</Nm>",
        "<EndToEndId>P2</EndToEndId>",
        "<InstdAmt Ccy=\"CNY\">802.00</InstdAmt>",
        "<Cdtr><Nm>\xe4\xb6\xae\xf0\xac\xad\x8e</Nm></Cdtr>",
        "<Cd>CNAPS</Cd></ClrSysId><MmbId>102100099996</MmbId>",
        "<Ustrd>临时救助</Ustrd>",
    };
    for (size_t i = 0; i < COUNT_OF(wanted); i++) {
        if (strstr(out.ptr, wanted[i]) == NULL) {
            print_error("absent: %s\n", wanted[i]);
        }
        assert_non_null(strstr(out.ptr, wanted[i]));
    }
    struct buf again;
    buf_init(&again, BANKFILE_FILE_MAX);
    assert_ok(pain001_write(&batch, &again, NULL));
    assert_slice(buf_slice(&again), out.ptr); /* the same batch gives the same bytes */
    buf_release(&again);
    buf_release(&out);
}

static void what_no_file_can_carry_is_refused_with_its_row(void **state)
{
    (void)state;
    static struct pay_order orders[3];
    struct bankfile_batch batch = batch_of(orders, 3);
    struct bankfile_fault fault;
    struct buf out;
    buf_init(&out, BANKFILE_FILE_MAX);
#define REFUSED(at_row, at_field)                                         \
    do {                                                                  \
        assert_int_equal(pain001_write(&batch, &out, &fault), ERR_INPUT); \
        assert_int_equal(fault.row, (at_row));                            \
        assert_string_equal(fault.field, (at_field));                     \
        assert_int_equal(out.len, 0);                                     \
        bank_site_orders(orders, 1, 3);                                   \
        batch = batch_of(orders, 3);                                      \
    } while (0)
    bank_site_orders(orders, 1, 3);
    orders[1].payee_name = SLICE_LIT("");
    REFUSED(2, "name");
    orders[2].payee_name = SLICE_LIT("张\xc2\x85三"); /* a control character of C1 */
    REFUSED(3, "name");
    orders[2].payee_name = SLICE_LIT("张\xef\xbf\xbf三"); /* U+FFFF is no XML character */
    REFUSED(3, "name");
    orders[0].payee_fa = SLICE_LIT("account:12345678901234567890123456789012345@bank");
    REFUSED(1, "account");
    orders[2].amount_fen = 0;
    REFUSED(3, "order");
    snprintf(orders[2].id, sizeof(orders[2].id), "%s", orders[0].id);
    REFUSED(3, "id");
    batch.count = 0;
    REFUSED(0, "orders");
    batch.payer_bank = "10310000002";
    REFUSED(0, "payer_bank");
    batch.msg_id = "JJ-1";
    REFUSED(0, "msg_id");
    orders[0].amount_fen = orders[1].amount_fen = INT64_C(1000000000000);
    REFUSED(2, "amount");
    buf_release(&out);
}

static void the_msg_id_follows_rail_day_and_orders(void **state)
{
    (void)state;
    struct pay_order orders[3];
    char a[BANKFILE_MSG_ID_SIZE], b[BANKFILE_MSG_ID_SIZE];
    const int64_t noon = DAY_20260301_MS + INT64_C(43200000);
    bank_site_orders(orders, 1, 3);
    assert_ok(bankfile_msg_id("bank", "JJ", noon, orders, 3, a));
    assert_memory_equal(a, "JJ20260301", 10);
    assert_int_equal(strlen(a), 30);
    assert_ok(bankfile_msg_id("bank", "JJ", noon + 3600000, orders, 3, b));
    assert_string_equal(a, b);
    assert_ok(bankfile_msg_id("bank", "JJ", noon + 86400000, orders, 3, b));
    assert_string_not_equal(a, b);
    assert_ok(bankfile_msg_id("other", "JJ", noon, orders, 3, b));
    assert_string_not_equal(a, b);
    assert_ok(bankfile_msg_id("bank", "JJ", noon, orders, 2, b));
    assert_string_not_equal(a, b);
    assert_int_equal(bankfile_msg_id("bank", "TOOLONGX", noon, orders, 3, b), ERR_INPUT);
    assert_int_equal(bankfile_msg_id("bank", "J-", noon, orders, 3, b), ERR_INPUT);
    assert_int_equal(bankfile_msg_id("bank", "JJ", noon, orders, 0, b), ERR_INPUT);
}

/* ---- pain.002 ---- */

#define REPORT(group, rest)                                                                                           \
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.002.001.11\">" \
    "<CstmrPmtStsRpt><GrpHdr><MsgId>B1</MsgId><CreDtTm>2026-03-01T10:00:00</CreDtTm></GrpHdr>"                        \
    "<OrgnlGrpInfAndSts><OrgnlMsgId>JJ1</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId>" group               \
    "</OrgnlGrpInfAndSts>" rest "</CstmrPmtStsRpt></Document>"
#define INFO(rest) "<OrgnlPmtInfAndSts><OrgnlPmtInfId>JJ1</OrgnlPmtInfId>" rest "</OrgnlPmtInfAndSts>"
#define TX(id, status, rest) \
    "<TxInfAndSts><OrgnlEndToEndId>" id "</OrgnlEndToEndId><TxSts>" status "</TxSts>" rest "</TxInfAndSts>"
#define CODE(code) "<StsRsnInf><Rsn><Cd>" code "</Cd></Rsn></StsRsnInf>"

static void statuses_and_reasons_map_by_the_table_unlisted_is_unknown(void **state)
{
    (void)state;
    static const struct {
        const char *status, *reason;
        enum pay_outcome outcome;
    } rows[] = {
        {"RCVD", "", PAY_ACCEPTED},    {"ACTC", "", PAY_ACCEPTED},      {"ACSP", "", PAY_ACCEPTED},
        {"PDNG", "", PAY_ACCEPTED},    {"PART", "", PAY_ACCEPTED},      {"ACSC", "", PAY_SUCCEEDED},
        {"ACCC", "", PAY_SUCCEEDED},   {"RJCT", "", PAY_FAILED},        {"RJCT", "AC01", PAY_FAILED},
        {"RJCT", "BE01", PAY_FAILED},  {"RJCT", "AM04", PAY_FAILED},    {"RJCT", "AM05", PAY_UNKNOWN},
        {"RJCT", "DU01", PAY_UNKNOWN}, {"RJCT", "ZZZZ", PAY_UNKNOWN},   {"RJCT", "ac01", PAY_UNKNOWN},
        {"CANC", "", PAY_UNKNOWN},     {"ZZZZ", "", PAY_UNKNOWN},       {"", "", PAY_UNKNOWN},
        {"rjct", "", PAY_UNKNOWN},     {"ACSC", "ZZZZ", PAY_SUCCEEDED},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_int_equal(pain002_outcome(slice_of(rows[i].status), slice_of(rows[i].reason)), rows[i].outcome);
    }
}

static void a_report_tells_of_the_file_and_of_its_orders(void **state)
{
    (void)state;
    static const char text[] = REPORT(
        "<GrpSts>PART</GrpSts>",
        INFO(TX("P1", "ACSC",
                "<AcctSvcrRef>B 77</AcctSvcrRef><OrgnlTxRef><Amt><InstdAmt Ccy=\"CNY\">801.00000</InstdAmt>"
                "</Amt></OrgnlTxRef>") TX("P2", "RJCT", CODE("AC04")) TX("P3", "RJCT", CODE("AC04") CODE("AM05"))
                 TX("P4", "ACSC", "<OrgnlTxRef><Amt><InstdAmt Ccy=\"USD\">801.00</InstdAmt></Amt></OrgnlTxRef>")
                     TX("not ours!", "ACSC", "") "<TxInfAndSts><OrgnlEndToEndId>P5</OrgnlEndToEndId></TxInfAndSts>" TX(
                         "P6", "RJCT", "<StsRsnInf><Rsn><Prtry>户名不符</Prtry></Rsn></StsRsnInf>")));
    struct bankfile_news news = {0};
    assert_ok(pain002_read(slice_of(text), &news, NULL));
    assert_string_equal(news.about_msg_id, "JJ1");
    assert_int_equal(news.group.outcome, PAY_ACCEPTED);
    assert_int_equal(news.result_count, 5);
    assert_int_equal(news.odd, 2);
    static const struct {
        const char *id;
        enum pay_outcome outcome;
        int64_t fen;
        const char *ref, *reason;
    } want[] = {
        {"P1", PAY_SUCCEEDED, 80100, "B?77", ""},    {"P2", PAY_FAILED, -1, "", "AC04"},
        {"P3", PAY_UNKNOWN, -1, "", "AM05"},         {"P4", PAY_UNKNOWN, -1, "", "[amount]"},
        {"P6", PAY_UNKNOWN, -1, "", "????????????"},
    };
    for (size_t i = 0; i < COUNT_OF(want); i++) {
        assert_string_equal(news.results[i].id, want[i].id);
        assert_int_equal(news.results[i].outcome, want[i].outcome);
        assert_int_equal(news.results[i].amount_fen, want[i].fen);
        assert_string_equal(news.results[i].provider_ref, want[i].ref);
        assert_string_equal(news.results[i].reason_code, want[i].reason);
    }
    bankfile_news_release(&news);
}

static void a_report_in_gb18030_is_read_by_its_declaration(void **state)
{
    (void)state;
    static const char
        text[] =
            "<?xml version=\"1.0\" encoding=\"GB18030\"?>"
            "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.002.001.11\"><CstmrPmtStsRpt><OrgnlGrpInfAndSts>"
            "<OrgnlMsgId>JJ1</OrgnlMsgId></OrgnlGrpInfAndSts>" INFO(
                TX("P1", "RJCT",
                   "<StsRsnInf><Orgtr><Nm>\xe4\xb6\xae\xf0\xac\xad\x8e</Nm></Orgtr><Rsn><Cd>BE01</Cd></Rsn></"
                   "StsRsnInf>")) "</CstmrPmtStsRpt></Document>";
    struct text_coder *coder = NULL;
    struct buf bytes;
    struct bankfile_news news = {0};
    buf_init(&bytes, 65536);
    assert_ok(text_coder_new(TEXT_GB18030, &coder));
    assert_ok(text_encode(coder, slice_of(text), &bytes));
    assert_ok(pain002_read(buf_slice(&bytes), &news, NULL));
    assert_int_equal(news.results[0].outcome, PAY_FAILED);
    bankfile_news_release(&news);
    assert_int_equal(pain002_read(slice_make(bytes.ptr + 40, bytes.len - 40), &news, NULL), ERR_INPUT); /* undeclared */
    bankfile_news_release(&news);
    text_coder_free(coder);
    buf_release(&bytes);
}

static void an_order_that_is_told_twice_in_two_ways_is_unknown(void **state)
{
    (void)state;
    static const char text[] =
        REPORT("", INFO(TX("P1", "RJCT", CODE("AC04")) TX("P2", "ACSC", "") TX("P1", "ACSC", "") TX("P2", "ACSC", "")));
    struct bankfile_news news = {0};
    assert_ok(pain002_read(slice_of(text), &news, NULL));
    assert_int_equal(news.result_count, 4);
    assert_int_equal(news.odd, 1);
    assert_int_equal(news.results[0].outcome, PAY_UNKNOWN);
    assert_int_equal(news.results[2].outcome, PAY_UNKNOWN);
    assert_string_equal(news.results[2].reason_code, "[contradiction]");
    assert_int_equal(news.results[1].outcome, PAY_SUCCEEDED); /* the same twice says the same */
    bankfile_news_release(&news);
}

static void the_less_certain_of_two_statuses_of_the_file_counts(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum pay_outcome outcome;
    } rows[] = {
        {REPORT("<GrpSts>RJCT</GrpSts>" CODE("FF01"), ""), PAY_FAILED},
        {REPORT("<GrpSts>RJCT</GrpSts>" CODE("DU01"), ""), PAY_UNKNOWN}, /* the file was there already */
        {REPORT("<GrpSts>RJCT</GrpSts>" CODE("FF01"), INFO("<PmtInfSts>ACSP</PmtInfSts>")), PAY_ACCEPTED},
        {REPORT("<GrpSts>ACCP</GrpSts>", INFO("<PmtInfSts>RJCT</PmtInfSts>")), PAY_ACCEPTED},
        {REPORT("", INFO("<PmtInfSts>RJCT</PmtInfSts>")), PAY_FAILED},
        {REPORT("", ""), PAY_UNKNOWN},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct bankfile_news news = {0};
        assert_ok(pain002_read(slice_of(rows[i].text), &news, NULL));
        assert_int_equal(news.group.outcome, rows[i].outcome);
        bankfile_news_release(&news);
    }
}

static void hostile_and_broken_xml_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool incomplete;
    } rows[] = {
        {"", true},
        {"<Document", true},
        {"<?xml version=\"1.0\"?><Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.002.001.11\"><CstmrPmtStsRpt>",
         true},
        {"<Document></Document>", false},
        {"<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.001.001.09\"></Document>", false},
        {"<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.002.001.1\"></Document>", false},
        {"<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.002.001.11\"></Document>", false},
        {"<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.002.001.11\"><a></Document>", false},
        {"<!DOCTYPE Document SYSTEM \"file:///etc/passwd\"><Document "
         "xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.002.001.11\">"
         "</Document>",
         false},
        {"<!DOCTYPE d [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;\">]>" REPORT("<GrpSts>&b;</GrpSts>", ""),
         false},
        {"<!DOCTYPE d [<!ENTITY x SYSTEM \"http://127.0.0.1:1/x\">]><Document "
         "xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.002.001.11\">&x;</Document>",
         false},
        {"<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.002.001.11\">&nope;</Document>", false},
        {"\xff\xfe<Document></Document>", false},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct bankfile_news news = {0};
        struct bankfile_why why = {false, 0, ""};
        assert_int_equal(pain002_read(slice_of(rows[i].text), &news, &why), ERR_INPUT);
        assert_int_equal(why.incomplete, rows[i].incomplete);
        assert_true(why.text[0] != '\0');
        assert_int_equal(news.result_count, 0);
        bankfile_news_release(&news);
    }
}

static void deep_and_long_documents_are_refused(void **state)
{
    (void)state;
    struct bankfile_news news = {0};
    struct buf text;
    buf_init(&text, BANKFILE_FILE_MAX + 1024);
    buf_put_text(&text, "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.002.001.11\">");
    for (int i = 0; i < 300; i++) {
        buf_put_text(&text, "<a>");
    }
    for (int i = 0; i < 300; i++) {
        buf_put_text(&text, "</a>");
    }
    buf_put_text(&text, "</Document>");
    assert_int_equal(pain002_read(buf_slice(&text), &news, NULL), ERR_INPUT);
    char *room = buf_room(&text, BANKFILE_FILE_MAX + 1 - text.len);
    assert_non_null(room);
    memset(room, ' ', BANKFILE_FILE_MAX + 1 - text.len);
    assert_int_equal(pain002_read(slice_make(text.ptr, BANKFILE_FILE_MAX + 1), &news, NULL), ERR_TOO_LARGE);
    buf_release(&text);
    bankfile_news_release(&news);
}

/* ---- camt ---- */

#define STATEMENT(balances, entries)                                                                               \
    "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\"><BkToCstmrStmt><GrpHdr><MsgId>S1</MsgId>"  \
    "<CreDtTm>2026-03-02T01:00:00</CreDtTm></GrpHdr><Stmt><Id>ST1</Id><Acct><Id><Othr><Id>1234567890123456</Id></" \
    "Othr>"                                                                                                        \
    "</Id></Acct>" balances entries "</Stmt></BkToCstmrStmt></Document>"
#define BALANCE(code, yuan, side)                                                                           \
    "<Bal><Tp><CdOrPrtry><Cd>" code "</Cd></CdOrPrtry></Tp><Amt Ccy=\"CNY\">" yuan "</Amt><CdtDbtInd>" side \
    "</CdtDbtInd><Dt><Dt>2026-03-01</Dt></Dt></Bal>"
#define ENTRY(yuan, side, more, details)                                                          \
    "<Ntry><Amt Ccy=\"CNY\">" yuan "</Amt><CdtDbtInd>" side "</CdtDbtInd>" more                   \
    "<Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-03-01</Dt></BookgDt><AcctSvcrRef>E1</AcctSvcrRef>" \
    "<BkTxCd><Prtry><Cd>X</Cd></Prtry></BkTxCd>" details "</Ntry>"
#define DETAILS(tx) "<NtryDtls>" tx "</NtryDtls>"
#define DETAIL(id, yuan, side, more)                                                               \
    "<TxDtls><Refs><MsgId>JJ1</MsgId><EndToEndId>" id "</EndToEndId></Refs><Amt Ccy=\"CNY\">" yuan \
    "</Amt><CdtDbtInd>" side "</CdtDbtInd>" more "</TxDtls>"
#define RETURN(code) "<RtrInf><Rsn><Cd>" code "</Cd></Rsn></RtrInf>"

static void a_statement_gives_lines_returns_and_results(void **state)
{
    (void)state;
    static const char text[] = STATEMENT(
        BALANCE("OPBD", "10000.00", "CRDT") BALANCE("CLBD", "7604.00", "CRDT"),
        ENTRY("801.00", "DBIT", "", DETAILS(DETAIL("P1", "801.00", "DBIT", "")))
            ENTRY("1605.00", "DBIT", "", DETAILS(DETAIL("P2", "802.00", "DBIT", "") DETAIL("P3", "803.00", "DBIT", "")))
                ENTRY("801.00", "CRDT", "", DETAILS(DETAIL("P1", "801.00", "CRDT", RETURN("AC04"))))
                    ENTRY("3.00", "CRDT", "<RvslInd>true</RvslInd>", DETAILS(DETAIL("P4", "3.00", "CRDT", "")))
                        ENTRY("794.00", "DBIT", "", DETAILS("<Btch><MsgId>JJ2</MsgId><NbOfTxs>2</NbOfTxs></Btch>")));
    struct bankfile_news news = {0};
    assert_ok(camt_read(slice_of(text), &news, NULL));
    static const struct {
        const char *id, *batch, *reason;
        int64_t fen;
        enum statement_side side;
        bool returned;
        int items;
    } want[] = {
        {"P1", "JJ1", "", 80100, STATEMENT_DEBIT, false, 1},
        {"P2", "JJ1", "", 80200, STATEMENT_DEBIT, false, 1},
        {"P3", "JJ1", "", 80300, STATEMENT_DEBIT, false, 1},
        {"P1", "JJ1", "AC04", 80100, STATEMENT_CREDIT, true, 1},
        {"P4", "JJ1", "[reversal]", 300, STATEMENT_CREDIT, true, 1},
        {"", "JJ2", "", 79400, STATEMENT_DEBIT, false, 2},
    };
    assert_int_equal(news.line_count, COUNT_OF(want));
    for (size_t i = 0; i < COUNT_OF(want); i++) {
        const struct statement_line *l = &news.lines[i];
        assert_string_equal(l->our_id, want[i].id);
        assert_string_equal(l->batch_id, want[i].batch);
        assert_string_equal(l->reason, want[i].reason);
        assert_string_equal(l->bank_ref, "E1");
        assert_int_equal(l->amount_fen, want[i].fen);
        assert_int_equal(l->side, want[i].side);
        assert_int_equal(l->returned, want[i].returned);
        assert_int_equal(l->items, want[i].items);
        assert_int_equal(l->date_ms, DAY_20260301_MS);
        assert_true(l->booked);
    }
    assert_int_equal(news.head_count, 1);
    assert_true(news.heads[0].balanced);
    assert_int_equal(news.heads[0].booked_fen, -239600);
    assert_string_equal(news.heads[0].account, "1234567890123456");
    assert_int_equal(news.result_count, 5);
    assert_int_equal(news.results[3].outcome, PAY_RETURNED);
    assert_int_equal(news.odd, 0);
    bankfile_news_release(&news);
}

static void what_does_not_add_up_is_kept_whole_and_counted(void **state)
{
    (void)state;
    static const char text[] = STATEMENT(
        BALANCE("OPBD", "10.00", "DBIT") BALANCE("CLBD", "20.00", "DBIT"),
        ENTRY("5.00", "DBIT", "", DETAILS(DETAIL("P1", "2.00", "DBIT", "") DETAIL("P2", "2.00", "DBIT", "")))
            ENTRY("6.00", "DBIT", "", DETAILS(DETAIL("P3", "7.00", "DBIT", "") DETAIL("P4", "1.00", "CRDT", ""))));
    struct bankfile_news news = {0};
    assert_ok(camt_read(slice_of(text), &news, NULL));
    assert_int_equal(news.odd, 1);
    assert_int_equal(news.line_count, 3);
    assert_string_equal(news.lines[0].our_id, "");
    assert_int_equal(news.lines[0].amount_fen, 500);
    assert_string_equal(news.lines[1].our_id, "P3");
    assert_int_equal(news.lines[2].side, STATEMENT_CREDIT);
    assert_false(news.heads[0].balanced);
    assert_int_equal(news.heads[0].opening_fen, -1000);
    bankfile_news_release(&news);
}

static void pending_entries_are_no_evidence_and_unreadable_ones_refuse_the_file(void **state)
{
    (void)state;
    static const char pending[] =
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.054.001.08\"><BkToCstmrDbtCdtNtfctn><Ntfctn><Id>N1</Id>"
        "<Ntry><Amt Ccy=\"CNY\">8.01</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>PDNG</Cd></Sts><BookgDt><DtTm>"
        "2026-02-28T17:30:00Z</DtTm></BookgDt><NtryDtls><TxDtls><Refs><EndToEndId>P1</EndToEndId></Refs></TxDtls></"
        "NtryDtls>"
        "</Ntry></Ntfctn></BkToCstmrDbtCdtNtfctn></Document>";
    struct bankfile_news news = {0};
    assert_ok(camt_read(slice_of(pending), &news, NULL));
    assert_int_equal(news.line_count, 1);
    assert_false(news.lines[0].booked);
    assert_int_equal(news.lines[0].amount_fen, 801); /* a single detail may leave its amount out */
    assert_int_equal(news.lines[0].date_ms, DAY_20260301_MS);
    assert_int_equal(news.result_count, 0);
    bankfile_news_release(&news);
    static const char *const bad[] = {
        STATEMENT("", "<Ntry><Amt Ccy=\"USD\">1.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts></Ntry>"),
        STATEMENT("", "<Ntry><Amt Ccy=\"CNY\">1.001</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts></Ntry>"),
        STATEMENT("", "<Ntry><Amt Ccy=\"CNY\">1.00</Amt><CdtDbtInd>DEBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts></Ntry>"),
        STATEMENT("", "<Ntry><CdtDbtInd>DBIT</CdtDbtInd></Ntry>"),
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\"></Document>",
    };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct bankfile_why why;
        assert_int_equal(camt_read(slice_of(bad[i]), &news, &why), ERR_INPUT);
        bankfile_news_release(&news);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_batch_is_written_with_totals_at_both_levels),
        cmocka_unit_test(what_no_file_can_carry_is_refused_with_its_row),
        cmocka_unit_test(the_msg_id_follows_rail_day_and_orders),
        cmocka_unit_test(statuses_and_reasons_map_by_the_table_unlisted_is_unknown),
        cmocka_unit_test(a_report_tells_of_the_file_and_of_its_orders),
        cmocka_unit_test(a_report_in_gb18030_is_read_by_its_declaration),
        cmocka_unit_test(an_order_that_is_told_twice_in_two_ways_is_unknown),
        cmocka_unit_test(the_less_certain_of_two_statuses_of_the_file_counts),
        cmocka_unit_test(hostile_and_broken_xml_is_refused),
        cmocka_unit_test(deep_and_long_documents_are_refused),
        cmocka_unit_test(a_statement_gives_lines_returns_and_results),
        cmocka_unit_test(what_does_not_add_up_is_kept_whole_and_counted),
        cmocka_unit_test(pending_entries_are_no_evidence_and_unreadable_ones_refuse_the_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
