#include "integrations/pay/bankfile/camt.h"

#include <stdio.h>
#include <string.h>
#include "integrations/pay/bankfile/xml_read.h"
#include "queue/domain/money.h"

#define NOT_PROVIDED "NOTPROVIDED" /* the standard's word for "no id" */

/* What an entry says before its details. */
struct entry {
    struct statement_line line; /* without ids of a detail */
    bool reversal;
};

static bool read_side(const struct xml_node *node, enum statement_side *side)
{
    char word[8];
    if (!xml_text(node, word, sizeof(word))) {
        return false;
    }
    *side = strcmp(word, "CRDT") == 0 ? STATEMENT_CREDIT : STATEMENT_DEBIT;
    return *side == STATEMENT_CREDIT || strcmp(word, "DBIT") == 0;
}

/* Sts is a choice <Cd> since version 08, plain text before. */
static bool is_booked(const struct xml_node *entry)
{
    char word[40];
    const struct xml_node *status = xml_child(entry, "Sts");
    const struct xml_node *code = xml_child(status, "Cd");
    return xml_text(code != NULL ? code : status, word, sizeof(word)) && strcmp(word, "BOOK") == 0;
}

static void copy_ref(const struct xml_node *node, char *out, size_t size)
{
    char text[XML_TEXT_MAX];
    if (xml_text(node, text, sizeof(text)) && text[0] != '\0') {
        bankfile_copy_ref(slice_of(text), out, size);
    }
}

static void copy_msg_id(const struct xml_node *node, char out[STATEMENT_BATCH_SIZE])
{
    char text[STATEMENT_BATCH_SIZE];
    if (xml_text(node, text, sizeof(text)) && bankfile_msg_id_valid(slice_of(text)) &&
        strcmp(text, NOT_PROVIDED) != 0) {
        memcpy(out, text, sizeof(text));
    }
}

/* The references of one payment: EndToEndId is ours, else InstrId. */
static void read_refs(const struct xml_node *refs, struct statement_line *line)
{
    static const char *const ids[] = {"EndToEndId", "InstrId"};
    for (size_t i = 0; i < COUNT_OF(ids) && line->our_id[0] == '\0'; i++) {
        char text[STATEMENT_ID_SIZE];
        if (xml_text(xml_child(refs, ids[i]), text, sizeof(text)) && pay_id_valid(slice_of(text)) &&
            strcmp(text, NOT_PROVIDED) != 0) {
            memcpy(line->our_id, text, sizeof(text));
        }
    }
    copy_msg_id(xml_child(refs, "PmtInfId"), line->batch_id);
    copy_msg_id(xml_child(refs, "MsgId"), line->batch_id);
    copy_ref(xml_child(refs, "AcctSvcrRef"), line->bank_ref, sizeof(line->bank_ref));
}

static void read_return(const struct xml_node *details, const struct entry *e, struct statement_line *line)
{
    const struct xml_node *info = xml_child(details, "RtrInf");
    const struct xml_node *code = xml_path(info, "Rsn/Cd");
    line->returned = info != NULL || e->reversal;
    copy_ref(code != NULL ? code : xml_path(info, "Rsn/Prtry"), line->reason, sizeof(line->reason));
    if (line->returned && line->reason[0] == '\0') {
        snprintf(line->reason, sizeof(line->reason), info != NULL ? "[return]" : "[reversal]");
    }
}

/* Amount of one detail: Amt since version 08, AmtDtls before; absent = that of the entry, if it is alone. */
static enum err detail_amount(const struct xml_node *details, bool alone, int64_t entry_fen, int64_t *fen)
{
    const struct xml_node *amount = xml_child(details, "Amt");
    if (amount == NULL) {
        amount = xml_path(details, "AmtDtls/TxAmt/Amt");
    }
    if (amount == NULL && alone) {
        *fen = entry_fen;
        return ERR_OK;
    }
    return xml_amount(amount, fen);
}

/* Do the details have amounts and sides that make the entry? *count: how many there are. */
static bool details_add_up(const struct xml_node *entry, const struct entry *e, size_t *count)
{
    int64_t sum = 0;
    bool sound = true;
    *count = 0;
    for (int round = 0; round < 2; round++) { /* first count, then add: a single detail may leave its amount out */
        size_t seen = 0;
        for (const struct xml_node *d = xml_child(entry, "NtryDtls"); d != NULL; d = xml_next(d)) {
            for (const struct xml_node *t = xml_child(d, "TxDtls"); t != NULL; t = xml_next(t)) {
                int64_t fen = 0;
                enum statement_side side = e->line.side;
                const struct xml_node *indicator = xml_child(t, "CdtDbtInd");
                seen++;
                if (round == 0) {
                    continue;
                }
                sound = sound && detail_amount(t, *count == 1, e->line.amount_fen, &fen) == ERR_OK && fen > 0 &&
                        (indicator == NULL || read_side(indicator, &side)) &&
                        money_add(sum, side == e->line.side ? fen : -fen, &sum) == ERR_OK;
            }
        }
        *count = seen;
    }
    return sound && sum == e->line.amount_fen;
}

static enum err add_line(const struct statement_line *line, struct bankfile_news *news)
{
    struct statement_line *l = bankfile_news_line(news);
    if (l == NULL) {
        return news->line_count >= BANKFILE_RESULTS_MAX ? ERR_TOO_LARGE : ERR_NO_MEMORY;
    }
    *l = *line;
    bool paid = line->side == STATEMENT_DEBIT && !line->returned;
    bool back = line->side == STATEMENT_CREDIT && line->returned;
    if (!line->booked || line->our_id[0] == '\0' || (!paid && !back)) {
        return ERR_OK;
    }
    struct pay_result *r = bankfile_news_result(news);
    if (r == NULL) {
        return news->result_count >= BANKFILE_RESULTS_MAX ? ERR_TOO_LARGE : ERR_NO_MEMORY;
    }
    r->outcome = paid ? PAY_SUCCEEDED : PAY_RETURNED;
    r->amount_fen = line->amount_fen;
    snprintf(r->id, sizeof(r->id), "%s", line->our_id);
    snprintf(r->provider_ref, sizeof(r->provider_ref), "%s", line->bank_ref);
    snprintf(r->reason_code, sizeof(r->reason_code), "%s", line->reason);
    return ERR_OK;
}

static enum err add_details(const struct xml_node *entry, const struct entry *e, size_t count,
                            struct bankfile_news *news)
{
    enum err err = ERR_OK;
    for (const struct xml_node *d = xml_child(entry, "NtryDtls"); d != NULL && err == ERR_OK; d = xml_next(d)) {
        for (const struct xml_node *t = xml_child(d, "TxDtls"); t != NULL && err == ERR_OK; t = xml_next(t)) {
            struct statement_line line = e->line;
            const struct xml_node *indicator = xml_child(t, "CdtDbtInd");
            line.items = 1;
            read_refs(xml_child(t, "Refs"), &line);
            read_return(t, e, &line);
            err = detail_amount(t, count == 1, e->line.amount_fen, &line.amount_fen);
            if (err == ERR_OK && indicator != NULL && !read_side(indicator, &line.side)) {
                err = ERR_INPUT;
            }
            if (err == ERR_OK) {
                err = add_line(&line, news);
            }
        }
    }
    return err;
}

/* The entry as one line: no details, or none that can be trusted. */
static enum err add_whole(const struct xml_node *entry, const struct entry *e, struct bankfile_news *news)
{
    struct statement_line line = e->line;
    const struct xml_node *batch = xml_path(entry, "NtryDtls/Btch");
    char count[16];
    int64_t items = 0;
    copy_msg_id(xml_child(batch, "PmtInfId"), line.batch_id);
    copy_msg_id(xml_child(batch, "MsgId"), line.batch_id);
    if (xml_text(xml_child(batch, "NbOfTxs"), count, sizeof(count)) &&
        slice_to_int64(slice_of(count), 1, STATEMENT_ITEMS_MAX, &items) != ERR_OK) {
        items = 0;
    }
    line.items = (int)items;
    read_return(NULL, e, &line);
    return add_line(&line, news);
}

static bool read_entry(const struct xml_node *node, struct entry *e)
{
    char reversal[8];
    memset(e, 0, sizeof(*e));
    if (xml_amount(xml_child(node, "Amt"), &e->line.amount_fen) != ERR_OK || e->line.amount_fen < 1 ||
        !read_side(xml_child(node, "CdtDbtInd"), &e->line.side) ||
        !xml_text(xml_child(node, "RvslInd"), reversal, sizeof(reversal))) {
        return false;
    }
    e->reversal = strcmp(reversal, "true") == 0 || strcmp(reversal, "1") == 0;
    e->line.booked = is_booked(node);
    if (xml_date(xml_child(node, "BookgDt"), &e->line.date_ms) != ERR_OK &&
        xml_date(xml_child(node, "ValDt"), &e->line.date_ms) != ERR_OK) {
        e->line.date_ms = 0;
    }
    copy_ref(xml_child(node, "AcctSvcrRef"), e->line.bank_ref, sizeof(e->line.bank_ref));
    return true;
}

/* Balance of that code, signed. False when it is not told; *sound becomes false when it cannot be read. */
static bool read_balance(const struct xml_node *statement, const char *code, int64_t *fen, bool *sound)
{
    for (const struct xml_node *b = xml_child(statement, "Bal"); b != NULL; b = xml_next(b)) {
        char word[8];
        enum statement_side side;
        int64_t amount = 0;
        if (!xml_text(xml_path(b, "Tp/CdOrPrtry/Cd"), word, sizeof(word)) || strcmp(word, code) != 0) {
            continue;
        }
        if (xml_amount(xml_child(b, "Amt"), &amount) != ERR_OK || !read_side(xml_child(b, "CdtDbtInd"), &side)) {
            *sound = false;
            return false;
        }
        *fen = side == STATEMENT_CREDIT ? amount : -amount;
        return true;
    }
    return false;
}

static void read_head(const struct xml_node *statement, struct statement_head *h, struct bankfile_news *news)
{
    const struct xml_node *other = xml_path(statement, "Acct/Id/Othr/Id");
    bool sound = true;
    memset(h, 0, sizeof(*h));
    copy_ref(xml_child(statement, "Id"), h->id, sizeof(h->id));
    copy_ref(other != NULL ? other : xml_path(statement, "Acct/Id/IBAN"), h->account, sizeof(h->account));
    h->has_opening = read_balance(statement, "OPBD", &h->opening_fen, &sound) ||
                     read_balance(statement, "PRCD", &h->opening_fen, &sound);
    h->has_closing = read_balance(statement, "CLBD", &h->closing_fen, &sound);
    h->balanced = sound;
    news->odd += sound ? 0 : 1;
}

static enum err read_statement(const struct xml_node *statement, struct bankfile_news *news, struct bankfile_why *why)
{
    enum err err = ERR_OK;
    if (news->head_count >= BANKFILE_HEADS_MAX) {
        bankfile_why_set(why, xml_line(statement), "more than 64 statements");
        return ERR_TOO_LARGE;
    }
    struct statement_head *h = &news->heads[news->head_count++];
    read_head(statement, h, news);
    for (const struct xml_node *n = xml_child(statement, "Ntry"); n != NULL && err == ERR_OK; n = xml_next(n)) {
        struct entry e;
        size_t count = 0;
        if (!read_entry(n, &e)) { /* an entry that cannot be read would be money that nobody sees */
            bankfile_why_set(why, xml_line(n), "an entry without a readable amount in CNY or side");
            return ERR_INPUT;
        }
        int64_t signed_fen = e.line.side == STATEMENT_CREDIT ? e.line.amount_fen : -e.line.amount_fen;
        if (e.line.booked && money_add(h->booked_fen, signed_fen, &h->booked_fen) != ERR_OK) {
            bankfile_why_set(why, xml_line(n), "the entries add up to more than can be counted");
            return ERR_INPUT;
        }
        bool sound = details_add_up(n, &e, &count);
        if (count > 0 && sound) {
            err = add_details(n, &e, count, news);
        } else {
            news->odd += count > 0 ? 1 : 0;
            err = add_whole(n, &e, news);
        }
    }
    if (err == ERR_TOO_LARGE) {
        bankfile_why_set(why, 0, "more than 20000 payments");
    }
    if (h->has_opening && h->has_closing) {
        h->balanced = h->balanced && h->opening_fen + h->booked_fen == h->closing_fen;
    }
    return err;
}

enum err camt_read(struct slice bytes, struct bankfile_news *news, struct bankfile_why *why)
{
    struct xml_doc *doc = NULL;
    bool statement = xml_is_family(bytes, CAMT053_FAMILY);
    enum err err = xml_open(bytes, statement ? CAMT053_FAMILY : CAMT054_FAMILY, &doc, why);
    if (err != ERR_OK) {
        return err;
    }
    const struct xml_node *body = xml_child(xml_root(doc), statement ? "BkToCstmrStmt" : "BkToCstmrDbtCdtNtfctn");
    if (body == NULL) {
        bankfile_why_set(why, 0, "holds no statement and no notification");
        err = ERR_INPUT;
    }
    for (const struct xml_node *s = xml_child(body, statement ? "Stmt" : "Ntfctn"); s != NULL && err == ERR_OK;
         s = xml_next(s)) {
        err = read_statement(s, news, why);
    }
    xml_close(doc);
    return err;
}
