#include "integrations/pay/bankfile/pain002.h"

#include <stdio.h>
#include <string.h>
#include "integrations/pay/bankfile/xml_read.h"

/* Reason code of a status: Cd, or Prtry. Several reasons: a rejection is final only if each of them is, so the first
 * that is not final is the one that counts. */
static void read_reason(const struct xml_node *holder, struct slice status, char out[PAY_REASON_SIZE])
{
    out[0] = '\0';
    for (const struct xml_node *s = xml_child(holder, "StsRsnInf"); s != NULL; s = xml_next(s)) {
        char text[XML_TEXT_MAX];
        const struct xml_node *code = xml_path(s, "Rsn/Cd");
        const struct xml_node *own = xml_path(s, "Rsn/Prtry");
        bool told = xml_text(code != NULL ? code : own, text, sizeof(text)) && text[0] != '\0';
        if (code == NULL && own == NULL) {
            continue; /* words only: no code to go by */
        }
        bankfile_copy_ref(told ? slice_of(text) : SLICE_LIT("[unreadable]"), out, PAY_REASON_SIZE);
        if (pain002_outcome(status, slice_of(out)) == PAY_UNKNOWN) {
            return;
        }
    }
}

/* Status and reasons under `holder` into a result; a status that is absent gives false. */
static bool read_status(const struct xml_node *holder, const char *element, struct pay_result *r)
{
    char status[16];
    const struct xml_node *node = xml_child(holder, element);
    if (node == NULL) {
        return false;
    }
    if (!xml_text(node, status, sizeof(status))) {
        status[0] = '\0';
    }
    read_reason(holder, slice_of(status), r->reason_code);
    r->outcome = pain002_outcome(slice_of(status), slice_of(r->reason_code));
    if (r->outcome == PAY_UNKNOWN && r->reason_code[0] == '\0') {
        snprintf(r->reason_code, sizeof(r->reason_code), "[unlisted]");
    }
    return true;
}

static enum err read_order(const struct xml_node *tx, struct bankfile_news *news)
{
    char id[PAY_ID_SIZE];
    char ref[XML_TEXT_MAX];
    const struct xml_node *end_to_end = xml_child(tx, "OrgnlEndToEndId");
    const struct xml_node *amount = xml_path(tx, "OrgnlTxRef/Amt/InstdAmt");
    if (!xml_text(end_to_end != NULL ? end_to_end : xml_child(tx, "OrgnlInstrId"), id, sizeof(id)) ||
        !pay_id_valid(slice_of(id))) {
        news->odd++; /* cannot be ours */
        return ERR_OK;
    }
    struct pay_result read = {.amount_fen = -1};
    if (!read_status(tx, "TxSts", &read)) {
        return ERR_OK; /* listed without a word about it: the file's status holds */
    }
    struct pay_result *r = bankfile_news_result(news);
    if (r == NULL) {
        return news->result_count >= BANKFILE_RESULTS_MAX ? ERR_TOO_LARGE : ERR_NO_MEMORY;
    }
    memcpy(read.id, id, sizeof(id));
    if (amount != NULL && xml_amount(amount, &read.amount_fen) != ERR_OK) {
        read.outcome = PAY_UNKNOWN; /* another currency, or no amount of money at all */
        read.amount_fen = -1;
        snprintf(read.reason_code, sizeof(read.reason_code), "[amount]");
        news->odd++;
    }
    if (xml_text(xml_child(tx, "AcctSvcrRef"), ref, sizeof(ref))) {
        bankfile_copy_ref(slice_of(ref), read.provider_ref, sizeof(read.provider_ref));
    }
    *r = read;
    return ERR_OK;
}

/* The status of the file: GrpSts, or that of the one payment information block, if both are told the less certain. */
static void read_group(const struct xml_node *report, struct bankfile_news *news)
{
    struct pay_result group = {.amount_fen = -1};
    struct pay_result block = {.amount_fen = -1};
    const struct xml_node *info = xml_child(report, "OrgnlPmtInfAndSts");
    bool has_group = read_status(xml_child(report, "OrgnlGrpInfAndSts"), "GrpSts", &group);
    bool has_block = read_status(info, "PmtInfSts", &block);
    if (has_group && has_block && group.outcome != block.outcome) {
        bool final = group.outcome == PAY_FAILED || group.outcome == PAY_SUCCEEDED;
        news->group = final ? block : group;
    } else {
        news->group = has_group ? group : block;
    }
}

enum err pain002_read(struct slice bytes, struct bankfile_news *news, struct bankfile_why *why)
{
    struct xml_doc *doc = NULL;
    char about[BANKFILE_MSG_ID_SIZE];
    enum err err = xml_open(bytes, PAIN002_FAMILY, &doc, why);
    if (err != ERR_OK) {
        return err;
    }
    const struct xml_node *report = xml_child(xml_root(doc), "CstmrPmtStsRpt");
    const struct xml_node *original = xml_path(report, "OrgnlGrpInfAndSts/OrgnlMsgId");
    if (original == NULL || !xml_text(original, about, sizeof(about)) || !bankfile_msg_id_valid(slice_of(about))) {
        bankfile_why_set(why, xml_line(report), "does not say which file it answers (OrgnlMsgId)");
        err = ERR_INPUT;
        goto out;
    }
    memcpy(news->about_msg_id, about, sizeof(about));
    read_group(report, news);
    for (const struct xml_node *info = xml_child(report, "OrgnlPmtInfAndSts"); info != NULL && err == ERR_OK;
         info = xml_next(info)) {
        for (const struct xml_node *tx = xml_child(info, "TxInfAndSts"); tx != NULL && err == ERR_OK;
             tx = xml_next(tx)) {
            err = read_order(tx, news);
        }
    }
    if (err == ERR_OK) {
        err = bankfile_news_contradictions(news);
    }
    if (err == ERR_TOO_LARGE) {
        bankfile_why_set(why, 0, "more than 20000 orders");
    }
out:
    xml_close(doc);
    return err;
}
