/* Batch files of the other side, read. */
#include <iconv.h>
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "integrations/sandbox/bank_wire.h"
#include "integrations/sandbox/desk.h"
#include "integrations/sandbox/paper.h"

#define PAIN001 "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
#define TEXT_SIZE 256
#define COLUMNS_MAX 12

void paper_release(struct paper *p)
{
    free(p->items);
    *p = (struct paper){.count = 0};
}

bool paper_add(struct paper *p, const struct paper_item *item)
{
    for (size_t i = 0; i < p->count; i++) {
        if (strcmp(p->items[i].reference, item->reference) == 0) {
            return false;
        }
    }
    if (p->count == p->cap) {
        size_t cap = p->cap == 0 ? 64 : p->cap * 2;
        struct paper_item *grown =
            cap > PAPER_ITEMS_MAX ? NULL : realloc(p->items, cap * sizeof(*grown));
        if (grown == NULL) {
            return false;
        }
        p->items = grown;
        p->cap = cap;
    }
    p->items[p->count++] = *item;
    p->sum_fen += item->amount_fen;
    return true;
}

int64_t paper_fen(struct slice text)
{
    struct slice rest = text;
    struct slice yuan = slice_cut(&rest, '.');
    bool has_point = rest.ptr != NULL;
    if (!slice_all_digits(yuan) || yuan.len > 13 || rest.len > 2 ||
        (has_point && !slice_all_digits(rest))) {
        return -1;
    }
    int64_t fen = 0;
    for (size_t i = 0; i < yuan.len; i++) {
        fen = fen * 10 + (yuan.ptr[i] - '0');
    }
    for (size_t i = 0; i < 2; i++) {
        fen = fen * 10 + (i < rest.len ? rest.ptr[i] - '0' : 0);
    }
    return fen;
}

static enum err refuse(char why[PAPER_WHY_SIZE], const char *what)
{
    (void)snprintf(why, PAPER_WHY_SIZE, "%s", what);
    return ERR_INPUT;
}

/* ---- pain.001 ---- */

static const xmlNode *child(const xmlNode *parent, const char *name)
{
    for (const xmlNode *n = parent == NULL ? NULL : parent->children; n != NULL; n = n->next) {
        if (n->type == XML_ELEMENT_NODE && strcmp((const char *)n->name, name) == 0) {
            return n;
        }
    }
    return NULL;
}

static const xmlNode *next_same(const xmlNode *node)
{
    for (const xmlNode *n = node->next; n != NULL; n = n->next) {
        if (n->type == XML_ELEMENT_NODE &&
            strcmp((const char *)n->name, (const char *)node->name) == 0) {
            return n;
        }
    }
    return NULL;
}

/* Text of parent/a/b/c; false if it is not there, empty or too long. */
static bool text_at(const xmlNode *parent, const char *path, char *out, size_t size)
{
    char name[64];
    struct slice rest = slice_of(path);
    const xmlNode *node = parent;
    while (rest.len > 0 && node != NULL) {
        if (slice_copy(slice_cut(&rest, '/'), name, sizeof(name)) != ERR_OK) {
            return false;
        }
        node = child(node, name);
    }
    if (node == NULL) {
        return false;
    }
    xmlChar *content = xmlNodeGetContent(node);
    struct slice text = slice_trim(slice_of((const char *)content));
    bool ok = text.len > 0 && slice_copy(text, out, size) == ERR_OK;
    xmlFree(content);
    return ok;
}

static bool read_transaction(const xmlNode *tx, struct paper *p)
{
    struct paper_item item = {.refusal = REFUSAL_NONE};
    char amount[TEXT_SIZE], account[TEXT_SIZE], name[1024];
    const xmlNode *amount_node = child(child(tx, "Amt"), "InstdAmt");
    xmlChar *ccy = amount_node == NULL
                       ? NULL
                       : xmlGetProp((xmlNode *)(uintptr_t)amount_node, (const xmlChar *)"Ccy");
    bool yuan = ccy != NULL && strcmp((const char *)ccy, "CNY") == 0;
    xmlFree(ccy);
    if (!yuan || !text_at(tx, "Amt/InstdAmt", amount, sizeof(amount)) ||
        !text_at(tx, "PmtId/EndToEndId", item.reference, MSG_ID_SIZE) ||
        !bank_reference_ok(slice_of(item.reference)) ||
        !text_at(tx, "CdtrAcct/Id/Othr/Id", account, ACCOUNT_SIZE) ||
        !text_at(tx, "Cdtr/Nm", name, sizeof(name))) {
        return false;
    }
    item.amount_fen = paper_fen(slice_of(amount));
    desk_tail(slice_of(account), item.tail);
    return item.amount_fen > 0 && paper_add(p, &item);
}

/* NbOfTxs and CtrlSum under this node, if they are there, must be what we counted. */
static bool totals_ok(const xmlNode *node, const struct paper *p, bool needed)
{
    char text[TEXT_SIZE];
    int64_t n;
    if (!text_at(node, "NbOfTxs", text, sizeof(text))) {
        return !needed;
    }
    if (slice_to_int64(slice_of(text), 1, PAPER_ITEMS_MAX, &n) != ERR_OK || (size_t)n != p->count) {
        return false;
    }
    return !text_at(node, "CtrlSum", text, sizeof(text)) || paper_fen(slice_of(text)) == p->sum_fen;
}

static enum err read_document(const xmlNode *root, struct paper *p, char why[PAPER_WHY_SIZE])
{
    char text[TEXT_SIZE];
    const xmlNode *body = child(root, "CstmrCdtTrfInitn");
    const xmlNode *group = child(body, "GrpHdr"), *batch = child(body, "PmtInf");
    if (root == NULL || root->ns == NULL || strcmp((const char *)root->ns->href, PAIN001) != 0) {
        return refuse(why, "not pain.001.001.09");
    }
    if (!text_at(group, "MsgId", p->msg_id, sizeof(p->msg_id)) ||
        !text_at(group, "CreDtTm", text, sizeof(text)) ||
        !text_at(group, "InitgPty/Nm", text, sizeof(text))) {
        return refuse(why, "GrpHdr");
    }
    if (batch == NULL || next_same(batch) != NULL ||
        !text_at(batch, "PmtInfId", p->pmt_inf_id, sizeof(p->pmt_inf_id)) ||
        !text_at(batch, "PmtMtd", text, sizeof(text)) || strcmp(text, "TRF") != 0 ||
        !text_at(batch, "ReqdExctnDt/Dt", text, sizeof(text)) || strlen(text) != 10 ||
        !text_at(batch, "DbtrAcct/Id/Othr/Id", p->account, sizeof(p->account))) {
        return refuse(why, "PmtInf");
    }
    for (const xmlNode *tx = child(batch, "CdtTrfTxInf"); tx != NULL; tx = next_same(tx)) {
        if (!read_transaction(tx, p)) {
            return refuse(why, "CdtTrfTxInf");
        }
    }
    if (p->count == 0 || !totals_ok(group, p, true) || !totals_ok(batch, p, false)) {
        return refuse(why, "NbOfTxs or CtrlSum");
    }
    return ERR_OK;
}

enum err paper_read_xml(struct slice bytes, struct paper *out, char why[PAPER_WHY_SIZE])
{
    *out = (struct paper){.text = false};
    if (bytes.len == 0 || bytes.len > PAPER_MAX) {
        return refuse(why, "empty or too large");
    }
    xmlDoc *doc = xmlReadMemory(bytes.ptr, (int)bytes.len, "batch", NULL,
                                XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    if (doc == NULL) {
        return refuse(why, "not XML");
    }
    enum err err = xmlGetIntSubset(doc) != NULL
                       ? refuse(why, "a document type is not taken")
                       : read_document(xmlDocGetRootElement(doc), out, why);
    xmlFreeDoc(doc);
    return err;
}

/* ---- The text layout ---- */

/* GB18030 to UTF-8. */
static bool decode(struct slice bytes, struct buf *out)
{
    iconv_t cd = iconv_open("UTF-8", "GB18030");
    char *room = buf_room(out, bytes.len * 2 + 16);
    if (cd == (iconv_t)-1 || room == NULL) {
        return false;
    }
    char *in = (char *)(uintptr_t)bytes.ptr, *to = room;
    size_t in_left = bytes.len, left = bytes.len * 2 + 16;
    size_t rc = iconv(cd, &in, &in_left, &to, &left);
    (void)iconv_close(cd);
    if (rc == (size_t)-1 || in_left > 0) {
        return false;
    }
    out->len += (size_t)(to - room);
    return true;
}

static size_t columns(struct slice line, struct slice out[COLUMNS_MAX])
{
    size_t n = 0;
    while (line.ptr != NULL && n < COLUMNS_MAX) {
        out[n++] = slice_cut(&line, '|');
    }
    return n;
}

static bool is_total(struct slice count, struct slice sum, const struct paper *p)
{
    int64_t n;
    return slice_to_int64(count, 1, PAPER_ITEMS_MAX, &n) == ERR_OK && (size_t)n == p->count &&
           paper_fen(sum) == p->sum_fen;
}

/* D|seq|id|name|account|bank|amount|note */
static bool read_row(struct slice *c, size_t n, struct paper *p)
{
    struct paper_item item = {.refusal = REFUSAL_NONE};
    int64_t seq;
    if (n != 8 || slice_to_int64(c[1], 1, PAPER_ITEMS_MAX, &seq) != ERR_OK ||
        (size_t)seq != p->count + 1 || !bank_reference_ok(c[2]) || c[3].len == 0 || c[4].len == 0 ||
        slice_copy(c[2], item.reference, sizeof(item.reference)) != ERR_OK) {
        return false;
    }
    item.amount_fen = paper_fen(c[6]);
    desk_tail(c[4], item.tail);
    return item.amount_fen > 0 && paper_add(p, &item);
}

/* H|msg_id|date|project|payer_account|count|sum, rows, T|count|sum; lines end in CR LF. */
static enum err read_lines(struct slice text, struct paper *p, char why[PAPER_WHY_SIZE])
{
    struct slice c[COLUMNS_MAX], head[COLUMNS_MAX];
    bool begun = false, ended = false;
    while (text.len > 0) {
        struct slice line = slice_cut(&text, '\n');
        if (line.len == 0 || line.ptr[line.len - 1] != '\r' || text.ptr == NULL || ended) {
            return refuse(why, "lines must end in CR LF, and T is the last one");
        }
        line.len--;
        size_t n = columns(line, c);
        if (!begun) {
            begun = n == 7 && slice_is(c[0], "H") && c[1].len > 0 && c[4].len > 0 && c[2].len == 8 &&
                    slice_all_digits(c[2]) &&
                    slice_copy(c[1], p->msg_id, sizeof(p->msg_id)) == ERR_OK &&
                    slice_copy(c[4], p->account, sizeof(p->account)) == ERR_OK;
            memcpy(head, c, sizeof(head));
            if (!begun) {
                return refuse(why, "head");
            }
        } else if (slice_is(c[0], "D")
                       ? !read_row(c, n, p)
                       : n != 3 || !slice_is(c[0], "T") || !is_total(c[1], c[2], p)) {
            return refuse(why, "row or tail");
        } else {
            ended = slice_is(c[0], "T");
        }
    }
    return !ended || !is_total(head[5], head[6], p) ? refuse(why, "count or sum") : ERR_OK;
}

enum err paper_read_text(struct slice bytes, struct paper *out, char why[PAPER_WHY_SIZE])
{
    struct buf text;
    *out = (struct paper){.text = true};
    if (bytes.len == 0 || bytes.len > PAPER_MAX) {
        return refuse(why, "empty or too large");
    }
    buf_init(&text, 2 * PAPER_MAX + 64);
    enum err err =
        decode(bytes, &text) ? read_lines(buf_slice(&text), out, why) : refuse(why, "not GB18030");
    buf_release(&text);
    return err;
}
